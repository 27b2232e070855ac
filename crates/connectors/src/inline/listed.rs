//! Rows of a provider's list.
//!
//! Owns understanding each row separately, by the rules for a webhook's body. Must not know any provider's paging.

use ledger::Change;
use serde_json::value::RawValue;

use super::transaction::{self, Listing};
use super::{Envelope, Event, Read, Understood, account, id};
use crate::json::Document;
use crate::meaning::Rejected;

/// The items of a list.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) changes: Vec<Change>,
    pub(crate) rejected: Vec<Rejected>,
}

impl From<Read> for Listed {
    fn from(read: Read) -> Self {
        Self { changes: read.changes, rejected: read.rejected }
    }
}

/// The transactions of a list. `noun` is the provider's name for one: `transaction`, `expense` …
pub(crate) fn transactions(rows: &[&RawValue], noun: &str, connection_id: &str) -> Listed {
    let envelope = Envelope { document: Document::default(), event: Event::named(&format!("{noun}.updated")) };
    transaction::listed(&Listing { envelope: &envelope, connection_id }, rows).into()
}

/// The accounts of a list.
pub(crate) fn accounts(rows: &[&RawValue]) -> Listed {
    let mut read = Read::default();
    for (index, raw) in rows.iter().enumerate() {
        match account_change(raw) {
            Ok(None) => {}
            Ok(Some(change)) => read.changes.push(change),
            Err(reason) => read.rejected.push(Rejected { item: format!("accounts[{index}]"), reason }),
        }
    }
    read.into()
}

fn account_change(raw: &RawValue) -> Understood<Option<Change>> {
    let row = Document::open(raw)?.ok_or("an account is not an object")?;
    let account_id = id(&row, &["id"], "account")?.ok_or("the account has no id")?;
    Ok(account::read(&row, account_id)?.map(|update| account::change(&row, update, None)))
}
