//! Requests and answers of the HTTP API.
//!
//! Owns the shapes of the contract's section 2. Must not know how they are transported.

use serde::{Deserialize, Serialize};

use crate::object::json_objects;
use crate::{Amount, Currency, SyncError, Transaction};

json_objects!(Connection, Account, TransactionsPage, CurrencySummary, Summary, Snapshot);

/// A link between a user and an institution at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Connection {
    /// The connector, for example `basiq`.
    pub connector_id: String,
    /// The provider's id of the connection.
    pub connection_id: String,
    /// The user.
    pub user_id: String,
    /// The provider's id of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_user_id: Option<String>,
    /// The bank's or book-keeping service's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// `active`, `pending`, `invalid`, `revoked` or `deleted`.
    pub status: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC: the newest event of its transactions or its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_at: Option<String>,
    /// RFC 3339, UTC: the end of the last complete run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<String>,
    /// RFC 3339, UTC: the time of the next sync run. In the past, the run is in progress, or about to begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_sync_at: Option<String>,
    /// Why the last run failed; `None` once a run was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<SyncError>,
    /// The items of the last complete run that were not understood, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
    /// Whether it can be synced.
    #[serde(default)]
    pub can_sync: bool,
}

/// Body of `PUT /api/connectors/{connector}/connections/{connectionId}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionRequest {
    /// The user.
    pub user_id: String,
    /// The provider's id of the user.
    #[serde(default)]
    pub external_user_id: Option<String>,
    /// The credentials for its provider, by names that its connector defines (`accessToken` …). Write-only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<std::collections::BTreeMap<String, String>>,
    /// The bank's name.
    #[serde(default)]
    pub institution_name: Option<String>,
    /// The accounts that are already known.
    #[serde(default)]
    pub accounts: Vec<AccountRequest>,
    /// The status; `active` by default.
    #[serde(default)]
    pub status: Option<String>,
}

/// An account in a [`ConnectionRequest`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountRequest {
    /// The provider's id.
    #[serde(alias = "id")]
    pub account_id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The account number; only its last four digits are kept.
    #[serde(default)]
    pub account_number: Option<String>,
    /// `transaction`, `savings`, `credit-card` …
    #[serde(default)]
    pub kind: Option<String>,
    /// Its currency.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The booked balance.
    #[serde(default)]
    pub balance: Option<Amount>,
    /// The available balance.
    #[serde(default)]
    pub available: Option<Amount>,
}

/// An account as clients see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Account {
    /// The provider's id.
    pub account_id: String,
    /// The connector.
    pub connector_id: String,
    /// The connection.
    pub connection_id: String,
    /// Its name.
    pub name: String,
    /// The bank's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
    /// The last four digits of its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_digits: Option<String>,
    /// `transaction`, `savings`, `credit-card` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its currency.
    pub currency: Currency,
    /// The booked balance, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Amount>,
    /// The available balance, if the provider reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Amount>,
    /// RFC 3339, UTC: when the balance was last reported.
    pub updated_at: String,
}

/// Answer of `GET /api/accounts`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountsPage {
    /// Always `true`.
    pub success: bool,
    /// The user's accounts.
    pub accounts: Vec<Account>,
}

/// Answer of `GET /api/transactions`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct TransactionsPage {
    /// Always `true`.
    pub success: bool,
    /// Newest first; with `since`, in the order in which they changed.
    pub transactions: Vec<Transaction>,
    /// The `before` of the next page, whose transactions are older, or with `since` changed later; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Totals of one currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct CurrencySummary {
    /// The currency.
    pub currency: Currency,
    /// The sum of the known booked balances.
    pub balance: Amount,
    /// Money in since `Summary::from`; not negative.
    pub income: Amount,
    /// Money out since `Summary::from`; not positive.
    pub expenses: Amount,
    /// How many accounts there are.
    pub accounts: u32,
    /// How many of them have no known balance, and so are missing from `balance`.
    #[serde(default)]
    pub unknown_balances: u32,
}

/// Answer of `GET /api/summary`: totals for each currency; transfers between a user's own accounts are neither income
/// nor expenses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Summary {
    /// Always `true`.
    pub success: bool,
    /// RFC 3339, UTC: the start of the period, the first of the month.
    pub from: String,
    /// One for each currency, in the order of their codes.
    pub currencies: Vec<CurrencySummary>,
    /// The user's newest event number.
    pub seq: u64,
    /// The epoch that `seq` belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
}

/// The data of the dashboard when it opens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Snapshot {
    /// The user.
    pub user_id: String,
    /// The name to greet the user with.
    pub display_name: String,
    /// The user's newest event number that the snapshot includes.
    pub seq: u64,
    /// The epoch that `seq` belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The user's accounts.
    pub accounts: Vec<Account>,
    /// The newest transactions.
    pub transactions: Vec<Transaction>,
    /// For the next older page.
    pub next_cursor: Option<String>,
    /// Totals for each currency.
    pub summary: Summary,
}

/// A connector in `GET /api/connectors`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorStatus {
    /// Its name in addresses.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// `bank`, `accounting` …
    pub connector_type: String,
    /// Whether the settings for its webhooks are complete.
    pub configured: bool,
    /// Where the provider should send its webhooks.
    pub webhook_path: String,
    /// Its capabilities: `webhooks`, `balances` …
    pub capabilities: Vec<String>,
    /// The call to which a user's page posts for the URL of the provider's consent page
    /// (`/api/connectors/basiq/consent`); `None` if no bank can be connected, or a setting for it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_path: Option<String>,
}

/// Body of the calls that begin to connect a bank; optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectRequest {
    /// The caller's own connection to authorise again; `None` for a new one.
    #[serde(default)]
    pub connection_id: Option<String>,
    /// The user's e-mail address, for providers that require one.
    #[serde(default)]
    pub email: Option<String>,
}

/// The answer to those calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectAnswer {
    /// Always `true`.
    pub success: bool,
    /// The URL of the provider's consent page. It contains a token: it is for this user alone.
    pub url: String,
    /// For the provider's own script, if the page uses that instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_token: Option<String>,
}

/// The answer to an accepted webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAnswer {
    /// Always `true`.
    pub success: bool,
    /// The delivery was seen before; nothing was done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub duplicate: bool,
    /// The delivery is authentic, but it cannot be placed or understood yet; it is kept.
    #[serde(default, skip_serializing_if = "is_false")]
    pub kept: bool,
    /// With `kept`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many transactions were new or had changed.
    #[serde(default)]
    pub processed: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The requested transactions: the query of `GET /api/transactions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TransactionQuery {
    /// Only transactions that changed after this event number, in the order of the changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The `nextCursor` of a page, for the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The size of a page, up to 500; 50 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only transactions of this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only transactions through this connector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
    /// Only transactions with this text in the description, merchant or reference, ignoring case and accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// From this day or instant on (RFC 3339, or `YYYY-MM-DD`). A transaction that is dated by a day is compared with
    /// the day that an instant names in its own offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Up to this instant, or to the end of this day (RFC 3339, or `YYYY-MM-DD`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// `expense`, `income` or `transfer`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub primary_type: Option<String>,
}
