//! The parts of a Stripe event.
//!
//! Owns the members common to every event. Must not know any object.

use ledger::Dated;

use crate::json::Document;
use crate::understood::Understood;
use crate::{dates, ids};

/// The parts of an event.
pub(super) struct Event<'a> {
    /// Its name, for example `issuing_transaction.created`.
    pub(super) name: String,
    /// The event's Connect account; `None` for the operator's own account.
    pub(super) account: Option<String>,
    /// The object at the time of the event.
    pub(super) object: Document<'a>,
    /// When it happened.
    pub(super) version: Option<i64>,
}

impl Event<'_> {
    /// The Connect account, else the object's own owner: a platform's users are one or the other.
    pub(super) fn connection_or(&self, own: &str, what: &str) -> Understood<String> {
        self.account.clone().map_or_else(|| ids::needed(&self.object, own, what), Ok)
    }

    /// The verb: the last part of the name.
    pub(super) fn verb(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

/// When an object was created, which is when money moved.
pub(super) fn created(object: &Document<'_>) -> Understood<Dated> {
    let when = object.raw(&["created"]).and_then(|raw| dates::of_unix(raw.get().parse().ok()?));
    when.map(Dated::At).ok_or_else(|| "the object does not say when it was created".to_owned())
}
