//! Orders about the queue in the words of the audit, by whichever door they come.

use hosting::mail_order::{MailOrderAbout, MailOrderKind, MailOrderScope, NewMailOrder};
use kernel::{AccountId, TenantId};
use store::{Order, QueueEntry, Selection, Sight, StateSelection};

/// An order about recipients, as the audit is told of it: to the account whose mail it is, or to the platform where that is
/// everybody's. `first` is one of them.
pub fn order_told(
    selection: &Selection,
    first: &QueueEntry,
    (order, reason): (Order, String),
) -> NewMailOrder {
    let of_message = selection.queue_id.map(|_| first.tenant);
    let account = selection.tenant.or(of_message).map_or(AccountId::PLATFORM, TenantId::account);
    let scope = match &selection.sight {
        Sight::All => MailOrderScope::Whole,
        Sight::Parts { domains, mailboxes } => {
            MailOrderScope::Parts { domains: domains.clone(), mailboxes: mailboxes.clone() }
        }
    };
    let scope = match (scope, selection.mailbox) {
        // The mailbox is what is narrower, unless domains are named as well.
        (MailOrderScope::Whole, Some(mailbox)) => {
            MailOrderScope::Parts { domains: Vec::new(), mailboxes: vec![mailbox] }
        }
        (scope, _) => scope,
    };
    NewMailOrder {
        account,
        order: match order {
            Order::Hold => MailOrderKind::Hold,
            Order::Release => MailOrderKind::Release,
            Order::Retry => MailOrderKind::Retry,
            Order::Bounce => MailOrderKind::Bounce,
            Order::Remove => MailOrderKind::Remove,
        },
        scope,
        message: selection.queue_id,
        recipient: selection.ordinal,
        state: match selection.state {
            StateSelection::Only(state) => Some(state.as_str().to_owned()),
            StateSelection::Open | StateSelection::Any => None,
        },
        about: MailOrderAbout {
            target: selection.domain.as_ref().map(ToString::to_string).unwrap_or_default(),
            reason,
        },
    }
}
