//! Values, statements and rows, the same for both databases.

use std::borrow::Cow;

use uuid::Uuid;

use crate::DatabaseError;

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

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident / $optional:ident -> $type:ty, $expected:literal: $($pattern:pat $(if $guard:expr)? => $value:expr),+;)*) => {
        impl Row {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`DatabaseError::Column`] where it holds NULL or another type.
                pub fn $name(&self, column: usize) -> Result<$type, DatabaseError> {
                    self.$optional(column)?.ok_or(DatabaseError::Column { column, expected: $expected })
                }

                /// The same where NULL is allowed.
                ///
                /// # Errors
                /// [`DatabaseError::Column`] where it holds another type.
                pub fn $optional(&self, column: usize) -> Result<Option<$type>, DatabaseError> {
                    match self.0.get(column) {
                        Some(Value::Null) => Ok(None),
                        $(Some($pattern) $(if $guard)? => Ok(Some($value)),)+
                        _ => Err(DatabaseError::Column { column, expected: $expected }),
                    }
                }
            )*
        }
    };
}

columns! {
    /// A whole number.
    int / opt_int -> i64, "a number": Value::Int(number) => *number;
    /// A truth value; a number other than 0 in SQLite.
    bool / opt_bool -> bool, "a truth value": Value::Bool(is) => *is, Value::Int(number) => *number != 0;
    /// Text.
    text / opt_text -> &str, "text": Value::Text(text) => text.as_str();
    /// Octets.
    bytes / opt_bytes -> &[u8], "octets": Value::Bytes(octets) => octets.as_slice();
    /// A UUID; 16 octets in SQLite.
    uuid / opt_uuid -> Uuid, "a UUID": Value::Uuid(uuid) => *uuid, Value::Bytes(octets) if octets.len() == 16 => {
        Uuid::from_slice(octets).unwrap_or_default()
    };
}
