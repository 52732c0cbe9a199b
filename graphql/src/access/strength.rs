//! How easily a password is guessed, beyond its length.

use zxcvbn::Score;
use zxcvbn::feedback::Warning;

/// What is taken at least: more than a hundred thousand guesses by somebody who knows what people choose. Sign-ins are
/// slowed down and hashes are dear; what remains open to guessing is what stands in lists and on keyboards.
const SCORE_MIN: Score = Score::Two;
/// Characters that are looked at: the estimate takes longer with each.
const CHARACTER_COUNT_MAX: usize = 72;

/// Why a password is easily guessed, in English and in French; none where it is not. `about` is what others know of its
/// owner: a login, a name, the name of the house.
pub(crate) fn weakness(password: &str, about: &[&str]) -> Option<(&'static str, &'static str)> {
    let looked_at: String = password.chars().take(CHARACTER_COUNT_MAX).collect();
    let mut known = vec!["hosterra"];
    for text in about {
        known.push(text);
        known
            .extend(text.split(|character: char| !character.is_alphanumeric()).filter(|part| part.len() > 2));
    }
    let estimate = zxcvbn::zxcvbn(&looked_at, &known);
    if estimate.score() >= SCORE_MIN {
        return None;
    }
    Some(estimate.feedback().and_then(|feedback| feedback.warning()).map_or(GENERAL, words))
}

const GENERAL: (&str, &str) = (
    "this password is easily guessed: take a few words that do not belong together",
    "ce mot de passe se devine facilement : prenez quelques mots sans rapport entre eux",
);

const fn words(warning: Warning) -> (&'static str, &'static str) {
    use Warning as W;
    match warning {
        W::StraightRowsOfKeysAreEasyToGuess | W::ShortKeyboardPatternsAreEasyToGuess => (
            "rows of keys are guessed first: take a few words that do not belong together",
            "les suites de touches sont devinées en premier : prenez quelques mots sans rapport entre eux",
        ),
        W::RepeatsLikeAaaAreEasyToGuess | W::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => (
            "repetitions are guessed first: take a few words that do not belong together",
            "les répétitions sont devinées en premier : prenez quelques mots sans rapport entre eux",
        ),
        W::SequencesLikeAbcAreEasyToGuess => (
            "sequences such as abc or 1234 are guessed first: take a few words that do not belong together",
            "les suites comme abc ou 1234 sont devinées en premier : prenez quelques mots sans rapport entre eux",
        ),
        W::RecentYearsAreEasyToGuess | W::DatesAreOftenEasyToGuess => (
            "years and dates are guessed first: take a few words that do not belong together",
            "les années et les dates sont devinées en premier : prenez quelques mots sans rapport entre eux",
        ),
        W::ThisIsATop10Password
        | W::ThisIsATop100Password
        | W::ThisIsACommonPassword
        | W::ThisIsSimilarToACommonlyUsedPassword => (
            "this is, or resembles, one of the passwords that most people choose: it is guessed first",
            "c'est l'un des mots de passe les plus choisis, ou il leur ressemble : il est deviné en premier",
        ),
        W::AWordByItselfIsEasyToGuess
        | W::NamesAndSurnamesByThemselvesAreEasyToGuess
        | W::CommonNamesAndSurnamesAreEasyToGuess => (
            "a word or a name alone is guessed first: take a few words that do not belong together",
            "un mot ou un nom seul est deviné en premier : prenez quelques mots sans rapport entre eux",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_choose_first_is_refused_and_says_why() {
        for (password, about) in [
            ("password12", &[][..]),
            ("aaaaaaaaaaaa", &[]),
            ("0123456789", &[]),
            ("qwertyuiop", &[]),
            ("azertyuiop", &[]),
            ("hosterra2024", &[]),
            ("alice@example.com", &["alice@example.com"]),
        ] {
            let (english, french) = weakness(password, about).expect(password);
            assert!(english.is_ascii() && !french.is_empty(), "{password}");
        }
    }

    #[test]
    fn sentences_and_chance_pass_however_long() {
        for password in [
            "a walrus hums at dawn",
            "kV8#mq2!xTz",
            "correct horse battery",
            &"the onyx goblin jumps over a lazy dwarf ".repeat(12),
        ] {
            assert_eq!(weakness(password, &["alice@example.com"]), None, "{password}");
        }
    }
}
