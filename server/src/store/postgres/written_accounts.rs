//! Accounts to be written.
//!
//! Owns that any number of them, existing and new, takes one statement. Must not decide what is written.

use jiff::Timestamp;
use ledger::AccountState;
use sqlx::PgConnection;

use crate::store::Result;
use crate::store::rows::{ConnectionRow, recencies_to_columns};

/// Accounts that are written together, by column.
#[derive(Default)]
pub(super) struct WrittenAccounts<'a> {
    connections: Vec<i64>,
    owners: Vec<i64>,
    account_ids: Vec<&'a str>,
    names: Vec<Option<&'a str>>,
    last_digits: Vec<Option<&'a str>>,
    kinds: Vec<Option<&'a str>>,
    currencies: Vec<Option<&'a str>>,
    balances: Vec<Option<String>>,
    available: Vec<Option<String>>,
    versions: Vec<Option<i64>>,
    arrivals: Vec<i64>,
    recencies: Vec<Option<Vec<u8>>>,
    first_revisions: Vec<i64>,
}

/// The row of an account: its connection, the provider's id, and the row's id.
pub(super) type WrittenAccount = (i64, String, i64);

impl<'a> WrittenAccounts<'a> {
    /// Adds an account.
    pub(super) fn add(&mut self, connection: &ConnectionRow, account_id: &'a str, account: &'a AccountState) {
        let (shared, each) = recencies_to_columns(account);
        self.connections.push(connection.id);
        self.owners.push(connection.owner);
        self.account_ids.push(account_id);
        self.names.push(account.name.value.as_deref());
        self.last_digits.push(account.last_digits.value.as_deref());
        self.kinds.push(account.kind.value.as_deref());
        self.currencies.push(account.currency.value.as_ref().map(|currency| currency.code()));
        self.balances.push(account.balance.value.map(|amount| amount.to_string()));
        self.available.push(account.available.value.map(|amount| amount.to_string()));
        self.versions.push(shared.version);
        self.arrivals.push(shared.arrival);
        self.recencies.push(each);
        self.first_revisions.push(i64::from(account.first_revision.max(1)));
    }

    /// Writes them, and returns their rows in any order.
    pub(super) async fn write(self, database: &mut PgConnection, now: Timestamp) -> Result<Vec<WrittenAccount>> {
        if self.account_ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = sqlx::query_as(WRITE)
            .bind(self.connections)
            .bind(self.owners)
            .bind(self.account_ids)
            .bind(self.names)
            .bind(self.last_digits)
            .bind(self.kinds)
            .bind(self.currencies)
            .bind(self.balances)
            .bind(self.available)
            .bind(self.versions)
            .bind(self.arrivals)
            .bind(self.recencies)
            .bind(self.first_revisions)
            .bind(now.as_millisecond());
        Ok(statement.fetch_all(database).await?)
    }
}

/// The owner and the first revision of an existing account do not change.
const WRITE: &str =
    "INSERT INTO accounts (connection, owner, account_id, name, last_digits, kind, currency, balance, available,
         version, arrival, recencies, first_revision, updated_at)
     SELECT w.*, $14 FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
         $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::bytea[], $13::bigint[]) AS w
     ON CONFLICT (connection, account_id) DO UPDATE SET name = excluded.name, last_digits = excluded.last_digits,
         kind = excluded.kind, currency = excluded.currency, balance = excluded.balance, available = excluded.available,
         version = excluded.version, arrival = excluded.arrival, recencies = excluded.recencies,
         updated_at = excluded.updated_at
     RETURNING connection, account_id, id";
