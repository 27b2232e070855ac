//! How each provider signs its webhooks, and the meaning of their bodies.
//!
//! Owns verification over the raw bytes and the translation of a provider's words into the changes of `ledger`. Must
//! not know HTTP servers, the store, or whose connection it is: the clock and fetched keys are passed in, nothing here
//! does I/O.
//!
//! A provider is one file and one line in [`providers`]. A delivery moves through types: only [`Provider::verify`] makes
//! a [`VerifiedDelivery`], and only what is [`Authentic`] can be understood.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod body;
mod canonical;
pub mod connect;
mod currencies;
pub mod dates;
pub mod declarative;
mod delivery;
mod direction;
mod error;
pub mod fetch;
mod ids;
mod inline;
mod items;
mod json;
mod keys;
mod masking;
mod meaning;
mod minor_units;
mod plain;
mod provider;
pub mod providers;
mod responses;
mod row;
mod settings;
mod signature;
mod understood;

use serde_json::value::RawValue;

pub use currencies::currency;
pub use delivery::{Authentic, Headers, RawDelivery, StoredDelivery, VerifiedDelivery};
pub use direction::{Way, way};
pub use error::{Malformed, VerifyError};
pub use json::{NotText, json_text};
pub use keys::{FetchedKey, KeyId, KeySource, NoKeys};
pub use meaning::{Meaning, Rejected, Wanted};
pub use provider::{Description, Provider};
pub use providers::Registry;
pub use responses::{Response, Responses};
pub use settings::{Setting, SettingKind, Settings};

/// A text as it may be shown: only the last four digits of a card number.
pub fn masked(text: &str) -> String {
    masking::mask(text)
}

/// The readable text of a value: a string, a number by its digits, or an array of these.
pub fn words(json: &RawValue) -> Option<String> {
    json::words(json)
}

/// A text for display in a line of at most `limit` characters: masked, without control characters and characters that
/// reverse text. `None` if no readable character is left.
pub fn readable(text: &str, limit: usize) -> Option<String> {
    masking::readable(text, limit)
}

/// JSON for display: every string and name is masked and tidied like text, and so are numbers that are a card's. `None`
/// if it is not safe to parse.
pub fn readable_json(json: &RawValue) -> Option<Box<RawValue>> {
    masking::masked_json(json::read(json.get().as_bytes()).ok()?).ok()
}
