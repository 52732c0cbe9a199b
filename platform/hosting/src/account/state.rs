//! What an account's past makes of it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    AccountId, DelegationId, Sealed, ServiceId, SubjectId, TicketId, TransferId, UserId, WebhookId,
};

use super::{BillingMode, Parent};

/// An account as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AccountState {
    /// It was never opened.
    #[default]
    Absent,
    /// It can order and its users can sign in.
    Open(AccountRecord),
    /// It is over.
    Closed(AccountRecord),
}

impl AccountState {
    /// Whether its users may sign in and order.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// What an account knows of one below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAccount {
    /// What it was called at first.
    pub name: Sealed<String>,
    /// Whether it is for trying things out.
    pub is_sandbox: bool,
}

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// What it is called.
    pub name: Sealed<String>,
    /// How often its name was changed.
    pub revision: u32,
    /// Whether its users need a second factor.
    pub requires_second_factor: bool,
    /// The reseller's account that it stands below.
    pub parent: Option<Parent>,
    /// Whether it is for trying things out: its mail leaves nowhere, and nothing is billed.
    pub is_sandbox: bool,
    /// Who is asked to pay.
    pub billing: BillingMode,
    /// The reseller to whom it is offered, by which offer.
    pub offered: Option<(TransferId, AccountId)>,
    /// How many accounts may stand directly below it.
    pub sub_account_count_max: u32,
    /// Those that do.
    pub sub_accounts: BTreeMap<AccountId, SubAccount>,
    /// Persons whose data are readable no more.
    pub erased: BTreeSet<SubjectId>,
    /// Its users that are not removed.
    pub users: BTreeSet<UserId>,
    /// Its delegations that are not over.
    pub delegations: BTreeSet<DelegationId>,
    /// Its tickets that wait for somebody.
    pub tickets: BTreeSet<TicketId>,
    /// Its webhooks that are not removed.
    pub webhooks: BTreeSet<WebhookId>,
    /// Its services that have not ended.
    pub services: BTreeSet<ServiceId>,
}
