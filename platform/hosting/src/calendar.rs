//! Billing periods by the calendar: civil dates in Paris, anchored to the day of the first one.
//!
//! Pure arithmetic: the summer time of the European Union (directive 2000/84/EC) is computed, not looked up.

use std::fmt;

use kernel::Timestamp;

/// Seconds of a day.
const DAY_SECS: i64 = 86_400;
/// Days from 1 March of year 0 to 1 January 1970, in the proleptic Gregorian calendar.
const EPOCH_DAYS: i64 = 719_468;
/// Days of 400 years.
const ERA_DAYS: i64 = 146_097;

/// How often a service is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cycle {
    /// Each month.
    Monthly,
    /// Each year.
    #[default]
    Annual,
}

impl Cycle {
    /// Months of a period.
    pub const fn months(self) -> u32 {
        match self {
            Self::Monthly => 1,
            Self::Annual => 12,
        }
    }
}

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate {
    year: i64,
    month: u32,
    day: u32,
}

impl CivilDate {
    /// A day; none where the calendar has no such day, or beyond the years 1 to 9999.
    pub fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        let is_there = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_length(year, month)).contains(&day);
        is_there.then_some(Self { year, month, day })
    }

    /// The day in Paris at a moment.
    pub fn in_paris(at: Timestamp) -> Self {
        let secs = at.millis().div_euclid(1000);
        let offset = if is_summer(secs) { 7200 } else { 3600 };
        Self::from_days((secs + offset).div_euclid(DAY_SECS))
    }

    /// The day that lies so many days after 1 January 1970.
    pub fn from_days(days: i64) -> Self {
        let days = days + EPOCH_DAYS;
        let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u32::try_from(number).unwrap_or(1);
        Self { year, month: small(month), day: small(day) }
    }

    /// How many days it lies after 1 January 1970.
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let shifted = i64::from((self.month + 9) % 12);
        let day_of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * ERA_DAYS + day_of_era - EPOCH_DAYS
    }

    /// The same day so many months later; the last day of that month where it is shorter.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let count = self.year * 12 + i64::from(self.month) - 1 + i64::from(months);
        let month = u32::try_from(count.rem_euclid(12)).unwrap_or(0) + 1;
        let year = count.div_euclid(12);
        Self { year, month, day: self.day.min(month_length(year, month)) }
    }
}

/// `2026-11-25` (ISO 8601).
impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The first day of the period with the number `number`, from 0, of a service whose first period began on `first`. Counted
/// from `first` each time, so that a short month leaves no trace: 31 January, 28 February, 31 March.
pub fn period_start(first: CivilDate, cycle: Cycle, number: u32) -> CivilDate {
    first.plus_months(cycle.months().saturating_mul(number))
}

/// The period that `today` lies in: its first day, and the first day of the next one, when it is due.
pub fn period_of(first: CivilDate, cycle: Cycle, today: CivilDate) -> (CivilDate, CivilDate) {
    let months = (today.year - first.year) * 12 + i64::from(today.month) - i64::from(first.month);
    let mut number = u32::try_from(months.max(0)).unwrap_or(0) / cycle.months();
    while number > 0 && period_start(first, cycle, number) > today {
        number -= 1;
    }
    while period_start(first, cycle, number + 1) <= today {
        number += 1;
    }
    (period_start(first, cycle, number), period_start(first, cycle, number + 1))
}

/// Days after the day of the order for which consumers withdraw without a reason (code de la consommation, L221-18).
const WITHDRAWAL_DAYS: i64 = 14;

/// The last day on which a consumer withdraws from what was ordered on `ordered`: the fourteenth after it, or the next working day
/// in France where that is none (code de la consommation, L221-19).
pub fn withdrawal_until(ordered: CivilDate) -> CivilDate {
    let mut days = ordered.days() + WITHDRAWAL_DAYS;
    while !is_working_day(days) {
        days += 1;
    }
    CivilDate::from_days(days)
}

/// Whether people work on a day in France, counted from 1 January 1970, a Thursday (code du travail, L3133-1).
fn is_working_day(days: i64) -> bool {
    let date = CivilDate::from_days(days);
    let is_weekend = (days + 3).rem_euclid(7) >= 5;
    let is_fixed =
        matches!((date.month, date.day), (1 | 5 | 11, 1) | (5, 8) | (7, 14) | (8, 15) | (11, 11) | (12, 25));
    // The Monday after Easter, Ascension Day, the Monday after Pentecost.
    let is_movable = matches!(days - easter(date.year).days(), 1 | 39 | 50);
    !(is_weekend || is_fixed || is_movable)
}

/// Easter Sunday of the Gregorian calendar.
fn easter(year: i64) -> CivilDate {
    let (golden, century) = (year % 19, year / 100);
    let correction = century - century / 4 - (8 * century + 13) / 25;
    let epact = (correction + 19 * golden + 15) % 30;
    let moon = epact - (epact / 28) * (1 - (epact / 28) * (29 / (epact + 1)) * ((21 - golden) / 11));
    let weekday = (year + year / 4 + moon + 2 - century + century / 4) % 7;
    let offset = moon - weekday;
    let month = 3 + (offset + 40) / 44;
    let day = offset + 28 - 31 * (month / 4);
    let small = |number: i64| u32::try_from(number).unwrap_or(1);
    CivilDate { year, month: small(month), day: small(day) }
}

const fn month_length(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Between the last Sundays of March and of October, each at 01:00 UTC.
fn is_summer(secs: i64) -> bool {
    let year = CivilDate::from_days(secs.div_euclid(DAY_SECS)).year;
    let change = |month: u32| {
        let last = CivilDate { year, month, day: 31 }.days();
        // 1 January 1970 was a Thursday.
        let after_sunday = (last + 4).rem_euclid(7);
        (last - after_sunday) * DAY_SECS + 3600
    };
    (change(3)..change(10)).contains(&secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        let parts: Vec<i64> = text.split('-').map(|part| part.parse().expect("a number")).collect();
        let small = |number: i64| u32::try_from(number).expect("small");
        CivilDate::new(parts[0], small(parts[1]), small(parts[2])).expect("a date")
    }

    #[test]
    fn the_day_of_the_month_is_kept_through_short_months() {
        let starts = |first: &str, cycle, count: u32| {
            let first = date(first);
            (0..count).map(|number| period_start(first, cycle, number).to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            starts("2026-01-31", Cycle::Monthly, 4),
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
        );
        assert_eq!(
            starts("2024-02-29", Cycle::Annual, 5)[1..],
            ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
        );
        assert_eq!(starts("2023-12-31", Cycle::Annual, 2), ["2023-12-31", "2024-12-31"]);
    }

    #[test]
    fn a_day_lies_in_one_period() {
        for (today, expected) in [
            ("2026-01-31", ("2026-01-31", "2026-02-28")),
            ("2026-02-27", ("2026-01-31", "2026-02-28")),
            ("2026-02-28", ("2026-02-28", "2026-03-31")),
            ("2026-03-30", ("2026-02-28", "2026-03-31")),
            ("2027-01-31", ("2027-01-31", "2027-02-28")),
        ] {
            let (start, due) = period_of(date("2026-01-31"), Cycle::Monthly, date(today));
            assert_eq!((start.to_string().as_str(), due.to_string().as_str()), expected, "{today}");
        }
    }

    #[test]
    fn a_consumer_withdraws_for_fourteen_days_that_end_on_a_working_day() {
        for (ordered, until) in [
            ("2026-11-24", "2026-12-08"),
            // A Saturday and a Sunday, Christmas, Easter Monday, Ascension Day.
            ("2026-11-28", "2026-12-14"),
            ("2026-11-29", "2026-12-14"),
            ("2026-12-11", "2026-12-28"),
            ("2026-03-22", "2026-04-07"),
            ("2026-04-30", "2026-05-15"),
            ("2025-12-18", "2026-01-02"),
        ] {
            assert_eq!(withdrawal_until(date(ordered)).to_string(), until, "{ordered}");
        }
        for day in ["2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25", "2285-03-22"] {
            assert_eq!(easter(date(day).year).to_string(), day);
        }
    }

    #[test]
    fn days_begin_at_midnight_in_paris() {
        let at = |secs| CivilDate::in_paris(Timestamp::from_secs(secs)).to_string();
        // 2026-03-28T22:59:59Z and one second later: winter time; 2026-03-29T21:59:59Z and later: summer time.
        assert_eq!(
            (at(1_774_738_799), at(1_774_738_800)),
            ("2026-03-28".to_owned(), "2026-03-29".to_owned())
        );
        assert_eq!(
            (at(1_774_821_599), at(1_774_821_600)),
            ("2026-03-29".to_owned(), "2026-03-30".to_owned())
        );
        assert_eq!(at(0), "1970-01-01");
    }
}
