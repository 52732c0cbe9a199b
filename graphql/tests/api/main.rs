//! The API as a client sees it: over a journal in a file, with projections, followers and real password hashes.

mod access;
mod books;
mod comings;
mod contracts;
mod credentials;
mod delegation;
mod dkim;
mod events;
mod examples;
mod flow;
mod history;
mod keys;
mod passkeys;
mod people;
mod plan_change;
mod quality;
mod refusal;
mod resellers;
mod schema;
mod sending;
mod settings;
mod sign_ins;
mod stage;
mod tickets;
mod trace;
mod webhooks;
