//! Instants and days without a calendar library, which would enlarge the browser's download.
//!
//! Owns reading RFC 3339 into milliseconds and the civil date of an instant. Must not know the clock
//! or time zones: an offset is passed in.

/// A moment in the civil calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year, for example 2026.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 60.
    pub second: u32,
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

impl Civil {
    /// The civil date and time of `millis` since 1970-01-01T00:00:00Z at an offset east of UTC.
    pub fn from_unix_millis(millis: i64, offset_minutes: i32) -> Self {
        let seconds = millis.div_euclid(1000) + i64::from(offset_minutes) * 60;
        let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let second_of_day = u32::try_from(second_of_day).unwrap_or_default();
        Self {
            year,
            month,
            day,
            hour: second_of_day / 3600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
        }
    }

    /// The month in three letters.
    pub fn month_name(&self) -> &'static str {
        usize::try_from(self.month).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).copied().unwrap_or("???")
    }

    /// The day of the week in three letters.
    pub fn weekday(&self) -> &'static str {
        let days = days_from_civil(self.year, self.month, self.day);
        usize::try_from(days.rem_euclid(7)).ok().and_then(|day| DAYS.get(day)).copied().unwrap_or("???")
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z of an RFC 3339 instant; `None` for any other text. Fractions beyond the
/// millisecond are cut off.
pub fn unix_millis(rfc3339: &str) -> Option<i64> {
    let bytes = rfc3339.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = bytes.get(from..to)?;
        digits.iter().all(u8::is_ascii_digit).then_some(())?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    };
    let separator = |at: usize, allowed: &[u8]| bytes.get(at).is_some_and(|byte| allowed.contains(byte));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let punctuated =
        separator(4, b"-") && separator(7, b"-") && separator(10, b"Tt ") && separator(13, b":") && separator(16, b":");
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !punctuated || !in_range {
        return None;
    }
    let mut at = 19;
    let mut millis = 0;
    if separator(at, b".") {
        at += 1;
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        let digits = rfc3339.get(start..at.min(start + 3))?;
        millis = format!("{digits:0<3}").parse().ok()?;
    }
    let offset_minutes = match bytes.get(at)? {
        b'Z' | b'z' if bytes.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if bytes.len() == at + 6 && separator(at + 3, b":") => {
            let minutes = number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let days = days_from_civil(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset_minutes * 60;
    Some(seconds * 1000 + millis)
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, counted in eras of 400
/// years that begin on 1 March.
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_instant_is_read_with_its_fraction_and_offset() {
        assert_eq!(unix_millis("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix_millis("2024-04-29T11:28:20.5Z"), Some(1_714_390_100_500));
        assert_eq!(unix_millis("2024-04-29T21:28:20.500999+10:00"), Some(1_714_390_100_500));
        assert_eq!(unix_millis("2000-02-29T23:59:59-00:30"), Some(951_870_599_000));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2024-04-29",
            "2024-13-29T00:00:00Z",
            "2024-04-29T25:00:00Z",
            "2024-04-29T11:28:20",
            "2024-04-29T11:28:20+1000",
            "2024-04-29T11:28:20Zx",
            "20240429T112820Z    ",
            "ÿÿÿÿ-04-29T11:28:20Z",
        ] {
            assert_eq!(unix_millis(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_has_its_name() {
        let civil = Civil::from_unix_millis(1_795_381_200_000, 0);
        assert_eq!((civil.weekday(), civil.month_name()), ("Sun", "Nov"));
        assert_eq!(Civil::from_unix_millis(0, 0).weekday(), "Thu");
    }

    proptest! {
        #[test]
        fn every_second_of_five_centuries_is_read_back(seconds in -8_000_000_000_i64..8_000_000_000) {
            let civil = Civil::from_unix_millis(seconds * 1000, 0);
            let Civil { year, month, day, hour, minute, second } = civil;
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
            prop_assert_eq!(unix_millis(&text), Some(seconds * 1000));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = unix_millis(&text);
        }
    }
}
