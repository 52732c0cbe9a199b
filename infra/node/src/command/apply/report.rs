//! What became of each row.

use std::io::Write as _;

/// What became of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// It was made or changed.
    Done,
    /// It was so already.
    Unchanged,
    /// It was refused; why.
    Refused(String),
}

impl Row {
    /// Both together: a refusal wins, then a change.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused(reason), _) | (_, Self::Refused(reason)) => Self::Refused(reason),
            (Self::Done, _) | (_, Self::Done) => Self::Done,
            (Self::Unchanged, Self::Unchanged) => Self::Unchanged,
        }
    }
}

/// All rows of a run.
#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<(String, Row)>,
}

impl Report {
    /// Adds a row.
    pub fn add(&mut self, what: &str, row: Row) {
        self.rows.push((what.to_owned(), row));
    }

    /// Prints each row and the counts; whether nothing was refused.
    ///
    /// # Errors
    /// The standard output is closed.
    pub fn print(&self) -> std::io::Result<bool> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let (mut done, mut unchanged, mut refused) = (0, 0, 0);
        for (what, row) in &self.rows {
            match row {
                Row::Done => {
                    done += 1;
                    writeln!(out, "done       {what}")?;
                }
                Row::Unchanged => {
                    unchanged += 1;
                    writeln!(out, "unchanged  {what}")?;
                }
                Row::Refused(reason) => {
                    refused += 1;
                    writeln!(out, "REFUSED    {what}: {reason}")?;
                }
            }
        }
        writeln!(out, "{done} done, {unchanged} unchanged, {refused} refused")?;
        out.flush()?;
        Ok(refused == 0)
    }
}
