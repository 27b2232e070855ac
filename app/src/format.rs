//! The text format of money and moments.
//!
//! Owns the texts, which are the same on the server and in the browser. Must not read the clock or the browser's
//! locale: values that depend on them are passed in.

use wire::time::{Civil, unix_millis};
use wire::{Amount, Currency, DatePrecision, PrimaryType, Transaction};

const MINUS: char = '\u{2212}';
const NO_BREAK_SPACE: char = '\u{a0}';
const DAY_MILLIS: i64 = 86_400_000;

/// An amount with its currency: `A$1,234.50`, `−£20.00`, `CHF 5.00`.
pub fn money(amount: Amount, currency: Currency) -> String {
    let mut text = String::new();
    if amount.is_negative() {
        text.push(MINUS);
    }
    match currency.symbol() {
        Some(symbol) => text.push_str(symbol),
        None => {
            text.push_str(currency.code());
            text.push(NO_BREAK_SPACE);
        }
    }
    push_grouped(&mut text, &amount.abs().to_fixed(currency.decimals()));
    text
}

/// The same, with a plus sign before money that comes in.
pub fn signed_money(amount: Amount, currency: Currency) -> String {
    let text = money(amount, currency);
    if amount.is_negative() || amount.is_zero() { text } else { format!("+{text}") }
}

fn push_grouped(text: &mut String, digits: &str) {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
}

/// A day of the civil calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

/// When a transaction happened, as precisely as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub day: Day,
    /// Hour and minute, if the provider sent more than the day.
    pub time: Option<(u32, u32)>,
}

/// A transaction's title: the other party, else its description, else its direction.
pub fn title(transaction: &Transaction) -> &str {
    let told = [transaction.merchant.as_deref(), Some(transaction.description.as_str())].into_iter().flatten();
    let named = told.map(str::trim).find(|text| !text.is_empty());
    named.unwrap_or_else(|| kind_label(transaction.primary_type))
}

/// The direction in words.
pub fn kind_label(primary_type: PrimaryType) -> &'static str {
    match primary_type {
        PrimaryType::Income => "Money in",
        PrimaryType::Expense => "Money out",
        PrimaryType::Transfer => "Transfer",
    }
}

/// Reads a transaction's date for a place `offset(millis)` minutes east of UTC. A date without a time is the same
/// everywhere.
pub fn moment(transaction: &Transaction, offset: impl Fn(i64) -> i32) -> Option<Moment> {
    let millis = unix_millis(&transaction.date)?;
    if transaction.precision() == DatePrecision::Day {
        return Some(Moment { day: day_of(millis, 0), time: None });
    }
    let civil = Civil::from_unix_millis(millis, offset(millis));
    Some(Moment {
        day: Day { year: civil.year, month: civil.month, day: civil.day },
        time: Some((civil.hour, civil.minute)),
    })
}

/// The day of a moment at an offset.
pub fn day_of(millis: i64, offset_minutes: i32) -> Day {
    let civil = Civil::from_unix_millis(millis, offset_minutes);
    Day { year: civil.year, month: civil.month, day: civil.day }
}

/// `14:05`
pub fn time_label((hour, minute): (u32, u32)) -> String {
    format!("{hour:02}:{minute:02}")
}

/// A day with abbreviated names: `Sun 22 Nov 2026`. If the current time is known, the last two days have names.
pub fn day_label(day: Day, now: Option<(i64, i32)>) -> String {
    let Day { year, month, day: number } = day;
    if let Some((now, offset)) = now {
        if day == day_of(now, offset) {
            return "Today".to_owned();
        }
        if day == day_of(now - DAY_MILLIS, offset) {
            return "Yesterday".to_owned();
        }
    }
    let civil = Civil { year, month, day: number, hour: 0, minute: 0, second: 0 };
    format!("{} {number} {} {year}", civil.weekday(), civil.month_name())
}

/// `2026-11-22`, machine-readable.
pub fn day_code(day: Day) -> String {
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `November`, for a period that begins at `from`.
pub fn month_label(from: &str) -> &'static str {
    let month = unix_millis(from).map(|millis| Civil::from_unix_millis(millis, 0).month);
    let name = month.and_then(|month| MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?));
    name.copied().unwrap_or("this month")
}

/// How long ago something was: `just now`, `12 s ago`, `3 min ago`. After the clock was set back it is `just now`.
pub fn ago(millis: i64) -> String {
    match millis / 1_000 {
        ..=0 => "just now".to_owned(),
        seconds @ ..=59 => format!("{seconds} s ago"),
        seconds @ ..=3_599 => format!("{} min ago", seconds / 60),
        seconds @ ..=86_399 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// The width of an amount, as a class for style sheets: the longest are set in a smaller size.
pub fn size_class(amount: &str) -> &'static str {
    match amount.chars().count() {
        ..=14 => "",
        15..=19 => "amount--long",
        20..=24 => "amount--longer",
        _ => "amount--longest",
    }
}

/// `4 transactions`
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples::transaction;

    fn shown(amount: &str, currency: &str) -> String {
        money(amount.parse().expect("an amount"), currency.parse().expect("a currency"))
    }

    #[test]
    fn thousands_are_grouped_and_cents_are_complete() {
        assert_eq!(shown("1234567.5", "AUD"), "A$1,234,567.50");
        assert_eq!(shown("123", "AUD"), "A$123.00");
        assert_eq!(shown("-1000", "GBP"), "\u{2212}£1,000.00");
        assert_eq!(shown("-4200", "JPY"), "\u{2212}¥4,200");
    }

    #[test]
    fn a_currency_without_a_sign_shows_its_code() {
        assert_eq!(shown("5", "CHF"), "CHF\u{a0}5.00");
    }

    #[test]
    fn money_that_comes_in_can_carry_a_plus() {
        let five: Amount = "5".parse().expect("an amount");
        assert_eq!(signed_money(five, Currency::USD), "+US$5.00");
        assert_eq!(signed_money(Amount::ZERO, Currency::USD), "US$0.00");
        assert_eq!(signed_money(-five, Currency::USD), "\u{2212}US$5.00");
    }

    fn shown_at(date: &str, precision: Option<DatePrecision>, offset: i32) -> (String, Option<(u32, u32)>) {
        let told = Transaction { date_precision: precision, ..transaction("1", date, "-1") };
        let moment = moment(&told, |_| offset).expect("a date");
        (day_code(moment.day), moment.time)
    }

    #[test]
    fn a_day_is_the_same_day_everywhere_and_has_no_time() {
        for precision in [Some(DatePrecision::Day), None] {
            for offset in [-480, 0, 660] {
                let shown = shown_at("2026-11-22T00:00:00Z", precision, offset);
                assert_eq!(shown, ("2026-11-22".to_owned(), None));
            }
        }
    }

    #[test]
    fn an_instant_moves_with_the_place_and_may_change_the_day() {
        let instant = Some(DatePrecision::Instant);
        assert_eq!(shown_at("2026-11-22T20:30:00Z", instant, 660), ("2026-11-23".to_owned(), Some((7, 30))));
        assert_eq!(shown_at("2026-11-22T00:00:00Z", instant, -480), ("2026-11-21".to_owned(), Some((16, 0))));
        assert_eq!(shown_at("2026-11-22T00:00:00Z", instant, 0), ("2026-11-22".to_owned(), Some((0, 0))));
    }

    #[test]
    fn a_transaction_without_any_text_is_called_by_its_direction() {
        let mut silent = transaction("1", "2026-11-22T00:00:00Z", "-1");
        (silent.description, silent.merchant) = (String::new(), Some(" ".to_owned()));
        assert_eq!(title(&silent), "Money out");
    }

    #[test]
    fn how_long_ago_is_told_in_its_largest_unit() {
        let told = [-5_000, 999, 1_000, 59_999, 60_000, 7_199_999, 7_200_000, 90_000_000].map(ago);
        let words = ["just now", "just now", "1 s ago", "59 s ago", "1 min ago", "1 h ago", "2 h ago", "1 d ago"];
        assert_eq!(told, words);
    }

    #[test]
    fn a_period_has_the_name_of_its_month() {
        assert_eq!(month_label("2026-11-01T00:00:00Z"), "November");
        assert_eq!(month_label(""), "this month");
    }

    #[test]
    fn the_last_two_days_have_names() {
        let now = unix_millis("2026-11-22T05:00:00Z").map(|now| (now, 0));
        let day = |text: &str| day_of(unix_millis(text).expect("a date"), 0);
        assert_eq!(day_label(day("2026-11-22T01:00:00Z"), now), "Today");
        assert_eq!(day_label(day("2026-11-21T01:00:00Z"), now), "Yesterday");
        assert_eq!(day_label(day("2026-11-20T01:00:00Z"), now), "Fri 20 Nov 2026");
        assert_eq!(day_label(day("2026-11-22T01:00:00Z"), None), "Sun 22 Nov 2026");
    }
}
