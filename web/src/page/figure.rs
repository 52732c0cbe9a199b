//! Numbers and moments as people of the page's language write them.

use super::Paper;

const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];

/// A number with its digits in groups of three.
pub(crate) fn count(paper: Paper, number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push_str(paper.say(",", "\u{202f}"));
        }
        grouped.push(digit);
    }
    grouped
}

/// A moment that the API tells (RFC 3339, in UTC): its day and minute; none where it is no moment.
pub(crate) fn moment(paper: Paper, told: &str) -> Option<String> {
    let (date, time) = told.split_once('T')?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (english, french) = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    let day: u8 = day.parse().ok()?;
    let minute = time.get(..5)?;
    let ordinal = paper.say("", if day == 1 { "er" } else { "" });
    let (month, at) = (paper.say(english, french), paper.say(",", " à"));
    Some(format!("{day}{ordinal} {month} {year}{at} {minute} UTC"))
}

#[cfg(test)]
mod tests {
    use graphql::Language;

    use super::*;

    const ENGLISH: Paper = Paper { language: Language::English, path: "/" };
    const FRENCH: Paper = Paper { language: Language::French, path: "/" };

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, english, french) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1200, "1,200", "1\u{202f}200"),
            (12_345_678, "12,345,678", "12\u{202f}345\u{202f}678"),
        ] {
            assert_eq!((count(ENGLISH, number).as_str(), count(FRENCH, number).as_str()), (english, french));
        }
    }

    #[test]
    fn moments_are_a_day_and_a_minute_and_what_is_none_is_not_shown() {
        let told = "2027-01-01T08:05:09.123Z";
        assert_eq!(moment(ENGLISH, told).as_deref(), Some("1 January 2027, 08:05 UTC"));
        assert_eq!(moment(FRENCH, told).as_deref(), Some("1er janvier 2027 à 08:05 UTC"));
        assert_eq!(moment(FRENCH, "2026-11-28T02:20:00Z").as_deref(), Some("28 novembre 2026 à 02:20 UTC"));
        for nonsense in ["", "2026-11-28", "2026-13-01T00:00:00Z", "T", "2026-00-01T00:00:00Z", "x-y-zT1"] {
            assert_eq!(moment(ENGLISH, nonsense), None, "{nonsense}");
        }
    }
}
