//! A transaction that somebody pushes: the body of `POST /api/bank/transactions`.
//!
//! Owns what it means and how long its texts may be. Must not take the user from it, nor store it.

use std::borrow::Cow;

use connectors::When;
use connectors::change::{Dated, NewTransaction};
use serde::Deserialize;
use serde_json::value::RawValue;
use wire::{Amount, Currency, ErrorCode, PrimaryType, TransactionStatus};

use super::error::ApiError;
use super::ids;
use crate::store::ConnectorRef;

/// The longest description, and the longest of the other texts, in characters.
const LONGEST_DESCRIPTION: usize = 1000;
const LONGEST_TEXT: usize = 200;
/// The longest connection: one that was pushed to the sender has a user and a connection in its name.
const LONGEST_CONNECTION: usize = 500;
/// The largest metadata, in bytes.
const LARGEST_METADATA: usize = 8 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pushed {
    transaction_id: String,
    description: String,
    amount: Amount,
    signed_amount: Option<Amount>,
    account_id: Option<String>,
    connection_id: Option<String>,
    date: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    primary_type: Option<PrimaryType>,
    secondary_type: Option<String>,
    category: Option<String>,
    merchant: Option<String>,
    reference: Option<String>,
    currency: Option<Currency>,
    location: Option<String>,
    balance: Option<Amount>,
    source: Option<String>,
    connector_id: Option<String>,
    connector_type: Option<String>,
    metadata: Option<Box<RawValue>>,
    status: Option<TransactionStatus>,
}

impl Pushed {
    /// Reads a body.
    pub(super) fn read(body: &[u8], user_id: &str) -> Result<Self, ApiError> {
        let pushed: Self = serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
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
            // With what is put before it, so that it can be passed on.
            let room = LONGEST_CONNECTION + id.len() - pushed.connection_id(user_id).len();
            ids::check_up_to(room, "connectionId", id)?;
        }
        pushed.check_texts()?;
        Ok(pushed)
    }

    fn check_texts(&self) -> Result<(), ApiError> {
        let texts = [
            ("description", Some(&self.description), LONGEST_DESCRIPTION),
            ("secondaryType", self.secondary_type.as_ref(), LONGEST_TEXT),
            ("category", self.category.as_ref(), LONGEST_TEXT),
            ("merchant", self.merchant.as_ref(), LONGEST_TEXT),
            ("reference", self.reference.as_ref(), LONGEST_TEXT),
            ("location", self.location.as_ref(), LONGEST_TEXT),
        ];
        for (what, text, longest) in texts {
            if text.is_some_and(|text| text.chars().count() > longest) {
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

    /// Which connection of the user it goes to: what is pushed has its own, one for each that the sender
    /// names. One that was pushed to the sender as well keeps its name.
    pub(super) fn connection_id(&self, user_id: &str) -> String {
        // With the length, so that no two users' names can be the same with what follows.
        let own = format!("pushed:{}:{user_id}", user_id.len());
        match &self.connection_id {
            Some(id) if id.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')) => {
                id.clone()
            }
            Some(id) => format!("{own}:{id}"),
            None => own,
        }
    }

    /// The connector that it says it came through.
    pub(super) fn connector(&self) -> ConnectorRef {
        let text =
            |value: &Option<String>, default: &'static str| value.clone().map_or(Cow::Borrowed(default), Cow::Owned);
        ConnectorRef {
            id: text(&self.connector_id, "custom"),
            connector_type: text(&self.connector_type, "custom"),
            source: text(&self.source, "CUSTOM"),
            default_currency: Currency::USD,
        }
    }

    /// The transaction.
    pub(super) fn transaction(self) -> Result<NewTransaction, ApiError> {
        let date = When::read(&self.date).ok_or_else(|| bad("date is not an RFC 3339 instant"))?;
        let amount = self.signed_amount.unwrap_or(match self.kind.as_deref() {
            Some("debit") => -self.amount.abs(),
            Some("credit") => self.amount.abs(),
            _ => self.amount,
        });
        let by_sign = if amount.is_negative() { PrimaryType::Expense } else { PrimaryType::Income };
        Ok(NewTransaction {
            transaction_id: self.transaction_id,
            account_id: self.account_id.unwrap_or_else(|| "default".to_owned()),
            amount,
            currency: self.currency,
            date: Dated::At(date),
            primary_type: self.primary_type.unwrap_or(by_sign),
            secondary_type: self.secondary_type,
            description: connectors::masked(&self.description),
            original_description: None,
            merchant: self.merchant,
            reference: self.reference,
            location: self.location,
            balance: self.balance,
            metadata: self.metadata,
            category_hint: self.category,
            tags: vec![],
            receipt_url: None,
            document_url: None,
            status: self.status,
        })
    }
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}
