//! What we derive from a message when it arrives, once: envelope, body structure with octet ranges, preview, search
//! text. Everything a client's first sync asks for is answered from the [`Summary`], never from the message.
//!
//! Pure: bytes in, values out. Total: any bytes give a summary, however broken.

mod address;
mod field;
mod parameter;
mod stored;
mod structure;
mod summarize;
mod summary;
mod text;
mod whole;

pub use address::{DoubtfulAddresses, sure_addresses};
pub use field::{
    FIELD_OCTETS_MAX, Field, Fields, HEADER_OCTETS_MAX, fields, received_count, split_header, unfold,
};
pub use stored::StoredFault;
pub use structure::{DEPTH_MAX, PART_COUNT_MAX};
pub use summarize::{PREVIEW_CHARACTER_COUNT_MAX, REFERENCE_COUNT_MAX, summarize};
pub use summary::{Address, AddressItem, Envelope, Part, PartBody, Summary};
pub use text::{
    SEARCH_OCTETS_MAX, SearchText, base_subject, decode_body, decode_transfer, decode_words, search_text,
};
pub use whole::{BOUNDARY_COUNT_MAX, NESTING_WORD_COUNT_MAX, Whole};
