//! One way to two databases: SQLite (embedded, the default) and PostgreSQL.
//!
//! Statements are written once, in the SQL that both understand, with parameters `$1`, `$2`, ... Column types in DDL
//! are PostgreSQL's names (`UUID`, `BYTEA`, `BIGINT`, `TEXT`, `BOOLEAN`), which SQLite accepts by affinity; a UUID is a 16-octet blob there. What must
//! differ (hot paths of journal and store) reaches the engine itself through [`Database::sqlite`] and
//! [`Database::postgres`].

mod value;

pub use value::{Row, Statement, Value};
