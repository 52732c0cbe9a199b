//! The tree against the table: every word known, required and used as its row says.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::Capability;
use crate::fault::{Fault, FaultKind, Place};
use crate::limit::{REDIRECT_COUNT_MAX, REGEX_COUNT_MAX};
use crate::script::{Argument, Command, Script, Tagged, Test, Text};
use crate::syntax::{Given, Node, Value};
use crate::value::{check, check_regex, decoded, has_variables, shortened};
use crate::word::{Kind, Role, Row, Tag, TagRow, Tests, Trial, Verb};

/// Checks a whole script.
pub(crate) fn script(tree: &[Node]) -> Result<Script, Fault> {
    let (mut checker, count) = required(tree)?;
    let capabilities = checker.known.clone();
    let body = checker.block(&tree[count..])?;
    Ok(Script { capabilities, body })
}

/// What a script requires; the rest of it is not looked at.
pub(crate) fn capabilities(tree: &[Node]) -> Result<BTreeSet<Capability>, Fault> {
    required(tree).map(|(checker, _)| checker.known)
}

/// What is known after the `require`s at the head, and how many these are.
fn required(tree: &[Node]) -> Result<(Checker, usize), Fault> {
    let mut checker = Checker::default();
    let count = tree.iter().take_while(|node| node.name == "require").count();
    for node in &tree[..count] {
        checker.require(node)?;
    }
    Ok((checker, count))
}

#[derive(Default)]
struct Checker {
    /// What may be used: required, or asked for with `ihave`, which is always answered yes for what is known here.
    known: BTreeSet<Capability>,
    redirect_count: usize,
    regex_count: Cell<u32>,
}

/// A checked line of arguments.
struct Line {
    tags: Vec<Tagged>,
    arguments: Vec<Argument>,
}

const fn no<T>(at: Place, kind: FaultKind) -> Result<T, Fault> {
    Err(Fault { at, kind })
}

impl Checker {
    fn know(&mut self, capability: Capability) {
        self.known.insert(capability);
        self.known.extend(capability.implied());
    }

    fn require(&mut self, node: &Node) -> Result<(), Fault> {
        let of = || node.name.clone();
        let names = match node.arguments.as_slice() {
            [Given { value: Value::Text(name), at }] => vec![(name.clone(), *at)],
            [Given { value: Value::Texts(names), .. }] => names.clone(),
            [] => {
                let wanted = "a string or a list of strings";
                return no(node.end, FaultKind::Argument { of: of(), wanted });
            }
            [first, ..] => {
                let wanted = "a string or a list of strings";
                return no(first.at, FaultKind::Argument { of: of(), wanted });
            }
        };
        if let Some(test) = node.tests.first() {
            return no(test.at, FaultKind::Tests(of()));
        }
        if node.block.is_some() {
            return no(node.end, FaultKind::Block(of()));
        }
        for (name, at) in names {
            match Capability::named(&name) {
                Some(capability) => self.know(capability),
                None => return no(at, FaultKind::UnknownCapability(shortened(&name))),
            }
        }
        Ok(())
    }

    fn block(&mut self, nodes: &[Node]) -> Result<Vec<Command>, Fault> {
        let mut commands: Vec<Command> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let before = commands.last().map(|command| command.verb);
            commands.push(self.command(node, before)?);
        }
        Ok(commands)
    }

    fn command(&mut self, node: &Node, before: Option<Verb>) -> Result<Command, Fault> {
        if node.name == "require" {
            return no(node.at, FaultKind::RequireLate);
        }
        let Some(verb) = Verb::named(&node.name) else {
            return no(node.at, FaultKind::UnknownCommand(shortened(&node.name)));
        };
        let follows_branch = matches!(before, Some(Verb::If | Verb::ElsIf));
        if matches!(verb, Verb::ElsIf | Verb::Else) && !follows_branch {
            return no(node.at, FaultKind::Branch(node.name.clone()));
        }
        let row = verb.row();
        if row.has_block != node.block.is_some() {
            return no(node.end, FaultKind::Block(node.name.clone()));
        }
        let Line { tags, arguments } = self.line(node, row)?;
        if verb == Verb::Redirect {
            self.redirect_count += 1;
            if self.redirect_count > REDIRECT_COUNT_MAX {
                return no(node.at, FaultKind::TooManyRedirects);
            }
        }
        let test = self.tests(node, row.tests)?.pop();
        // What asks for something that is not there is never run: it is not looked at (RFC 5463 section 4).
        let is_never = node.tests.first().is_some_and(asks_for_unknown);
        let block = match &node.block {
            Some(nodes) if !is_never => self.block(nodes)?,
            Some(_) | None => Vec::new(),
        };
        Ok(Command { at: node.at, verb, tags, arguments, test, block })
    }

    fn test(&mut self, node: &Node) -> Result<Test, Fault> {
        let Some(trial) = Trial::named(&node.name) else {
            return no(node.at, FaultKind::UnknownTest(shortened(&node.name)));
        };
        let row = trial.row();
        let Line { tags, arguments } = self.line(node, row)?;
        if trial == Trial::Ihave {
            let names = arguments.iter().flat_map(Argument::texts);
            for capability in names.filter_map(|name| Capability::named(&name.value)) {
                self.know(capability);
            }
        }
        let tests = self.tests(node, row.tests)?;
        Ok(Test { at: node.at, trial, tags, arguments, tests })
    }

    fn tests(&mut self, node: &Node, wanted: Tests) -> Result<Vec<Test>, Fault> {
        let count = node.tests.len();
        let fits = match wanted {
            Tests::None => count == 0,
            Tests::One => count == 1,
            Tests::Many => count > 0,
        };
        if !fits {
            let at = node.tests.get(1).or(node.tests.first()).map_or(node.end, |test| test.at);
            return no(at, FaultKind::Tests(node.name.clone()));
        }
        node.tests.iter().map(|test| self.test(test)).collect()
    }

    /// Tags and arguments of a command or test.
    fn line(&mut self, node: &Node, row: Row) -> Result<Line, Fault> {
        if !row.needs.is_empty() && !row.needs.iter().any(|needed| self.known.contains(needed)) {
            return self.not_required(node.at, &node.name, row.needs[0]);
        }
        let (mut tags, mut groups) = (Vec::new(), Vec::new());
        let mut given = node.arguments.iter().peekable();
        while let Some(Given { value: Value::Tag(name), at }) = given.peek() {
            given.next();
            let known = row.tags.iter().copied().flatten().find(|tag| tag.name == name.as_str());
            let Some(tag) = known else {
                let (of, tag) = (node.name.clone(), shortened(name));
                return no(*at, FaultKind::UnknownTag { of, tag });
            };
            if groups.contains(&tag.group) {
                return no(*at, FaultKind::TagsContradict(name.clone()));
            }
            groups.push(tag.group);
            tags.push(self.tagged(tag, *at, &mut given)?);
        }
        let rest: Vec<&Given> = given.collect();
        if let Some(demanded) = row.demands.filter(|demanded| !groups.contains(demanded)) {
            debug_assert_eq!(demanded, Tag::Over, "the only group that is demanded");
            let wanted = "`:over` or `:under`";
            return no(
                rest.first().map_or(node.end, |given| given.at),
                FaultKind::Argument { of: node.name.clone(), wanted },
            );
        }
        let compared =
            tags.iter().map(|tagged: &Tagged| tagged.tag).find(|tag| matches!(tag, Tag::Regex | Tag::List));
        let arguments = self.positional(node, row, &rest, compared)?;
        Ok(Line { tags, arguments })
    }

    fn not_required<T>(&self, at: Place, word: &str, capability: Capability) -> Result<T, Fault> {
        no(at, FaultKind::NotRequired { word: word.to_owned(), capability: capability.name() })
    }

    fn tagged<'a>(
        &self,
        row: &TagRow,
        at: Place,
        given: &mut std::iter::Peekable<impl Iterator<Item = &'a Given>>,
    ) -> Result<Tagged, Fault> {
        if let Some(needed) = row.needs.filter(|needed| !self.known.contains(needed)) {
            return self.not_required(at, &format!(":{}", row.name), needed);
        }
        let argument = match row.argument {
            None => None,
            Some(kind) => {
                let of = format!(":{}", row.name);
                let Some(value) = given.next() else {
                    return no(at, FaultKind::Argument { of, wanted: wanted(kind) });
                };
                Some(self.argument(kind, value, &of, None)?)
            }
        };
        Ok(Tagged { tag: row.tag, argument })
    }

    /// What is not tagged. Arguments that may be left out and are stand as empty lists.
    fn positional(
        &self,
        node: &Node,
        row: Row,
        given: &[&Given],
        compared: Option<Tag>,
    ) -> Result<Vec<Argument>, Fault> {
        let late = given.iter().find_map(|given| match &given.value {
            Value::Tag(name) => Some((given.at, name.clone())),
            _ => None,
        });
        if let Some((at, name)) = late {
            return no(at, FaultKind::TagLate(name));
        }
        let mut kinds: Vec<Option<Kind>> = Vec::new();
        let spare = given.len().saturating_sub(row.arguments.len());
        if let Some(first) = row.first {
            if spare > 0 && !self.known.contains(&Capability::Variables) && is_variable(first) {
                return self.not_required(given[0].at, &node.name, Capability::Variables);
            }
            kinds.push((spare > 0).then_some(first));
        }
        kinds.extend(row.arguments.iter().copied().map(Some));
        if let Some(last) = row.last {
            kinds.push((spare > 0).then_some(last));
        }
        let mut given = given.iter();
        let mut arguments = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let Some(kind) = kind else {
                arguments.push(Argument::Texts(Vec::new()));
                continue;
            };
            let Some(value) = given.next() else {
                return no(node.end, FaultKind::Argument { of: node.name.clone(), wanted: wanted(kind) });
            };
            arguments.push(self.argument(kind, value, &node.name, compared)?);
        }
        match given.next() {
            Some(many) => no(many.at, FaultKind::ArgumentMany(node.name.clone())),
            None => Ok(arguments),
        }
    }

    fn argument(
        &self,
        kind: Kind,
        given: &Given,
        of: &str,
        compared: Option<Tag>,
    ) -> Result<Argument, Fault> {
        match (kind, &given.value) {
            (Kind::Number, Value::Number(number)) => Ok(Argument::Number(*number)),
            (Kind::Ordinal, Value::Number(number)) if *number > 0 => Ok(Argument::Number(*number)),
            (Kind::Days, Value::Number(number)) if (1..=365).contains(number) => {
                Ok(Argument::Number(*number))
            }
            (Kind::Text(role) | Kind::Texts(role), Value::Text(text)) => {
                Ok(Argument::Texts(vec![self.text(role, text, given.at, compared)?]))
            }
            (Kind::Texts(role), Value::Texts(texts)) => {
                let texts = texts.iter().map(|(text, at)| self.text(role, text, *at, compared));
                Ok(Argument::Texts(texts.collect::<Result<_, _>>()?))
            }
            _ => no(given.at, FaultKind::Argument { of: of.to_owned(), wanted: wanted(kind) }),
        }
    }

    fn text(&self, role: Role, text: &str, at: Place, compared: Option<Tag>) -> Result<Text, Fault> {
        let value = if self.known.contains(&Capability::EncodedCharacter) {
            let kind = || FaultKind::Value { wanted: "a text", found: shortened(text) };
            decoded(text).ok_or_else(|| Fault { at, kind: kind() })?
        } else {
            text.to_owned()
        };
        let has_variables = self.known.contains(&Capability::Variables) && has_variables(&value);
        let checked = match role {
            // Names of variables and of what is known are never made of variables.
            Role::Variable | Role::Comparator => self.fixed(role, &value),
            _ if has_variables => Ok(()),
            Role::Key if compared == Some(Tag::Regex) => self.regex(&value),
            // The name of a list, not an address (RFC 6134 section 2.7).
            Role::Address if compared == Some(Tag::List) => Ok(()),
            _ => check(role, &value),
        };
        checked.map_err(|kind| Fault { at, kind })?;
        Ok(Text { value, at, has_variables })
    }

    fn regex(&self, text: &str) -> Result<(), FaultKind> {
        self.regex_count.set(self.regex_count.get() + 1);
        if self.regex_count.get() > REGEX_COUNT_MAX {
            return Err(FaultKind::RegexMany);
        }
        check_regex(text)
    }

    fn fixed(&self, role: Role, text: &str) -> Result<(), FaultKind> {
        if role != Role::Comparator {
            return check(role, text);
        }
        match Capability::named(&format!("comparator-{text}")) {
            Some(Capability::ComparatorNumeric) if !self.known.contains(&Capability::ComparatorNumeric) => {
                let capability = Capability::ComparatorNumeric.name();
                Err(FaultKind::NotRequired { word: text.to_owned(), capability })
            }
            Some(_) => Ok(()),
            None => Err(FaultKind::Value { wanted: "a comparator", found: shortened(text) }),
        }
    }
}

const fn is_variable(kind: Kind) -> bool {
    matches!(kind, Kind::Text(Role::Variable) | Kind::Texts(Role::Variable))
}

/// Whether a test is met only where something is there that is not known here.
fn asks_for_unknown(test: &Node) -> bool {
    match test.name.as_str() {
        "allof" => test.tests.iter().any(asks_for_unknown),
        "ihave" => test.arguments.iter().any(|given| match &given.value {
            Value::Text(name) => Capability::named(name).is_none(),
            Value::Texts(names) => names.iter().any(|(name, _)| Capability::named(name).is_none()),
            Value::Tag(_) | Value::Number(_) => false,
        }),
        _ => false,
    }
}

const fn wanted(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "a number",
        Kind::Ordinal => "a number from 1",
        Kind::Days => "a number of days from 1 to 365",
        Kind::Text(_) => "a string",
        Kind::Texts(_) => "a string or a list of strings",
    }
}
