//! Mailboxes that their owners take along: a ZIP with one mbox for each folder, written as it is read.
//!
//! [`Archive`] is pure: folders and messages in, octets out. Of messages nothing is kept once they are written; of each
//! folder its name stays until the end, for the directory of the ZIP. [`Downloads`] reads the store for it, a piece at a
//! time and only as fast as somebody takes what is written. Who may have a mailbox is for those who ask.

mod archive;
mod download;
mod mbox;
mod path;

pub use archive::Archive;
pub use download::{Download, Downloads, NODE_DOWNLOAD_COUNT_MAX, NoPlace, PATIENCE, PIECE_OCTETS};
pub use mbox::{Flags, Message};
pub use path::{COMPONENT_BYTES_MAX, DEPTH_MAX, Paths};
