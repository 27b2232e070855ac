//! Accounts and their balances.
//!
//! Owns the table `accounts`. Must not know transactions.

use ledger::AccountUpdate;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use wire::api::Account;
use wire::events::BalanceUpdated;
use wire::{Amount, Currency, EventName};

use super::apply::Scope;
use super::feed;
use crate::clock;
use crate::store::{Error, Result};

/// The currency of an account that is known.
pub(super) fn currency(scope: &Scope<'_>, account_id: &str) -> Result<Option<Currency>> {
    let code: Option<String> = scope
        .connection
        .prepare_cached(
            "SELECT currency FROM accounts WHERE connector_id = ?1 AND connection_id = ?2 AND account_id = ?3",
        )?
        .query_row(params![scope.connector.id, scope.connection_id, account_id], |row| row.get(0))
        .optional()?;
    code.map(|code| parse_currency(&code)).transpose()
}

/// Makes sure that an account that a transaction names is there, though nothing else is known of it.
pub(super) fn ensure(scope: &Scope<'_>, account_id: &str, currency: Currency) -> Result<()> {
    scope
        .connection
        .prepare_cached(
            "INSERT INTO accounts (connector_id, connection_id, account_id, user_id, currency, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            scope.connector.id,
            scope.connection_id,
            account_id,
            scope.user_id,
            currency.code(),
            scope.now.as_millisecond()
        ])?;
    Ok(())
}

/// Takes over what is told of an account, and tells its owner where the balance changed.
pub(super) fn update(scope: &mut Scope<'_>, update: &AccountUpdate) -> Result<()> {
    let before = balances(scope, &update.account_id)?;
    let currency = match (update.currency, &before) {
        (Some(currency), _) => currency,
        (None, Some(known)) => known.currency,
        (None, None) => scope.connector.default_currency,
    };
    scope
        .connection
        .prepare_cached(
            "INSERT INTO accounts (connector_id, connection_id, account_id, user_id, name, last_digits, kind,
                 currency, balance, available, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT DO UPDATE SET name = coalesce(excluded.name, name),
                 last_digits = coalesce(excluded.last_digits, last_digits), kind = coalesce(excluded.kind, kind),
                 currency = excluded.currency, balance = coalesce(excluded.balance, balance),
                 available = coalesce(excluded.available, available), updated_at = excluded.updated_at",
        )?
        .execute(params![
            scope.connector.id,
            scope.connection_id,
            update.account_id,
            scope.user_id,
            update.name,
            update.last_digits,
            update.kind,
            currency.code(),
            update.balance.map(|amount| amount.to_string()),
            update.available.map(|amount| amount.to_string()),
            scope.now.as_millisecond(),
        ])?;
    let known = before.unwrap_or(Balances { currency, balance: None, available: None });
    let after = Balances {
        currency,
        balance: update.balance.or(known.balance),
        available: update.available.or(known.available),
    };
    let Some(balance) = after.balance.filter(|_| after != known) else { return Ok(()) };
    let connection_id = scope.connection_id.to_owned();
    feed::append(scope.connection, scope.events, scope.user_id, scope.now, EventName::BalanceUpdated, |stamp| {
        BalanceUpdated::new(stamp, connection_id, update.account_id.clone(), currency, balance, after.available)
    })?;
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
struct Balances {
    currency: Currency,
    balance: Option<Amount>,
    available: Option<Amount>,
}

fn balances(scope: &Scope<'_>, account_id: &str) -> Result<Option<Balances>> {
    let row: Option<(String, Option<String>, Option<String>)> = scope
        .connection
        .prepare_cached(
            "SELECT currency, balance, available FROM accounts
             WHERE connector_id = ?1 AND connection_id = ?2 AND account_id = ?3",
        )?
        .query_row(params![scope.connector.id, scope.connection_id, account_id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    row.map(|(currency, balance, available)| {
        Ok(Balances {
            currency: parse_currency(&currency)?,
            balance: parse_amount(balance)?,
            available: parse_amount(available)?,
        })
    })
    .transpose()
}

/// A user's accounts, by institution and name.
pub(super) fn of_user(connection: &Connection, user_id: &str) -> Result<Vec<Account>> {
    let mut statement = connection.prepare_cached(
        "SELECT a.account_id, a.connector_id, a.connection_id, a.name, c.institution_name, a.last_digits, a.kind,
                a.currency, a.balance, a.available, a.updated_at
         FROM accounts a JOIN connections c USING (connector_id, connection_id)
         WHERE a.user_id = ?1 ORDER BY c.institution_name, a.name, a.account_id",
    )?;
    let rows = statement.query_and_then([user_id], read)?;
    rows.collect()
}

fn read(row: &Row<'_>) -> Result<Account> {
    let account_id: String = row.get(0)?;
    let last_digits: Option<String> = row.get(5)?;
    let name: Option<String> = row.get(3)?;
    Ok(Account {
        connector_id: row.get(1)?,
        connection_id: row.get(2)?,
        name: name.unwrap_or_else(|| match &last_digits {
            Some(digits) => format!("Account ending {digits}"),
            None => format!("Account {}", connectors::masked(&account_id)),
        }),
        institution_name: row.get(4)?,
        last_digits,
        kind: row.get(6)?,
        currency: parse_currency(&row.get::<_, String>(7)?)?,
        balance: parse_amount(row.get(8)?)?,
        available: parse_amount(row.get(9)?)?,
        updated_at: clock::rfc3339_of_millis(row.get(10)?),
        account_id,
    })
}

pub(super) fn parse_currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|_| Error::Corrupt(format!("'{code}' stands as a currency")))
}

pub(super) fn parse_amount(text: Option<String>) -> Result<Option<Amount>> {
    text.map(|text| text.parse().map_err(|_| Error::Corrupt(format!("'{text}' stands as an amount")))).transpose()
}
