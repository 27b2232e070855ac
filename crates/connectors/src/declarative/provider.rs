//! The connector that follows a declaration.
//!
//! Owns the interpretation of a body as its file declares it. Must not know the file's format.

use std::sync::Arc;

use jiff::Timestamp;
use ledger::{AccountUpdate, Change, Update};
use serde_json::value::RawValue;

use super::accounts::{Accounts, Reported};
use super::events::Kind;
use super::parts::Parts;
use super::path::{Place, Scope};
use super::transactions::{Around, Transactions};
use super::values;
use super::verifier::Verifier;
use crate::delivery::{Authentic, RawDelivery, VerifiedDelivery};
use crate::error::{Malformed, VerifyError};
use crate::items::Items;
use crate::json::{self, Document};
use crate::keys::KeySource;
use crate::meaning::{Meaning, event_name};
use crate::provider::{Description, Provider};
use crate::responses::Responses;
use crate::settings::Settings;
use crate::understood::Understood;
use crate::{body, ids, signature};

/// A declaration with its secrets.
pub(super) struct Declared {
    parts: Arc<Parts>,
    verifier: Verifier,
}

impl Declared {
    pub(super) fn new(parts: Arc<Parts>, settings: &Settings) -> Self {
        let [setting] = &parts.settings;
        let verifier = Verifier::new(&parts.signature, settings, &setting.name);
        Self { parts, verifier }
    }
}

impl Provider for Declared {
    fn description(&self) -> Description<'_> {
        self.parts.description()
    }

    fn is_configured(&self) -> bool {
        self.verifier.is_configured()
    }

    fn verify(
        &self,
        delivery: RawDelivery,
        _keys: &dyn KeySource,
        now: Timestamp,
    ) -> Result<VerifiedDelivery, VerifyError> {
        if !self.is_configured() {
            return Err(VerifyError::NotConfigured);
        }
        let signed_id = self.verifier.verify(&delivery, now)?;
        let key = self.parts.delivery_key(&delivery, signed_id);
        Ok(VerifiedDelivery::new(delivery, key))
    }

    fn responses(&self) -> Responses {
        self.parts.responses
    }

    fn understand(&self, delivery: Authentic<'_>) -> Result<Meaning, Malformed> {
        let bytes = delivery.body();
        body::understand(bytes, |document| {
            let whole = json::read(bytes).map_err(String::from)?;
            self.parts.meaning(&document, whole)
        })
    }

    fn sign(&self, message_id: &str, body: &[u8], now: Timestamp) -> Option<Vec<(String, String)>> {
        self.verifier.sign(message_id, body, now)
    }
}

impl Parts {
    /// The id that the provider repeats when it sends a delivery again. An unsigned header counts only together with
    /// the body: alone it could make another delivery look like a known one.
    fn delivery_key(&self, delivery: &RawDelivery, signed_id: Option<String>) -> String {
        let in_body = body::object(&delivery.body).and_then(|body| {
            let id = self.delivery.id.read(Scope { item: &body, body: &body }, json::id).ok()??;
            ids::checked(id, "event").ok()
        });
        let header = || delivery.headers.single(self.delivery.header.as_deref()?).ok();
        match (in_body, signed_id) {
            (Some(id), _) => signature::event_key(Some(id), &delivery.body),
            (None, Some(id)) => id,
            (None, None) => match header() {
                Some(id) => {
                    let both = [id.as_bytes(), b"\n", &delivery.body].concat();
                    format!("header:{}", signature::sha256_hex(&both))
                }
                None => signature::event_key(None, &delivery.body),
            },
        }
    }

    fn meaning<'a>(&self, body: &Document<'a>, whole: &'a RawValue) -> Understood<Meaning> {
        let (name, kind) = self.events.kind(body)?;
        let transactions = || self.transactions.as_ref().ok_or_else(|| Meaning::unknown_event(&name));
        match kind {
            Kind::Nothing => Ok(Meaning::Nothing),
            Kind::Notification => Err(Meaning::not_fetched(&event_name(&name))),
            Kind::Status(state) => {
                let connection_id = self.events.connection(body)?.ok_or("the event names no connection")?;
                let update = Update::ConnectionStatus(state);
                Ok(Meaning::of(connection_id, Change { version: self.events.version(body)?, update }))
            }
            Kind::Accounts => self.accounts_meaning(body, whole),
            Kind::Saved => self.transactions_meaning(transactions()?, (body, whole), false),
            Kind::Deleted => self.transactions_meaning(transactions()?, (body, whole), true),
        }
    }

    fn transactions_meaning<'a>(
        &self,
        transactions: &Transactions,
        (body, whole): (&Document<'a>, &'a RawValue),
        are_gone: bool,
    ) -> Understood<Meaning> {
        let places = transactions.items.places(body, whole)?.ok_or("the event carries no transactions")?;
        if places.is_empty() {
            return Ok(Meaning::Nothing);
        }
        let opened: Vec<_> = places.into_iter().map(|place| (open(&place), place.name)).collect();
        let named = |item: &Document<'a>| values::id(&transactions.connection, Scope { item, body }, "connection");
        let connection = match self.events.connection(body)? {
            Some(connection) => Some(connection),
            None => opened.iter().find_map(|(item, _)| named(item.as_ref().ok()?).ok()?),
        };
        let event = self.events.version(body)?;
        let mut beside = Items::default();
        let (accounts, updates) =
            if are_gone { Default::default() } else { self.beside(body, whole, event, &mut beside)? };
        let dated = self.events.dated(body);
        let around = Around {
            connection: connection.as_deref(),
            are_gone,
            event,
            dated: &dated,
            accounts: &updates,
            is_account_unclear: !beside.rejected.is_empty(),
            default_currency: self.currency,
        };
        let mut items = Items::default();
        for (item, name) in opened {
            let change = item.as_ref().map_err(Clone::clone);
            let change = change.and_then(|item| transactions.change(Scope { item, body }, &around));
            let id = || values::id(&transactions.id, Scope { item: item.as_ref().ok()?, body }, "transaction").ok()?;
            items.take(|| id().unwrap_or(name), change);
        }
        if !items.changes.is_empty() {
            items.changes.extend(accounts);
            items.rejected.extend(beside.rejected);
        }
        let connection = connection.ok_or_else(|| "the event names no connection".to_owned());
        Meaning::of_items(connection, items.changes, items.rejected)
    }

    /// The accounts that accompany transactions. An item that is not understood is rejected; one that is only an id is
    /// skipped.
    fn beside<'a>(
        &self,
        body: &Document<'a>,
        whole: &'a RawValue,
        event: Option<i64>,
        rejected: &mut Items,
    ) -> Understood<(Vec<Change>, Vec<AccountUpdate>)> {
        let Some(accounts) = &self.accounts else { return Ok(Default::default()) };
        let (mut changes, mut updates) = (vec![], vec![]);
        for place in accounts.items.places(body, whole)?.unwrap_or_default() {
            match self.account(accounts, &place, body) {
                Ok(Some(reported)) => {
                    updates.push(reported.update.clone());
                    changes.push(reported.into_change(event));
                }
                Ok(None) => {}
                Err(reason) => rejected.take(|| place.name, Err(reason)),
            }
        }
        Ok((changes, updates))
    }

    fn accounts_meaning<'a>(&self, body: &Document<'a>, whole: &'a RawValue) -> Understood<Meaning> {
        let accounts = self.accounts.as_ref().ok_or("the event carries no accounts")?;
        let places = accounts.items.places(body, whole)?.ok_or("the event carries no accounts")?;
        let event = self.events.version(body)?;
        let mut items = Items::default();
        for place in places {
            let reported = self.account(accounts, &place, body);
            let reported = reported.and_then(|found| found.ok_or_else(|| "the account carries no data".to_owned()));
            items.take(|| place.name, reported.map(|reported| reported.into_change(event)));
        }
        if items.changes.is_empty() && items.rejected.is_empty() {
            return Ok(Meaning::Nothing);
        }
        let connection = self.events.connection(body)?.ok_or_else(|| "the event names no connection".to_owned());
        Meaning::of_items(connection, items.changes, items.rejected)
    }

    fn account<'a>(&self, accounts: &Accounts, place: &Place<'a>, body: &Document<'a>) -> Understood<Option<Reported>> {
        let item = open(place)?;
        accounts.read(Scope { item: &item, body }, self.currency)
    }
}

/// The object at a place.
fn open<'a>(place: &Place<'a>) -> Understood<Document<'a>> {
    Document::open(place.raw)?.ok_or_else(|| "it is not an object".to_owned())
}
