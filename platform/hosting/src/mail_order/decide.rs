//! The rules of an order.

use kernel::{AccountId, Category, Decider, DomainName, MailOrderId, Sealed, SubjectId, Timestamp};

use super::{MailOrderAbout, MailOrderEvent, MailOrderKind, MailOrderScope};
use crate::HostingRefusal;
use crate::limit::{MAIL_ORDER_PART_COUNT_MAX, MAIL_ORDER_TEXT_OCTETS_MAX};
use crate::refusal::{Limit, RelayRefusal};

/// The noun; its history is the stream `mail_order/{MailOrderId}`.
pub struct MailOrder;

/// Whether it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MailOrderState {
    /// Whether it was.
    pub is_given: bool,
}

/// An order to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMailOrder {
    /// About whose mail; the platform's own account: about everybody's.
    pub account: AccountId,
    /// What.
    pub order: MailOrderKind,
    /// How far it reaches.
    pub scope: MailOrderScope,
    /// About this message alone: its number in the queue.
    pub message: Option<u64>,
    /// About this recipient of it alone, from 0.
    pub recipient: Option<u32>,
    /// About recipients in this state alone, in the word of the queue.
    pub state: Option<String>,
    /// To whom, and why.
    pub about: MailOrderAbout,
}

impl NewMailOrder {
    /// An order that is about no single recipients: about `target`, a site or an address, or about a whole account.
    pub fn of(order: MailOrderKind, account: AccountId, about: MailOrderAbout) -> Self {
        let scope = MailOrderScope::Whole;
        Self { account, order, scope, message: None, recipient: None, state: None, about }
    }
}

/// Whether it can be the name of a site: that of a domain or host, or those of several.
fn is_site(target: &str) -> bool {
    let mut names = target.split_whitespace().peekable();
    names.peek().is_some() && names.all(|name| DomainName::parse(name).is_ok())
}

impl Decider for MailOrder {
    const CATEGORY: Category = Category("mail_order");
    type Id = MailOrderId;
    type State = MailOrderState;
    type Event = MailOrderEvent;
    type Command = NewMailOrder;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(_: MailOrderState, event: &MailOrderEvent) -> MailOrderState {
        match event {
            MailOrderEvent::Given { .. } => MailOrderState { is_given: true },
        }
    }

    fn decide(
        state: &MailOrderState,
        order: NewMailOrder,
        (): &(),
        _: Timestamp,
    ) -> Result<Vec<MailOrderEvent>, HostingRefusal> {
        if state.is_given {
            return Ok(vec![]);
        }
        let NewMailOrder { account, order, scope, message, recipient, state, mut about } = order;
        about.reason = about.reason.trim().to_owned();
        for text in [&about.target, &about.reason] {
            if text.len() > MAIL_ORDER_TEXT_OCTETS_MAX {
                let limit = Limit::count(MAIL_ORDER_TEXT_OCTETS_MAX, text.len());
                return Err(RelayRefusal::OrderText(limit).into());
            }
        }
        if matches!(order, MailOrderKind::SuspendSite | MailOrderKind::ResumeSite) && !is_site(&about.target)
        {
            return Err(RelayRefusal::OrderSite.into());
        }
        if let MailOrderScope::Parts { domains, mailboxes } = &scope {
            let count = domains.len() + mailboxes.len();
            if count > MAIL_ORDER_PART_COUNT_MAX {
                let limit = Limit::count(MAIL_ORDER_PART_COUNT_MAX, count);
                return Err(RelayRefusal::OrderParts(limit).into());
            }
        }
        let about = Sealed::new(SubjectId::of_account(account), about);
        Ok(vec![MailOrderEvent::Given { account, order, scope, message, recipient, state, about }])
    }
}
