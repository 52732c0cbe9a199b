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
    format!("{{ heldMail(token: \"{token}\") {{ address hold {{ reason }} recipients {{ address }} }} }}")
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
    for _ in 0..3 {
        let shown = stage.done("", &look(&first)).await;
        assert_eq!(shown["heldMail"]["address"], "alice@acme.example");
        assert_eq!(shown["heldMail"]["hold"]["reason"], "NEW_RECIPIENTS");
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
