//! A client that reconnects with `since` whenever it is cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Socket, user_token};

/// How long a reader waits for an event before it checks whether it is done.
const QUIET: Duration = Duration::from_millis(300);

/// Reads a user's events until none is left after `stop`; returns how many. Each must have the next number.
pub(super) async fn read(address: String, user_id: String, stop: Arc<AtomicBool>) -> u64 {
    let mut last = 0_u64;
    loop {
        let auth = json!({ "token": user_token(&user_id), "since": last });
        let Some(mut socket) = Socket::try_connect(&address, &auth).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        loop {
            match tokio::time::timeout(QUIET, socket.next_event()).await {
                Ok(Some((name, _))) if name == "authenticated" => {}
                // Its token is invalid while the server's clock is wrong.
                Ok(Some((name, _))) if name == "error" => break,
                Ok(Some((name, payload))) => take(&mut last, &name, &payload, &user_id),
                Ok(None) => break,
                Err(_) if stop.load(Ordering::SeqCst) => break,
                Err(_) => {}
            }
        }
        if stop.load(Ordering::SeqCst) && newest(&address, &user_id).await == Some(last) {
            return last;
        }
    }
}

fn take(last: &mut u64, name: &str, payload: &Value, user_id: &str) {
    assert_eq!(payload["seq"].as_u64(), Some(*last + 1), "{user_id} after {last}: {name} {payload}");
    *last += 1;
}

/// The newest number, from the answer to a new sign-in.
async fn newest(address: &str, user_id: &str) -> Option<u64> {
    let mut socket = Socket::try_connect(address, &json!({ "token": user_token(user_id) })).await?;
    let (name, payload) = socket.next_event().await?;
    (name == "authenticated").then(|| payload["seq"].as_u64())?
}
