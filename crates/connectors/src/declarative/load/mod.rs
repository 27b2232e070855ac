//! Turns the text of files into declarations, and reports every problem of all files at once.
//!
//! Owns the requirements on a file as a whole, and what files must not share. Must not read a disk: texts are passed
//! in.

mod events;
mod items;
mod shown;
mod signature;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::de::DeTable;
use wire::Currency;

use self::table::{File, Table};
use super::declaration::Declaration;
use super::events::{Events, Kind};
use super::parts::{DeliveryId, Parts};
use super::problem::Problem;
use super::scheme::Scheme;
use crate::providers;
use crate::responses::{Response, Responses};
use crate::settings::{Setting, SettingKind};

/// The longest id of a connector, in characters.
const MAX_ID: usize = 40;
/// Ids that are in use in places other than providers.
const RESERVED: [&str; 3] = ["bank", "manual", "unknown"];

/// Reads files, each given as name and text. The problems of all files come in the order of the files.
pub fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Vec<Declaration>, Vec<Problem>> {
    let (mut declarations, mut problems) = (vec![], vec![]);
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    for (name, text) in files {
        let file = File::new(name, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(text.len(), |span| span.start);
            file.problem(at, format!("this is not TOML: {}", error.message()));
        }
        // In a file with a syntax error, a key that seems missing may come after the error.
        if errors.is_empty() {
            let declaration = declaration(&file, Table::root(&file, table.get_ref()), &mut ids);
            declarations.extend(declaration.filter(|_| file.is_good()));
        }
        problems.extend(file.into_problems());
    }
    if problems.is_empty() { Ok(declarations) } else { Err(problems) }
}

fn declaration<'t>(file: &File<'t>, table: Table<'_, 't>, ids: &mut BTreeMap<String, &'t str>) -> Option<Declaration> {
    let id = id(file, table, ids);
    let name = table.text("name");
    let connector_type = table.word("type");
    let source = table.parsed("source", |text| is_constant(text).then(|| text.to_owned()));
    let currency = table.parsed("currency", |text| text.parse::<Currency>().ok().filter(|code| code.code() == text));
    let signature = table.table("signature", "signature").and_then(signature::read);
    let (delivery, responses) = (delivery(table), responses(table));
    let events_table = table.table("events", "events");
    let events = events_table.map(|own| events::read(file, own));
    let transactions = table.table("transactions", "transactions");
    let accounts = table.table("accounts", "accounts");
    if let (Some(events), Some(own)) = (&events, events_table) {
        check_events(table, (events, own), transactions, accounts);
    }
    let transactions = transactions.map(items::transactions);
    let accounts = accounts.map(items::accounts);
    let (id, connector_type, signature, events) = (id?, connector_type?, signature?, events?);
    let mut capabilities = vec!["webhook"];
    capabilities.extend(transactions.is_some().then_some("transactions"));
    capabilities.extend(accounts.is_some().then_some("accounts"));
    capabilities.extend(events.names.any(|kind| matches!(kind, Kind::Status(_))).then_some("connection-status"));
    Some(Declaration::new(Parts {
        settings: [setting(&id, signature.scheme)],
        source: source.map_or_else(|| format!("{}_API", connector_type.to_uppercase()), |found| found.value),
        id,
        name: name?.value,
        connector_type,
        currency: currency?.value,
        capabilities,
        signature,
        delivery,
        responses,
        events,
        transactions: transactions.flatten(),
        accounts: accounts.flatten(),
    }))
}

/// A file that reports items has their path and the connection's path.
fn check_events(
    table: Table<'_, '_>,
    (events, own): (&Events, Table<'_, '_>),
    transactions: Option<Table<'_, '_>>,
    accounts: Option<Table<'_, '_>>,
) {
    let reports = |is: fn(Kind) -> bool| events.names.any(is);
    let are_reported = events.name.is_none() || reports(|kind| matches!(kind, Kind::Saved | Kind::Deleted));
    if are_reported && transactions.is_none() && !table.has("transactions") {
        table.problem("transactions is missing; a table is expected, since events report transactions");
    }
    if reports(|kind| kind == Kind::Accounts) && accounts.is_none() && !table.has("accounts") {
        table.problem("accounts is missing; a table is expected, since events report accounts");
    }
    if !own.has("connection") && !transactions.is_some_and(|items| items.has("connection")) {
        own.problem("events.connection is missing; a path such as data.amount, or a list of paths is expected");
    }
}

fn id<'t>(file: &File<'t>, table: Table<'_, 't>, ids: &mut BTreeMap<String, &'t str>) -> Option<String> {
    let found = table.parsed("id", |text| is_id(text).then(|| text.to_owned()))?;
    let id = found.value;
    let is_known = providers::descriptions().any(|known| known.id == id) || RESERVED.contains(&&*id);
    if is_known {
        file.problem(found.at, format!("id is \"{id}\", which is already taken; another one is expected"));
        return None;
    }
    if let Some(other) = ids.insert(id.clone(), file.name()) {
        file.problem(found.at, format!("id is \"{id}\", which {other} already has; another one is expected"));
        return None;
    }
    for scheme in [Scheme::HmacSha256, Scheme::RsaSha256] {
        let own = setting(&id, scheme).name;
        if providers::settings().any(|known| known.name == own) {
            file.problem(found.at, format!("id is \"{id}\", whose setting {own} already belongs to another connector"));
            return None;
        }
    }
    Some(id)
}

/// Begins with a letter; dashes are single and inside, so that each setting's name belongs to one id.
fn is_id(text: &str) -> bool {
    let is_of_ids = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= MAX_ID
        && text.bytes().all(is_of_ids)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
}

fn is_constant(text: &str) -> bool {
    let is_of_constants = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= MAX_ID
        && text.bytes().all(is_of_constants)
        && text.starts_with(|first: char| first.is_ascii_uppercase())
}

/// The one setting of a declared connector.
fn setting(id: &str, scheme: Scheme) -> Setting {
    let prefix = id.to_uppercase().replace('-', "_");
    let (name, meaning, kind) = if scheme.has_public_key() {
        ("WEBHOOK_KEY", "the provider's public key, in base64; several separated by commas", SettingKind::Text)
    } else {
        ("WEBHOOK_SECRET", "the webhook's secret", SettingKind::Secrets)
    };
    let name = Cow::Owned(format!("{prefix}_{name}"));
    Setting { name, meaning, kind, default: None, required_for: Some("webhooks") }
}

fn delivery(table: Table<'_, '_>) -> DeliveryId {
    let Some(own) = table.table("delivery", "delivery") else { return DeliveryId::default() };
    DeliveryId { id: own.paths("id"), header: signature::header(own, "header") }
}

fn responses(table: Table<'_, '_>) -> Responses {
    let usual = Responses::default();
    let Some(own) = table.table("response", "response") else { return usual };
    let has_body = own.flag("body").unwrap_or(true);
    let with =
        |response: Response, status: Option<u16>| Response { status: status.unwrap_or(response.status), has_body };
    let accepted = own.whole("accepted");
    if accepted == Some(202) {
        own.problem_of(
            "accepted",
            "response.accepted is 202, which says that nothing is stored yet; another status is expected",
        );
    }
    if accepted == Some(204) && has_body {
        own.problem_of(
            "accepted",
            "response.accepted is 204, which has no body; response.body = false is expected with it",
        );
    }
    Responses {
        accepted: with(usual.accepted, accepted),
        bad_signature: with(usual.bad_signature, own.whole("bad-signature")),
        malformed: with(usual.malformed, None),
        unavailable: with(usual.unavailable, None),
    }
}
