//! A user's own data.
//!
//! Owns the calls that read it. Must not take the user from anything other than the caller's credentials.

use axum::Json;
use axum::extract::State;
use wire::api::{AccountsPage, Summary, TransactionQuery, TransactionsPage};

use super::error::ApiError;
use crate::http::extract::{CurrentUser, QueryString};
use crate::state::AppState;

/// `GET /api/transactions`
pub(super) async fn transactions(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    QueryString(query): QueryString<TransactionQuery>,
) -> Result<Json<TransactionsPage>, ApiError> {
    Ok(Json(state.store.transactions(user.user_id, query).await?))
}

/// `GET /api/accounts`
pub(super) async fn accounts(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
) -> Result<Json<AccountsPage>, ApiError> {
    let accounts = state.store.accounts(user.user_id).await?;
    Ok(Json(AccountsPage { success: true, accounts }))
}

/// `GET /api/summary`
pub(super) async fn summary(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
) -> Result<Json<Summary>, ApiError> {
    Ok(Json(state.store.summary(user.user_id, state.now()).await?))
}
