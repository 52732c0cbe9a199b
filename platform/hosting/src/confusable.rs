//! Letters of different scripts that look alike, by which a name can pass for another.

use kernel::DomainName;

/// Scripts whose letters are taken for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
}

impl Script {
    /// Whether a letter is drawn as one of `a` to `z`, or of `A` to `Z`: in most typefaces nobody tells the two apart. Narrower than
    /// [`look`]: of a name that holds a letter that is only like a Latin one, as \u{43f} or \u{43a}, readers see which script it is.
    fn draws_as_latin(self, letter: char) -> bool {
        let drawn = match self {
            Self::Latin => "",
            // a c d e h i j l o p q s w x y, a second y, and two that are v and w in another hand.
            Self::Cyrillic => {
                "\u{430}\u{441}\u{501}\u{435}\u{4bb}\u{456}\u{458}\u{4cf}\u{43e}\u{440}\u{51b}\u{455}\u{51d}\u{445}\u{443}\u{4af}\u{475}\u{461}"
            }
            // a c i j k o p t u v x.
            Self::Greek => "\u{3b1}\u{3f2}\u{3b9}\u{3f3}\u{3ba}\u{3bf}\u{3c1}\u{3c4}\u{3c5}\u{3bd}\u{3c7}",
            // g h n o q u.
            Self::Armenian => "\u{581}\u{570}\u{578}\u{585}\u{566}\u{57d}",
            // Most of its letters are drawn as capitals: D R T i Y A J E W M H Y G h Z b R W S V S L C P K d G B.
            Self::Cherokee => {
                "\u{13a0}\u{13a1}\u{13a2}\u{13a5}\u{13a9}\u{13aa}\u{13ab}\u{13ac}\u{13b3}\u{13b7}\u{13bb}\u{13bd}\u{13c0}\u{13c2}\u{13c3}\
                 \u{13cf}\u{13d2}\u{13d4}\u{13d5}\u{13d9}\u{13da}\u{13de}\u{13df}\u{13e2}\u{13e6}\u{13e7}\u{13f3}\u{13f4}"
            }
        };
        drawn.contains(letter)
    }

    /// Top-level domains in Latin letters of countries whose people write it.
    const fn countries(self) -> &'static [&'static str] {
        match self {
            Self::Cyrillic => &["bg", "by", "kg", "kz", "mk", "mn", "rs", "ru", "su", "tj", "ua", "uz"],
            Self::Greek => &["cy", "gr"],
            Self::Armenian => &["am"],
            Self::Latin | Self::Cherokee => &[],
        }
    }
}

const fn script(character: char) -> Option<Script> {
    match character {
        'a'..='z'
        | 'A'..='Z'
        | '\u{c0}'..='\u{2af}'
        | '\u{1d00}'..='\u{1d25}'
        | '\u{1d6c}'..='\u{1d77}'
        | '\u{1d79}'..='\u{1d9a}'
        | '\u{1e00}'..='\u{1eff}'
        | '\u{a722}'..='\u{a787}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}'
        | '\u{1c80}'..='\u{1c8f}'
        | '\u{2de0}'..='\u{2dff}'
        | '\u{a640}'..='\u{a69f}' => Some(Script::Cyrillic),
        '\u{530}'..='\u{58f}' => Some(Script::Armenian),
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Some(Script::Cherokee),
        _ => None,
    }
}

/// Whether one label of a name, or a local part, mixes scripts that are taken for one another, as `p\u{430}ypal` does with
/// a Cyrillic a. No language is written so; Latin among Chinese or Japanese is common, and no such mixture.
pub(crate) fn mixes_scripts(text: &str) -> bool {
    let mut scripts = text.chars().filter_map(script);
    let first = scripts.next();
    scripts.any(|other| Some(other) != first)
}

/// The text with each letter that looks like one of `a` to `z` replaced by that: two that give the same look the same.
pub(crate) fn skeleton(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(look).collect()
}

/// The domain that a name passes for: written in letters of another script that look like those of `a` to `z`, all of them;
/// none where it passes for no other. As `\u{43c}\u{430}\u{445}.example`, all Cyrillic, for `max.example`.
pub fn passes_for(name: &DomainName) -> Option<DomainName> {
    let seen = DomainName::parse(&skeleton(&name.to_unicode())).ok()?;
    (seen != *name).then_some(seen)
}

/// Whether a name has a label that is wholly written in letters which are drawn as those of `a` to `z`, while nothing else of the
/// name says in which script it is: `\u{430}\u{440}\u{440}\u{4cf}\u{435}.com` is read as `apple.com`. Under a top-level domain of that
/// script, or of countries that write it, its readers expect it.
pub(crate) fn is_wholly_alike(name: &DomainName) -> bool {
    let name = name.to_unicode();
    let Some((labels, last)) = name.rsplit_once('.') else { return false };
    labels.split('.').any(|label| {
        let letters = || label.chars().filter(|character| character.is_alphabetic());
        let of = letters().next().and_then(script);
        let is_at_home = |of: Script| {
            last.chars().filter_map(script).any(|other| other == of) || of.countries().contains(&last)
        };
        of.is_some_and(|of| {
            of != Script::Latin && letters().all(|letter| of.draws_as_latin(letter)) && !is_at_home(of)
        })
    })
}

/// Whether a name has a label that is read in plain letters, `a` to `z`, and yet holds one of Latin script that no language writes
/// as a letter of its alphabet: those of phonetics as in `\u{261}oo\u{261}le.example`, small capitals, an i or j without its dot where
/// nobody writes that. Accents show a reader that there is another letter; these show nothing.
pub(crate) fn is_oddly_latin(name: &DomainName) -> bool {
    let name = name.to_unicode();
    let Some((labels, last)) = name.rsplit_once('.') else { return false };
    labels.split('.').any(|label| {
        let is_at_home = |letter: char| match letter {
            '\u{131}' => ["az", "tr"].contains(&last),
            '\u{1c0}' => ["bw", "na", "za"].contains(&last),
            _ => false,
        };
        skeleton(label).is_ascii()
            && label.chars().any(|letter| odd_look(letter).is_some() && !is_at_home(letter))
    })
}

/// What a Latin letter looks like that is in no alphabet, or in few: phonetic ones, small capitals, an i and a j without dots, a click.
const fn odd_look(character: char) -> Option<char> {
    Some(match character {
        '\u{251}' | '\u{1d00}' => 'a',
        '\u{299}' => 'b',
        '\u{255}' | '\u{1d04}' => 'c',
        '\u{1d05}' => 'd',
        '\u{1d07}' | '\u{ab32}' => 'e',
        '\u{a730}' | '\u{ab35}' => 'f',
        '\u{261}' | '\u{262}' | '\u{1d83}' => 'g',
        '\u{266}' | '\u{29c}' | '\u{2c68}' => 'h',
        '\u{131}' | '\u{269}' | '\u{26a}' => 'i',
        '\u{237}' | '\u{29d}' | '\u{1d0a}' => 'j',
        '\u{138}' | '\u{1d0b}' | '\u{2c6a}' => 'k',
        '\u{1c0}' | '\u{26b}' | '\u{26d}' | '\u{29f}' | '\u{2c61}' | '\u{ab37}'..='\u{ab39}' => 'l',
        '\u{271}' | '\u{1d0d}' | '\u{ab3a}' => 'm',
        '\u{273}' | '\u{274}' | '\u{ab3b}' => 'n',
        '\u{1d0f}' | '\u{ab3d}' => 'o',
        '\u{1d18}' => 'p',
        '\u{a7af}' => 'q',
        '\u{27c}' | '\u{27d}' | '\u{27e}' | '\u{280}' | '\u{ab47}'..='\u{ab49}' => 'r',
        '\u{282}' | '\u{a731}' => 's',
        '\u{288}' | '\u{1d1b}' => 't',
        '\u{1d1c}' | '\u{ab4e}' | '\u{ab52}' => 'u',
        '\u{1d20}' => 'v',
        '\u{26f}' | '\u{1d21}' => 'w',
        '\u{28f}' | '\u{ab5a}' => 'y',
        '\u{290}' | '\u{291}' | '\u{1d22}' | '\u{2c6c}' => 'z',
        _ => return None,
    })
}

/// Those of the confusables of Unicode (UTS 39) that are letters of whole alphabets, in lower case, and those of [`odd_look`].
const fn look(character: char) -> char {
    if let Some(seen) = odd_look(character) {
        return seen;
    }
    match character {
        '\u{430}' | '\u{3b1}' => 'a',
        '\u{432}' => 'b',
        '\u{441}' | '\u{3f2}' => 'c',
        '\u{501}' => 'd',
        '\u{435}' | '\u{451}' => 'e',
        '\u{581}' => 'g',
        '\u{4bb}' | '\u{570}' => 'h',
        '\u{456}' | '\u{3b9}' => 'i',
        '\u{458}' | '\u{3f3}' => 'j',
        '\u{43a}' | '\u{3ba}' => 'k',
        '\u{4cf}' => 'l',
        '\u{43c}' => 'm',
        '\u{578}' => 'n',
        '\u{43e}' | '\u{3bf}' | '\u{585}' | '\u{3c3}' => 'o',
        '\u{440}' | '\u{3c1}' => 'p',
        '\u{51b}' | '\u{566}' => 'q',
        '\u{433}' => 'r',
        '\u{455}' => 's',
        '\u{442}' | '\u{3c4}' => 't',
        '\u{57d}' | '\u{3c5}' => 'u',
        '\u{3bd}' | '\u{475}' => 'v',
        '\u{51d}' | '\u{461}' => 'w',
        '\u{445}' | '\u{3c7}' => 'x',
        '\u{443}' | '\u{4af}' | '\u{3b3}' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_look_alike_are_not_mixed_and_others_may_be() {
        for text in ["p\u{430}ypal", "\u{3b1}bc", "hosterr\u{430}", "\u{441}o"] {
            assert!(mixes_scripts(text), "{text}");
        }
        for text in
            ["caf\u{e9}", "\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}", "\u{65e5}\u{672c}go", "a-1", ""]
        {
            assert!(!mixes_scripts(text), "{text}");
        }
    }

    #[test]
    fn a_name_in_another_script_passes_for_the_one_that_it_looks_like() {
        let name = |text: &str| DomainName::parse(text).expect("a name");
        let looks = |text: &str| passes_for(&name(text)).map(|seen| seen.to_string());
        assert_eq!(looks("\u{43c}\u{430}\u{445}.example").as_deref(), Some("max.example"));
        assert_eq!(looks("\u{3c1}\u{3b1}\u{3bd}.example").as_deref(), Some("pav.example"));
        for text in ["max.example", "b\u{fc}cher.example"] {
            assert_eq!(looks(text), None, "{text}");
        }
        // Letters that look like nothing else stay as they are, and so does the name.
        let other = looks("\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.example").expect("partly");
        assert!(other.starts_with("xn--"), "{other}");
    }

    #[test]
    fn a_label_wholly_of_letters_that_are_drawn_as_latin_ones_is_at_home_under_its_own_script_alone() {
        let is = |text: &str| is_wholly_alike(&DomainName::parse(text).expect(text));
        for text in [
            "\u{430}\u{440}\u{440}\u{4cf}\u{435}.com",
            "\u{440}\u{430}\u{443}\u{440}\u{430}\u{4cf}-1.example",
            "www.\u{441}\u{43e}\u{441}\u{430}.org",
            "\u{441}\u{43e}\u{441}\u{430}.acme.example",
            "\u{3c1}\u{3b1}\u{3bd}.com",
            "\u{570}\u{578}\u{585}.com",
            "\u{13e2}\u{13aa}\u{13a9}.com",
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "apple.com",
            "1-1.com",
            "caf\u{e9}.com",
            // Post, Yandex, sail, map, Crete, market: letters of which nobody makes Latin ones.
            "\u{43f}\u{43e}\u{447}\u{442}\u{430}.com",
            "\u{44f}\u{43d}\u{434}\u{435}\u{43a}\u{441}.com",
            "\u{43f}\u{430}\u{440}\u{443}\u{441}.com",
            "\u{43a}\u{430}\u{440}\u{442}\u{430}.com",
            "\u{3ba}\u{3c1}\u{3b7}\u{3c4}\u{3b7}.com",
            "\u{3b1}\u{3b3}\u{3bf}\u{3c1}\u{3b1}.com",
            // Where they are read.
            "\u{441}\u{43e}\u{441}\u{430}.ru",
            "\u{441}\u{43e}\u{441}\u{430}.\u{440}\u{444}",
            "\u{3c1}\u{3b1}\u{3bd}.gr",
            "\u{3c1}\u{3b1}\u{3bd}.\u{3b5}\u{3bb}",
            "\u{65e5}\u{672c}.com",
        ] {
            assert!(!is(text), "{text}");
        }
    }

    #[test]
    fn latin_letters_of_no_alphabet_pass_for_others_and_accents_do_not() {
        let is = |text: &str| is_oddly_latin(&DomainName::parse(text).expect(text));
        for text in [
            "\u{261}oo\u{261}le.example",
            "p\u{251}yp\u{251}l.example",
            "\u{131}stanbul.example",
            "\u{131}stanbul.com",
            "www.\u{1d18}\u{1d00}\u{28f}\u{1d18}\u{1d00}\u{29f}.com",
            "goog\u{1c0}e.com",
            "paypa\u{2c61}.com",
            "\u{ab4e}ber.example",
            "ma\u{237}or.example",
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "example.com",
            "caf\u{e9}.example",
            "b\u{fc}cher.example",
            "stra\u{df}e.example",
            "k\u{f8}benhavn.example",
            "\u{142}\u{f3}d\u{17a}.example",
            "espa\u{f1}a.example",
            "c\u{153}ur.example",
            "\u{131}stanbul.tr",
            "\u{131}stanbul.com.tr",
            "bak\u{131}.az",
            // Where another letter shows that it is Turkish, or African.
            "\u{131}\u{15f}\u{131}k.com",
            "\u{25b}ve.example",
            "\u{256}ogb\u{25b}.example",
            "\u{257}an.example",
        ] {
            assert!(!is(text), "{text}");
        }
        assert!(mixes_scripts("p\u{251}yp\u{430}l"));
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        assert_eq!(skeleton("\u{410}\u{432}us\u{435}"), "abuse");
        assert_eq!(skeleton("\u{440}\u{43e}st"), "post");
        assert_eq!(skeleton("alice"), "alice");
    }
}
