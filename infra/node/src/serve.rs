//! `hosterra serve`: everything, until a signal.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ::webhook::{Body, Endpoints, Pace, Teller};
use anyhow::Context as _;
use graphql::{ACCESS_KEY_NAME, AccessKey, Api, SignIns};
use kernel::EmailAddress;
use listener::{DiskRoom, Limits, Listener, Metrics, Protocol, Security};
use prometheus::Registry;
use reporting::{DailyReports as _, DmarcReports, HearBounces, TakeReports, TlsReports};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use web::{Landing, Options, Plain, Readiness, Ready, Transport};

use crate::banner::{self, Open};
use crate::command::provision::{self, asked};
use crate::config::{Config, Mode};
use crate::platform::{self, Platform};
use crate::policy::appoint::AppointAdministrators;
use crate::policy::confirm::Confirmations;
use crate::policy::desk::{self, AnswerTickets, Intakes};
use crate::policy::dkim::{DomainSigners, KeyWatch, Keys, SpecialNames};
use crate::policy::dns_watch::DnsWatch;
use crate::policy::erase::ErasePersons;
use crate::policy::key_zone::{KeyRecords, KeyZone};
use crate::policy::limit_notice::{LimitNotices, Tell, TellStorage};
use crate::policy::pools::CountPools;
use crate::policy::post::PostNotices;
use crate::policy::postmaster::FindPostmasters;
use crate::policy::quota::QuotaWatch;
use crate::policy::resell::OpenAdmitted;
use crate::policy::retire::{RetainMessages, RetireMailboxes};
use crate::policy::room::RoomWatch;
use crate::policy::sending::{SendingWatch, SettleHeld, TellAdministrators};
use crate::policy::webhook::{Log, Words};
use crate::policy::{demo, upkeep, webhook};
use crate::ports::{Mail, Rewritten, SentRecipients, TakenAlong, Txt};
use crate::storage;
use crate::{certificate, setup, tls};

/// Sign-ins of users that are hashed at a time.
const SIGN_IN_COUNT_MAX: usize = 2;

/// Sockets that are bound, before anybody is answered on them.
struct Sockets {
    http: Vec<TcpListener>,
    metrics: Vec<TcpListener>,
    smtp: Vec<TcpListener>,
    lmtp: Vec<TcpListener>,
    submission: Vec<TcpListener>,
    submissions: Vec<TcpListener>,
    imap: Vec<TcpListener>,
    imaps: Vec<TcpListener>,
}

/// Runs all servers until SIGINT or SIGTERM, then drains.
///
/// # Errors
/// What stands in the way of a start.
pub async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    storage::folder(&config)?;
    storage::look_at_folder(&config);
    let _lock = storage::lock(&config)?;
    let acceptor = acceptor(&config)?;
    let dns = Arc::new(config.dns.resolver()?);
    let platform = Arc::new(Platform::open(&config).await?);
    provision::publish_catalogue(&platform.engine, asked::SERVE).await?;
    let demo = demo::open(&platform, &config).await?;
    let sockets = bind(&config)?;
    let registry = Registry::new();
    registry.register(Box::new(platform.engine.metrics()))?;
    let metrics = Metrics::register(&registry)?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let room = DiskRoom::default();
    let watch = RoomWatch::start(&config, Arc::clone(&platform.store), room.clone(), &registry).await?;
    tasks.spawn(watch.run(stop.clone()));
    if let Some(demo) = demo {
        tasks.spawn(demo.run(stop.clone()));
    }
    let links = links(&platform, &config).await?;
    background(&platform, &config, links.clone(), (&tasks, &stop))?;
    let mut open = Vec::new();
    let judge = tls::judge(&platform, &config, Arc::clone(&dns) as Arc<dyn resolver::Dns>).await?;
    tasks.spawn(tls::keep(Arc::clone(&judge), platform.sts_policies.clone(), stop.clone()));
    let mut policies = outbound::Trusted::new(judge, Arc::clone(&platform.directory), platform::now());
    let tally = Arc::new(outbound::Tally::default());
    if config.outbound.tls_reports.from.is_some() {
        policies = policies.counting(Arc::clone(&tally));
    }
    let senders = Rewritten(sign::Srs::new(&platform.keyring.secret("srs").await?, config.hostname.clone()));
    let outside = (Arc::clone(&dns) as Arc<dyn resolver::Dns>, policies, senders);
    let outbound = deliver(&platform, &config, outside, (&registry, &tasks, &stop))?;
    let sites = Sites(outbound);
    let wiring = Wiring {
        config: &config,
        tls: acceptor,
        metrics,
        room,
        tasks: &tasks,
        stop: &stop,
        links,
        dns,
        sites,
    };
    wiring.watch_keys(&platform);
    wiring.report_tls(&platform, tally)?;
    wiring
        .mail(
            &platform,
            (sockets.smtp, sockets.lmtp),
            (sockets.submission, sockets.submissions),
            (sockets.imap, sockets.imaps),
            &mut open,
        )
        .await?;
    let serving = wiring.http(&platform, registry, sockets.http, sockets.metrics, &mut open).await?;
    banner::print(&config, &open);
    until_signal().await?;
    tracing::info!("draining");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    for server in serving {
        server.drained().await;
    }
    platform.engine.shutdown().await;
    if let Err(error) = platform.database.forget_deleted().await {
        tracing::warn!(%error, "what was deleted may stand in the log of the database until it is written over");
    }
    Ok(ExitCode::SUCCESS)
}

fn acceptor(config: &Config) -> anyhow::Result<TlsAcceptor> {
    let pem = certificate::load(config)?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem.certificate)
        .collect::<Result<_, _>>()
        .map_err(|error| anyhow::anyhow!("the certificate: {error}"))?;
    let key = PrivateKeyDer::from_pem_slice(&pem.key)
        .map_err(|error| anyhow::anyhow!("the private key: {error}"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("certificate and key")?;
    // One ticket serves the next connection of a client; two are two writes that nobody reads.
    tls.send_tls13_tickets = 1;
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

fn bind(config: &Config) -> anyhow::Result<Sockets> {
    let one =
        |address: &SocketAddr| listener::bind(*address).with_context(|| format!("listening on {address}"));
    let all = |addresses: &[SocketAddr]| addresses.iter().map(one).collect::<anyhow::Result<Vec<_>>>();
    Ok(Sockets {
        http: all(&config.listen.http)?,
        metrics: all(&config.listen.metrics)?,
        smtp: all(&config.listen.smtp)?,
        lmtp: all(&config.listen.lmtp)?,
        submission: all(&config.listen.submission)?,
        submissions: all(&config.listen.submissions)?,
        imap: all(&config.listen.imap)?,
        imaps: all(&config.listen.imaps)?,
    })
}

/// The links in notices: below the pages' origin, or at this machine where there is none.
async fn links(platform: &Platform, config: &Config) -> anyhow::Result<notice::Links> {
    let key = platform.keyring.secret(notice::LINK_KEY_NAME).await?;
    let here = || config.listen.http.first().map_or_else(String::new, |address| format!("http://{address}"));
    Ok(notice::Links::new(key, config.web.origin.clone().unwrap_or_else(here)))
}

/// From whom notices are.
fn sender(config: &Config) -> anyhow::Result<EmailAddress> {
    let default = || EmailAddress::parse(&format!("no-reply@{}", config.hostname));
    config.notice.from.clone().map_or_else(default, Ok).context("the sender of notices")
}

/// Tells people of limits.
fn tell(platform: &Platform, config: &Config) -> Tell {
    Tell {
        engine: Arc::clone(&platform.engine),
        people: Arc::clone(&platform.people),
        directory: Arc::clone(&platform.directory),
        language: config.notice.language,
    }
}

fn background(
    platform: &Arc<Platform>,
    config: &Config,
    links: notice::Links,
    (tasks, stop): (&TaskTracker, &CancellationToken),
) -> anyhow::Result<()> {
    let (store, directory) = (Arc::clone(&platform.store), Arc::clone(&platform.directory));
    platform
        .engine
        .effect(RetireMailboxes { store: Arc::clone(&store), directory: Arc::clone(&directory) })?;
    platform
        .engine
        .effect(SettleHeld { store: Arc::clone(&store), correspondents: platform.correspondents.clone() })?;
    platform.engine.effect(TellAdministrators {
        people: Arc::clone(&platform.people),
        directory: Arc::clone(&directory),
        engine: Arc::clone(&platform.engine),
        language: config.notice.language,
    })?;
    platform.engine.effect(TellStorage(tell(platform, config)))?;
    platform.engine.effect(RetainMessages(Arc::clone(&store)))?;
    platform.engine.effect(CountPools { store: Arc::clone(&store), directory: Arc::clone(&directory) })?;
    platform.engine.policy(OpenAdmitted)?;
    platform.engine.policy(AppointAdministrators { language: config.notice.language })?;
    platform.engine.policy(notice::TellPeople { language: config.notice.language })?;
    platform.engine.effect(PostNotices {
        store: Arc::clone(&store),
        directory: Arc::clone(&directory),
        people: Arc::clone(&platform.people),
        engine: Arc::clone(&platform.engine),
        links,
        from: sender(config)?,
        takes_answers: config.notice.tickets_by_mail,
    })?;
    platform.engine.effect(ErasePersons {
        keyring: Arc::clone(&platform.keyring),
        engine: Arc::clone(&platform.engine),
        store: Arc::clone(&store),
        door: platform.door.clone(),
        database: platform.database.clone(),
    })?;
    let watch = QuotaWatch { engine: Arc::clone(&platform.engine), directory, store: Arc::clone(&store) };
    tasks.spawn(watch.run(stop.clone()));
    tell_webhooks(platform, config, tasks, stop)?;
    let seen = Arc::clone(&platform.directory);
    let books = (platform.logins.clone(), platform.door.clone());
    tasks.spawn(upkeep::logins(books, seen, stop.clone()));
    tasks.spawn(upkeep::idle_tickets(Arc::clone(&platform.engine), stop.clone()));
    tasks.spawn(upkeep::index(Arc::clone(&store), stop.clone()));
    let known = (Arc::clone(&platform.engine), Arc::clone(&platform.directory));
    tasks.spawn(upkeep::purge(Arc::clone(&store), known, stop.clone()));
    tasks.spawn(reporting::purge(platform.reports.clone(), stop.clone()));
    tasks.spawn(upkeep::retries(platform.retries.clone(), stop.clone()));
    if config.database.url != crate::config::DatabaseUrl::Sqlite {
        tasks.spawn(upkeep::hear(store, stop.clone()));
    }
    Ok(())
}

/// Tells webhooks what happens.
fn tell_webhooks(
    platform: &Arc<Platform>,
    config: &Config,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let endpoints = Arc::new(Endpoints::default());
    let known = platform.engine.follow(Arc::clone(&endpoints))?;
    let outside = (webhook::caller(config)?, Arc::new(Words(Arc::clone(&platform.engine))) as Arc<dyn Body>);
    let engine = Arc::clone(&platform.engine);
    let teller = Teller::new(engine, endpoints, platform.deliveries.clone(), outside, Pace::default());
    tasks.spawn(teller.run(known, stop.clone()));
    Ok(())
}

/// Mail for other hosts leaves from here.
fn deliver(
    platform: &Platform,
    config: &Config,
    (dns, policies, senders): (Arc<dyn resolver::Dns>, outbound::Trusted, Rewritten),
    (registry, tasks, stop): (&Registry, &TaskTracker, &CancellationToken),
) -> anyhow::Result<Option<Arc<outbound::Outbound>>> {
    let metrics = outbound::Metrics::register(registry)?;
    if !config.outbound.enabled {
        return Ok(None);
    }
    let set = &config.outbound;
    let hostname = set.hostname.clone().unwrap_or_else(|| config.hostname.clone());
    let reachable = config.listen.smtp.iter().map(SocketAddr::ip);
    let reachable = reachable.filter(|address| !address.is_loopback() && !address.is_unspecified());
    let settings = outbound::Settings {
        hostname: hostname.clone(),
        sources: set.pools(&hostname)?,
        port: set.port,
        guard: outbound::Guard {
            own_names: vec![hostname, config.hostname.clone()],
            own_addresses: set.own_addresses.iter().copied().chain(reachable).collect(),
            allows_loopback: set.allow_loopback,
            allows_private: set.allow_private,
        },
        connection_count_max: set.connections,
        site_connection_count_max: set.site_connections,
        body_octets_max: set.body_memory_mib * 1024 * 1024,
    };
    for address in set.sources.iter().flat_map(|pool| &pool.addresses) {
        if let Err(error) = std::net::TcpListener::bind((*address, 0)) {
            tracing::error!(%address, %error, "this machine does not have an address of [[outbound.sources]]");
        }
    }
    let world = outbound::World {
        queue: Arc::clone(&platform.store) as Arc<dyn store::Queue>,
        directory: Arc::clone(&platform.directory),
        dns,
        policies: Arc::new(policies),
        routes: Arc::new(outbound::Routed::new(Arc::clone(&platform.directory), set.relays()?)),
        origins: Arc::new(senders),
        now: platform::now(),
        chance: Arc::new(outbound::Chance::fresh()),
        metrics,
    };
    let nodes = match config.database.url {
        crate::config::DatabaseUrl::Sqlite => outbound::Nodes::One,
        crate::config::DatabaseUrl::Postgres(_) => outbound::Nodes::Several,
    };
    let outbound = Arc::new(outbound::Outbound::new(settings, world, stop.clone()));
    let running = Arc::clone(&outbound);
    tasks.spawn(async move { running.run(nodes).await });
    Ok(Some(outbound))
}

/// The sites that mail goes to from here, as the API asks for them; none where nothing leaves from this node.
#[derive(Clone)]
struct Sites(Option<Arc<outbound::Outbound>>);

impl graphql::SiteSource for Sites {
    fn sites(&self, limit: usize) -> Vec<graphql::DeliverySite> {
        let views = self.0.as_ref().map(|outbound| outbound.sites(limit)).unwrap_or_default();
        let told = |view: outbound::SiteView| {
            let site = graphql::DeliverySite {
                site: view.site,
                pool: view.pool,
                policy: view.policy,
                waiting_count: u32::try_from(view.waiting_count).unwrap_or(u32::MAX),
                connection_count: view.connection_count,
                paused_until: view.open_until.map(Into::into),
                last_fault: None,
            };
            view.fault.iter().fold(site, |site, fault| site.failing(fault))
        };
        views.into_iter().map(told).collect()
    }
}

/// What every listener needs.
struct Wiring<'a> {
    sites: Sites,
    config: &'a Config,
    tls: TlsAcceptor,
    metrics: Metrics,
    room: DiskRoom,
    tasks: &'a TaskTracker,
    stop: &'a CancellationToken,
    dns: Arc<dyn resolver::Dns>,
    links: notice::Links,
}

impl Wiring<'_> {
    fn keys(&self) -> Arc<Keys> {
        Arc::new(Keys { zone: self.config.dkim.zone.clone() })
    }

    fn signers(&self, platform: &Platform) -> Arc<DomainSigners> {
        let days = u64::from(self.config.dkim.signature_days);
        let lifetime = (days > 0).then(|| Duration::from_secs(days * 86_400));
        let (engine, directory) = (Arc::clone(&platform.engine), Arc::clone(&platform.directory));
        Arc::new(DomainSigners::new(engine, directory, lifetime))
    }

    fn watch_keys(&self, platform: &Platform) {
        let days = u64::from(self.config.dkim.rotation_days);
        let watch = KeyWatch {
            engine: Arc::clone(&platform.engine),
            directory: Arc::clone(&platform.directory),
            keys: self.keys(),
            dns: Arc::new(Txt(Arc::clone(&self.dns))),
            special_names: self.special_names(),
            rotation: (days > 0).then(|| Duration::from_secs(days * 86_400)),
        };
        self.tasks.spawn(watch.run(self.stop.clone()));
        if let (Some(apex), Some(path)) = (self.config.dkim.apex(), self.config.dkim.zone_file.clone()) {
            let (engine, directory) = (Arc::clone(&platform.engine), Arc::clone(&platform.directory));
            let records = KeyRecords::new(engine, directory, apex.zone.clone());
            self.tasks.spawn(KeyZone { records, apex, path }.run(self.stop.clone()));
        }
    }

    /// Whether the resolvers may know names that nobody can have.
    const fn special_names(&self) -> SpecialNames {
        if self.config.dns.servers.is_empty() { SpecialNames::Skipped } else { SpecialNames::Asked }
    }

    /// Looks at the DNS records of all domains, unless the operator wants none of it.
    fn watch_dns(&self, platform: &Platform, checks: &Arc<graphql::DnsChecks>) {
        let minutes = u64::from(self.config.dns.recheck_minutes);
        if minutes == 0 {
            return;
        }
        let watch = DnsWatch {
            engine: Arc::clone(&platform.engine),
            directory: Arc::clone(&platform.directory),
            people: Arc::clone(&platform.people),
            checks: Arc::clone(checks),
            standings: platform.standings.clone(),
            every: Duration::from_secs(minutes * 60),
            special_names: self.special_names(),
            language: self.config.notice.language,
        };
        self.tasks.spawn(watch.run(self.stop.clone()));
    }

    /// Tells other hosts how TLS towards them goes, where the operator has said from whom.
    fn report_tls(&self, platform: &Platform, tally: Arc<outbound::Tally>) -> anyhow::Result<()> {
        let set = &self.config.outbound.tls_reports;
        let Some(from) = set.from.clone() else { return Ok(()) };
        let reports = TlsReports {
            tally,
            results: platform.tls_results.clone(),
            dns: Arc::clone(&self.dns),
            store: Arc::clone(&platform.store) as Arc<dyn store::Store>,
            signers: self.signers(platform),
            caller: webhook::caller(self.config)?,
            from,
            organization: set.organization.clone().unwrap_or_else(|| self.config.hostname.to_string()),
        };
        self.tasks.spawn(reports.run(self.stop.clone()));
        Ok(())
    }

    /// Reads reports of other hosts.
    fn intake(&self, platform: &Platform) -> TakeReports {
        let feedback = self.config.report.feedback.clone();
        let default = || EmailAddress::parse(&format!("feedback@{}", self.config.hostname)).ok();
        TakeReports::new(
            (Arc::clone(&platform.directory), Arc::clone(&platform.engine)),
            (platform.reports.clone(), Arc::clone(&platform.store)),
            (feedback.or_else(default), self.config.report.feedback_loops.clone()),
        )
    }

    /// Tells domains what comes in their name, where the operator has said from whom; what is counted for it.
    fn report_dmarc(
        &self,
        platform: &Platform,
        intake: Arc<dyn smtp::ReportIntake>,
    ) -> Option<Arc<smtp::DmarcTally>> {
        let set = &self.config.inbound.dmarc_reports;
        let from = set.from.clone()?;
        let tally = Arc::<smtp::DmarcTally>::default();
        let reports = DmarcReports {
            tally: Arc::clone(&tally),
            observations: platform.dmarc_observations.clone(),
            dns: Arc::clone(&self.dns),
            store: Arc::clone(&platform.store) as Arc<dyn store::Store>,
            directory: Arc::clone(&platform.directory),
            intake,
            signers: self.signers(platform),
            from,
            organization: set.organization.clone().unwrap_or_else(|| self.config.hostname.to_string()),
        };
        self.tasks.spawn(reports.run(self.stop.clone()));
        Some(tally)
    }

    fn postmasters(&self, platform: &Platform) -> Arc<dyn smtp::Postmasters> {
        let operator = self.config.inbound.postmaster.clone();
        if operator.is_none() {
            tracing::warn!(
                "nobody reads what is written to postmaster and abuse of this host, and of domains whose people have no \
                 mailbox here: it is refused; `inbound.postmaster` names who does"
            );
        }
        let (people, directory) = (Arc::clone(&platform.people), Arc::clone(&platform.directory));
        Arc::new(FindPostmasters { people, directory, operator })
    }

    async fn mail(
        &self,
        platform: &Platform,
        (exchange, lmtp): (Vec<TcpListener>, Vec<TcpListener>),
        (submission, submissions): (Vec<TcpListener>, Vec<TcpListener>),
        (imap, imaps): (Vec<TcpListener>, Vec<TcpListener>),
        open: &mut Vec<Open>,
    ) -> anyhow::Result<()> {
        let smtp = |role| {
            let settings = smtp::Settings {
                hostname: self.config.hostname.clone(),
                message_size_max: self.config.limits.message_size,
                memory_octets_max: self.config.limits.memory_octets_max(),
            };
            let (directory, store) = (Arc::clone(&platform.directory), Arc::clone(&platform.store));
            smtp::Server::new(role, settings, directory, store, (self.tls.clone(), platform::now()))
        };
        let srs = sign::Srs::new(&platform.keyring.secret("srs").await?, self.config.hostname.clone());
        let (trace, writer) = smtp::Trace::new(Arc::clone(&platform.store) as Arc<dyn store::Queue>);
        self.tasks.spawn(writer.run());
        let (bounces, reader) = HearBounces::new(Arc::clone(&platform.store));
        self.tasks.spawn(reader.run(self.stop.clone()));
        let bounces = Arc::new(bounces);
        let confirm = Arc::new(Confirmations {
            directory: Arc::clone(&platform.directory),
            hostname: self.config.hostname.clone(),
        });
        let (limits, teller) = LimitNotices::new(tell(platform, self.config));
        self.tasks.spawn(teller.run(self.stop.clone()));
        let limits = Arc::new(limits);
        let postmasters = self.postmasters(platform);
        let smtp = |role| {
            let server = smtp(role).traced(Arc::clone(&trace)).within(self.room.clone());
            // Whoever receives counts as well: what strangers have aliases pass on is limited.
            let server = server.counting(platform.sends.clone());
            let server = server.telling_limits(Arc::clone(&limits) as Arc<dyn smtp::LimitWatch>);
            let server = server.hearing_bounces(Arc::clone(&bounces) as Arc<dyn smtp::Bounces>);
            let server = server.reaching_postmasters(Arc::clone(&postmasters));
            server.confirming(Arc::clone(&confirm) as Arc<dyn smtp::Confirm>)
        };
        let reports = self.intake(platform);
        let tickets = self.config.notice.tickets_by_mail.then(|| {
            let files = desk::files(&platform.engine, &platform.blobs);
            Ok::<_, anyhow::Error>(AnswerTickets::new(files, self.links.clone(), sender(self.config)?.domain))
        });
        let intake = Arc::new(Intakes { tickets: tickets.transpose()?, reports });
        let mut stages = self.config.inbound.stages(Arc::clone(&self.dns), platform.retries.clone());
        if let Some(tally) = self.report_dmarc(platform, Arc::clone(&intake) as Arc<dyn smtp::ReportIntake>) {
            stages = stages.counting(tally);
        }
        let outside = |role| {
            smtp(role)
                .forwarding(srs.clone())
                .taking_reports(Arc::clone(&intake) as Arc<dyn smtp::ReportIntake>)
        };
        let mut exchange_server = outside(smtp::Role::Exchange).checked_by(Arc::new(stages));
        if self.config.inbound.seals_forwards {
            exchange_server = exchange_server.sealing(self.signers(platform));
        }
        let exchange_server = Arc::new(exchange_server);
        let lmtp_server = Arc::new(outside(smtp::Role::LocalDelivery));
        let submission_server = smtp(smtp::Role::Submission).signing(self.signers(platform));
        let watch = Arc::new(SendingWatch {
            engine: Arc::clone(&platform.engine),
            directory: Arc::clone(&platform.directory),
            correspondents: platform.correspondents.clone(),
        });
        self.tasks.spawn(Arc::clone(&watch).forget(self.stop.clone()));
        let submission_server = Arc::new(submission_server.watched(watch));
        let imap_server = imap::Server::new(
            imap::Settings {
                message_size_max: self.config.limits.message_size,
                memory_octets_max: self.config.limits.memory_octets_max(),
            },
            Arc::clone(&platform.directory),
            Arc::clone(&platform.store) as Arc<dyn store::Store>,
            self.tls.clone(),
            platform::now(),
        );
        let imap_server = Arc::new(imap_server.within(self.room.clone()));
        self.listen("SMTP", exchange, Security::Opportunistic, &exchange_server, open)?;
        self.listen("LMTP", lmtp, Security::Opportunistic, &lmtp_server, open)?;
        self.listen("submission (STARTTLS)", submission, Security::Opportunistic, &submission_server, open)?;
        self.listen("submission (TLS)", submissions, Security::Implicit, &submission_server, open)?;
        self.listen("IMAP (STARTTLS)", imap, Security::Opportunistic, &imap_server, open)?;
        self.listen("IMAP (TLS)", imaps, Security::Implicit, &imap_server, open)
    }

    fn listen<P: Protocol>(
        &self,
        name: &'static str,
        sockets: Vec<TcpListener>,
        security: Security,
        protocol: &Arc<P>,
        open: &mut Vec<Open>,
    ) -> anyhow::Result<()> {
        for socket in sockets {
            open.push(Open { name, address: socket.local_addr()? });
            let limits = Limits {
                connections: self.config.limits.connections,
                connections_per_peer: self.config.limits.connections_per_peer,
            };
            let (tls, metrics) = (self.tls.clone(), self.metrics.clone());
            let listener = Listener { socket, security, tls, limits, metrics };
            self.tasks.spawn(listener.serve(Arc::clone(protocol), self.stop.clone()));
        }
        Ok(())
    }

    /// Asks for passkeys where the pages have a name: the operator's, or this machine's own.
    async fn passkeys(
        &self,
        platform: &Platform,
        http_port: u16,
    ) -> anyhow::Result<Option<Arc<graphql::Passkeys>>> {
        let key = platform.keyring.secret(graphql::PASSKEY_KEY_NAME).await?;
        let here = || {
            if http_port == 80 {
                "http://localhost".to_owned()
            } else {
                format!("http://localhost:{http_port}")
            }
        };
        let origin = self.config.web.origin.clone().unwrap_or_else(here);
        Ok(graphql::Passkeys::new(&origin, key).map(Arc::new))
    }

    /// Asks about YubiKeys where the operator says whom.
    fn yubikeys(&self) -> anyhow::Result<Option<yubikey::Verifier>> {
        let Some(yubico) = &self.config.yubico else { return Ok(None) };
        Ok(Some(yubico.verifier(webhook::caller(self.config)?)?))
    }

    async fn http(
        &self,
        platform: &Arc<Platform>,
        registry: Registry,
        sockets: Vec<TcpListener>,
        metrics: Vec<TcpListener>,
        open: &mut Vec<Open>,
    ) -> anyhow::Result<Vec<web::Serving>> {
        let secret = platform.keyring.secret(ACCESS_KEY_NAME).await?;
        let mail = Arc::new(Mail(Arc::clone(&platform.store)));
        let http_port = sockets.first().map_or(Ok(0), |socket| socket.local_addr().map(|at| at.port()))?;
        let setup = setup::of(self.config, &platform.directory, open, http_port);
        let names = setup::names(self.config, &setup.offer)?;
        let sts_ids = setup::sts_ids(self.config, &setup.offer);
        let checks = Arc::new(graphql::DnsChecks::new(Arc::clone(&self.dns), names).with_sts(sts_ids));
        self.watch_dns(platform, &checks);
        let facts = graphql::Facts {
            server_name: self.config.hostname.to_string(),
            host_names: setup::host_names(self.config),
            data_centre: self.config.data_centre(),
            network_key: platform.keyring.secret(graphql::NETWORK_KEY_NAME).await?,
        };
        let api = Api::new(graphql::Platform {
            engine: Arc::clone(&platform.engine),
            directory: Arc::clone(&platform.directory),
            people: Arc::clone(&platform.people),
            access_key: Arc::new(AccessKey::new(&secret)),
            sign_ins: Arc::new(SignIns::new(SIGN_IN_COUNT_MAX)),
            door: platform.door.clone(),
            passkeys: self.passkeys(platform, http_port).await?,
            yubikeys: self.yubikeys()?,
            usage: mail,
            sends: Arc::new(SentRecipients {
                directory: Arc::clone(&platform.directory),
                sends: platform.sends.clone(),
                now: platform::now(),
            }),
            queue: Arc::clone(&platform.store) as Arc<dyn store::Queue>,
            certificates: Arc::new(certificate::Served::read(self.config)?),
            sites: Arc::new(self.sites.clone()),
            reports: platform.reports.clone(),
            deliveries: Arc::new(Log(platform.deliveries.clone())),
            blobs: platform.blobs.clone(),
            facts,
            logins: Arc::new(platform.logins.clone()),
            txt: Arc::new(Txt(Arc::clone(&self.dns))),
            dns: checks,
            standings: platform.standings.clone(),
            notices: graphql::Notices {
                links: self.links.clone(),
                language: self.config.notice.language,
                is_sign_up_open: self.config.notice.sign_up,
            },
            dkim: self.keys(),
            retention: Duration::from_secs(u64::from(self.config.retention_days) * 86_400),
            mode: match self.config.mode {
                Mode::Development => graphql::Mode::Development,
                Mode::Production => graphql::Mode::Production,
            },
        });
        let servers =
            open.iter().map(|open| web::Server { name: open.name, port: open.address.port() }).collect();
        let landing = Landing {
            hostname: self.config.hostname.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            servers,
        };
        let proxies = web::Proxies::new(&self.config.web.trusted_proxies);
        let has_own_metrics = !metrics.is_empty();
        let router = web::router(Options {
            api,
            landing,
            retention_days: self.config.retention_days,
            ready: Arc::new(Parts(Arc::clone(platform))),
            metrics: (!has_own_metrics).then(|| registry.clone()),
            site: web::Site { origin: self.config.web.origin.clone() },
            demo: demo::shown(&self.config.demo),
            setup,
            mail: Arc::new(TakenAlong(export::Downloads::new(Arc::clone(&platform.store), platform::now()))),
            sessions: web::Sessions::default(),
            proxies: proxies.clone(),
            // Under an origin of its own the pages are behind a proxy that ends TLS.
            transport: if self.config.web.origin.is_some() { Transport::Tls } else { Transport::Plain },
            drain: self.stop.clone(),
        });
        let mut serving = Vec::new();
        for socket in sockets {
            open.push(Open { name: "HTTP (API, health)", address: socket.local_addr()? });
            serving.push(web::serve(socket, Plain, (router.clone(), proxies.clone()), self.stop.clone())?);
        }
        for socket in metrics {
            open.push(Open { name: "HTTP (metrics)", address: socket.local_addr()? });
            serving.push(web::serve(
                socket,
                Plain,
                (web::metrics_router(registry.clone()), proxies.clone()),
                self.stop.clone(),
            )?);
        }
        Ok(serving)
    }
}

/// The parts that the node needs to work.
struct Parts(Arc<Platform>);

impl Ready for Parts {
    fn check(&self) -> Pin<Box<dyn Future<Output = Readiness> + Send + '_>> {
        Box::pin(async {
            let mut readiness = Readiness::default();
            let answers = async |work: &mut (dyn Future<Output = bool> + Send + Unpin)| {
                tokio::time::timeout(Duration::from_secs(1), work).await.unwrap_or(false)
            };
            let mut control = Box::pin(async { self.0.engine.ping().await.is_ok() });
            if !answers(&mut control).await {
                readiness.missing.push("control plane");
            }
            let mut mail = Box::pin(async { store::Store::queued(&*self.0.store, None, 0, 1).await.is_ok() });
            if !answers(&mut mail).await {
                readiness.missing.push("message store");
            }
            readiness
        })
    }
}

async fn until_signal() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
