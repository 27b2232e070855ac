//! The users and their connections.
//!
//! Owns their names, tokens and registration. Must not send a webhook or open a socket.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use serde::{Deserialize, Serialize};

use crate::http::Link;
use crate::server::Server;

pub(crate) const JWT_SECRET: &str = "a-secret-that-only-signs-a-benchmark";
pub(crate) const SERVICE_SECRET: &str = "a-service-that-only-runs-a-benchmark";

/// The institution of every connection.
pub(crate) const INSTITUTION: &str = "Bank of the Benchmark";

/// How long a token is valid: longer than any run.
const TOKEN_LIFETIME: Duration = Duration::from_secs(48 * 3600);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    user_id: &'a str,
    exp: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    transactions: Vec<serde::de::IgnoredAny>,
    next_cursor: Option<String>,
}

/// The name of a user.
pub(crate) fn user(index: usize) -> String {
    format!("user-{index:05}")
}

/// The name of a user's connection: each user has one.
pub(crate) fn connection(index: usize) -> String {
    format!("connection-{index:05}")
}

/// One of the first `count` users, scattered: neighbours in a table are not written one after the other.
pub(crate) fn any_user(index: usize, count: usize) -> usize {
    usize::try_from(scrambled(index as u64) % count as u64).unwrap_or_default()
}

/// The finaliser of SplitMix64: a different number for each, scattered.
pub(crate) fn scrambled(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A token of a user.
pub(crate) fn token(index: usize) -> anyhow::Result<String> {
    let exp = (SystemTime::now() + TOKEN_LIFETIME).duration_since(UNIX_EPOCH)?.as_secs();
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    Ok(jsonwebtoken::encode(&Header::default(), &Claims { user_id: &user(index), exp }, &key)?)
}

/// Registers the connections of the first `count` users.
pub(crate) async fn register(server: &Server, count: usize) -> anyhow::Result<()> {
    let mut link = Link::open(server.address).await?;
    for index in 0..count {
        let body = format!(r#"{{"userId":"{}","institutionName":"{INSTITUTION}"}}"#, user(index));
        let request = format!(
            "PUT /api/connectors/basiq/connections/{} HTTP/1.1\r\nhost: {}\r\nx-service-secret: {SERVICE_SECRET}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            connection(index),
            server.address,
            body.len()
        );
        let status = link.call(request.as_bytes()).await?;
        anyhow::ensure!(status == 201, "a connection was not registered: {status}");
    }
    Ok(())
}

/// How many transactions the API returns for the first `count` users.
pub(crate) async fn stored_transactions(server: &Server, count: usize) -> anyhow::Result<usize> {
    let mut link = Link::open(server.address).await?;
    let mut stored = 0;
    for index in 0..count {
        let token = token(index)?;
        let mut cursor = String::new();
        loop {
            let request = format!(
                "GET /api/transactions?limit=500{cursor} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\r\n",
                server.address
            );
            let status = link.call(request.as_bytes()).await?;
            anyhow::ensure!(status == 200, "transactions were not given: {status}");
            let page: Page = serde_json::from_slice(link.body())?;
            stored += page.transactions.len();
            match page.next_cursor {
                Some(next) => cursor = format!("&before={next}"),
                None => break,
            }
        }
    }
    Ok(stored)
}
