//! Intentions.
