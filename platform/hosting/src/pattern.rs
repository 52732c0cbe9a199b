//! Regular expressions that people give: bounded in length and, once compiled, in size. They are matched in time
//! proportional to the text whatever they say, so that none of them explodes.

use crate::limit::{PATTERN_COMPILED_OCTETS_MAX, PATTERN_OCTETS_MAX};

/// Why a regular expression is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// Longer than 1000 octets.
    #[error("a regular expression has at most 1000 octets")]
    TooLong,
    /// It repeats so much that it would take more than 256 KiB.
    #[error("this regular expression repeats too much")]
    TooLarge,
    /// It cannot be read.
    #[error("this regular expression cannot be read: {0}")]
    Unreadable(String),
}

/// Checks a regular expression; an empty one matches nothing and is right.
///
/// # Errors
/// [`PatternFault`], which says why.
pub fn check(text: &str) -> Result<(), PatternFault> {
    if text.len() > PATTERN_OCTETS_MAX {
        return Err(PatternFault::TooLong);
    }
    match regex::RegexBuilder::new(text).size_limit(PATTERN_COMPILED_OCTETS_MAX).build() {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err(PatternFault::TooLarge),
        Err(error) => {
            // The last line says why; those before show the expression once more.
            let told = error.to_string();
            let why = told.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            Err(PatternFault::Unreadable(why.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_explodes_or_does_not_compile_is_refused_with_why() {
        assert_eq!(check(""), Ok(()));
        assert_eq!(check("(?i)spam|(?i)junk"), Ok(()));
        // Elsewhere this takes for ever; here it is linear.
        assert_eq!(check("(a+)+$"), Ok(()));
        assert_eq!(check("((a{99}){99}){99}"), Err(PatternFault::TooLarge));
        assert_eq!(check(&"a".repeat(1001)), Err(PatternFault::TooLong));
        for text in ["(", "a**b)", "[z-a]", "(?<=a)b", "\\1"] {
            let fault = check(text).expect_err(text);
            assert!(matches!(&fault, PatternFault::Unreadable(why) if !why.is_empty()), "{text}: {fault}");
        }
    }
}
