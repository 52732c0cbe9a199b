//! How a [`Summary`] is kept in a database: one octet of form, then postcard.

use crate::{Part, PartBody, Summary};

/// The present form. A reader knows all earlier ones; a summary of an unknown form is derived anew.
const FORM: u8 = 1;

/// Stored octets are no summary that this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored summary is of a form that is not known")]
pub struct StoredFault;

impl Summary {
    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory does not fail, and the types hold nothing that postcard refuses.
        postcard::to_extend(self, vec![FORM]).unwrap_or_default()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`StoredFault`]: derive it anew from the message.
    pub fn decode(octets: &[u8]) -> Result<Self, StoredFault> {
        match octets.split_first() {
            Some((&FORM, rest)) => postcard::from_bytes(rest).map_err(|_| StoredFault),
            Some(_) | None => Err(StoredFault),
        }
    }

    /// The same for a copy before which `octet_count` octets of header were put.
    #[must_use]
    pub fn shifted(mut self, octet_count: u32) -> Self {
        if octet_count > 0 {
            let header_start = self.structure.header_start;
            shift(&mut self.structure, octet_count);
            // What was put before belongs to the header of the message itself.
            self.structure.header_start = header_start;
        }
        self
    }
}

fn shift(part: &mut Part, octet_count: u32) {
    for place in [&mut part.header_start, &mut part.body_start, &mut part.body_end] {
        *place = place.saturating_add(octet_count);
    }
    match &mut part.body {
        PartBody::Multipart(parts) => parts.iter_mut().for_each(|part| shift(part, octet_count)),
        PartBody::Message(inner) => shift(&mut inner.1, octet_count),
        PartBody::Text | PartBody::Other => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::{PartBody, Summary, summarize};

    #[test]
    fn a_summary_comes_back_as_it_was_and_moves_with_its_prefix() {
        let message =
            b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n";
        let summary = summarize(message);
        assert_eq!(Summary::decode(&summary.encode()), Ok(summary.clone()));
        let prefix = b"Return-Path: <>\r\n";
        let copy = [&prefix[..], message].concat();
        let shifted = summary.shifted(u32::try_from(prefix.len()).expect("short"));
        let PartBody::Multipart(parts) = &shifted.structure.body else { panic!("not a multipart") };
        assert_eq!(&copy[parts[0].body_start as usize..parts[0].body_end as usize], b"hi");
        assert_eq!(shifted.structure.header_start, 0);
        assert!(Summary::decode(b"\x07").is_err() && Summary::decode(b"").is_err());
    }
}
