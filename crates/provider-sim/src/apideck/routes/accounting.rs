//! `/accounting/…`.
//!
//! Owns pages of records and accounts. Must not know their members.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::{Extension, Json};

use super::access::ForService;
use super::query::{ListQuery, cursor};
use crate::apideck::answers::{Cursors, List, One, UnifiedAccount, UnifiedRecord};
use crate::apideck::app::App;
use crate::apideck::books::BooksConnection;
use crate::apideck::error::ApiError;
use crate::apideck::record::{Record, RecordKind};

const ACCOUNTS: &str = "ledger-accounts";

/// An answer with the service's remaining budget.
type Answer<T> = Result<(HeaderMap, Json<T>), ApiError>;

/// A page of a resource's records in the order in which they were entered.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    call: ForService,
    Extension(kind): Extension<RecordKind>,
    uri: Uri,
) -> Answer<List<UnifiedRecord>> {
    let resource = kind.resource();
    let query = ListQuery::read(&uri, resource)?;
    app.with(|state, _| {
        let connection = state.books.connection(&call.connection).map_err(|_| ApiError::NO_CONNECTION)?;
        let records = connection.records_of(kind);
        let mut chosen: Vec<_> = records.into_iter().filter(|record| query.takes(record, kind)).collect();
        let is_last = chosen.len() <= query.limit;
        chosen.truncate(query.limit);
        let next = chosen.last().filter(|_| !is_last).map(|record| cursor(resource, record.serial));
        let cursors = Cursors { previous: None, current: query.cursor.clone(), next };
        let data = chosen.into_iter().filter_map(|record| unified(connection, record)).collect();
        let itself = format!("{}/accounting/{resource}", app.options.links);
        Ok((call.budget, Json(List::new(&call.service, resource, data, cursors, &itself))))
    })
}

/// A record.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    call: ForService,
    Extension(kind): Extension<RecordKind>,
    Path(id): Path<String>,
) -> Answer<One<UnifiedRecord>> {
    app.with(|state, _| {
        let connection = state.books.connection(&call.connection).map_err(|_| ApiError::NO_CONNECTION)?;
        let record = connection.records.get(&id).filter(|record| record.kind == kind);
        let record = record.and_then(|record| unified(connection, record)).ok_or(ApiError::NOT_FOUND)?;
        Ok((call.budget, Json(One::new(&call.service, kind.resource(), record))))
    })
}

/// The accounts of a connection's ledger, on one page.
pub(super) async fn accounts(State(app): State<Arc<App>>, call: ForService, uri: Uri) -> Answer<List<UnifiedAccount>> {
    let query = ListQuery::read(&uri, ACCOUNTS)?;
    app.with(|state, _| {
        let connection = state.books.connection(&call.connection).map_err(|_| ApiError::NO_CONNECTION)?;
        let accounts = connection.accounts.iter();
        let data = accounts.map(|account| UnifiedAccount::new(account, connection.balance(account))).collect();
        let cursors = Cursors { previous: None, current: query.cursor, next: None };
        let itself = format!("{}/accounting/{ACCOUNTS}", app.options.links);
        Ok((call.budget, Json(List::new(&call.service, ACCOUNTS, data, cursors, &itself))))
    })
}

/// An account of a connection's ledger.
pub(super) async fn account(
    State(app): State<Arc<App>>,
    call: ForService,
    Path(id): Path<String>,
) -> Answer<One<UnifiedAccount>> {
    app.with(|state, _| {
        let connection = state.books.connection(&call.connection).map_err(|_| ApiError::NO_CONNECTION)?;
        let account = connection.accounts.iter().find(|account| account.id == id).ok_or(ApiError::NOT_FOUND)?;
        let data = UnifiedAccount::new(account, connection.balance(account));
        Ok((call.budget, Json(One::new(&call.service, ACCOUNTS, data))))
    })
}

fn unified(connection: &BooksConnection, record: &Record) -> Option<UnifiedRecord> {
    let account = connection.accounts.iter().find(|account| account.id == record.account)?;
    Some(UnifiedRecord::new(record, account))
}
