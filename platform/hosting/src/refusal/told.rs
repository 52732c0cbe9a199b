//! Refusals in words.

use kernel::{ByteSize, LimitFact};

use super::{CHAPTERS, Language};

/// The sentence for a refusal's `code` with its `limits`; a general one where the code is not of this model.
pub fn text(code: &str, language: Language, limits: &[LimitFact]) -> String {
    let row = CHAPTERS.into_iter().flatten().find(|row| row.code == code);
    let sentence = match (row, language) {
        (Some(row), Language::En) => row.en,
        (Some(row), Language::Fr) => row.fr,
        (None, Language::En) => "This is not possible.",
        (None, Language::Fr) => "Cela n’est pas possible.",
    };
    let Some(limit) = limits.first() else { return sentence.to_owned() };
    let show = |amount: u64| {
        if limit.name.ends_with("Bytes") { bytes(amount, language) } else { amount.to_string() }
    };
    sentence
        .replace("{allowed}", &show(limit.allowed))
        .replace("{used}", &show(limit.used.unwrap_or_default()))
}

fn bytes(octets: u64, language: Language) -> String {
    let english = ByteSize::new(octets).to_string();
    match language {
        Language::En => english,
        Language::Fr => english.replace("iB", "io").replace("bytes", "octets"),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{ClaimKind, Refusal as _};

    use super::*;
    use crate::refusal::{
        BoxRefusal, HostingRefusal, Limit, PlanRefusal, RelayRefusal, ResellerRefusal, TicketRefusal,
        ValueRefusal,
    };

    fn codes() -> Vec<&'static str> {
        [
            HostingRefusal::CODES,
            ResellerRefusal::CODES,
            BoxRefusal::CODES,
            TicketRefusal::CODES,
            RelayRefusal::CODES,
            PlanRefusal::CODES,
            ValueRefusal::CODES,
        ]
        .concat()
    }

    #[test]
    fn every_code_has_a_sentence_in_both_languages() {
        for row in CHAPTERS.into_iter().flatten() {
            let is_limited = row.en.contains("{allowed}");
            for sentence in [row.en, row.fr] {
                assert!(sentence.ends_with('.') && sentence.len() > 30, "{}: {sentence}", row.code);
                assert_eq!(sentence.contains("{allowed}"), is_limited, "{}", row.code);
                assert_eq!(sentence.contains("{used}"), is_limited, "{}", row.code);
            }
            assert_ne!(row.en, row.fr, "{}", row.code);
        }
        let count: usize = CHAPTERS.iter().map(|rows| rows.len()).sum();
        assert_eq!(count, codes().len());
    }

    #[test]
    fn codes_are_stable_words_and_no_two_are_equal() {
        let mut distinct = codes();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), codes().len());
        assert!(
            distinct.iter().all(|code| code.bytes().all(|octet| octet.is_ascii_uppercase() || octet == b'_'))
        );
    }

    #[test]
    fn a_refusal_says_its_limits_in_words_and_numbers() {
        let refusal = HostingRefusal::from(ValueRefusal::QuotaAbovePlan(Limit::bytes(
            ByteSize::gib(5),
            ByteSize::gib(6),
        )));
        assert!(refusal.to_string().contains("6 GiB") && refusal.to_string().contains("5 GiB"));
        assert!(text(refusal.code(), Language::Fr, &refusal.limits()).contains("6 Gio"));
        let fact = LimitFact { name: "quotaBytes", allowed: 5 << 30, used: Some(6 << 30) };
        assert_eq!((refusal.field(), refusal.limits()), (Some("quotaBytes"), vec![fact]));
    }

    #[test]
    fn a_name_that_is_taken_is_refused_by_its_kind() {
        assert_eq!(HostingRefusal::from(ClaimKind::Address).code(), "ADDRESS_TAKEN");
        assert_eq!(HostingRefusal::from(ClaimKind::Domain).code(), "DOMAIN_TAKEN");
        assert_eq!(HostingRefusal::from(ClaimKind::AddedDomain).code(), "DOMAIN_ADDED");
        assert_eq!(HostingRefusal::from(ClaimKind::Login).code(), "LOGIN_TAKEN");
    }
}
