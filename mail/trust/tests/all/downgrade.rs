//! What nobody between us and a host can take away: a table over DNS, policies, certificates and missing offers.

use std::sync::Arc;

use crate::farm::{Chain, Delivery, Offer, chain, deliver, host};
use async_trait::async_trait;
use kernel::Timestamp;
use resolver::{Dns, DnsError, Kind, Name, Record, Security, Zone};
use ring::digest::{SHA256, digest};
use trust::{Basis, Fetch, FetchFault, Level, NameRule, Order, Shop, Trust, TrustFault, Wish};

const ENFORCE: &str = "version: STSv1\nmode: enforce\nmx: mx.dest.example\nmax_age: 86400\n";

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// The policy that HTTPS serves, if any.
struct Served(Option<String>);

#[async_trait]
impl Fetch for Served {
    async fn policy(&self, _: &Name) -> Result<String, FetchFault> {
        self.0.clone().ok_or(FetchFault::Connect)
    }
}

/// What DNS and HTTPS say, and what was ordered.
#[derive(Clone)]
struct Case {
    tlsa: Vec<Record>,
    failing: Option<DnsError>,
    security: Security,
    policy: Option<String>,
    order: Option<Order>,
    wish: Wish,
}

fn plain() -> Case {
    Case {
        tlsa: vec![],
        failing: None,
        security: Security::Insecure,
        policy: None,
        order: None,
        wish: Wish::Usual,
    }
}

fn dane(records: Vec<Record>) -> Case {
    Case { tlsa: records, security: Security::Secure, ..plain() }
}

fn sts(policy: &str) -> Case {
    Case { policy: Some(policy.to_owned()), ..plain() }
}

fn ordered(order: Order) -> Case {
    Case { order: Some(order), ..plain() }
}

fn tlsa(usage: u8, selector: u8, matching: u8, association: &[u8]) -> Record {
    Record::Tlsa { usage, selector, matching, association: association.to_vec() }
}

/// The judgement, and how a message then arrives.
async fn outcome(case: &Case, chain: &Chain, offer: Offer) -> Result<(Delivery, Basis), TrustFault> {
    let mut zone = Zone::new();
    let tlsa = name("_25._tcp.mx.dest.example");
    zone.add(name("mx.dest.example"), Record::A([127, 0, 0, 1].into()));
    for record in &case.tlsa {
        zone.add(tlsa.clone(), record.clone());
    }
    if let Some(error) = case.failing {
        zone.fail(tlsa, Kind::Tlsa, error);
    }
    if case.policy.is_some() {
        zone.add(name("_mta-sts.dest.example"), Record::Txt(b"v=STSv1; id=1".to_vec()));
    }
    let zone: Arc<dyn Dns> = Arc::new(if case.security == Security::Secure { zone.secure() } else { zone });
    let shop = Shop::new(chain.roots()).expect("protocols");
    let trust = Trust::new(zone, Arc::new(Served(case.policy.clone())), shop);
    let now = Timestamp::from_secs(1_800_000_000);
    let destination = trust.destination(&name("dest.example"), case.order.clone(), case.wish, now).await;
    let verdict = trust.host(&destination, (&name("mx.dest.example"), 25), case.security).await?;
    Ok((deliver(&verdict.demand, host(offer).await).await, verdict.basis))
}

async fn delivery(case: &Case, chain: &Chain, offer: Offer) -> Result<Delivery, TrustFault> {
    outcome(case, chain, offer).await.map(|(delivery, _)| delivery)
}

/// How a message arrives at a host with TLS, one that somebody takes the offer from, and one that speaks garbage.
async fn row(case: &Case, chain: &Chain) -> [Delivery; 3] {
    let mut found = [Delivery::Nothing; 3];
    for (place, offer) in
        [Offer::Tls(chain.acceptor()), Offer::Stripped, Offer::Garbage].into_iter().enumerate()
    {
        found[place] = delivery(case, chain, offer).await.expect("a judgement");
    }
    found
}

const ANYHOW: [Delivery; 3] = [Delivery::Encrypted, Delivery::Clear, Delivery::Clear];
const ONLY_TLS: [Delivery; 3] = [Delivery::Encrypted, Delivery::Nothing, Delivery::Nothing];
const NEVER: [Delivery; 3] = [Delivery::Nothing; 3];

fn sha256(octets: &[u8]) -> Vec<u8> {
    digest(&SHA256, octets).as_ref().to_vec()
}

fn key_hash(chain: &Chain) -> Vec<u8> {
    let parsed = rustls::server::ParsedCertificate::try_from(&chain.leaf).expect("a certificate");
    sha256(&parsed.subject_public_key_info())
}

#[tokio::test]
async fn without_policies_tls_is_used_where_it_is_there() {
    let stranger = chain("other.example");
    assert_eq!(row(&plain(), &stranger).await, ANYHOW);
}

#[tokio::test]
async fn proven_tlsa_records_are_matched_or_nothing_is_sent() {
    let (own, other) = (chain("mx.dest.example"), chain("other.example"));
    let (key, certificate) = (key_hash(&own), sha256(&own.leaf));
    for (record, expected) in [
        (tlsa(3, 1, 1, &key), ONLY_TLS),
        (tlsa(3, 0, 1, &certificate), ONLY_TLS),
        (tlsa(3, 0, 0, &own.leaf), ONLY_TLS),
        (tlsa(2, 0, 1, &sha256(&own.root)), ONLY_TLS),
        (tlsa(2, 0, 0, &own.root), ONLY_TLS),
        (tlsa(3, 1, 1, &key_hash(&other)), NEVER),
        (tlsa(2, 0, 1, &sha256(&other.root)), NEVER),
        (tlsa(2, 0, 0, &other.root), NEVER),
        // None that can be used: TLS, without saying whose.
        (tlsa(1, 1, 1, &key_hash(&other)), ONLY_TLS),
        (tlsa(0, 0, 1, &key), ONLY_TLS),
        (tlsa(3, 1, 9, &key), ONLY_TLS),
        (tlsa(3, 1, 1, b"too short"), ONLY_TLS),
    ] {
        assert_eq!(row(&dane(vec![record.clone()]), &own).await, expected, "{record:?}");
    }
    let rollover = dane(vec![tlsa(3, 1, 1, &key_hash(&other)), tlsa(3, 1, 1, &key)]);
    assert_eq!(row(&rollover, &own).await, ONLY_TLS);
    // One that cannot be used does not weaken one that can.
    let mixed = dane(vec![tlsa(0, 0, 1, &key), tlsa(3, 1, 1, &key_hash(&other))]);
    assert_eq!(row(&mixed, &own).await, NEVER);
}

#[tokio::test]
async fn names_matter_below_an_anchor_and_not_for_the_host_s_own_certificate() {
    let stranger = chain("other.example");
    assert_eq!(row(&dane(vec![tlsa(3, 1, 1, &key_hash(&stranger))]), &stranger).await, ONLY_TLS);
    assert_eq!(row(&dane(vec![tlsa(2, 0, 1, &sha256(&stranger.root))]), &stranger).await, NEVER);
    // The destination's own name is as good as the host's.
    let destination = chain("dest.example");
    assert_eq!(row(&dane(vec![tlsa(2, 0, 1, &sha256(&destination.root))]), &destination).await, ONLY_TLS);
}

#[tokio::test]
async fn records_that_are_not_proven_count_for_nothing_and_silence_defers() {
    let own = chain("mx.dest.example");
    let mut unproven = dane(vec![tlsa(3, 1, 1, &[0; 32])]);
    unproven.security = Security::Insecure;
    assert_eq!(row(&unproven, &own).await, ANYHOW);
    for error in [DnsError::Bogus, DnsError::Timeout, DnsError::Failed] {
        let silent = Case { failing: Some(error), ..dane(vec![]) };
        let judged = delivery(&silent, &own, Offer::Tls(own.acceptor())).await;
        assert_eq!(judged, Err(TrustFault::Dns(error)));
    }
    let none = Case { failing: Some(DnsError::NoRecords(Security::Secure)), ..dane(vec![]) };
    assert_eq!(row(&none, &own).await, ANYHOW);
}

#[tokio::test]
async fn an_enforced_policy_wants_a_trusted_certificate_of_a_named_host() {
    let own = chain("mx.dest.example");
    assert_eq!(row(&sts(ENFORCE), &own).await, ONLY_TLS);
    let misnamed = chain("other.example");
    assert_eq!(row(&sts(ENFORCE), &misnamed).await, NEVER);
    let untrusted = Offer::Tls(chain("mx.dest.example").acceptor());
    assert_eq!(delivery(&sts(ENFORCE), &own, untrusted).await, Ok(Delivery::Nothing));
    let elsewhere = sts(&ENFORCE.replace("mx.dest", "mx.else"));
    assert_eq!(delivery(&elsewhere, &own, Offer::Tls(own.acceptor())).await, Err(TrustFault::NotNamed));
    for mode in ["testing", "none"] {
        assert_eq!(row(&sts(&ENFORCE.replace("enforce", mode)), &misnamed).await, ANYHOW, "{mode}");
    }
}

#[tokio::test]
async fn dane_goes_before_a_policy() {
    let own = chain("mx.dest.example");
    let good = Case { policy: Some(ENFORCE.to_owned()), ..dane(vec![tlsa(3, 1, 1, &key_hash(&own))]) };
    let stranger = chain("authority.example");
    // Nobody trusts the authority of this certificate but DNS.
    let (delivery, basis) = outcome(&good, &stranger, Offer::Tls(own.acceptor())).await.expect("a judgement");
    assert_eq!(delivery, Delivery::Encrypted);
    assert!(matches!(basis, Basis::Dane(_)), "{basis:?}");
    let bad = Case { policy: Some(ENFORCE.to_owned()), ..dane(vec![tlsa(3, 1, 1, &[0; 32])]) };
    assert_eq!(row(&bad, &own).await, NEVER, "the policy alone would have let it through");
}

#[tokio::test]
async fn orders_hold_whatever_the_destination_says() {
    let (own, other) = (chain("mx.dest.example"), chain("other.example"));
    let domain = chain("dest.example");
    let level = |level| ordered(Order::of(level));
    assert_eq!(row(&level(Level::None), &own).await, [Delivery::Clear; 3]);
    assert_eq!(row(&level(Level::May), &other).await, ANYHOW);
    assert_eq!(row(&level(Level::Encrypt), &other).await, ONLY_TLS);
    assert_eq!(row(&level(Level::Dane), &other).await, ANYHOW);
    assert_eq!(row(&level(Level::Verify), &own).await, ONLY_TLS);
    assert_eq!(row(&level(Level::Verify), &other).await, NEVER);
    assert_eq!(row(&level(Level::Secure), &domain).await, ONLY_TLS);
    assert_eq!(row(&level(Level::Secure), &other).await, NEVER);
    // Below the destination's name as well.
    assert_eq!(row(&level(Level::Secure), &own).await, ONLY_TLS);
    let named = |rule: &str| {
        let names = vec![NameRule::parse(rule).expect("a rule")];
        ordered(Order { names, ..Order::of(Level::Verify) })
    };
    assert_eq!(row(&named("other.example"), &other).await, ONLY_TLS);
    assert_eq!(row(&named(".example"), &other).await, ONLY_TLS);
    assert_eq!(row(&named(".ther.example"), &other).await, NEVER);
    assert_eq!(row(&named("hostname"), &other).await, NEVER);
    let prints = |print: Vec<u8>| {
        let print = <[u8; 32]>::try_from(print).expect("a print");
        ordered(Order { fingerprints: vec![print], ..Order::of(Level::Fingerprint) })
    };
    assert_eq!(row(&prints(sha256(&other.leaf)), &other).await, ONLY_TLS);
    assert_eq!(row(&prints(key_hash(&other)), &other).await, ONLY_TLS);
    assert_eq!(row(&prints(key_hash(&own)), &other).await, NEVER);
    let only = level(Level::DaneOnly);
    assert_eq!(delivery(&only, &own, Offer::Stripped).await, Err(TrustFault::NoDane));
    let useless = Case { order: only.order.clone(), ..dane(vec![tlsa(0, 0, 1, &[0; 32])]) };
    assert_eq!(delivery(&useless, &own, Offer::Stripped).await, Err(TrustFault::NoDane));
    let proven = Case { order: only.order, ..dane(vec![tlsa(3, 1, 1, &key_hash(&own))]) };
    assert_eq!(row(&proven, &own).await, ONLY_TLS);
}

#[tokio::test]
async fn a_message_may_ask_for_more_and_says_when_nothing_proves_the_host() {
    let own = chain("mx.dest.example");
    let with = |case: Case, wish| Case { wish, ..case };
    assert_eq!(row(&with(plain(), Wish::Encrypted), &own).await, ONLY_TLS);
    let off = with(ordered(Order::of(Level::None)), Wish::Encrypted);
    assert_eq!(delivery(&off, &own, Offer::Stripped).await, Err(TrustFault::Contradiction));
    for case in [
        plain(),
        sts(&ENFORCE.replace("enforce", "testing")),
        dane(vec![tlsa(0, 0, 1, &[0; 32])]),
        ordered(Order::of(Level::Encrypt)),
    ] {
        let judged = delivery(&with(case, Wish::RequireTls), &own, Offer::Stripped).await;
        assert_eq!(judged, Err(TrustFault::Unproven));
    }
    assert!(TrustFault::Unproven.is_lasting());
    assert_eq!(row(&with(sts(ENFORCE), Wish::RequireTls), &own).await, ONLY_TLS);
    let proven = dane(vec![tlsa(3, 1, 1, &key_hash(&own))]);
    assert_eq!(row(&with(proven, Wish::RequireTls), &own).await, ONLY_TLS);
    assert_eq!(row(&with(dane(vec![tlsa(3, 1, 1, &[0; 32])]), Wish::Relaxed), &own).await, ANYHOW);
}

#[tokio::test]
async fn a_proof_that_a_message_asks_for_is_the_order_s_own_or_what_the_destination_says() {
    let own = chain("mx.dest.example");
    let wished = |case: Case| Case { wish: Wish::RequireTls, ..case };
    let order = |level, names: Vec<NameRule>| Order { names, ..Order::of(level) };
    // Orders that say whom they mean prove it, whatever the destination says.
    for proving in [
        order(Level::Secure, vec![NameRule::Exact(name("mx.dest.example"))]),
        order(Level::Verify, vec![NameRule::Exact(name("mx.dest.example"))]),
        Order {
            fingerprints: vec![key_hash(&own).try_into().expect("a hash")],
            ..Order::of(Level::Fingerprint)
        },
    ] {
        assert_eq!(row(&wished(ordered(proving.clone())), &own).await, ONLY_TLS, "{proving:?}");
    }
    // Orders that leave it open are proven by the destination's policy, and by nothing else.
    for open in [
        order(Level::May, vec![]),
        order(Level::Encrypt, vec![]),
        order(Level::Dane, vec![]),
        order(Level::Verify, vec![]),
        order(Level::Verify, vec![NameRule::Host]),
    ] {
        let with_policy = Case { policy: Some(ENFORCE.to_owned()), ..ordered(open.clone()) };
        assert_eq!(row(&wished(with_policy), &own).await, ONLY_TLS, "{open:?}");
        let alone = delivery(&wished(ordered(open.clone())), &own, Offer::Stripped).await;
        assert_eq!(alone, Err(TrustFault::Unproven), "{open:?}");
    }
    // What forbids TLS contradicts it, with a policy as well.
    let never = Case { policy: Some(ENFORCE.to_owned()), ..ordered(Order::of(Level::None)) };
    assert_eq!(delivery(&wished(never), &own, Offer::Stripped).await, Err(TrustFault::Unproven));
}
