//! Which objects of a body are transactions.
//!
//! Owns their place in a body and the name of one that is not understood. Must not read more of them than their ids.

use serde_json::value::RawValue;

use crate::inline::{Envelope, Understood, id};
use crate::json::Document;

const IDS: &[&str] = &["id", "transactionId", "transaction_id"];
/// Next to the event's name, `id` is the event's: a transaction there needs a more specific name.
const LONG_IDS: &[&str] = &["transactionId", "transaction_id"];

/// The objects of a body that are transactions.
pub(super) struct Items<'a> {
    pub(super) list: Vec<Item<'a>>,
    /// Whether there is one, in `data` itself.
    pub(super) are_data: bool,
}

/// An object that is a transaction, or should be one.
pub(super) struct Item<'a> {
    path: String,
    pub(super) document: Understood<Document<'a>>,
}

impl Item<'_> {
    /// The provider's id, else its place in the body.
    pub(super) fn name(&self) -> String {
        let id = self.document.as_ref().ok().and_then(|document| id_of(document).ok().flatten());
        id.unwrap_or_else(|| self.path.clone())
    }
}

/// One, several, or `data` itself.
pub(super) fn of<'a>(envelope: &Envelope<'a>, data: &Document<'a>) -> Understood<Items<'a>> {
    let one = data.object(&["transaction", envelope.event.noun()]);
    if let Some(document) = one.map_err(String::from).transpose() {
        let path = envelope.event.noun().to_owned();
        return Ok(Items { list: vec![Item { path, document }], are_data: false });
    }
    if let Some(several) = envelope.several(data) {
        if several.is_empty() {
            return Err(envelope.without("transaction"));
        }
        return Ok(Items { list: listed(envelope, several), are_data: false });
    }
    let names = if envelope.has_data() { IDS } else { LONG_IDS };
    if data.raw(names).is_none() {
        return Err(envelope.without("transaction"));
    }
    Ok(Items { list: vec![Item { path: "data".to_owned(), document: Ok(data.clone()) }], are_data: true })
}

/// The objects of a list.
pub(super) fn listed<'a>(envelope: &Envelope<'a>, rows: impl IntoIterator<Item = &'a RawValue>) -> Vec<Item<'a>> {
    let noun = envelope.event.noun();
    let open = |(index, raw)| {
        let document = Document::open(raw).map_err(String::from);
        let document = document.and_then(|item| item.ok_or_else(|| "a transaction is not an object".to_owned()));
        Item { path: format!("{noun}s[{index}]"), document }
    };
    rows.into_iter().enumerate().map(open).collect()
}

/// A transaction's own id.
pub(super) fn id_of(item: &Document<'_>) -> Understood<Option<String>> {
    id(item, if item.raw(LONG_IDS).is_some() { LONG_IDS } else { IDS }, "transaction")
}
