//! Words into a tree of commands and tests (RFC 5228 section 8.2), whatever they are called.

use crate::fault::{Fault, FaultKind, Place};
use crate::lexer::{Token, Word};
use crate::limit::{COMMAND_COUNT_MAX, NESTING_DEPTH_MAX, STRING_LIST_COUNT_MAX, TEST_COUNT_MAX};

/// A command or a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) at: Place,
    pub(crate) arguments: Vec<Given>,
    pub(crate) tests: Vec<Node>,
    /// None for a test, and for a command that ends in `;`.
    pub(crate) block: Option<Vec<Node>>,
    /// Where it ends, for what is missing.
    pub(crate) end: Place,
}

/// An argument as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) at: Place,
    pub(crate) value: Value,
}

/// What an argument is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Tag(String),
    Number(u64),
    /// One string.
    Text(String),
    /// Strings in brackets.
    Texts(Vec<(String, Place)>),
}

/// The commands of a script.
pub(crate) fn commands(words: &[Word]) -> Result<Vec<Node>, Fault> {
    let last = words.last().map_or(Place { line: 1, column: 1 }, |word| word.at);
    let mut parser = Parser { words, at: 0, last, command_count: 0, test_count: 0 };
    parser.block(0)
}

struct Parser<'a> {
    words: &'a [Word],
    at: usize,
    last: Place,
    command_count: usize,
    test_count: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.words.get(self.at).map(|word| &word.token)
    }

    fn place(&self) -> Place {
        self.words.get(self.at).map_or(self.last, |word| word.at)
    }

    fn is(&self, mark: char) -> bool {
        self.peek() == Some(&Token::Mark(mark))
    }

    fn expected(&self, wanted: &'static str) -> Fault {
        let found = self.peek().map_or_else(|| "the end of the script".to_owned(), Token::told);
        Fault { at: self.place(), kind: FaultKind::Expected { wanted, found } }
    }

    fn name(&mut self, wanted: &'static str) -> Result<String, Fault> {
        let Some(Token::Name(name)) = self.peek() else { return Err(self.expected(wanted)) };
        let name = name.clone();
        self.at += 1;
        Ok(name)
    }

    /// Commands up to the end of the script, or of the block that is open.
    fn block(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        let mut commands = Vec::new();
        loop {
            match self.peek() {
                None if depth == 0 => return Ok(commands),
                Some(Token::Mark('}')) if depth > 0 => return Ok(commands),
                _ => commands.push(self.command(depth)?),
            }
        }
    }

    fn command(&mut self, depth: usize) -> Result<Node, Fault> {
        let at = self.place();
        self.command_count += 1;
        if self.command_count > COMMAND_COUNT_MAX {
            return Err(Fault { at, kind: FaultKind::TooManyCommands });
        }
        let name = self.name("a command")?;
        let (arguments, tests) = (self.arguments()?, self.tests(depth)?);
        let end = self.place();
        if self.is(';') {
            self.at += 1;
            return Ok(Node { name, at, arguments, tests, block: None, end });
        }
        if !self.is('{') {
            return Err(self.expected("`;` or a block"));
        }
        let depth = deeper(depth, end)?;
        self.at += 1;
        let block = self.block(depth)?;
        // The block came back, so it ends here.
        self.at += 1;
        Ok(Node { name, at, arguments, tests, block: Some(block), end })
    }

    fn arguments(&mut self) -> Result<Vec<Given>, Fault> {
        let mut arguments = Vec::new();
        loop {
            let at = self.place();
            let value = match self.peek() {
                Some(Token::Tag(name)) => Value::Tag(name.clone()),
                Some(Token::Number(number)) => Value::Number(*number),
                Some(Token::Text(text)) => Value::Text(text.clone()),
                Some(Token::Mark('[')) => {
                    arguments.push(Given { at, value: Value::Texts(self.list()?) });
                    continue;
                }
                _ => return Ok(arguments),
            };
            self.at += 1;
            arguments.push(Given { at, value });
        }
    }

    /// Strings between brackets; at least one.
    fn list(&mut self) -> Result<Vec<(String, Place)>, Fault> {
        let mut texts = Vec::new();
        self.at += 1;
        loop {
            let at = self.place();
            let Some(Token::Text(text)) = self.peek() else { return Err(self.expected("a string")) };
            if texts.len() == STRING_LIST_COUNT_MAX {
                return Err(Fault { at, kind: FaultKind::TooManyStrings });
            }
            texts.push((text.clone(), at));
            self.at += 1;
            match self.peek() {
                Some(Token::Mark(',')) => self.at += 1,
                Some(Token::Mark(']')) => {
                    self.at += 1;
                    return Ok(texts);
                }
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
    }

    /// No test, one test, or several in parentheses.
    fn tests(&mut self, depth: usize) -> Result<Vec<Node>, Fault> {
        if let Some(Token::Name(_)) = self.peek() {
            return Ok(vec![self.test(depth)?]);
        }
        if !self.is('(') {
            return Ok(Vec::new());
        }
        self.at += 1;
        let mut tests = Vec::new();
        loop {
            tests.push(self.test(depth)?);
            match self.peek() {
                Some(Token::Mark(',')) => self.at += 1,
                Some(Token::Mark(')')) => {
                    self.at += 1;
                    return Ok(tests);
                }
                _ => return Err(self.expected("`,` or `)`")),
            }
        }
    }

    fn test(&mut self, depth: usize) -> Result<Node, Fault> {
        let at = self.place();
        let depth = deeper(depth, at)?;
        self.test_count += 1;
        if self.test_count > TEST_COUNT_MAX {
            return Err(Fault { at, kind: FaultKind::TooManyTests });
        }
        let name = self.name("a test")?;
        let (arguments, tests) = (self.arguments()?, self.tests(depth)?);
        Ok(Node { name, at, arguments, tests, block: None, end: self.place() })
    }
}

fn deeper(depth: usize, at: Place) -> Result<usize, Fault> {
    if depth >= NESTING_DEPTH_MAX { Err(Fault { at, kind: FaultKind::TooDeep }) } else { Ok(depth + 1) }
}
