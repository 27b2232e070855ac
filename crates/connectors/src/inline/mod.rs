//! Inline bodies: the original guide's `{ "event": "transaction.created", "data": { "transaction": {…}, "account":
//! {…}, "connectionId": "…" } }`.
//!
//! Owns the envelope and the meaning of each kind of event, for every provider that sends this form: liberal in names,
//! strict in values. Must not know how a provider signs, or fetch data that a body leaves out.

mod account;
mod connection;
mod direction;
mod event;
mod listed;
mod transaction;
mod version;

use ledger::{Change, When};
use serde_json::value::RawValue;

pub(crate) use connection::{change as status_change, status_word};
pub(crate) use event::{Event, Verb};
pub(crate) use listed::{Listed, accounts as listed_accounts, transactions as listed_transactions};
pub(crate) use version::{of_event, of_row};

use self::direction::Direction;
use crate::error::Malformed;
use crate::ids::{id, id_of};
use crate::json::{self, Document};
use crate::meaning::{Meaning, Rejected};
pub(crate) use crate::understood::Understood;
use crate::{body, currencies, dates};

/// What was read from a body, item by item.
#[derive(Default)]
struct Read {
    changes: Vec<Change>,
    rejected: Vec<Rejected>,
}

impl Read {
    fn add(&mut self, name: impl FnOnce() -> String, item: Understood<Change>) {
        match item {
            Ok(change) => self.changes.push(change),
            Err(reason) => self.rejected.push(Rejected { item: name(), reason }),
        }
    }
}

impl From<Vec<Change>> for Read {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes, rejected: vec![] }
    }
}

/// The parts of a delivery that every event has.
pub(crate) struct Envelope<'a> {
    /// The object that names the event: the body itself, or Apideck's `payload` in it.
    pub(crate) document: Document<'a>,
    /// The event's name.
    pub(crate) event: Event,
}

/// Interprets a body. `own` is the provider's own reading and comes first: a body that it does not know falls back to
/// the shared form.
pub(crate) fn understand(
    body: &[u8],
    own: impl Fn(&Envelope<'_>) -> Understood<Option<Meaning>>,
) -> Result<Meaning, Malformed> {
    body::understand(body, |object| understand_object(object, own))
}

fn understand_object(
    body: Document<'_>,
    own: impl Fn(&Envelope<'_>) -> Understood<Option<Meaning>>,
) -> Understood<Meaning> {
    if body.is_empty() {
        return Ok(Meaning::Nothing);
    }
    let Some(envelope) = Envelope::open(body)? else {
        return Err("the body names no event".to_owned());
    };
    if envelope.event.is_test() {
        return Ok(Meaning::Nothing);
    }
    if let Some(meaning) = own(&envelope)? {
        return Ok(meaning);
    }
    let data = envelope.data()?;
    let connection_id = envelope.connection_id(&data);
    let read = match envelope.event.noun() {
        _ if envelope.event.is_about_transactions() => {
            transaction::changes(&envelope, &data, connection_id.as_deref().ok())?
        }
        "account" | "balance" => account::changes(&envelope, &data)?.into(),
        "connection" => connection::changes(&envelope, &data)?.into(),
        _ => return Err(Meaning::unknown_event(&envelope.event.to_string())),
    };
    let Read { changes, rejected } = read;
    Meaning::of_items(connection_id, changes, rejected)
}

impl<'a> Envelope<'a> {
    /// `None` if no event is named.
    fn open(body: Document<'a>) -> Understood<Option<Self>> {
        if let Some(event) = Event::read(&body) {
            return Ok(Some(Self { document: body, event }));
        }
        let Some(payload) = body.object(&["payload"])? else { return Ok(None) };
        Ok(Event::read(&payload).map(|event| Self { document: payload, event }))
    }

    /// The subject of the event: `data`, Apideck's `entity`, or the members next to the event's name.
    fn data(&self) -> Understood<Document<'a>> {
        Ok(self.document.object(&["data", "entity"])?.unwrap_or_else(|| self.document.clone()))
    }

    /// Whether `data` is a separate object.
    fn has_data(&self) -> bool {
        self.document.raw(&["data", "entity"]).is_some_and(|raw| raw.get().starts_with('{'))
    }

    /// The event's objects, if there are several: in an array next to the rest, or in place of `data`.
    fn several(&self, data: &Document<'a>) -> Option<Vec<&'a RawValue>> {
        let noun = format!("{}s", self.event.noun());
        data.array(&["transactions", &noun]).or_else(|| self.document.array(&["data", "entity"]))
    }

    /// The provider's id of the connection, from every place where senders put it: around the items, else in them.
    /// Places that disagree are refused: the connection decides whose the change is.
    fn connection_id(&self, data: &Document<'_>) -> Understood<String> {
        let mut found = vec![connection::named_in(data)?, connection::named_in(&self.document)?];
        if self.event.noun() == "connection" {
            found.push(connection::own_id(data, self.has_data())?);
        }
        if found.iter().all(Option::is_none) {
            // An unreadable item is not applied, so it need not name a connection.
            let names = [["transaction"], [self.event.noun()], ["account"]];
            let one = names.map(|name| data.object(&name).ok().flatten());
            let several = self.several(data).unwrap_or_default();
            let several = several.into_iter().filter_map(|raw| Document::open(raw).ok().flatten());
            found.extend(one.into_iter().flatten().chain(several).filter_map(|item| connection::named_in(&item).ok()));
        }
        let mut ids = found.into_iter().flatten();
        let first = ids.next().ok_or_else(|| format!("{} names no connection", self.event))?;
        if ids.any(|other| other != first) {
            return Err(self.two_connections());
        }
        Ok(first)
    }

    /// Refuses an item that names a different connection from the rest of its delivery.
    fn check_connection(&self, item: &Document<'_>, connection_id: Option<&str>) -> Understood<()> {
        match (connection::named_in(item)?, connection_id) {
            (Some(own), Some(id)) if own != id => Err(self.two_connections()),
            _ => Ok(()),
        }
    }

    fn two_connections(&self) -> String {
        format!("{} names two different connections", self.event)
    }

    /// Why an event without its object in the body has no effect.
    fn without(&self, object: &str) -> String {
        if self.document.raw(&["links", "entity_id", "entity_url"]).is_some() {
            notification_only(&self.event)
        } else {
            format!("{} carries no {object}", self.event)
        }
    }

    /// When the event itself happened, as its sender says.
    fn time(&self) -> Understood<Option<When>> {
        let text = version::event_times(&self.document).into_iter().find_map(json::text);
        text.map(|text| dates::read(&text).ok_or_else(|| "the time of the event is not a date".to_owned())).transpose()
    }

    /// How recent the event is, as its sender says.
    pub(crate) fn version(&self, data: &Document<'_>) -> Option<i64> {
        if self.document.raw(&["data", "entity"]).is_some() {
            version::of_event(&self.document).or_else(|| version::of_report(data))
        } else {
            // Next to the event's name, the time of creation is the event's.
            version::of_report(&self.document)
        }
    }

    /// The event's recency if `data` is itself a transaction, whose times say when it happened.
    fn version_beside_row(&self) -> Option<i64> {
        if self.has_data() { version::of_event(&self.document) } else { version::of_named_event(&self.document) }
    }
}

/// The sentence for a body that only notifies.
pub(crate) fn notification_only(event: &Event) -> String {
    Meaning::not_fetched(&event.to_string())
}

/// The currency of the first member that names one: as a code, a number, or an object with either.
fn currency(document: &Document<'_>, what: &str) -> Understood<Option<wire::Currency>> {
    for name in ["currency", "currencyCode", "currency_code", "isoCurrencyCode", "iso_currency_code"] {
        let found = match document.object(&[name])? {
            Some(object) => object.id(&["code", "id", "isoCode", "iso_code"]),
            None => document.id(&[name]),
        };
        let read = found.map_or(Ok(None), |text| currencies::currency(&text));
        if let Some(currency) = read.map_err(|error| format!("the currency of the {what} is {error}"))? {
            return Ok(Some(currency));
        }
    }
    Ok(None)
}

/// An amount of money as a number, a string of digits, or an object of value and currency, which may also state the
/// direction.
fn money(
    document: &Document<'_>,
    names: &[&str],
    what: &str,
) -> Understood<Option<(wire::Amount, Option<wire::Currency>)>> {
    let read = |document: &Document<'_>, names: &[&str]| {
        document.amount(names).map_err(|error| format!("the {what} is {error}"))
    };
    match document.raw(names) {
        Some(raw) if raw.get().starts_with('{') => {
            let object = document.object(names)?.ok_or_else(|| format!("the {what} cannot be read"))?;
            let value =
                read(&object, &["value", "amount", "current"])?.ok_or_else(|| format!("the {what} has no value"))?;
            Ok(Some((Direction::of_members(&object)?.signed(value)?, currency(&object, what)?)))
        }
        _ => Ok(read(document, names)?.map(|amount| (amount, None))),
    }
}
