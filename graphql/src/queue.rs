//! Mail that waits to leave: listed, and ordered about. Orders are no events: the message trace tells them, with who gave them.

pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod own;
pub(crate) mod query;
