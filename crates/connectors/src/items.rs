//! The items of a list, each understood separately.
//!
//! Owns the rule that one bad item blocks no other, and its name in messages. Must not know any provider's members.

use ledger::Change;
use serde_json::value::RawValue;

use crate::ids;
use crate::json::Document;
use crate::meaning::Rejected;
use crate::understood::Understood;

/// The items of a delivery or of a page.
#[derive(Default)]
pub(crate) struct Items {
    pub(crate) changes: Vec<Change>,
    pub(crate) rejected: Vec<Rejected>,
}

impl Items {
    /// Adds the items of a list. An item that is not understood is named by its own id, in its member `id_member`, else
    /// by its place in `list_name`.
    pub(crate) fn add(
        &mut self,
        (list_name, list): (&str, Vec<&RawValue>),
        id_member: &str,
        read: impl Fn(&Document<'_>) -> Understood<Change>,
    ) {
        for (index, raw) in list.into_iter().enumerate() {
            let item = Document::open(raw).map_err(String::from);
            let item = item.and_then(|item| item.ok_or_else(|| "it is not an object".to_owned()));
            let id = item.as_ref().ok().and_then(|item| ids::id(item, &[id_member], "item").ok()?);
            let name = || id.unwrap_or_else(|| format!("{list_name}[{index}]"));
            self.take(name, item.and_then(|item| read(&item)));
        }
    }

    /// Adds an item's changes, or its name and why it is not understood.
    pub(crate) fn take(&mut self, name: impl FnOnce() -> String, read: Understood<Change>) {
        match read {
            Ok(change) => self.changes.push(change),
            Err(reason) => self.rejected.push(Rejected { item: name(), reason }),
        }
    }
}
