//! Stripe's amounts: whole numbers of a currency's smallest units, as Stripe counts them.
//!
//! Owns how many decimals Stripe gives each currency, which for some differs from ISO 4217. Must not know objects.
//!
//! <https://docs.stripe.com/currencies#zero-decimal>

use serde_json::value::RawValue;
use wire::{Amount, Currency};

use crate::json::Document;
use crate::minor_units;
use crate::understood::Understood;

/// The amount and the currency of an object.
pub(super) fn of(object: &Document<'_>) -> Understood<(Amount, Currency)> {
    let currency = currency(&object.text(&["currency"]).ok_or("the object has no currency")?)?;
    let amount = minor_units::read(object, "amount", decimals(currency), "amount")?;
    Ok((amount.ok_or("the object has no amount")?, currency))
}

/// An amount of a currency that is named elsewhere.
pub(super) fn in_currency(raw: &RawValue, name: &str) -> Understood<(Amount, Currency)> {
    let currency = currency(name)?;
    Ok((minor_units::amount(raw, decimals(currency), "balance")?, currency))
}

/// The amount and currency of `{"usd": 1250}`, if there is exactly one currency.
pub(super) fn only_one(balances: &Document<'_>) -> Understood<Option<(Amount, Currency)>> {
    let mut found = balances.members().map(|member| in_currency(member.raw, &member.name));
    match (found.next(), found.next()) {
        (Some(one), None) => one.map(Some),
        _ => Ok(None),
    }
}

fn currency(name: &str) -> Understood<Currency> {
    name.parse().map_err(|error| format!("the currency is {error}"))
}

/// Stripe counts Iceland's and Uganda's money with two decimals, though it has none, and Madagascar's without.
fn decimals(currency: Currency) -> u32 {
    match currency.code() {
        "ISK" | "UGX" => 2,
        "MGA" => 0,
        _ => currency.decimals(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_has_its_decimals() {
        for (name, text) in
            [("usd", "12.50"), ("jpy", "1250"), ("kwd", "1.250"), ("ugx", "12.50"), ("isk", "12.50"), ("mga", "1250")]
        {
            let raw = RawValue::from_string("1250".to_owned()).unwrap();
            let (amount, currency) = in_currency(&raw, name).unwrap();
            assert_eq!((amount.to_string().as_str(), currency.code().to_lowercase().as_str()), (text, name));
        }
    }
}
