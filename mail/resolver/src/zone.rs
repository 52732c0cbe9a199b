//! Names in memory, for checks against a given zone and for simulations.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Answer, Dns, DnsError, Kind, Name, Record, Security};

/// Aliases that are followed for one question.
const ALIAS_COUNT_MAX: usize = 8;
/// How long its answers may be kept.
const TTL: Duration = Duration::from_secs(300);

/// Records in memory, and names that fail as told. Answers at once and asks nobody.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    records: HashMap<Name, Vec<Record>>,
    failing: HashMap<(Name, Kind), DnsError>,
    is_secure: bool,
}

impl Zone {
    /// An empty zone: no name exists.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same zone with its answers counted as validated.
    #[must_use]
    pub fn secure(mut self) -> Self {
        self.is_secure = true;
        self
    }

    /// Adds a record.
    pub fn add(&mut self, name: Name, record: Record) {
        self.records.entry(name).or_default().push(record);
    }

    /// Makes a question fail.
    pub fn fail(&mut self, name: Name, kind: Kind, error: DnsError) {
        self.failing.insert((name, kind), error);
    }

    fn security(&self) -> Security {
        if self.is_secure { Security::Secure } else { Security::Insecure }
    }

    /// Whether a name lies below `name`: then it exists, though it has no records (RFC 8020 section 2).
    fn is_empty_non_terminal(&self, name: &Name) -> bool {
        self.records.keys().any(|other| other.is_within(name))
    }
}

fn kind_of(record: &Record) -> Kind {
    match record {
        Record::A(_) => Kind::A,
        Record::Aaaa(_) => Kind::Aaaa,
        Record::Cname(_) => Kind::Cname,
        Record::Mx { .. } => Kind::Mx,
        Record::Ns(_) => Kind::Ns,
        Record::Ptr(_) => Kind::Ptr,
        Record::Srv { .. } => Kind::Srv,
        Record::Tlsa { .. } => Kind::Tlsa,
        Record::Txt(_) => Kind::Txt,
    }
}

#[async_trait]
impl Dns for Zone {
    async fn ask(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let mut name = name.clone();
        for _ in 0..ALIAS_COUNT_MAX {
            if let Some(error) = self.failing.get(&(name.clone(), kind)) {
                return Err(*error);
            }
            let Some(all) = self.records.get(&name) else {
                let security = self.security();
                return Err(match self.is_empty_non_terminal(&name) {
                    true => DnsError::NoRecords(security),
                    false => DnsError::NoName(security),
                });
            };
            let records: Vec<Record> = all.iter().filter(|record| kind_of(record) == kind).cloned().collect();
            if !records.is_empty() {
                return Ok(Answer { records, security: self.security(), ttl: TTL });
            }
            let alias = all.iter().find_map(|record| match record {
                Record::Cname(target) => Some(target.clone()),
                _ => None,
            });
            match alias {
                Some(target) => name = target,
                None => return Err(DnsError::NoRecords(self.security())),
            }
        }
        Err(DnsError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    #[tokio::test]
    async fn a_zone_tells_absent_names_from_absent_records_and_follows_aliases() {
        let mut zone = Zone::new();
        zone.add(name("a.example.org"), Record::A([192, 0, 2, 1].into()));
        zone.add(name("www.example.org"), Record::Cname(name("a.example.org")));
        zone.add(name("loop.example.org"), Record::Cname(name("loop.example.org")));
        zone.fail(name("slow.example.org"), Kind::Txt, DnsError::Timeout);
        let ask = async |text: &str, kind| zone.ask(&name(text), kind).await;
        let found = ask("www.example.org", Kind::A).await.expect("an answer");
        assert_eq!(found.records, [Record::A([192, 0, 2, 1].into())]);
        assert_eq!(ask("a.example.org", Kind::Mx).await, Err(DnsError::NoRecords(Security::Insecure)));
        assert_eq!(ask("example.org", Kind::Mx).await, Err(DnsError::NoRecords(Security::Insecure)));
        assert_eq!(ask("b.example.org", Kind::A).await, Err(DnsError::NoName(Security::Insecure)));
        assert_eq!(ask("loop.example.org", Kind::A).await, Err(DnsError::Failed));
        assert_eq!(ask("slow.example.org", Kind::Txt).await, Err(DnsError::Timeout));
    }
}
