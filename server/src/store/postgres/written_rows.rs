//! Rows of transactions to be written.
//!
//! Owns that any number of them takes one statement. Must not decide what is written.

use ledger::StoredTransaction;
use sqlx::PgConnection;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use super::numbers::signed;
use crate::store::Result;
use crate::store::rows::{Place, Written};

/// Rows that are written together, by column.
#[derive(Default)]
pub(super) struct WrittenRows<'a> {
    /// The ids of existing rows, or the owners of new ones.
    ids: Vec<i64>,
    transaction_ids: Vec<&'a str>,
    accounts: Vec<i64>,
    sources: Vec<i64>,
    ranks: Vec<i64>,
    dates: Vec<i64>,
    are_days: Vec<bool>,
    first_seen: Vec<Option<i64>>,
    amounts: Vec<String>,
    currencies: Vec<&'a str>,
    primary_types: Vec<i64>,
    statuses: Vec<Option<i64>>,
    descriptions: Vec<&'a str>,
    details: Vec<Option<String>>,
    searches: Vec<String>,
    revisions: Vec<i64>,
    changed: Vec<i64>,
    versions: Vec<Option<i64>>,
    arrivals: Vec<i64>,
    provider_ids: Vec<Option<&'a str>>,
}

impl<'a> WrittenRows<'a> {
    /// Adds a transaction, with its row id if it has a row.
    pub(super) fn add(&mut self, id: Option<i64>, place: Place, stored: &'a StoredTransaction) -> Result<()> {
        let transaction = &stored.transaction;
        let written = Written::of(transaction)?;
        self.ids.push(id.unwrap_or(place.owner));
        self.transaction_ids.push(&transaction.transaction_id);
        self.accounts.push(place.account);
        self.sources.push(place.source);
        self.ranks.push(written.rank_ms);
        self.dates.push(written.date_ms);
        self.are_days.push(written.is_day);
        self.first_seen.push(written.first_seen_ms);
        self.amounts.push(written.amount);
        self.currencies.push(transaction.currency.code());
        self.primary_types.push(written.primary_type);
        self.statuses.push(written.status);
        self.descriptions.push(&transaction.description);
        self.details.push(written.details);
        self.searches.push(written.search);
        self.revisions.push(i64::from(transaction.revision));
        self.changed.push(signed(stored.changed_seq));
        self.versions.push(stored.recency.version);
        self.arrivals.push(stored.recency.arrival);
        self.provider_ids.push(transaction.provider_transaction_id.as_deref());
        Ok(())
    }

    /// Inserts them as new rows.
    pub(super) async fn insert(self, database: &mut PgConnection) -> Result<()> {
        self.run(INSERT, database).await
    }

    /// Updates their existing rows.
    pub(super) async fn update(self, database: &mut PgConnection) -> Result<()> {
        self.run(UPDATE, database).await
    }

    async fn run(self, statement: &'static str, database: &mut PgConnection) -> Result<()> {
        if !self.ids.is_empty() {
            self.bind(sqlx::query(statement)).execute(database).await?;
        }
        Ok(())
    }

    fn bind<'q>(self, query: Query<'q, sqlx::Postgres, PgArguments>) -> Query<'q, sqlx::Postgres, PgArguments>
    where
        'a: 'q,
    {
        query
            .bind(self.ids)
            .bind(self.transaction_ids)
            .bind(self.accounts)
            .bind(self.sources)
            .bind(self.ranks)
            .bind(self.dates)
            .bind(self.are_days)
            .bind(self.first_seen)
            .bind(self.amounts)
            .bind(self.currencies)
            .bind(self.primary_types)
            .bind(self.statuses)
            .bind(self.descriptions)
            .bind(self.details)
            .bind(self.searches)
            .bind(self.revisions)
            .bind(self.changed)
            .bind(self.versions)
            .bind(self.arrivals)
            .bind(self.provider_ids)
    }
}

/// The rows as a table whose columns are named as in the database. A literal, so that the compiler concatenates statements.
macro_rules! written {
    () => {
        "unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[], $8::bigint[],
             $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::bigint[],
             $17::bigint[], $18::bigint[], $19::bigint[], $20::text[])
         AS w (id, transaction_id, account, source, rank_ms, date_ms, is_day, first_seen_ms, amount, currency, primary_type,
             status, description, details, search, revision, changed_seq, version, arrival, provider_id)"
    };
}

const INSERT: &str = concat!(
    "INSERT INTO transactions (owner, transaction_id, account, source, rank_ms, date_ms, is_day, first_seen_ms, amount,
         currency, primary_type, status, description, details, search, revision, changed_seq, version, arrival, provider_id)
     SELECT * FROM ",
    written!()
);

const UPDATE: &str = concat!(
    "UPDATE transactions t SET account = w.account, source = w.source, rank_ms = w.rank_ms, date_ms = w.date_ms,
         is_day = w.is_day, first_seen_ms = w.first_seen_ms, amount = w.amount, currency = w.currency,
         primary_type = w.primary_type, status = w.status, description = w.description, details = w.details,
         search = w.search, revision = w.revision, changed_seq = w.changed_seq, version = w.version, arrival = w.arrival,
         provider_id = w.provider_id
     FROM ",
    written!(),
    " WHERE t.id = w.id"
);
