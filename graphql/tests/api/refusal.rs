//! Every operation of the schema, tried across tenants: generated from the schema, so that a new one is tried as well.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, Executor, Request};
use futures_util::StreamExt as _;
use graphql::Language;
use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage, knock};

/// Operations that name nothing of another account and may be asked by anybody who is signed in: what they show is the
/// platform's own, or the caller's.
pub(crate) const OF_NOBODY: [&str; 31] = [
    "heldMail",
    "heldMailSettle",
    "timeZoneSet",
    "delegationInvitation",
    "sieveCheck",
    "documents",
    "dataCentre",
    "viewer",
    "plan",
    "plans",
    "servicePrice",
    "sharedDomains",
    "signIn",
    "sessionRefresh",
    "signOut",
    "passwordChange",
    "totpBegin",
    "passkeyBegin",
    "passkeySignInBegin",
    "passkeySignIn",
    "ssoTicketIssue",
    "ssoSignIn",
    "profile",
    "signUp",
    "emailVerify",
    "emailVerificationResend",
    "emailChange",
    "recoveryAddressSet",
    "passwordResetRequest",
    "passwordReset",
    "languageSet",
];

/// One operation of a root.
pub(crate) struct Operation {
    pub(crate) root: &'static str,
    pub(crate) name: String,
    /// Name and type of each argument.
    arguments: Vec<(String, String)>,
    returns: String,
}

/// What the schema says, as far as it is needed to call it.
pub(crate) struct Schema {
    pub(crate) operations: Vec<Operation>,
    /// Fields of each input type.
    inputs: HashMap<String, Vec<(String, String)>>,
    /// The first value of each enum.
    enums: HashMap<String, String>,
}

/// Reads the schema's text: one field a line, as it is printed.
pub(crate) fn schema() -> Schema {
    let (mut operations, mut inputs, mut enums) = (Vec::new(), HashMap::new(), HashMap::new());
    let (mut kind, mut current) = (String::new(), String::new());
    for line in bare(&graphql::sdl()).lines() {
        if !line.starts_with(char::is_whitespace) {
            let mut words = line.split([' ', '{']);
            kind = words.next().unwrap_or_default().to_owned();
            current = words.next().unwrap_or_default().to_owned();
            continue;
        }
        let line = line.trim();
        match (kind.as_str(), current.as_str()) {
            ("type", root @ ("Query" | "Mutation" | "Subscription")) => {
                operations.push(operation(root, line))
            }
            ("input", _) => {
                if let Some((name, kind)) = line.split_once(": ") {
                    let fields: &mut Vec<(String, String)> = inputs.entry(current.clone()).or_default();
                    fields.push((name.to_owned(), kind.to_owned()));
                }
            }
            ("enum", _) => {
                enums.entry(current.clone()).or_insert_with(|| line.to_owned());
            }
            _ => {}
        }
    }
    Schema { operations, inputs, enums }
}

/// Names and types of arguments, `name: Type` one behind another.
fn split_arguments(text: &str) -> Vec<(&str, &str)> {
    // A type has no space, except before what it is by default.
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
    let mut found = Vec::new();
    while let Some(name) = words.next() {
        let (Some(name), Some(kind)) = (name.strip_suffix(':'), words.next()) else { continue };
        found.push((name, kind));
    }
    found
}

/// The schema's text without its descriptions, the arguments of a field in its line.
fn bare(sdl: &str) -> String {
    let texts = sdl.split("\"\"\"").step_by(2);
    let mut bare = String::new();
    let mut depth = 0_usize;
    for character in texts.flat_map(str::chars) {
        depth = match character {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        let is_break = character == '\n' || character == '\t';
        bare.push(if is_break && depth > 0 { ' ' } else { character });
    }
    let lines = bare.lines().filter(|line| !line.trim().is_empty());
    let one_space = |line: &str| {
        let indent = if line.starts_with(char::is_whitespace) { "\t" } else { "" };
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{indent}{}", words.replace("( ", "(").replace(" )", ")").replace(" ,", ","))
    };
    // Arguments with a description stand on lines of their own, without a comma.
    lines.map(one_space).collect::<Vec<_>>().join("\n")
}

fn operation(root: &str, line: &str) -> Operation {
    let root = match root {
        "Query" => "query",
        "Mutation" => "mutation",
        _ => "subscription",
    };
    let line = line.split(" @deprecated").next().unwrap_or(line);
    let (head, returns) = line.rsplit_once(": ").expect("a field with its type");
    let (name, arguments) = head.split_once('(').unwrap_or((head, ""));
    let arguments = split_arguments(arguments.trim_end_matches(')'));
    Operation {
        root,
        name: name.to_owned(),
        arguments: arguments.into_iter().map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect(),
        returns: returns.trim_matches(['!', '[', ']']).to_owned(),
    }
}

/// Things of one account, by the type of their ids.
pub(crate) struct Things(pub(crate) HashMap<&'static str, String>);

impl Schema {
    /// A literal of a type, with the ids of `things`; none for an optional argument that names nothing.
    fn literal(&self, kind: &str, things: &Things) -> Option<String> {
        let is_required = kind.ends_with('!');
        let bare = kind.trim_end_matches('!');
        if let Some(element) = bare.strip_prefix('[') {
            let element = self.literal(element.trim_end_matches(']'), things)?;
            return Some(format!("[{element}]"));
        }
        if let Some(id) = things.0.get(bare) {
            return Some(format!("\"{id}\""));
        }
        if let Some(fields) = self.inputs.get(bare) {
            let fields = fields
                .iter()
                .filter_map(|(name, kind)| Some(format!("{name}: {}", self.literal(kind, things)?)));
            return Some(format!("{{ {} }}", fields.collect::<Vec<_>>().join(", ")));
        }
        if !is_required {
            return None;
        }
        Some(match bare {
            "String" => "\"a-word@new.example\"".to_owned(),
            "Int" | "Long" => "1".to_owned(),
            "Bytes" => "1048576".to_owned(),
            "Boolean" => "true".to_owned(),
            "DateTime" | "Moment" => "\"2030-01-01T00:00:00Z\"".to_owned(),
            other => {
                self.enums.get(other).unwrap_or_else(|| panic!("no literal for {other}: add one")).clone()
            }
        })
    }

    /// The operation with every argument that names something; without `left_out`.
    pub(crate) fn call(&self, operation: &Operation, things: &Things, left_out: &str) -> String {
        let arguments: Vec<String> = operation
            .arguments
            .iter()
            .filter(|(name, _)| name != left_out)
            .filter_map(|(name, kind)| {
                // A history is of a thing of any type.
                let kind = if name == "id" && kind == "String!" { "MailboxID" } else { kind };
                Some(format!("{name}: {}", self.literal(kind, things)?))
            })
            .collect();
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let selection = match operation.returns.as_str() {
            payload if payload.ends_with("Payload") => "position userErrors { code }",
            list if list.ends_with("Connection") => "nodes { id }",
            "QueuedMessage" => "state",
            "QueueOutcome" | "SuppressionOutcome" | "SiteOutcome" => "userErrors { code }",
            "EventPage" => "hasMore",
            "SecondFactors" => "isDemanded",
            "LastLogin" => "at",
            "Event" => "kind",
            _ => "id",
        };
        format!("{} {{ {}{arguments} {{ {selection} }} }}", operation.root, operation.name)
    }

    fn names_something(&self, operation: &Operation, things: &Things) -> bool {
        operation.arguments.iter().any(|(_, kind)| {
            let bare = kind.trim_matches(['!', '[', ']']);
            things.0.contains_key(bare)
                || self.inputs.get(bare).is_some_and(|fields| {
                    fields.iter().any(|(_, kind)| things.0.contains_key(kind.trim_matches(['!', '[', ']'])))
                })
        })
    }
}

/// Whether an answer gives nothing away and did nothing.
pub(crate) fn is_refused(answer: &Value, name: &str) -> bool {
    if answer["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
        return true;
    }
    let field = &answer["data"][name];
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    field.is_null()
        || is_empty(field)
        || is_empty(&field["nodes"])
        || field["userErrors"].as_array().is_some_and(|errors| !errors.is_empty())
}

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
    let invited = stage
        .done(
            &customer.owner,
            "mutation { delegationInvite(email: \"helper@else.example\", terms: { preset: AUDITOR }) \
             { delegation { id } userErrors { code } } }",
        )
        .await;
    let delegation = invited["delegationInvite"]["delegation"]["id"].as_str().expect("an id").to_owned();
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
    stage
        .done(
            &customer.owner,
            &format!(
                "mutation {{ domainTlsPolicyAdd(domainId: \"{}\", policy: {{ destination: \"mx.globex.example\" }}) \
                 {{ tlsPolicy {{ id }} userErrors {{ code }} }} }}",
                customer.domain
            ),
        )
        .await;
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
    Things(HashMap::from([
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
        ("DocumentID", kernel::DocumentId::new(uuid::Uuid::nil()).to_string()),
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
        ("FactorID", kernel::FactorId::new(uuid::Uuid::nil()).to_string()),
        ("AppPasswordID", kernel::AppPasswordId::new(uuid::Uuid::nil()).to_string()),
        ("PlanID", hosting::plan::plan_id("solo").to_string()),
    ]))
}

/// The attackers: of other accounts an owner, a domain's administrator, an API token that may all that its owner may, and a
/// mailbox; somebody whose delegation was taken back; a reseller beside; and nobody.
async fn attackers(
    stage: &Stage,
    operator: &str,
    (victim, attacker): (&Customer, &Customer),
) -> Vec<(&'static str, String)> {
    stage.mailbox(attacker, "mallory").await;
    let mailbox = stage.sign_in(&format!("mallory@{}", attacker.domain_name), PASSWORD).await;
    let administrator = administrator(stage, attacker, "aside").await;
    let beside = stage.customer(operator, ("beside", "custom")).await;
    let all: Vec<String> = authority::Permissions::account_owner()
        .iter()
        .map(|permission| format!("\"{}\"", permission.name()))
        .collect();
    let issue = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{}\", name: \"t\", permissions: [{}] }}) \
         {{ secret userErrors {{ code message }} }} }}",
        beside.user,
        all.join(", ")
    );
    let issued = stage.done(&beside.owner, &issue).await;
    let token = issued["apiTokenIssue"]["secret"].as_str().expect("a secret").to_owned();
    let promote = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} }}",
        beside.account
    );
    stage.done(operator, &promote).await;
    vec![
        ("an owner", attacker.owner.clone()),
        ("a domain's administrator", administrator),
        ("an API token", token),
        ("a mailbox", mailbox),
        ("a revoked delegate", revoked(stage, operator, victim).await),
        ("a reseller beside", beside.owner),
        ("nobody", String::new()),
    ]
}

/// Somebody who administers the customer's domain.
pub(crate) async fn administrator(stage: &Stage, customer: &Customer, login: &str) -> String {
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"{login}\", password: \"{PASSWORD}\", \
         role: DOMAIN_ADMINISTRATOR, domainIds: [\"{}\"] }}) {{ userErrors {{ code message }} }} }}",
        customer.domain
    );
    stage.done(&customer.owner, &register).await;
    stage.sign_in(login, PASSWORD).await
}

/// Somebody who was let into the victim's account, and is no more.
async fn revoked(stage: &Stage, operator: &str, victim: &Customer) -> String {
    let helper = stage.customer(operator, ("helper", "solo")).await;
    let invite = "mutation { delegationInvite(email: \"helper@helper.example\", terms: { preset: FULL }) \
                  { invitation delegation { id } userErrors { code } } }";
    let invited = stage.done(&victim.owner, invite).await["delegationInvite"].clone();
    let accept = format!(
        "mutation {{ delegationAccept(invitation: {}) {{ userErrors {{ code }} }} }}",
        invited["invitation"]
    );
    stage.done(&helper.owner, &accept).await;
    let list = format!("{{ mailboxes(accountId: \"{}\") {{ nodes {{ id }} }} }}", victim.account);
    stage.done(&helper.owner, &list).await;
    let revoke = format!(
        "mutation {{ delegationRevoke(delegationId: {}) {{ userErrors {{ code }} }} }}",
        invited["delegation"]["id"]
    );
    stage.done(&victim.owner, &revoke).await;
    helper.owner
}

/// The position of an account: what was done to it moves it.
pub(crate) async fn position(stage: &Stage, account: &str) -> kernel::Position {
    let account: kernel::AccountId = account.parse().expect("an id");
    let feed = stage.engine.subscribe(account.tenant(), Some(kernel::Position::START));
    let events: Vec<_> = tokio::time::timeout(Duration::from_millis(500), async {
        let mut feed = Box::pin(feed);
        let mut last = kernel::Position::START;
        loop {
            match tokio::time::timeout(Duration::from_millis(200), feed.next()).await {
                Ok(Some(Ok(event))) => last = event.cursor.position,
                _ => return vec![last],
            }
        }
    })
    .await
    .expect("a short history");
    events[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_reaches_into_another_account() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let victim = stage.customer(&operator, ("globex", "custom")).await;
    let attacker = stage.customer(&operator, ("acme", "solo")).await;
    let things = things(&stage, &operator, &victim).await;
    let attackers = attackers(&stage, &operator, (&victim, &attacker)).await;
    let before = position(&stage, &victim.account).await;
    let schema = schema();
    let mut tried = 0;
    for operation in &schema.operations {
        if OF_NOBODY.contains(&operation.name.as_str()) {
            assert!(
                !schema.names_something(operation, &things)
                    || ["plan", "servicePrice"].contains(&operation.name.as_str()),
                "{}",
                operation.name
            );
            continue;
        }
        for (who, token) in &attackers {
            // Naming the other account, and naming only its things.
            for left_out in ["", "accountId"] {
                let query = schema.call(operation, &things, left_out);
                // What names nothing of another account shows the own one.
                let is_own = !schema.names_something(operation, &things)
                    || (left_out == "accountId"
                        && !token.is_empty()
                        && things.0.values().all(|id| !query.contains(id.as_str())));
                if is_own && operation.root == "mutation" && left_out == "accountId" {
                    // It is about the attacker's own account, and may shut the attacker out of what follows.
                    continue;
                }
                let answer = answer(&stage, operation, token, &query).await;
                assert!(!answer.to_string().contains("globex"), "{who}: {query}\n{answer:#}");
                let only_own = is_own && operation.root != "mutation" && !token.is_empty();
                assert!(only_own || is_refused(&answer, &operation.name), "{who}: {query}\n{answer:#}");
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "the schema was not read: {tried} calls");
    assert_eq!(position(&stage, &victim.account).await, before, "something was done to the account");
}

pub(crate) async fn answer(stage: &Stage, operation: &Operation, token: &str, query: &str) -> Value {
    if operation.root != "subscription" {
        return stage.ask(token, query).await;
    }
    let mut data = Data::default();
    data.insert(knock(Language::English, token));
    let mut stream = stage.api.execute_stream(Request::new(query), Some(Arc::new(data)));
    match tokio::time::timeout(Duration::from_millis(300), stream.next()).await {
        Ok(Some(response)) => serde_json::to_value(response).expect("JSON"),
        // Silence: nothing is told.
        Ok(None) | Err(_) => json!({ "data": null }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_operations_work_for_the_owner() {
    // What the test above expects to be refused would be refused for any reason: here most of it is granted.
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("globex", "custom")).await;
    let things = things(&stage, &operator, &customer).await;
    let schema = schema();
    let mut granted = Vec::new();
    for operation in schema.operations.iter().filter(|operation| operation.root == "query") {
        let answer = stage.ask(&customer.owner, &schema.call(operation, &things, "")).await;
        if !is_refused(&answer, &operation.name) {
            granted.push(operation.name.as_str());
        }
    }
    for name in [
        "account",
        "user",
        "users",
        "service",
        "domain",
        "mailbox",
        "mailboxes",
        "alias",
        "addressMap",
        "addressMaps",
        "tlsPolicy",
        "tlsPolicies",
        "senderRelay",
        "senderRelays",
        "filter",
        "filters",
        "syncJob",
        "syncJobs",
        "pushDestination",
        "pushDestinations",
        "queuedMessages",
        "queue",
        "messageTrace",
        "history",
        "events",
        "webhook",
        "webhooks",
    ] {
        assert!(granted.contains(&name), "{name} is refused to the owner: {granted:?}");
    }
}
