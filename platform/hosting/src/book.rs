//! A book: all entries of one kind that one owner keeps, for example the rewriting rules of a domain or the sync jobs of
//! a mailbox. Their life is the same whatever they say: added, changed, removed; counted and compared within the book,
//! so that two that contradict each other are refused. Each kind of entry says in its own module what it holds and what
//! it refuses.

mod command;
mod decide;
mod entry;
mod event;
mod kinds;
mod state;
mod wire;

pub use command::BookCommand;
pub use decide::Book;
pub use entry::{Entry, Home, Hosted, Others, Refusals, Words};
pub use event::BookEvent;
pub use kinds::{EntryChange, EntryEvent, Told};
pub use state::{BookState, EntryRecord};
