//! A client's cursor: `since` in a sign-in's payload, and the query of `GET /api/transactions` with `before`. An input
//! that is JSON is the former, any other the latter.
//!
//! Owns reading `since` a second time, and checking that the pages of any query make up the whole. Starts no server:
//! the query is decoded as axum does it, and run against a store with a few transactions of two people.

#![no_main]

use std::collections::BTreeMap;

use axum::extract::Query;
use connectors::{Headers, Meaning, Registry, Settings, StoredDelivery};
use http::Uri;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;
use server::socketio::Credentials;
use server::store::sqlite::SqliteStore;
use server::store::{Connections as _, ConnectorRef, Content, Deliveries as _, Error, NewDelivery, Queries as _};
use server::telemetry::spans::Arrival;
use tokio::runtime::{Builder, Runtime};
use wire::api::{ConnectionRequest, TransactionQuery, TransactionsPage};
use wire::transaction::TransactionKey;

const USER: &str = "ada";
/// How many transactions the user has; their days and accounts repeat.
const TRANSACTIONS: usize = 12;

thread_local! {
    /// Dropped with its folder when the thread ends.
    static STORE: (Runtime, SqliteStore) = filled();
}

fuzz_target!(|text: &str| {
    match serde_json::from_str::<Value>(text) {
        Ok(payload) => sign_in(text, &payload),
        Err(_) => pages(text),
    }
});

fn sign_in(text: &str, payload: &Value) {
    let read = Credentials::read(payload);
    assert!(read.user_id.as_deref() != Some("") && read.token.as_deref() != Some(""));
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let (seq, epoch) = read.since.map(|since| (since.seq, since.epoch)).unzip();
    assert_eq!(seq, members.get("since").and_then(|since| number(since.get())));
    let named = members.get("epoch").filter(|epoch| epoch.get() != "null" && seq.is_some());
    let named = named.map(|epoch| serde_json::from_str::<String>(epoch.get()).unwrap_or_default());
    assert_eq!(epoch.flatten(), named);
    let token = members.get("token").and_then(|token| serde_json::from_str::<String>(token.get()).ok());
    assert_eq!(read.token, token.filter(|token| !token.is_empty()));
}

/// A number from 0 on, or a text that is one; `None` for `null`, and for anything else a number beyond any log.
fn number(json: &str) -> Option<u64> {
    let text = serde_json::from_str::<String>(json);
    let digits = text.as_ref().map_or(json, |text| text.strip_prefix('+').unwrap_or(text));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let add = |sum: u64, byte: u8| sum.checked_mul(10)?.checked_add(u64::from(byte - b'0'));
    let number = is_number.then(|| digits.bytes().try_fold(0, add)).flatten();
    (json != "null").then(|| number.unwrap_or(u64::MAX))
}

fn pages(text: &str) {
    let Ok(uri) = format!("/api/transactions?{text}").parse::<Uri>() else { return };
    let Ok(Query(query)) = Query::<TransactionQuery>::try_from_uri(&uri) else { return };
    let Some(first) = ask(&query) else { return };
    let whole = ask(&TransactionQuery { limit: Some(500), ..query.clone() }).expect("it was answered before");
    assert!(whole.transactions.len() <= TRANSACTIONS && whole.next_cursor.is_none());
    for transaction in &whole.transactions {
        assert_eq!(transaction.user_id, USER);
        assert!(query.account.as_ref().is_none_or(|account| *account == transaction.account_id));
        assert!(query.connector.as_ref().is_none_or(|connector| *connector == transaction.connector_id));
    }
    assert!(query.since.is_some() || whole.transactions.is_sorted_by(|newer, older| newer.date >= older.date));
    let limit = query.limit.unwrap_or(50) as usize;
    let mut seen = keys(&first);
    let mut next = first.next_cursor;
    while let Some(before) = next {
        let page = ask(&TransactionQuery { before: Some(before), ..query.clone() }).expect("a page's own cursor");
        assert!((1..=limit).contains(&page.transactions.len()));
        seen.extend(keys(&page));
        next = page.next_cursor;
    }
    assert_eq!(seen, keys(&whole));
}

fn keys(page: &TransactionsPage) -> Vec<TransactionKey> {
    page.transactions.iter().map(|transaction| transaction.key()).collect()
}

/// `None` if the query is invalid, which is the only permitted error.
fn ask(query: &TransactionQuery) -> Option<TransactionsPage> {
    STORE.with(|(runtime, store)| match runtime.block_on(store.transactions(USER.to_owned(), query.clone())) {
        Ok(page) => Some(page),
        Err(Error::Invalid(_)) => None,
        Err(error) => panic!("{query:?} is answered with {error}"),
    })
}

fn filled() -> (Runtime, SqliteStore) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let store = SqliteStore::open_temporary(Box::new(drop)).expect("a store");
    runtime.block_on(async {
        for (user, connector, connection) in [(USER, "basiq", "c1"), (USER, "apideck", "c2"), ("bob", "basiq", "c3")] {
            fill(&store, user, connector, connection).await;
        }
    });
    (runtime, store)
}

async fn fill(store: &SqliteStore, user: &str, connector: &str, connection: &str) {
    let now = Timestamp::from_second(1_714_391_300).expect("a time");
    let registry = Registry::new(&Settings::default());
    let connector = registry.get(connector).expect("a connector");
    let known = ConnectorRef::from(connector.description());
    let request = ConnectionRequest { user_id: user.to_owned(), ..ConnectionRequest::default() };
    store.put_connection(known.clone(), connection.to_owned(), request, now).await.expect("registered");
    for number in 0..TRANSACTIONS / 2 {
        let (account, day) = (number % 2, 27 + number / 3);
        let body = format!(
            r#"{{"event":"transaction.created","connectionId":"{connection}","data":{{"transaction":{{"id":"t{number}",
            "accountId":"a{account}","amount":"-{number}.50","date":"2024-04-{day}","description":"Café {number}"}}}}}}"#
        );
        let delivery = StoredDelivery::new(Headers::default(), body.into_bytes(), format!("{connection}-{number}"));
        let Ok(Meaning::Changes { connection_id, changes, .. }) = connector.understand(delivery.authentic()) else {
            panic!("changes")
        };
        let content = Content::Changes { connection_id, changes, rejected: vec![] };
        let new = NewDelivery {
            connector: known.clone(),
            delivery: delivery.into(),
            content,
            register: None,
            arrived: Arrival::now(),
        };
        store.record_delivery(new, now).await.expect("stored");
    }
}
