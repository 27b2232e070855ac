//! Accounts and their balances.
//!
//! Owns reading the table `accounts`. Must not write it, nor decide which values of a report are stored: the ledger does.

use ledger::{AccountState, Dirty, Known, Recency};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use wire::api::Account;

use super::columns::{amount, currency, maybe_currency};
use super::numbers::unsigned;
use crate::clock;
use crate::store::Result;
use crate::store::rows::{account_name, recencies_from_columns};

/// An account as it is stored.
pub(super) struct Stored {
    pub(super) connection: i64,
    /// The provider's id.
    pub(super) account_id: String,
    /// The row's id.
    pub(super) id: i64,
    pub(super) state: AccountState,
}

/// Loads accounts, each identified by its connection and the provider's id.
pub(super) async fn load(database: &mut PgConnection, named: &[(i64, &str)]) -> Result<Vec<Stored>> {
    let (connections, account_ids): (Vec<i64>, Vec<&str>) = named.iter().copied().unzip();
    let rows = sqlx::query(
        "SELECT a.id, name, last_digits, kind, currency, balance, available, version, arrival, recencies, first_revision,
             a.account_id, a.connection
         FROM unnest($1::bigint[], $2::text[]) AS n (connection, account_id)
         JOIN accounts a ON a.connection = n.connection AND a.account_id = n.account_id",
    );
    rows.bind(connections).bind(account_ids).fetch_all(database).await?.iter().map(stored).collect()
}

fn stored(row: &PgRow) -> Result<Stored> {
    let shared = Recency { version: row.try_get(7)?, arrival: row.try_get(8)? };
    let each: Option<&[u8]> = row.try_get(9)?;
    let [name, last_digits, kind, of_currency, balance, available] = recencies_from_columns(shared, each);
    let state = AccountState {
        name: Known { value: row.try_get(1)?, recency: name },
        last_digits: Known { value: row.try_get(2)?, recency: last_digits },
        kind: Known { value: row.try_get(3)?, recency: kind },
        currency: Known { value: maybe_currency(row, 4)?, recency: of_currency },
        balance: Known { value: amount(row, 5)?, recency: balance },
        available: Known { value: amount(row, 6)?, recency: available },
        first_revision: unsigned(row.try_get(10)?)?,
        dirty: Dirty::No,
    };
    Ok(Stored { connection: row.try_get(12)?, account_id: row.try_get(11)?, id: row.try_get(0)?, state })
}

/// The first unused revision for transactions of an account that is new to its connection, while the user's account of the
/// same id is being purged under another connection; nothing if none is.
pub(super) async fn first_free_revision(
    database: &mut PgConnection,
    owner: i64,
    connector_id: &str,
    account_id: &str,
) -> Result<Option<u32>> {
    // A deletion has its own revision.
    let first: Option<i64> = sqlx::query_scalar(
        "SELECT max(greatest(a.first_revision,
                 (SELECT max(revision) + 2 FROM transactions WHERE account = a.id),
                 (SELECT max(revision) + 1 FROM tombstones WHERE account = a.id)))
         FROM accounts a JOIN connections c ON c.id = a.connection
         WHERE a.owner = $1 AND a.account_id = $2 AND c.connector_id = $3 AND c.is_purging",
    )
    .bind(owner)
    .bind(account_id)
    .bind(connector_id)
    .fetch_one(database)
    .await?;
    first.map(unsigned).transpose()
}

/// A user's accounts, by institution and name, without those of removed connections.
pub(super) async fn of_user(database: &mut PgConnection, user_id: &str) -> Result<Vec<Account>> {
    let rows = sqlx::query(
        "SELECT a.account_id, c.connector_id, c.connection_id, a.name, c.institution_name, a.last_digits, a.kind,
                a.currency, a.balance, a.available, a.updated_at
         FROM owners o JOIN accounts a ON a.owner = o.id JOIN connections c ON c.id = a.connection
         WHERE o.user_id = $1 AND c.removed_at IS NULL AND a.currency IS NOT NULL
         ORDER BY c.institution_name NULLS FIRST, a.name NULLS FIRST, a.account_id",
    );
    rows.bind(user_id).fetch_all(database).await?.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Account> {
    let account_id: String = row.try_get(0)?;
    let last_digits: Option<String> = row.try_get(5)?;
    Ok(Account {
        connector_id: row.try_get(1)?,
        connection_id: row.try_get(2)?,
        name: account_name(row.try_get(3)?, last_digits.as_deref(), &account_id),
        institution_name: row.try_get(4)?,
        last_digits,
        kind: row.try_get(6)?,
        currency: currency(row, 7)?,
        balance: amount(row, 8)?,
        available: amount(row, 9)?,
        updated_at: clock::rfc3339_of_millis(row.try_get(10)?),
        account_id,
    })
}
