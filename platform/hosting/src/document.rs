//! A document: what a customer accepts, or is to know, in its published versions. One series for each kind and language.

mod decide;
mod event;
mod state;
mod wire;

pub use decide::{Document, DocumentCommand};
pub use event::{DocumentEvent, DocumentKind, MediaType, NewVersion};
pub use state::{DocumentState, DocumentVersion, Standing, all_series, series};
pub(crate) use wire::{KindV1, LanguageV1, MediaTypeV1};
