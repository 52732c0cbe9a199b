//! A ticket: a question to the platform's support, with its answers. Needs no service that works.

mod command;
mod decide;
mod event;
mod state;
mod wire;

pub use command::{NewFile, NewTicket, TicketCommand};
pub use decide::Ticket;
pub use event::{FileKey, Side, TicketEvent, TicketFile, TicketKind, TicketPriority, Way};
pub use state::{TicketRecord, TicketStage, TicketState};
