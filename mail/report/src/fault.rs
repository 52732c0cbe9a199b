//! Why something is no report.

/// What is wrong with the bytes. Expected: reports come from anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No part of the message is a report.
    #[error("the message holds no report")]
    NoReport,
    /// The packing is broken, or of a kind that is not read.
    #[error("the attachment cannot be unpacked")]
    Packing,
    /// It is larger than `limit` allows.
    #[error("the report is larger than {octets_max} octets")]
    TooLarge {
        /// The limit that was met.
        octets_max: usize,
    },
    /// The XML or JSON is none.
    #[error("the report is not well-formed")]
    Syntax,
    /// A document type: entities could be declared in it, which no report needs.
    #[error("the report declares a document type")]
    DocumentType,
    /// Elements lie too deep.
    #[error("the report is nested too deeply")]
    TooDeep,
    /// More rows than are kept.
    #[error("the report has more than {count_max} rows")]
    TooManyRows {
        /// The limit that was met.
        count_max: usize,
    },
    /// Something that every report has is missing or wrong.
    #[error("the report has no valid `{0}`")]
    Missing(&'static str),
}
