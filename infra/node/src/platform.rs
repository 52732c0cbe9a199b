//! The platform without its servers: databases, journal, engine, directory, store.

use std::sync::Arc;

use anyhow::Context as _;
use database::{Blobs, Database};
use directory::Directory;
use engine::Engine;
use graphql::{DnsStandings, People};
use journal::keyring::Keyring;
use journal::{Clock, Journal, SqlJournal, SystemClock};
use kernel::Timestamp;
use store::{
    Correspondents, DmarcObservations, LastLogins, Reports, Retention, Retries, Sends, SqlStore, StsPolicies,
    TlsResults,
};
use webhook::Deliveries;

use crate::command::master;
use crate::config::Config;
use crate::policy::erase::ForgetPersons;
use crate::policy::logins::Logins;
use crate::storage;

/// Everything that the servers and commands stand on.
pub struct Platform {
    /// The facts.
    pub journal: Arc<dyn Journal>,
    /// The control plane's tables.
    pub database: Database,
    /// Runs use cases and feeds consumers.
    pub engine: Arc<Engine>,
    /// Keys and secrets.
    pub keyring: Arc<Keyring>,
    /// What the mail servers ask.
    pub directory: Arc<Directory>,
    /// Users, tokens and sessions, for the API.
    pub people: Arc<People>,
    /// Messages.
    pub store: Arc<SqlStore>,
    /// What destinations have said about the TLS of their hosts.
    pub sts_policies: StsPolicies,
    /// How TLS towards them went.
    pub tls_results: TlsResults,
    /// What came in the name of others.
    pub dmarc_observations: DmarcObservations,
    /// What other hosts report about domains.
    pub reports: Reports,
    /// Who was asked to come again with mail.
    pub retries: Retries,
    /// To whom mailboxes write.
    pub correspondents: Correspondents,
    /// When mailboxes were last opened.
    pub logins: Logins,
    /// How many recipients have been sent to.
    pub sends: Sends,
    /// The bytes of documents.
    pub blobs: Blobs,
    /// What all nodes must know at once about sign-ins.
    pub door: door::DoorBook,
    /// Where webhooks stand, and what they were told.
    pub deliveries: Deliveries,
    /// How domains stood in DNS when they were last looked at.
    pub standings: DnsStandings,
}

/// The time, for those who take a function.
pub fn now() -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    Arc::new(|| SystemClock.now())
}

/// What runs use cases.
struct Machine {
    journal: Arc<dyn Journal>,
    keyring: Arc<Keyring>,
    engine: Arc<Engine>,
}

async fn machine(config: &Config, database: &Database) -> anyhow::Result<Machine> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let journal: Arc<dyn Journal> = Arc::new(SqlJournal::open(database.clone(), Arc::clone(&clock)).await?);
    let master = master::key(config)?;
    let keyring = Arc::new(Keyring::open(database.clone(), master).await.context("opening the keyring")?);
    let engine =
        Arc::new(Engine::new(Arc::clone(&journal), Arc::clone(&keyring), database.clone(), clock).await?);
    Ok(Machine { journal, keyring, engine })
}

/// The engine alone, for a command that runs a use case, also beside a running server: it follows nothing.
///
/// # Errors
/// The database or the master key cannot be had.
pub async fn engine(config: &Config, database: &Database) -> anyhow::Result<Arc<Engine>> {
    Ok(machine(config, database).await?.engine)
}

impl Platform {
    /// Opens everything and waits until the directory and the API know every fact.
    ///
    /// # Errors
    /// What stands in the way, for the operator.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        storage::folder(config)?;
        let (database, mail) = storage::databases(config).await?;
        let Machine { journal, keyring, engine } = machine(config, &database).await?;
        let directory = Arc::new(Directory::new());
        let known = engine.follow(Arc::clone(&directory))?;
        engine.follow(Arc::new(ForgetPersons(Arc::clone(&keyring))))?;
        let people = Arc::new(People::default());
        let seen = graphql::register(&engine, &people).await?;
        let sends = Sends::open(mail.clone()).await?;
        let retries = Retries::open(mail.clone()).await?;
        let reports = Reports::open(mail.clone()).await?;
        let sts_policies = StsPolicies::open(mail.clone()).await?;
        let dmarc_observations = DmarcObservations::open(mail.clone()).await?;
        let tls_results = TlsResults::open(mail.clone()).await?;
        let store = SqlStore::open(mail.clone(), now(), Retention::days(config.retention_days)).await?;
        // A server that answers "no such mailbox" because it has not read on yet would lose mail.
        anyhow::ensure!(
            known.caught_up().await && seen.caught_up().await,
            "the engine stopped while starting"
        );
        let correspondents = Correspondents::open(mail).await?;
        let logins = Logins(LastLogins::open(database.clone()).await?);
        let blobs = Blobs::open(database.clone()).await?;
        let door = door::DoorBook::open(database.clone()).await?;
        let deliveries = Deliveries::open(database.clone()).await?;
        let standings = DnsStandings::open(database.clone()).await?;
        Ok(Self {
            journal,
            database,
            engine,
            keyring,
            directory,
            people,
            store: Arc::new(store),
            sts_policies,
            tls_results,
            dmarc_observations,
            reports,
            retries,
            correspondents,
            logins,
            sends,
            blobs,
            door,
            deliveries,
            standings,
        })
    }
}
