//! A model of the server: what it stores and sends.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use proptest::prelude::*;
use wire::api::{Account, CurrencySummary, Snapshot, Summary, TransactionsPage};
use wire::events::{BalanceUpdated, Stamp, SyncComplete, SyncStats};
use wire::rank::rank;
use wire::{Amount, Currency, PrimaryType, Transaction};

use crate::realtime::event::FeedEvent;
use crate::realtime::feed::samples::{account, deleted, new, stamp, stored_at, transaction, updated};

/// The months of the test.
const MONTHS: [&str; 3] = ["2026-11", "2026-12", "2027-01"];

/// A change that a provider reports.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A transaction of an account, which may be new; possibly in another currency than the account's.
    Create {
        day: u32,
        cents: i32,
        account: u32,
        abroad: bool,
    },
    /// A transaction changes its amount and possibly its date.
    Change {
        which: usize,
        cents: i32,
        day: Option<u32>,
    },
    Delete {
        which: usize,
    },
    Balance {
        account: u32,
        cents: i32,
    },
    Sync,
    /// The month ends.
    Month,
}

/// Few days, so that dates are often equal, with and without a time; some before the period of the totals, some after.
pub(super) fn steps() -> impl Strategy<Value = Step> {
    let (day, cents, account) = (0_u32..10, -5_000_i32..5_000, 0_u32..3);
    prop_oneof![
        6 => (day.clone(), cents.clone(), account.clone(), prop::bool::weighted(0.1))
            .prop_map(|(day, cents, account, abroad)| Step::Create { day, cents, account, abroad }),
        4 => (any::<usize>(), cents.clone(), prop::option::weighted(0.4, day))
            .prop_map(|(which, cents, day)| Step::Change { which, cents, day }),
        2 => any::<usize>().prop_map(|which| Step::Delete { which }),
        2 => (account, cents).prop_map(|(account, cents)| Step::Balance { account, cents }),
        1 => Just(Step::Sync),
        1 => Just(Step::Month),
    ]
}

/// The rows and the log.
#[derive(Clone, Debug)]
pub(super) struct Database {
    /// How often it was restored.
    restored: u32,
    /// By insertion number.
    rows: Vec<(u64, Transaction)>,
    inserted: u64,
    /// How many months have passed.
    month: usize,
    accounts: Vec<Account>,
    pub(super) events: Vec<FeedEvent>,
    /// The oldest event in the log.
    pub(super) oldest: u64,
    /// How many transactions a snapshot has.
    window: usize,
}

fn date(day: u32) -> String {
    match day {
        0 => "2026-10-30T00:00:00Z".to_owned(),
        1..=4 => format!("2026-11-{:02}T00:00:00Z", day * 3),
        5 => "2026-12-05T00:00:00Z".to_owned(),
        6 => "2027-01-05T00:00:00Z".to_owned(),
        7 => "2026-11-22T00:00:00Z".to_owned(),
        _ => format!("2026-11-22T10:0{day}:30Z"),
    }
}

fn amount(cents: i32) -> Amount {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
        .parse()
        .expect("money")
}

impl Database {
    pub(super) fn new(window: usize) -> Self {
        let (rows, events) = (Vec::new(), Vec::new());
        Self { restored: 0, rows, inserted: 0, month: 0, accounts: vec![account()], events, oldest: 1, window }
    }

    /// The beginning of the totals' period.
    fn from(&self) -> String {
        format!("{}-01T00:00:00Z", MONTHS[self.month])
    }

    /// A moment in the current month.
    pub(super) fn now(&self) -> String {
        format!("{}-22T10:00:00Z", MONTHS[self.month])
    }

    pub(super) fn newest(&self) -> u64 {
        self.events.len() as u64
    }

    /// All data is lost, but ids are not reused.
    pub(super) fn reset(&mut self) {
        *self = Self { restored: self.restored, inserted: self.inserted, month: self.month, ..Self::new(self.window) };
    }

    /// All data since a backup is lost, but ids are not reused, and time does not go back.
    pub(super) fn restore(&mut self, backup: Self) {
        *self = Self { restored: self.restored + 1, inserted: self.inserted, month: self.month, ..backup };
    }

    pub(super) fn epoch(&self) -> String {
        format!("epoch-{}", self.restored)
    }

    /// The event of a step, if it has one.
    pub(super) fn step(&mut self, step: Step) -> Option<FeedEvent> {
        let seq = self.newest() + 1;
        let event = match step {
            Step::Create { day, cents, account, abroad } => {
                self.inserted += 1;
                let mut row = transaction(&self.inserted.to_string(), &date(day), "0");
                row.amount = amount(cents);
                // A refund is an expense with money in: the type does not imply the sign.
                row.primary_type = match cents % 3 {
                    0 => PrimaryType::Transfer,
                    1 => PrimaryType::Income,
                    _ => PrimaryType::Expense,
                };
                row.account_id = self.account(account).account_id.clone();
                row.first_seen_at = Some(format!("{}-22T10:{:02}:00Z", MONTHS[self.month], self.inserted % 60));
                if abroad {
                    row.currency = Currency::USD;
                }
                self.rows.push((self.inserted, row.clone()));
                new(seq, row)
            }
            Step::Change { which, cents, day } => {
                let at = self.pick(which)?;
                let row = &mut self.rows.get_mut(at)?.1;
                row.revision += 1;
                row.amount = amount(cents);
                if let Some(day) = day {
                    row.date = date(day);
                }
                updated(seq, row.clone())
            }
            Step::Delete { which } => {
                let (_, row) = self.rows.remove(self.pick(which)?);
                deleted(seq, &row.transaction_id, &row.account_id)
            }
            Step::Balance { account, cents } => {
                let (balance, told) = (amount(cents), Stamp { timestamp: self.now(), ..stamp(seq) });
                let account = self.account(account);
                account.balance = Some(balance);
                account.updated_at.clone_from(&told.timestamp);
                let (id, currency) = (account.account_id.clone(), account.currency);
                FeedEvent::Balance(BalanceUpdated::new(told, "bank".into(), id, currency, balance, None))
            }
            Step::Month => {
                self.month = (self.month + 1).min(MONTHS.len() - 1);
                return None;
            }
            Step::Sync => FeedEvent::Sync(SyncComplete::new(stamp(seq), "bank".into(), SyncStats::default())),
        };
        let event = stored_at(&self.now(), event);
        self.events.push(event.clone());
        Some(event)
    }

    fn pick(&self, which: usize) -> Option<usize> {
        which.checked_rem(self.rows.len())
    }

    fn account(&mut self, number: u32) -> &mut Account {
        let id = if number == 0 { "everyday".to_owned() } else { format!("account-{number}") };
        let at = self.accounts.iter().position(|account| account.account_id == id).unwrap_or_else(|| {
            self.accounts.push(Account { account_id: id, balance: None, ..account() });
            self.accounts.len() - 1
        });
        &mut self.accounts[at]
    }

    /// All rows in the order of a page.
    pub(super) fn list(&self) -> Vec<(u64, Transaction)> {
        let mut rows = self.rows.clone();
        rows.sort_by_key(|(id, row)| Reverse((rank(row, 0), *id)));
        rows
    }

    /// The ids of the rows.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.rows.iter().map(|(_, row)| row.transaction_id.clone()).collect()
    }

    /// The rows after `before`, and where the next page begins.
    pub(super) fn page(&self, before: Option<&str>, limit: usize) -> TransactionsPage {
        let place = |(id, row): &(u64, Transaction)| format!("{:015}#{id:06}", rank(row, 0).unwrap_or_default());
        let rest = self.list().into_iter().filter(|row| before.is_none_or(|before| place(row).as_str() < before));
        let mut rows: Vec<_> = rest.collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(place);
        TransactionsPage { success: true, transactions: rows.into_iter().map(|(_, row)| row).collect(), next_cursor }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let TransactionsPage { transactions, next_cursor, .. } = self.page(None, self.window);
        Snapshot {
            user_id: "alex".to_owned(),
            display_name: "Alex".to_owned(),
            seq: self.newest(),
            epoch: Some(self.epoch()),
            accounts: self.accounts.clone(),
            transactions,
            next_cursor,
            summary: self.summary(),
        }
    }

    pub(super) fn summary(&self) -> Summary {
        let (from, mut currencies) = (self.from(), Vec::new());
        for currency in [Currency::AUD, Currency::USD] {
            let of_currency = self.accounts.iter().filter(|account| account.currency == currency);
            let balances: Vec<_> = of_currency.map(|account| account.balance).collect();
            let counted = |row: &&Transaction| {
                row.currency == currency && row.primary_type != PrimaryType::Transfer && row.date >= from
            };
            let amounts: Vec<_> = self.rows.iter().map(|(_, row)| row).filter(counted).map(|row| row.amount).collect();
            if !balances.is_empty() || !amounts.is_empty() {
                currencies.push(CurrencySummary {
                    currency,
                    balance: balances.iter().flatten().copied().sum(),
                    income: amounts.iter().filter(|amount| !amount.is_negative()).copied().sum(),
                    expenses: amounts.iter().filter(|amount| amount.is_negative()).copied().sum(),
                    accounts: u32::try_from(balances.len()).expect("few"),
                    unknown_balances: u32::try_from(balances.iter().filter(|it| it.is_none()).count()).expect("few"),
                });
            }
        }
        Summary { success: true, from, currencies, seq: self.newest(), epoch: None }
    }
}
