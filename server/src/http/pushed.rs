//! A pushed transaction: the body of `POST /api/bank/transactions`.
//!
//! Owns its meaning and the length limits of its texts. Must not take the user from it, nor store it: `ingest` does.

use std::borrow::Cow;

use connectors::{Way, dates};
use ledger::{Dated, NewTransaction};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use wire::transaction::TransactionKey;
use wire::{Amount, Currency, DatePrecision, ErrorCode, PrimaryType, TransactionStatus};

use super::error::ApiError;
use super::ids;
use crate::http::extract::json_text;
use crate::store::ConnectorRef;

/// The longest description, and the longest of the other texts, in characters.
const LONGEST_DESCRIPTION: usize = 1000;
const LONGEST_TEXT: usize = 200;
/// The longest connection id. If the transaction was itself pushed to the sender, its id contains a user and a
/// connection.
const LONGEST_CONNECTION: usize = 500;
/// The largest metadata, in bytes.
const LARGEST_METADATA: usize = 8 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pushed {
    transaction_id: String,
    description: Option<Words>,
    amount: Amount,
    signed_amount: Option<Amount>,
    account_id: Option<String>,
    connection_id: Option<String>,
    date: Option<String>,
    date_precision: Option<DatePrecision>,
    #[serde(rename = "type")]
    kind: Option<String>,
    primary_type: Option<String>,
    secondary_type: Option<Words>,
    category: Option<Words>,
    merchant: Option<Words>,
    reference: Option<Words>,
    currency: Option<Words>,
    location: Option<Words>,
    balance: Option<Amount>,
    source: Option<String>,
    connector_id: Option<String>,
    connector_type: Option<String>,
    metadata: Option<Box<RawValue>>,
    status: Option<TransactionStatus>,
}

/// Readable text: a string, a number as its digits, or lines of these.
struct Words(String);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        connectors::words(raw).map(Self).ok_or_else(|| serde::de::Error::custom("expected a string or a number"))
    }
}

/// The account of a push that names none.
const DEFAULT_ACCOUNT: &str = "default";
/// The connector of a push that names none.
const DEFAULT_CONNECTOR: &str = "custom";

/// The connection of a user that a push goes to. Pushes have separate connections, one for each that the sender names.
/// If the connection was itself pushed to the sender, it keeps its id.
fn pushed_connection(named: Option<&str>, user_id: &str) -> String {
    // Includes the length, so that different user ids never yield the same connection.
    let own = format!("pushed:{}:{user_id}", user_id.len());
    match named {
        Some(id) if id.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) => id.to_owned(),
        Some(id) => format!("{own}:{id}"),
        None => own,
    }
}

/// The account and connection of a transaction to delete, from the call's query.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PushedPlace {
    connector_id: Option<String>,
    connection_id: Option<String>,
    account_id: Option<String>,
}

impl PushedPlace {
    /// The key under which a push with this id is stored.
    pub(super) fn key(self, user_id: &str, transaction_id: String) -> TransactionKey {
        TransactionKey {
            connector_id: self.connector_id.unwrap_or_else(|| DEFAULT_CONNECTOR.to_owned()),
            connection_id: pushed_connection(self.connection_id.as_deref(), user_id),
            account_id: self.account_id.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            transaction_id,
        }
    }
}

impl Pushed {
    /// Reads a body.
    pub(super) fn read(body: &[u8], user_id: &str) -> Result<Self, ApiError> {
        let pushed: Self = serde_json::from_str(json_text(body)?).map_err(|error| bad(error.to_string()))?;
        let named = [
            ("transactionId", Some(&pushed.transaction_id)),
            ("accountId", pushed.account_id.as_ref()),
            ("connectorId", pushed.connector_id.as_ref()),
            ("connectorType", pushed.connector_type.as_ref()),
            ("source", pushed.source.as_ref()),
        ];
        for (what, id) in named.into_iter().filter_map(|(what, id)| Some((what, id?))) {
            ids::check(what, id)?;
        }
        if let Some(id) = &pushed.connection_id {
            // Includes the prefix, so that a chained server can pass it on.
            let room = LONGEST_CONNECTION + id.len() - pushed.connection_id(user_id).len();
            ids::check_up_to(room, "connectionId", id)?;
        }
        pushed.check_texts()?;
        Ok(pushed)
    }

    fn check_texts(&self) -> Result<(), ApiError> {
        let texts = [
            ("description", self.description.as_ref(), LONGEST_DESCRIPTION),
            ("secondaryType", self.secondary_type.as_ref(), LONGEST_TEXT),
            ("category", self.category.as_ref(), LONGEST_TEXT),
            ("merchant", self.merchant.as_ref(), LONGEST_TEXT),
            ("reference", self.reference.as_ref(), LONGEST_TEXT),
            ("location", self.location.as_ref(), LONGEST_TEXT),
        ];
        for (what, text, longest) in texts {
            if text.is_some_and(|Words(text)| text.chars().count() > longest) {
                return Err(bad(format!("{what} has more than {longest} characters")));
            }
        }
        match self.metadata.as_deref().map(RawValue::get) {
            Some(metadata) if !metadata.starts_with('{') || metadata.len() > LARGEST_METADATA => {
                Err(bad(format!("metadata is not an object of at most {LARGEST_METADATA} bytes")))
            }
            _ => Ok(()),
        }
    }

    /// The connection of the user that the transaction goes to.
    pub(super) fn connection_id(&self, user_id: &str) -> String {
        pushed_connection(self.connection_id.as_deref(), user_id)
    }

    /// The connector that the body names.
    pub(super) fn connector(&self) -> ConnectorRef {
        let text =
            |value: &Option<String>, default: &'static str| value.clone().map_or(Cow::Borrowed(default), Cow::Owned);
        ConnectorRef {
            id: text(&self.connector_id, DEFAULT_CONNECTOR),
            connector_type: text(&self.connector_type, "custom"),
            source: text(&self.source, "CUSTOM"),
            default_currency: Currency::USD,
        }
    }

    /// Converts the body into a transaction.
    pub(super) fn transaction(self) -> Result<NewTransaction, ApiError> {
        let (amount, primary_type) = self.direction()?;
        let date = self.dated()?;
        let currency = self.currency.as_ref().map_or(Ok(None), |Words(text)| connectors::currency(text));
        let metadata =
            self.metadata.map(|metadata| connectors::readable_json(&metadata).ok_or_else(nested)).transpose()?;
        let short = |words: Option<Words>| words.and_then(|Words(text)| connectors::readable(&text, LONGEST_TEXT));
        let (merchant, reference) = (short(self.merchant), short(self.reference));
        let (secondary_type, category_hint) = (short(self.secondary_type), short(self.category));
        let found = self.description.and_then(|Words(text)| connectors::readable(&text, LONGEST_DESCRIPTION));
        // A transaction always has a description.
        let named = [&merchant, &reference, &secondary_type, &category_hint].into_iter().flatten().next().cloned();
        let description = found.or(named).unwrap_or_else(|| kind(primary_type).to_owned());
        Ok(NewTransaction {
            transaction_id: self.transaction_id,
            predecessor: None,
            account_id: self.account_id.unwrap_or_else(|| DEFAULT_ACCOUNT.to_owned()),
            amount,
            currency: currency.map_err(|error| bad(format!("currency is {error}")))?,
            date,
            primary_type,
            secondary_type,
            description,
            original_description: None,
            merchant,
            reference,
            location: short(self.location),
            balance: self.balance,
            metadata,
            category_hint,
            tags: vec![],
            receipt_url: None,
            document_url: None,
            status: self.status,
        })
    }

    /// The signed amount and the type. `signedAmount` decides if it is set; otherwise `type` and `primaryType` do. An
    /// unknown type is never taken for money in.
    fn direction(&self) -> Result<(Amount, PrimaryType), ApiError> {
        let kind = word(self.kind.as_deref());
        let primary = word(self.primary_type.as_deref()).map(|word| word.parse::<PrimaryType>()).transpose();
        let primary = primary.map_err(|()| bad("primaryType is not expense, income or transfer"))?;
        let is_transfer = kind.as_deref() == Some("transfer");
        let by_kind = kind.as_deref().and_then(connectors::way);
        let by_primary = match primary {
            Some(PrimaryType::Expense) => Some(Way::Out),
            Some(PrimaryType::Income) => Some(Way::In),
            Some(PrimaryType::Transfer) | None => None,
        };
        let by_primary = by_primary.filter(|_| self.signed_amount.is_none());
        if by_kind.is_some() && by_primary.is_some() && by_kind != by_primary {
            return Err(bad("type and primaryType disagree"));
        }
        let way = by_kind.or(by_primary);
        let is_unknown = kind.is_some() && by_kind.is_none() && !is_transfer;
        let amount = match (self.signed_amount, way) {
            (Some(signed), _) => signed,
            (None, Some(Way::Out)) => -self.amount.abs(),
            (None, None) if is_unknown && !self.amount.is_negative() => {
                return Err(bad("type is not debit, credit or transfer"));
            }
            (None, _) => self.amount,
        };
        let is_contrary = match way {
            Some(Way::Out) => !amount.is_negative() && !amount.is_zero(),
            Some(Way::In) => amount.is_negative(),
            None => false,
        };
        if is_contrary {
            return Err(bad("the sign of the amount and its type disagree"));
        }
        let by_sign = if amount.is_negative() { PrimaryType::Expense } else { PrimaryType::Income };
        Ok((amount, primary.unwrap_or(if is_transfer { PrimaryType::Transfer } else { by_sign })))
    }

    /// When the transaction happened. Without a date, the time of arrival counts.
    fn dated(&self) -> Result<Dated, ApiError> {
        let Some(text) = self.date.as_deref().filter(|text| !text.trim().is_empty()) else { return Ok(Dated::Unknown) };
        let when = match self.date_precision {
            Some(DatePrecision::Day) => dates::read_day(text),
            _ => dates::read(text),
        };
        let when = when.ok_or_else(|| bad("date is not an RFC 3339 instant or a day (YYYY-MM-DD)"))?;
        match self.date_precision {
            Some(found) if found != when.precision => {
                Err(bad("date is a day, but datePrecision says that it is an instant"))
            }
            _ => Ok(Dated::At(when)),
        }
    }
}

/// The description of a transaction about which nothing else is known.
fn kind(primary_type: PrimaryType) -> &'static str {
    match primary_type {
        PrimaryType::Expense => "Money out",
        PrimaryType::Income => "Money in",
        PrimaryType::Transfer => "Transfer",
    }
}

/// A word, trimmed and in lower case; `None` if it is empty.
fn word(found: Option<&str>) -> Option<String> {
    found.map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty())
}

fn nested() -> ApiError {
    bad("metadata is nested too deeply")
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}
