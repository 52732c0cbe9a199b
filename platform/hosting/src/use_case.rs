//! What can be intended: one file each. What is read is what is checked when the outcome is appended.
//!
//! Every intention names its account, whose tenant holds all streams it writes: things of other accounts do not exist
//! there. Ids are given by the caller, derived from the command, so that repeating an intention names the same things.

mod accept_contract;
mod accept_transfer;
mod activate_service;
mod add_app_password;
mod add_dkim_keys;
mod add_domain;
mod add_shared_domain;
mod admit_sub_account;
mod allocate_pool;
mod answer_invitation;
mod answer_ticket;
mod appoint_administrator;
mod at_revision;
mod change_alias_expiry;
mod change_alias_settings;
mod change_alias_targets;
mod change_app_password;
mod change_delegation;
mod change_domain_settings;
mod change_email;
mod change_factors;
mod change_mailbox_display_name;
mod change_mailbox_quota;
mod change_mailbox_settings;
mod change_plan;
mod change_token;
mod change_user;
mod change_webhook;
mod close_account;
mod close_transfer;
mod create_alias;
mod create_mailboxes;
mod create_temporary_alias;
mod decline_transfer;
mod delete_alias;
mod delete_mailbox;
mod delete_temporary_alias;
mod describe_temporary_alias;
mod disable_mailbox;
mod disable_user;
mod edit_book;
mod edit_shares;
mod enable_mailbox;
mod enable_user;
mod end_delegation;
mod end_service;
mod end_session;
mod equip_mailboxes;
mod erase_person;
mod give_mail_order;
mod give_recovery_address;
mod governance;
mod hold_sending;
mod in_plan;
mod invite_delegate;
mod issue_token;
mod merge_tickets;
mod move_account;
mod note_dkim_records;
mod of_owner;
mod offer_transfer;
mod open_account;
mod open_sandbox;
mod open_sub_account;
mod open_ticket;
mod order_service;
mod publish_document;
mod publish_plan_version;
mod purge_service;
mod reactivate_service;
mod receive_allocation;
mod receive_transfer;
mod record_complaint;
mod record_pool_threshold;
mod record_quota_threshold;
mod register_user;
mod register_webhook;
mod release_sending;
mod release_sub_account;
mod remove_domain;
mod remove_user;
mod rename_account;
mod rename_mailbox;
mod repeat_notice;
mod require_second_factor;
mod reset_mailbox_password;
mod reset_password;
mod restore_domain;
mod restore_mailbox;
mod restrict_service;
mod resume_service;
mod retire_dkim_key;
mod revoke_app_password;
mod revoke_token;
mod rotate_session;
mod send_notice;
mod set_billing_mode;
mod set_brand;
mod set_language;
mod set_mailbox_password;
mod set_pool;
mod set_reseller;
mod set_time_zone;
mod set_user_password;
mod settle_allocation;
mod settle_held_mail;
mod sign_up;
mod start_session;
mod suspend_service;
mod verify_domain;
mod verify_email;
mod verify_recovery_address;
mod withdraw_transfer;

pub use accept_contract::AcceptContract;
pub use accept_transfer::AcceptTransfer;
pub use activate_service::ActivateService;
pub use add_app_password::AddAppPassword;
pub use add_dkim_keys::AddDkimKeys;
pub use add_domain::AddDomain;
pub use add_shared_domain::AddSharedDomain;
pub use admit_sub_account::AdmitSubAccount;
pub use allocate_pool::AllocatePool;
pub use answer_invitation::AnswerInvitation;
pub use answer_ticket::AnswerTicket;
pub use appoint_administrator::AppointAdministrator;
pub use at_revision::{AtRevision, Revised};
pub use change_alias_expiry::ChangeAliasExpiry;
pub use change_alias_settings::ChangeAliasSettings;
pub use change_alias_targets::ChangeAliasTargets;
pub use change_app_password::ChangeAppPassword;
pub use change_delegation::ChangeDelegation;
pub use change_domain_settings::ChangeDomainSettings;
pub use change_email::ChangeEmail;
pub use change_factors::ChangeFactors;
pub use change_mailbox_display_name::ChangeMailboxDisplayName;
pub use change_mailbox_quota::ChangeMailboxQuota;
pub use change_mailbox_settings::ChangeMailboxSettings;
pub use change_plan::ChangePlan;
pub use change_token::ChangeToken;
pub use change_user::ChangeUser;
pub use change_webhook::ChangeWebhook;
pub use close_account::CloseAccount;
pub use close_transfer::{CloseTransfer, TransferEnd};
pub use create_alias::CreateAlias;
pub use create_mailboxes::{CreateMailboxes, NewMailbox};
pub use create_temporary_alias::CreateTemporaryAlias;
pub use decline_transfer::DeclineTransfer;
pub use delete_alias::DeleteAlias;
pub use delete_mailbox::DeleteMailbox;
pub use delete_temporary_alias::DeleteTemporaryAlias;
pub use describe_temporary_alias::DescribeTemporaryAlias;
pub use disable_mailbox::DisableMailbox;
pub use disable_user::DisableUser;
pub use edit_book::EditBook;
pub use edit_shares::EditShares;
pub use enable_mailbox::EnableMailbox;
pub use enable_user::EnableUser;
pub use end_delegation::EndDelegation;
pub use end_service::EndService;
pub use end_session::EndSession;
pub use equip_mailboxes::EquipMailboxes;
pub use erase_person::ErasePerson;
pub use give_mail_order::GiveMailOrder;
pub use give_recovery_address::GiveRecoveryAddress;
pub use governance::Governance;
pub use hold_sending::HoldSending;
pub use in_plan::{Featured, InPlan, features_of, has_all_features};
pub use invite_delegate::InviteDelegate;
pub use issue_token::IssueToken;
pub use merge_tickets::MergeTickets;
pub use move_account::MoveAccount;
pub use note_dkim_records::NoteDkimRecords;
pub use offer_transfer::OfferTransfer;
pub use open_account::OpenAccount;
pub use open_sandbox::OpenSandbox;
pub use open_sub_account::OpenSubAccount;
pub use open_ticket::OpenTicket;
pub use order_service::OrderService;
pub use publish_document::PublishDocument;
pub use publish_plan_version::PublishPlanVersion;
pub use purge_service::PurgeService;
pub use reactivate_service::ReactivateService;
pub use receive_allocation::ReceiveAllocation;
pub use receive_transfer::ReceiveTransfer;
pub use record_complaint::RecordComplaint;
pub use record_pool_threshold::RecordPoolThreshold;
pub use record_quota_threshold::RecordQuotaThreshold;
pub use register_user::RegisterUser;
pub use register_webhook::RegisterWebhook;
pub use release_sending::ReleaseSending;
pub use release_sub_account::ReleaseSubAccount;
pub use remove_domain::RemoveDomain;
pub use remove_user::RemoveUser;
pub use rename_account::RenameAccount;
pub use rename_mailbox::RenameMailbox;
pub use repeat_notice::RepeatNotice;
pub use require_second_factor::RequireSecondFactor;
pub use reset_mailbox_password::ResetMailboxPassword;
pub use reset_password::ResetPassword;
pub use restore_domain::RestoreDomain;
pub use restore_mailbox::RestoreMailbox;
pub use restrict_service::RestrictService;
pub use resume_service::ResumeService;
pub use retire_dkim_key::RetireDkimKey;
pub use revoke_app_password::RevokeAppPassword;
pub use revoke_token::RevokeToken;
pub use rotate_session::RotateSession;
pub use send_notice::SendNotice;
pub use set_billing_mode::SetBillingMode;
pub use set_brand::SetBrand;
pub use set_language::SetLanguage;
pub use set_mailbox_password::SetMailboxPassword;
pub use set_pool::SetPool;
pub use set_reseller::SetReseller;
pub use set_time_zone::SetTimeZone;
pub use set_user_password::SetUserPassword;
pub use settle_allocation::SettleAllocation;
pub use settle_held_mail::SettleHeldMail;
pub use sign_up::SignUp;
pub use start_session::StartSession;
pub use suspend_service::SuspendService;
pub use verify_domain::VerifyDomain;
pub use verify_email::VerifyEmail;
pub use verify_recovery_address::VerifyRecoveryAddress;
pub use withdraw_transfer::WithdrawTransfer;

use std::collections::BTreeSet;

use authority::{Ceiling, Gift, GiftBy, Need, Permission, Resource};
use kernel::{
    AccountId, Actor, AliasId, Changes, Decider, DomainId, DomainName, Foreign, Key, LocalPart, MailboxId,
    PlanId, ServiceId, SubjectId, TenantId, Timestamp, UserId,
};

use crate::HostingRefusal;
use crate::account::{Account, AccountRecord, AccountState, BillingMode};
use crate::alias::{AliasRecord, AliasState};
use crate::calendar::Cycle;
use crate::delegation::{DelegationScope, Terms};
use crate::domain::{Domain, DomainRef, DomainRelay, DomainState};
use crate::limit::{
    DELEGATION_SCOPE_COUNT_MAX, LOCAL_PARTS_UNCOUNTED, PLAN_SERVICE_COUNT_MAX, POOL_CUSTOMER_COUNT_MAX,
};
use crate::mailbox::{Mailbox, MailboxRecord, MailboxState, SelfService};
use crate::plan::{CustomLimits, DomainMode, PlanState, PlanVersion};
use crate::refusal::{Limit, ResellerRefusal};
use crate::reseller::{Reseller, ResellerCommand, ResellerEvent, ResellerState, Resources};
use crate::reserved::{is_reserved, is_wildcard};
use crate::service::{
    Entitlement, Recurring, Service, ServiceCommand, ServiceRecord, ServiceState, SuspensionReason,
};
use crate::session::{Session, SessionOwner};
use crate::user::{Access, User, UserRole, UserState};

/// The domain that something lives in: one of the account, or one of the platform, whose name never changes.
type HomeReads = (Option<Key<Domain>>, Option<Foreign<Domain>>);
type HomeStates = (Option<DomainState>, Option<DomainState>);

const fn home_reads(domain: DomainRef) -> HomeReads {
    match domain {
        DomainRef::Own(domain) => (Some(Key(domain)), None),
        DomainRef::Shared(domain) => (None, Some(Foreign(TenantId::PLATFORM, domain))),
    }
}

/// The name of the domain where `service` may have mailboxes and aliases.
fn home(
    (service_id, service): (ServiceId, &ServiceState),
    (domain, (own, shared)): (DomainRef, &HomeStates),
) -> Result<DomainName, HostingRefusal> {
    let limits = &check_present(service)?.limits;
    match domain {
        DomainRef::Own(_) => match own {
            Some(DomainState::Verified(record))
                if record.service == service_id && record.mirrors.is_some() =>
            {
                Err(HostingRefusal::DomainIsMirror)
            }
            Some(DomainState::Verified(record)) if record.service == service_id => Ok(record.name.clone()),
            Some(DomainState::Pending(record)) if record.service == service_id => {
                Err(HostingRefusal::DomainNotVerified)
            }
            Some(
                DomainState::Absent
                | DomainState::Pending(_)
                | DomainState::Verified(_)
                | DomainState::Shared { .. }
                | DomainState::Removed(_),
            )
            | None => Err(HostingRefusal::DomainNotFound),
        },
        DomainRef::Shared(_) => match (limits.domain_mode, shared) {
            (DomainMode::Own, _) => Err(HostingRefusal::SharedDomainNotInPlan),
            (DomainMode::Shared, Some(DomainState::Shared { name, .. })) => Ok(name.clone()),
            (
                DomainMode::Shared,
                Some(
                    DomainState::Absent
                    | DomainState::Pending(_)
                    | DomainState::Verified(_)
                    | DomainState::Removed(_),
                )
                | None,
            ) => Err(HostingRefusal::DomainNotFound),
        },
    }
}

/// On a shared domain nobody gets an official name, nor one with a `+`, which would catch another mailbox's details; on an own
/// domain its administrators do, and owners of mailboxes, who make addresses as well, do not.
fn check_local_part(domain: DomainRef, local: &LocalPart, by_owner: bool) -> Result<(), HostingRefusal> {
    let is_kept = match domain {
        DomainRef::Own(_) => by_owner,
        DomainRef::Shared(_) => true,
    };
    if is_wildcard(local) || (is_kept && is_reserved(local)) {
        return Err(HostingRefusal::AddressReserved);
    }
    Ok(())
}

/// The alias where no plan counts it: whoever serves a domain is to be reached at such an address.
fn uncounted_alias(alias: AliasId, local: Option<&LocalPart>) -> Option<AliasId> {
    let name = local.map(LocalPart::canonical)?;
    LOCAL_PARTS_UNCOUNTED.contains(&name.as_str()).then_some(alias)
}

/// Whether the platform alone changes that a service is suspended, or why: from one of its reasons to `after`.
fn is_held_by_platform(service: &ServiceState, after: Option<SuspensionReason>) -> bool {
    match service.record().map(|record| record.entitlement) {
        Some(Entitlement::Suspended(reason)) => reason.is_platforms() && after != Some(reason),
        _ => false,
    }
}

fn check_present(service: &ServiceState) -> Result<&ServiceRecord, HostingRefusal> {
    service.record().ok_or(HostingRefusal::ServiceNotFound)
}

/// Whether a version of a plan is sold no more: a newer one has taken its place, and `service` does not have it already. The
/// platform and its operators take it all the same.
pub fn is_sold_no_more(state: &PlanState, (plan, version): (PlanId, u32), service: &ServiceState) -> bool {
    let is_kept = service.record().is_some_and(|record| record.plan == plan && record.version == version);
    state.is_superseded(version) && !is_kept
}

/// What it takes, besides, to take a version that is sold no more.
fn version_need(
    account: AccountId,
    state: &PlanState,
    version: (PlanId, u32),
    service: &ServiceState,
) -> Option<Need> {
    let resource = Resource::account(account);
    is_sold_no_more(state, version, service)
        .then_some(Need { permission: Permission::PlatformWrite, resource })
}

/// What a service of a plan version costs its account: of a sandbox nothing.
fn recurring(
    account: &AccountState,
    (terms, cycle): (&PlanVersion, Cycle),
    custom: Option<&CustomLimits>,
) -> Recurring {
    let priced = Recurring::of(terms, cycle, custom);
    match account {
        AccountState::Open(record) | AccountState::Closed(record) if record.is_sandbox => {
            Recurring { cents: 0, ..priced }
        }
        AccountState::Absent | AccountState::Open(_) | AccountState::Closed(_) => priced,
    }
}

/// A service takes what it may have out of what its account was given. An account that stands below no other buys from the
/// platform, and nothing is counted.
fn drawn(
    account: &AccountState,
    reseller: &ResellerState,
    (service, resources): (ServiceId, Resources),
    now: Timestamp,
) -> Result<Vec<ResellerEvent>, HostingRefusal> {
    match account {
        AccountState::Open(record) | AccountState::Closed(record) if record.parent.is_some() => {
            Reseller::decide(reseller, ResellerCommand::Draw { service, resources }, &(), now)
        }
        AccountState::Absent | AccountState::Open(_) | AccountState::Closed(_) => Ok(vec![]),
    }
}

/// Whose words a ticket of the account gets: those of a user of the account are theirs and go with them. Those of anybody
/// else are the account's, whose keys are all that is destroyed here.
fn author_of(account: &AccountState, author: Option<UserId>) -> Option<SubjectId> {
    let users = &account_record(account)?.users;
    author.filter(|author| users.contains(author)).map(SubjectId::of_user)
}

/// What is known of an account, closed or not; none where it was never opened.
fn account_record(account: &AccountState) -> Option<&AccountRecord> {
    match account {
        AccountState::Open(record) | AccountState::Closed(record) => Some(record),
        AccountState::Absent => None,
    }
}

/// The accounts directly below one for which nothing is counted yet.
fn uncounted(record: &AccountRecord, reseller: &ResellerState) -> Result<Vec<AccountId>, HostingRefusal> {
    let uncounted = reseller.uncounted(record.sub_accounts.keys().copied());
    if uncounted.len() > POOL_CUSTOMER_COUNT_MAX {
        let limit = Limit::count(POOL_CUSTOMER_COUNT_MAX, uncounted.len());
        return Err(ResellerRefusal::PoolCustomersReached(limit).into());
    }
    Ok(uncounted)
}

/// Who answers to the offer of a customer: of the platform itself its operators alone.
fn transfer_need(to: AccountId) -> Need {
    let permission =
        if to == AccountId::PLATFORM { Permission::PlatformWrite } else { Permission::AccountWrite };
    Need { permission, resource: Resource::account(to) }
}

/// Where the reseller pays, only those above the account order and change plans.
fn payer_need(id: AccountId, account: &AccountState) -> Option<Need> {
    match account {
        AccountState::Open(record) if record.billing == BillingMode::Reseller => {
            Some(Need { permission: Permission::ServiceEntitle, resource: Resource::account(id) })
        }
        AccountState::Absent | AccountState::Open(_) | AccountState::Closed(_) => None,
    }
}

/// The session and whoever signs in.
type SignedIn = (Key<Session>, (Key<Account>, Option<Key<User>>, Option<Key<Mailbox>>));
type SigningIn = (AccountState, Option<UserState>, Option<MailboxState>);

/// Somebody may sign in while the account is open and they are enabled. Operators belong to the platform itself.
fn check_signed_in(
    account_id: AccountId,
    (account, user, mailbox): &SigningIn,
) -> Result<(), HostingRefusal> {
    match account {
        AccountState::Open(_) => {}
        AccountState::Absent if account_id == AccountId::PLATFORM => {}
        AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
        AccountState::Closed(_) => return Err(HostingRefusal::AccountClosed),
    }
    if let Some(user) = user {
        match user.record().ok_or(HostingRefusal::UserNotFound)?.access {
            Access::Enabled => {}
            Access::Disabled => return Err(HostingRefusal::UserDisabled),
        }
    }
    if let Some(mailbox) = mailbox {
        match mailbox.record().ok_or(HostingRefusal::MailboxNotFound)?.access {
            Access::Enabled => {}
            Access::Disabled => return Err(HostingRefusal::MailboxDisabled),
        }
    }
    Ok(())
}

/// The services or domains that a delegation names.
type Delegated = (Vec<Key<Service>>, Vec<Key<Domain>>);
type DelegatedStates = (Vec<ServiceState>, Vec<DomainState>);

fn delegated(scope: &DelegationScope) -> Delegated {
    match scope {
        DelegationScope::Account => (vec![], vec![]),
        DelegationScope::Services(services) => {
            (services.iter().take(DELEGATION_SCOPE_COUNT_MAX).copied().map(Key).collect(), vec![])
        }
        DelegationScope::Domains(domains) => {
            (vec![], domains.iter().take(DELEGATION_SCOPE_COUNT_MAX).copied().map(Key).collect())
        }
    }
}

/// Everything that a delegation names is the account's.
fn check_delegated((services, domains): &DelegatedStates) -> Result<(), HostingRefusal> {
    if services.iter().any(|service| service.record().is_none()) {
        return Err(HostingRefusal::ServiceNotFound);
    }
    if domains.iter().any(|domain| domain.record().is_none()) {
        return Err(HostingRefusal::DomainNotFound);
    }
    Ok(())
}

/// Whoever lets somebody in may do everything that is allowed thereby, wherever it is.
fn delegated_needs(account: AccountId, terms: &Terms, (services, domains): &DelegatedStates) -> Vec<Need> {
    let resources: Vec<Resource> = match &terms.scope {
        DelegationScope::Account => vec![Resource::account(account)],
        DelegationScope::Services(ids) => {
            ids.iter().zip(services).map(|(id, state)| service_resource(account, *id, state)).collect()
        }
        DelegationScope::Domains(ids) => {
            ids.iter().zip(domains).map(|(id, state)| domain_resource(account, *id, state)).collect()
        }
    };
    let mut needs =
        vec![Need { permission: Permission::DelegationWrite, resource: Resource::account(account) }];
    for permission in terms.permissions.iter() {
        needs.extend(resources.iter().map(|resource| Need { permission, resource: *resource }));
    }
    needs
}

const fn owner_resource(account: AccountId, owner: SessionOwner) -> Resource {
    match owner {
        SessionOwner::User(_) => Resource::account(account),
        SessionOwner::Mailbox(mailbox) => Resource::account(account).in_mailbox(mailbox),
    }
}

/// What a user has who can sign in.
fn sign_in(account: AccountId, user: UserId, role: &UserRole) -> Gift {
    Gift { to: Actor::User(user), grants: role.grants(account), by: GiftBy::SignIn }
}

/// What a token of a user gives.
fn token(account: AccountId, user: UserId, state: &UserState, ceiling: Ceiling) -> Option<Gift> {
    let mut grants = state.record()?.role.grants(account);
    for grant in &mut grants {
        grant.permissions = grant.permissions.intersection(ceiling.permissions);
    }
    Some(Gift { to: Actor::User(user), grants, by: GiftBy::Token(ceiling) })
}

/// The services that may count an administrator, to be read.
fn administered(services: &[ServiceId]) -> Vec<Key<Service>> {
    services.iter().take(PLAN_SERVICE_COUNT_MAX).copied().map(Key).collect()
}

/// Counts a user as an administrator of the services of `domains`, and of no others that are read.
fn seats(
    user: UserId,
    domains: &[DomainState],
    (ids, services): (&[ServiceId], &[ServiceState]),
    now: Timestamp,
) -> Result<Changes, HostingRefusal> {
    let of = |domain: &DomainState| {
        domain.record().map(|record| record.service).ok_or(HostingRefusal::DomainNotFound)
    };
    let wanted = domains.iter().map(of).collect::<Result<BTreeSet<ServiceId>, _>>()?;
    if !wanted.iter().all(|service| ids.contains(service)) {
        return Err(HostingRefusal::ServiceNotFound);
    }
    let mut changes = Changes::none();
    for (id, service) in ids.iter().zip(services) {
        let command = match wanted.contains(id) {
            true => ServiceCommand::AddAdministrator(user),
            // What never was there counts nobody.
            false if service.record().is_none() => continue,
            false => ServiceCommand::RemoveAdministrator(user),
        };
        let counted = Service::decide(service, command, &(), now)?;
        if !counted.is_empty() {
            changes = changes.emit::<Service>(*id, counted);
        }
    }
    Ok(changes)
}

/// A service as it is touched; nothing but the account where it does not exist.
fn service_resource(account: AccountId, id: ServiceId, service: &ServiceState) -> Resource {
    match service {
        ServiceState::Absent => Resource::account(account),
        ServiceState::Present(_) => Resource::account(account).in_service(id),
    }
}

/// An own domain as it is touched; nothing but the account where it does not exist.
pub(crate) fn domain_resource(account: AccountId, id: DomainId, domain: &DomainState) -> Resource {
    match domain {
        DomainState::Absent | DomainState::Shared { .. } => Resource::account(account),
        DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
            Resource::account(account).in_service(record.service).in_domain(id)
        }
    }
}

/// The service and the own domain in which something is to be created.
fn home_resource(
    account: AccountId,
    (service_id, service): (ServiceId, &ServiceState),
    (domain, (own, _)): (DomainRef, &HomeStates),
) -> Resource {
    let resource = service_resource(account, service_id, service);
    match own.as_ref().and_then(DomainState::record) {
        // A domain of another service is none of this one: whoever reaches only that domain learns nothing.
        Some(record) if record.service == service_id => resource.in_domain(domain.id()),
        Some(_) | None => resource,
    }
}

/// A mailbox as it is touched; nothing but the account where it never existed.
pub(crate) fn mailbox_resource(account: AccountId, id: MailboxId, mailbox: &MailboxState) -> Resource {
    match mailbox {
        MailboxState::Absent => Resource::account(account),
        MailboxState::Live(record) | MailboxState::Deleted(record) => {
            Resource::account(account).in_service(record.service).in_domain(record.domain).in_mailbox(id)
        }
    }
}

/// The mailbox that something temporary is done to, by its owner only where its administrators let them.
fn check_self_service(
    mailbox: &MailboxState,
    service: ServiceId,
    by_owner: bool,
) -> Result<&MailboxRecord, HostingRefusal> {
    let record = mailbox.record().filter(|record| record.service == service);
    let record = record.ok_or(HostingRefusal::MailboxNotFound)?;
    check_left(record, SelfService::TemporaryAliases, by_owner)?;
    Ok(record)
}

/// Owners do what their administrators leave to them.
fn check_left(record: &MailboxRecord, flag: SelfService, by_owner: bool) -> Result<(), HostingRefusal> {
    if by_owner && !record.settings.self_service.contains(&flag) {
        return Err(HostingRefusal::kept_from_owner());
    }
    Ok(())
}

/// Whoever is kept from app passwords makes none and opens no more by one; to revoke them protects.
fn check_app_passwords(mailbox: &MailboxState, by_owner: bool) -> Result<(), HostingRefusal> {
    mailbox.record().map_or(Ok(()), |record| check_left(record, SelfService::AppPasswords, by_owner))
}

/// A temporary alias of that mailbox.
fn check_temporary(alias: &AliasState, mailbox: MailboxId) -> Result<&AliasRecord, HostingRefusal> {
    let record = alias.record().ok_or(HostingRefusal::AliasNotFound)?;
    match record.temporary {
        Some(temporary) if temporary.mailbox == mailbox => Ok(record),
        Some(_) | None => Err(HostingRefusal::AliasNotTemporary),
    }
}

/// What it takes to do something to a mailbox that its owner may do as well.
fn self_service_need((account, id): (AccountId, MailboxId), mailbox: &MailboxState, by_owner: bool) -> Need {
    let permission = if by_owner { Permission::MailboxSelfWrite } else { Permission::MailboxWrite };
    Need { permission, resource: mailbox_resource(account, id, mailbox) }
}

/// Whether mail for an address went to a shorter one before there was this one.
fn is_detailed(local: &LocalPart) -> bool {
    local.split_detail().is_some()
}

/// Whether mail for addresses that an own domain does not have goes on to another host.
fn is_passed_on((own, _): &HomeStates) -> bool {
    let record = own.as_ref().and_then(DomainState::record);
    record.is_some_and(|record| record.settings.relay != DomainRelay::None)
}

/// What it takes, besides, to lead mail elsewhere that comes in for somebody: whoever does so may as well read it, so the
/// permission is that of passwords, which cannot be delegated.
const fn leading(resource: Resource) -> Need {
    Need { permission: Permission::CredentialWrite, resource }
}

/// What it takes, besides, to demand no second factor any more of somebody: a password alone opens their mail from then on, so
/// the permission is that of passwords, which cannot be delegated.
const fn lifting(resource: Resource) -> Need {
    Need { permission: Permission::CredentialWrite, resource }
}

/// An alias as it is touched; nothing but the account where it never existed.
fn alias_resource(account: AccountId, alias: &AliasState) -> Resource {
    match alias {
        AliasState::Absent => Resource::account(account),
        AliasState::Live(record) | AliasState::Deleted(record) => {
            Resource::account(account).in_service(record.service).in_domain(record.domain)
        }
    }
}

/// What a session's beginning and each exchange of its token stand on.
fn signed_in(account: AccountId, session: kernel::SessionId, owner: SessionOwner) -> SignedIn {
    let (user, mailbox) = match owner {
        SessionOwner::User(user) => (Some(Key(user)), None),
        SessionOwner::Mailbox(mailbox) => (None, Some(Key(mailbox))),
    };
    (Key(session), (Key(account), user, mailbox))
}
