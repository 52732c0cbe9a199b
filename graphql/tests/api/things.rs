//! An account with one of everything that an operation can name.

use std::collections::HashMap;

use crate::stage::{Customer, PASSWORD, Stage};

/// Things of one account, and those who may do something with them.
pub(crate) struct Things {
    /// By the type of their ids.
    pub(crate) ids: HashMap<&'static str, String>,
    /// Who they are, and their tokens.
    pub(crate) whose: Vec<(&'static str, String)>,
}

/// Makes one of everything in the account of `customer`.
pub(crate) async fn things(stage: &Stage, operator: &str, customer: &Customer) -> Things {
    let mailbox = stage.mailbox(customer, "victim").await;
    crate::trace::queue(stage, customer, &mailbox, "friend@globex.test").await;
    let alias = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"all\", \
             targets: [\"victim@{}\"] }}) {{ alias {{ id }} userErrors {{ code }} }} }}",
                customer.service, customer.domain, customer.domain_name
            ),
        )
        .await;
    let alias = alias["aliasCreate"]["alias"]["id"].as_str().expect("an id").to_owned();
    let issued = stage
        .done(&customer.owner, &format!(
            "mutation {{ apiTokenIssue(input: {{ userId: \"{}\", name: \"t\", permissions: [\"mailbox:read\"] }}) \
             {{ apiToken {{ id }} userErrors {{ code message }} }} }}",
            customer.user
        ))
        .await;
    let token = issued["apiTokenIssue"]["apiToken"]["id"].as_str().expect("an id").to_owned();
    let listed = stage
        .done(operator, &format!("{{ sessions(accountId: \"{}\") {{ nodes {{ id }} }} }}", customer.account))
        .await;
    let session = listed["sessions"]["nodes"][0]["id"].as_str().expect("an id").to_owned();
    let (delegation, guest) = guest(stage, operator, customer).await;
    let below = reseller(stage, operator, customer).await;
    let offered = offered(stage, operator, (&guest, customer)).await;
    let opened = stage
        .done(
            &customer.owner,
            "mutation { ticketOpen(input: { kind: LEGAL, subject: \"globex asks\", text: \"globex\" }) \
             { ticket { id } userErrors { code } } }",
        )
        .await;
    let ticket = opened["ticketOpen"]["ticket"]["id"].as_str().expect("an id").to_owned();
    let mapped = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ addressMapAdd(input: {{ domainId: \"{}\", kind: SENDER_COPY, from: \"victim\", \
                 to: \"globex@else.example\" }}) {{ addressMap {{ id }} userErrors {{ code }} }} }}",
                customer.domain
            ),
        )
        .await;
    let address_map = mapped["addressMapAdd"]["addressMap"]["id"].as_str().expect("an id").to_owned();
    let invited = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ resourceAdd(input: {{ domainId: \"{}\", name: \"globex\", localPart: \"room-1\" }}) \
                 {{ resource {{ id }} userErrors {{ code }} }} }}",
                customer.domain
            ),
        )
        .await;
    let resource = invited["resourceAdd"]["resource"]["id"].as_str().expect("an id").to_owned();
    let relayed = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ senderRelayAdd(domainId: \"{}\", relay: {{ host: \"globex.example\", login: \"globex\", \
                 password: \"p\" }}) {{ senderRelay {{ id }} userErrors {{ code }} }} }}",
                customer.domain
            ),
        )
        .await;
    let sender_relay = relayed["senderRelayAdd"]["senderRelay"]["id"].as_str().expect("an id").to_owned();
    let policed = stage
        .done(
            &customer.owner,
            "mutation { tlsPolicyAdd(policy: { destination: \"globex.example\" }) { tlsPolicy { id } \
             userErrors { code } } }",
        )
        .await;
    let tls_policy = policed["tlsPolicyAdd"]["tlsPolicy"]["id"].as_str().expect("an id").to_owned();
    let policed = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ domainTlsPolicyAdd(domainId: \"{}\", policy: {{ destination: \"mx.globex.example\" }}) \
                 {{ tlsPolicy {{ id }} userErrors {{ code }} }} }}",
                customer.domain
            ),
        )
        .await;
    let domain_policy = policed["domainTlsPolicyAdd"]["tlsPolicy"]["id"].as_str().expect("an id").to_owned();
    let filtered = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ domainFilterAdd(domainId: \"{}\", filter: {{ name: \"globex\" }}) \
                 {{ filter {{ id }} userErrors {{ code }} }} }}",
                customer.domain
            ),
        )
        .await;
    let domain_filter = filtered["domainFilterAdd"]["filter"]["id"].as_str().expect("an id").to_owned();
    let suppress =
        "mutation { suppressionAdd(address: \"globex@else.example\") { address userErrors { code } } }";
    stage.done(&customer.owner, suppress).await;
    let suspend =
        "mutation { siteSuspend(site: \"mx.else.example\", reason: \"they asked\") { userErrors { code } } }";
    stage.done(operator, suspend).await;
    let registered = stage
        .done(
            &customer.owner,
            "mutation { webhookRegister(input: { url: \"https://globex.example/hook\", kinds: [\"*\"] }) \
             { webhook { id } position userErrors { code } } }",
        )
        .await;
    let webhook = registered["webhookRegister"]["webhook"]["id"].as_str().expect("an id").to_owned();
    let position = registered["webhookRegister"]["position"].as_str().expect("a position").to_owned();
    let command = uuid::Uuid::now_v7();
    stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ emailChange(commandId: \"{command}\", currentPassword: \"{PASSWORD}\", \
                 email: \"globex@else.example\") {{ userErrors {{ code }} }} }}"
            ),
        )
        .await;
    let command = crate::stage::intended(command, (&customer.account, &customer.user), "emailChange");
    let notice = kernel::NoticeId::derived(command, 0).to_string();
    let mut kept = Vec::new();
    for (field, arguments, object) in [
        ("filterAdd", "filter: { name: \"globex\" }", "filter"),
        ("syncJobAdd", "job: { host: \"globex.example\", user: \"u\", password: \"p\" }", "syncJob"),
        (
            "pushAdd",
            "push: { kind: NTFY, name: \"globex\", url: \"https://ntfy.globex.com/x\" }",
            "pushDestination",
        ),
    ] {
        let query = format!(
            "mutation {{ {field}(mailboxId: \"{mailbox}\", {arguments}) {{ {object} {{ id }} userErrors {{ code }} }} }}"
        );
        let done = stage.done(&customer.owner, &query).await;
        kept.push(done[field][object]["id"].as_str().expect("an id").to_owned());
    }
    let member = stage.mailbox(customer, "colleague").await;
    let shared = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ shareAdd(mailboxId: \"{mailbox}\", memberId: \"{member}\", roles: [READ]) \
                 {{ share {{ id }} userErrors {{ code }} }} }}"
            ),
        )
        .await;
    let share = shared["shareAdd"]["share"]["id"].as_str().expect("an id").to_owned();
    let [filter, sync_job, push] = kept.try_into().expect("three things");
    let app_password = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ appPasswordAdd(mailboxId: \"{mailbox}\", name: \"globex\", protocols: [IMAP]) \
                 {{ appPassword {{ id }} userErrors {{ code }} }} }}"
            ),
        )
        .await;
    let app_password =
        app_password["appPasswordAdd"]["appPassword"]["id"].as_str().expect("an id").to_owned();
    let temporary = stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ temporaryAliasCreate(input: {{ mailboxId: \"{mailbox}\" }}) {{ alias {{ id }} \
                 userErrors {{ code message }} }} }}"
            ),
        )
        .await;
    let temporary = temporary["temporaryAliasCreate"]["alias"]["id"].as_str().expect("an id").to_owned();
    let own = stage.sign_in(&format!("victim@{}", customer.domain_name), PASSWORD).await;
    let member_of = stage.sign_in(&format!("colleague@{}", customer.domain_name), PASSWORD).await;
    crate::credentials::enrolled(stage, &own).await;
    let factors = stage.done(&own, "{ secondFactors { authenticators { id } } }").await;
    let factor = factors["secondFactors"]["authenticators"][0]["id"].as_str().expect("an id").to_owned();
    let document = accepted(stage, operator, customer).await;
    let ids = HashMap::from([
        ("accountTransferAccept.customerId", offered.clone()),
        ("accountTransferDecline.customerId", offered),
        ("poolAllocate.customerId", below.clone()),
        ("BulkAllocateInput.customerId", below),
        ("domainTlsPolicy.tlsPolicyId", domain_policy.clone()),
        ("domainTlsPolicyChange.tlsPolicyId", domain_policy.clone()),
        ("domainTlsPolicyRemove.tlsPolicyId", domain_policy),
        ("domainFilterChange.filterId", domain_filter.clone()),
        ("domainFilterRemove.filterId", domain_filter),
        ("shareAdd.memberId", member),
        ("aliasExpiryChange.aliasId", temporary),
        ("NoticeID", notice),
        ("FilterID", filter),
        ("SyncJobID", sync_job),
        ("PushID", push),
        ("AddressMapID", address_map),
        ("ResourceID", resource),
        ("ShareID", share),
        ("TlsPolicyID", tls_policy),
        ("SenderRelayID", sender_relay),
        ("WebhookID", webhook),
        ("DocumentID", document),
        ("Position", position),
        ("AccountID", customer.account.clone()),
        ("UserID", customer.user.clone()),
        ("ServiceID", customer.service.clone()),
        ("DomainID", customer.domain.clone()),
        ("MailboxID", mailbox),
        ("AliasID", alias),
        ("TokenID", token),
        ("SessionID", session),
        ("DelegationID", delegation),
        ("TicketID", ticket),
        ("FactorID", factor),
        ("AppPasswordID", app_password),
        ("PlanID", hosting::plan::plan_id("solo").to_string()),
    ]);
    let whose = vec![
        ("the owner", customer.owner.clone()),
        ("the operator", operator.to_owned()),
        ("the mailbox", own),
        ("a member of the mailbox", member_of),
        ("the delegate", guest.owner.clone()),
    ];
    Things { ids, whose }
}

/// Somebody who is let into the account, and by which delegation.
async fn guest(stage: &Stage, operator: &str, customer: &Customer) -> (String, Customer) {
    let guest = stage.customer(operator, ("guest", "solo")).await;
    let invite = "mutation { delegationInvite(email: \"owner@guest.example\", terms: { preset: AUDITOR }) \
                  { invitation delegation { id } userErrors { code } } }";
    let invited = stage.done(&customer.owner, invite).await["delegationInvite"].clone();
    let accept = format!(
        "mutation {{ delegationAccept(invitation: {}) {{ userErrors {{ code }} }} }}",
        invited["invitation"]
    );
    stage.done(&guest.owner, &accept).await;
    (invited["delegation"]["id"].as_str().expect("an id").to_owned(), guest)
}

/// Makes the customer a reseller with a pool, a face and an account below; its id.
async fn reseller(stage: &Stage, operator: &str, customer: &Customer) -> String {
    let account = &customer.account;
    let errors = "userErrors { code field message }";
    for change in [
        format!("accountResellerSet(accountId: \"{account}\", subAccountCountMax: 5)"),
        format!(
            "poolSet(accountId: \"{account}\", resources: {{ services: 50, domains: 50, mailboxes: 5000, \
             storageBytes: 1099511627776000 }})"
        ),
    ] {
        stage.done(operator, &format!("mutation {{ {change} {{ {errors} }} }}")).await;
    }
    let brand =
        format!("mutation {{ brandSet(brand: {{ name: \"globex\", accent: \"#2f5d50\" }}) {{ {errors} }} }}");
    stage.done(&customer.owner, &brand).await;
    let open =
        format!("mutation {{ subAccountOpen(name: \"globex below\") {{ account {{ id }} {errors} }} }}");
    let opened = stage.done(&customer.owner, &open).await;
    let below = opened["subAccountOpen"]["account"]["id"].as_str().expect("an id").to_owned();
    let allocate = format!(
        "mutation {{ poolAllocate(customerId: \"{below}\", resources: {{ services: 1, domains: 1, mailboxes: 1, \
         storageBytes: 1048576 }}) {{ {errors} }} }}"
    );
    stage.done(&customer.owner, &allocate).await;
    below
}

/// A customer of the guest's, who is offered to this one; its id.
async fn offered(stage: &Stage, operator: &str, (guest, to): (&Customer, &Customer)) -> String {
    let set = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} }}",
        guest.account
    );
    stage.done(operator, &set).await;
    let open =
        "mutation { subAccountOpen(name: \"globex next\") { account { id } userErrors { code message } } }";
    let opened = stage.done(&guest.owner, open).await;
    let offered = opened["subAccountOpen"]["account"]["id"].as_str().expect("an id").to_owned();
    let offer = format!(
        "mutation {{ accountTransferOffer(accountId: \"{offered}\", toAccountId: \"{}\") {{ userErrors {{ code message }} }} }}",
        to.account
    );
    stage.done(&guest.owner, &offer).await;
    offered
}

/// A document that the customer has accepted.
async fn accepted(stage: &Stage, operator: &str, customer: &Customer) -> String {
    let publish = "mutation { documentPublish(input: { kind: PRICE_LIST, language: FR, version: 1, title: \"globex\", \
                   contentBase64: \"YWJj\", mediaType: TEXT }) { document { id } userErrors { code } } }";
    let published = stage.done(operator, publish).await;
    let document = published["documentPublish"]["document"]["id"].as_str().expect("an id").to_owned();
    let accept = format!(
        "mutation {{ contractAccept(serviceId: \"{}\", input: {{ documents: [{{ documentId: \"{document}\", version: 1 }}] }}) \
         {{ userErrors {{ code message }} }} }}",
        customer.service
    );
    stage.done(&customer.owner, &accept).await;
    document
}
