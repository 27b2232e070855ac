//! The bodies that the two providers would send for an invented payment.
//!
//! Owns running balances, ids and JSON in each provider's own words. Must not send anything.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalogue::{self, Payment};
use super::{DemoAccount, Link};
use crate::clock;

/// The simulated bank's books.
pub(super) struct Books {
    random: fastrand::Rng,
    balances: HashMap<&'static str, i64>,
    next_id: u64,
}

/// A webhook to send.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) connector: &'static str,
    pub(super) id: String,
    pub(super) body: String,
}

/// A payment as the bank knows it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    link: &'static Link,
    account: &'static DemoAccount,
    payment: &'static Payment,
    id: String,
    cents: i64,
    at: Timestamp,
}

impl Books {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), balances: HashMap::new(), next_id: 0 }
    }

    pub(super) fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }

    /// A new payment on one of the connection's accounts, mostly on the first.
    pub(super) fn draw(&mut self, link: &'static Link, at: Timestamp) -> Entry {
        let index = if self.random.u8(0..8) == 0 { link.accounts.len() - 1 } else { 0 };
        let choices: &'static [Payment] =
            if link.connector == "apideck" { &catalogue::BUSINESS } else { &catalogue::PERSONAL };
        let payment = catalogue::draw(&mut self.random, choices);
        let cents = self.random.i64(payment.least_cents..=payment.most_cents);
        self.next_id += 1;
        let id = format!("demo-{:06}", self.next_id);
        Entry { link, account: &link.accounts[index], payment, id, cents, at }
    }

    /// The webhook that tells of a payment; the balance moves when it is booked.
    pub(super) fn message(&mut self, entry: &Entry, event: &str, is_booked: bool) -> Message {
        let balance = self.balances.entry(entry.account.id).or_insert(entry.account.opening_cents);
        if is_booked {
            *balance += entry.cents;
        }
        let balance = *balance;
        let body = match entry.link.connector {
            "apideck" => apideck(entry, event, balance),
            _ => basiq(entry, event, balance, is_booked),
        };
        Message {
            connector: entry.link.connector,
            id: format!("msg_{}", uuid::Uuid::now_v7().simple()),
            body: body.to_string(),
        }
    }
}

/// In Basiq's words: amounts are decimal strings.
fn basiq(entry: &Entry, event: &str, balance: i64, is_booked: bool) -> Value {
    let date = clock::rfc3339(entry.at);
    json!({
        "event": format!("transaction.{event}"),
        "data": {
            "connectionId": entry.link.connection_id,
            "transaction": {
                "type": "transaction",
                "id": entry.id,
                "status": if is_booked { "posted" } else { "pending" },
                "description": entry.payment.description,
                "amount": decimal(entry.cents),
                "currency": entry.account.currency,
                "account": entry.account.id,
                "direction": if entry.cents < 0 { "debit" } else { "credit" },
                "class": if entry.cents < 0 { "payment" } else { "direct-credit" },
                "transactionDate": &date,
                "postDate": if is_booked { Some(&date) } else { None },
                "subClass": { "title": entry.payment.category },
                "enrich": { "merchant": { "businessName": entry.payment.merchant } },
            },
            "account": {
                "type": "account",
                "id": entry.account.id,
                "name": entry.account.name,
                "accountNo": entry.account.number,
                "balance": decimal(balance),
                "availableFunds": decimal(balance),
                "currency": entry.account.currency,
                "class": { "type": entry.account.kind },
            },
        },
    })
}

/// In Apideck's words: amounts are JSON numbers.
fn apideck(entry: &Entry, event: &str, balance: i64) -> Value {
    let date = clock::rfc3339(entry.at);
    json!({
        "event_type": format!("accounting.transaction.{event}"),
        "event_id": uuid::Uuid::now_v7().to_string(),
        "data": {
            "connectionId": entry.link.connection_id,
            "transaction": {
                "id": entry.id,
                "transaction_date": date,
                "total_amount": number(entry.cents),
                "currency": entry.account.currency,
                "account_id": entry.account.id,
                "memo": entry.payment.description,
                "supplier": { "display_name": entry.payment.merchant },
                "category": entry.payment.category,
                "status": "posted",
            },
            "account": {
                "id": entry.account.id,
                "name": entry.account.name,
                "number": entry.account.number,
                "currency": entry.account.currency,
                "balance": number(balance),
            },
        },
    })
}

/// `-1250` is `-12.50`.
fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// The same as a JSON number. Invented amounts have nine digits at most, which every reader keeps.
fn number(cents: i64) -> Value {
    serde_json::from_str(&decimal(cents)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_are_written_as_decimals() {
        assert_eq!(decimal(-5), "-0.05");
        assert_eq!(decimal(123_456), "1234.56");
        assert_eq!(number(-1250).to_string(), "-12.5");
    }
}
