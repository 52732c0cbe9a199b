//! Signing keys follow one another: made, shown, seen, signing, retired.

use hosting::HostingRefusal;
use hosting::domain::{
    DkimAlgorithm, DkimKey, DkimPrivateKey, DkimSelector, DkimStage, Domain, DomainCommand, DomainEvent,
    DomainState, FreshDkimKey, SeenDkimRecord,
};
use kernel::{AccountId, Decider as _, DomainName, Id as _, Timestamp};
use uuid::Uuid;

const HOUR: i64 = 3_600_000;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(hours * HOUR)
}

fn fresh(public: &str) -> Vec<FreshDkimKey> {
    let private = || DkimPrivateKey::new(vec![1, 2, 3].into());
    DkimAlgorithm::ALL
        .into_iter()
        .map(|algorithm| FreshDkimKey { algorithm, public: public.to_owned(), private: private() })
        .collect()
}

/// A domain that lives through commands.
struct Life(DomainState);

impl Life {
    fn served() -> Self {
        let name = DomainName::parse("demo.example").expect("a name");
        Self(Domain::evolve(DomainState::Absent, &DomainEvent::SharedAdded { name }))
    }

    fn tell(&mut self, command: DomainCommand, now: Timestamp) -> Result<usize, HostingRefusal> {
        let events = Domain::decide(&self.0, command, &(), now)?;
        self.0 = events.iter().fold(self.0.clone(), Domain::evolve);
        Ok(events.len())
    }

    fn add(&mut self, public: &str, now: Timestamp) -> Result<usize, HostingRefusal> {
        let account = AccountId::from_uuid(Uuid::from_u128(1));
        self.tell(DomainCommand::AddDkimKeys { account, keys: fresh(public) }, now)
    }

    /// DNS shows exactly the keys at `selectors`.
    fn see(&mut self, selectors: &[&str], now: Timestamp) -> Result<usize, HostingRefusal> {
        let shown = self.0.dkim().iter().filter(|key| selectors.contains(&key.selector.as_str()));
        let seen = shown
            .map(|key| SeenDkimRecord { selector: key.selector.clone(), texts: vec![key.record()] })
            .collect();
        self.tell(DomainCommand::NoteDkimRecords(seen), now)
    }

    fn stage(&self, selector: &str) -> Option<DkimStage> {
        self.0.dkim().iter().find(|key| key.selector.as_str() == selector).map(|key| key.stage)
    }
}

#[test]
fn the_first_keys_sign_as_soon_as_dns_shows_them() {
    let mut life = Life::served();
    assert_eq!(life.add("AAAA", at(0)), Ok(2));
    assert_eq!(life.add("BBBB", at(0)), Ok(0), "the first are on their way");
    assert_eq!(life.see(&[], at(1)), Ok(0));
    assert_eq!(life.stage("h1"), Some(DkimStage::Made));
    assert_eq!(life.see(&["h1"], at(2)), Ok(2));
    assert_eq!((life.stage("h1"), life.stage("h1e")), (Some(DkimStage::Active), Some(DkimStage::Made)));
    assert_eq!(life.see(&["h1", "h1e"], at(3)), Ok(2));
    assert_eq!(life.stage("h1e"), Some(DkimStage::Active));
}

#[test]
fn the_next_key_signs_hours_after_it_was_seen_and_the_former_stays_shown_for_a_week() {
    let mut life = Life::served();
    assert_eq!(life.add("AAAA", at(0)), Ok(2));
    assert_eq!(life.see(&["h1", "h1e"], at(0)), Ok(4));
    assert_eq!(life.add("BBBB", at(10)), Ok(2));
    assert_eq!(life.see(&["h2"], at(11)), Ok(1));
    assert_eq!(life.stage("h2"), Some(DkimStage::Published { active_after: at(14) }));
    assert_eq!(life.see(&["h2"], at(13)), Ok(0));
    assert_eq!(life.see(&[], at(15)), Ok(0), "its record has gone again");
    assert_eq!(life.see(&["h2"], at(15)), Ok(2));
    assert_eq!(life.stage("h2"), Some(DkimStage::Active));
    assert_eq!(life.stage("h1"), Some(DkimStage::Retired { withdraw_after: at(15 + 7 * 24) }));
    assert_eq!(life.stage("h1e"), Some(DkimStage::Active), "each algorithm goes its own way");
    let rsa = |life: &mut Life, now| {
        let account = AccountId::from_uuid(Uuid::from_u128(1));
        life.tell(DomainCommand::AddDkimKeys { account, keys: fresh("CCCC")[..1].to_vec() }, now)
    };
    assert_eq!(rsa(&mut life, at(100)), Err(HostingRefusal::DkimPlacesTaken));
    assert_eq!(rsa(&mut life, at(15 + 7 * 24)), Ok(1));
    assert_eq!(life.stage("h1"), Some(DkimStage::Made));
}

#[test]
fn a_key_that_is_retired_signs_no_more_and_one_that_is_not_there_is_not_retired() {
    let mut life = Life::served();
    assert_eq!(life.add("AAAA", at(0)), Ok(2));
    assert_eq!(life.see(&["h1"], at(0)), Ok(2));
    let selector = |text| DkimSelector::parse(text).expect("a label");
    let mut retire = |text| life.tell(DomainCommand::RetireDkimKey(selector(text)), at(1));
    assert_eq!(retire("h1"), Ok(1));
    assert_eq!(retire("h1"), Ok(0));
    assert_eq!(retire("h1e"), Ok(1));
    assert_eq!(retire("h2"), Err(HostingRefusal::DkimKeyNotFound));
    assert_eq!(life.stage("h1"), Some(DkimStage::Retired { withdraw_after: at(1 + 7 * 24) }));
    assert_eq!(life.stage("h1e"), Some(DkimStage::Retired { withdraw_after: at(1) }), "it never signed");
    assert_eq!(life.see(&["h1", "h1e"], at(2)), Ok(0));
}

#[test]
fn a_record_shows_a_key_however_it_is_written() {
    let mut life = Life::served();
    assert_eq!(life.add("AB+/CD==", at(0)), Ok(2));
    let key = |selector: &str| -> DkimKey {
        life.0.dkim().iter().find(|key| key.selector.as_str() == selector).expect("a key").clone()
    };
    for (selector, text, is_shown) in [
        ("h1", "v=DKIM1; k=rsa; p=AB+/CD==", true),
        ("h1", "v=DKIM1;p=AB+/ CD==", true),
        ("h1", "p=AB+/CD==;", true),
        ("h1", "v=DKIM1; k=rsa; t=s; s=email; p=AB+/CD==", true),
        ("h1", "v=DKIM1; k=ed25519; p=AB+/CD==", false),
        ("h1e", "v=DKIM1; k=ed25519; p=AB+/CD==", true),
        ("h1e", "v=DKIM1; p=AB+/CD==", false),
        ("h1", "v=DKIM2; p=AB+/CD==", false),
        ("h1", "v=DKIM1; p=", false),
        ("h1", "v=DKIM1", false),
        ("h1", "v=spf1 -all", false),
    ] {
        assert_eq!(key(selector).is_shown_by(text), is_shown, "{text}");
    }
}

#[test]
fn only_a_served_domain_has_keys_and_only_usable_ones() {
    let mut absent = Life(DomainState::Absent);
    assert_eq!(absent.add("AAAA", at(0)), Err(HostingRefusal::DomainNotFound));
    let mut life = Life::served();
    for public in ["", "no base64!", &"A".repeat(1001)] {
        assert_eq!(life.add(public, at(0)), Err(HostingRefusal::DkimKeyUnusable));
    }
}
