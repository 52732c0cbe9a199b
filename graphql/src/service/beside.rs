//! What of a service is above limits without standing in the way of a change of plan: it stays, and is not added to.

use async_graphql::{Context, Result};
use database::{Row, Statement};
use hosting::domain::DomainSettings;
use hosting::mailbox::MailboxSettings;
use hosting::plan::{PlanLimits, SendsOf};
use kernel::{AccountId, Id, ServiceId};

use crate::page::Query;
use crate::payload::Limit;
use crate::request::{Asked, rows};
use crate::scalar::Whole;

/// Most rows whose settings are looked at: as many mailboxes as the largest service has.
const ROW_COUNT_MAX: i64 = 10_000;

/// That a row has a send limit of its own: one of them is not `null`.
const LIMITED: &str = " AND settings IS NOT NULL AND NOT (settings LIKE '%\"sends_per_day_max\":null%' \
     AND settings LIKE '%\"sends_per_hour_max\":null%' AND settings LIKE '%\"sends_per_minute_max\":null%')";

/// What is above limits; counts of things, and the most that one mailbox has.
pub(super) struct Beside {
    pub(super) mailboxes_above_quota: Whole,
    pub(super) temporary_aliases: Option<Limit>,
    pub(super) domains_above_sends: Whole,
    pub(super) mailboxes_above_sends: Whole,
}

/// What of a service is above `limits`.
pub(super) async fn beside(
    ctx: &Context<'_>,
    (account, service): (AccountId, ServiceId),
    limits: &PlanLimits,
) -> Result<Beside> {
    let of = |sql| Query::new("").bind(sql, account.uuid()).bind(" AND service_id = ", service.uuid());
    let quota = i64::try_from(limits.mailbox_quota_max.octets()).unwrap_or(i64::MAX);
    let mailboxes = of("SELECT COUNT(*) FROM mailbox_list_v5 WHERE status <> 'deleted' AND tenant = ");
    let mailboxes = mailboxes.bind(" AND quota_bytes > ", quota).finish();
    let now = ctx.platform()?.engine.now().millis();
    let aliases = of("SELECT COUNT(*) FROM alias_list_v4 WHERE mailbox_id IS NOT NULL AND tenant = ");
    let aliases = aliases.bind(" AND expires_at > ", now);
    let aliases = aliases.with(" GROUP BY mailbox_id ORDER BY 1 DESC LIMIT 1").finish();
    let fullest = count(ctx, crate::alias::query::PROJECTION, aliases).await?;
    let allowed = u64::from(limits.temporary_alias_count_max);
    let domains = of("SELECT settings FROM domain_list_v3 WHERE status <> 'removed' AND tenant = ");
    let senders = of("SELECT settings FROM mailbox_list_v5 WHERE status <> 'deleted' AND tenant = ");
    let limited = |query: Query| query.with(LIMITED).bind(" LIMIT ", ROW_COUNT_MAX).finish();
    let domains = rows(ctx, crate::domain::query::PROJECTION, limited(domains)).await?;
    let senders = rows(ctx, crate::mailbox::query::PROJECTION, limited(senders)).await?;
    let domain_sends = |json: &str| serde_json::from_str::<DomainSettings>(json).ok().map(|it| it.sends());
    let mailbox_sends = |json: &str| serde_json::from_str::<MailboxSettings>(json).ok().map(|it| it.sends());
    Ok(Beside {
        mailboxes_above_quota: Whole(count(ctx, crate::mailbox::query::PROJECTION, mailboxes).await?),
        temporary_aliases: (fullest > allowed).then(|| Limit {
            name: "temporaryAliases".to_owned(),
            allowed: Whole(allowed),
            used: Some(Whole(fullest)),
        }),
        domains_above_sends: above(&domains, limits.sends_sold(SendsOf::Domain), domain_sends),
        mailboxes_above_sends: above(&senders, limits.sends_sold(SendsOf::Mailbox), mailbox_sends),
    })
}

/// The number in the only row; zero where there is none.
async fn count(ctx: &Context<'_>, projection: &'static str, statement: Statement) -> Result<u64> {
    let found = rows(ctx, projection, statement).await?;
    let counted = found.first().map_or(Ok(0), |row| row.int(0));
    let counted = counted.map_err(|error| ctx.failed("counting what is above a plan", &error))?;
    Ok(u64::try_from(counted).unwrap_or_default())
}

/// How many of the rows allow more recipients a day, an hour or a minute than are sold.
fn above(found: &[Row], sold: [Option<u32>; 3], sends: impl Fn(&str) -> Option<[Option<u32>; 3]>) -> Whole {
    let is_above = |row: &&Row| {
        let own = row.opt_text(0).ok().flatten().and_then(&sends).unwrap_or_default();
        own.into_iter().zip(sold).any(|(own, sold)| own.zip(sold).is_some_and(|(own, sold)| own > sold))
    };
    Whole(found.iter().filter(is_above).count() as u64)
}
