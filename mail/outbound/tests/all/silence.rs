//! Hosts that fall silent before, in and after the handshake or at a login, and whoever takes TLS away between here and there:
//! what becomes of the mail, and of everybody else's.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hosting::tls_policy::TlsLevel;
use kernel::DomainName;
use outbound::limits::{HANDSHAKE_WAIT, HELLO_WAIT};
use outbound::{Credentials, OwnRelay, Protocol, Relay, Routed, Through};
use store::{Queueing, RecipientState};

use crate::farm::{Manners, Tls};
use crate::stage::{HOUR_MILLIS, modern, states};
use crate::tls::{DOMAIN, Guarded, certified, order, ordered, policy, sha256, strict_mailbox, stripped};

const DAY_SECS: i64 = 86_400;

/// Everybody here waits as long, at once.
async fn time_passes(wait: Duration) {
    tokio::time::pause();
    tokio::time::advance(wait).await;
    tokio::time::resume();
}

impl Guarded {
    /// Sends a message to a host that falls silent, sees that another tenant's mail passes meanwhile, and lets the time for an
    /// answer run out; what became of the message, why, and whether it came encrypted where it came.
    async fn falls_silent(&self, wait: Duration) -> (RecipientState, String, Option<bool>) {
        let stage = &self.stage;
        let silent_before = self.host.stalled_count.load(Ordering::Relaxed);
        let taken_before = self.host.taken().len();
        let id = stage.submit(&[&format!("u@{DOMAIN}")]).await;
        let is_silent = || self.host.stalled_count.load(Ordering::Relaxed) > silent_before;
        stage.until("the host falls silent", is_silent).await;
        self.others_pass().await;
        assert_eq!(states(&stage.entries(id).await), [RecipientState::Leased], "nobody gives up early");
        time_passes(wait + Duration::from_secs(1)).await;
        let entries = stage.tried(id, 1).await;
        let came = self.host.taken().get(taken_before).map(|taken| taken.is_encrypted);
        (entries[0].state, entries[0].last.text.clone(), came)
    }

    /// Mail of another tenant to a host without trouble arrives.
    async fn others_pass(&self) {
        let id = self.stage.submit_of(2, Some("z@other.example"), &["u@c.example"]).await;
        assert_eq!(states(&self.stage.tried(id, 1).await), [RecipientState::Delivered]);
    }

    /// The host behaves, and everything that waits arrives under TLS.
    async fn is_mended(&self, manners: Manners, count: usize) {
        self.host.change(manners).await;
        self.stage.pass(5 * HOUR_MILLIS);
        self.stage.waiting(0).await;
        let taken = self.host.taken();
        assert_eq!(taken.len(), count, "{taken:?}");
        assert!(taken.iter().all(|taken| taken.is_encrypted), "{taken:?}");
    }
}

/// Where a host may fall silent about TLS, how long it has, and what is said of it.
const POINTS: [(&str, Duration, &str); 3] = [
    ("STARTTLS", HELLO_WAIT, "TLS failed: silent for too long after STARTTLS"),
    ("handshake", HANDSHAKE_WAIT, "TLS failed: the handshake takes too long"),
    ("EHLO under TLS", HELLO_WAIT, "silent for too long after EHLO"),
];

#[tokio::test]
async fn a_host_that_falls_silent_around_a_handshake_that_is_demanded_makes_its_mail_wait_and_no_other() {
    for (at, wait, why) in POINTS {
        let mut guarded = Guarded::new().await;
        guarded.stage.host(&["c.example"], modern()).await;
        let text = policy("enforce", &guarded.host, DAY_SECS);
        guarded.serve("1", text);
        guarded.host.change(Manners { stalls_at: Some(at), ..certified(&guarded.own) }).await;
        guarded.run();
        let (state, text, came) = guarded.falls_silent(wait).await;
        assert_eq!((state, came), (RecipientState::Scheduled, None), "{at}: {text}");
        assert_eq!(text, why);
        guarded.is_mended(certified(&guarded.own), 1).await;
        guarded.stage.end().await;
    }
}

#[tokio::test]
async fn where_nobody_demands_tls_a_handshake_without_an_end_is_done_without() {
    for (at, wait, why) in POINTS {
        let mut guarded = Guarded::new().await;
        guarded.stage.host(&["c.example"], modern()).await;
        guarded.host.change(Manners { stalls_at: Some(at), ..certified(&guarded.own) }).await;
        guarded.run();
        let (state, text, came) = guarded.falls_silent(wait).await;
        if at == "EHLO under TLS" {
            // It speaks TLS, and then not at all.
            assert_eq!((state, came, text.as_str()), (RecipientState::Scheduled, None, why));
        } else {
            assert_eq!((state, came), (RecipientState::Delivered, Some(false)), "{at}: {text}");
        }
        guarded.stage.end().await;
    }
}

#[tokio::test]
async fn a_relay_that_falls_silent_or_hangs_up_at_the_login_makes_its_mail_wait_and_no_other() {
    let mut guarded = Guarded::new().await;
    guarded.stage.host(&["c.example"], modern()).await;
    let relay = Relay {
        through: Through::RelayOfPlatform,
        host: DomainName::parse(&guarded.host.name()).expect("a name"),
        port: guarded.stage.farm.port,
        protocol: Protocol::Smtp,
        credentials: Some(Credentials { login: "us".to_owned(), password: "secret".into() }),
    };
    let own = OwnRelay { domains: vec![DomainName::parse("sender.example").expect("a name")], relay };
    let directory = Arc::clone(&guarded.stage.directory);
    guarded.stage.routes = Arc::new(Routed::new(directory, vec![own]));
    let offering = Manners { offers_under_tls: vec!["AUTH PLAIN"], ..certified(&guarded.own) };
    guarded.host.change(Manners { stalls_at: Some("AUTH"), ..offering.clone() }).await;
    guarded.run();
    let (state, text, came) = guarded.falls_silent(HELLO_WAIT).await;
    assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
    assert_eq!(text, "silent for too long after AUTH");
    guarded.host.change(Manners { drops_at: Some("AUTH"), ..offering.clone() }).await;
    guarded.stage.pass(HOUR_MILLIS);
    guarded.waits("closed the connection after AUTH").await;
    guarded.others_pass().await;
    guarded.is_mended(offering, 2).await;
    guarded.stage.end().await;
}

/// What demands TLS.
enum Demand {
    Ordered(TlsLevel),
    Policy,
    /// A record in signed DNS.
    Record((u8, u8, u8), Vec<u8>),
    Mailbox,
}

#[tokio::test]
async fn whoever_takes_the_offer_of_tls_away_or_breaks_it_gets_nothing_that_demands_it() {
    let attempts = [
        (stripped(), "TLS is required and not offered"),
        (Manners { says: vec![("STARTTLS", "454 4.7.0 not now".to_owned())], ..modern() }, "TLS failed: 454"),
        (Manners { says: vec![("STARTTLS", "\u{1}what".to_owned())], ..modern() }, "TLS failed"),
        (Manners { drops_at: Some("STARTTLS"), ..modern() }, "TLS failed: closed"),
        (Manners { drops_at: Some("handshake"), ..modern() }, "TLS failed"),
        (Manners { tls: Tls::Broken, ..modern() }, "TLS failed"),
    ];
    let demands = [
        Demand::Ordered(TlsLevel::Encrypt),
        Demand::Ordered(TlsLevel::Verify),
        Demand::Policy,
        Demand::Mailbox,
        // One that fits, and some of which nothing can be made: TLS all the same (RFC 7672 section 2.2).
        Demand::Record((3, 0, 1), Vec::new()),
        Demand::Record((0, 0, 1), vec![1; 32]),
        Demand::Record((3, 0, 1), vec![1; 31]),
        Demand::Record((9, 9, 9), vec![1; 32]),
    ];
    for demand in demands {
        let mut guarded = Guarded::new().await;
        guarded.stage.host(&["c.example"], modern()).await;
        let mut queueing = Queueing::default();
        let directory = Arc::clone(&guarded.stage.directory);
        match demand {
            Demand::Ordered(level) => order(&directory, ordered(level)),
            Demand::Policy => {
                let text = policy("enforce", &guarded.host, 10 * DAY_SECS);
                guarded.serve("1", text);
            }
            Demand::Record(kind, association) => {
                let right = || sha256(&guarded.own.leaf);
                let association = if association.is_empty() { right() } else { association };
                guarded.sign(kind, association);
            }
            Demand::Mailbox => queueing.mailbox = Some(strict_mailbox(&directory)),
        }
        guarded.run();
        for (manners, why) in &attempts {
            guarded.host.change(manners.clone()).await;
            // A breaker that has counted these faults is no part of this.
            guarded.stage.pass(HOUR_MILLIS);
            let (state, text, came) = guarded.send(queueing.clone()).await;
            assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
            assert!(text.contains(why), "{why}: {text}");
            guarded.others_pass().await;
        }
        guarded.is_mended(certified(&guarded.own), attempts.len()).await;
        guarded.stage.end().await;
    }
}
