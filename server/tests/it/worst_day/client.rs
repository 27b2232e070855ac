//! A user's Socket.IO client, which reconnects with `since` whenever it is cut off.
//!
//! Owns the events that it received: each once and in order, and the list that they produce.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{Socket, user_token};

/// How long the client waits for an event before it checks whether it is done.
const QUIET: Duration = Duration::from_millis(300);

/// What a client has received.
#[derive(Default)]
pub(super) struct Heard {
    last: u64,
    /// Its list, by the transactions' ids.
    pub(super) list: BTreeMap<String, Value>,
    /// The ids that were announced as new, in order.
    pub(super) announced: Vec<String>,
    /// Every event of a transaction, for debugging.
    pub(super) history: Vec<String>,
    /// How many runs have ended.
    pub(super) runs: u64,
    /// How often it has signed in.
    pub(super) sign_ins: u64,
}

/// Starts listening; ends when no event is left after `stop`.
pub(super) fn listen(address: String, user_id: &'static str, stop: Arc<AtomicBool>) -> JoinHandle<Heard> {
    tokio::spawn(async move {
        let mut heard = Heard::default();
        loop {
            let auth = json!({ "token": user_token(user_id), "since": heard.last });
            let Some(mut socket) = Socket::try_connect(&address, &auth).await else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let mut newest = None;
            loop {
                match tokio::time::timeout(QUIET, socket.next_event()).await {
                    Ok(Some((name, payload))) if name == "authenticated" => {
                        heard.sign_ins += 1;
                        newest = payload["seq"].as_u64();
                    }
                    Ok(Some((name, payload))) => heard.take(&name, &payload),
                    Ok(None) => break,
                    Err(_) if stop.load(Ordering::SeqCst) => break,
                    Err(_) => {}
                }
            }
            // A sign-in after the end returns the newest number.
            if stop.load(Ordering::SeqCst) && newest == Some(heard.last) {
                return heard;
            }
        }
    })
}

impl Heard {
    fn take(&mut self, name: &str, payload: &Value) {
        assert_eq!(payload["seq"].as_u64(), Some(self.last + 1), "after {}: {name} {payload}", self.last);
        self.last += 1;
        let transaction = &payload["transaction"];
        let id = |value: &Value| value["transactionId"].as_str().unwrap_or_default().to_owned();
        if name.starts_with("transaction:") {
            let of = if transaction.is_null() { payload } else { transaction };
            let told = ["transactionId", "providerTransactionId", "amount", "status", "date", "description"];
            let told: Vec<String> = told.iter().map(|name| of[*name].to_string()).collect();
            self.history.push(format!("{} {name} {}", self.last, told.join(" ")));
        }
        match name {
            "transaction:new" => {
                self.announced.push(id(transaction));
                let before = self.list.insert(id(transaction), transaction.clone());
                assert!(before.is_none(), "new for the second time: {payload}");
            }
            "transaction:updated" => {
                let before = self.list.insert(id(transaction), transaction.clone());
                assert!(before.is_some(), "an update of what was never new: {payload}");
            }
            "transaction:deleted" => assert!(self.list.remove(&id(payload)).is_some(), "{payload}"),
            "sync:complete" => self.runs += 1,
            _ => {}
        }
    }
}
