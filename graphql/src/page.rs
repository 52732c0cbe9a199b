//! Pages of connections: newest last, by a key that never moves.

use async_graphql::connection::{Connection, CursorType, Edge};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::{Row, Statement};
use uuid::Uuid;

use crate::error::Fault;
use crate::limit::{PAGE_COUNT_DEFAULT, PAGE_COUNT_MAX, SEARCH_OCTETS_MAX};

/// Where a node stands in its list: by its birth (a position or a moment), then by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageKey {
    /// When it came to be, in the unit of the list.
    pub born: i64,
    /// Which one.
    pub id: Uuid,
}

impl PageKey {
    /// Before every node.
    const START: Self = Self { born: i64::MIN, id: Uuid::nil() };
}

/// Text that is no cursor of ours.
#[derive(Debug, thiserror::Error)]
#[error("expected a cursor that a page gave")]
pub struct PageKeyFault;

impl CursorType for PageKey {
    type Error = PageKeyFault;

    fn decode_cursor(text: &str) -> Result<Self, PageKeyFault> {
        let octets: [u8; 24] =
            URL_SAFE_NO_PAD.decode(text).map_err(|_| PageKeyFault)?.try_into().map_err(|_| PageKeyFault)?;
        let (born, id) = octets.split_at(8);
        Ok(Self {
            born: i64::from_be_bytes(born.try_into().map_err(|_| PageKeyFault)?),
            id: Uuid::from_slice(id).map_err(|_| PageKeyFault)?,
        })
    }

    fn encode_cursor(&self) -> String {
        let mut octets = self.born.to_be_bytes().to_vec();
        octets.extend_from_slice(self.id.as_bytes());
        URL_SAFE_NO_PAD.encode(octets)
    }
}

/// What page is wanted: `first` nodes after `after`.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    first: u32,
    after: PageKey,
}

impl Page {
    /// Reads the two arguments of a connection.
    ///
    /// # Errors
    /// [`Fault::BadInput`] where `first` is not 1 to 100 or `after` is no cursor.
    pub fn parse(first: Option<i32>, after: Option<&str>) -> Result<Self, Fault> {
        let first = match first {
            None => PAGE_COUNT_DEFAULT,
            Some(first) => match u32::try_from(first) {
                Ok(first @ 1..=PAGE_COUNT_MAX) => first,
                _ => return Err(Fault::BadInput("`first` is 1 to 100", "`first` va de 1 à 100")),
            },
        };
        let after = match after {
            None => PageKey::START,
            Some(text) => PageKey::decode_cursor(text).map_err(|_| {
                Fault::BadInput(
                    "`after` is no cursor of this list",
                    "`after` n'est pas un curseur de cette liste",
                )
            })?,
        };
        Ok(Self { first, after })
    }

    /// How many nodes are wanted.
    pub const fn count(self) -> usize {
        self.first as usize
    }

    /// The birth after which nodes are wanted; none: from the beginning.
    pub fn born_after(self) -> Option<i64> {
        (self.after != PageKey::START).then_some(self.after.born)
    }

    /// The key after which nodes are wanted; none: from the beginning.
    pub fn key_after(self) -> Option<PageKey> {
        (self.after != PageKey::START).then_some(self.after)
    }

    /// Makes the connection of nodes that were found after the cursor, in order, at least one more than wanted where
    /// there are more.
    pub fn found<T: async_graphql::OutputType>(self, nodes: Vec<(PageKey, T)>) -> Connection<PageKey, T> {
        let wanted = self.first as usize;
        let mut connection = Connection::new(self.after != PageKey::START, nodes.len() > wanted);
        connection.edges.extend(nodes.into_iter().take(wanted).map(|(key, node)| Edge::new(key, node)));
        connection
    }

    /// Finishes a query that ends in its WHERE clause: only rows after the cursor, in order, one more than wanted.
    pub fn finish(self, mut query: Query, born: &'static str, id: &'static str) -> Statement {
        let (after_born, after_id) = (query.param(self.after.born), query.param(self.after.id));
        let limit = query.param(i64::from(self.first) + 1);
        query.text.push_str(&format!(
            " AND ({born} > {after_born} OR ({born} = {after_born} AND {id} > {after_id})) \
             ORDER BY {born}, {id} LIMIT {limit}"
        ));
        query.finish()
    }

    /// Makes the connection of the rows that [`Page::finish`] found.
    ///
    /// # Errors
    /// What `read` gives for a row that it cannot read.
    pub fn connection<T, E>(
        self,
        rows: Vec<Row>,
        read: impl Fn(&Row) -> Result<(PageKey, T), E>,
    ) -> Result<Connection<PageKey, T>, E>
    where
        T: async_graphql::OutputType,
    {
        let wanted = self.first as usize;
        let mut connection = Connection::new(self.after != PageKey::START, rows.len() > wanted);
        for row in rows.iter().take(wanted) {
            let (key, node) = read(row)?;
            connection.edges.push(Edge::new(key, node));
        }
        Ok(connection)
    }
}

impl Page {
    /// Makes the connection of nodes that are in memory already, in the order of their keys.
    pub fn of<T: async_graphql::OutputType>(
        self,
        nodes: impl Iterator<Item = (PageKey, T)>,
    ) -> Connection<PageKey, T> {
        let mut behind = nodes.filter(|(key, _)| *key > self.after).peekable();
        let mut connection = Connection::new(self.after != PageKey::START, false);
        for (key, node) in behind.by_ref().take(self.first as usize) {
            connection.edges.push(Edge::new(key, node));
        }
        connection.has_next_page = behind.peek().is_some();
        connection
    }
}

/// What a page costs: its nodes, each with its fields.
pub(crate) fn cost(first: Option<i32>, node: usize) -> usize {
    let first = first.and_then(|first| usize::try_from(first).ok()).unwrap_or(PAGE_COUNT_DEFAULT as usize);
    first.min(PAGE_COUNT_MAX as usize) * node + 1
}

/// A SELECT under construction, whose parameters number themselves.
#[derive(Debug)]
pub struct Query {
    text: String,
    params: Vec<database::Value>,
}

impl Query {
    /// Begins with `text`, which ends in `WHERE` and at least one condition follows.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), params: Vec::new() }
    }

    /// Adds a parameter and gives its name in the text.
    pub fn param(&mut self, value: impl Into<database::Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    /// Adds text.
    #[must_use]
    pub fn with(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds `text` followed by a parameter.
    #[must_use]
    pub fn bind(mut self, text: &str, value: impl Into<database::Value>) -> Self {
        let name = self.param(value);
        self.text.push_str(text);
        self.text.push_str(&name);
        self
    }

    /// Adds that one of `columns` holds `words`, whatever the case of ASCII letters.
    ///
    /// # Errors
    /// [`Fault::BadInput`] where `words` are too long.
    pub fn holding(mut self, columns: &[&str], words: &str) -> Result<Self, Fault> {
        if words.len() > SEARCH_OCTETS_MAX {
            return Err(Fault::BadInput("`search` has at most 128 octets", "`search` a au plus 128 octets"));
        }
        let escaped =
            words.trim().to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let name = self.param(format!("%{escaped}%"));
        let like: Vec<String> =
            columns.iter().map(|column| format!("LOWER({column}) LIKE {name} ESCAPE '\\'")).collect();
        self.text.push_str(&format!(" AND ({})", like.join(" OR ")));
        Ok(self)
    }

    /// Adds ` AND (column IN (...))` for `ids`, or a condition that is never met where there are none.
    #[must_use]
    pub fn among(mut self, column: &str, ids: &[Uuid]) -> Self {
        if ids.is_empty() {
            return self.with(" AND 1 = 0");
        }
        let names: Vec<String> = ids.iter().map(|id| self.param(*id)).collect();
        self.text.push_str(&format!(" AND {column} IN ({})", names.join(", ")));
        self
    }

    /// Adds ` AND (column IN (...) OR other = ...)`.
    #[must_use]
    pub fn among_or(mut self, column: &str, ids: &[Uuid], (other, id): (&str, Uuid)) -> Self {
        let names: Vec<String> = ids.iter().map(|id| self.param(*id)).collect();
        let among =
            if names.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", names.join(", ")) };
        let id = self.param(id);
        self.text.push_str(&format!(" AND ({among} OR {other} = {id})"));
        self
    }

    /// The statement.
    pub fn finish(self) -> Statement {
        let mut statement = Statement::new(self.text);
        statement.params = self.params;
        statement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_100_nodes() {
        for (first, is_good) in [
            (None, true),
            (Some(1), true),
            (Some(100), true),
            (Some(0), false),
            (Some(101), false),
            (Some(-1), false),
        ] {
            assert_eq!(Page::parse(first, None).is_ok(), is_good, "{first:?}");
        }
    }

    #[test]
    fn cursors_travel_both_ways_and_nonsense_does_not() {
        let key = PageKey { born: -3, id: Uuid::from_u128(5) };
        assert_eq!(PageKey::decode_cursor(&key.encode_cursor()).ok(), Some(key));
        for text in ["", "AAAA", "!!!", &"A".repeat(1000)] {
            assert!(PageKey::decode_cursor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn words_to_search_for_are_no_pattern() {
        let query =
            Query::new("SELECT 1 WHERE 1 = 1").holding(&["a", "b"], " 50%_\\X ").expect("short words");
        let statement = query.finish();
        assert_eq!(
            statement.sql,
            "SELECT 1 WHERE 1 = 1 AND (LOWER(a) LIKE $1 ESCAPE '\\' OR LOWER(b) LIKE $1 ESCAPE '\\')"
        );
        assert_eq!(statement.params, [database::Value::from("%50\\%\\_\\\\x%".to_owned())]);
        assert!(Query::new("").holding(&["a"], &"x".repeat(SEARCH_OCTETS_MAX + 1)).is_err());
    }

    #[test]
    fn parameters_number_themselves() {
        let query = Query::new("SELECT 1 WHERE").bind(" a = ", 7i64).among("b", &[Uuid::nil(), Uuid::max()]);
        let statement = Page::parse(Some(2), None).expect("a page").finish(query, "born", "id");
        assert_eq!(
            statement.sql,
            "SELECT 1 WHERE a = $1 AND b IN ($2, $3) AND (born > $4 OR (born = $4 AND id > $5)) ORDER BY born, id LIMIT $6"
        );
        assert_eq!(statement.params.len(), 6);
    }
}
