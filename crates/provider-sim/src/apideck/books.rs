//! The accounting services' books.
//!
//! Owns the connections with their accounts and records, and their changes. The same calls on the same seed have the
//! same outcome. Must not do I/O, or read a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::record::{LedgerAccount, NewRecord, Record, RecordKind, RecordStatus};
use crate::bank::{Cents, Unknown};
use crate::ids::Ids;

/// Whether a connection can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// It was chosen but is not authorised yet.
    Added,
    /// It can be called.
    Callable,
    /// Its authorisation no longer holds.
    Invalid,
}

/// A consumer's connection to an accounting service.
#[derive(Clone, Debug)]
pub struct BooksConnection {
    /// `{serviceId}+{consumerId}`
    pub id: String,
    /// The service: `xero`.
    pub service: String,
    /// The consumer.
    pub consumer: String,
    /// Whether it can be called.
    pub state: ConnectionState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    pub(super) accounts: Vec<LedgerAccount>,
    pub(super) records: BTreeMap<String, Record>,
}

/// The suppliers and customers of a small studio: name, purpose, the range in cents, and the resource.
static DEALINGS: [(&str, &str, i64, i64, RecordKind); 8] = [
    ("Lumen Architects", "Invoice 2041, design retainer", 84_000, 420_000, RecordKind::Payment),
    ("Field & Fold", "Invoice 2044, brand guidelines", 36_000, 150_000, RecordKind::Payment),
    ("DigitalOcean", "Cloud hosting", 4_210, 18_940, RecordKind::Expense),
    ("Adobe Systems", "Creative Cloud, 3 seats", 23_997, 23_997, RecordKind::Expense),
    ("Office Depot", "Paper and toner", 1_890, 12_450, RecordKind::Expense),
    ("FedEx", "Courier to the printer", 1_290, 3_850, RecordKind::Expense),
    ("Press & Page Printing", "Bill 7710, print run and proofs", 8_800, 61_000, RecordKind::BillPayment),
    ("The Commons Coworking", "Bill 118, desks", 38_500, 38_500, RecordKind::BillPayment),
];

/// The books of all connections.
#[derive(Debug)]
pub(super) struct Books {
    ids: Ids,
    connections: BTreeMap<String, BooksConnection>,
    next_serial: u64,
}

impl Books {
    pub(super) fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed), connections: BTreeMap::new(), next_serial: 0 }
    }

    /// Random ids and choices.
    pub(super) fn ids(&mut self) -> &mut Ids {
        &mut self.ids
    }

    /// A consumer chooses a service, whose books have one bank account.
    pub(super) fn add(&mut self, consumer: &str, service: &str, now: Timestamp) -> &BooksConnection {
        let id = format!("{service}+{consumer}");
        let account = LedgerAccount {
            id: self.ids.uuid(),
            name: "Studio operating".to_owned(),
            code: "1100".to_owned(),
            number: self.ids.digits(10),
            currency: "USD".to_owned(),
            opening: Cents(1_209_955),
            created_at: now,
        };
        let connection = BooksConnection {
            id: id.clone(),
            service: service.to_owned(),
            consumer: consumer.to_owned(),
            state: ConnectionState::Added,
            created_at: now,
            updated_at: now,
            accounts: vec![account],
            records: BTreeMap::new(),
        };
        self.connections.entry(id).or_insert(connection)
    }

    pub(super) fn connection(&self, id: &str) -> Result<&BooksConnection, Unknown> {
        self.connections.get(id).ok_or_else(|| unknown(id))
    }

    pub(super) fn connection_mut(&mut self, id: &str) -> Result<&mut BooksConnection, Unknown> {
        self.connections.get_mut(id).ok_or_else(|| unknown(id))
    }

    pub(super) fn of_consumer<'a>(&'a self, consumer: &'a str) -> impl Iterator<Item = &'a BooksConnection> {
        self.connections.values().filter(move |connection| connection.consumer == consumer)
    }

    pub(super) fn remove(&mut self, id: &str) -> Result<BooksConnection, Unknown> {
        self.connections.remove(id).ok_or_else(|| unknown(id))
    }

    /// Enters a record, on the first account.
    pub(super) fn enter(
        &mut self,
        connection: &str,
        new: NewRecord,
        made_at: Timestamp,
        now: Timestamp,
    ) -> Result<Record, Unknown> {
        let (id, party_id, number) = (self.ids.uuid(), self.ids.digits(6), self.ids.digits(5));
        self.next_serial += 1;
        let serial = self.next_serial;
        let connection = self.connection_mut(connection)?;
        let account = connection.accounts.first().ok_or_else(|| Unknown("ledger account".to_owned()))?;
        let record = Record {
            id: id.clone(),
            kind: new.kind,
            type_name: new.type_name,
            cents: new.cents,
            account: account.id.clone(),
            party: (party_id, new.party),
            memo: new.memo,
            number: format!("TW-{number}"),
            status: new.status,
            made_at,
            created_at: now,
            updated_at: now,
            version: 1,
            serial,
        };
        connection.records.insert(id, record.clone());
        Ok(record)
    }

    /// A new record of a small studio.
    pub(super) fn draw(&mut self) -> NewRecord {
        let last = i64::try_from(DEALINGS.len() - 1).unwrap_or_default();
        let index = usize::try_from(self.ids.between(0, last)).unwrap_or_default();
        let (party, memo, least, most, kind) = DEALINGS[index];
        NewRecord::new(kind, Cents(self.ids.between(least, most)), party, memo)
    }

    /// Enters a number of records, evenly over the time before `now`.
    pub(super) fn history(
        &mut self,
        connection: &str,
        count: u32,
        before: Duration,
        now: Timestamp,
    ) -> Result<(), Unknown> {
        for index in (1..=count).rev() {
            let ago = SignedDuration::try_from(before / count * index).unwrap_or(SignedDuration::ZERO);
            let at = now.checked_sub(ago).unwrap_or(Timestamp::MIN);
            let new = self.draw();
            self.enter(connection, new, at, at)?;
        }
        Ok(())
    }

    /// Changes a record.
    pub(super) fn change(
        &mut self,
        connection: &str,
        record: &str,
        change: impl FnOnce(&mut Record),
        now: Timestamp,
    ) -> Result<Record, Unknown> {
        let known = self.connection_mut(connection)?.records.get_mut(record);
        let known = known.ok_or_else(|| Unknown(format!("record {record:?}")))?;
        change(known);
        known.updated_at = now;
        known.version += 1;
        Ok(known.clone())
    }

    /// Voids a record.
    pub(super) fn void(&mut self, connection: &str, record: &str, now: Timestamp) -> Result<Record, Unknown> {
        self.change(connection, record, |record| record.status = RecordStatus::Voided, now)
    }

    /// Deletes a record.
    pub(super) fn delete(&mut self, connection: &str, record: &str) -> Result<Record, Unknown> {
        let known = self.connection_mut(connection)?.records.remove(record);
        known.ok_or_else(|| Unknown(format!("record {record:?}")))
    }
}

impl BooksConnection {
    /// An account's balance.
    pub fn balance(&self, account: &LedgerAccount) -> Cents {
        let effects = self.records.values().filter(|record| record.account == account.id).map(Record::effect);
        account.opening + effects.sum()
    }

    /// The records of a resource, in the order in which they were entered.
    pub(super) fn records_of(&self, kind: RecordKind) -> Vec<&Record> {
        let mut records: Vec<_> = self.records.values().filter(|record| record.kind == kind).collect();
        records.sort_by_key(|record| record.serial);
        records
    }
}

fn unknown(connection: &str) -> Unknown {
    Unknown(format!("connection {connection:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_decides_whether_money_goes_in_or_out() {
        let now = Timestamp::from_second(1_770_000_000).unwrap();
        let mut books = Books::new(1);
        books.add("c", "xero", now);
        for (kind, type_name, effect) in [
            (RecordKind::Expense, "expense", -100),
            (RecordKind::Expense, "refund", 100),
            (RecordKind::Payment, "accounts_receivable", 100),
            (RecordKind::Payment, "accounts_receivable_credit", -100),
            (RecordKind::Payment, "accounts_payable", -100),
            (RecordKind::Payment, "accounts_payable_credit", 100),
            (RecordKind::BillPayment, "accounts_payable", -100),
        ] {
            let new = NewRecord::new(kind, Cents(100), "p", "m").of_type(type_name);
            let record = books.enter("xero+c", new, now, now).unwrap();
            assert_eq!(record.effect(), Cents(effect), "{type_name}");
        }
        let draft = NewRecord::new(RecordKind::Expense, Cents(100), "p", "m").draft();
        assert_eq!(books.enter("xero+c", draft, now, now).unwrap().effect(), Cents(0));
    }
}
