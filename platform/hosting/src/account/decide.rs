//! The rules of an account.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{AccountId, Category, Decider, Sealed, SubjectId, Timestamp, TransferId, WebhookId};

use super::{AccountCommand, AccountEvent, AccountRecord, AccountState, BillingMode, Parent, SubAccount};
use crate::HostingRefusal;
use crate::limit::{
    ACCOUNT_DEPTH_MAX, ACCOUNT_NAME_CHARACTER_COUNT_MAX, DELEGATION_COUNT_MAX, SERVICE_COUNT_MAX,
    TICKET_COUNT_MAX, USER_COUNT_MAX, WEBHOOK_COUNT_MAX,
};
use crate::refusal::{Limit, ResellerRefusal, TicketRefusal};
use crate::reseller::Resources;

/// The noun; its history is the stream `account/{AccountId}`.
pub struct Account;

impl Decider for Account {
    const CATEGORY: Category = Category("account");
    type Id = AccountId;
    type State = AccountState;
    type Event = AccountEvent;
    type Command = AccountCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: AccountState, event: &AccountEvent) -> AccountState {
        match event {
            AccountEvent::Opened { name, parent, is_sandbox } => AccountState::Open(AccountRecord {
                name: name.clone(),
                revision: 0,
                requires_second_factor: false,
                parent: *parent,
                is_sandbox: *is_sandbox,
                billing: BillingMode::default(),
                offered: None,
                sub_account_count_max: 0,
                sub_accounts: BTreeMap::new(),
                erased: BTreeSet::new(),
                users: BTreeSet::new(),
                delegations: BTreeSet::new(),
                tickets: BTreeSet::new(),
                webhooks: BTreeSet::new(),
                services: BTreeSet::new(),
            }),
            AccountEvent::Closed => match state {
                AccountState::Open(record) | AccountState::Closed(record) => AccountState::Closed(record),
                AccountState::Absent => AccountState::Absent,
            },
            AccountEvent::ResellerSet { sub_account_count_max } => {
                change(state, |record| record.sub_account_count_max = *sub_account_count_max)
            }
            AccountEvent::SubAccountAdmitted { account, name, is_sandbox } => change(state, |record| {
                let admitted = SubAccount { name: name.clone(), is_sandbox: *is_sandbox };
                record.sub_accounts.insert(*account, admitted);
            }),
            AccountEvent::BillingModeSet { mode } => change(state, |record| record.billing = *mode),
            AccountEvent::TransferOffered { transfer, to, .. } => {
                change(state, |record| record.offered = Some((*transfer, *to)))
            }
            AccountEvent::TransferWithdrawn { .. } => change(state, |record| record.offered = None),
            AccountEvent::Moved { parent, .. } => change(state, |record| {
                record.parent = Some(*parent);
                record.billing = BillingMode::default();
                record.offered = None;
            }),
            AccountEvent::MovedToPlatform { .. } => change(state, |record| {
                record.parent = None;
                record.billing = BillingMode::default();
                record.offered = None;
            }),
            AccountEvent::SubAccountReleased { account } => change(state, |record| {
                record.sub_accounts.remove(account);
            }),
            AccountEvent::PersonErased { subject, .. } => change(state, |record| {
                record.erased.insert(*subject);
            }),
            AccountEvent::Renamed { name } => change(state, |record| {
                record.name = name.clone();
                record.revision = record.revision.saturating_add(1);
            }),
            AccountEvent::SecondFactorRequired { is_required } => {
                change(state, |record| record.requires_second_factor = *is_required)
            }
            AccountEvent::UserAdded { user } => change(state, |record| {
                record.users.insert(*user);
            }),
            AccountEvent::UserRemoved { user } => change(state, |record| {
                record.users.remove(user);
            }),
            AccountEvent::DelegationAdded { delegation } => change(state, |record| {
                record.delegations.insert(*delegation);
            }),
            AccountEvent::DelegationEnded { delegation } => change(state, |record| {
                record.delegations.remove(delegation);
            }),
            AccountEvent::TicketCounted { ticket } => change(state, |record| {
                record.tickets.insert(*ticket);
            }),
            AccountEvent::TicketUncounted { ticket } => change(state, |record| {
                record.tickets.remove(ticket);
            }),
            AccountEvent::WebhookAdded { webhook } => change(state, |record| {
                record.webhooks.insert(*webhook);
            }),
            AccountEvent::WebhookRemoved { webhook } => change(state, |record| {
                record.webhooks.remove(webhook);
            }),
            AccountEvent::ServiceAdded { service } => change(state, |record| {
                record.services.insert(*service);
            }),
            AccountEvent::ServiceEnded { service } => change(state, |record| {
                record.services.remove(service);
            }),
        }
    }

    fn decide(
        state: &AccountState,
        command: AccountCommand,
        (): &(),
        _: Timestamp,
    ) -> Result<Vec<AccountEvent>, HostingRefusal> {
        use AccountCommand as C;
        use AccountState as S;
        match (state, command) {
            (S::Absent, C::Open { account, name, parent, is_sandbox }) => {
                open(account, &name, (parent, is_sandbox))
            }
            (
                S::Absent,
                C::Close
                | C::SetReseller { .. }
                | C::SetBillingMode(_)
                | C::OfferTransfer { .. }
                | C::WithdrawTransfer
                | C::Move { .. }
                | C::MoveToPlatform(_)
                | C::ReleaseSubAccount(_)
                | C::AdmitSubAccount { .. }
                | C::ErasePerson { .. }
                | C::CountTicket(_)
                | C::UncountTicket(_)
                | C::RequireSecondFactor(_)
                | C::Rename(_)
                | C::AddUser(_)
                | C::RemoveUser(_)
                | C::AddDelegation(_)
                | C::EndDelegation(_)
                | C::AddWebhook(_)
                | C::RemoveWebhook(_)
                | C::AddService(_)
                | C::EndService(_),
            ) => Err(HostingRefusal::AccountNotFound),
            (S::Open(record), C::Open { name, .. }) => {
                let is_same = record.name.plain().is_some_and(|known| known == name.trim());
                if is_same { Ok(vec![]) } else { Err(HostingRefusal::AccountExists) }
            }
            (S::Open(record), C::Close) if record.services.is_empty() => Ok(vec![AccountEvent::Closed]),
            (S::Open(_), C::Close) => Err(HostingRefusal::AccountHasServices),
            (S::Open(record), C::SetReseller { sub_account_count_max }) => {
                if sub_account_count_max > 0
                    && record.parent.is_some_and(|parent| parent.depth >= ACCOUNT_DEPTH_MAX)
                {
                    return Err(ResellerRefusal::AccountTooDeep.into());
                }
                let is_same = record.sub_account_count_max == sub_account_count_max;
                Ok(if is_same { vec![] } else { vec![AccountEvent::ResellerSet { sub_account_count_max }] })
            }
            (S::Open(record), C::AdmitSubAccount { account, .. })
                if record.sub_accounts.contains_key(&account) =>
            {
                Ok(vec![])
            }
            (S::Open(record), C::AdmitSubAccount { .. })
                if record.sub_accounts.len() >= record.sub_account_count_max as usize =>
            {
                let allowed = record.sub_account_count_max as usize;
                let limit = Limit::count(allowed, record.sub_accounts.len());
                Err(ResellerRefusal::SubAccountLimitReached(limit).into())
            }
            (S::Open(record), C::AdmitSubAccount { account, name, is_sandbox }) => {
                let name = crate::text::name(&name, ACCOUNT_NAME_CHARACTER_COUNT_MAX)?;
                let name = Sealed::new(SubjectId::of_account(account), name);
                // Below a sandbox there is nothing else.
                let is_sandbox = is_sandbox || record.is_sandbox;
                Ok(vec![AccountEvent::SubAccountAdmitted { account, name, is_sandbox }])
            }
            (S::Open(record), C::SetBillingMode(mode)) => match (record.parent, record.billing == mode) {
                (None, _) => Err(ResellerRefusal::BillingModeOfOwn.into()),
                (Some(_), true) => Ok(vec![]),
                (Some(_), false) => Ok(vec![AccountEvent::BillingModeSet { mode }]),
            },
            (S::Open(record), C::OfferTransfer { transfer, to, resources }) => {
                offer(record, (transfer, to), resources)
            }
            (S::Open(record) | S::Closed(record), C::WithdrawTransfer) => Ok(match record.offered {
                Some((transfer, to)) => vec![AccountEvent::TransferWithdrawn { transfer, to }],
                None => vec![],
            }),
            (S::Open(record) | S::Closed(record), C::Move { transfer, parent }) => {
                match (record.offered, record.parent) {
                    (Some((offered, to)), Some(from)) if (offered, to) == (transfer, parent.account) => {
                        Ok(vec![AccountEvent::Moved { transfer, from: from.account, parent }])
                    }
                    (_, Some(now)) if now.account == parent.account => Ok(vec![]),
                    (Some(_) | None, _) => Err(ResellerRefusal::TransferNotOffered.into()),
                }
            }
            (S::Open(record) | S::Closed(record), C::MoveToPlatform(transfer)) => {
                match (record.offered, record.parent) {
                    (Some(offered), Some(from)) if offered == (transfer, AccountId::PLATFORM) => {
                        Ok(vec![AccountEvent::MovedToPlatform { transfer, from: from.account }])
                    }
                    (_, None) => Ok(vec![]),
                    (Some(_) | None, Some(_)) => Err(ResellerRefusal::TransferNotOffered.into()),
                }
            }
            (S::Open(record) | S::Closed(record), C::ReleaseSubAccount(account)) => {
                Ok(if record.sub_accounts.contains_key(&account) {
                    vec![AccountEvent::SubAccountReleased { account }]
                } else {
                    vec![]
                })
            }
            (S::Open(record), C::RequireSecondFactor(is_required)) => {
                let is_same = record.requires_second_factor == is_required;
                Ok(if is_same { vec![] } else { vec![AccountEvent::SecondFactorRequired { is_required }] })
            }
            (S::Open(record), C::Rename(name)) => rename(record, &name),
            (S::Open(record), C::AddUser(user)) if record.users.contains(&user) => Ok(vec![]),
            (S::Open(record), C::AddUser(_)) if record.users.len() >= USER_COUNT_MAX => {
                Err(HostingRefusal::UserLimitReached(Limit::count(USER_COUNT_MAX, record.users.len())))
            }
            (S::Open(_), C::AddUser(user)) => Ok(vec![AccountEvent::UserAdded { user }]),
            (S::Open(record), C::AddDelegation(delegation)) if record.delegations.contains(&delegation) => {
                Ok(vec![])
            }
            (S::Open(record), C::AddDelegation(_)) if record.delegations.len() >= DELEGATION_COUNT_MAX => {
                let limit = Limit::count(DELEGATION_COUNT_MAX, record.delegations.len());
                Err(HostingRefusal::DelegationLimitReached(limit))
            }
            (S::Open(_), C::AddDelegation(delegation)) => {
                Ok(vec![AccountEvent::DelegationAdded { delegation }])
            }
            (S::Open(record), C::AddWebhook(webhook)) => add_webhook(record, webhook),
            (S::Open(record), C::AddService(service)) if record.services.contains(&service) => Ok(vec![]),
            (S::Open(record), C::AddService(_)) if record.services.len() >= SERVICE_COUNT_MAX => Err(
                HostingRefusal::ServiceLimitReached(Limit::count(SERVICE_COUNT_MAX, record.services.len())),
            ),
            (S::Open(_), C::AddService(service)) => Ok(vec![AccountEvent::ServiceAdded { service }]),
            (S::Closed(_), C::Close) => Ok(vec![]),
            (
                S::Closed(_),
                C::Open { .. }
                | C::SetReseller { .. }
                | C::SetBillingMode(_)
                | C::OfferTransfer { .. }
                | C::AdmitSubAccount { .. }
                | C::RequireSecondFactor(_)
                | C::Rename(_)
                | C::AddUser(_)
                | C::AddDelegation(_)
                | C::AddWebhook(_)
                | C::AddService(_),
            ) => Err(HostingRefusal::AccountClosed),
            // A closed account may still have a question.
            (S::Open(record) | S::Closed(record), C::CountTicket(ticket)) => {
                if record.tickets.contains(&ticket) {
                    Ok(vec![])
                } else if record.tickets.len() >= TICKET_COUNT_MAX {
                    let limit = Limit::count(TICKET_COUNT_MAX, record.tickets.len());
                    Err(TicketRefusal::LimitReached(limit).into())
                } else {
                    Ok(vec![AccountEvent::TicketCounted { ticket }])
                }
            }
            (S::Open(record) | S::Closed(record), C::UncountTicket(ticket)) => {
                Ok(if record.tickets.contains(&ticket) {
                    vec![AccountEvent::TicketUncounted { ticket }]
                } else {
                    vec![]
                })
            }
            (S::Open(record) | S::Closed(record), C::ErasePerson { subject, mailbox }) => {
                Ok(if record.erased.contains(&subject) {
                    vec![]
                } else {
                    vec![AccountEvent::PersonErased { subject, mailbox }]
                })
            }
            (S::Open(record) | S::Closed(record), C::RemoveUser(user)) => {
                Ok(if record.users.contains(&user) {
                    vec![AccountEvent::UserRemoved { user }]
                } else {
                    vec![]
                })
            }
            (S::Open(record) | S::Closed(record), C::EndDelegation(delegation)) => {
                Ok(if record.delegations.contains(&delegation) {
                    vec![AccountEvent::DelegationEnded { delegation }]
                } else {
                    vec![]
                })
            }
            (S::Open(record) | S::Closed(record), C::RemoveWebhook(webhook)) => {
                Ok(if record.webhooks.contains(&webhook) {
                    vec![AccountEvent::WebhookRemoved { webhook }]
                } else {
                    vec![]
                })
            }
            (S::Open(record) | S::Closed(record), C::EndService(service)) => {
                Ok(if record.services.contains(&service) {
                    vec![AccountEvent::ServiceEnded { service }]
                } else {
                    vec![]
                })
            }
        }
    }
}

/// A name that it has already changes nothing.
fn rename(record: &AccountRecord, name: &str) -> Result<Vec<AccountEvent>, HostingRefusal> {
    let name = crate::text::name(name, ACCOUNT_NAME_CHARACTER_COUNT_MAX)?;
    let name = Sealed::new(record.name.subject, name);
    Ok(if record.name == name { vec![] } else { vec![AccountEvent::Renamed { name }] })
}

fn open(
    account: AccountId,
    name: &str,
    (parent, is_sandbox): (Option<Parent>, bool),
) -> Result<Vec<AccountEvent>, HostingRefusal> {
    if account == AccountId::PLATFORM {
        return Err(HostingRefusal::AccountIsPlatform);
    }
    let name = crate::text::name(name, ACCOUNT_NAME_CHARACTER_COUNT_MAX)?;
    let name = Sealed::new(SubjectId::of_account(account), name);
    Ok(vec![AccountEvent::Opened { name, parent, is_sandbox }])
}

/// An account with others below it stays where it is: what they were told of their height would be wrong.
fn offer(
    record: &AccountRecord,
    (transfer, to): (TransferId, AccountId),
    resources: Resources,
) -> Result<Vec<AccountEvent>, HostingRefusal> {
    let parent = record.parent.ok_or(ResellerRefusal::TransferOfOwn)?;
    match record.offered {
        Some((_, known)) if known == to => return Ok(vec![]),
        Some(_) => return Err(ResellerRefusal::TransferUnderWay.into()),
        None => {}
    }
    if parent.account == to {
        return Err(ResellerRefusal::TransferTarget.into());
    }
    if !record.sub_accounts.is_empty() {
        return Err(ResellerRefusal::TransferHasSubAccounts.into());
    }
    Ok(vec![AccountEvent::TransferOffered { transfer, to, resources }])
}

fn add_webhook(record: &AccountRecord, webhook: WebhookId) -> Result<Vec<AccountEvent>, HostingRefusal> {
    if record.webhooks.contains(&webhook) {
        Ok(vec![])
    } else if record.webhooks.len() >= WEBHOOK_COUNT_MAX {
        Err(HostingRefusal::WebhookLimitReached(Limit::count(WEBHOOK_COUNT_MAX, record.webhooks.len())))
    } else {
        Ok(vec![AccountEvent::WebhookAdded { webhook }])
    }
}

fn change(state: AccountState, change: impl FnOnce(&mut AccountRecord)) -> AccountState {
    match state {
        AccountState::Absent => AccountState::Absent,
        AccountState::Open(mut record) => {
            change(&mut record);
            AccountState::Open(record)
        }
        AccountState::Closed(mut record) => {
            change(&mut record);
            AccountState::Closed(record)
        }
    }
}
