//! An exact amount of money.
//!
//! Owns reading and writing decimal digits without passing through binary floating point. Must not know currencies or
//! how an amount is displayed.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An exact decimal amount; negative is money out.
///
/// In JSON it is a number with the decimal's exact digits (`-50.1`, never `-50.10000000000001`). It is read from a JSON
/// number or from a string of digits.
///
/// Two amounts are equal when their values are: `1.10 == 1.1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(Decimal);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// It is not a decimal number.
    NotANumber,
    /// It is a number, but has more than 28 significant digits, or is 10^15 or more.
    OutOfRange,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotANumber => "not a decimal number",
            Self::OutOfRange => "a number outside the range of amounts",
        })
    }
}

impl std::error::Error for AmountError {}

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Amounts are below this many units of a currency: a quadrillion. The largest real balances are far below, and
    /// everything below is exact in JavaScript's numbers with two decimals.
    const LIMIT: Decimal = Decimal::from_parts(0xa4c6_8000, 0x0003_8d7e, 0, false, 0);

    /// Whether it is money out.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// The digits with at least `decimals` of them after the point: `5` becomes `5.00`. Digits are added, never
    /// dropped.
    pub fn to_fixed(self, decimals: u32) -> String {
        let mut padded = self.0.normalize();
        if padded.scale() < decimals {
            padded.rescale(decimals);
        }
        padded.to_string()
    }

    /// The sum, or `None` if it leaves the exact range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (one, two) = (self.0.normalize(), other.0.normalize());
        let sum = one.checked_add(two)?;
        // If there is no room for all the decimals, the decimal type rounds.
        (sum.scale() >= one.scale().max(two.scale())).then_some(Self(sum))
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads JSON's number syntax (`-12.5`, `1e3`), with a leading `+` allowed as well.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let text = text.trim();
        if !is_number(text) {
            return Err(AmountError::NotANumber);
        }
        let value = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => written_out(mantissa, exponent).and_then(|text| exact(&text)),
            None => exact(text),
        };
        let value = value.ok_or(AmountError::OutOfRange)?;
        if value.abs() >= Self::LIMIT {
            return Err(AmountError::OutOfRange);
        }
        // There is no negative zero: JSON's `-0` would show as money out.
        Ok(Self(if value.is_zero() { value.abs() } else { value }))
    }
}

/// `None` if not all digits fit.
fn exact(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// A number without its exponent. The decimal type reads exponents as well, but rounds numbers with too many digits;
/// moving the point among the digits rounds nothing. `None` if this would need more zeros than an amount has places.
fn written_out(mantissa: &str, exponent: &str) -> Option<String> {
    const MOST_ZEROS: i64 = 28;
    let (sign, unsigned) = mantissa.split_at(usize::from(mantissa.starts_with(['-', '+'])));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = [whole, fraction].concat();
    let no_number = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    let exponent = exponent.parse().unwrap_or(no_number);
    let point = i64::try_from(whole.len()).ok()?.saturating_add(exponent);
    let behind = point.saturating_sub(i64::try_from(digits.len()).ok()?);
    let zeros = |count: i64| Some("0".repeat(usize::try_from(count).ok().filter(|_| count <= MOST_ZEROS)?));
    Some(if point <= 0 {
        [sign, "0.", &zeros(point.saturating_neg())?, &digits].concat()
    } else if behind >= 0 {
        let is_nothing = digits.bytes().all(|digit| digit == b'0');
        if is_nothing { "0".to_owned() } else { [sign, &digits, &zeros(behind)?].concat() }
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).ok()?);
        [sign, whole, ".", fraction].concat()
    })
}

/// Sign, digits, optionally a fraction and an exponent; at least one digit before the point.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa),
    };
    let exponent_ok = exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    mantissa_ok && exponent_ok
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let parsed = if text.starts_with('"') {
            serde_json::from_str::<String>(text).map_err(D::Error::custom)?.parse()
        } else {
            text.parse()
        };
        parsed.map_err(D::Error::custom)
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        if self.is_zero() { self } else { Self(-self.0) }
    }
}

impl Add for Amount {
    type Output = Self;

    /// Adds exactly as long as the sum has no more than 28 digits. Amounts are below 10^15, so a sum of 10^13 of them
    /// in cents still fits; decimals without room are rounded, and beyond the largest number the sum saturates instead
    /// of wrapping around.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().expect("a valid amount")
    }

    #[test]
    fn the_digits_that_come_in_are_the_digits_that_go_out() {
        for text in ["-50.1", "0.1", "100", "-0.01", "999999999999999.99", "12.3400", "0.123456789012"] {
            let read: Amount = serde_json::from_str(text).expect("a number");
            assert_eq!(serde_json::to_string(&read).expect("a number"), text);
        }
    }

    #[test]
    fn numbers_and_strings_of_digits_are_the_same_amount() {
        let number: Amount = serde_json::from_str("-50.10").expect("a number");
        let string: Amount = serde_json::from_str("\"-50.1\"").expect("a string");
        assert_eq!(number, string);
    }

    #[test]
    fn an_exponent_is_written_out() {
        assert_eq!(amount("1.5e3").to_string(), "1500");
        assert_eq!(amount("25e-2").to_string(), "0.25");
        assert_eq!(amount("-1.50E+1").to_string(), "-15.0");
        assert_eq!(amount("0e76").to_string(), "0");
        assert_eq!(amount("0.00000000000000000000000000000000125e33").to_string(), "1.25");
    }

    #[test]
    fn an_exponent_never_rounds_digits_away() {
        for text in ["0.12345678901234567890123456789e0", "1.00000000000000000000000000001e1"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::OutOfRange), "{text}");
        }
        for exponent in ["4294967295", "-4294967295", "99999999999999999999", "-99999999999999999999"] {
            assert_eq!(format!("1.5e{exponent}").parse::<Amount>(), Err(AmountError::OutOfRange), "{exponent}");
        }
    }

    #[test]
    fn what_cannot_be_held_exactly_is_out_of_range() {
        for text in ["1e15", "1000000000000000", "1e400", "-1e15", "0.12345678901234567890123456789", "1e-400"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::OutOfRange), "{text}");
        }
        assert!("999999999999999.9999".parse::<Amount>().is_ok());
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".5", "5.", "1,000", "NaN", "Infinity", "0x10", "1e", "--1", "1_000", "١"] {
            assert_eq!(text.parse::<Amount>(), Err(AmountError::NotANumber), "{text}");
        }
    }

    #[test]
    fn nothing_has_no_sign() {
        assert_eq!(amount("-0.00").to_string(), "0.00");
        assert!(!(-Amount::ZERO).is_negative());
    }

    #[test]
    fn decimals_are_added_for_showing_and_never_dropped() {
        assert_eq!(amount("-5").to_fixed(2), "-5.00");
        assert_eq!(amount("1.50").to_fixed(0), "1.5");
        assert_eq!(amount("0.12345").to_fixed(2), "0.12345");
    }

    #[test]
    fn a_sum_with_more_digits_than_can_be_held_is_none() {
        let (large, small) = (amount("999999999999999"), amount("0.00151000000000001"));
        assert_eq!(large.checked_add(small), None);
        assert_eq!(amount("1.10").checked_add(amount("-0.1")), Some(amount("1")));
    }

    proptest! {
        #[test]
        fn any_decimal_survives_json(mantissa in -999_999_999_999_999_i64..1_000_000_000_000_000, scale in 0_u32..9) {
            let text = Decimal::new(mantissa, scale).to_string();
            let read: Amount = serde_json::from_str(&text).expect("a number");
            prop_assert_eq!(serde_json::to_string(&read).expect("json"), if mantissa == 0 { text.replace('-', "") } else { text });
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<Amount>();
            let _ = serde_json::from_str::<Amount>(&text);
        }

        #[test]
        fn sums_are_exact(cents in proptest::collection::vec(-1_000_000_i64..1_000_000, 0..200)) {
            let sum: Amount = cents.iter().map(|cents| Amount(Decimal::new(*cents, 2))).sum();
            prop_assert_eq!(sum, Amount(Decimal::new(cents.iter().sum(), 2)));
        }
    }
}
