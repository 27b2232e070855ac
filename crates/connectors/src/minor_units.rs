//! Amounts as whole numbers of a currency's smallest units.
//!
//! Owns moving the decimal point. Must not know how many decimals a provider means: that is passed in.

use serde_json::value::RawValue;
use wire::Amount;

use crate::json::{self, Document};
use crate::understood::Understood;

/// The amount of a member whose last `decimals` digits are decimals: `1250` is `12.50` with two. `None` if absent; a
/// number with a fraction or an exponent is refused, because it cannot be in smallest units.
pub(crate) fn read(document: &Document<'_>, name: &str, decimals: u32, what: &str) -> Understood<Option<Amount>> {
    document.raw(&[name]).map(|raw| amount(raw, decimals, what)).transpose()
}

/// The amount of a value in smallest units.
pub(crate) fn amount(raw: &RawValue, decimals: u32, what: &str) -> Understood<Amount> {
    let text = json::text(raw);
    let units = text.as_deref().unwrap_or(raw.get());
    let digits = units.strip_prefix('-').unwrap_or(units);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the {what} is not a whole number of the smallest units"));
    }
    // `Amount` expands exponents exactly.
    format!("{units}e-{decimals}").parse().map_err(|error| format!("the {what} is {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(units: &str, decimals: u32) -> Option<String> {
        amount(&RawValue::from_string(units.to_owned()).unwrap(), decimals, "amount")
            .ok()
            .map(|found| found.to_string())
    }

    #[test]
    fn the_point_is_moved_and_no_digit_is_lost() {
        for (units, decimals, text) in [
            ("1250", 2, "12.50"),
            ("-5", 2, "-0.05"),
            ("0", 2, "0.00"),
            ("500", 0, "500"),
            ("1234567", 3, "1234.567"),
            ("99999999999999999", 2, "999999999999999.99"),
            (r#""-1050""#, 2, "-10.50"),
        ] {
            assert_eq!(shown(units, decimals).as_deref(), Some(text), "{units} {decimals}");
        }
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for units in ["12.5", "1e3", "true", "null", r#""""#, r#""-""#, r#""+5""#, "100000000000000000", "{}"] {
            assert_eq!(shown(units, 2), None, "{units}");
        }
    }
}
