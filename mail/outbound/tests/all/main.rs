//! Delivery, against hosts that behave as told.

mod deliver;
mod farm;
mod forwards;
mod hosts;
mod routes;
mod silence;
mod simulation;
mod sources;
mod stage;
mod storm;
mod tls;
