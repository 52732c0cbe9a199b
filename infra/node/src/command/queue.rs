//! `hosterra queue`: what waits to leave, listed and ordered about. Works on the database, also beside a running server,
//! which sees it within a second.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use database::Database;
use hosting::mail_order::{MailOrderAbout, MailOrderKind, NewMailOrder};
use hosting::use_case::GiveMailOrder;
use kernel::{AccountId, DomainName, Id as _, MailOrderId, TenantId};
use store::{
    Order, Orderer, Passage, PassageFilter, Queue as _, QueueEntry, RemoteReply, Retention, Selection,
    SqlStore, StateSelection, Suspension,
};
use uuid::Uuid;

use crate::command::provision::{self, asked};
use crate::config::Config;
use crate::{platform, storage};

/// Entries that are read at a time.
const PAGE_COUNT: usize = 500;

/// What to do with the queue.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// Lists recipients that wait, oldest message first.
    List {
        /// Which ones.
        #[command(flatten)]
        which: Which,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows a message with every recipient and every step so far.
    Inspect {
        /// Its number in the queue.
        number: u64,
    },
    /// Makes recipients wait until they are released.
    Hold(Ordered),
    /// Lets held recipients go on.
    Release(Ordered),
    /// Tries recipients now.
    Retry(Ordered),
    /// Gives recipients up and reports that to the sender.
    Bounce(Ordered),
    /// Removes recipients; nobody is told.
    Remove(Ordered),
    /// Sends nothing to a site (its hosts as `inspect` shows them) or domain.
    Suspend {
        /// The site or domain.
        site: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Sends to a suspended site again.
    Resume {
        /// The site or domain.
        site: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lists suspended sites.
    Suspensions,
    /// Lists addresses that an account's mail is not sent to, and until when.
    Suppressions {
        /// Of this account.
        #[arg(long)]
        account: Uuid,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Sends to an address again.
    Unsuppress {
        /// Mail of this account.
        #[arg(long)]
        account: Uuid,
        /// The address.
        address: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// An order about recipients.
#[derive(Debug, Clone, Args)]
pub struct Ordered {
    /// Which recipients.
    #[command(flatten)]
    which: Which,
    /// Why, for the audit.
    #[arg(long, default_value = "")]
    reason: String,
}

/// Which recipients.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Of this message.
    #[arg(long)]
    message: Option<u64>,
    /// To this domain.
    #[arg(long, value_parser = parse_domain)]
    domain: Option<DomainName>,
    /// Of this account.
    #[arg(long)]
    account: Option<Uuid>,
    /// Of everybody: needed where nothing else is said.
    #[arg(long)]
    all: bool,
}

fn parse_domain(text: &str) -> Result<DomainName, String> {
    DomainName::parse(text).map_err(|fault| fault.to_string())
}

impl Which {
    fn selection(&self) -> anyhow::Result<Selection> {
        let selection = Selection {
            tenant: self.account.map(TenantId::new),
            queue_id: self.message,
            domain: self.domain.clone(),
            ..Selection::default()
        };
        anyhow::ensure!(
            self.all || selection != Selection::default(),
            "say which: --message, --domain, --account, or --all"
        );
        Ok(selection)
    }
}

/// Runs one command.
///
/// # Errors
/// The database cannot be opened, or the command cannot be carried out.
pub async fn queue(config: &Config, command: QueueCommand) -> anyhow::Result<ExitCode> {
    let (control, mail) = storage::databases(config).await?;
    let store = SqlStore::open(mail, platform::now(), Retention::days(config.retention_days)).await?;
    let audit = Audit { config, control };
    match command {
        QueueCommand::List { which, limit } => {
            let which = Which { all: true, ..which };
            list(&store, &which.selection()?, limit).await?;
        }
        QueueCommand::Inspect { number } => inspect(&store, number).await?,
        QueueCommand::Hold(given) => order(&store, &audit, given, Order::Hold).await?,
        QueueCommand::Release(given) => order(&store, &audit, given, Order::Release).await?,
        QueueCommand::Retry(given) => order(&store, &audit, given, Order::Retry).await?,
        QueueCommand::Bounce(given) => order(&store, &audit, given, Order::Bounce).await?,
        QueueCommand::Remove(given) => order(&store, &audit, given, Order::Remove).await?,
        QueueCommand::Suspend { site, reason } => {
            let site = site.trim().to_lowercase();
            audit.give(MailOrderKind::SuspendSite, AccountId::PLATFORM, (&site, &reason)).await?;
            let since = (platform::now())();
            store.suspend(Suspension { site: site.clone(), reason, since }).await?;
            say(&format!("{site} is suspended"));
        }
        QueueCommand::Resume { site, reason } => {
            let site = site.trim().to_lowercase();
            let is_suspended = store.suspensions().await?.iter().any(|one| one.site == site);
            anyhow::ensure!(
                is_suspended,
                "{site} is not suspended; `hosterra queue suspensions` names those that are"
            );
            audit.give(MailOrderKind::ResumeSite, AccountId::PLATFORM, (&site, &reason)).await?;
            let count = store.resume(&site).await?;
            say(&format!("{site} is resumed; {count} recipients are due now"));
        }
        QueueCommand::Suspensions => {
            for one in store.suspensions().await? {
                say(&format!("{} since {}: {}", one.site, moment(one.since), one.reason));
            }
        }
        QueueCommand::Suppressions { account, limit } => suppressions(&store, account, limit).await?,
        QueueCommand::Unsuppress { account, address, reason } => {
            let whose = AccountId::new(account);
            audit.give(MailOrderKind::Unsuppress, whose, (&address, &reason)).await?;
            let was_there = store.unsuppress(TenantId::new(account), &address).await?;
            anyhow::ensure!(was_there, "{address} is not on the list of this account");
            say(&format!("mail of this account is sent to {address} again"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where orders are told before they are carried out.
struct Audit<'a> {
    config: &'a Config,
    control: Database,
}

impl Audit<'_> {
    /// Tells of an order about a site, or about an address of an account.
    async fn give(
        &self,
        order: MailOrderKind,
        account: AccountId,
        (target, reason): (&str, &str),
    ) -> anyhow::Result<()> {
        let about = MailOrderAbout { target: target.to_owned(), reason: reason.to_owned() };
        self.tell(NewMailOrder::of(order, account, about)).await
    }

    async fn tell(&self, order: NewMailOrder) -> anyhow::Result<()> {
        let engine = platform::engine(self.config, &self.control).await?;
        let id = MailOrderId::new(Uuid::now_v7());
        provision::must(&engine, asked::QUEUE, &GiveMailOrder { id, order }).await?;
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "a command line answers its user")]
fn say(line: &str) {
    println!("{line}");
}

async fn list(store: &SqlStore, selection: &Selection, limit: usize) -> anyhow::Result<()> {
    let (mut after, mut rest) = (None, limit);
    while rest > 0 {
        let page = store.entries(selection, after, rest.min(PAGE_COUNT)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key);
        rest = rest.saturating_sub(page.len());
        page.iter().for_each(|entry| say(&line(entry)));
    }
    Ok(())
}

async fn suppressions(store: &SqlStore, account: Uuid, limit: usize) -> anyhow::Result<()> {
    let (mut after, mut rest) = (None::<String>, limit);
    while rest > 0 {
        let page = store.suppressions(TenantId::new(account), after.as_deref(), rest.min(PAGE_COUNT)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.address.clone());
        rest = rest.saturating_sub(page.len());
        for one in page {
            let until = one.expires_at.map(|at| format!(" until {}", moment(at))).unwrap_or_default();
            let (since, cause) = (moment(one.since), one.cause.as_str());
            say(&format!("{} {cause} since {since}{until} {}", one.address, told(&one.reply, None)));
        }
    }
    Ok(())
}

async fn inspect(store: &SqlStore, number: u64) -> anyhow::Result<()> {
    let mut last: Option<QueueEntry> = None;
    let of = Selection { queue_id: Some(number), state: StateSelection::Any, ..Selection::default() };
    for entry in store.entries(&of, None, PAGE_COUNT).await? {
        say(&line(&entry));
        last = Some(entry);
    }
    let Some(entry) = last else { anyhow::bail!("there is no message {number} in the queue") };
    let of = PassageFilter { message: Some(entry.message.clone()), ..PassageFilter::default() };
    let mut passages = store.passages(entry.tenant, &of, None, PAGE_COUNT).await?;
    passages.reverse();
    passages.iter().for_each(|(_, passage)| say(&step(passage)));
    Ok(())
}

async fn order(
    store: &SqlStore,
    audit: &Audit<'_>,
    Ordered { which, reason }: Ordered,
    order: Order,
) -> anyhow::Result<()> {
    let selection = which.selection()?;
    let mut reached = 0;
    // An order that reaches nobody is none.
    if let Some(first) = store.entries(&selection, None, 1).await?.first() {
        audit.tell(graphql::order_told(&selection, first, (order, reason))).await?;
        reached = store.order_all(&selection, order, (Orderer::Operator, "")).await?;
    }
    say(&format!("{reached} recipients"));
    Ok(())
}

fn line(entry: &QueueEntry) -> String {
    let sender = entry.sender.as_ref().map(ToString::to_string).unwrap_or_default();
    format!(
        "{}.{} {:?} due {} tries {} {} octets account {} <{sender}> -> <{}> {}",
        entry.key.queue_id,
        entry.key.ordinal,
        entry.state,
        moment(entry.due_at),
        entry.attempt_count,
        entry.size,
        entry.tenant.uuid(),
        entry.address,
        told(&entry.last, entry.site.as_deref()),
    )
}

fn step(passage: &Passage) -> String {
    let next = passage.next_at.map(|at| format!(", next {}", moment(at))).unwrap_or_default();
    let reply = passage.reply.as_ref().map(|reply| told(reply, None)).unwrap_or_default();
    let recipient = passage.recipient.as_deref().unwrap_or_default();
    let source = passage.source.as_ref().map(|source| format!(", from {source}")).unwrap_or_default();
    format!("  {} {} {recipient} {reply}{next}{source}", moment(passage.at), passage.stage.as_str())
}

fn told(reply: &RemoteReply, site: Option<&str>) -> String {
    if reply.text.is_empty() && reply.code == 0 {
        return String::new();
    }
    let host = reply.host.as_deref().or(site).unwrap_or("this server");
    format!("({host}: {} {} {})", reply.code, reply.enhanced, reply.text)
}

fn moment(at: kernel::Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map(|at| at.to_string()).unwrap_or_default()
}
