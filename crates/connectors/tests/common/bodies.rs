//! Bodies around the members that a test is about, and their meaning.

use connectors::Meaning;
use ledger::{Change, Dated, NewTransaction, Update};

use super::{SECRET, connector, stored};

pub(crate) fn means(id: &str, body: &str) -> Meaning {
    connector(id, &[SECRET]).understand(stored(body.as_bytes()).authentic()).expect("an object of JSON")
}

/// The changes of a body, or the reason why it is quarantined.
pub(crate) fn changes(id: &str, body: &str) -> Result<Vec<Change>, String> {
    match means(id, body) {
        Meaning::Changes { changes, .. } | Meaning::UserChanges { changes, .. } => Ok(changes),
        Meaning::NotUnderstood(reason) => Err(reason),
        Meaning::Fetch { event, .. } => Err(Meaning::not_fetched(&event)),
        Meaning::Nothing => panic!("{body} means nothing"),
    }
}

/// The transactions of a body.
pub(crate) fn transactions(id: &str, body: &str) -> Result<Vec<NewTransaction>, String> {
    let of = |change: Change| match change.update {
        Update::Transaction(new) => Some(*new),
        _ => None,
    };
    Ok(changes(id, body)?.into_iter().filter_map(of).collect())
}

/// A transaction of Basiq in the guide's form, with `members` at the end.
pub(crate) fn basiq(members: &str) -> Result<NewTransaction, String> {
    let body = format!(
        r#"{{"event":"transaction.created","timestamp":"2026-11-20T10:05:00Z","data":{{"transaction":{{"id":"t1","accountId":"a1",{members}}},"connectionId":"c1"}}}}"#
    );
    Ok(transactions("basiq", &body)?.remove(0))
}

/// Such a transaction with an amount and a date.
pub(crate) fn basiq_texts(members: &str) -> NewTransaction {
    basiq(&format!(r#""amount":"-1","transactionDate":"2026-11-20",{members}"#)).unwrap()
}

/// A record of Apideck.
pub(crate) fn apideck(event: &str, members: &str) -> Result<NewTransaction, String> {
    let body = format!(
        r#"{{"event_type":"{event}","data":{{"id":"p1","account":{{"id":"a1"}},"connectionId":"c1","transaction_date":"2026-11-20",{members}}}}}"#
    );
    Ok(transactions("apideck", &body)?.remove(0))
}

/// The date of a transaction and its origin.
pub(crate) fn dated(new: &NewTransaction) -> (&'static str, String) {
    match &new.date {
        Dated::At(when) => ("its own", format!("{} {:?}", when.date, when.precision)),
        Dated::Reported(when) => ("the event's", format!("{} {:?}", when.date, when.precision)),
        Dated::Unknown => ("the arrival's", String::new()),
    }
}
