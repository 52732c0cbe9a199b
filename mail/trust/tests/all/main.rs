//! Downgrades and policies, against hosts on loopback.

mod downgrade;
mod farm;
mod sts;
