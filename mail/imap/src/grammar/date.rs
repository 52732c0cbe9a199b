//! Dates (RFC 9051 `date`, `date-time`). The calendar is Gregorian, also before it began.

use std::io::Write as _;

use kernel::Timestamp;

use super::{Malformed, Parsed, Parser};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SECS_PER_DAY: i64 = 86_400;

/// A calendar day as days after 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// The day of a date; `None` where there is no such day.
    pub(crate) fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(is_leap),
            _ => return None,
        };
        if day == 0 || day > length {
            return None;
        }
        // Years are counted from March, so that the leap day is the last one.
        let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// The day of a moment in UTC.
    pub(crate) const fn of(moment: Timestamp) -> Self {
        Self(moment.secs().div_euclid(SECS_PER_DAY))
    }

    /// Year, month and day.
    pub(crate) const fn civil(self) -> (i64, u8, u8) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (year, month as u8, day as u8)
    }
}

/// `17-Jul-1996 02:44:25 +0000`, without quotation marks: always in UTC.
pub(crate) fn print_date_time(moment: Timestamp, out: &mut Vec<u8>) {
    let (year, month, day) = Day::of(moment).civil();
    let second = moment.secs().rem_euclid(SECS_PER_DAY);
    let month = MONTHS[usize::from(month - 1) % 12];
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "{day:02}-{month}-{:04} {:02}:{:02}:{:02} +0000",
        year.clamp(0, 9999),
        second / 3600,
        second / 60 % 60,
        second % 60
    );
}

impl Parser<'_> {
    fn digits(&mut self, count: usize) -> Parsed<u16> {
        let at = self.at;
        let text = self.octets.get(at..at + count).and_then(|octets| std::str::from_utf8(octets).ok());
        match text.filter(|text| text.bytes().all(|octet| octet.is_ascii_digit())).map(str::parse) {
            Some(Ok(number)) => {
                self.at += count;
                Ok(number)
            }
            Some(Err(_)) | None => self.fault("digits of a date"),
        }
    }

    fn month(&mut self) -> Parsed<u8> {
        let name = self.octets.get(self.at..self.at + 3).unwrap_or_default();
        match (1..).zip(MONTHS).find(|(_, month)| month.as_bytes().eq_ignore_ascii_case(name)) {
            Some((number, _)) => {
                self.at += 3;
                Ok(number)
            }
            None => self.fault("a month such as `Jan`"),
        }
    }

    fn day_from(&mut self, day: u16) -> Parsed<Day> {
        let at = self.at;
        self.expect(b'-', "`-`")?;
        let month = self.month()?;
        self.expect(b'-', "`-`")?;
        let year = self.digits(4)?;
        let day = u8::try_from(day).ok().and_then(|day| Day::new(year, month, day));
        day.ok_or(Malformed { at, expected: "a day of the calendar" })
    }

    /// `1-Feb-1994`, also in quotation marks.
    pub(crate) fn date(&mut self) -> Parsed<Day> {
        let is_quoted = self.takes(b'"');
        let is_short = self.octets.get(self.at + 1) == Some(&b'-');
        let day = self.digits(if is_short { 1 } else { 2 })?;
        let date = self.day_from(day)?;
        if is_quoted {
            self.expect(b'"', "a closing quotation mark")?;
        }
        Ok(date)
    }

    /// `"17-Jul-1996 02:44:25 -0700"`.
    pub(crate) fn date_time(&mut self) -> Parsed<Timestamp> {
        self.expect(b'"', "a date and time in quotation marks")?;
        let day = if self.takes(b' ') { self.digits(1)? } else { self.digits(2)? };
        let date = self.day_from(day)?;
        self.space()?;
        let hour = self.digits(2)?;
        self.expect(b':', "`:`")?;
        let minute = self.digits(2)?;
        self.expect(b':', "`:`")?;
        let second = self.digits(2)?;
        self.space()?;
        let sign = match self.peek() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) | None => return self.fault("`+` or `-`"),
        };
        self.at += 1;
        let zone = self.digits(4)?;
        self.expect(b'"', "a closing quotation mark")?;
        if hour > 23 || minute > 59 || second > 60 || zone / 100 > 23 || zone % 100 > 59 {
            return self.fault("a time of the day");
        }
        let offset = sign * (i64::from(zone / 100) * 3600 + i64::from(zone % 100) * 60);
        let time = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        Ok(Timestamp::from_secs(date.0 * SECS_PER_DAY + time - offset))
    }
}
