//! What the schema refuses before anything is done, said to people.
//!
//! The library says it in English and gives no kinds: they are told by its words. What is told by none of them is still said to
//! be against the schema, and its own words stand behind in any case, since programmers look for them.

mod number;

pub(crate) use number::{Place, Sent};

use crate::language::Language;
use crate::limit::{COMPLEXITY_MAX, DIRECTIVE_COUNT_MAX, PARSE_DEPTH_MAX};

/// Words that stand in a message in this order, with what they mean in French. The first that fit count.
const KINDS: &[(&[&str], &str)] = &[
    // Of the text of the request.
    (&["-->"], "sa syntaxe est fausse"),
    (&["multiple operations"], "elle contient plusieurs opérations : nommez-en une"),
    (&["operation", "is defined twice"], "une opération y est définie deux fois"),
    (&["fragment", "is defined twice"], "un fragment y est défini deux fois"),
    (&["does not contain an operation"], "elle ne contient aucune opération"),
    (&["nested too deep"], "elle est trop imbriquée"),
    (&["Unknown operation named"], "elle ne contient pas l'opération nommée"),
    (&["Operation name required"], "elle contient plusieurs opérations : nommez-en une"),
    (&["Subscriptions are not supported"], "un abonnement demande une connexion WebSocket"),
    // Of values: what is wrong within goes before where it stands.
    (&["is required but not provided"], "un argument ou un champ obligatoire manque"),
    (&["enumeration type", "does not contain"], "une valeur n'est pas l'une de celles qui sont permises"),
    (&["unknown field"], "un argument contient un champ qui n'existe pas"),
    (
        &["expected an identifier that starts with"],
        "un identifiant n'est pas du type attendu : il commence par un préfixe, suivi de 32 chiffres hexadécimaux",
    ),
    (&["expected a UUID"], "un UUID est attendu"),
    (&["expected a moment"], "un moment comme 2026-03-01T08:30:00Z est attendu"),
    (&["expected a whole number"], "un nombre entier de 0 à 2^53 - 1 est attendu"),
    (&["expected a position"], "une position rendue par une mutation est attendue"),
    (&["Only integers from"], "un nombre entier est hors limites"),
    (&["Invalid number"], "un nombre est attendu"),
    (&["Oneof"], "un argument demande un seul de ses champs"),
    (&["Invalid default value"], "la valeur par défaut d'une variable n'est pas du type attendu"),
    (&["Invalid value for argument"], "la valeur d'un argument n'est pas du type attendu"),
    (&["Expected input type"], "une valeur n'est pas du type attendu"),
    (&["Failed to parse"], "une valeur n'est pas du type attendu"),
    // Of names.
    (&["Unknown field"], "un champ n'existe pas"),
    (&["Cannot query field"], "un champ n'existe pas"),
    (&["Unknown type"], "un type n'existe pas"),
    (&["Unknown argument"], "un argument n'existe pas"),
    (&["Unknown directive"], "une directive n'existe pas"),
    (&["Unknown fragment"], "un fragment n'existe pas"),
    (&["only be one argument"], "un argument est donné deux fois"),
    (&["only be one variable"], "une variable est déclarée deux fois"),
    (&["must not have a selection"], "un champ sans sous-champs est suivi d'une sélection"),
    (&["must have a selection"], "un champ demande une sélection de sous-champs"),
    (&["Fields", "conflict because"], "deux champs portent le même nom : donnez-leur des alias"),
    // Of variables, fragments and directives.
    (&["Variable", "is not defined"], "une variable n'est pas définie"),
    (&["Variable", "is not used"], "une variable n'est pas utilisée"),
    (&["Variable", "non-input type"], "une variable n'est pas d'un type qui se donne"),
    (&["Variable", "used in position expecting"], "une variable n'est pas du type attendu à sa place"),
    (&["Fragment", "is never used"], "un fragment n'est pas utilisé"),
    (&["Fragment", "cannot be spread here"], "un fragment ne convient pas à sa place"),
    (&["Fragment", "cannot condition"], "un fragment porte sur un type sans champs"),
    (&["Cannot spread fragment"], "un fragment se contient lui-même"),
    (&["Duplicate directive"], "une directive est donnée deux fois"),
    (&["Directive", "may not be used"], "une directive n'est pas permise à sa place"),
];

/// What is said where no kind fits.
const OTHER: &str = "elle ne suit pas le schéma";

/// Whether the words stand in the message, in their order.
fn fits(message: &str, words: &[&str]) -> bool {
    let mut rest = Some(message);
    for word in words {
        rest = rest.and_then(|rest| Some(rest.split_once(word)?.1));
    }
    rest.is_some()
}

/// How much a request may ask for, where it asks for too much; none where that is not what is wrong.
fn bound(message: &str, language: Language) -> Option<String> {
    let (most, english, french) = if fits(message, &["too complex"]) {
        (
            COMPLEXITY_MAX,
            "fields at a time, those of each node of a page counted: ask for fewer fields or shorter pages",
            "champs à la fois, ceux de chaque élément d'une page comptés : demandez moins de champs ou des pages plus courtes",
        )
    } else if fits(message, &["recursion limit"]) || fits(message, &["recursion depth"]) {
        (PARSE_DEPTH_MAX, "levels of nesting", "niveaux d'imbrication")
    } else if fits(message, &["number of directives"]) {
        (DIRECTIVE_COUNT_MAX, "directives on a field", "directives sur un champ")
    } else {
        return None;
    };
    Some(match language {
        Language::English => format!("it may have {most} {english}"),
        Language::French => format!("elle peut avoir {most} {french}"),
    })
}

/// The message of the schema as the caller reads it; of a number at `place` it says how large it may be.
pub(crate) fn said(message: &str, place: Option<&Place>, language: Language) -> String {
    let message = message.trim();
    match (language, place) {
        (Language::English, None) => match bound(message, language) {
            Some(bound) => format!("the request is not valid: {bound} ({message})"),
            None => format!("the request is not valid: {message}"),
        },
        (Language::English, Some(place)) => {
            format!("the request is not valid: {} ({message})", place.said(language))
        }
        (Language::French, place) => {
            let kind = KINDS.iter().find(|(words, _)| fits(message, words));
            let sentence = kind.map_or(OTHER, |(_, sentence)| sentence);
            let sentence = bound(message, language).unwrap_or_else(|| sentence.to_owned());
            let sentence = place.map_or(sentence, |place| place.said(language));
            format!("la requête n'est pas valide : {sentence} (en anglais : « {message} »)")
        }
    }
}

/// The path of the argument that is at fault, where it is known.
pub(crate) fn field<'a>(message: &'a str, place: Option<&'a Place>) -> Option<&'a str> {
    place.map(|place| place.path.as_str()).or_else(|| number::argument(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_french_sentence_stands_before_the_english_words() {
        let message = "Unknown argument \"first\" on field \"mailbox\" of type \"Query\".";
        let english = said(message, None, Language::English);
        assert_eq!(english, format!("the request is not valid: {message}"));
        let french = said(message, None, Language::French);
        let expected =
            "la requête n'est pas valide : un argument n'existe pas (en anglais : « Unknown argument";
        assert!(french.starts_with(expected) && french.ends_with(" »)"), "{french}");
        assert!(said("something new", None, Language::French).contains(OTHER));
    }

    #[test]
    fn what_asks_for_too_much_is_told_how_much_it_may() {
        for language in [Language::English, Language::French] {
            assert!(said("Query is too complex.", None, language).contains("4000"));
            assert!(
                said("The recursion depth of the query cannot be greater than `32`", None, language)
                    .contains("32")
            );
        }
    }

    #[test]
    fn what_is_wrong_within_a_value_is_said_before_where_it_stands() {
        let message =
            "Invalid value for argument \"input.x\", enumeration type \"Y\" does not contain the value \"Z\"";
        assert!(said(message, None, Language::French).contains("l'une de celles qui sont permises"));
        assert_eq!(field(message, None), Some("input.x"));
    }
}
