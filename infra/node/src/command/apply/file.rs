//! The file of `hosterra apply`: what accounts, services, domains, mailboxes and aliases shall be.
//!
//! Read completely, with everything that it refers to, before anything is changed; a fault names file and line.

use std::path::{Path, PathBuf};

use kernel::{ByteSize, DomainName, EmailAddress, LocalPart};
use serde::{Deserialize, Deserializer};

use crate::config::{ConfigError, parse_size, parse_toml};

/// Most mailboxes in one file, its CSV files included.
pub const MAILBOX_COUNT_MAX: usize = 1_000_000;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desired {
    /// Domains of the platform, on which Basic boxes have their mailbox.
    #[serde(default, rename = "shared_domain")]
    pub shared_domains: Vec<SharedDomain>,
    /// Customers.
    #[serde(default, rename = "account")]
    pub accounts: Vec<Account>,
}

/// A domain of the platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedDomain {
    /// Its name.
    #[serde(deserialize_with = "domain_name")]
    pub name: DomainName,
}

/// A customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The handle by which this file means the same account every time.
    #[serde(deserialize_with = "handle")]
    pub key: String,
    /// The name to show.
    pub name: String,
    /// Logins of persons.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
    /// Boxes.
    #[serde(default, rename = "service")]
    pub services: Vec<Service>,
}

/// The login of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Unique on the platform.
    pub login: String,
    /// The name to show.
    pub name: Option<String>,
    /// In plain text; set when the user is created, never afterwards.
    pub password: Option<String>,
    /// In PHC form.
    pub password_hash: Option<String>,
    /// Whether another password must be chosen before anything else.
    #[serde(default)]
    pub must_change_password: bool,
    /// The domains that this person administrates; the owner of the account where there are none.
    #[serde(default, deserialize_with = "domain_names")]
    pub administers: Vec<DomainName>,
}

/// A password, or its argon2id hash, or none yet.
#[derive(Clone, Default)]
pub struct Secret {
    /// In plain text.
    pub password: Option<String>,
    /// In PHC form, `$argon2id$...`.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A Box.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The handle by which this file means the same service every time.
    #[serde(deserialize_with = "handle")]
    pub key: String,
    /// The plan.
    pub plan: Plan,
    /// Its version.
    #[serde(default = "first_version")]
    pub version: u32,
    /// For a custom plan.
    pub custom: Option<Custom>,
    /// Domains.
    #[serde(default, rename = "domain")]
    pub domains: Vec<Domain>,
}

/// The Boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    Basic,
    Solo,
    Family,
    Pro,
    Custom,
}

/// The amounts of a custom plan, within what the plan allows.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// Mailboxes.
    pub mailboxes: Option<u32>,
    /// Aliases.
    pub aliases: Option<u32>,
    /// Domains.
    pub domains: Option<u32>,
    /// Storage of all mailboxes together.
    #[serde(default, deserialize_with = "optional_size")]
    pub storage: Option<ByteSize>,
}

/// A domain with what is on it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Its name.
    #[serde(deserialize_with = "domain_name")]
    pub name: DomainName,
    /// The operator's word that the account owns the domain, in place of a DNS record.
    #[serde(default)]
    pub verified: bool,
    /// Where otherwise unknown addresses lead.
    #[serde(default, deserialize_with = "addresses")]
    pub catch_all: Vec<EmailAddress>,
    /// A CSV file with columns `local_part`, `quota`, `name`, `password`, `password_hash`, beside this file.
    pub mailboxes_csv: Option<PathBuf>,
    /// Mailboxes.
    #[serde(default, rename = "mailbox")]
    pub mailboxes: Vec<Mailbox>,
    /// Aliases.
    #[serde(default, rename = "alias")]
    pub aliases: Vec<Alias>,
}

/// A mailbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// Before the `@`.
    #[serde(deserialize_with = "local_part")]
    pub local_part: LocalPart,
    /// Its quota; the plan's default where absent.
    #[serde(default, deserialize_with = "optional_size")]
    pub quota: Option<ByteSize>,
    /// The name to show.
    pub name: Option<String>,
    /// In plain text; set when the mailbox is created, never afterwards.
    pub password: Option<String>,
    /// In PHC form.
    pub password_hash: Option<String>,
}

impl User {
    /// The password in either form.
    pub fn secret(&self) -> Secret {
        Secret { password: self.password.clone(), password_hash: self.password_hash.clone() }
    }
}

impl Mailbox {
    /// The password in either form.
    pub fn secret(&self) -> Secret {
        Secret { password: self.password.clone(), password_hash: self.password_hash.clone() }
    }
}

/// An alias.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// Before the `@`.
    #[serde(deserialize_with = "local_part")]
    pub local_part: LocalPart,
    /// Where it leads.
    #[serde(deserialize_with = "addresses")]
    pub targets: Vec<EmailAddress>,
}

impl Desired {
    /// Reads the file and the CSV files it names.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line and what was expected.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let mut desired: Self = parse_toml(path, &text)?;
        let mut mailbox_count = 0;
        let domains = desired
            .accounts
            .iter_mut()
            .flat_map(|account| &mut account.services)
            .flat_map(|service| &mut service.domains);
        for domain in domains {
            if let Some(beside) = &domain.mailboxes_csv {
                let csv_path = path.parent().unwrap_or(Path::new(".")).join(beside);
                domain.mailboxes.extend(read_csv(&csv_path)?);
            }
            mailbox_count += domain.mailboxes.len();
        }
        if mailbox_count > MAILBOX_COUNT_MAX {
            let expected =
                format!("expected at most {MAILBOX_COUNT_MAX} mailboxes in one file, found {mailbox_count}");
            return Err(ConfigError::Wrong { path: path.to_owned(), line: 1, expected });
        }
        Ok(desired)
    }
}

/// Reads mailboxes from a CSV file with a header line.
fn read_csv(path: &Path) -> Result<Vec<Mailbox>, ConfigError> {
    let wrong = |fault: csv::Error| {
        let line =
            fault.position().map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX));
        match fault.into_kind() {
            csv::ErrorKind::Io(source) => ConfigError::Unreadable { path: path.to_owned(), source },
            csv::ErrorKind::Deserialize { err, .. } => {
                ConfigError::Wrong { path: path.to_owned(), line, expected: err.kind().to_string() }
            }
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => ConfigError::Wrong {
                path: path.to_owned(),
                line,
                expected: format!("expected {expected_len} columns as in the first line, found {len}"),
            },
            _ => ConfigError::Wrong {
                path: path.to_owned(),
                line,
                expected: "expected CSV in UTF-8".to_owned(),
            },
        }
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(wrong)?;
    reader.deserialize().collect::<Result<Vec<Mailbox>, csv::Error>>().map_err(wrong)
}

const fn first_version() -> u32 {
    1
}

fn handle<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-');
    if fits { Ok(text) } else { Err(fault("a key of 1 to 64 letters a-z, digits and `-`")) }
}

fn fault<E: serde::de::Error>(expected: impl std::fmt::Display) -> E {
    E::custom(format!("expected {expected}"))
}

fn domain_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DomainName, D::Error> {
    DomainName::parse(&String::deserialize(deserializer)?)
        .map_err(|why| fault(format_args!("a domain: {why}")))
}

fn domain_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DomainName>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| DomainName::parse(text).map_err(|why| fault(format_args!("domains: {why}"))))
        .collect()
}

fn local_part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LocalPart, D::Error> {
    LocalPart::parse(&String::deserialize(deserializer)?)
        .map_err(|why| fault(format_args!("a local part: {why}")))
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<EmailAddress>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| {
            EmailAddress::parse(text).map_err(|why| fault(format_args!("addresses: `{text}`: {why}")))
        })
        .collect()
}

fn optional_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ByteSize>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => parse_size(&text).map(Some).ok_or_else(|| fault("a size such as `2 GiB` or `500 MiB`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[[account]]
key = "acme"
name = "ACME"

[[account.user]]
login = "owner@acme"
password = "a long password"

[[account.service]]
key = "mail"
plan = "solo"

[[account.service.domain]]
name = "acme.example"
verified = true
mailboxes_csv = "m.csv"

[[account.service.domain.alias]]
local_part = "info"
targets = ["ann@acme.example"]
"#;

    fn read(toml: &str, csv: &str) -> Result<Desired, ConfigError> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.toml"), toml).expect("a file");
        std::fs::write(folder.path().join("m.csv"), csv).expect("a file");
        Desired::read(&folder.path().join("a.toml"))
    }

    #[test]
    fn mailboxes_come_from_the_csv_file_beside() {
        let desired =
            read(FILE, "local_part,quota,name,password\nann,1 GiB,Ann,\nbob,,,secret\n").expect("valid");
        let mailboxes = &desired.accounts[0].services[0].domains[0].mailboxes;
        assert_eq!(mailboxes.len(), 2);
        assert_eq!(mailboxes[0].quota, Some(ByteSize::gib(1)));
        assert_eq!(mailboxes[1].quota, None);
        assert_eq!(mailboxes[1].password.as_deref(), Some("secret"));
    }

    #[test]
    fn a_fault_names_file_line_and_expectation() {
        let csv =
            read(FILE, "local_part,quota\nann,1 GiB\nbob,much\n").expect_err("a wrong quota").to_string();
        assert!(csv.contains("m.csv:3: expected a size"), "{csv}");
        let toml = read(&FILE.replace("solo", "maxi"), "local_part\n").expect_err("a wrong plan").to_string();
        assert!(toml.contains("a.toml:12:") && toml.contains("basic"), "{toml}");
        let unknown =
            read(&FILE.replace("verified", "proven"), "local_part\n").expect_err("a wrong key").to_string();
        assert!(unknown.contains("unknown field `proven`"), "{unknown}");
    }
}
