//! What we derive from a message when it arrives, once: envelope, body structure with octet ranges, preview, search
//! text. Everything a client's first sync asks for is answered from the [`Summary`], never from the message.
//!
//! Pure: bytes in, values out. Total: any bytes give a summary, however broken.

mod summary;

pub use summary::{Address, AddressItem, Envelope, Part, PartBody, Summary};
