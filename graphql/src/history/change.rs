//! What an event changed, field by field, in words that people can read.

use std::collections::BTreeMap;

use async_graphql::SimpleObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hosting::HostingEvent;
use kernel::{Seal, SealError, SealedBytes, SubjectId};
use serde_json::{Map, Value};

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
    /// What it was, as text or JSON; none where it was not set, or where that is not known here. `***` for secrets,
    /// `(erased)` for the data of a person who is erased.
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

/// The fields of one thing as its history goes on.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

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
        // The entries of one book have fields of the same names.
        let entry = found.get("entry").cloned().unwrap_or_default();
        // Administrators see whether a mailbox has a recovery address, and not which.
        let is_of_mailbox = found.contains_key(MAILBOX_PERSON);
        let mut changes = Vec::new();
        let before: BTreeMap<String, String> = found
            .extract_if(.., |name, _| name.starts_with("from_"))
            .map(|(name, value)| (name.trim_start_matches("from_").to_owned(), value))
            .collect();
        for (name, value) in found {
            let name = name.strip_prefix("to_").map_or(name.clone(), str::to_owned);
            let place = format!("{entry}{name}");
            let known = before.get(&name).cloned().or_else(|| self.0.get(&place).cloned());
            let is_hidden = SECRET_FIELDS.contains(&name.rsplit('.').next().unwrap_or_default())
                || (name == "address" && is_of_mailbox);
            let is_named = name == "entry" || named.as_ref().is_none_or(|named| named.contains(&name));
            if is_named && (is_hidden || known.as_ref() != Some(&value)) {
                let shown = |value: &String| if is_hidden { HIDDEN.to_owned() } else { value.clone() };
                changes.push(Change {
                    field: name.clone(),
                    from: known.as_ref().map(shown).filter(|text| !text.is_empty()),
                    to: Some(shown(&value)).filter(|text| !text.is_empty()),
                });
            }
            self.0.insert(place, value);
        }
        changes
    }
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
    use hosting::mailbox::{MailboxEvent, MailboxSettings};
    use kernel::{ByteSize, Id as _, Opened, Sealed};

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
        let some = |text: &str| Some(text.to_owned());
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
}
