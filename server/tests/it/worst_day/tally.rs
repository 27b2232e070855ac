//! The result of the day.
//!
//! Owns comparing Basiq's lists with the store and the clients. Must not change anything.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use provider_sim::bank::PaymentId;
use provider_sim::{Attempt, Outcome};
use serde_json::Value;

use super::banks::Banks;
use super::client::Heard;
use crate::support::user_token;

/// How often each amount, text and status occurs in a list.
type Shown = BTreeMap<(String, String, String), usize>;

fn shown<'a>(transactions: impl IntoIterator<Item = &'a Value>) -> Shown {
    let mut shown = Shown::new();
    for transaction in transactions {
        let amount = format!("{:.2}", transaction["amount"].as_f64().unwrap());
        let text = |name: &str| transaction[name].as_str().unwrap_or_default().to_owned();
        *shown.entry((amount, text("description"), text("status"))).or_default() += 1;
    }
    shown
}

/// Waits until every user's stored transactions equal Basiq's list.
pub(super) async fn until_equal(banks: &Banks, address: &str, patience: Duration) {
    let deadline = Instant::now() + patience;
    for (index, person) in banks.people.iter().enumerate() {
        loop {
            let (listed, stored) = (banks.listed(index), stored(address, person.user_id).await.map(|all| shown(&all)));
            if stored.as_ref() == Some(&listed) {
                break;
            }
            let stored = stored.unwrap_or_default();
            assert!(Instant::now() < deadline, "{}: {}", person.user_id, difference(&listed, &stored));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The entries that only one list has.
fn difference(listed: &Shown, stored: &Shown) -> String {
    let alone = |one: &Shown, other: &Shown| {
        one.iter()
            .filter(|(key, count)| other.get(key) != Some(count))
            .map(|(key, count)| format!("\n  {count} × {key:?}"))
            .take(20)
            .collect::<String>()
    };
    format!("listed alone:{}\nstored alone:{}", alone(listed, stored), alone(stored, listed))
}

/// All of a user's stored transactions; `None` while the server is down.
async fn stored(address: &str, user_id: &str) -> Option<Vec<Value>> {
    let (client, mut all, mut before) = (reqwest::Client::new(), vec![], String::new());
    loop {
        let call = client.get(format!("{address}/api/transactions?limit=500{before}")).bearer_auth(user_token(user_id));
        let page: Value = call.send().await.ok()?.json().await.ok()?;
        all.extend(page["transactions"].as_array()?.iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return Some(all),
        }
    }
}

/// Checks that a client equals Basiq's list, and that each payment was announced to it once; returns how many were
/// announced. Twins have the same day, amount and text, so that either may continue as the other: for twins the
/// announcements are counted.
pub(super) fn check(banks: &Banks, person: usize, heard: &Heard) -> usize {
    let (user_id, listed) = (banks.people[person].user_id, banks.listed(person));
    let list = shown(heard.list.values());
    assert!(list == listed, "{user_id}'s client: {}", difference(&listed, &list));
    let mut announced: BTreeMap<PaymentId, usize> = BTreeMap::new();
    for id in &heard.announced {
        let payment = banks.payment(id).unwrap_or_else(|| panic!("{user_id} was told of {id}, which no bank knows"));
        let (first, count) = banks.alike(payment);
        let times = announced.entry(first).or_default();
        *times += 1;
        assert!(*times <= count, "{user_id} was told of {payment:?} twice, as {id}:\n{}", told_of(banks, heard, id));
    }
    let mut expected: BTreeMap<PaymentId, usize> = BTreeMap::new();
    for payment in banks.listed_payments(person) {
        *expected.entry(banks.alike(payment).0).or_default() += 1;
    }
    for (payment, count) in expected {
        let times = announced.get(&payment).copied().unwrap_or_default();
        assert!(times >= count, "{user_id} was told of {payment:?} {times} times, of {count} alike");
    }
    announced.values().sum()
}

/// The events of a transaction's payment and of its twins, by their text.
fn told_of(banks: &Banks, heard: &Heard, id: &str) -> String {
    let text = banks.payment(id).map(|payment| format!("\"{}\"", banks.text(payment))).unwrap_or_default();
    let ids = heard.announced.iter().filter_map(|id| Some(format!("{id} is {:?}", banks.payment(id)?)));
    let lines: Vec<_> = heard.history.iter().filter(|line| line.contains(&text)).cloned().collect();
    let of_lines = ids.filter(|id| lines.iter().any(|line| line.contains(&id[..36])));
    let of_lines: Vec<_> = of_lines.collect();
    [lines, of_lines].concat().join("\n")
}

/// The p99 of the times of answers with 200, in milliseconds.
pub(super) fn p99(attempts: &[Attempt]) -> u64 {
    let answered = attempts.iter().filter(|attempt| attempt.outcome == Outcome::Answered(200));
    let mut millis: Vec<u64> = answered.map(|attempt| attempt.millis).collect();
    millis.sort_unstable();
    millis.get((millis.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}
