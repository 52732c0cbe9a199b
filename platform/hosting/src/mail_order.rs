//! An order about mail that waits to leave, or about what is sent at all: who gave it, for whom, why. What becomes of the
//! single recipients is the message trace's to tell; that somebody ordered it is told here, for as long as the audit is kept.

mod decide;
mod event;
mod wire;

pub use decide::{MailOrder, MailOrderState, NewMailOrder};
pub use event::{MailOrderAbout, MailOrderEvent, MailOrderKind, MailOrderScope};
