//! What the operator orders on the command line, beside `serve`.

pub mod apply;
pub mod check;
pub mod dkim_zone;
pub mod doubles;
pub mod master;
pub mod provision;
pub mod queue;
pub mod verify;
