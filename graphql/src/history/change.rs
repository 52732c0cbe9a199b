//! What an event changed, field by field, in words that people can read.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::SimpleObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hosting::HostingEvent;
use kernel::{Seal, SealError, SealedBytes, SubjectId};
use serde_json::{Map, Value};

use super::telling::Telling;

/// What stands for a value that nobody is shown.
const HIDDEN: &str = "***";
/// What stands for personal data whose key is destroyed.
const ERASED: &str = "(erased)";
/// Fields that are shown as changed only.
const SECRET_FIELDS: [&str; 11] = [
    "password",
    "recovery_address",
    "private",
    "refresh_hash",
    "secret_hash",
    "token",
    "key",
    "seed",
    "secret",
    "hash",
    "hashes",
];

/// In notices to the user of a mailbox, which may go to its recovery address.
const MAILBOX_PERSON: &str = "person.mailbox";

/// One field that an event changed.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Change {
    /// Which, for example `quota_bytes` or `settings.imap`.
    pub field: String,
    /// What it was, as text or JSON; none where it was not set, where that is not known here, and where the event replaces
    /// nothing, as when something is added or said. `***` for secrets, `(erased)` for the data of a person who is erased.
    pub from: Option<String>,
    /// What it is from then on; none where it is not set any more.
    pub to: Option<String>,
}

/// Puts the plain value where the sealed one would be.
struct Clear;

impl Seal for Clear {
    fn seal(&mut self, subject: SubjectId, plain: &[u8]) -> Result<SealedBytes, SealError> {
        Ok(SealedBytes { subject, ciphertext: plain.to_vec() })
    }
}

/// The fields of one thing and of its parts as its history goes on, by the part with its id.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, BTreeMap<String, String>>);

impl Fields {
    /// Takes the next event and tells what it changed.
    pub(crate) fn take(&mut self, event: &HostingEvent, raw: &[u8]) -> Vec<Change> {
        let encoded = event.encode(&mut Clear);
        let is_erased = encoded.is_err();
        let payload = encoded.as_deref().unwrap_or(raw);
        let Ok(Value::Object(payload)) = serde_json::from_slice(payload) else { return Vec::new() };
        let named: Option<Vec<String>> = payload.get("changed").and_then(Value::as_array).map(|names| {
            names.iter().filter_map(Value::as_str).map(|name| format!("settings.{name}")).collect()
        });
        let mut found = BTreeMap::new();
        flatten("", &payload, is_erased, &mut found);
        found.remove("changed");
        // Administrators see whether a mailbox has a recovery address, and not which.
        let is_of_mailbox = found.contains_key(MAILBOX_PERSON);
        let before: BTreeMap<String, String> = found
            .extract_if(.., |name, _| name.starts_with("from_"))
            .map(|(name, value)| (name.trim_start_matches("from_").to_owned(), value))
            .collect();
        let (part, left_out) = match Telling::of(event) {
            Telling::Begins(part) => (Some(part), None),
            Telling::Changes(part, left_out) => (Some(part), Some(left_out)),
            Telling::Tells => (None, None),
        };
        let id = part.and_then(|part| found.get(part)).map_or("", String::as_str);
        let place = part.map(|part| format!("{part}:{id}"));
        let kept = place.as_ref().and_then(|place| self.0.remove(place));
        let mut known = kept.filter(|_| left_out.is_some()).unwrap_or_default();
        let gone = left_out.map_or_else(Vec::new, |left_out| gone(&known, &found, left_out));
        let told = found.into_iter().map(|(name, value)| (name, Some(value)));
        let mut changes = Vec::new();
        for (name, value) in told.chain(gone.into_iter().map(|name| (name, None))) {
            let name = name.strip_prefix("to_").map_or(name.clone(), str::to_owned);
            // Which part it is never changes, and is told each time: an event is read without those before it as well.
            let is_id = part == Some(name.as_str());
            let was = before.get(&name).or_else(|| known.get(&name)).filter(|_| !is_id).cloned();
            let is_hidden = SECRET_FIELDS.contains(&name.rsplit('.').next().unwrap_or_default())
                || (name == "address" && is_of_mailbox);
            let is_named = is_id || named.as_ref().is_none_or(|named| named.contains(&name));
            if is_named && (is_hidden || was != value) {
                let shown = |value: String| if is_hidden { HIDDEN.to_owned() } else { value };
                changes.push(Change {
                    field: name.clone(),
                    from: was.map(shown).filter(|text| !text.is_empty()),
                    to: value.clone().map(shown).filter(|text| !text.is_empty()),
                });
            }
            match value {
                Some(value) => drop(known.insert(name, value)),
                None => drop(known.remove(&name)),
            }
        }
        if let Some(place) = place {
            self.0.insert(place, known);
        }
        changes
    }
}

/// What is known and is no more after an event: other forms of a value that it gives, as the domains of an administrator who
/// becomes an owner, and those of `left_out` that it leaves out.
fn gone(
    known: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
    left_out: &[&str],
) -> Vec<String> {
    let root = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let given: BTreeSet<String> = found.keys().map(|name| root(name)).collect();
    let is_given = |name: &str| {
        given.contains(&root(name)) && found.get(&root(name)).is_none_or(|value| value != ERASED)
    };
    let names = known.keys().filter(|name| !found.contains_key(*name));
    names.filter(|name| is_given(name) || left_out.contains(&root(name).as_str())).cloned().collect()
}

/// Every field with its path; sealed ones opened.
fn flatten(path: &str, object: &Map<String, Value>, is_erased: bool, into: &mut BTreeMap<String, String>) {
    for (name, value) in object {
        let name = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            Value::Object(inner) => match (inner.get("subject"), inner.get("sealed")) {
                (Some(_), Some(Value::String(_))) if is_erased => drop(into.insert(name, ERASED.to_owned())),
                (Some(_), Some(Value::String(sealed))) => opened(&name, sealed, into),
                _ => flatten(&name, inner, is_erased, into),
            },
            other => drop(into.insert(name, text(other))),
        }
    }
}

fn opened(name: &str, sealed: &str, into: &mut BTreeMap<String, String>) {
    if SECRET_FIELDS.contains(&name) {
        // A secret may be no text; that it is another one is told all the same, and never compared.
        return drop(into.insert(name.to_owned(), sealed.to_owned()));
    }
    let plain = STANDARD.decode(sealed).ok().and_then(|octets| String::from_utf8(octets).ok());
    let Some(plain) = plain else { return };
    match serde_json::from_str(&plain) {
        Ok(Value::Object(inner)) => flatten(name, &inner, false, into),
        Ok(list @ Value::Array(_)) => drop(into.insert(name.to_owned(), text(&list))),
        Ok(_) | Err(_) => drop(into.insert(name.to_owned(), plain)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosting::PasswordHash;
    use hosting::account::AccountEvent;
    use hosting::mailbox::{MailboxEvent, MailboxSettings};
    use hosting::ticket::TicketEvent;
    use hosting::user::{UserEvent, UserRole};
    use kernel::{AppPasswordId, ByteSize, Id as _, Opened, Sealed, TokenId};

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";

    fn subject() -> SubjectId {
        SubjectId::from_uuid(uuid::Uuid::from_u128(1))
    }

    fn take(fields: &mut Fields, event: MailboxEvent) -> Vec<(String, Option<String>, Option<String>)> {
        let changes = fields.take(&HostingEvent::Mailbox(event), b"{}");
        changes.into_iter().map(|change| (change.field, change.from, change.to)).collect()
    }

    #[test]
    fn a_change_names_what_was_and_what_is() {
        let mut fields = Fields::default();
        let quota = MailboxEvent::QuotaChanged { from: ByteSize::new(5), to: ByteSize::new(7) };
        assert_eq!(take(&mut fields, quota), [("bytes".to_owned(), some("5"), some("7"))]);
        let named = |name: &str| MailboxEvent::DisplayNameChanged {
            display_name: Some(Sealed::new(subject(), name.to_owned())),
        };
        assert_eq!(take(&mut fields, named("Alice")), [("display_name".to_owned(), None, some("Alice"))]);
        assert_eq!(take(&mut fields, named("A.")), [("display_name".to_owned(), some("Alice"), some("A."))]);
    }

    #[test]
    fn of_settings_those_that_changed_are_told() {
        let mut fields = Fields::default();
        let settings = MailboxSettings { imap: false, ..MailboxSettings::default() };
        let changed = MailboxEvent::SettingsChanged {
            settings: Sealed::new(subject(), Box::new(settings)),
            changed: vec!["imap".to_owned()],
        };
        assert_eq!(
            take(&mut fields, changed),
            [("settings.imap".to_owned(), None, Some("false".to_owned()))]
        );
    }

    #[test]
    fn passwords_are_never_shown_and_erased_is_told() {
        let mut fields = Fields::default();
        let hash = PasswordHash::parse(HASH).expect("a hash");
        let set = MailboxEvent::PasswordSet { password: Sealed::new(subject(), hash) };
        assert_eq!(take(&mut fields, set), [("password".to_owned(), None, Some(HIDDEN.to_owned()))]);
        let private = hosting::domain::DkimPrivateKey::new(b"a private key".to_vec().into());
        let made = hosting::domain::DomainEvent::DkimKeyMade {
            selector: hosting::domain::DkimSelector::parse("h1").expect("a label"),
            algorithm: hosting::domain::DkimAlgorithm::Rsa,
            public: "AAAA".to_owned(),
            private: Sealed::new(subject(), private),
        };
        let told = format!("{:?}", Fields::default().take(&HostingEvent::Domain(made), b"{}"));
        assert!(told.contains(HIDDEN) && !told.contains("a private key"), "{told}");
        assert!(!told.contains(&STANDARD.encode("a private key")), "{told}");
        let gone = MailboxEvent::DisplayNameChanged {
            display_name: Some(Sealed { subject: subject(), value: Opened::Erased }),
        };
        let raw = br#"{"display_name":{"subject":"subj_00000000000000000000000000000001","sealed":"AAAA"}}"#;
        let changes = fields.take(&HostingEvent::Mailbox(gone), raw);
        assert_eq!(changes[0].to.as_deref(), Some(ERASED));
    }

    fn told(fields: &mut Fields, event: HostingEvent) -> Vec<(String, Option<String>, Option<String>)> {
        let changes = fields.take(&event, b"{}");
        changes.into_iter().map(|change| (change.field, change.from, change.to)).collect()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn sealed(text: &str) -> Sealed<String> {
        Sealed::new(subject(), text.to_owned())
    }

    #[test]
    fn what_is_said_replaces_nothing_that_was_said() {
        let mut fields = Fields::default();
        let said = |side, text: &str| {
            let (is_internal, way) = (false, hosting::ticket::Way::Panel);
            HostingEvent::Ticket(TicketEvent::Said { side, text: sealed(text), is_internal, way })
        };
        told(&mut fields, said(hosting::ticket::Side::Customer, "It does not work."));
        let answer = told(&mut fields, said(hosting::ticket::Side::Staff, "It does now."));
        assert!(answer.contains(&("text".to_owned(), None, some("It does now."))), "{answer:?}");
        assert!(answer.iter().all(|(_, from, _)| from.is_none()), "{answer:?}");
        let again = told(&mut fields, said(hosting::ticket::Side::Staff, "It does now."));
        assert_eq!(again, answer, "the same words once more are told once more");
    }

    #[test]
    fn names_of_keys_are_not_the_name_of_the_person() {
        let mut fields = Fields::default();
        let renamed = |name: Option<&str>| HostingEvent::User(UserEvent::Renamed { name: name.map(sealed) });
        let issued = |number: u128, name: &str| {
            HostingEvent::User(UserEvent::TokenIssued {
                token: TokenId::from_uuid(uuid::Uuid::from_u128(number)),
                name: sealed(name),
                permissions: authority::Permissions::NONE,
                secret_hash: [0; 32],
                expires_at: None,
                networks: Vec::new(),
            })
        };
        told(&mut fields, renamed(Some("Alice")));
        for (number, name) in [(1, "backup"), (2, "billing")] {
            let issued = told(&mut fields, issued(number, name));
            assert!(issued.contains(&("name".to_owned(), None, some(name))), "{issued:?}");
            assert!(issued.iter().all(|(_, from, _)| from.is_none()), "{issued:?}");
        }
        let changed = HostingEvent::User(UserEvent::TokenChanged {
            token: TokenId::from_uuid(uuid::Uuid::from_u128(1)),
            name: sealed("copies"),
            permissions: authority::Permissions::NONE,
            expires_at: None,
            networks: Vec::new(),
        });
        let changed = told(&mut fields, changed);
        assert_eq!(
            changed.iter().find(|(name, ..)| name == "name").map(|(_, from, _)| from),
            Some(&some("backup"))
        );
        assert!(changed.iter().any(|(name, from, to)| name == "token" && from.is_none() && to.is_some()));
        assert_eq!(told(&mut fields, renamed(None)), [("name".to_owned(), some("Alice"), None)]);
        assert_eq!(told(&mut fields, renamed(Some("Al"))), [("name".to_owned(), None, some("Al"))]);
    }

    #[test]
    fn an_account_is_not_called_what_its_customers_are_called() {
        let mut fields = Fields::default();
        let name = |name: &str| sealed(name);
        let opened = AccountEvent::Opened { name: name("Acme"), parent: None, is_sandbox: false };
        let admitted = AccountEvent::SubAccountAdmitted {
            account: kernel::AccountId::from_uuid(uuid::Uuid::from_u128(7)),
            name: name("Customer"),
            is_sandbox: false,
        };
        told(&mut fields, HostingEvent::Account(opened));
        told(&mut fields, HostingEvent::Account(admitted));
        let renamed = HostingEvent::Account(AccountEvent::Renamed { name: name("Acme SA") });
        assert_eq!(told(&mut fields, renamed), [("name".to_owned(), some("Acme"), some("Acme SA"))]);
    }

    #[test]
    fn another_app_password_tells_all_that_it_opens() {
        let mut fields = Fields::default();
        let added = |number: u128| MailboxEvent::AppPasswordAdded {
            app_password: AppPasswordId::from_uuid(uuid::Uuid::from_u128(number)),
            name: sealed("phone"),
            secret_hash: [0; 32],
            protocols: [hosting::mailbox::MailProtocol::Imap].into(),
            expires_at: None,
        };
        let first = take(&mut fields, added(1));
        let second = take(&mut fields, added(2));
        let names = |told: &[(String, Option<String>, Option<String>)]| {
            told.iter().map(|(name, ..)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&first), names(&second));
        assert!(second.contains(&("protocols".to_owned(), None, some("imap"))), "{second:?}");
        assert!(second.iter().all(|(_, from, _)| from.is_none()), "{second:?}");
        let changed = MailboxEvent::AppPasswordChanged {
            app_password: AppPasswordId::from_uuid(uuid::Uuid::from_u128(1)),
            name: sealed("phone"),
            protocols: [hosting::mailbox::MailProtocol::Pop3].into(),
            expires_at: None,
        };
        let changed = take(&mut fields, changed);
        assert_eq!(names(&changed), ["app_password", "protocols"]);
        assert_eq!(changed[1], ("protocols".to_owned(), some("imap"), some("pop3")));
    }

    #[test]
    fn a_role_that_is_had_again_is_told_again() {
        let mut fields = Fields::default();
        let role = |role| HostingEvent::User(UserEvent::RoleSet { role });
        told(&mut fields, role(UserRole::Owner));
        let domain = kernel::DomainId::from_uuid(uuid::Uuid::from_u128(3));
        let administers = told(&mut fields, role(UserRole::DomainAdministrator(vec![domain])));
        assert!(administers.contains(&("role".to_owned(), some("owner"), None)), "{administers:?}");
        let owner = told(&mut fields, role(UserRole::Owner));
        assert!(owner.contains(&("role".to_owned(), None, some("owner"))), "{owner:?}");
    }
}
