//! Many intentions in one request, each with a result of its own.

use std::collections::HashSet;

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, Result, SimpleObject};
use kernel::{AccountId, CommandId, Id as _, MailboxId, ServiceId};

use crate::account::mutation::AccountMutation;
use crate::error::Fault;
use crate::limit::{BULK_KEY_OCTETS_MAX, BULK_ROW_COUNT_MAX};
use crate::mailbox::mutation::{MailboxMutation, MailboxPlaceInput, NewMailboxInput};
use crate::payload::{Answer, UserError, command};
use crate::request::Asked;
use crate::scalar::{AccountKey, MailboxKey, PlanKey, ServiceKey, Uid};
use crate::service::mutation::{CustomLimitsInput, ServiceMutation, ServiceOrderInput};
use crate::service::object::Suspension;

/// One row of a bulk.
#[derive(Debug, InputObject)]
pub struct BulkRowInput {
    /// The caller's own name for the row, unique in the bulk, 1 to 64 octets: its result carries it.
    pub key: String,
    /// What to do.
    pub action: BulkActionInput,
}

/// What a row does: exactly one of these.
#[derive(Debug, OneofObject)]
pub enum BulkActionInput {
    /// As `subAccountOpen`.
    OpenAccount(BulkAccountInput),
    /// As `serviceOrder`.
    Order(ServiceOrderInput),
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
    /// The reseller's account; the caller's own where absent.
    pub account_id: Option<AccountKey>,
    /// What it is called.
    pub name: String,
    /// Whether it is for trying things out.
    pub is_sandbox: Option<bool>,
}

/// A service.
#[derive(Debug, InputObject)]
pub struct BulkServiceInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Which.
    pub service_id: ServiceKey,
}

/// A service to suspend.
#[derive(Debug, InputObject)]
pub struct BulkSuspendInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Which.
    pub service_id: ServiceKey,
    /// Why.
    pub reason: Suspension,
}

/// A service to be of another plan.
#[derive(Debug, InputObject)]
pub struct BulkPlanChangeInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Which.
    pub service_id: ServiceKey,
    /// The plan.
    pub plan_id: PlanKey,
    /// Its version.
    pub plan_version: u32,
    /// More than the plan includes, where the plan allows it.
    pub custom: Option<CustomLimitsInput>,
}

/// Mailboxes to create in one domain.
#[derive(Debug, InputObject)]
pub struct BulkMailboxesInput {
    /// Where.
    pub place: MailboxPlaceInput,
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
    /// The mailboxes that were created, in the order of the input.
    pub mailbox_ids: Vec<MailboxKey>,
    /// Why it was refused, as the single mutation would say; `FORBIDDEN` and `NOT_FOUND` stand here as well.
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
    /// Does 1 to 100 rows one after another; one that is refused does not stop the others. With the same `commandId` a row
    /// of the same `key` is done once, however often it is sent: after a lost answer send all of it again.
    #[graphql(complexity = "rows.len() * 10 + child_complexity")]
    async fn bulk(
        &self,
        ctx: &Context<'_>,
        rows: Vec<BulkRowInput>,
        command_id: Option<Uid>,
    ) -> Result<BulkResult> {
        ctx.standing()?;
        check(&rows).map_err(|fault| ctx.fault(fault))?;
        let id = command(command_id);
        let mut results = Vec::with_capacity(rows.len());
        for BulkRowInput { key, action } in rows {
            let command = CommandId::new(uuid::Uuid::new_v5(&id.uuid(), key.as_bytes()));
            results.push(row(ctx, (key, action), Uid(command.uuid())).await);
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

/// What a row names, besides whether it is done.
#[derive(Default)]
struct Made {
    account: Option<AccountId>,
    service: Option<ServiceId>,
    mailboxes: Vec<MailboxId>,
}

async fn row(ctx: &Context<'_>, (key, action): (String, BulkActionInput), command: Uid) -> BulkRow {
    // Boxed: the future of each mutation is large.
    let answer = Box::pin(run(ctx, action, command)).await;
    let (outcome, made, user_errors) = match answer {
        Ok(Answer::Done { key, is_repeat: false, .. }) => (BulkOutcome::Done, key, Vec::new()),
        Ok(Answer::Done { key, is_repeat: true, .. }) => (BulkOutcome::Repeated, key, Vec::new()),
        Ok(Answer::Refused(errors)) => (BulkOutcome::Refused, Made::default(), errors),
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
            let told = UserError { code, field: None, message: error.message, limits: Vec::new() };
            (outcome, Made::default(), vec![told])
        }
    };
    BulkRow {
        key,
        outcome,
        account_id: made.account.map(AccountKey),
        service_id: made.service.map(ServiceKey),
        mailbox_ids: made.mailboxes.into_iter().map(MailboxKey).collect(),
        user_errors,
    }
}

fn of_service(answer: Answer<(AccountId, ServiceId)>) -> Answer<Made> {
    answer.map(|(account, service)| Made {
        account: Some(account),
        service: Some(service),
        ..Made::default()
    })
}

async fn run(ctx: &Context<'_>, action: BulkActionInput, command: Uid) -> Result<Answer<Made>> {
    use BulkActionInput as A;
    let (services, command) = (ServiceMutation, Some(command));
    Ok(match action {
        A::OpenAccount(BulkAccountInput { account_id, name, is_sandbox }) => {
            let opened = AccountMutation.sub_account_open(ctx, account_id, name, is_sandbox, command).await?;
            opened.0.map(|(_, account)| Made { account: Some(account), ..Made::default() })
        }
        A::Order(input) => of_service(services.service_order(ctx, input, command).await?.0),
        A::Activate(BulkServiceInput { account_id, service_id }) => {
            of_service(services.service_activate(ctx, account_id, service_id, command).await?.0)
        }
        A::Suspend(BulkSuspendInput { account_id, service_id, reason }) => {
            of_service(services.service_suspend(ctx, account_id, service_id, reason, command).await?.0)
        }
        A::Resume(BulkServiceInput { account_id, service_id }) => {
            of_service(services.service_resume(ctx, account_id, service_id, command).await?.0)
        }
        A::ChangePlan(BulkPlanChangeInput { account_id, service_id, plan_id, plan_version, custom }) => {
            let changed = services.service_plan_change(
                ctx,
                account_id,
                service_id,
                plan_id,
                plan_version,
                custom,
                None,
                command,
            );
            of_service(changed.await?.0)
        }
        A::CreateMailboxes(BulkMailboxesInput { place, mailboxes }) => {
            let created = MailboxMutation.mailboxes_create(ctx, place, mailboxes, command).await?;
            created.0.map(|(account, mailboxes)| Made {
                account: Some(account),
                mailboxes,
                ..Made::default()
            })
        }
    })
}
