//! hosterra: the one binary.

mod apply;
mod certificate;
mod config;
mod telemetry;

fn main() {}
