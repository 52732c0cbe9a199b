//! The MIME tree (RFC 2045, RFC 2046), found in one walk.

use crate::field::{fields, line_end, split_header, trim_line_end};
use crate::parameter::valued;
use crate::summarize::envelope;
use crate::{Part, PartBody};

/// Most parts in one message; more are left inside the last one.
pub const PART_COUNT_MAX: usize = 1000;
/// Deepest nesting of parts.
pub const DEPTH_MAX: usize = 50;
/// Comparisons of a line with a boundary, in one message: beyond, no more parts are found. A hostile message of many
/// levels and many lines would otherwise cost their product.
const BOUNDARY_CHECK_COUNT_MAX: usize = 4_000_000;
/// Octets of one field that names what is inside a part.
const TEXT_OCTETS_MAX: usize = 2000;

struct Walk<'a> {
    message: &'a [u8],
    part_count: usize,
    check_count: usize,
}

/// The tree of a whole message; see [`Part`] for what its offsets count.
pub(crate) fn structure(message: &[u8]) -> Part {
    let mut walk = Walk { message, part_count: 0, check_count: 0 };
    walk.part(0, message.len(), 0, ("text", "plain"))
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Walk<'_> {
    fn part(&mut self, start: usize, end: usize, depth: usize, default: (&str, &str)) -> Part {
        self.part_count += 1;
        let entity = &self.message[start..end];
        let (header_end, body_start) = split_header(entity);
        let mut part = described(&entity[..header_end], default);
        (part.header_start, part.body_start, part.body_end) =
            (offset(start), offset(start + body_start), offset(end));
        let body = start + body_start;
        part.body = self.inside(&part, body, end, depth);
        if matches!(part.body, PartBody::Text | PartBody::Message(_)) {
            part.line_count = line_count(&self.message[body..end]);
        }
        part
    }

    fn inside(&mut self, part: &Part, start: usize, end: usize, depth: usize) -> PartBody {
        let may_nest = depth < DEPTH_MAX && self.part_count < PART_COUNT_MAX;
        let is_plain = matches!(part.encoding.as_str(), "7bit" | "8bit" | "binary");
        match (part.media_type.as_str(), part.subtype.as_str()) {
            ("text", _) => PartBody::Text,
            ("message", "rfc822" | "global") if may_nest && is_plain => {
                let inner = self.part(start, end, depth + 1, ("text", "plain"));
                let header = &self.message[start..inner.body_start as usize];
                PartBody::Message(Box::new((envelope(header), inner)))
            }
            ("multipart", subtype) => {
                let default = if subtype == "digest" { ("message", "rfc822") } else { ("text", "plain") };
                let boundary = part.parameters.iter().find(|(name, _)| name == "boundary");
                let mut parts = Vec::new();
                if let Some((_, boundary)) = boundary.filter(|(_, boundary)| may_nest && !boundary.is_empty())
                {
                    for (part_start, part_end) in self.delimited(start, end, boundary.as_bytes()) {
                        parts.push(self.part(part_start, part_end, depth + 1, default));
                    }
                }
                if parts.is_empty() {
                    parts.push(undivided(start, end, self.message));
                }
                PartBody::Multipart(parts)
            }
            _ => PartBody::Other,
        }
    }

    /// The ranges between the delimiters of `boundary`; the line end before a delimiter belongs to it (RFC 2046
    /// section 5.1.1). A missing last delimiter ends the last part where the parent ends.
    fn delimited(&mut self, start: usize, end: usize, boundary: &[u8]) -> Vec<(usize, usize)> {
        let mut ranges = Vec::new();
        let mut open: Option<usize> = None;
        let mut at = start;
        while at < end {
            let next = line_end(&self.message[..end], at);
            let line = trim_line_end(&self.message[at..next]);
            if let Some(rest) = line.strip_prefix(b"--") {
                self.check_count += 1;
                let is_over = self.check_count > BOUNDARY_CHECK_COUNT_MAX;
                let after = rest.strip_prefix(boundary).filter(|_| !is_over).map(<[u8]>::trim_ascii_end);
                if let Some(after @ (b"" | b"--")) = after {
                    if let Some(begun) = open.take() {
                        ranges.push((begun, before_line_end(self.message, begun, at)));
                    }
                    if after == b"--" || self.part_count + ranges.len() >= PART_COUNT_MAX {
                        return ranges;
                    }
                    open = Some(next);
                }
            }
            at = next;
        }
        if let Some(begun) = open {
            ranges.push((begun, end));
        }
        ranges
    }
}

/// A body that ends before the delimiter at `at`.
fn before_line_end(message: &[u8], begun: usize, at: usize) -> usize {
    let line = &message[begun..at];
    begun + trim_line_end(line).len()
}

fn line_count(body: &[u8]) -> u32 {
    let ends = body.iter().filter(|octet| **octet == b'\n').count();
    offset(ends + usize::from(body.last().is_some_and(|octet| *octet != b'\n')))
}

/// A multipart without a delimiter still has one part (RFC 9051 section 7.5.2): all of it.
fn undivided(start: usize, end: usize, message: &[u8]) -> Part {
    let mut part = described(b"", ("text", "plain"));
    (part.header_start, part.body_start, part.body_end) = (offset(start), offset(start), offset(end));
    part.line_count = line_count(&message[start..end]);
    part
}

/// A part as its header describes it, without a place.
fn described(header: &[u8], (media_type, subtype): (&str, &str)) -> Part {
    let mut part = Part {
        header_start: 0,
        body_start: 0,
        body_end: 0,
        media_type: media_type.to_owned(),
        subtype: subtype.to_owned(),
        parameters: Vec::new(),
        id: None,
        description: None,
        encoding: "7bit".to_owned(),
        md5: None,
        disposition: None,
        language: Vec::new(),
        location: None,
        line_count: 0,
        body: PartBody::Text,
    };
    for field in fields(header) {
        if !field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-")) {
            continue;
        }
        let text = || {
            let mut text = field.text();
            text.truncate(text.floor_char_boundary(TEXT_OCTETS_MAX));
            Some(text).filter(|text| !text.is_empty())
        };
        match field.name[8..].to_ascii_lowercase().as_str() {
            "type" => media_type_of(&mut part, &field.text()),
            "transfer-encoding" => {
                if let Some(encoding) =
                    text().and_then(|text| text.split_ascii_whitespace().next().map(str::to_owned))
                {
                    part.encoding = encoding.to_ascii_lowercase();
                }
            }
            "id" => part.id = text(),
            "description" => part.description = text(),
            "md5" => part.md5 = text(),
            "location" => part.location = text(),
            "disposition" => {
                let (disposition, parameters) = valued(&field.text());
                part.disposition = (!disposition.is_empty()).then_some((disposition, parameters));
            }
            "language" => {
                let tags = field.text();
                let tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty() && tag.len() <= 64);
                part.language = tags.take(32).map(str::to_owned).collect();
            }
            _ => {}
        }
    }
    part
}

fn media_type_of(part: &mut Part, text: &str) {
    let (token, parameters) = valued(text);
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic());
    match token.split_once('/') {
        Some((media_type, subtype)) if is_token(media_type) && is_token(subtype) => {
            part.media_type = media_type.to_owned();
            part.subtype = subtype.to_owned();
            part.parameters = parameters;
        }
        // RFC 2045 section 5.2: what cannot be read is plain text.
        Some(_) | None => {
            "text".clone_into(&mut part.media_type);
            "plain".clone_into(&mut part.subtype);
        }
    }
}
