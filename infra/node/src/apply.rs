//! `hosterra apply`.
mod file;
