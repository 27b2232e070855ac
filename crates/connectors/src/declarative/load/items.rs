//! The tables `transactions` and `accounts` of a file.
//!
//! Owns which of their keys belong together. Must not read a body.

use wire::TransactionStatus;

use super::table::Table;
use crate::declarative::accounts::Accounts;
use crate::declarative::times::Notation;
use crate::declarative::transactions::{Direction, Sign, Status, Transactions, Transfer};
use crate::declarative::values::Digits;

/// Reads `transactions`; `None` if the table has a problem.
pub(super) fn transactions(table: Table<'_, '_>) -> Option<Transactions> {
    let sign = sign(table);
    needs(table, "date-format", "date", "transactions");
    needs(table, "updated-format", "updated", "transactions");
    let read = Transactions {
        items: table.paths("items"),
        id: table.paths("id"),
        account: table.paths("account"),
        connection: table.paths("connection"),
        amount: table.paths("amount"),
        digits: digits(table),
        sign: sign.clone().unwrap_or(Sign::NegativeIsOut),
        currency: table.paths("currency"),
        date: table.paths("date"),
        date_notation: table.word("date-format").and_then(Notation::named).unwrap_or(Notation::Rfc3339),
        description: table.paths("description"),
        original_description: table.paths("original-description"),
        merchant: table.paths("merchant"),
        reference: table.paths("reference"),
        location: table.paths("location"),
        kind: table.paths("kind"),
        category: table.paths("category"),
        balance: table.paths("balance"),
        tags: table.paths("tags"),
        metadata: table.paths_by_name("metadata"),
        predecessor: table.paths("predecessor"),
        updated: table.paths("updated"),
        updated_notation: table.word("updated-format").and_then(Notation::named),
        version: table.paths("version"),
        status: status(table),
        transfer: transfer(table),
    };
    sign.map(|_| read)
}

/// Reads `accounts`.
pub(super) fn accounts(table: Table<'_, '_>) -> Option<Accounts> {
    needs(table, "updated-format", "updated", "accounts");
    Some(Accounts {
        items: table.paths("items"),
        id: table.paths("id"),
        name: table.paths("name"),
        number: table.paths("number"),
        kind: table.paths("kind"),
        currency: table.paths("currency"),
        balance: table.paths("balance"),
        available: table.paths("available"),
        digits: digits(table),
        updated: table.paths("updated"),
        updated_notation: table.word("updated-format").and_then(Notation::named),
    })
}

fn needs(table: Table<'_, '_>, name: &str, other: &str, of: &str) {
    if table.has(name) && !table.has(other) {
        table.problem_of(name, format!("{of}.{name} has no meaning without {of}.{other}"));
    }
}

fn digits(table: Table<'_, '_>) -> Digits {
    match table.word("amount-format") {
        Some("minor-units") => Digits::MinorUnits,
        _ => Digits::Decimal,
    }
}

fn sign(table: Table<'_, '_>) -> Option<Sign> {
    let direction = table.table("direction", "transactions.direction").map(|own| Direction {
        field: own.paths("field"),
        into: texts(own, "in"),
        out: texts(own, "out"),
    });
    let word = table.word("sign")?;
    if word != "by-field" && table.has("direction") {
        let what = "transactions.direction has no meaning without transactions.sign = \"by-field\"";
        table.problem_of("direction", what);
    }
    match word {
        "negative-is-out" => Some(Sign::NegativeIsOut),
        "positive-is-out" => Some(Sign::PositiveIsOut),
        _ => {
            if !table.has("direction") {
                table.problem(
                    "transactions.direction is missing; a table is expected with transactions.sign = \"by-field\"",
                );
            }
            let direction = direction?;
            if let Some(both) = direction.into.iter().find(|word| direction.out.contains(word)) {
                let both = both.escape_debug();
                table.problem_of(
                    "direction",
                    format!("transactions.direction has \"{both}\" for money in and for money out"),
                );
            }
            Some(Sign::ByField(direction))
        }
    }
}

fn status(table: Table<'_, '_>) -> Status {
    let Some(own) = table.table("status", "transactions.status") else { return Status::default() };
    let lists = ["pending", "posted", "deleted"];
    if own.has("field") != lists.iter().any(|key| own.has(key)) {
        own.problem("transactions.status has a field without values, or values without a field");
    }
    if !own.has("field") && !own.has("always") {
        own.problem("transactions.status is empty; field with its values, or always, is expected");
    }
    let [pending, posted, deleted] = lists.map(|key| texts(own, key));
    let always = own.word("always").map(|word| match word {
        "pending" => TransactionStatus::Pending,
        _ => TransactionStatus::Posted,
    });
    Status { field: own.paths("field"), pending, posted, deleted, always }
}

fn transfer(table: Table<'_, '_>) -> Transfer {
    let Some(own) = table.table("transfer", "transactions.transfer") else { return Transfer::default() };
    Transfer { field: own.paths("field"), values: texts(own, "values") }
}

/// Values that members are compared with, without surrounding blanks.
fn texts(table: Table<'_, '_>, name: &'static str) -> Vec<String> {
    table.words(name).into_iter().map(|found| found.value.trim().to_owned()).collect()
}
