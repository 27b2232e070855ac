//! Signed webhooks, ready to send.
//!
//! Owns the body and the request around it. Must not send it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use connectors::{Provider, Registry, Settings};

use crate::population;

pub(crate) const WEBHOOK_SECRET: &str = "whsec_YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcms=";

/// Signs like Basiq.
pub(crate) struct Signer {
    connector: Arc<dyn Provider>,
    address: SocketAddr,
}

impl Signer {
    pub(crate) fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let settings = Settings::default().with("BASIQ_WEBHOOK_SECRET", [WEBHOOK_SECRET]);
        let connector = Registry::new(&settings).get("basiq").cloned().context("there is no connector basiq")?;
        Ok(Self { connector, address })
    }

    /// The request that reports the transaction number `index` of a user's connection. Its signature is valid for five
    /// minutes.
    pub(crate) fn request(&self, index: usize, user: usize) -> anyhow::Result<Vec<u8>> {
        let connection = population::connection(user);
        self.signed(
            &format!("msg-{index}"),
            &body(&format!(r#""transaction":{}"#, transaction(index, &connection)), &connection),
        )
    }

    /// The same with a range of transactions in one delivery, as when a provider catches up.
    pub(crate) fn request_of_many(&self, indexes: Range<usize>, user: usize) -> anyhow::Result<Vec<u8>> {
        let connection = population::connection(user);
        let name = format!("many-{}", indexes.start);
        let transactions: Vec<_> = indexes.map(|index| transaction(index, &connection)).collect();
        self.signed(&name, &body(&format!(r#""transactions":[{}]"#, transactions.join(",")), &connection))
    }

    fn signed(&self, message_id: &str, body: &str) -> anyhow::Result<Vec<u8>> {
        let now = SystemTime::now().try_into()?;
        let signed = self.connector.sign(message_id, body.as_bytes(), now).context("not signed")?;
        let mut request = format!(
            "POST /api/connectors/basiq/webhook HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n",
            self.address
        );
        for (name, value) in signed {
            write!(request, "{name}: {value}\r\n")?;
        }
        write!(request, "content-length: {}\r\n\r\n{body}", body.len())?;
        Ok(request.into_bytes())
    }
}

/// The id of transaction number `index`, which events carry. Like a provider's id it begins randomly, so that inserts
/// spread over an index by id and not only at its end.
pub(crate) fn transaction_id(index: usize) -> String {
    format!("{:016x}-{index}", population::scrambled(index as u64))
}

/// The number in a transaction's id.
pub(crate) fn transaction_index(id: &str) -> Option<usize> {
    id.rsplit_once('-')?.1.parse().ok()
}

/// A transaction; `index` counts seconds since the beginning of the year.
fn transaction(index: usize, connection: &str) -> String {
    let (id, account) = (transaction_id(index), format!("account-of-{connection}"));
    let (cents, day) = (index % 90 + 10, index / 86_400);
    let (month, day) = (day / 28 % 10 + 1, day % 28 + 1);
    let (hour, minute, second) = (index / 3600 % 24, index / 60 % 60, index % 60);
    format!(
        r#"{{"id":"{id}","account":"{account}","amount":"-12.{cents}","currency":"AUD","description":"CARD PURCHASE HARBOUR COFFEE ROASTERS SYDNEY","status":"posted","direction":"debit","class":"payment","transactionDate":"2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z","postDate":"2026-11-21T00:00:00Z"}}"#
    )
}

fn body(transactions: &str, connection: &str) -> String {
    format!(
        r#"{{"event":"transaction.created","data":{{"connectionId":"{connection}",{transactions},"account":{{"id":"account-of-{connection}","name":"Everyday Account","currency":"AUD"}}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use connectors::{Meaning, NoKeys, RawDelivery};

    use super::*;

    fn understood(signer: &Signer, request: Vec<u8>) -> (String, String) {
        let request = String::from_utf8(request).expect("text");
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let headers = head.split("\r\n").skip(1).filter_map(|line| line.split_once(": ")).collect();
        let raw = RawDelivery::post("/api/connectors/basiq/webhook", headers, body.as_bytes().to_vec());
        let now = SystemTime::now().try_into().expect("a time");
        let delivery = signer.connector.verify(raw, &NoKeys, now).expect("a good signature");
        let Ok(Meaning::Changes { connection_id, changes, .. }) = signer.connector.understand(delivery.authentic())
        else {
            panic!("not understood: {body}");
        };
        (connection_id, format!("{changes:?}"))
    }

    #[test]
    fn a_request_is_verified_and_understood() {
        let signer = Signer::new(([127, 0, 0, 1], 1).into()).expect("a signer");
        let (connection, changes) = understood(&signer, signer.request(61, 7).expect("a request"));
        assert_eq!(connection, population::connection(7));
        assert!(changes.contains(&transaction_id(61)));
        assert_eq!(transaction_index(&transaction_id(61)), Some(61));
    }

    #[test]
    fn a_delivery_of_many_carries_each_transaction() {
        let signer = Signer::new(([127, 0, 0, 1], 1).into()).expect("a signer");
        let (connection, changes) = understood(&signer, signer.request_of_many(86_398..86_402, 7).expect("a request"));
        assert_eq!(connection, population::connection(7));
        for index in 86_398..86_402 {
            assert!(changes.contains(&transaction_id(index)));
        }
    }
}
