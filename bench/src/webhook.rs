//! Signed webhooks, ready to be sent.
//!
//! Owns the body and the request around it. Must not send it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use connectors::{Provider, Registry, Settings};

use crate::population;

pub(crate) const WEBHOOK_SECRET: &str = "whsec_YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcms=";

/// Signs as Basiq does.
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

    /// The request that tells of the transaction number `index` of a user's connection. Its signature
    /// holds for five minutes.
    pub(crate) fn request(&self, index: usize, user: usize) -> anyhow::Result<Vec<u8>> {
        let body = body(index, &population::connection(user));
        let now = SystemTime::now().try_into()?;
        let signed = self.connector.sign(&format!("msg-{index}"), body.as_bytes(), now).context("not signed")?;
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

/// The id of the transaction number `index`, as events carry it back.
pub(crate) fn transaction_id(index: usize) -> String {
    format!("t-{index}")
}

/// The number in a transaction's id.
pub(crate) fn transaction_index(id: &str) -> Option<usize> {
    id.strip_prefix("t-")?.parse().ok()
}

fn body(index: usize, connection: &str) -> String {
    let (id, account) = (transaction_id(index), format!("account-of-{connection}"));
    let (cents, hour, minute, second) = (index % 90 + 10, index / 3600 % 24, index / 60 % 60, index % 60);
    format!(
        r#"{{"event":"transaction.created","data":{{"connectionId":"{connection}","transaction":{{"id":"{id}","account":"{account}","amount":"-12.{cents}","currency":"AUD","description":"CARD PURCHASE HARBOUR COFFEE ROASTERS SYDNEY","status":"posted","direction":"debit","class":"payment","transactionDate":"2026-11-20T{hour:02}:{minute:02}:{second:02}Z","postDate":"2026-11-21T00:00:00Z"}},"account":{{"id":"{account}","name":"Everyday Account","currency":"AUD"}}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use connectors::{Meaning, NoKeys, RawDelivery};

    use super::*;

    #[test]
    fn a_request_is_verified_and_understood() {
        let signer = Signer::new(([127, 0, 0, 1], 1).into()).expect("a signer");
        let request = String::from_utf8(signer.request(61, 7).expect("a request")).expect("text");
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let headers = head.split("\r\n").skip(1).filter_map(|line| line.split_once(": ")).collect();
        let raw = RawDelivery::post("/api/connectors/basiq/webhook", headers, body.as_bytes().to_vec());
        let now = SystemTime::now().try_into().expect("a time");
        let delivery = signer.connector.verify(raw, &NoKeys, now).expect("a good signature");
        let Ok(Meaning::Changes { connection_id, changes, .. }) = signer.connector.understand(delivery.authentic())
        else {
            panic!("not understood: {body}");
        };
        assert_eq!(connection_id, population::connection(7));
        assert!(format!("{changes:?}").contains("t-61"));
        assert_eq!(transaction_index(&transaction_id(61)), Some(61));
    }
}
