//! The keys that a file may have.
//!
//! Owns their names, the values that each takes and its purpose: validation and the documentation follow from this
//! list. Must not read a file.

pub use super::takes::Takes;

/// A key of a file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The table that contains it, with dots; empty for the file itself.
    pub table: &'static str,
    /// Its name in the table.
    pub name: &'static str,
    /// The values that it takes.
    pub takes: Takes,
    /// Whether the table is useless without it.
    pub is_needed: bool,
    /// Its purpose, in one line of Markdown.
    pub meaning: &'static str,
}

impl Key {
    /// Its name, prefixed with its table's.
    pub fn path(&self) -> String {
        joined(self.table, self.name)
    }
}

/// A name in a table.
pub(super) fn joined(table: &str, name: &str) -> String {
    if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") }
}

/// The keys of a table.
pub(super) fn of_table(table: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.table == table)
}

/// A key of the list.
pub(super) fn key(table: &str, name: &str) -> Option<&'static Key> {
    of_table(table).find(|key| key.name == name)
}

/// The states of a connection.
pub(super) const STATES: &[&str] = &["active", "pending", "invalid", "revoked", "deleted"];
/// How a time is written.
const TIMES: &[&str] = &["rfc3339", "seconds", "milliseconds"];
/// How a date is written.
const DATES: &[&str] = &["rfc3339", "day", "seconds", "milliseconds"];
/// How an amount is written.
const AMOUNTS: &[&str] = &["decimal", "minor-units"];

const fn needed(table: &'static str, name: &'static str, takes: Takes, meaning: &'static str) -> Key {
    Key { table, name, takes, is_needed: true, meaning }
}

const fn optional(table: &'static str, name: &'static str, takes: Takes, meaning: &'static str) -> Key {
    Key { table, name, takes, is_needed: false, meaning }
}

const FILE: &str = "";
const SIGNATURE: &str = "signature";
const DELIVERY: &str = "delivery";
const RESPONSE: &str = "response";
const EVENTS: &str = "events";
const TRANSACTIONS: &str = "transactions";
const DIRECTION: &str = "transactions.direction";
const STATUS: &str = "transactions.status";
const TRANSFER: &str = "transactions.transfer";
const ACCOUNTS: &str = "accounts";

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    needed(
        FILE,
        "id",
        Takes::Text("a name of lower-case letters, digits and single dashes"),
        "the connector's id in addresses and in `connectorId`",
    ),
    needed(FILE, "name", Takes::Text("a string"), "its display name"),
    needed(FILE, "type", Takes::OneOf(&["bank", "accounting", "payment"]), "`connectorType` of its transactions"),
    optional(
        FILE,
        "source",
        Takes::Text("capitals, digits and underscores"),
        "`source` of its transactions; by default `BANK_API`, `ACCOUNTING_API` or `PAYMENT_API`",
    ),
    needed(
        FILE,
        "currency",
        Takes::Text("a currency's code in ISO 4217"),
        "the currency where neither a transaction nor its account names one",
    ),
    needed(FILE, "signature", Takes::Table, "how a delivery is signed"),
    optional(
        FILE,
        "delivery",
        Takes::Table,
        "how a repeated delivery is recognised; by default by the signed `{id}`, else by its body",
    ),
    optional(FILE, "response", Takes::Table, "how a delivery is answered, where the provider requires another answer"),
    needed(FILE, "events", Takes::Table, "what a delivery reports"),
    optional(FILE, "transactions", Takes::Table, "the place of the transactions and their members"),
    optional(
        FILE,
        "accounts",
        Takes::Table,
        "the same for accounts: in events about accounts, and beside transactions",
    ),
    needed(
        SIGNATURE,
        "scheme",
        Takes::OneOf(&["hmac-sha256", "hmac-sha512", "rsa-sha256", "ed25519", "standard-webhooks", "shared-secret"]),
        "how the signature is made; `shared-secret` signs nothing, the header has the secret itself",
    ),
    optional(
        SIGNATURE,
        "header",
        Takes::Text("the name of a header"),
        "the header with the signature; needed except with `standard-webhooks`, whose headers have fixed names",
    ),
    optional(
        SIGNATURE,
        "part",
        Takes::Text("the name of a part, such as v1"),
        "where the header is a list such as `t=…,v1=…`: which part is the signature",
    ),
    optional(SIGNATURE, "prefix", Takes::Text("a string"), "the text before the signature, such as `sha256=`"),
    optional(
        SIGNATURE,
        "encoding",
        Takes::OneOf(&["hex", "base64"]),
        "how the signature is written; needed for HMAC, RSA and Ed25519",
    ),
    optional(
        SIGNATURE,
        "content",
        Takes::Text("a string with {body}, and {timestamp}, {id}, {method} or {path} where they are signed"),
        "the signed content; by default `{body}`",
    ),
    optional(
        SIGNATURE,
        "timestamp-header",
        Takes::Text("the name of a header"),
        "the header with the time that is signed as `{timestamp}`",
    ),
    optional(
        SIGNATURE,
        "timestamp-part",
        Takes::Text("the name of a part, such as t"),
        "which part of that header is the time",
    ),
    optional(SIGNATURE, "timestamp-format", Takes::OneOf(TIMES), "how it is written; by default `seconds` since 1970"),
    optional(
        SIGNATURE,
        "tolerance",
        Takes::Whole(1, 3600),
        "how many seconds it may be from now, either way; by default 300",
    ),
    optional(
        SIGNATURE,
        "id-header",
        Takes::Text("the name of a header"),
        "the header with the signed `{id}`: 1 to 256 letters, digits, `-` and `_`",
    ),
    optional(DELIVERY, "id", Takes::Paths, "the event's id in the body"),
    optional(
        DELIVERY,
        "header",
        Takes::Text("the name of a header"),
        "a header with the delivery's id, which counts together with the body",
    ),
    optional(RESPONSE, "accepted", Takes::Whole(200, 299), "the status for a stored delivery; by default 200"),
    optional(
        RESPONSE,
        "bad-signature",
        Takes::Whole(400, 499),
        "the status for a signature that is missing, wrong or stale; by default 401",
    ),
    optional(RESPONSE, "body", Takes::Flag, "whether answers have a body; by default `true`"),
    optional(EVENTS, "name", Takes::Paths, "the event's name; without it each delivery reports transactions"),
    optional(EVENTS, "connection", Takes::Paths, "the provider's id of the connection; needed where no item names it"),
    optional(
        EVENTS,
        "time",
        Takes::Paths,
        "when the event happened: it orders reports, and dates a transaction that has no date",
    ),
    optional(EVENTS, "time-format", Takes::OneOf(TIMES), "how it is written; by default `rfc3339`"),
    optional(EVENTS, "new", Takes::Words, "events that report new transactions; a `*` at the end matches any rest"),
    optional(
        EVENTS,
        "updated",
        Takes::Words,
        "events that report transactions that changed; one that is not known yet is new",
    ),
    optional(EVENTS, "deleted", Takes::Words, "events that report deleted transactions"),
    optional(EVENTS, "accounts", Takes::Words, "events that report accounts and balances"),
    optional(EVENTS, "connection-status", Takes::WordsByName(STATES), "events that report a connection's state"),
    optional(
        EVENTS,
        "notification",
        Takes::Words,
        "events that say only that something changed: quarantined, since nothing is fetched from the provider",
    ),
    optional(EVENTS, "ignored", Takes::Words, "events without any effect"),
    optional(EVENTS, "ping", Takes::Words, "test messages"),
    needed(
        TRANSACTIONS,
        "items",
        Takes::PathsOfLists,
        "their place: one object, or a list as `data.transactions[]`; `$` is the body itself",
    ),
    needed(TRANSACTIONS, "id", Takes::Paths, "the provider's id, unique within the account"),
    needed(TRANSACTIONS, "account", Takes::Paths, "the provider's id of the account"),
    optional(
        TRANSACTIONS,
        "connection",
        Takes::Paths,
        "the connection of the item, which is rejected where it is not the delivery's",
    ),
    needed(TRANSACTIONS, "amount", Takes::Paths, "the amount"),
    optional(
        TRANSACTIONS,
        "amount-format",
        Takes::OneOf(AMOUNTS),
        "`decimal`, the default: digits in a string or a number; `minor-units`: a whole number of the currency's smallest units",
    ),
    needed(
        TRANSACTIONS,
        "sign",
        Takes::OneOf(&["negative-is-out", "positive-is-out", "by-field"]),
        "which amounts are money out",
    ),
    optional(
        TRANSACTIONS,
        "direction",
        Takes::Table,
        "with `sign = \"by-field\"`: the member that says which way the money went",
    ),
    optional(TRANSACTIONS, "currency", Takes::Paths, "the currency"),
    optional(TRANSACTIONS, "date", Takes::Paths, "when it happened"),
    optional(
        TRANSACTIONS,
        "date-format",
        Takes::OneOf(DATES),
        "how it is written; by default `rfc3339`, which takes days as well; `day` keeps the day alone",
    ),
    optional(TRANSACTIONS, "description", Takes::Paths, "the bank's text"),
    optional(TRANSACTIONS, "original-description", Takes::Paths, "the same before the provider tidied it"),
    optional(TRANSACTIONS, "merchant", Takes::Paths, "who was paid, or who paid"),
    optional(TRANSACTIONS, "reference", Takes::Paths, "the payment's reference"),
    optional(
        TRANSACTIONS,
        "location",
        Takes::Paths,
        "where it happened; the values of several paths are joined by commas",
    ),
    optional(TRANSACTIONS, "kind", Takes::Paths, "the provider's word for its kind"),
    optional(TRANSACTIONS, "category", Takes::Paths, "the provider's guess at a category"),
    optional(TRANSACTIONS, "balance", Takes::Paths, "the account's balance after it, written as the amount is"),
    optional(TRANSACTIONS, "tags", Takes::PathsOfLists, "free labels"),
    optional(TRANSACTIONS, "metadata", Takes::PathsByName, "other members to keep, under names of your choice"),
    optional(TRANSACTIONS, "predecessor", Takes::Paths, "the id of the pending transaction that it replaces"),
    optional(TRANSACTIONS, "updated", Takes::Paths, "when it last changed"),
    optional(TRANSACTIONS, "updated-format", Takes::OneOf(TIMES), "how that is written; by default `rfc3339`"),
    optional(
        TRANSACTIONS,
        "version",
        Takes::Paths,
        "the version of the row, a whole number, where there is no such time",
    ),
    optional(TRANSACTIONS, "status", Takes::Table, "whether it is pending or posted"),
    optional(TRANSACTIONS, "transfer", Takes::Table, "how a transfer between a user's own accounts is recognised"),
    needed(DIRECTION, "field", Takes::Paths, "the member; a value that is not listed here rejects the transaction"),
    needed(DIRECTION, "in", Takes::Words, "its values for money in"),
    needed(DIRECTION, "out", Takes::Words, "its values for money out"),
    optional(STATUS, "field", Takes::Paths, "the member"),
    optional(STATUS, "pending", Takes::Words, "its values for pending ones"),
    optional(STATUS, "posted", Takes::Words, "its values for posted ones"),
    optional(STATUS, "deleted", Takes::Words, "its values for deleted ones"),
    optional(
        STATUS,
        "always",
        Takes::OneOf(&["pending", "posted"]),
        "instead of all these, where no member has the status",
    ),
    needed(TRANSFER, "field", Takes::Paths, "the member"),
    needed(TRANSFER, "values", Takes::Words, "its values for transfers"),
    needed(ACCOUNTS, "items", Takes::PathsOfLists, "their place, as for transactions"),
    needed(ACCOUNTS, "id", Takes::Paths, "the provider's id"),
    optional(ACCOUNTS, "name", Takes::Paths, "its name"),
    optional(ACCOUNTS, "number", Takes::Paths, "its number, of which the last four digits are kept"),
    optional(ACCOUNTS, "kind", Takes::Paths, "the provider's word for its kind"),
    optional(ACCOUNTS, "currency", Takes::Paths, "its currency"),
    optional(ACCOUNTS, "balance", Takes::Paths, "the booked balance"),
    optional(ACCOUNTS, "available", Takes::Paths, "the available balance"),
    optional(ACCOUNTS, "amount-format", Takes::OneOf(AMOUNTS), "how balances are written; by default `decimal`"),
    optional(ACCOUNTS, "updated", Takes::Paths, "when it last changed"),
    optional(ACCOUNTS, "updated-format", Takes::OneOf(TIMES), "how that is written; by default `rfc3339`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_there_once_and_each_table_is_a_key_itself() {
        let paths: Vec<String> = KEYS.iter().map(Key::path).collect();
        let distinct: std::collections::BTreeSet<_> = paths.iter().collect();
        assert_eq!(distinct.len(), paths.len());
        for key in KEYS.iter().filter(|key| !key.table.is_empty()) {
            let table = KEYS.iter().find(|table| table.path() == key.table).unwrap();
            assert!(matches!(table.takes, Takes::Table), "{}", key.path());
        }
    }
}
