//! Apple's property lists, as XML.

use super::xml::Document;

/// A value of a property list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Keys with values, in their order.
    Dict(Vec<(&'static str, Value)>),
    /// Values, in their order.
    Array(Vec<Value>),
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Bool(bool),
}

impl Value {
    /// The document that holds it.
    pub(super) fn document(&self) -> String {
        let document = Document::new()
            .doctype("<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">")
            .open("plist", &[("version", "1.0")]);
        self.write(document).finish()
    }

    fn write(&self, mut document: Document) -> Document {
        match self {
            Self::Dict(pairs) => {
                document = document.open("dict", &[]);
                for (key, value) in pairs {
                    document = value.write(document.leaf("key", key));
                }
                document.close()
            }
            Self::Array(values) => {
                document = document.open("array", &[]);
                for value in values {
                    document = value.write(document);
                }
                document.close()
            }
            Self::Text(text) => document.leaf("string", text),
            Self::Integer(number) => document.leaf("integer", &number.to_string()),
            Self::Bool(true) => document.empty("true"),
            Self::Bool(false) => document.empty("false"),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Bool(is_so)
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Integer(i64::from(number))
    }
}
