//! hosterra: the one binary.
fn main() {}
