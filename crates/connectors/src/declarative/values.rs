//! Values of an item, by their paths.
//!
//! Owns reading ids, amounts, currencies and versions. Must not know which of our members they become.

use ledger::Dated;
use serde_json::value::RawValue;
use wire::{Amount, Currency};

use super::path::{Paths, Scope};
use super::times::Notation;
use crate::understood::Understood;
use crate::{currencies, ids, json, minor_units};

/// How an amount is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Digits {
    /// A text or a number.
    #[default]
    Decimal,
    /// A whole number of the currency's smallest units.
    MinorUnits,
}

/// Row versions stay below this, and times in milliseconds since 1970 above it.
const SMALLEST_TIME: i64 = 100_000_000_000;
/// The largest time, in the year 9999: some senders use later ones for "never".
const LARGEST_TIME: i64 = 253_370_764_800_000;

/// An id that can be stored.
pub(super) fn id(paths: &Paths, scope: Scope<'_, '_>, what: &str) -> Understood<Option<String>> {
    paths.read(scope, json::id)?.map(|id| ids::checked(id, what)).transpose()
}

/// A required id that can be stored.
pub(super) fn needed_id(paths: &Paths, scope: Scope<'_, '_>, what: &str) -> Understood<String> {
    id(paths, scope, what)?.ok_or_else(|| format!("the id of the {what} is missing"))
}

/// An amount with its sign. Smallest units are those of `currency`.
pub(super) fn amount(
    paths: &Paths,
    scope: Scope<'_, '_>,
    (digits, currency): (Digits, Currency),
    what: &str,
) -> Understood<Option<Amount>> {
    let read = |raw: &RawValue| match digits {
        Digits::Decimal => json::amount(raw).map_err(|error| format!("the {what} is {error}")),
        Digits::MinorUnits => minor_units::amount(raw, currency.decimals(), what),
    };
    paths.raw(scope)?.map(read).transpose()
}

/// The named currency; `None` if there is none.
pub(super) fn currency(paths: &Paths, scope: Scope<'_, '_>, what: &str) -> Understood<Option<Currency>> {
    let Some(raw) = paths.raw(scope)? else { return Ok(None) };
    let code = json::id(raw).ok_or_else(|| format!("the currency of the {what} is neither a string nor a number"))?;
    currencies::currency(&code).map_err(|error| format!("the currency of the {what} is {error}"))
}

/// The time at which something happened; `None` if the body has none.
pub(super) fn date(paths: &Paths, notation: Notation, scope: Scope<'_, '_>) -> Understood<Option<Dated>> {
    let Some(raw) = paths.raw(scope)? else { return Ok(None) };
    let when = notation.when(raw).ok_or("the transaction's date is not a date")?;
    Ok(Some(Dated::At(when)))
}

/// A time that orders reports, in milliseconds since 1970. An unreadable one is ignored.
pub(super) fn version(paths: &Paths, notation: Option<Notation>, scope: Scope<'_, '_>) -> Understood<Option<i64>> {
    let notation = notation.unwrap_or(Notation::Rfc3339);
    let millis = paths.raw(scope)?.and_then(|raw| notation.millis(raw));
    Ok(millis.filter(|millis| (SMALLEST_TIME..LARGEST_TIME).contains(millis)))
}

/// The version of a row: a whole number that is not a time.
pub(super) fn row_version(paths: &Paths, scope: Scope<'_, '_>) -> Understood<Option<i64>> {
    let version = paths.raw(scope)?.and_then(|raw| Notation::Milliseconds.millis(raw));
    Ok(version.filter(|version| *version < SMALLEST_TIME))
}

/// Whether a value is one of some words: a text without surrounding blanks, anything else as JSON writes it (`true`,
/// `1`).
pub(super) fn is_one_of(raw: &RawValue, words: &[String]) -> bool {
    let text = json::text(raw);
    let text = text.as_deref().unwrap_or(raw.get()).trim();
    words.iter().any(|word| word == text)
}
