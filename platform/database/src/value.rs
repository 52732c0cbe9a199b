//! Values, statements and rows, the same for both databases.

use std::borrow::Cow;

use uuid::Uuid;

/// A parameter or a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// BOOLEAN (0 or 1 in SQLite).
    Bool(bool),
    /// TEXT.
    Text(String),
    /// BYTEA or BLOB.
    Bytes(Vec<u8>),
    /// UUID (a 16-octet BLOB in SQLite).
    Uuid(Uuid),
}

macro_rules! values {
    ($($from:ty => $variant:ident ($into:expr);)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant($into(value))
            }
        }
    )*};
}

values! {
    i64 => Int(|value| value);
    i32 => Int(i64::from);
    u32 => Int(i64::from);
    u16 => Int(i64::from);
    bool => Bool(|value| value);
    String => Text(|value| value);
    &str => Text(str::to_owned);
    Vec<u8> => Bytes(|value| value);
    &[u8] => Bytes(<[u8]>::to_vec);
    Uuid => Uuid(|value| value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// SQL with its parameters, to be executed on either database.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Text with `$1`, `$2`, ...; prepared once and kept.
    pub sql: Cow<'static, str>,
    /// In the order of their numbers.
    pub params: Vec<Value>,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), params: Vec::new() }
    }

    /// Adds the next parameter.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.params.push(value.into());
        self
    }
}

/// One row of an answer, columns by their index.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);
