//! A message as signatures see it.

use std::sync::OnceLock;

use ::message::{Field, fields, split_header};

use super::SIGNATURE_COUNT_MAX;
use super::canonical::{Form, body_hash};

/// Fields of a header that are looked at, from the top.
const FIELD_COUNT_MAX: usize = 2_000;

/// A message: its fields and its body. Line ends are CRLF.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    header: &'a [u8],
    fields: Vec<Field<'a>>,
    body: &'a [u8],
    /// Each is made once, however many signatures there are.
    simple_hash: OnceLock<(Vec<u8>, u64)>,
    relaxed_hash: OnceLock<(Vec<u8>, u64)>,
}

impl<'a> Message<'a> {
    /// Finds the parts of a message.
    pub fn new(octets: &'a [u8]) -> Self {
        let (header_end, body_start) = split_header(octets);
        let header = &octets[..header_end];
        Self {
            header,
            fields: fields(header).take(FIELD_COUNT_MAX).collect(),
            body: &octets[body_start..],
            simple_hash: OnceLock::new(),
            relaxed_hash: OnceLock::new(),
        }
    }

    /// The fields, from the top.
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// A field as it stands, with its line end.
    pub(crate) fn raw(&self, field: &Field<'_>) -> &'a [u8] {
        &self.header[field.start..field.end]
    }

    /// The hash of what follows the header, and how long that is, in its canonical form.
    pub(crate) fn body_hash(&self, form: Form) -> &(Vec<u8>, u64) {
        let place = match form {
            Form::Simple => &self.simple_hash,
            Form::Relaxed => &self.relaxed_hash,
        };
        place.get_or_init(|| body_hash(form, self.body))
    }

    /// The DKIM-Signature fields that are looked at.
    pub fn signatures(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(|field| field.is("DKIM-Signature")).take(SIGNATURE_COUNT_MAX)
    }
}
