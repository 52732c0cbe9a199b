//! What the API stands on: given by the wiring, named by nobody else.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Enum;
use async_trait::async_trait;
use database::Blobs;
use directory::{Credential, Directory, Protocol};
use engine::Engine;
use hosting::domain::{DkimSelector, FreshDkimKey};
use kernel::{ByteSize, DomainId, DomainName, MailboxId, TenantId, Timestamp, WebhookId};

use crate::access::{AccessKey, People, SignIns};
use crate::certificate::CertificateSource;
use crate::domain::dns::DnsChecks;
use crate::domain::standing::DnsStandings;
use crate::passkey::question::Passkeys;

/// Whether an engineer or a customer is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An engineer at this machine.
    Development,
    /// Customers.
    Production,
}

/// Everything that resolvers ask.
#[derive(Clone)]
pub struct Platform {
    /// Runs use cases and tells how far consumers are.
    pub engine: Arc<Engine>,
    /// Checks mailboxes' passwords.
    pub directory: Arc<Directory>,
    /// Users, tokens and sessions as they are now; the same that [`crate::register`] gave to the engine.
    pub people: Arc<People>,
    /// Signs access tokens: made from `keyring.secret(ACCESS_KEY_NAME)`.
    pub access_key: Arc<AccessKey>,
    /// Bounds and throttles sign-ins of users.
    pub sign_ins: Arc<SignIns>,
    /// What all nodes must know at once about sign-ins.
    pub door: door::DoorBook,
    /// Asks for passkeys; none where the pages have no name.
    pub passkeys: Option<Arc<Passkeys>>,
    /// Asks validation servers about YubiKeys; none where the operator has named none.
    pub yubikeys: Option<yubikey::Verifier>,
    /// Stored octets and messages of mailboxes.
    pub usage: Arc<dyn UsageSource>,
    /// How many recipients have been sent to.
    pub sends: Arc<dyn SendsSource>,
    /// When mailboxes were last opened.
    pub logins: Arc<dyn LoginSource>,
    /// The bytes of documents.
    pub blobs: Blobs,
    /// What the operator tells of the platform itself.
    pub facts: Facts,
    /// What webhooks were told.
    pub deliveries: Arc<dyn DeliverySource>,
    /// Mail that waits to leave, and the message trace.
    pub queue: Arc<dyn store::Queue>,
    /// What the mail servers of this node prove themselves by.
    pub certificates: Arc<dyn CertificateSource>,
    /// The sites that it goes to from this node.
    pub sites: Arc<dyn SiteSource>,
    /// What other hosts report about domains.
    pub reports: store::Reports,
    /// Asks DNS for the records that prove a domain.
    pub txt: Arc<dyn TxtResolver>,
    /// Checks the DNS records of domains.
    pub dns: Arc<DnsChecks>,
    /// How they stood when they were last looked at.
    pub standings: DnsStandings,
    /// How people are written to.
    pub notices: Notices,
    /// Makes signing keys.
    pub dkim: Arc<dyn DkimSource>,
    /// How long what is deleted is kept before it is destroyed.
    pub retention: Duration,
    /// See [`Mode`].
    pub mode: Mode,
}

impl Platform {
    /// When what is deleted now may be destroyed.
    pub(crate) fn purge_after(&self) -> Timestamp {
        self.engine.now().plus(self.retention)
    }
}

/// How people are written to, and whether they may come by themselves.
#[derive(Debug, Clone)]
pub struct Notices {
    /// Makes and reads links.
    pub links: notice::Links,
    /// For whoever has chosen no language.
    pub language: hosting::Language,
    /// Whether anybody may open an account.
    pub is_sign_up_open: bool,
}

/// The name of the secret under which networks are hashed: for `keyring.secret`.
pub const NETWORK_KEY_NAME: &str = "graphql.network";

/// What the operator tells of the platform itself.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The name of the servers, for example `mail.example.com`.
    pub server_name: String,
    /// The names of all hosts of the platform: nobody has mailboxes in them.
    pub host_names: Vec<DomainName>,
    /// Where they stand; none where the operator tells nothing.
    pub data_centre: Option<DataCentre>,
    /// Networks from where somebody accepts are hashed under it.
    pub network_key: [u8; 32],
}

/// Where the servers stand, as the operator tells it.
#[derive(Debug, Clone, PartialEq, Eq, async_graphql::SimpleObject)]
pub struct DataCentre {
    /// What it is called, for example `PAR1`.
    pub name: String,
    /// Where it is, for example `Saint-Ouen l'Aumône, Paris, France`.
    pub place: String,
    /// Its postal address.
    pub address: Option<String>,
    /// What it is certified for, for example `ISO 27001`.
    pub certifications: Vec<String>,
    /// How it is supplied with power.
    pub power: Option<String>,
    /// How it is connected.
    pub network: Option<String>,
}

/// What a mailbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// The exact sum of its messages' sizes.
    pub size: ByteSize,
    /// Messages.
    pub message_count: u64,
}

/// A port of the API failed.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct PortError {
    /// What was asked, without personal data.
    pub what: &'static str,
    /// Why it failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Knows how full mailboxes are: the message store.
#[async_trait]
pub trait UsageSource: Send + Sync {
    /// What mailboxes of a tenant hold, at most a page of them; those that the store has not seen yet are left out.
    ///
    /// # Errors
    /// The store failed.
    async fn usages(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Usage)>, PortError>;

    /// What the mailboxes of domains of a tenant hold together that share, at most a page of domains; those whose mailboxes do
    /// not share are left out.
    ///
    /// # Errors
    /// The store failed.
    async fn pool_usages(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
    ) -> Result<Vec<(DomainId, Usage)>, PortError>;
}

/// Whose recipients are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum SendScope {
    /// All of the service.
    Service,
    /// All of the domain.
    Domain,
    /// Those of the mailbox.
    Mailbox,
}

/// Over which time recipients are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum SendPeriod {
    /// 24 hours.
    Day,
    /// 60 minutes.
    Hour,
    /// 60 seconds.
    Minute,
}

/// How much of a limit on recipients is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendUse {
    /// Counted for whom.
    pub scope: SendScope,
    /// Over which time.
    pub period: SendPeriod,
    /// Recipients in that time.
    pub recipient_count_max: u32,
    /// Recipients that count now; they come back evenly over that time.
    pub used: u32,
}

/// Knows how many recipients have been sent to.
#[async_trait]
pub trait SendsSource: Send + Sync {
    /// The limits of mailboxes of a tenant, at most a page of them, with what is used of each, the widest first; those that
    /// do not exist are left out.
    ///
    /// # Errors
    /// The database failed.
    async fn sends(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Vec<SendUse>)>, PortError>;
}

/// When a mailbox was last opened in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// By which protocol.
    pub protocol: Protocol,
    /// By what; of a password it is not told which.
    pub credential: Credential,
    /// When, to a quarter of an hour.
    pub at: Timestamp,
}

/// Knows when mailboxes were last opened.
#[async_trait]
pub trait LoginSource: Send + Sync {
    /// The last use of each way into a mailbox; at most one for each protocol and app password.
    ///
    /// # Errors
    /// The database failed.
    async fn last_uses(&self, tenant: TenantId, mailbox: MailboxId) -> Result<Vec<LastUse>, PortError>;
}

/// Knows what webhooks were told.
#[async_trait]
pub trait DeliverySource: Send + Sync {
    /// At most `limit` deliveries of each of some webhooks of a tenant before the number `before` (none: the newest), newest
    /// first. Those that were told nothing are left out.
    ///
    /// # Errors
    /// The database failed.
    async fn deliveries(
        &self,
        webhooks: (TenantId, &[WebhookId]),
        before: Option<u64>,
        limit: usize,
    ) -> Result<HashMap<WebhookId, Vec<crate::WebhookDelivery>>, PortError>;
}

/// Knows how it stands with the hosts that mail is delivered to.
pub trait SiteSource: Send + Sync {
    /// At most `limit` sites that the node has to do with at this moment, by name.
    fn sites(&self, limit: usize) -> Vec<crate::DeliverySite>;
}

/// Asks DNS for TXT records.
#[async_trait]
pub trait TxtResolver: Send + Sync {
    /// The TXT records of `name`, each with its strings joined (RFC 7208 section 3.3); none where there is no such name.
    ///
    /// # Errors
    /// DNS did not answer, within the resolver's own deadline.
    async fn txt(&self, name: &DomainName) -> Result<Vec<String>, PortError>;
}

/// Makes signing keys, and knows where the platform shows them in a zone of its own.
#[async_trait]
pub trait DkimSource: Send + Sync {
    /// A new key of each algorithm. Takes some hundred milliseconds of a processor.
    ///
    /// # Errors
    /// The system gives no randomness.
    async fn fresh(&self) -> Result<Vec<FreshDkimKey>, PortError>;

    /// Where the operator's own zone shows a key of a domain, for a CNAME of that domain to lead to; none where there
    /// is no such zone.
    fn delegated(&self, domain: DomainId, selector: &DkimSelector) -> Option<String>;
}
