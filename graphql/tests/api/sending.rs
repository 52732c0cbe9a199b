//! A mailbox whose sent mail is held is shown as such, and released or purged by its administrators.

use authority::Principal;
use hosting::mailbox::HoldReason;
use hosting::use_case::HoldSending;
use kernel::{AccountId, CommandId, MailboxId};
use serde_json::json;

use crate::stage::{PASSWORD, Stage, code};

#[tokio::test(flavor = "multi_thread")]
async fn held_mail_is_released_by_an_administrator_and_not_by_whoever_has_the_owner_s_login() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    let hold = HoldSending {
        account: customer.account.parse::<AccountId>().expect("an account"),
        mailbox: mailbox.parse::<MailboxId>().expect("a mailbox"),
        reason: HoldReason::NewRecipients,
    };
    let read = format!("{{ mailbox(mailboxId: \"{mailbox}\") {{ sendingHold {{ reason since }} }} }}");
    let change = |verb: &str| {
        format!(
            "mutation {{ {verb}(mailboxId: \"{mailbox}\") {{ mailbox {{ sendingHold {{ reason }} }} userErrors {{ code }} }} }}"
        )
    };
    for verb in ["mailboxSendingRelease", "mailboxSendingPurge"] {
        assert!(stage.done(&customer.owner, &read).await["mailbox"]["sendingHold"].is_null());
        let command = CommandId::new(uuid::Uuid::now_v7());
        let principal = Principal::platform("sending_watch");
        let held = stage.engine.run(&principal, command, graphql::new_correlation(), &hold).await;
        assert!(matches!(held, Ok(engine::Outcome::Done { .. })), "{held:?}");
        for reader in [&customer.owner, &alice] {
            let shown = stage.done(reader, &read).await;
            assert_eq!(shown["mailbox"]["sendingHold"]["reason"], "NEW_RECIPIENTS");
        }
        assert!(!code(&stage.ask(&alice, &change(verb)).await).is_empty(), "{verb} by the owner");
        let released = stage.done(&customer.owner, &change(verb)).await;
        assert_eq!(released[verb]["mailbox"]["sendingHold"], json!(null));
    }
}
