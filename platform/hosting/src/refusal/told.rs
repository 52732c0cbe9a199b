//! Refusals in words.

use kernel::{ByteSize, LimitFact};

use super::{CHAPTERS, Language, Measure};

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
    let measure = Measure::ALL.into_iter().find(|measure| measure.name() == limit.name);
    let said = sentence
        .replace("{what}", measure.map_or(limit.name, |measure| measure.words(language)))
        .replace("{allowed}", &show(limit.allowed))
        .replace("{used}", &show(limit.used.unwrap_or_default()));
    // Further figures of the same limit stand where the sentence names them.
    limits
        .iter()
        .skip(1)
        .fold(said, |said, further| said.replace(&format!("{{{}}}", further.name), &show(further.allowed)))
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
        BoxRefusal, HostingRefusal, Limit, MeasureRefusal, Measured, PlanRefusal, RelayRefusal,
        ResellerRefusal, TicketRefusal, ValueRefusal,
    };

    fn codes() -> Vec<&'static str> {
        [
            HostingRefusal::CODES,
            ResellerRefusal::CODES,
            BoxRefusal::CODES,
            TicketRefusal::CODES,
            RelayRefusal::CODES,
            PlanRefusal::CODES,
            MeasureRefusal::CODES,
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
    fn a_limit_of_a_plan_is_named_in_words_with_all_its_figures() {
        let (gib, said) =
            (1 << 30, |refusal: HostingRefusal, language| text(refusal.code(), language, &refusal.limits()));
        for of in Measure::ALL {
            let small =
                HostingRefusal::from(Measured::too_small(of, Limit { allowed: 2 * gib, used: 3 * gib }));
            assert_eq!((small.code(), small.field()), ("PLAN_TOO_SMALL", Some("planId")));
            assert_eq!(small.limits().first().map(|fact| fact.name), Some(of.name()));
            for language in [Language::En, Language::Fr] {
                let sentence = said(small, language);
                assert!(sentence.contains(of.words(language)) && !sentence.contains('{'), "{sentence}");
            }
        }
        let step = MeasureRefusal::CustomLimitStep(Limit { allowed: 400 * gib, used: 26 * gib });
        let step = HostingRefusal::from(Measured {
            what: step,
            of: Measure::Storage,
            steps: Some((25 * gib, 5 * gib)),
        });
        assert_eq!(step.field(), Some("custom.storageBytes"));
        let (english, french) = (said(step, Language::En), said(step, Language::Fr));
        assert!(english.contains("storage, 25 GiB and then by 5 GiB up to 400 GiB, not 26 GiB"), "{english}");
        assert!(french.contains("stockage, 25 Gio puis par 5 Gio jusqu’à 400 Gio, pas 26 Gio"), "{french}");
    }

    #[test]
    fn a_name_that_is_taken_is_refused_by_its_kind() {
        assert_eq!(HostingRefusal::from(ClaimKind::Address).code(), "ADDRESS_TAKEN");
        assert_eq!(HostingRefusal::from(ClaimKind::Domain).code(), "DOMAIN_TAKEN");
        assert_eq!(HostingRefusal::from(ClaimKind::AddedDomain).code(), "DOMAIN_ADDED");
        assert_eq!(HostingRefusal::from(ClaimKind::Login).code(), "LOGIN_TAKEN");
    }
}
