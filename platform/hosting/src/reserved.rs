//! Local parts that strangers do not take from one another: official names, and what can pass for them.

use kernel::LocalPart;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::confusable::{mixes_scripts, skeleton};
use crate::limit::SHARED_LOCAL_PARTS_RESERVED;

/// What the senders begin with that forwards are rewritten to (SRS): mail to such an address is a report that goes on its way back.
const REWRITTEN_SENDERS: [&str; 2] = ["srs0", "srs1"];

/// Whether a local part is kept from whoever is not the administrator of its domain: a name by which somebody is reached
/// whoever it is, or is believed (RFC 2142, the addresses at which certificates are asked for, those that our DNS records name),
/// anything that looks like one, and what would catch the mail of others, as a detail does.
pub fn is_reserved(local: &LocalPart) -> bool {
    let name = local.canonical();
    let seen = seen(&name);
    name.contains('+')
        || !name.chars().any(char::is_alphanumeric)
        || name.chars().any(|character| is_unseen(character) || character.is_whitespace() && character != ' ')
        || mixes_scripts(&name)
        || REWRITTEN_SENDERS.iter().any(|prefix| seen.starts_with(prefix))
        || is_official(&seen)
}

/// Whether a local part stands for all others, as people write it: it is an address like any other and gets nobody else's mail.
pub(crate) fn is_wildcard(local: &LocalPart) -> bool {
    local.as_str() == "*"
}

/// What a reader takes a name for: plain letters and digits, without accents, forms and whatever separates or surrounds its words.
fn seen(name: &str) -> String {
    let plain: String = name.nfkd().filter(|character| !is_combining_mark(*character)).collect();
    skeleton(&plain.to_lowercase())
        .chars()
        .map(bare)
        .filter(|character| character.is_alphanumeric())
        .collect()
}

/// Whether a name is read as one of those that nobody gets.
fn is_official(seen: &str) -> bool {
    let is = |known: &&str| known.chars().filter(|character| *character != '-').eq(seen.chars());
    SHARED_LOCAL_PARTS_RESERVED.iter().any(is)
}

/// Characters that are not drawn.
const fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The letter without a stroke, which is none of its accents.
const fn bare(character: char) -> char {
    match character {
        '\u{180}' => 'b',
        '\u{111}' => 'd',
        '\u{127}' => 'h',
        '\u{268}' => 'i',
        '\u{142}' => 'l',
        '\u{f8}' => 'o',
        '\u{167}' => 't',
        '\u{1b6}' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str) -> bool {
        is_reserved(&LocalPart::parse(text).expect(text))
    }

    #[test]
    fn official_names_are_reserved_and_so_is_what_looks_like_one() {
        for text in SHARED_LOCAL_PARTS_RESERVED {
            assert!(is(text) && is(&text.to_uppercase()), "{text}");
        }
        for text in [
            "supp\u{43e}rt",
            "\u{455}\u{435}\u{441}urity",
            "s\u{e9}curit\u{e9}",
            "se\u{301}curite\u{301}",
            "p\u{f6}stmaster",
            "ad\u{200b}min",
            "tls_reports",
            "no.reply",
            "\"admin.\"",
            "\" root\"",
            "-abuse-",
            "help.desk",
            "post-master",
            "mailerdaemon",
            "\u{ff41}\u{ff44}\u{ff4d}\u{ff49}\u{ff4e}",
            "\u{1d42c}\u{1d42e}\u{1d429}\u{1d429}\u{1d428}\u{1d42b}\u{1d42d}",
            "\u{1ea1}dmin",
            "ho\u{15f}tmaster",
            "a\u{1dc4}dmin",
            "admin\u{2800}",
            "\"root\u{a0}\"",
            "\u{1d00}\u{1d05}\u{1d0d}\u{26a}\u{274}",
        ] {
            assert!(is(text), "{text}");
        }
        for text in
            ["alice", "jos\u{e9}", "helper", "rooter", "a.b", "\u{43f}\u{43e}\u{447}\u{442}\u{430}", "7"]
        {
            assert!(!is(text), "{text}");
        }
    }

    #[test]
    fn what_would_catch_the_mail_of_others_is_reserved() {
        for text in
            ["alice+news", "srs0=abc=xy=x.example=a", "SRS1=abc=y.example==xy", "srs0+a", "*", "_", "=-="]
        {
            assert!(is(text), "{text}");
        }
        assert!(!is("srs") && !is("a*b"));
    }

    #[test]
    fn the_reserved_names_are_sorted_and_each_stands_there_as_it_is_compared() {
        assert!(SHARED_LOCAL_PARTS_RESERVED.is_sorted());
        let once: std::collections::BTreeSet<_> =
            SHARED_LOCAL_PARTS_RESERVED.iter().map(|text| seen(text)).collect();
        assert_eq!(once.len(), SHARED_LOCAL_PARTS_RESERVED.len(), "each once, whatever separates its words");
        for text in SHARED_LOCAL_PARTS_RESERVED {
            assert_eq!(seen(text), text.replace('-', ""));
        }
    }
}
