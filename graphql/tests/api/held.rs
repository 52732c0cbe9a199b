//! Held mail is looked at and settled by the link that told an administrator of it: once, by nobody else, and not past a second
//! factor.

use authority::Principal;
use hosting::Language;
use hosting::mailbox::HoldReason;
use hosting::notice::{NoticeKind, NoticePerson, day_of};
use hosting::use_case::{HoldSending, SendNotice};
use journal::{Clock as _, SystemClock};
use kernel::{AccountId, CommandId, MailboxId, NoticeId, UserId};
use notice::Named;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::credentials::enrolled;
use crate::stage::{Customer, PASSWORD, Stage, code, intended, links};

/// A customer whose address is confirmed, with a mailbox.
async fn customer(stage: &Stage) -> (Customer, String) {
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let command = Uuid::now_v7();
    let change = format!(
        "mutation {{ emailChange(currentPassword: \"{PASSWORD}\", email: \"owner@elsewhere.example\", \
         commandId: \"{command}\") {{ userErrors {{ code }} }} }}"
    );
    assert_eq!(stage.done(&customer.owner, &change).await["emailChange"]["userErrors"], json!([]));
    let user = customer.user.parse().expect("a user");
    let notice = NoticeId::derived(intended(command, (&customer.account, &customer.user), "emailChange"), 0);
    let token = links().token(Named { user, notice });
    let verify = format!("mutation {{ emailVerify(token: \"{token}\") {{ userErrors {{ code }} }} }}");
    assert_eq!(stage.done("", &verify).await["emailVerify"]["userErrors"], json!([]));
    let mailbox = stage.mailbox(&customer, "alice").await;
    (customer, mailbox)
}

/// Holds what the mailbox sends.
pub(crate) async fn hold(stage: &Stage, customer: &Customer, mailbox: &str) -> MailboxId {
    let account: AccountId = customer.account.parse().expect("an account");
    let mailbox: MailboxId = mailbox.parse().expect("a mailbox");
    let hold = HoldSending { account, mailbox, reason: HoldReason::Bounces };
    let principal = Principal::platform("sending_watch");
    let command = CommandId::new(Uuid::now_v7());
    let done = stage.engine.run(&principal, command, graphql::new_correlation(), &hold).await;
    assert!(matches!(done, Ok(engine::Outcome::Done { .. })), "{done:?}");
    mailbox
}

/// Holds what the mailbox sends and tells the owner of the account: the token of the link.
async fn held(stage: &Stage, customer: &Customer, mailbox: &str) -> String {
    let account: AccountId = customer.account.parse().expect("an account");
    let user: UserId = customer.user.parse().expect("a user");
    let mailbox: MailboxId = mailbox.parse().expect("a mailbox");
    let hold = HoldSending { account, mailbox, reason: HoldReason::NewRecipients };
    let command = CommandId::new(Uuid::now_v7());
    let notice = NoticeId::derived(command, 0);
    let send = SendNotice {
        account,
        notice,
        person: NoticePerson::User(user),
        kind: NoticeKind::HeldMail,
        detail: Some(format!("alice@{}", customer.domain_name)),
        ticket: None,
        day: day_of(SystemClock.now()),
        language: Language::En,
    };
    let principal = Principal::platform("sending_watch");
    let correlation = graphql::new_correlation();
    let done = stage.engine.run(&principal, CommandId::new(Uuid::now_v7()), correlation, &hold).await;
    assert!(matches!(done, Ok(engine::Outcome::Done { .. })), "{done:?}");
    let told = stage.engine.run(&principal, command, correlation, &send).await;
    assert!(matches!(told, Ok(engine::Outcome::Done { .. })), "{told:?}");
    links().token(Named { user, notice })
}

fn look(token: &str) -> String {
    format!(
        "{{ heldMail(token: \"{token}\") {{ address hold {{ reason }} recipients {{ address }} recipientCount messageCount }} }}"
    )
}

fn settle(token: &str, outcome: &str) -> String {
    format!(
        "mutation {{ heldMailSettle(token: \"{token}\", outcome: {outcome}) {{ userErrors {{ code }} }} }}"
    )
}

async fn hold_of(stage: &Stage, customer: &Customer, mailbox: &str) -> Value {
    let read = format!("{{ mailbox(mailboxId: \"{mailbox}\") {{ sendingHold {{ reason }} }} }}");
    stage.done(&customer.owner, &read).await["mailbox"]["sendingHold"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_what_is_held_and_settles_it_once() {
    let stage = Stage::open().await;
    let (customer, mailbox) = customer(&stage).await;
    // Two in one minute: each has a link of its own, and using one leaves the other good.
    let (first, second) = (held(&stage, &customer, &mailbox).await, held(&stage, &customer, &mailbox).await);
    for number in 0..52 {
        crate::trace::queue(&stage, &customer, &mailbox, &format!("r{number}@else.example")).await;
    }
    let of = store::Selection { mailbox: mailbox.parse().ok(), ..store::Selection::default() };
    let by = (store::Orderer::Watch, "");
    store::Queue::order_all(&*stage.store, &of, store::Order::Hold, by).await.expect("held");
    for _ in 0..3 {
        let shown = stage.done("", &look(&first)).await;
        assert_eq!(shown["heldMail"]["address"], "alice@acme.example");
        assert_eq!(shown["heldMail"]["hold"]["reason"], "NEW_RECIPIENTS");
        let recipients = shown["heldMail"]["recipients"].as_array().expect("a list");
        assert_eq!((recipients.len(), &shown["heldMail"]["recipientCount"]), (50, &json!(52)));
        assert_eq!(shown["heldMail"]["messageCount"], json!(52));
    }
    assert!(!hold_of(&stage, &customer, &mailbox).await.is_null(), "looking changes nothing");
    let forged = first.replace("hsl_", "hsl_0");
    assert_eq!(code(&stage.ask("", &look(&forged)).await), "NOT_FOUND");
    let done = stage.done("", &settle(&first, "PURGE")).await;
    assert_eq!(done["heldMailSettle"]["userErrors"], json!([]));
    assert!(hold_of(&stage, &customer, &mailbox).await.is_null());
    let again = stage.ask("", &settle(&first, "RELEASE")).await;
    assert_eq!(again["data"]["heldMailSettle"]["userErrors"][0]["code"], "LINK_NOT_GOOD");
    assert_eq!(code(&stage.ask("", &look(&first)).await), "NOT_FOUND");
    let other = stage.done("", &look(&second)).await;
    assert!(other["heldMail"]["hold"].is_null(), "nothing is held any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_another_kind_settles_nothing() {
    let stage = Stage::open().await;
    let (customer, _) = customer(&stage).await;
    let asked = format!(
        "mutation {{ passwordResetRequest(login: \"{}\") {{ isAccepted }} }}",
        "owner@elsewhere.example"
    );
    stage.done("", &asked).await;
    let read = "{ notices(first: 100) { nodes { id kind } } }";
    let listed = stage.done(&customer.owner, read).await;
    let nodes = listed["notices"]["nodes"].as_array().expect("a list").clone();
    let user = customer.user.parse().expect("a user");
    for node in nodes {
        let notice = node["id"].as_str().expect("an id").parse().expect("an id");
        let token = links().token(Named { user, notice });
        let answer = stage.ask("", &settle(&token, "RELEASE")).await;
        assert_eq!(answer["data"]["heldMailSettle"]["userErrors"][0]["code"], "LINK_NOT_GOOD", "{node}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_nothing_past_a_second_factor() {
    let stage = Stage::open().await;
    let (customer, mailbox) = customer(&stage).await;
    enrolled(&stage, &customer.owner).await;
    let token = held(&stage, &customer, &mailbox).await;
    for refused in [look(&token), settle(&token, "RELEASE")] {
        assert_eq!(code(&stage.ask("", &refused).await), "UNAUTHENTICATED", "{refused}");
    }
    assert!(!hold_of(&stage, &customer, &mailbox).await.is_null());
    // Whoever is signed in as the link's user goes on.
    stage.done(&customer.owner, &look(&token)).await;
    let done = stage.done(&customer.owner, &settle(&token, "RELEASE")).await;
    assert_eq!(done["heldMailSettle"]["userErrors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_what_is_held_of_all_accounts_and_decides() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let mut held = Vec::new();
    for name in ["acme", "globex"] {
        let customer = stage.customer(&operator, (name, "pro")).await;
        let mailbox = stage.mailbox(&customer, "alice").await;
        for to in ["one@else.example", "two@else.example"].iter().take(held.len() + 1) {
            crate::trace::queue(&stage, &customer, &mailbox, to).await;
        }
        let id = hold(&stage, &customer, &mailbox).await;
        // What the policy does with the queue.
        let of = store::Selection { mailbox: Some(id), ..store::Selection::default() };
        let by = (store::Orderer::Watch, "");
        store::Queue::order_by(&*stage.store, &of, store::Order::Hold, by).await.expect("held");
        held.push((customer, mailbox));
    }
    let page = |after: &str| {
        format!(
            "{{ platformHeldMail(first: 1{after}) {{ nodes {{ id address accountId accountName serviceId reason \
             recipients }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
    };
    let mut first = Value::Null;
    for _ in 0..100 {
        first = stage.done(&operator, &page("")).await["platformHeldMail"].clone();
        if first["pageInfo"]["hasNextPage"] == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let [(acme, alice), (globex, other)] = held.as_slice() else { panic!("two") };
    assert_eq!(
        first["nodes"],
        json!([{ "id": alice, "address": "alice@acme.example", "accountId": acme.account, "accountName": "acme",
                 "serviceId": acme.service, "reason": "BOUNCES", "recipients": 1 }])
    );
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = format!(", after: {}", first["pageInfo"]["endCursor"]);
    let second = stage.done(&operator, &page(&after)).await["platformHeldMail"].clone();
    assert_eq!((&second["nodes"][0]["id"], &second["nodes"][0]["recipients"]), (&json!(other), &json!(2)));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    // Nobody else reads it: neither a customer, nor a mailbox.
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    for token in [&acme.owner, &globex.owner, &own] {
        assert!(!code(&stage.ask(token, &page("")).await).is_empty());
    }
    let release = format!(
        "mutation {{ mailboxSendingRelease(accountId: \"{}\", mailboxId: \"{alice}\") {{ userErrors {{ code }} }} }}",
        acme.account
    );
    stage.done(&operator, &release).await;
    for _ in 0..100 {
        let left = stage.done(&operator, &page("")).await;
        if left["platformHeldMail"]["nodes"][0]["id"] == json!(other) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("what is released is shown as held");
}
