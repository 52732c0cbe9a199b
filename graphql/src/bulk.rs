//! Many intentions in one request, each with a result of its own.

use std::collections::{HashMap, HashSet};

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, Result, SimpleObject};
use kernel::{AccountId, CommandId, DomainId, Id as _, MailboxId, ServiceId};

use crate::account::mutation::AccountMutation;
use crate::domain::mutation::{DomainAddInput, DomainMutation, loaded};
use crate::domain::object::TxtRecord;
use crate::error::Fault;
use crate::limit::{BULK_KEY_OCTETS_MAX, BULK_ROW_COUNT_MAX};
use crate::mailbox::mutation::{MailboxMutation, MailboxPlaceInput, NewMailboxInput};
use crate::payload::{Answer, Faults, UserError, command};
use crate::request::{Asked, renew};
use crate::reseller::mutation::ResellerMutation;
use crate::reseller::object::ResourcesInput;
use crate::scalar::{AccountKey, DomainKey, MailboxKey, PlanKey, ServiceKey, Uid};
use crate::service::mutation::{CustomLimitsInput, ServiceMutation, ServiceOrderInput};
use crate::service::object::Suspension;

/// One row of a bulk.
#[derive(Debug, InputObject)]
pub struct BulkRowInput {
    /// The caller's own name for the row, unique in the bulk, 1 to 64 octets: its result carries it.
    pub key: String,
    /// The `key` of an earlier row of the bulk: where `action` names no account, service or domain, the one that row made or
    /// worked in is meant. Where that row is not done, this one is refused: `BULK_ROW_REF_NOT_DONE`.
    pub row_ref: Option<String>,
    /// What to do.
    pub action: BulkActionInput,
}

/// What a row does: exactly one of these.
#[derive(Debug, OneofObject)]
pub enum BulkActionInput {
    /// As `subAccountOpen`.
    OpenAccount(BulkAccountInput),
    /// As `poolAllocate`, for a reseller whose pool is limited.
    AllocatePool(BulkAllocateInput),
    /// As `serviceOrder`.
    Order(ServiceOrderInput),
    /// As `domainAdd`. The result names the TXT record to publish.
    AddDomain(BulkDomainInput),
    /// As `domainVerify`. Until the TXT record is there it is refused: publish it and send the bulk again.
    VerifyDomain(BulkDomainVerifyInput),
    /// As `serviceActivate`.
    Activate(BulkServiceInput),
    /// As `serviceSuspend`.
    Suspend(BulkSuspendInput),
    /// As `serviceResume`.
    Resume(BulkServiceInput),
    /// As `servicePlanChange`.
    ChangePlan(BulkPlanChangeInput),
    /// As `mailboxesCreate`: all of the row or none.
    CreateMailboxes(BulkMailboxesInput),
}

/// An account to open below a reseller's.
#[derive(Debug, InputObject)]
pub struct BulkAccountInput {
    /// The reseller's account; that of `rowRef`, or else the caller's own, where absent.
    pub account_id: Option<AccountKey>,
    /// What it is called.
    pub name: String,
    /// Whether it is for trying things out.
    pub is_sandbox: Option<bool>,
}

/// What a customer may have, of what its reseller may hand on.
#[derive(Debug, InputObject)]
pub struct BulkAllocateInput {
    /// Whose pool it comes from; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Who gets it; the account of `rowRef` where absent.
    pub customer_id: Option<AccountKey>,
    /// How much in all.
    pub resources: ResourcesInput,
}

/// A service.
#[derive(Debug, InputObject)]
pub struct BulkServiceInput {
    /// Whose; that of `rowRef`, or else the caller's own account, where absent.
    pub account_id: Option<AccountKey>,
    /// Which; that of `rowRef` where absent.
    pub service_id: Option<ServiceKey>,
}

/// A domain to be.
#[derive(Debug, InputObject)]
pub struct BulkDomainInput {
    /// Whose; that of `rowRef`, or else the caller's own account, where absent.
    pub account_id: Option<AccountKey>,
    /// The service that it takes a slot of; that of `rowRef` where absent.
    pub service_id: Option<ServiceKey>,
    /// The name, in ASCII or Unicode.
    pub name: String,
    /// The own domain of the service whose addresses exist in it as well: then it is an alias domain.
    pub mirrors_domain_id: Option<DomainKey>,
}

/// A domain whose ownership is to be proved.
#[derive(Debug, InputObject)]
pub struct BulkDomainVerifyInput {
    /// Whose; that of `rowRef`, or else the caller's own account, where absent.
    pub account_id: Option<AccountKey>,
    /// Which; that of `rowRef` where absent.
    pub domain_id: Option<DomainKey>,
}

/// Where mailboxes are created.
#[derive(Debug, Default, InputObject)]
pub struct BulkPlaceInput {
    /// Whose; that of `rowRef`, or else the caller's own account, where absent.
    pub account_id: Option<AccountKey>,
    /// The service that they take slots of; that of `rowRef` where absent.
    pub service_id: Option<ServiceKey>,
    /// A verified domain of the account, or a shared domain; that of `rowRef` where absent.
    pub domain_id: Option<DomainKey>,
    /// Whether `domainId` is a shared domain of the platform.
    #[graphql(default)]
    pub is_shared_domain: bool,
}

/// A service to suspend.
#[derive(Debug, InputObject)]
pub struct BulkSuspendInput {
    /// Whose; that of `rowRef`, or else the caller's own account, where absent.
    pub account_id: Option<AccountKey>,
    /// Which; that of `rowRef` where absent.
    pub service_id: Option<ServiceKey>,
    /// Why.
    pub reason: Suspension,
}

/// A service to be of another plan.
#[derive(Debug, InputObject)]
pub struct BulkPlanChangeInput {
    /// Whose; that of `rowRef`, or else the caller's own account, where absent.
    pub account_id: Option<AccountKey>,
    /// Which; that of `rowRef` where absent.
    pub service_id: Option<ServiceKey>,
    /// The plan.
    pub plan_id: PlanKey,
    /// Its published version, 1 or more.
    pub plan_version: u32,
    /// More than the plan includes, where the plan allows it.
    pub custom: Option<CustomLimitsInput>,
}

/// Mailboxes to create in one domain.
#[derive(Debug, InputObject)]
pub struct BulkMailboxesInput {
    /// Where; absent: in the domain of `rowRef`.
    pub place: Option<BulkPlaceInput>,
    /// What; in one bulk at most 250 in all.
    pub mailboxes: Vec<NewMailboxInput>,
}

/// How far a row came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BulkOutcome {
    /// It is so now.
    Done,
    /// It was done before, by the same bulk sent earlier.
    Repeated,
    /// It was refused: `userErrors` say why.
    Refused,
    /// The machine failed; send the bulk again with the same `commandId`.
    Failed,
}

/// What a row came to.
#[derive(Debug, Clone, SimpleObject)]
pub struct BulkRow {
    /// The caller's own name for it.
    pub key: String,
    /// See [`BulkOutcome`].
    pub outcome: BulkOutcome,
    /// The account that was opened or worked in.
    pub account_id: Option<AccountKey>,
    /// The service that was ordered or changed.
    pub service_id: Option<ServiceKey>,
    /// The domain that was added or worked in.
    pub domain_id: Option<DomainKey>,
    /// The TXT record that proves the ownership of the domain that was added.
    pub challenge: Option<TxtRecord>,
    /// The mailboxes that were created, in the order of the input.
    pub mailbox_ids: Vec<MailboxKey>,
    /// Why it was refused, as the single mutation would say; `FORBIDDEN`, `NOT_FOUND` and `BULK_ROW_REF_NOT_DONE` stand
    /// here as well.
    pub user_errors: Vec<UserError>,
}

/// What a bulk came to.
#[derive(Debug, Clone, SimpleObject)]
pub struct BulkResult {
    /// The results, in the order of the rows.
    pub rows: Vec<BulkRow>,
    /// Rows that are done, now or before.
    pub done_count: u32,
    /// Rows that are not.
    pub refused_count: u32,
}

/// Many changes at once.
#[derive(Debug, Default)]
pub struct BulkMutation;

#[Object]
impl BulkMutation {
    /// Does 1 to 100 rows one after another; one that is refused stops only those that refer to it by `rowRef`. So a customer
    /// with a Box, a domain and mailboxes is one bulk, sent again once the domain's TXT record is published. With the same `commandId` a row
    /// of the same `key` is done once, however often it is sent: after a lost answer send all of it again.
    #[graphql(complexity = "rows.len() * 10 + child_complexity")]
    async fn bulk(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, in this order: 1 to 100 rows, each done or refused by itself.")]
        rows: Vec<BulkRowInput>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<BulkResult> {
        ctx.standing()?;
        check(&rows).map_err(|fault| ctx.fault(fault))?;
        let id = command(ctx, command_id);
        let mut results = Vec::with_capacity(rows.len());
        let mut made: HashMap<String, Option<Made>> = HashMap::new();
        for BulkRowInput { key, row_ref, action } in rows {
            let command = CommandId::new(uuid::Uuid::new_v5(&id.uuid(), key.as_bytes()));
            let opens = matches!(action, BulkActionInput::OpenAccount(_));
            let base = match row_ref.map(|row| made.get(&row).cloned().flatten()) {
                None => Some(Made::default()),
                Some(found) => found,
            };
            let (row, done) = match base {
                Some(base) => {
                    let done = row(ctx, (key.clone(), action), (base, Uid(command.uuid())));
                    crate::content::as_row(key.clone(), done).await
                }
                None => (not_done(ctx, key.clone())?, None),
            };
            if opens && done.is_some() {
                // The rows that follow work in the account that this one opened.
                renew(ctx)?;
            }
            made.insert(key, done);
            results.push(row);
        }
        let is_done = |row: &&BulkRow| matches!(row.outcome, BulkOutcome::Done | BulkOutcome::Repeated);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let done = results.iter().filter(is_done).count();
        Ok(BulkResult { done_count: count(done), refused_count: count(results.len() - done), rows: results })
    }
}

fn check(rows: &[BulkRowInput]) -> Result<(), Fault> {
    if rows.is_empty() || rows.len() > BULK_ROW_COUNT_MAX {
        return Err(Fault::BadInput("`rows` are 1 to 100", "`rows` en compte de 1 à 100"));
    }
    let keys: HashSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let fits = |key: &&str| (1..=BULK_KEY_OCTETS_MAX).contains(&key.len());
    if keys.len() < rows.len() || !keys.iter().all(fits) {
        return Err(Fault::BadInput(
            "each row has a `key` of its own of 1 to 64 octets",
            "chaque ligne a une `key` qui lui est propre, de 1 à 64 octets",
        ));
    }
    let mut earlier = HashSet::new();
    for row in rows {
        if row.row_ref.as_deref().is_some_and(|named| !earlier.contains(named)) {
            return Err(Fault::BadInput(
                "`rowRef` is the `key` of a row that stands before",
                "`rowRef` est la `key` d'une ligne qui précède",
            ));
        }
        earlier.insert(row.key.as_str());
    }
    let mailboxes = rows.iter().map(|row| match &row.action {
        BulkActionInput::CreateMailboxes(input) => input.mailboxes.len(),
        _ => 0,
    });
    if mailboxes.sum::<usize>() > crate::limit::MAILBOX_BATCH_COUNT_MAX {
        return Err(Fault::BadInput(
            "a bulk creates at most 250 mailboxes",
            "un lot crée au plus 250 boîtes mail",
        ));
    }
    Ok(())
}

/// What a row made or worked in: for its result, and for rows that refer to it.
#[derive(Clone, Default)]
struct Made {
    account: Option<AccountId>,
    service: Option<ServiceId>,
    domain: Option<DomainId>,
    challenge: Option<TxtRecord>,
    mailboxes: Vec<MailboxId>,
}

impl Made {
    /// The account that is meant where the row names none.
    fn account(&self, named: Option<AccountKey>) -> Option<AccountKey> {
        named.or(self.account.map(AccountKey))
    }

    /// The service that is meant where the row names none.
    fn service(&self, ctx: &Context<'_>, named: Option<ServiceKey>) -> Result<ServiceKey> {
        named.or(self.service.map(ServiceKey)).ok_or_else(|| {
            ctx.fault(Fault::BadInput(
                "the row names no `serviceId`, and no `rowRef` with a service",
                "la ligne ne nomme ni `serviceId`, ni `rowRef` ayant un service",
            ))
        })
    }

    /// The domain that is meant where the row names none.
    fn domain(&self, ctx: &Context<'_>, named: Option<DomainKey>) -> Result<DomainKey> {
        named.or(self.domain.map(DomainKey)).ok_or_else(|| {
            ctx.fault(Fault::BadInput(
                "the row names no `domainId`, and no `rowRef` with a domain",
                "la ligne ne nomme ni `domainId`, ni `rowRef` ayant un domaine",
            ))
        })
    }
}

/// The result of a row that refers to one that is not done.
fn not_done(ctx: &Context<'_>, key: String) -> Result<BulkRow> {
    let mut faults = Faults::new(ctx)?;
    faults.coded(
        "BULK_ROW_REF_NOT_DONE",
        "rowRef",
        "the row that this one refers to is not done",
        "la ligne à laquelle celle-ci se réfère n'est pas faite",
    );
    Ok(told(key, BulkOutcome::Refused, &Made::default(), faults.into_errors()))
}

fn told(key: String, outcome: BulkOutcome, made: &Made, user_errors: Vec<UserError>) -> BulkRow {
    BulkRow {
        key,
        outcome,
        account_id: made.account.map(AccountKey),
        service_id: made.service.map(ServiceKey),
        domain_id: made.domain.map(DomainKey),
        challenge: made.challenge.clone(),
        mailbox_ids: made.mailboxes.iter().copied().map(MailboxKey).collect(),
        user_errors,
    }
}

/// Does a row; its result, and what it made where it is done.
async fn row(
    ctx: &Context<'_>,
    (key, action): (String, BulkActionInput),
    (base, command): (Made, Uid),
) -> (BulkRow, Option<Made>) {
    // Boxed: the future of each mutation is large.
    match Box::pin(run(ctx, action, (&base, command))).await {
        Ok(Answer::Done { key: made, is_repeat, .. }) => {
            let outcome = if is_repeat { BulkOutcome::Repeated } else { BulkOutcome::Done };
            (told(key, outcome, &made, Vec::new()), Some(made))
        }
        Ok(Answer::Refused(errors)) => (told(key, BulkOutcome::Refused, &Made::default(), errors), None),
        Err(error) => {
            let code = error.extensions.as_ref().and_then(|extensions| match extensions.get("code") {
                Some(async_graphql::Value::String(code)) => Some(code.clone()),
                _ => None,
            });
            let code = code.unwrap_or_default();
            let outcome = match code.as_str() {
                "INTERNAL" | "STALE" | "BUSY" | "" => BulkOutcome::Failed,
                _ => BulkOutcome::Refused,
            };
            let why = UserError { code, field: None, message: error.message, limits: Vec::new() };
            (told(key, outcome, &Made::default(), vec![why]), None)
        }
    }
}

fn of_service(answer: Answer<(AccountId, ServiceId)>) -> Answer<Made> {
    answer.map(|(account, service)| Made {
        account: Some(account),
        service: Some(service),
        ..Made::default()
    })
}

async fn run(
    ctx: &Context<'_>,
    action: BulkActionInput,
    (base, command): (&Made, Uid),
) -> Result<Answer<Made>> {
    use BulkActionInput as A;
    let (services, domains, command) = (ServiceMutation, DomainMutation, Some(command));
    Ok(match action {
        A::OpenAccount(BulkAccountInput { account_id, name, is_sandbox }) => {
            let above = base.account(account_id);
            let opened = AccountMutation.sub_account_open(ctx, above, name, is_sandbox, command).await?;
            opened.0.map(|(_, account)| Made { account: Some(account), ..Made::default() })
        }
        A::AllocatePool(BulkAllocateInput { account_id, customer_id, resources }) => {
            let customer = base.account(customer_id).ok_or_else(|| {
                ctx.fault(Fault::BadInput(
                    "the row names no `customerId`, and no `rowRef` with an account",
                    "la ligne ne nomme ni `customerId`, ni `rowRef` ayant un compte",
                ))
            })?;
            let given = ResellerMutation.pool_allocate(ctx, account_id, customer, resources, None, command);
            given.await?.0.map(|_| Made { account: Some(customer.0), ..Made::default() })
        }
        A::Order(input) => {
            let input = ServiceOrderInput { account_id: base.account(input.account_id), ..input };
            of_service(services.service_order(ctx, input, command).await?.0)
        }
        A::Activate(BulkServiceInput { account_id, service_id }) => {
            let (account, service) = (base.account(account_id), base.service(ctx, service_id)?);
            of_service(services.service_activate(ctx, account, service, None, command).await?.0)
        }
        A::Suspend(BulkSuspendInput { account_id, service_id, reason }) => {
            let (account, service) = (base.account(account_id), base.service(ctx, service_id)?);
            of_service(services.service_suspend(ctx, account, service, reason, None, command).await?.0)
        }
        A::Resume(BulkServiceInput { account_id, service_id }) => {
            let (account, service) = (base.account(account_id), base.service(ctx, service_id)?);
            of_service(services.service_resume(ctx, account, service, None, command).await?.0)
        }
        A::ChangePlan(BulkPlanChangeInput { account_id, service_id, plan_id, plan_version, custom }) => {
            let (account, service) = (base.account(account_id), base.service(ctx, service_id)?);
            let changed = services.service_plan_change(
                ctx,
                account,
                service,
                plan_id,
                plan_version,
                custom,
                None,
                None,
                command,
            );
            of_service(changed.await?.0)
        }
        A::AddDomain(BulkDomainInput { account_id, service_id, name, mirrors_domain_id }) => {
            let service = base.service(ctx, service_id)?;
            let input = DomainAddInput {
                account_id: base.account(account_id),
                service_id: service,
                name,
                mirrors_domain_id,
            };
            let mut added = of_domain(domains.domain_add(ctx, input, command).await?.0, Some(service.0));
            if let Answer::Done { key, .. } = &mut added
                && let Some((account, domain)) = key.account.zip(key.domain)
            {
                let state = loaded(ctx, (account, domain)).await?;
                key.challenge = state.record().map(|record| TxtRecord {
                    name: record.challenge.record_name.clone(),
                    value: record.challenge.value.clone(),
                });
            }
            added
        }
        A::VerifyDomain(BulkDomainVerifyInput { account_id, domain_id }) => {
            let (account, domain) = (base.account(account_id), base.domain(ctx, domain_id)?);
            of_domain(domains.domain_verify(ctx, account, domain, command).await?.0, base.service)
        }
        A::CreateMailboxes(BulkMailboxesInput { place, mailboxes }) => {
            let place = place.unwrap_or_default();
            let place = MailboxPlaceInput {
                account_id: base.account(place.account_id),
                service_id: base.service(ctx, place.service_id)?,
                domain_id: base.domain(ctx, place.domain_id)?,
                is_shared_domain: place.is_shared_domain,
            };
            let (service, domain) = (place.service_id.0, place.domain_id.0);
            let created = MailboxMutation.mailboxes_create(ctx, place, mailboxes, command).await?;
            created.0.map(|(account, mailboxes)| Made {
                account: Some(account),
                service: Some(service),
                domain: Some(domain),
                mailboxes,
                ..Made::default()
            })
        }
    })
}

fn of_domain(answer: Answer<(AccountId, DomainId)>, service: Option<ServiceId>) -> Answer<Made> {
    answer.map(|(account, domain)| Made {
        account: Some(account),
        service,
        domain: Some(domain),
        ..Made::default()
    })
}
