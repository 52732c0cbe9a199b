//! Reading an aggregate report: elements by their path, whatever their order and namespace.

use kernel::{DomainName, Timestamp};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{AggregateReport, Alignment, Disposition, DkimResult, PublishedPolicy, Row, SpfResult};
use crate::Malformed;
use crate::limit::{DEPTH_MAX, ROW_COUNT_MAX, ROW_ITEM_COUNT_MAX, TEXT_OCTETS_MAX};

/// Reads a report out of XML. Elements that are not known are passed over, since writers extend the schema.
///
/// # Errors
/// [`Malformed`]: the XML is none, holds a document type, or lacks what every report has (`org_name`, `report_id`,
/// `date_range`, `domain`, `p`).
pub fn read(xml: &[u8]) -> Result<AggregateReport, Malformed> {
    let mut reader = Reader::from_reader(xml);
    let mut draft = Draft::default();
    let mut path: Vec<Vec<u8>> = Vec::new();
    loop {
        match reader.read_event().map_err(|_| Malformed::Syntax)? {
            Event::Start(start) => {
                if path.len() == DEPTH_MAX {
                    return Err(Malformed::TooDeep);
                }
                path.push(start.local_name().as_ref().to_vec());
                draft.open(&path)?;
            }
            Event::Empty(start) => {
                path.push(start.local_name().as_ref().to_vec());
                draft.open(&path)?;
                path.pop();
            }
            Event::End(_) => {
                draft.close(&path);
                path.pop();
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|_| Malformed::Syntax)?;
                draft.say(&path, &text);
            }
            Event::CData(text) => draft.say(&path, &String::from_utf8_lossy(&text)),
            Event::GeneralRef(entity) => draft.say(&path, predefined(&entity).unwrap_or_default()),
            Event::DocType(_) => return Err(Malformed::DocumentType),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    match path.is_empty() {
        true => draft.finish(),
        false => Err(Malformed::Syntax),
    }
}

/// The five entities that every XML has; others could only be declared in a document type.
fn predefined(name: &[u8]) -> Option<&'static str> {
    match name {
        b"amp" => Some("&"),
        b"lt" => Some("<"),
        b"gt" => Some(">"),
        b"quot" => Some("\""),
        b"apos" => Some("'"),
        _ => None,
    }
}

/// A report as far as it was read: texts as they stand.
#[derive(Default)]
struct Draft {
    has_root: bool,
    reporter: String,
    contact: String,
    id: String,
    begin: String,
    end: String,
    domain: String,
    policy: String,
    subdomain_policy: String,
    absent_policy: String,
    dkim_alignment: String,
    spf_alignment: String,
    testing: String,
    rows: Vec<DraftRow>,
}

#[derive(Default)]
struct DraftRow {
    source: String,
    count: String,
    disposition: String,
    dkim_aligned: String,
    spf_aligned: String,
    reasons: Vec<(String, String)>,
    header_from: String,
    envelope_from: String,
    dkim: Vec<DkimResult>,
    spf: Vec<SpfResult>,
}

impl Draft {
    /// An element begins.
    fn open(&mut self, path: &[Vec<u8>]) -> Result<(), Malformed> {
        let path: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
        match path.as_slice() {
            [b"feedback"] => self.has_root = true,
            [_] => return Err(Malformed::Missing("feedback")),
            [_, b"record"] => {
                if self.rows.len() == ROW_COUNT_MAX {
                    return Err(Malformed::TooManyRows { count_max: ROW_COUNT_MAX });
                }
                self.rows.push(DraftRow::default());
            }
            [_, b"record", rest @ ..] => {
                if let Some(row) = self.rows.last_mut() {
                    row.open(rest);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Where the text of an element belongs.
    fn place(&mut self, path: &[Vec<u8>]) -> Option<&mut String> {
        let path: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
        Some(match path.as_slice() {
            [_, b"report_metadata", b"org_name"] => &mut self.reporter,
            [_, b"report_metadata", b"email"] => &mut self.contact,
            [_, b"report_metadata", b"report_id"] => &mut self.id,
            [_, b"report_metadata", b"date_range", b"begin"] => &mut self.begin,
            [_, b"report_metadata", b"date_range", b"end"] => &mut self.end,
            [_, b"policy_published", b"domain"] => &mut self.domain,
            [_, b"policy_published", b"p"] => &mut self.policy,
            [_, b"policy_published", b"sp"] => &mut self.subdomain_policy,
            [_, b"policy_published", b"np"] => &mut self.absent_policy,
            [_, b"policy_published", b"adkim"] => &mut self.dkim_alignment,
            [_, b"policy_published", b"aspf"] => &mut self.spf_alignment,
            [_, b"policy_published", b"testing"] => &mut self.testing,
            [_, b"record", rest @ ..] => return self.rows.last_mut().and_then(|row| row.place(rest)),
            _ => return None,
        })
    }

    /// Text stands in an element.
    fn say(&mut self, path: &[Vec<u8>], text: &str) {
        if let Some(place) = self.place(path) {
            append(place, text);
        }
    }

    /// An element ends: blanks around its text are layout.
    fn close(&mut self, path: &[Vec<u8>]) {
        if let Some(place) = self.place(path) {
            place.truncate(place.trim_end().len());
        }
    }

    fn finish(self) -> Result<AggregateReport, Malformed> {
        if !self.has_root {
            return Err(Malformed::Missing("feedback"));
        }
        let required = |text: &String, name| match text.is_empty() {
            true => Err(Malformed::Missing(name)),
            false => Ok(text.clone()),
        };
        let policy = PublishedPolicy {
            domain: DomainName::parse(&self.domain).map_err(|_| Malformed::Missing("domain"))?,
            policy: disposition(&self.policy).ok_or(Malformed::Missing("p"))?,
            subdomain_policy: disposition(&self.subdomain_policy),
            absent_policy: disposition(&self.absent_policy),
            dkim_alignment: alignment(&self.dkim_alignment),
            spf_alignment: alignment(&self.spf_alignment),
            is_testing: self.testing.eq_ignore_ascii_case("y"),
        };
        Ok(AggregateReport {
            reporter: required(&self.reporter, "org_name")?,
            contact: self.contact,
            id: required(&self.id, "report_id")?,
            begin: moment(&self.begin, "begin")?,
            end: moment(&self.end, "end")?,
            policy,
            rows: self.rows.into_iter().map(DraftRow::finish).collect::<Result<_, _>>()?,
        })
    }
}

impl DraftRow {
    fn open(&mut self, path: &[&[u8]]) {
        match path {
            [b"row", b"policy_evaluated", b"reason"] if self.reasons.len() < ROW_ITEM_COUNT_MAX => {
                self.reasons.push(Default::default());
            }
            [b"auth_results", b"dkim"] if self.dkim.len() < ROW_ITEM_COUNT_MAX => {
                let (domain, selector, result) = Default::default();
                self.dkim.push(DkimResult { domain, selector, result });
            }
            [b"auth_results", b"spf"] if self.spf.len() < ROW_ITEM_COUNT_MAX => {
                let (domain, scope, result) = Default::default();
                self.spf.push(SpfResult { domain, scope, result });
            }
            _ => {}
        }
    }

    /// Where the text of an element below `record` belongs.
    fn place(&mut self, path: &[&[u8]]) -> Option<&mut String> {
        match path {
            [b"row", b"source_ip"] => Some(&mut self.source),
            [b"row", b"count"] => Some(&mut self.count),
            [b"row", b"policy_evaluated", b"disposition"] => Some(&mut self.disposition),
            [b"row", b"policy_evaluated", b"dkim"] => Some(&mut self.dkim_aligned),
            [b"row", b"policy_evaluated", b"spf"] => Some(&mut self.spf_aligned),
            [b"row", b"policy_evaluated", b"reason", b"type"] => {
                self.reasons.last_mut().map(|(kind, _)| kind)
            }
            [b"row", b"policy_evaluated", b"reason", b"comment"] => {
                self.reasons.last_mut().map(|(_, comment)| comment)
            }
            [b"identifiers", b"header_from"] => Some(&mut self.header_from),
            [b"identifiers", b"envelope_from"] => Some(&mut self.envelope_from),
            [b"auth_results", b"dkim", b"domain"] => self.dkim.last_mut().map(|result| &mut result.domain),
            [b"auth_results", b"dkim", b"selector"] => {
                self.dkim.last_mut().map(|result| &mut result.selector)
            }
            [b"auth_results", b"dkim", b"result"] => self.dkim.last_mut().map(|result| &mut result.result),
            [b"auth_results", b"spf", b"domain"] => self.spf.last_mut().map(|result| &mut result.domain),
            [b"auth_results", b"spf", b"scope"] => self.spf.last_mut().map(|result| &mut result.scope),
            [b"auth_results", b"spf", b"result"] => self.spf.last_mut().map(|result| &mut result.result),
            _ => None,
        }
    }

    fn finish(self) -> Result<Row, Malformed> {
        Ok(Row {
            source: self.source.parse().map_err(|_| Malformed::Missing("source_ip"))?,
            count: self.count.parse().map_err(|_| Malformed::Missing("count"))?,
            disposition: disposition(&self.disposition).unwrap_or(Disposition::None),
            is_dkim_aligned: self.dkim_aligned.eq_ignore_ascii_case("pass"),
            is_spf_aligned: self.spf_aligned.eq_ignore_ascii_case("pass"),
            reasons: self.reasons,
            header_from: self.header_from,
            envelope_from: self.envelope_from,
            dkim: self.dkim,
            spf: self.spf,
        })
    }
}

/// Texts come in pieces where entities stand in them; what is too long is cut, and what XML may not hold is left out.
fn append(place: &mut String, text: &str) {
    let text = if place.is_empty() { text.trim_start() } else { text };
    for character in text.chars().filter(|character| crate::xml::is_allowed(*character)) {
        if place.len() + character.len_utf8() > TEXT_OCTETS_MAX {
            return;
        }
        place.push(character);
    }
}

fn disposition(text: &str) -> Option<Disposition> {
    let found = Disposition::ALL.iter().find(|(_, word)| text.eq_ignore_ascii_case(word));
    found.map(|(disposition, _)| *disposition)
}

fn alignment(text: &str) -> Alignment {
    if text.eq_ignore_ascii_case("s") { Alignment::Strict } else { Alignment::Relaxed }
}

/// Whole seconds since 1970; a few writers put fractions behind.
fn moment(text: &str, name: &'static str) -> Result<Timestamp, Malformed> {
    let whole = text.split('.').next().unwrap_or_default();
    let seconds: i64 = whole.parse().map_err(|_| Malformed::Missing(name))?;
    match (0..=4_102_444_800).contains(&seconds) {
        true => Ok(Timestamp::from_secs(seconds)),
        false => Err(Malformed::Missing(name)),
    }
}
