//! Delegations as both sides use them.

use engine::{Cause, Policy as _};
use hosting::HostingEvent;
use hosting::notice::{NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use journal::{Clock as _, SystemClock};
use kernel::{AccountId, EventId, Key, NoticeId, SubjectId};
use notice::{Named, TellPeople};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Customer, PASSWORD, Stage, code, intended, links};

async fn scene() -> (Stage, Customer, Customer) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let giver = stage.customer(&operator, ("globex", "pro")).await;
    let helper = stage.customer(&operator, ("acme", "solo")).await;
    (stage, giver, helper)
}

async fn invited(stage: &Stage, giver: &Customer, terms: &str) -> (String, String) {
    let query = format!(
        "mutation {{ delegationInvite(email: \"helper@acme.example\", terms: {{ {terms} }}) \
         {{ invitation delegation {{ id status email }} userErrors {{ code message }} }} }}"
    );
    let invited = stage.done(&giver.owner, &query).await["delegationInvite"].clone();
    assert_eq!(invited["delegation"]["status"], "INVITED");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&invited["delegation"]["id"]), text(&invited["invitation"]))
}

async fn accept(stage: &Stage, helper: &Customer, invitation: &str) -> Value {
    let query = format!(
        "mutation {{ delegationAccept(invitation: \"{invitation}\") {{ accountId position userErrors {{ code }} }} }}"
    );
    stage.ask(&helper.owner, &query).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_does_what_is_allowed_in_the_name_of_the_account_until_revoked() {
    let (stage, giver, helper) = scene().await;
    let mailbox = stage.mailbox(&giver, "victim").await;
    let at = format!("accountId: \"{}\", mailboxId: \"{mailbox}\"", giver.account);
    let rename = format!(
        "mutation {{ mailboxDisplayNameChange({at}, displayName: \"V\") {{ userErrors {{ code }} }} }}"
    );
    assert_eq!(code(&stage.ask(&helper.owner, &rename).await), "NOT_FOUND");
    let (id, invitation) = invited(&stage, &giver, "preset: TECHNICAL").await;
    assert_eq!(code(&stage.ask(&helper.owner, &rename).await), "NOT_FOUND", "not accepted yet");
    let accepted = accept(&stage, &helper, &invitation).await;
    assert_eq!(accepted["data"]["delegationAccept"]["accountId"], giver.account.as_str(), "{accepted:#}");
    stage.done(&helper.owner, &rename).await;
    // Passwords, users and the account stay out of reach, and so does mail.
    for forbidden in [
        format!(
            "mutation {{ mailboxPasswordSet({at}, password: \"0123456789\") {{ userErrors {{ code }} }} }}"
        ),
        format!("mutation {{ appPasswordAdd({at}, name: \"x\", protocols: [IMAP]) {{ secret }} }}"),
        format!("mutation {{ secondFactorsReset({at}) {{ userErrors {{ code }} }} }}"),
        format!("mutation {{ accountClose(accountId: \"{}\") {{ userErrors {{ code }} }} }}", giver.account),
        format!(
            "mutation {{ userRegister(input: {{ accountId: \"{}\", login: \"intruder\", role: OWNER }}) {{ userErrors {{ code }} }} }}",
            giver.account
        ),
        format!(
            "mutation {{ delegationInvite(accountId: \"{}\", email: \"x@y.example\", terms: {{ preset: AUDITOR }}) {{ invitation }} }}",
            giver.account
        ),
    ] {
        assert_eq!(code(&stage.ask(&helper.owner, &forbidden).await), "FORBIDDEN", "{forbidden}");
    }
    let seen =
        stage.done(&helper.owner, "{ delegatedAccesses { accountId accountName isOpen permissions } }").await;
    assert_eq!(seen["delegatedAccesses"][0]["accountName"], "globex");
    let told = stage
        .done(
            &giver.owner,
            &format!("{{ history(id: \"{mailbox}\", first: 1) {{ nodes {{ kind actorId onBehalfOf }} }} }}"),
        )
        .await;
    let entry = &told["history"]["nodes"][0];
    assert_eq!(entry["kind"], "mailbox.display_name_changed");
    assert_eq!((&entry["actorId"], &entry["onBehalfOf"]), (&json!(helper.user), &json!(giver.account)));
    stage
        .done(&giver.owner, &format!("mutation {{ delegationRevoke(delegationId: \"{id}\") {{ delegation {{ status }} userErrors {{ code }} }} }}"))
        .await;
    assert_eq!(code(&stage.ask(&helper.owner, &rename).await), "NOT_FOUND");
    assert_eq!(
        stage.done(&helper.owner, "{ delegatedAccesses { id } }").await["delegatedAccesses"],
        json!([])
    );
    assert_eq!(code(&accept(&stage, &helper, &invitation).await), "NOT_FOUND");
}

/// Has an address of a customer's owner confirmed.
async fn confirm(stage: &Stage, customer: &Customer, email: &str) {
    let command = Uuid::now_v7();
    let change = format!(
        "mutation {{ emailChange(currentPassword: \"{PASSWORD}\", email: \"{email}\", commandId: \"{command}\") \
         {{ userErrors {{ code }} }} }}"
    );
    stage.done(&customer.owner, &change).await;
    let user = customer.user.parse().expect("a user");
    let notice = NoticeId::derived(intended(command, (&customer.account, &customer.user), "emailChange"), 0);
    let token = links().token(Named { user, notice });
    stage
        .done("", &format!("mutation {{ emailVerify(token: \"{token}\") {{ userErrors {{ code }} }} }}"))
        .await;
}

/// What the owner of an account is told by mail of the newest event of a delegation: the kind and the detail.
async fn told(stage: &Stage, giver: &Customer, delegation: &str) -> Vec<(NoticeKind, Option<String>)> {
    let history = format!("{{ history(id: \"{delegation}\", first: 1) {{ nodes {{ id }} }} }}");
    let event = stage.done(&giver.owner, &history).await["history"]["nodes"][0]["id"].clone();
    let event: EventId = event.as_str().expect("an id").parse().expect("an event");
    let tenant = giver.account.parse::<AccountId>().expect("an account").tenant();
    let stored = stage.engine.events_of(tenant, &[event]).await.expect("an event");
    let recorded = stage.engine.decode::<HostingEvent>(stored).await.expect("an event of ours").remove(0);
    let cause = Cause { policy: "tell_people", ordinal: 0, event, correlation: graphql::new_correlation() };
    for reaction in (TellPeople { language: hosting::Language::En }).react(&recorded) {
        reaction.run(&stage.engine.runner(), cause).await.expect("told");
    }
    let day =
        stream_of(NoticePerson::User(giver.user.parse().expect("a user")), day_of(recorded.recorded_at));
    let state = stage.engine.load(tenant, &Key::<NoticeDay>(day)).await.expect("a day");
    let about = |kind| {
        matches!(
            kind,
            NoticeKind::DelegationAccepted
                | NoticeKind::DelegationAcceptedElsewhere
                | NoticeKind::DelegationLeft
        )
    };
    let notices = state.notices.values().filter(|notice| about(notice.kind));
    notices
        .map(|notice| (notice.kind, notice.detail.as_ref().and_then(|detail| detail.plain()).cloned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_accepts_is_named_and_whoever_invited_sees_whether_it_is_whom_they_meant() {
    let (stage, giver, helper) = scene().await;
    confirm(&stage, &giver, "giver@elsewhere.example").await;
    let listed = async |accepted: &Value| {
        let at = &accepted["data"]["delegationAccept"]["position"];
        let query = format!(
            "{{ delegations(atLeast: {at}) {{ nodes {{ email acceptedBy isAcceptedAsInvited userId }} }} }}"
        );
        stage.done(&giver.owner, &query).await["delegations"]["nodes"].clone()
    };
    // The link is enough, and the list says that the address was not theirs.
    let (first, invitation) = invited(&stage, &giver, "preset: TECHNICAL").await;
    let nobody = json!({ "email": "helper@acme.example", "acceptedBy": null, "isAcceptedAsInvited": null, "userId": null });
    assert_eq!(listed(&Value::Null).await[0], nobody);
    let accepted = accept(&stage, &helper, &invitation).await;
    assert_eq!(accepted["data"]["delegationAccept"]["userErrors"], json!([]), "{accepted:#}");
    let other = json!({
        "email": "helper@acme.example", "acceptedBy": "owner_acme.example", "isAcceptedAsInvited": false,
        "userId": helper.user
    });
    assert_eq!(listed(&accepted).await[0], other);
    let both = Some("owner_acme.example (helper@acme.example)".to_owned());
    assert_eq!(told(&stage, &giver, &first).await, [(NoticeKind::DelegationAcceptedElsewhere, both.clone())]);
    let history =
        format!("{{ history(id: \"{first}\", first: 1) {{ nodes {{ kind actorName actorStanding }} }} }}");
    let entry = stage.done(&giver.owner, &history).await["history"]["nodes"][0].clone();
    let named = json!({
        "kind": "delegation.accepted", "actorName": "owner_acme.example", "actorStanding": "DELEGATE"
    });
    assert_eq!(entry, named);
    // Whoever has confirmed it, whatever its case, is whom they meant.
    confirm(&stage, &helper, "Helper@Acme.example").await;
    let (second, invitation) = invited(&stage, &giver, "preset: AUDITOR").await;
    let accepted = accept(&stage, &helper, &invitation).await;
    assert_eq!(listed(&accepted).await[1]["isAcceptedAsInvited"], true);
    let notices = told(&stage, &giver, &second).await;
    assert!(notices.contains(&(NoticeKind::DelegationAccepted, Some("helper@acme.example".to_owned()))));
    // What is given back names them as well.
    let leave =
        format!("mutation {{ delegationLeave(delegationId: \"{first}\") {{ userErrors {{ code }} }} }}");
    stage.done(&helper.owner, &leave).await;
    assert!(told(&stage, &giver, &first).await.contains(&(NoticeKind::DelegationLeft, both)));
    assert_eq!(listed(&accepted).await[0]["acceptedBy"], "owner_acme.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_accepted_and_is_removed_since_is_named_until_they_are_erased() {
    let (stage, giver, helper) = scene().await;
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"short_stay\", password: \"{PASSWORD}\", role: OWNER }}) \
         {{ user {{ id }} userErrors {{ code }} }} }}"
    );
    let gone = stage.done(&helper.owner, &register).await["userRegister"]["user"]["id"].clone();
    let short = Customer {
        owner: stage.sign_in("short_stay", PASSWORD).await,
        account: helper.account.clone(),
        service: helper.service.clone(),
        domain: helper.domain.clone(),
        domain_name: helper.domain_name.clone(),
        user: gone.as_str().expect("an id").to_owned(),
    };
    let (id, invitation) = invited(&stage, &giver, "preset: TECHNICAL").await;
    let accepted = accept(&stage, &short, &invitation).await;
    let at = accepted["data"]["delegationAccept"]["position"].clone();
    let list = format!("{{ delegations(atLeast: {at}) {{ nodes {{ acceptedBy }} }} }}");
    let history = format!("{{ history(id: \"{id}\", first: 1) {{ nodes {{ actorName actorStanding }} }} }}");
    let seen = async || {
        let listed = stage.done(&giver.owner, &list).await;
        let entry = stage.done(&giver.owner, &history).await["history"]["nodes"][0].clone();
        (listed["delegations"]["nodes"][0]["acceptedBy"].clone(), entry["actorName"].clone())
    };
    let remove = format!("mutation {{ userRemove(userId: {gone}) {{ userErrors {{ code }} }} }}");
    stage.done(&helper.owner, &remove).await;
    assert_eq!(seen().await, (json!("short_stay"), json!("short_stay")));
    let erase = format!("mutation {{ personErase(userId: {gone}) {{ userErrors {{ code }} }} }}");
    stage.done(&helper.owner, &erase).await;
    let tenant = helper.account.parse::<AccountId>().expect("an account").tenant();
    let subject = SubjectId::of_user(short.user.parse().expect("a user"));
    stage.keyring.destroy(tenant, subject, SystemClock.now()).await.expect("destroyed");
    // The invited address was not theirs: it is no name of theirs either.
    assert_eq!(seen().await, (Value::Null, Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_a_demand_and_a_departure_are_kept() {
    let (stage, giver, helper) = scene().await;
    stage.mailbox(&giver, "victim").await;
    let list = format!("{{ mailboxes(accountId: \"{}\") {{ nodes {{ address }} }} }}", giver.account);
    let terms = format!(
        "permissions: [\"mailbox:read\"], domainIds: [\"{}\"], requiresSecondFactor: true",
        giver.domain
    );
    let (id, invitation) = invited(&stage, &giver, &terms).await;
    accept(&stage, &helper, &invitation).await;
    assert_eq!(code(&stage.ask(&helper.owner, &list).await), "NOT_FOUND", "no second factor was proved");
    let change = format!(
        "mutation {{ delegationChange(delegationId: \"{id}\", terms: {{ permissions: [\"mailbox:read\"], domainIds: [\"{}\"] }}) \
         {{ delegation {{ status domainIds requiresSecondFactor }} userErrors {{ code }} }} }}",
        giver.domain
    );
    stage.done(&giver.owner, &change).await;
    let seen = stage.done(&helper.owner, &list).await;
    assert_eq!(seen["mailboxes"]["nodes"][0]["address"], "victim@globex.example");
    let services = format!("{{ services(accountId: \"{}\") {{ nodes {{ id }} }} }}", giver.account);
    assert!(!code(&stage.ask(&helper.owner, &services).await).is_empty());
    let left = stage
        .done(
            &helper.owner,
            &format!(
                "mutation {{ delegationLeave(delegationId: \"{id}\") {{ position userErrors {{ code }} }} }}"
            ),
        )
        .await;
    assert_eq!(code(&stage.ask(&helper.owner, &list).await), "NOT_FOUND");
    let query = format!(
        "{{ delegations(atLeast: {}) {{ nodes {{ status email userId }} }} }}",
        left["delegationLeave"]["position"]
    );
    let listed = stage.done(&giver.owner, &query).await;
    assert_eq!(listed["delegations"]["nodes"][0]["status"], "LEFT");
    assert_eq!(listed["delegations"]["nodes"][0]["email"], "helper@acme.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_leads_no_mail_elsewhere_that_came_in_for_somebody() {
    let (stage, giver, helper) = scene().await;
    let victim = stage.mailbox(&giver, "victim").await;
    let (account, domain, service) = (&giver.account, &giver.domain, &giver.service);
    let at = format!("accountId: \"{account}\"");
    let place = format!("{at}, serviceId: \"{service}\", domainId: \"{domain}\"");
    let alias = |local: &str, targets: &str| {
        format!(
            "mutation {{ aliasCreate(input: {{ {place}, {local} targets: [{targets}] }}) \
             {{ alias {{ id }} userErrors {{ code }} }} }}"
        )
    };
    let team = alias("localPart: \"team\",", "\"victim@globex.example\", \"friend@elsewhere.example\"");
    let made = stage.done(&giver.owner, &team).await;
    let team = made["aliasCreate"]["alias"]["id"].as_str().expect("an id").to_owned();
    let temporary = format!(
        "mutation {{ temporaryAliasCreate(input: {{ {at}, mailboxId: \"{victim}\" }}) \
         {{ alias {{ id }} userErrors {{ code }} }} }}"
    );
    let made = stage.done(&giver.owner, &temporary).await;
    let shop = made["temporaryAliasCreate"]["alias"]["id"].as_str().expect("an id").to_owned();
    let (_, invitation) = invited(&stage, &giver, "preset: FULL").await;
    accept(&stage, &helper, &invitation).await;
    let targets = |targets: &str| {
        format!(
            "mutation {{ aliasTargetsChange({at}, aliasId: \"{team}\", targets: [{targets}]) {{ userErrors {{ code }} }} }}"
        )
    };
    let settings = |patch: &str| {
        format!(
            "mutation {{ domainSettingsChange({at}, domainId: \"{domain}\", settings: {{ {patch} }}) {{ userErrors {{ code }} }} }}"
        )
    };
    let rename = |rest: &str| {
        format!(
            "mutation {{ mailboxRename({at}, mailboxId: \"{victim}\", {rest}) {{ userErrors {{ code }} }} }}"
        )
    };
    let mailbox = |rest: &str| {
        format!(
            "mutation {{ mailboxCreate(place: {{ {place} }}, mailbox: {{ quotaBytes: 1048576, {rest} }}) {{ userErrors {{ code }} }} }}"
        )
    };
    let forbidden = [
        settings("relay: ALL, relayHost: \"mx.thief.example\""),
        settings("relay: UNKNOWN, relayHost: \"mx.thief.example\""),
        settings("relayHost: \"mx.thief.example\""),
        targets("\"thief@elsewhere.example\""),
        targets("\"victim@globex.example\", \"thief@elsewhere.example\""),
        targets("\"new@globex.example\""),
        alias("", "\"thief@elsewhere.example\""),
        alias("localPart: \"victim+shop\",", "\"thief@elsewhere.example\""),
        rename("localPart: \"moved\", keepsOldAddress: false"),
        format!("mutation {{ mailboxDelete({at}, mailboxId: \"{victim}\") {{ userErrors {{ code }} }} }}"),
        format!("mutation {{ aliasDelete({at}, aliasId: \"{team}\") {{ userErrors {{ code }} }} }}"),
        format!("mutation {{ aliasDelete({at}, aliasId: \"{shop}\") {{ userErrors {{ code }} }} }}"),
        mailbox("localPart: \"known\", password: \"a password that the thief knows\""),
        mailbox("localPart: \"victim+shop\""),
        format!(
            "mutation {{ mailboxSettingsChange({at}, mailboxId: \"{victim}\", settings: {{ recoveryAddress: \"thief@elsewhere.example\" }}) {{ userErrors {{ code }} }} }}"
        ),
        format!(
            "mutation {{ addressMapAdd(input: {{ {at}, domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"victim@globex.example\", to: \"thief@elsewhere.example\" }}) {{ userErrors {{ code }} }} }}"
        ),
    ];
    for query in &forbidden {
        let answer = stage.ask(&helper.owner, query).await;
        assert_eq!(code(&answer), "FORBIDDEN", "{query}\n{answer:#}");
    }
    // What is nobody's, and what leads nowhere new, is theirs to do.
    for allowed in [
        alias("localPart: \"fresh\",", "\"helper@acme.example\""),
        mailbox("localPart: \"colleague\""),
        targets("\"victim@globex.example\""),
        settings("relay: NONE, description: \"ours\""),
        rename("localPart: \"moved\""),
    ] {
        stage.done(&helper.owner, &allowed).await;
    }
    let catch_all = alias("", "\"moved@globex.example\"");
    let made = stage.done(&giver.owner, &catch_all).await;
    assert!(made["aliasCreate"]["alias"]["id"].is_string());
    let from_others = alias("localPart: \"fresher\",", "\"helper@acme.example\"");
    assert_eq!(code(&stage.ask(&helper.owner, &from_others).await), "FORBIDDEN");
    stage.done(&giver.owner, &from_others).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in_for_support_alone_speaks_with_it_and_sees_services_and_nothing_else() {
    let (stage, giver, helper) = scene().await;
    stage.mailbox(&giver, "victim").await;
    let (_, invitation) = invited(&stage, &giver, "preset: SUPPORT").await;
    accept(&stage, &helper, &invitation).await;
    let at = format!("accountId: \"{}\"", giver.account);
    let open = format!(
        "mutation {{ ticketOpen(input: {{ {at}, serviceId: \"{}\", kind: TECHNICAL, subject: \"s\", text: \"t\" }}) \
         {{ ticket {{ id messages {{ text }} }} userErrors {{ code }} }} }}",
        giver.service
    );
    let opened = stage.done(&helper.owner, &open).await["ticketOpen"]["ticket"].clone();
    assert_eq!(opened["messages"][0]["text"], "t");
    let reply = format!(
        "mutation {{ ticketReply({at}, ticketId: {}, text: \"more\") {{ userErrors {{ code }} }} }}",
        opened["id"]
    );
    stage.done(&helper.owner, &reply).await;
    let seen = stage.done(&helper.owner, &format!("{{ services({at}) {{ nodes {{ id }} }} }}")).await;
    assert_eq!(seen["services"]["nodes"][0]["id"], giver.service.as_str());
    for hidden in [
        format!("{{ mailboxes({at}) {{ nodes {{ id }} }} }}"),
        format!("{{ domains({at}) {{ nodes {{ id }} }} }}"),
        format!("{{ users({at}) {{ nodes {{ id }} }} }}"),
        format!("{{ events({at}) {{ hasMore }} }}"),
        format!(
            "mutation {{ serviceEnd({at}, serviceId: \"{}\") {{ userErrors {{ code }} }} }}",
            giver.service
        ),
    ] {
        assert_eq!(code(&stage.ask(&helper.owner, &hidden).await), "FORBIDDEN", "{hidden}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_demands_of_everybody_it_demands_of_delegates() {
    let (stage, giver, helper) = scene().await;
    stage.mailbox(&giver, "victim").await;
    let list = format!("{{ mailboxes(accountId: \"{}\") {{ nodes {{ address }} }} }}", giver.account);
    let (_, invitation) = invited(&stage, &giver, "permissions: [\"mailbox:read\"]").await;
    accept(&stage, &helper, &invitation).await;
    stage.done(&helper.owner, &list).await;
    let mine = "{ delegatedAccesses { isOpen needsSecondFactor requiresSecondFactor } }";
    let open = json!([{ "isOpen": true, "needsSecondFactor": false, "requiresSecondFactor": false }]);
    assert_eq!(stage.done(&helper.owner, mine).await["delegatedAccesses"], open);
    let require = "mutation { accountSecondFactorRequire(isRequired: true) { userErrors { code } } }";
    stage.done(&giver.owner, require).await;
    let mut refused = String::new();
    for _ in 0..100 {
        refused = code(&stage.ask(&helper.owner, &list).await).to_owned();
        if !refused.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(refused, "NOT_FOUND", "no second factor was proved");
    let closed = json!([{ "isOpen": false, "needsSecondFactor": true, "requiresSecondFactor": false }]);
    assert_eq!(stage.done(&helper.owner, mine).await["delegatedAccesses"], closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_lifts_no_demand_for_a_second_factor() {
    let (stage, giver, helper) = scene().await;
    let victim = stage.mailbox(&giver, "victim").await;
    let of_domain = |demands: bool| {
        format!(
            "mutation {{ domainSettingsChange(accountId: \"{}\", domainId: \"{}\", settings: {{ requiresSecondFactor: {demands} \
             }}) {{ userErrors {{ code }} }} }}",
            giver.account, giver.domain
        )
    };
    let of_mailbox = |demands: bool| {
        format!(
            "mutation {{ mailboxSettingsChange(accountId: \"{}\", mailboxId: \"{victim}\", settings: {{ requiresSecondFactor: \
             {demands} }}) {{ userErrors {{ code }} }} }}",
            giver.account
        )
    };
    stage.done(&giver.owner, &of_domain(true)).await;
    stage.done(&giver.owner, &of_mailbox(true)).await;
    let (_, invitation) = invited(&stage, &giver, "preset: FULL").await;
    accept(&stage, &helper, &invitation).await;
    stage.done(&helper.owner, &of_domain(true)).await;
    assert_eq!(code(&stage.ask(&helper.owner, &of_domain(false)).await), "FORBIDDEN");
    assert_eq!(code(&stage.ask(&helper.owner, &of_mailbox(false)).await), "FORBIDDEN");
    stage.done(&giver.owner, &of_domain(false)).await;
    stage.done(&giver.owner, &of_mailbox(false)).await;
}
