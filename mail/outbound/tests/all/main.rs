//! Delivery, against hosts that behave as told.

mod deliver;
mod farm;
mod simulation;
mod stage;
mod tls;
