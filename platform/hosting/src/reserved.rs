//! Local parts that strangers do not take from one another: official names, and what can pass for them.

use kernel::LocalPart;

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
        || name.chars().any(is_unseen)
        || mixes_scripts(&name)
        || REWRITTEN_SENDERS.iter().any(|prefix| seen.starts_with(prefix))
        || SHARED_LOCAL_PARTS_RESERVED.contains(&seen.as_str())
}

/// Whether a local part stands for all others, as people write it: it is an address like any other and gets nobody else's mail.
pub(crate) fn is_wildcard(local: &LocalPart) -> bool {
    local.as_str() == "*"
}

/// What a reader takes a name for: without accents, and whatever separates or surrounds its words.
fn seen(name: &str) -> String {
    let plain: String = skeleton(name).chars().filter(|character| !is_accent(*character)).map(bare).collect();
    plain.trim_matches('-').to_owned()
}

/// An accent that stands by itself, after its letter.
const fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
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
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The letter without its accent; one sign for all that separates words.
const fn bare(character: char) -> char {
    match character {
        '\u{e0}'..='\u{e5}' | '\u{101}' | '\u{103}' | '\u{105}' => 'a',
        '\u{e7}' | '\u{107}' | '\u{10d}' => 'c',
        '\u{e8}'..='\u{eb}' | '\u{113}' | '\u{117}' | '\u{119}' | '\u{11b}' => 'e',
        '\u{ec}'..='\u{ef}' | '\u{12b}' | '\u{12f}' => 'i',
        '\u{142}' => 'l',
        '\u{f1}' | '\u{144}' | '\u{148}' => 'n',
        '\u{f2}'..='\u{f6}' | '\u{f8}' | '\u{14d}' | '\u{151}' => 'o',
        '\u{15b}' | '\u{161}' => 's',
        '\u{f9}'..='\u{fc}' | '\u{16b}' | '\u{16f}' | '\u{171}' => 'u',
        '\u{fd}' | '\u{ff}' => 'y',
        '\u{17a}' | '\u{17c}' | '\u{17e}' => 'z',
        '.' | '_' | ' ' => '-',
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
        for text in SHARED_LOCAL_PARTS_RESERVED {
            assert_eq!(seen(text), *text);
        }
    }
}
