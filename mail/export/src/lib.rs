//! A mailbox as people take it along: a ZIP with one mbox for each folder, written as it is read.
//!
//! Pure: folders and messages in, octets out. Of messages nothing is kept once they are written; of each folder its name
//! stays until the end, for the directory of the ZIP. Who may have the archive, and what reads the store, is for those
//! who ask.

mod archive;
mod mbox;
mod path;

pub use archive::Archive;
pub use mbox::{Flags, Message};
pub use path::{COMPONENT_BYTES_MAX, DEPTH_MAX, Paths};
