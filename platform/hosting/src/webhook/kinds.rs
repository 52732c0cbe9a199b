//! Which kinds of events somebody wants to be told.

use std::collections::BTreeSet;

use crate::HostingRefusal;
use crate::limit::{WEBHOOK_KIND_COUNT_MAX, WEBHOOK_KIND_OCTETS_MAX};
use crate::refusal::Limit;

/// Kinds of events by their names, or by the noun and `*`, or all by `*`; 1 to 50.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(BTreeSet<String>);

impl Kinds {
    /// Reads names such as `mailbox.created`, `domain.*` or `*`.
    ///
    /// # Errors
    /// `WEBHOOK_KIND` where one is none of these, `WEBHOOK_KIND_LIMIT_REACHED` beyond 50, `WEBHOOK_KINDS_EMPTY`.
    pub fn parse<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Result<Self, HostingRefusal> {
        let mut kinds = BTreeSet::new();
        for name in names {
            let name = name.as_ref().trim();
            if !is_name(name) {
                return Err(HostingRefusal::WebhookKind);
            }
            kinds.insert(name.to_owned());
            if kinds.len() > WEBHOOK_KIND_COUNT_MAX {
                let limit = Limit::count(WEBHOOK_KIND_COUNT_MAX, kinds.len());
                return Err(HostingRefusal::WebhookKindLimitReached(limit));
            }
        }
        if kinds.is_empty() { Err(HostingRefusal::WebhookKindsEmpty) } else { Ok(Self(kinds)) }
    }

    /// Whether an event of `kind` is among them.
    pub fn has(&self, kind: &str) -> bool {
        is_told(self.0.iter().map(String::as_str), kind)
    }

    /// The first of them that means nothing that ever happens; none where all mean something. What is stored may hold such
    /// names: they are told nothing.
    pub fn unknown(&self) -> Option<&str> {
        self.names().find(|name| !known().any(|kind| is_told(std::iter::once(*name), kind)))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Every kind of events that there is, in order.
pub fn known() -> impl Iterator<Item = &'static str> {
    include_str!("kinds.txt").lines()
}

/// Whether one of `names` means `kind`.
pub fn is_told<'a>(mut names: impl Iterator<Item = &'a str>, kind: &str) -> bool {
    let noun = kind.split('.').next().unwrap_or_default();
    names.any(|name| name == "*" || name == kind || name.strip_suffix(".*") == Some(noun))
}

fn is_name(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_')
    };
    name.len() <= WEBHOOK_KIND_OCTETS_MAX
        && match name.split_once('.') {
            None => name == "*",
            Some((noun, verb)) => is_word(noun) && (verb == "*" || is_word(verb)),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_one_by_one_by_noun_or_all() {
        let kinds = Kinds::parse(["mailbox.created", "domain.*"]).expect("names");
        for (kind, is_there) in [
            ("mailbox.created", true),
            ("mailbox.deleted", false),
            ("domain.verified", true),
            ("domainx.verified", false),
        ] {
            assert_eq!(kinds.has(kind), is_there, "{kind}");
        }
        assert!(Kinds::parse(["*"]).is_ok_and(|all| all.has("anything.happened")));
        for wrong in ["", "mailbox", "mailbox.", ".created", "Mailbox.created", "*.created", "a.b.c", "a b.c"]
        {
            assert_eq!(Kinds::parse([wrong]), Err(HostingRefusal::WebhookKind), "{wrong}");
        }
        assert_eq!(Kinds::parse([""; 0]), Err(HostingRefusal::WebhookKindsEmpty));
        for (name, is_known) in [
            ("*", true),
            ("mailbox.*", true),
            ("mailbox.created", true),
            ("mailbox.create", false),
            ("mail.*", false),
            ("mailboxes.created", false),
        ] {
            let kinds = Kinds::parse(["domain.*", name]).expect("names");
            assert_eq!(kinds.unknown(), (!is_known).then_some(name));
        }
        let many: Vec<String> = (0..51).map(|number| format!("a.{}", "x".repeat(number + 1))).collect();
        assert!(matches!(Kinds::parse(many), Err(HostingRefusal::WebhookKindLimitReached(_))));
    }
}
