//! A platform in a temporary folder, with a customer on it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use authority::Principal;
use database::Database;
use directory::{Credential, Directory, Protocol};
use engine::{Engine, Outcome};
use graphql::{
    ACCESS_KEY_NAME, AccessKey, Api, CertificateSource, DeliveryFault, DeliveryOutcome, DeliverySite,
    DeliverySource, DkimSource, Knock, Language, LastUse, LoginSource, Mode, Notices, People, Platform,
    PortError, SendPeriod, SendScope, SendUse, SendsSource, ServedCertificate, SignIns, SiteSource,
    TxtResolver, Usage, UsageSource, WebhookDelivery,
};
use hosting::domain::{DkimAlgorithm, DkimPrivateKey, DkimSelector, FreshDkimKey};
use hosting::use_case::RegisterUser;
use hosting::user::UserRole;
use hosting::{LoginName, PasswordHash};
use journal::keyring::{Keyring, MasterKey};
use journal::{SqlJournal, SystemClock};
use kernel::{
    AccountId, ByteSize, CommandId, Cursor, DomainId, DomainName, EventId, MailboxId, Position, TenantId,
    Timestamp, UserId, WebhookId,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::{Retention, SqlStore};

pub(crate) const PASSWORD: &str = "correct horse battery";
/// Where the pages are.
pub(crate) const ORIGIN: &str = "https://panel.host.example";

pub(crate) struct Stage {
    pub(crate) api: Api,
    pub(crate) engine: Arc<Engine>,
    pub(crate) world: Arc<World>,
    /// The queue and the message trace.
    pub(crate) store: Arc<SqlStore>,
    /// The tables that queries read.
    pub(crate) control: Database,
    /// Its own database.
    pub(crate) mail: Database,
    /// What other hosts report.
    pub(crate) reports: store::Reports,
    /// Who came, and who looked.
    pub(crate) door: door::DoorBook,
    /// The keys of people.
    pub(crate) keyring: Arc<Keyring>,
    _folder: tempfile::TempDir,
}

/// DNS, the message store and its queue, as far as the API asks them.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) txt: Mutex<HashMap<String, Vec<String>>>,
    /// How often the store was asked what mailboxes hold or have sent.
    pub(crate) usage_question_count: AtomicU64,
    /// Signing keys that were made.
    pub(crate) key_count: AtomicU64,
}

impl CertificateSource for World {
    fn served(&self) -> Vec<ServedCertificate> {
        let one = |names: &[&str], not_after: i64| ServedCertificate {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            issuer: "CN=An authority".to_owned(),
            is_self_signed: false,
            not_before: Timestamp::from_secs(1_700_000_000),
            not_after: Timestamp::from_secs(not_after),
        };
        vec![one(&["mail.example", "other.example"], 1_800_000_000), one(&["inner.example"], 1_900_000_000)]
    }
}

#[async_trait]
impl TxtResolver for World {
    async fn txt(&self, name: &DomainName) -> Result<Vec<String>, PortError> {
        Ok(self.txt.lock().get(name.as_str()).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl DkimSource for World {
    async fn fresh(&self) -> Result<Vec<FreshDkimKey>, PortError> {
        let number = self.key_count.fetch_add(1, Ordering::Relaxed);
        let key = |algorithm| FreshDkimKey {
            algorithm,
            public: format!("AAAA{number}"),
            private: DkimPrivateKey::new(b"a private key".to_vec().into()),
        };
        Ok(DkimAlgorithm::ALL.map(key).into())
    }

    fn delegated(&self, _: DomainId, selector: &DkimSelector) -> Option<String> {
        Some(format!("{selector}.dkim.host.example"))
    }
}

#[async_trait]
impl UsageSource for World {
    async fn usages(
        &self,
        _: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Usage)>, PortError> {
        self.usage_question_count.fetch_add(1, Ordering::Relaxed);
        let usage = Usage { size: ByteSize::new(4096), message_count: 3 };
        Ok(mailboxes.iter().map(|mailbox| (*mailbox, usage)).collect())
    }

    async fn pool_usages(
        &self,
        _: TenantId,
        domains: &[DomainId],
    ) -> Result<Vec<(DomainId, Usage)>, PortError> {
        self.usage_question_count.fetch_add(1, Ordering::Relaxed);
        let usage = Usage { size: ByteSize::new(3 * 4096), message_count: 9 };
        Ok(domains.iter().map(|domain| (*domain, usage)).collect())
    }
}

#[async_trait]
impl SendsSource for World {
    async fn sends(
        &self,
        _: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Vec<SendUse>)>, PortError> {
        self.usage_question_count.fetch_add(1, Ordering::Relaxed);
        let used =
            SendUse { scope: SendScope::Domain, period: SendPeriod::Day, recipient_count_max: 100, used: 40 };
        Ok(mailboxes.iter().map(|mailbox| (*mailbox, vec![used])).collect())
    }
}

impl SiteSource for World {
    fn sites(&self, limit: usize) -> Vec<DeliverySite> {
        let site = DeliverySite {
            site: "mx.b.example".to_owned(),
            pool: None,
            policy: "may".to_owned(),
            waiting_count: 7,
            connection_count: 0,
            paused_until: Some(Timestamp::from_secs(1_772_353_800).into()),
            last_fault: None,
        };
        let fault = store::RemoteReply {
            code: 421,
            enhanced: "4.7.0".to_owned(),
            text: "not from you".to_owned(),
            host: Some("mx.b.example".to_owned()),
        };
        vec![site.failing(&fault); limit.min(1)]
    }
}

#[async_trait]
impl DeliverySource for World {
    async fn deliveries(
        &self,
        (tenant, webhooks): (TenantId, &[WebhookId]),
        before: Option<u64>,
        limit: usize,
    ) -> Result<HashMap<WebhookId, Vec<WebhookDelivery>>, PortError> {
        self.usage_question_count.fetch_add(1, Ordering::Relaxed);
        let newest = before.map_or(3, |before| before.saturating_sub(1));
        let numbers = (1..=newest).rev().take(limit);
        let at = Timestamp::from_secs(1_772_353_800);
        let told: Vec<WebhookDelivery> = numbers
            .map(|number| WebhookDelivery {
                number: graphql::Whole(number),
                event_id: EventId::new(uuid::Uuid::from_u128(u128::from(number))).into(),
                kind: "mailbox.created".to_owned(),
                position: graphql::Place(Cursor { tenant, position: Position(number) }),
                is_replay: false,
                outcome: DeliveryOutcome::Retrying,
                status: Some(503),
                fault: Some(DeliveryFault::Status),
                duration_ms: graphql::Whole(12),
                attempts: 2,
                first_at: at.into(),
                last_at: at.into(),
                next_attempt_at: Some(at.into()),
            })
            .collect();
        Ok(webhooks.iter().map(|webhook| (*webhook, told.clone())).collect())
    }
}

#[async_trait]
impl LoginSource for World {
    async fn last_uses(&self, _: TenantId, _: MailboxId) -> Result<Vec<LastUse>, PortError> {
        let at = Timestamp::from_secs(1_772_353_800);
        Ok(vec![LastUse { protocol: Protocol::Imap, credential: Credential::Password("".into()), at }])
    }
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::open_with(None).await
    }

    /// The same, asking these servers about YubiKeys.
    pub(crate) async fn open_with(yubikeys: Option<yubikey::Verifier>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("control.db")).expect("a database");
        let blobs = database.clone();
        let control = database.clone();
        let clock = Arc::new(SystemClock);
        let journal = SqlJournal::open(database.clone(), clock.clone()).await.expect("a journal");
        let master = MasterKey::generate().expect("a master key");
        let keyring = Arc::new(Keyring::open(database.clone(), master).await.expect("a keyring"));
        let access = keyring.secret(ACCESS_KEY_NAME).await.expect("a secret");
        let engine = Arc::new(
            Engine::new(Arc::new(journal), keyring.clone(), database, clock).await.expect("an engine"),
        );
        let people = Arc::new(People::default());
        let directory = Arc::new(Directory::new());
        let known = engine.follow(Arc::clone(&directory)).expect("a follower");
        known.caught_up().await;
        graphql::register(&engine, &people).await.expect("registered").caught_up().await;
        let world = Arc::new(World::default());
        let door = door::DoorBook::open(blobs.clone()).await.expect("tables");
        let blobs = database::Blobs::open(blobs).await.expect("a table");
        let mail = Database::open_sqlite(&folder.path().join("mail.db")).expect("a database");
        let now: store::Now = Arc::new(|| Timestamp::from_secs(1_900_000_000));
        let counted = mail.clone();
        let reports = store::Reports::open(mail.clone()).await.expect("tables");
        let store = SqlStore::open(mail, now, Retention::days(30)).await.expect("a store");
        let store = Arc::new(store);
        let platform = Platform {
            engine: Arc::clone(&engine),
            directory,
            people,
            access_key: Arc::new(AccessKey::new(&access)),
            sign_ins: Arc::new(SignIns::new(2)),
            door: door.clone(),
            passkeys: graphql::Passkeys::new(ORIGIN, [5; 32]).map(Arc::new),
            yubikeys,
            usage: world.clone(),
            sends: world.clone(),
            queue: store.clone(),
            sites: world.clone(),
            certificates: world.clone(),
            reports: reports.clone(),
            deliveries: world.clone(),
            blobs,
            facts: graphql::Facts {
                server_name: "mail.example".to_owned(),
                host_names: vec![DomainName::parse("mail.example").expect("a name")],
                data_centre: None,
                network_key: [7; 32],
            },
            logins: world.clone(),
            txt: world.clone(),
            dns: Arc::new(graphql::DnsChecks::new(Arc::new(resolver::Zone::new()), names())),
            standings: graphql::DnsStandings::open(control.clone()).await.expect("a table"),
            notices: Notices { links: links(), language: hosting::Language::Fr, is_sign_up_open: true },
            dkim: world.clone(),
            retention: Duration::from_secs(30 * 24 * 3600),
            mode: Mode::Production,
        };
        Self {
            api: Api::new(platform),
            engine,
            world,
            store,
            reports,
            control,
            mail: counted,
            door,
            keyring,
            _folder: folder,
        }
    }

    /// What waits to be written about who came and who looked is written.
    pub(crate) async fn door_written(&self) {
        self.door.write(self.engine.now()).await.expect("written");
    }

    /// Answers one operation for whoever holds `token`; empty for nobody.
    pub(crate) async fn ask(&self, token: &str, query: &str) -> Value {
        self.ask_in(Language::English, token, query, json!({})).await
    }

    pub(crate) async fn ask_in(
        &self,
        language: Language,
        token: &str,
        query: &str,
        variables: Value,
    ) -> Value {
        let body = serde_json::to_vec(&json!({ "query": query, "variables": variables })).expect("JSON");
        let (answer, _) = self.api.answer(knock(language, token), &body).await.expect("a request");
        serde_json::from_slice(&answer).expect("JSON")
    }

    /// Answers one operation that must succeed, without `userErrors` anywhere.
    pub(crate) async fn done(&self, token: &str, query: &str) -> Value {
        let answer = self.ask(token, query).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        for field in answer["data"].as_object().expect("data").values() {
            let errors = &field["userErrors"];
            assert!(errors.is_null() || errors == &json!([]), "{query}\n{answer:#}");
        }
        answer["data"].clone()
    }

    /// Registers an operator as the command line does, and signs it in.
    pub(crate) async fn operator(&self) -> String {
        let hash = directory::password::hash(&PASSWORD.to_owned().into()).expect("a hash");
        let register = RegisterUser {
            account: AccountId::PLATFORM,
            user: UserId::new(uuid::Uuid::now_v7()),
            login: LoginName::parse("operator").expect("a login"),
            name: None,
            password: Some(PasswordHash::parse(&hash).expect("a hash")),
            role: UserRole::Operator,
            must_change_password: false,
            services: vec![],
        };
        let command = CommandId::new(uuid::Uuid::now_v7());
        let outcome =
            self.engine.run(&Principal::operator(), command, graphql::new_correlation(), &register).await;
        match outcome.expect("the machine works") {
            Outcome::Done { cursor, .. } => {
                let waited = self.engine.wait_for("user_list", cursor, Duration::from_secs(20)).await;
                assert_eq!(waited, engine::Freshness::Reached);
            }
            other => panic!("{other:?}"),
        }
        self.sign_in("operator", PASSWORD).await
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> String {
        // The follower hears of a new user a moment after its event.
        for _ in 0..200 {
            let answer = self.try_sign_in(login, password).await;
            if let Some(token) = answer["data"]["signIn"]["session"]["accessToken"].as_str() {
                return token.to_owned();
            }
            assert_eq!(answer["data"]["signIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS", "{answer:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{login} cannot sign in");
    }

    pub(crate) async fn try_sign_in(&self, login: &str, password: &str) -> Value {
        let query = "mutation($login: String!, $password: String!) { signIn(login: $login, password: $password) { \
             session { accessToken refreshToken sessionId } userErrors { code message } position } }";
        let variables = json!({ "login": login, "password": password });
        self.ask_in(Language::English, "", query, variables).await
    }

    /// Opens an account with an owner, an active service of `plan` and a verified domain.
    pub(crate) async fn customer(&self, operator: &str, (name, plan): (&str, &str)) -> Customer {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let opened = self
            .done(operator, &format!("mutation {{ accountOpen(input: {{ name: \"{name}\" }}) {{ account {{ id }} userErrors {{ code }} }} }}"))
            .await;
        let account = text(&opened["accountOpen"]["account"]["id"]);
        self.done(
            operator,
            &format!("mutation {{ planPublish(slug: \"{plan}\") {{ userErrors {{ code }} }} }}"),
        )
        .await;
        let plan_id = hosting::plan::plan_id(plan);
        let ordered = self
            .done(operator, &format!(
                "mutation {{ serviceOrder(input: {{ accountId: \"{account}\", planId: \"{plan_id}\", planVersion: 1 }}) \
                 {{ service {{ id entitlement }} userErrors {{ code message }} }} }}"
            ))
            .await;
        assert_eq!(ordered["serviceOrder"]["service"]["entitlement"], "ORDERED");
        let service = text(&ordered["serviceOrder"]["service"]["id"]);
        let at = format!("accountId: \"{account}\", serviceId: \"{service}\"");
        self.done(operator, &format!("mutation {{ serviceActivate({at}) {{ userErrors {{ code }} }} }}"))
            .await;
        let domain_name = format!("{name}.example");
        let added = self
            .done(operator, &format!("mutation {{ domainAdd(input: {{ {at}, name: \"{domain_name}\" }}) {{ domain {{ id }} userErrors {{ code message }} }} }}"))
            .await;
        let domain = text(&added["domainAdd"]["domain"]["id"]);
        self.done(operator, &format!(
            "mutation {{ domainAssert(accountId: \"{account}\", domainId: \"{domain}\") {{ domain {{ status }} userErrors {{ code }} }} }}"
        ))
        .await;
        let registered = self
            .done(operator, &format!(
                "mutation {{ userRegister(input: {{ accountId: \"{account}\", login: \"owner_{domain_name}\", \
                 password: \"{PASSWORD}\", role: OWNER }}) {{ user {{ id }} userErrors {{ code message }} }} }}"
            ))
            .await;
        let user = text(&registered["userRegister"]["user"]["id"]);
        let owner = self.sign_in(&format!("owner_{domain_name}"), PASSWORD).await;
        Customer { account, service, domain, domain_name, user, owner }
    }

    /// Creates a mailbox with [`PASSWORD`]; its id.
    pub(crate) async fn mailbox(&self, customer: &Customer, local: &str) -> String {
        let created = self
            .done(
                &customer.owner,
                &format!(
                    "mutation {{ mailboxCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailbox: {{ \
                 localPart: \"{local}\", quotaBytes: 1073741824, password: \"{PASSWORD}\" }}) \
                 {{ mailbox {{ id }} position userErrors {{ code message }} }} }}",
                    customer.service, customer.domain
                ),
            )
            .await;
        // The list of services shows the slot that was taken.
        let place = &created["mailboxCreate"]["position"];
        self.done(&customer.owner, &format!("{{ services(atLeast: {place}) {{ nodes {{ id }} }} }}")).await;
        created["mailboxCreate"]["mailbox"]["id"].as_str().expect("an id").to_owned()
    }
}

/// What a customer has, in the API's own words.
pub(crate) struct Customer {
    pub(crate) account: String,
    pub(crate) service: String,
    pub(crate) domain: String,
    pub(crate) domain_name: String,
    pub(crate) user: String,
    /// An access token of its owner.
    pub(crate) owner: String,
}

pub(crate) fn knock(language: Language, token: &str) -> Knock {
    Knock {
        authorization: (!token.is_empty()).then(|| format!("Bearer {token}")),
        language,
        peer: peer(),
        correlation: graphql::new_correlation(),
        agent: Some("test".to_owned()),
    }
}

/// The peer of a request: another one after every hundred, as the API allows no more without a credential that is good.
fn peer() -> IpAddr {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static PEER: AtomicU8 = AtomicU8::new(1);
    if COUNT.fetch_add(1, Ordering::Relaxed) == 100 {
        COUNT.store(0, Ordering::Relaxed);
        PEER.fetch_add(1, Ordering::Relaxed);
    }
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, PEER.load(Ordering::Relaxed)))
}

/// The command that `given` comes to as the `commandId` of `field`, by a user of an account.
pub(crate) fn intended(given: uuid::Uuid, (account, user): (&str, &str), field: &str) -> CommandId {
    intended_by(given, &format!("{account} User({user})"), field)
}

/// The same, by whoever is not signed in.
pub(crate) fn intended_by_nobody(given: uuid::Uuid, field: &str) -> CommandId {
    intended_by(given, &peer().to_string(), field)
}

/// The same, by whoever is named so.
pub(crate) fn intended_by(given: uuid::Uuid, whose: &str, field: &str) -> CommandId {
    CommandId::new(uuid::Uuid::new_v5(&given, format!("{whose} {field}").as_bytes()))
}

/// The links of all stages, so that tests can follow them.
pub(crate) fn links() -> notice::Links {
    notice::Links::new([9; 32], "https://panel.example".to_owned())
}

pub(crate) fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

/// What the domains of the stage must publish.
fn names() -> dnscheck::Platform {
    let host = resolver::Name::parse("mail.host.example").expect("a name");
    dnscheck::Platform {
        exchanges: vec![host.clone()],
        host: host.clone(),
        pages: host,
        https: 443,
        imaps: Some(993),
        submissions: Some(465),
        submission: None,
        spf: None,
        dav: None,
        sts_id: None,
        sts_hosts: Vec::new(),
    }
}
