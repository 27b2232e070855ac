//! The core app's own call, so that this server can stand in for one, and anything can push.
//!
//! Owns what the body means as a transaction. Must not take the user from the body.

use std::borrow::Cow;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use connectors::change::NewTransaction;
use connectors::{Change, Headers, VerifiedDelivery};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use wire::api::ConnectionRequest;
use wire::transaction::TransactionKey;
use wire::{Amount, Currency, ErrorCode, PrimaryType, Transaction, TransactionStatus};

use super::error::ApiError;
use crate::auth::extract::Service;
use crate::clock;
use crate::state::AppState;
use crate::store::{Changed, ConnectorRef, Content, NewDelivery, Recorded};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pushed {
    transaction_id: String,
    description: String,
    amount: Amount,
    signed_amount: Option<Amount>,
    account_id: Option<String>,
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

#[derive(Serialize)]
struct Answer {
    success: bool,
    transaction: Transaction,
}

/// `POST /api/bank/transactions`, with `x-user-id` and `Idempotency-Key`.
pub(super) async fn receive(
    State(state): State<AppState>,
    _: Service,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Result<Response, ApiError> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let user_id = header("x-user-id").filter(|id| !id.is_empty() && id.len() <= 200);
    let user_id = user_id.ok_or_else(|| bad("The header x-user-id is missing"))?.to_owned();
    let pushed: Pushed = serde_json::from_slice(&body).map_err(|error| bad(error.to_string()))?;
    let connector = connector(&pushed);
    // A user's pushed transactions are a connection of their own for each connector.
    let connection_id = format!("pushed:{user_id}");
    let key = match header("idempotency-key") {
        Some(key) => format!("idempotency:{user_id}:{key}"),
        None => format!("pushed:{user_id}:{}", hex::encode(Sha256::digest(&body))),
    };
    let new = transaction(pushed)?;
    let place = TransactionKey {
        connector_id: connector.id.to_string(),
        connection_id: connection_id.clone(),
        account_id: new.account_id.clone(),
        transaction_id: new.transaction_id.clone(),
    };
    let request = ConnectionRequest { user_id: user_id.clone(), ..ConnectionRequest::default() };
    state.store.put_connection(connector.clone(), connection_id.clone(), request, state.now()).await?;
    let content = Content::Changes { connection_id, changes: vec![Change::Transaction(Box::new(new))] };
    let delivery = VerifiedDelivery::from_store(Headers::default(), body.to_vec(), key);
    let new = NewDelivery { connector, delivery, content, arrived: Instant::now() };
    let recorded = state.store.record_delivery(new, state.now()).await?;
    let transaction = state.store.transaction(user_id, place).await?;
    let is_new = matches!(recorded, Recorded::Applied(Changed { new: 1.., .. })) && transaction.revision == 1;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Answer { success: true, transaction })).into_response())
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

fn connector(pushed: &Pushed) -> ConnectorRef {
    let text = |value: &Option<String>, default: &'static str| {
        value.clone().filter(|text| !text.is_empty() && text.len() <= 100).map_or(Cow::Borrowed(default), Cow::Owned)
    };
    ConnectorRef {
        id: text(&pushed.connector_id, "custom"),
        connector_type: text(&pushed.connector_type, "custom"),
        source: text(&pushed.source, "CUSTOM"),
        default_currency: Currency::USD,
    }
}

fn transaction(pushed: Pushed) -> Result<NewTransaction, ApiError> {
    let is_id = |id: &str| !id.is_empty() && id.len() <= 200;
    let account_id = pushed.account_id.unwrap_or_else(|| "default".to_owned());
    if !is_id(&pushed.transaction_id) || !is_id(&account_id) {
        return Err(bad("transactionId and accountId have between 1 and 200 bytes"));
    }
    let millis = wire::time::unix_millis(&pushed.date).ok_or_else(|| bad("date is not an RFC 3339 instant"))?;
    let amount = pushed.signed_amount.unwrap_or(match pushed.kind.as_deref() {
        Some("debit") => -pushed.amount.abs(),
        Some("credit") => pushed.amount.abs(),
        _ => pushed.amount,
    });
    let by_sign = if amount.is_negative() { PrimaryType::Expense } else { PrimaryType::Income };
    Ok(NewTransaction {
        transaction_id: pushed.transaction_id,
        account_id,
        amount,
        currency: pushed.currency,
        date: clock::rfc3339_of_millis(millis),
        primary_type: pushed.primary_type.unwrap_or(by_sign),
        secondary_type: pushed.secondary_type,
        description: connectors::masked(&pushed.description),
        original_description: None,
        merchant: pushed.merchant,
        reference: pushed.reference,
        location: pushed.location,
        balance: pushed.balance,
        metadata: pushed.metadata,
        category_hint: pushed.category,
        tags: vec![],
        receipt_url: None,
        document_url: None,
        status: pushed.status,
    })
}
