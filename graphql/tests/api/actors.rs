//! Who did something, by a name, as far as whoever reads may know it; through what, and why.

use authority::Principal;
use engine::{Cause, Reaction as _};
use hosting::mailbox::HoldReason;
use hosting::use_case::{ChangeMailboxQuota, HoldSending};
use journal::{Clock as _, SystemClock};
use kernel::{AccountId, ByteSize, CommandId, CommandName, MailboxId, SubjectId};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

/// What is asked of each entry.
const ENTRY: &str = "id kind actor actorName actorStanding via command apiTokenName onBehalfOf correlationId causedBy \
     cause { kind actor actorName actorStanding } position";

async fn told(stage: &Stage, token: &str, (account, id): (&str, &str), first: usize) -> Vec<Value> {
    let query = format!(
        "{{ history(accountId: \"{account}\", id: \"{id}\", first: {first}) {{ nodes {{ {ENTRY} }} }} }}"
    );
    let page = stage.done(token, &query).await;
    page["history"]["nodes"].as_array().expect("nodes").clone()
}

fn quota((account, mailbox): (&str, &str), octets: u32) -> String {
    format!(
        "mutation {{ mailboxQuotaChange(accountId: \"{account}\", mailboxId: \"{mailbox}\", quotaBytes: {octets}) \
         {{ userErrors {{ code }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acted_is_named_as_far_as_the_reader_may_know() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "pro")).await;
    let helper = stage.customer(&operator, ("globex", "solo")).await;
    let alice = stage.mailbox(&acme, "alice").await;
    let at = (acme.account.as_str(), alice.as_str());
    // The owner, by a session and by a key that has a name.
    stage.done(&acme.owner, &quota(at, 1_000_001)).await;
    let issue = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{}\", name: \"backup\", permissions: [\"mailbox:write\", \
         \"mailbox:read\"] }}) {{ secret userErrors {{ code }} }} }}",
        acme.user
    );
    let issued = stage.done(&acme.owner, &issue).await;
    let key = issued["apiTokenIssue"]["secret"].as_str().expect("a secret").to_owned();
    stage.done(&key, &quota(at, 1_000_002)).await;
    // The support, a delegate, and one who is gone since.
    stage.done(&operator, &quota(at, 1_000_003)).await;
    let invite = "mutation { delegationInvite(email: \"helper@globex.example\", terms: { preset: TECHNICAL }) \
         { invitation userErrors { code } } }";
    let invited = stage.done(&acme.owner, invite).await;
    let accept = format!(
        "mutation {{ delegationAccept(invitation: {}) {{ userErrors {{ code }} }} }}",
        invited["delegationInvite"]["invitation"]
    );
    stage.done(&helper.owner, &accept).await;
    stage.done(&helper.owner, &quota(at, 1_000_004)).await;
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"short_stay\", password: \"{PASSWORD}\", role: OWNER }}) \
         {{ user {{ id }} userErrors {{ code }} }} }}"
    );
    let gone = stage.done(&acme.owner, &register).await["userRegister"]["user"]["id"].clone();
    let short = stage.sign_in("short_stay", PASSWORD).await;
    stage.done(&short, &quota(at, 1_000_005)).await;
    let remove = format!("mutation {{ userRemove(userId: {gone}) {{ userErrors {{ code }} }} }}");
    stage.done(&acme.owner, &remove).await;

    let seen = told(&stage, &acme.owner, at, 10).await;
    let who: Vec<_> =
        seen.iter().map(|entry| (entry["actorStanding"].clone(), entry["actorName"].clone())).collect();
    assert_eq!(
        who,
        [
            (json!("REMOVED"), json!("short_stay")),
            // Not by the address that was invited: whoever had its link has accepted.
            (json!("DELEGATE"), json!("owner_globex.example")),
            (json!("SUPPORT"), Value::Null),
            (json!("OWN"), json!("owner_acme.example")),
            (json!("OWN"), json!("owner_acme.example")),
            (json!("OWN"), json!("owner_acme.example")),
        ]
    );
    assert_eq!((&seen[3]["via"], &seen[3]["apiTokenName"]), (&json!("API_TOKEN"), &json!("backup")));
    assert_eq!(seen[1]["onBehalfOf"], json!(acme.account));
    assert_eq!((&seen[4]["via"], &seen[4]["apiTokenName"]), (&json!("SESSION"), &Value::Null));
    assert!(seen.iter().all(|entry| entry["causedBy"].is_null() && entry["cause"].is_null()));
    assert!(seen[..5].iter().all(|entry| entry["command"] == "mailboxQuotaChange"), "{seen:#?}");
    // The support reads its own people by name; a delegate neither it nor who else was let in.
    let seen = told(&stage, &operator, at, 10).await;
    assert_eq!(seen[2]["actorName"], json!("operator"));
    let seen = told(&stage, &helper.owner, at, 10).await;
    assert_eq!((&seen[2]["actorStanding"], &seen[2]["actorName"]), (&json!("SUPPORT"), &Value::Null));
    assert_eq!(seen[1]["actorName"], json!("owner_globex.example"), "one knows oneself");
    // The mailbox's owner is of the account, and does not see whom it has let in.
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    let seen = told(&stage, &own, at, 10).await;
    assert_eq!((&seen[1]["actorStanding"], &seen[1]["actorName"]), (&json!("DELEGATE"), &Value::Null));
    assert_eq!(seen[3]["actorName"], json!("owner_acme.example"));

    // Whoever is erased is named to nobody.
    let erase = format!("mutation {{ personErase(userId: {gone}) {{ userErrors {{ code }} }} }}");
    stage.done(&acme.owner, &erase).await;
    let tenant = acme.account.parse::<AccountId>().expect("an account").tenant();
    let subject = SubjectId::of_user(gone.as_str().expect("an id").parse().expect("a user"));
    stage.keyring.destroy(tenant, subject, SystemClock.now()).await.expect("destroyed");
    let seen = told(&stage, &acme.owner, at, 1).await;
    assert_eq!((&seen[0]["actorStanding"], &seen[0]["actorName"]), (&json!("ERASED"), &Value::Null));
    let feed = format!("{{ events(first: 500) {{ nodes {{ {ENTRY} }} }} }}");
    assert!(!stage.done(&acme.owner, &feed).await.to_string().contains("short_stay"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_is_told_as_such_and_reads_its_own_people_by_name() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "pro")).await;
    let set = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 3) {{ userErrors {{ code }} }} }}",
        reseller.account
    );
    stage.done(&operator, &set).await;
    let open = "mutation { subAccountOpen(name: \"Below\") { account { id } userErrors { code } } }";
    let below = stage.done(&reseller.owner, open).await["subAccountOpen"]["account"]["id"].clone();
    let below = below.as_str().expect("an id");
    let register = format!(
        "mutation {{ userRegister(input: {{ accountId: \"{below}\", login: \"low_owner\", password: \"{PASSWORD}\", \
         role: OWNER }}) {{ user {{ id }} userErrors {{ code }} }} }}"
    );
    let user = stage.done(&reseller.owner, &register).await["userRegister"]["user"]["id"].clone();
    let user = user.as_str().expect("an id");
    let low = stage.sign_in("low_owner", PASSWORD).await;
    let seen = told(&stage, &low, (below, user), 10).await;
    let registered = seen.last().expect("the first");
    assert_eq!(registered["kind"], "user.registered");
    assert_eq!(registered["command"], "userRegister");
    // What was asked of one account stands with what it led to in another as well.
    let opened = told(&stage, &reseller.owner, (below, below), 10).await.pop().expect("the first");
    assert_eq!((&opened["kind"], &opened["command"]), (&json!("account.opened"), &json!("subAccountOpen")));
    assert_eq!((&registered["actorStanding"], &registered["actorName"]), (&json!("RESELLER"), &Value::Null));
    let seen = told(&stage, &reseller.owner, (below, user), 10).await;
    assert_eq!(seen.last().expect("the first")["actorName"], "owner_acme.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_did_is_told_with_what_it_reacted_to() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "pro")).await;
    let alice = stage.mailbox(&acme, "alice").await;
    let at = (acme.account.as_str(), alice.as_str());
    stage.done(&acme.owner, &quota(at, 1_000_001)).await;
    let seen = told(&stage, &acme.owner, at, 1).await;
    let event = seen[0]["id"].as_str().expect("an id").parse().expect("an event");
    let correlation = graphql::new_correlation();
    let account: AccountId = acme.account.parse().expect("an account");
    let mailbox: MailboxId = alice.parse().expect("a mailbox");
    let hold = HoldSending { account, mailbox, reason: HoldReason::Bounces };
    let cause = Cause { policy: "sending_watch", ordinal: 0, event, correlation };
    hold.run(&stage.engine.runner(), cause).await.expect("held");
    let seen = told(&stage, &acme.owner, at, 1).await;
    assert_eq!((&seen[0]["actorStanding"], &seen[0]["actorName"]), (&json!("PLATFORM"), &Value::Null));
    assert_eq!(seen[0]["command"], "sending_watch");
    assert_eq!(
        seen[0]["cause"],
        json!({ "kind": "mailbox.quota_changed", "actor": "USER", "actorName": "owner_acme.example",
                "actorStanding": "OWN" })
    );
    // What led to it elsewhere is not looked up in another account.
    let other = stage.customer(&operator, ("globex", "pro")).await;
    let bob = stage.mailbox(&other, "bob").await;
    let account: AccountId = other.account.parse().expect("an account");
    let hold = HoldSending { account, mailbox: bob.parse().expect("a mailbox"), reason: HoldReason::Bounces };
    hold.run(&stage.engine.runner(), Cause { ordinal: 1, ..cause }).await.expect("held");
    let seen = told(&stage, &other.owner, (&other.account, &bob), 1).await;
    assert!(!seen[0]["causedBy"].is_null() && seen[0]["cause"].is_null(), "{seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_is_told_by_its_name_and_not_known_of_before() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "pro")).await;
    let alice = stage.mailbox(&acme, "alice").await;
    let at = (acme.account.as_str(), alice.as_str());
    let (account, service) =
        (acme.account.parse().expect("an account"), acme.service.parse().expect("a service"));
    let mailbox = alice.parse().expect("a mailbox");
    let change = |octets| ChangeMailboxQuota { account, service, mailbox, quota: ByteSize::new(octets) };
    let command = || CommandId::new(uuid::Uuid::now_v7());
    let correlation = graphql::new_correlation();
    let (operator, engine) = (Principal::operator(), &stage.engine);
    // As before names were kept, then as the command line does it.
    engine.run(&operator, command(), correlation, &change(1_000_001)).await.expect("done");
    let apply = command().named(CommandName::new("apply"));
    engine.run(&operator, apply, correlation, &change(1_000_002)).await.expect("done");
    // An alias does not hide what was asked for.
    let aliased = quota(at, 1_000_003).replace("mailboxQuotaChange", "other: mailboxQuotaChange");
    stage.done(&acme.owner, &aliased).await;
    let bulk = format!(
        "mutation {{ bulk(rows: [{{ key: \"a\", action: {{ createMailboxes: {{ place: {{ serviceId: \"{}\", domainId: \
         \"{}\" }}, mailboxes: [{{ localPart: \"bob\", quotaBytes: 1000000 }}] }} }} }}]) {{ rows {{ mailboxIds }} \
         doneCount }} }}",
        acme.service, acme.domain
    );
    let bob = stage.done(&acme.owner, &bulk).await["bulk"]["rows"][0]["mailboxIds"][0].clone();
    let told = |id: String| {
        let query = format!("{{ history(id: \"{id}\", first: 10) {{ nodes {{ kind via command }} }} }}");
        let (stage, owner) = (&stage, &acme.owner);
        async move { stage.done(owner, &query).await["history"]["nodes"].as_array().expect("nodes").clone() }
    };
    let seen = told(alice.clone()).await;
    let asked: Vec<_> = seen.iter().map(|entry| (entry["via"].as_str(), entry["command"].as_str())).collect();
    assert_eq!(
        asked[..3],
        [
            (Some("SESSION"), Some("mailboxQuotaChange")),
            (Some("COMMAND_LINE"), Some("apply")),
            (Some("COMMAND_LINE"), None),
        ]
    );
    let seen = told(bob.as_str().expect("an id").to_owned()).await;
    assert_eq!(seen.last().expect("the first")["command"], "bulk");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_a_long_page_cost_no_more_than_those_of_a_short_one() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "pro")).await;
    let alice = stage.mailbox(&acme, "alice").await;
    let at = (acme.account.as_str(), alice.as_str());
    let account: AccountId = acme.account.parse().expect("an account");
    let mailbox: MailboxId = alice.parse().expect("a mailbox");
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    // Each round has an entry by a key of somebody who is removed, one by the mailbox itself and one by a policy.
    let round = 4;
    for number in 0..5_u32 {
        let register = format!(
            "mutation {{ userRegister(input: {{ login: \"stay_{number}\", password: \"{PASSWORD}\", role: OWNER }}) \
             {{ user {{ id }} userErrors {{ code }} }} }}"
        );
        let user = stage.done(&acme.owner, &register).await["userRegister"]["user"]["id"].clone();
        let stay = stage.sign_in(&format!("stay_{number}"), PASSWORD).await;
        stage.done(&stay, &quota(at, 1_000_001 + number)).await;
        let remove = format!("mutation {{ userRemove(userId: {user}) {{ userErrors {{ code }} }} }}");
        stage.done(&acme.owner, &remove).await;
        let language = if number % 2 == 0 { "ENGLISH" } else { "FRENCH" };
        let set = format!("mutation {{ languageSet(language: {language}) {{ userErrors {{ code }} }} }}");
        stage.done(&own, &set).await;
        let seen = told(&stage, &acme.owner, at, 1).await;
        let event = seen[0]["id"].as_str().expect("an id").parse().expect("an event");
        let correlation = graphql::new_correlation();
        let hold = HoldSending { account, mailbox, reason: HoldReason::Bounces };
        let cause = Cause { policy: "sending_watch", ordinal: 0, event, correlation };
        hold.run(&stage.engine.runner(), cause).await.expect("held");
        let release = format!(
            "mutation {{ mailboxSendingRelease(mailboxId: \"{alice}\") {{ userErrors {{ code }} }} }}"
        );
        stage.done(&acme.owner, &release).await;
    }
    let mut costs = Vec::new();
    for first in [2 * round, 5 * round] {
        let mut least = u64::MAX;
        for _ in 0..4 {
            let before = stage.control.question_count();
            assert_eq!(told(&stage, &acme.owner, at, first).await.len(), first);
            least = least.min(stage.control.question_count() - before);
        }
        costs.push(least);
    }
    // On a slow machine what is asked together may part into two.
    assert!(costs[1] <= costs[0] + 2, "questions of a page of two rounds and of a long one: {costs:?}");
}
