//! The transaction as clients see it (the original service's `StandardTransaction`).
//!
//! Owns its fields and their names. Must not know where a transaction comes from or is stored.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::object::AsObject;
use crate::{Amount, Currency};

/// One transaction of one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Transaction {
    /// The provider's id that it was first reported under, unique within its account. It never changes.
    pub transaction_id: String,
    /// The provider's newest id of it, if different: a pending transaction often gets a new one when it is posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_transaction_id: Option<String>,
    /// The provider's id of the account.
    pub account_id: String,
    /// The user for whom its connection is registered.
    pub user_id: String,
    /// Its connection.
    pub connection_id: String,
    /// Negative is money out.
    pub amount: Amount,
    /// The account's currency.
    pub currency: Currency,
    /// RFC 3339, UTC. For a day, its midnight.
    pub date: String,
    /// Whether `date` is a day or an instant. Present in every transaction that was read, see [`DatePrecision::of`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_precision: Option<DatePrecision>,
    /// Money out, money in, or between a user's own accounts.
    pub primary_type: PrimaryType,
    /// The provider's finer class, for example `bank-fee`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary_type: Option<String>,
    /// Readable text; long digit runs show only their last four.
    pub description: String,
    /// The provider's text, if it differs (masked as well).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_description: Option<String>,
    /// Who was paid, or who paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The payment's reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The account's balance after it, if the provider reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Amount>,
    /// Other members of the provider's row: a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
    /// `BANK_API`, `CUSTOM`, `WEBHOOK`, `PAYMENT_API` …
    pub source: String,
    /// Its connector, for example `basiq`.
    pub connector_id: String,
    /// `bank`, `accounting`, `webhook` …
    pub connector_type: String,
    /// The provider's guess at a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_hint: Option<String>,
    /// Free labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A picture of the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
    /// The invoice, bill or statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_url: Option<String>,
    /// Whether the bank has booked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<TransactionStatus>,
    /// RFC 3339, UTC: when the server first stored it. Orders transactions with a day and no time
    /// ([`rank`](crate::rank::rank)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen_at: Option<String>,
    /// 1 when new, incremented with each change.
    pub revision: u32,
}

impl Serialize for Transaction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Transaction {
    /// As serde derives it, from objects only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut transaction = Self::deserialize(AsObject(deserializer))?;
        transaction.date_precision = Some(transaction.precision());
        Ok(transaction)
    }
}

impl PartialEq for Transaction {
    /// Field by field; `metadata` by its text.
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision && self.same_content(other)
    }
}

impl Transaction {
    /// Whether the two have the same content, whatever their revisions.
    pub fn same_content(&self, other: &Self) -> bool {
        // Destructured, so that a new field that is not compared does not compile.
        let Self {
            transaction_id,
            // A new id at the provider is not new content.
            provider_transaction_id: _,
            account_id,
            user_id,
            connection_id,
            amount,
            currency,
            date,
            date_precision: _,
            primary_type,
            secondary_type,
            description,
            original_description,
            merchant,
            reference,
            location,
            balance,
            metadata,
            source,
            connector_id,
            connector_type,
            category_hint,
            tags,
            receipt_url,
            document_url,
            status,
            // The time of first storage is not content.
            first_seen_at: _,
            revision: _,
        } = self;
        *transaction_id == other.transaction_id
            && *account_id == other.account_id
            && *user_id == other.user_id
            && *connection_id == other.connection_id
            && *amount == other.amount
            && *currency == other.currency
            && *date == other.date
            && self.precision() == other.precision()
            && *primary_type == other.primary_type
            && *secondary_type == other.secondary_type
            && *description == other.description
            && *original_description == other.original_description
            && *merchant == other.merchant
            && *reference == other.reference
            && *location == other.location
            && *balance == other.balance
            && metadata.as_deref().map(RawValue::get) == other.metadata.as_deref().map(RawValue::get)
            && *source == other.source
            && *connector_id == other.connector_id
            && *connector_type == other.connector_type
            && *category_hint == other.category_hint
            && *tags == other.tags
            && *receipt_url == other.receipt_url
            && *document_url == other.document_url
            && *status == other.status
    }

    /// Whether its date is a day or an instant.
    pub fn precision(&self) -> DatePrecision {
        self.date_precision.unwrap_or_else(|| DatePrecision::of(&self.date))
    }

    /// The key that is unique among a user's transactions: the connector, the connection, the account and the
    /// provider's id.
    pub fn key(&self) -> TransactionKey {
        TransactionKey {
            connector_id: self.connector_id.clone(),
            connection_id: self.connection_id.clone(),
            account_id: self.account_id.clone(),
            transaction_id: self.transaction_id.clone(),
        }
    }
}

/// The identity of a transaction: a provider's transaction id alone is unique only within an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionKey {
    /// The connector.
    pub connector_id: String,
    /// The connection.
    pub connection_id: String,
    /// The account.
    pub account_id: String,
    /// The provider's id.
    pub transaction_id: String,
}

/// Whether a date is a day, which is the same everywhere, or an instant, which each place shows in its local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePrecision {
    /// The time of day is unknown.
    Day,
    /// A moment.
    Instant,
}

impl DatePrecision {
    /// The precision of a date without one: midnight in UTC is a day. It was shown that way before the two were
    /// distinguished, and providers that write such a date usually mean the day.
    pub fn of(date: &str) -> Self {
        if date.get(10..) == Some("T00:00:00Z") { Self::Day } else { Self::Instant }
    }
}

/// The direction of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrimaryType {
    /// Money out.
    Expense,
    /// Money in.
    Income,
    /// Between a user's own accounts.
    Transfer,
}

impl PrimaryType {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expense => "expense",
            Self::Income => "income",
            Self::Transfer => "transfer",
        }
    }
}

impl std::str::FromStr for PrimaryType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "expense" => Ok(Self::Expense),
            "income" => Ok(Self::Income),
            "transfer" => Ok(Self::Transfer),
            _ => Err(()),
        }
    }
}

/// Whether the bank has booked a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransactionStatus {
    /// Announced; may change or vanish.
    Pending,
    /// Booked.
    Posted,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(date: &str, precision: &str) -> Transaction {
        serde_json::from_str(&format!(
            r#"{{"transactionId":"t","accountId":"a","userId":"u","connectionId":"c","amount":1,"currency":"AUD",
                "date":"{date}"{precision},"primaryType":"income","description":"d","source":"s","connectorId":"b",
                "connectorType":"bank","revision":1}}"#
        ))
        .expect("a transaction")
    }

    #[test]
    fn a_day_and_an_instant_at_midnight_are_told_apart_on_the_wire() {
        let day = read("2025-11-13T00:00:00Z", r#","datePrecision":"day""#);
        let instant = read("2025-11-13T00:00:00Z", r#","datePrecision":"instant""#);
        assert_eq!((day.precision(), instant.precision()), (DatePrecision::Day, DatePrecision::Instant));
        assert!(!day.same_content(&instant));
        let written = serde_json::to_string(&instant).expect("json");
        assert!(written.contains(r#""date":"2025-11-13T00:00:00Z","datePrecision":"instant""#), "{written}");
    }

    #[test]
    fn what_does_not_say_so_is_a_day_at_midnight_in_utc_and_says_so_from_then_on() {
        for (date, precision) in [
            ("2025-11-13T00:00:00Z", DatePrecision::Day),
            ("2025-11-13T00:00:01Z", DatePrecision::Instant),
            ("2025-11-13T00:00:00.001Z", DatePrecision::Instant),
            ("2025-11-13T10:00:00Z", DatePrecision::Instant),
        ] {
            assert_eq!(read(date, "").date_precision, Some(precision), "{date}");
        }
    }

    #[test]
    fn a_providers_newest_id_is_carried_and_is_no_other_content() {
        let first = read("2025-11-13T00:00:00Z", "");
        let renamed = read("2025-11-13T00:00:00Z", r#","providerTransactionId":"t2""#);
        assert_eq!(renamed.provider_transaction_id.as_deref(), Some("t2"));
        assert!(renamed.same_content(&first));
        assert!(serde_json::to_string(&renamed).expect("json").contains(r#""providerTransactionId":"t2""#));
        assert!(!serde_json::to_string(&first).expect("json").contains("providerTransactionId"));
    }

    #[test]
    fn a_transaction_is_read_from_an_object_alone() {
        assert!(serde_json::from_str::<Transaction>(r#"["t","a","u"]"#).is_err());
    }
}
