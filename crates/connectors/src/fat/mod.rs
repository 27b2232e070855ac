//! Bodies that carry what they tell about: the original guide's
//! `{ "event": "transaction.created", "data": { "transaction": {…}, "account": {…}, "connectionId": "…" } }`.
//!
//! Owns the envelope and what each kind of event means, for every provider that sends this form: liberal
//! in names, strict in values. Must not know how a provider signs, or fetch what a body leaves out.

mod account;
mod connection;
mod direction;
mod event;
mod transaction;

use serde_json::value::RawValue;

pub(crate) use connection::status_word;
pub(crate) use event::{Event, Verb};

use self::direction::Direction;
use crate::document::{self, Document, Unreadable};
use crate::{Malformed, Meaning, When, currencies};

/// A value that is understood, or one sentence for the operator why it is not. No sentence repeats a
/// value of the body, as it may be personal.
pub(crate) type Understood<T> = Result<T, String>;

/// The longest id that is taken, in characters.
const MAX_ID: usize = 200;

impl From<Unreadable> for String {
    fn from(unreadable: Unreadable) -> Self {
        format!("the body is not understood: {unreadable}")
    }
}

/// The parts of a delivery that are the same whatever happened.
pub(crate) struct Envelope<'a> {
    /// The object that names the event: the body itself, or Apideck's `payload` in it.
    pub(crate) document: Document<'a>,
    /// What happened.
    pub(crate) event: Event,
}

/// Reads a body. `own` is the provider's first look: what it does not know is left to the shared form.
pub(crate) fn normalise(
    body: &[u8],
    own: impl Fn(&Envelope<'_>) -> Understood<Option<Meaning>>,
) -> Result<Meaning, Malformed> {
    let raw = document::read(body).map_err(|unreadable| Malformed(format!("the body cannot be read: {unreadable}")))?;
    if !raw.get().starts_with('{') {
        return Err(Malformed("the body is not a JSON object".to_owned()));
    }
    Ok(understand(raw, own).unwrap_or_else(Meaning::NotUnderstood))
}

fn understand(raw: &RawValue, own: impl Fn(&Envelope<'_>) -> Understood<Option<Meaning>>) -> Understood<Meaning> {
    let body = Document::open(raw)?.ok_or("the body is not a JSON object")?;
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
    let changes = match envelope.event.noun() {
        _ if envelope.event.is_about_transactions() => transaction::changes(&envelope, &data)?,
        "account" | "balance" => account::changes(&envelope, &data)?,
        "connection" => connection::changes(&envelope, &data)?,
        _ => return Err(format!("{} is not an event that anything follows from", envelope.event)),
    };
    Ok(Meaning::Changes { connection_id: envelope.connection_id(&data)?, changes })
}

impl<'a> Envelope<'a> {
    /// Nothing where no event is named.
    fn open(body: Document<'a>) -> Understood<Option<Self>> {
        if let Some(event) = Event::read(&body) {
            return Ok(Some(Self { document: body, event }));
        }
        let Some(payload) = body.object(&["payload"])? else { return Ok(None) };
        Ok(Event::read(&payload).map(|event| Self { document: payload, event }))
    }

    /// What it is about: `data`, Apideck's `entity`, or the members beside the event's name.
    fn data(&self) -> Understood<Document<'a>> {
        Ok(self.document.object(&["data", "entity"])?.unwrap_or_else(|| self.document.clone()))
    }

    /// Whether `data` is an object of its own.
    fn has_data(&self) -> bool {
        self.document.raw(&["data", "entity"]).is_some_and(|raw| raw.get().starts_with('{'))
    }

    /// The objects that it is about, where these are several: in an array beside the rest, or in the place of `data`.
    fn several(&self, data: &Document<'a>) -> Option<Vec<&'a RawValue>> {
        let noun = format!("{}s", self.event.noun());
        data.array(&["transactions", &noun]).or_else(|| self.document.array(&["data", "entity"]))
    }

    /// The provider's id of the connection, from every place where senders put it. Places that disagree
    /// are refused: the connection decides whose the change is.
    fn connection_id(&self, data: &Document<'_>) -> Understood<String> {
        let mut found = vec![connection::named_in(data)?, connection::named_in(&self.document)?];
        for inner in [data.object(&["transaction"])?, data.object(&["account"])?].iter().flatten() {
            found.push(connection::named_in(inner)?);
        }
        for raw in self.several(data).unwrap_or_default() {
            if let Some(transaction) = Document::open(raw)? {
                found.push(connection::named_in(&transaction)?);
            }
        }
        if self.event.noun() == "connection" {
            found.push(connection::own_id(data, self.has_data())?);
        }
        let mut ids = found.into_iter().flatten();
        let first = ids.next().ok_or_else(|| format!("{} names no connection", self.event))?;
        if ids.any(|other| other != first) {
            return Err(format!("{} names two different connections", self.event));
        }
        Ok(first)
    }

    /// Why nothing follows from an event whose object is not in the body.
    fn without(&self, object: &str) -> String {
        if self.document.raw(&["links", "entity_id", "entity_url"]).is_some() {
            thin(&self.event)
        } else {
            format!("{} carries no {object}", self.event)
        }
    }

    /// When the event itself happened, as its sender says.
    fn time(&self) -> Understood<Option<When>> {
        let names = ["timestamp", "occurred_at", "occurredAt", "createdDate", "createdAt", "created_at"];
        let told = self.document.text(&names);
        told.map(|text| When::read(&text).ok_or_else(|| "the time of the event is not a date".to_owned())).transpose()
    }
}

/// The sentence for a body that says what changed and where to fetch it, and no more.
pub(crate) fn thin(event: &Event) -> String {
    format!("{event} says only what changed; fetching it is not available in this version")
}

/// An id that can be kept: nothing where none is there, refused where it is no text of 1 to 200
/// characters without control characters.
fn id(document: &Document<'_>, names: &[&str], what: &str) -> Understood<Option<String>> {
    let Some(id) = document.id(names) else { return Ok(None) };
    if id.chars().count() > MAX_ID {
        return Err(format!("the id of the {what} has more than {MAX_ID} characters"));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the id of the {what} has control characters in it"));
    }
    Ok(Some(id))
}

/// An id that stands alone (`"account": "a1"`) or in an object (`"account": {"id": "a1"}`).
fn id_of(document: &Document<'_>, name: &str, what: &str) -> Understood<Option<String>> {
    match document.object(&[name])? {
        Some(object) => id(&object, &["id"], what),
        None => id(document, &[name], what),
    }
}

/// The currency that the first member names which names one: as a code, a number, or an object with either.
fn currency(document: &Document<'_>, what: &str) -> Understood<Option<wire::Currency>> {
    for name in ["currency", "currencyCode", "currency_code", "isoCurrencyCode", "iso_currency_code"] {
        let told = match document.object(&[name])? {
            Some(object) => object.id(&["code", "id", "isoCode", "iso_code"]),
            None => document.id(&[name]),
        };
        let read = told.map_or(Ok(None), |text| currencies::currency(&text));
        if let Some(currency) = read.map_err(|error| format!("the currency of the {what} is {error}"))? {
            return Ok(Some(currency));
        }
    }
    Ok(None)
}

/// An amount of money as a number, a string of digits, or an object of value and currency, which may say the
/// direction as well.
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
