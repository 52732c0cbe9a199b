//! A script into words (RFC 5228 section 8.1).

use std::iter::Peekable;
use std::str::Chars;

use crate::fault::{Fault, FaultKind, Place};
use crate::limit::{NUMBER_MAX, SCRIPT_OCTETS_MAX};

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, in lower case.
    Name(String),
    /// `:name`, without the colon, in lower case.
    Tag(String),
    /// With K, M and G multiplied.
    Number(u64),
    /// A quoted string, or a text over several lines with CRLF.
    Text(String),
    /// One of `{ } ( ) [ ] , ;`.
    Mark(char),
}

impl Token {
    /// As it is told to people.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Tag(name) => format!("`:{name}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Text(_) => "a string".to_owned(),
            Self::Mark(mark) => format!("`{mark}`"),
        }
    }
}

/// A word and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) token: Token,
    pub(crate) at: Place,
}

/// All words of a script, comments left out.
pub(crate) fn words(script: &str) -> Result<Vec<Word>, Fault> {
    let mut reader = Reader { rest: script.chars().peekable(), at: Place { line: 1, column: 1 } };
    if script.len() > SCRIPT_OCTETS_MAX {
        return Err(Fault { at: reader.at, kind: FaultKind::ScriptTooLong });
    }
    let mut words = Vec::new();
    while let Some(first) = reader.peek() {
        let at = reader.at;
        let token = match first {
            ' ' | '\t' | '\r' | '\n' => {
                reader.next();
                continue;
            }
            // A mark of byte order is no part of the script.
            '\u{feff}' if at == (Place { line: 1, column: 1 }) => {
                reader.next();
                continue;
            }
            '#' => {
                reader.line();
                continue;
            }
            '/' => {
                reader.bracket_comment(at)?;
                continue;
            }
            '"' => Token::Text(reader.quoted(at)?),
            '{' | '}' | '(' | ')' | '[' | ']' | ',' | ';' => {
                reader.next();
                Token::Mark(first)
            }
            ':' => {
                reader.next();
                let name = reader.name();
                if name.is_empty() {
                    return Err(Fault { at, kind: FaultKind::Character(':') });
                }
                Token::Tag(name)
            }
            '0'..='9' => Token::Number(reader.number(at)?),
            'a'..='z' | 'A'..='Z' | '_' => {
                let name = reader.name();
                // `text:` only where nothing stands between: `text :is` is a name and a tag.
                if name == "text" && reader.peek() == Some(':') {
                    reader.next();
                    Token::Text(reader.lines(at)?)
                } else {
                    Token::Name(name)
                }
            }
            other => return Err(Fault { at, kind: FaultKind::Character(other) }),
        };
        words.push(Word { token, at });
    }
    Ok(words)
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    at: Place,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next == '\n' {
            self.at = Place { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(next)
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(next) = self.peek().filter(|next| next.is_ascii_alphanumeric() || *next == '_') {
            name.push(next.to_ascii_lowercase());
            self.next();
        }
        name
    }

    fn number(&mut self, at: Place) -> Result<u64, Fault> {
        let fault = Fault { at, kind: FaultKind::Number };
        let mut number = 0_u64;
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(10)) {
            let tens = number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit)));
            number = tens.filter(|number| *number <= NUMBER_MAX).ok_or_else(|| fault.clone())?;
            self.next();
        }
        let shift = match self.peek().map(|next| next.to_ascii_uppercase()) {
            Some('K') => 10,
            Some('M') => 20,
            Some('G') => 30,
            Some(next) if next.is_ascii_alphanumeric() || next == '_' => return Err(fault),
            Some(_) | None => return Ok(number),
        };
        self.next();
        number.checked_mul(1 << shift).filter(|number| *number <= NUMBER_MAX).ok_or(fault)
    }

    fn quoted(&mut self, at: Place) -> Result<String, Fault> {
        let unended = || Fault { at, kind: FaultKind::Unended("a string") };
        self.next();
        let mut text = String::new();
        loop {
            let here = self.at;
            match self.next().ok_or_else(unended)? {
                '"' => return Ok(text),
                '\\' => text.push(self.next().ok_or_else(unended)?),
                '\0' => return Err(Fault { at: here, kind: FaultKind::Character('\0') }),
                other => text.push(other),
            }
        }
    }

    /// What follows `text:` up to a line of one dot; lines that begin with a dot have one more.
    fn lines(&mut self, at: Place) -> Result<String, Fault> {
        let (here, first) = (self.at, self.line());
        let first = first.trim_start_matches([' ', '\t']);
        if let Some(found) = first.chars().next().filter(|found| *found != '#') {
            return Err(Fault { at: here, kind: FaultKind::Character(found) });
        }
        let mut text = String::new();
        loop {
            if self.peek().is_none() {
                return Err(Fault { at, kind: FaultKind::Unended("a text") });
            }
            let (here, line) = (self.at, self.line());
            if line == "." {
                return Ok(text);
            }
            if line.contains('\0') {
                return Err(Fault { at: here, kind: FaultKind::Character('\0') });
            }
            text.push_str(line.strip_prefix('.').filter(|rest| rest.starts_with('.')).unwrap_or(&line));
            text.push_str("\r\n");
        }
    }

    /// The rest of the line, without its end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        while let Some(next) = self.next() {
            if next == '\n' {
                break;
            }
            line.push(next);
        }
        if line.ends_with('\r') {
            line.pop();
        }
        line
    }

    fn bracket_comment(&mut self, at: Place) -> Result<(), Fault> {
        self.next();
        if self.peek() != Some('*') {
            return Err(Fault { at, kind: FaultKind::Character('/') });
        }
        self.next();
        let mut last = ' ';
        loop {
            match self.next() {
                None => return Err(Fault { at, kind: FaultKind::Unended("a comment") }),
                Some('/') if last == '*' => return Ok(()),
                Some(next) => last = next,
            }
        }
    }
}
