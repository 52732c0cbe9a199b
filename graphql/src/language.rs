//! The language that answers are written in.

/// One of the two that the platform speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Where nothing else is asked for.
    #[default]
    English,
    /// `fr`, `fr-FR`, `fr-CA` ...
    French,
}

/// Longest `Accept-Language` that is looked at, in octets.
const HEADER_OCTETS_MAX: usize = 256;

impl Language {
    /// The one that an `Accept-Language` header wants most (RFC 9110 section 12.5.4); English where it wants neither.
    pub fn accepted(header: &str) -> Self {
        let header = header.get(..HEADER_OCTETS_MAX).unwrap_or(header);
        let mut best = (Self::English, 0u16);
        for range in header.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let primary = tag.split('-').next().unwrap_or_default();
            let language = if primary.eq_ignore_ascii_case("fr") {
                Self::French
            } else if primary.eq_ignore_ascii_case("en") {
                Self::English
            } else {
                continue;
            };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, weight);
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// The text in this language.
    pub const fn pick<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }
}

/// Thousandths of a quality value (RFC 9110 section 12.4.2); what is none counts as nothing.
fn weight(text: &str) -> u16 {
    match text.trim().parse::<f32>() {
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_spoken() {
        for (header, language) in [
            ("", Language::English),
            ("fr", Language::French),
            ("fr-CH, en;q=0.8", Language::French),
            ("en-GB, fr;q=0.9", Language::English),
            ("de, fr;q=0.5, en;q=0.4", Language::French),
            ("fr;q=0, en", Language::English),
            ("*", Language::English),
            ("fr;q=NaN", Language::English),
            (";;;,,,q=", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
