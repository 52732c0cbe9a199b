//! Every operation of the schema, tried across tenants: generated from the schema, so that a new one is tried as well. That
//! each of these calls is valid, and refused for who asks, is shown in `granted.rs`.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, Executor, Request};
use futures_util::StreamExt;
use graphql::Language;
use serde_json::{Value, json};

use crate::calls::{Operation, Verdict, schema, verdict};
use crate::stage::{Customer, PASSWORD, Stage, knock};
use crate::things::things;

/// Operations that name nothing of another account and may be asked by anybody who is signed in: what they show is the
/// platform's own, or the caller's, or belongs to whoever has the secret that they ask for.
pub(crate) const OF_NOBODY: [&str; 37] = [
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
    "totpConfirm",
    "recoveryCodesRenew",
    "passkeyAdd",
    "yubikeyAdd",
    "delegationAccept",
    "delegationDecline",
];

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
    let (schema, mut tried, mut open) = (schema(), 0, Vec::new());
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
                let Some(query) = schema.call(operation, &things, left_out) else { continue };
                // What names nothing of another account shows the own one.
                let is_own = !schema.names_something(operation, &things)
                    || (left_out == "accountId"
                        && !token.is_empty()
                        && things.ids.values().all(|id| !query.contains(id.as_str())));
                if is_own && operation.root == "mutation" && left_out == "accountId" {
                    // It is about the attacker's own account, and may shut the attacker out of what follows.
                    continue;
                }
                let answer = answer(&stage, operation, token, &query).await;
                let told = verdict(&answer, operation);
                let may_see_own = is_own && operation.root != "mutation" && !token.is_empty();
                let is_kept = told.is_kept(operation) || told == Verdict::Granted && may_see_own;
                if !is_kept || answer.to_string().contains("globex") {
                    open.push(format!("{who}: {query}\n{answer}"));
                }
                tried += 1;
            }
        }
    }
    assert!(open.is_empty(), "{} of {tried}:\n{}", open.len(), open.join("\n"));
    assert!(tried > 2000, "the schema was not read: {tried} calls");
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
