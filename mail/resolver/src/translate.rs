//! Between the words of the library and ours.

use std::time::Duration;

use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name as WireName, RData, Record as WireRecord, RecordType};

use crate::{Answer, DnsError, Kind, Name, Record, Security};

/// The name as it is asked for; none where the wire cannot carry it.
pub(crate) fn asked_name(name: &Name) -> Option<WireName> {
    let mut asked = WireName::from_labels(name.labels().map(str::as_bytes)).ok()?;
    asked.set_fqdn(true);
    Some(asked)
}

pub(crate) const fn asked_type(kind: Kind) -> RecordType {
    match kind {
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Cname => RecordType::CNAME,
        Kind::Mx => RecordType::MX,
        Kind::Ns => RecordType::NS,
        Kind::Ptr => RecordType::PTR,
        Kind::Srv => RecordType::SRV,
        Kind::Tlsa => RecordType::TLSA,
        Kind::Txt => RecordType::TXT,
    }
}

/// What was found. Every record on the way, aliases included, must be proven for the answer to be.
pub(crate) fn answer(found: &Lookup, kind: Kind, has_validation: bool) -> Result<Answer, DnsError> {
    let asked = asked_type(kind);
    let answers = found.answers();
    let records: Vec<Record> =
        answers.iter().filter(|record| record.record_type() == asked).filter_map(record).collect();
    let security = security(answers, has_validation);
    if records.is_empty() {
        return Err(DnsError::NoRecords(security));
    }
    let ttl = answers.iter().map(|record| record.ttl).min().unwrap_or_default();
    Ok(Answer { records, security, ttl: Duration::from_secs(ttl.into()) })
}

/// That there is nothing, with what proves it.
pub(crate) fn absence(code: ResponseCode, authorities: &[WireRecord], has_validation: bool) -> DnsError {
    let security = security(authorities, has_validation);
    match code {
        ResponseCode::NXDomain => DnsError::NoName(security),
        ResponseCode::NoError => DnsError::NoRecords(security),
        _ => DnsError::Failed,
    }
}

fn security(records: &[WireRecord], has_validation: bool) -> Security {
    // Signatures prove and are not themselves proven.
    let mut proofs = records.iter().filter(|record| record.record_type() != RecordType::RRSIG).peekable();
    let is_secure =
        has_validation && proofs.peek().is_some() && proofs.all(|record| record.proof == Proof::Secure);
    if is_secure { Security::Secure } else { Security::Insecure }
}

fn record(found: &WireRecord) -> Option<Record> {
    Some(match &found.data {
        RData::A(address) => Record::A(address.0),
        RData::AAAA(address) => Record::Aaaa(address.0),
        RData::CNAME(target) => Record::Cname(name(&target.0)?),
        RData::MX(mx) => Record::Mx { preference: mx.preference, exchange: name_or_root(&mx.exchange)? },
        RData::NS(host) => Record::Ns(name(&host.0)?),
        RData::PTR(host) => Record::Ptr(name(&host.0)?),
        RData::SRV(srv) => Record::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: name_or_root(&srv.target)?,
        },
        RData::TLSA(tlsa) => Record::Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            association: tlsa.cert_data.clone(),
        },
        RData::TXT(text) => Record::Txt(text.txt_data.concat()),
        _ => return None,
    })
}

/// A name in our form; none where it holds what no host name of ours holds (escaped dots, blanks).
fn name(wire: &WireName) -> Option<Name> {
    let text = wire.to_ascii();
    if text.contains('\\') { None } else { Name::parse(&text).ok() }
}

#[expect(clippy::option_option, reason = "the outer none drops the record, the inner one is the root")]
fn name_or_root(wire: &WireName) -> Option<Option<Name>> {
    if wire.is_root() { Some(None) } else { name(wire).map(Some) }
}
