//! The users' banks, at a simulated Basiq.
//!
//! Owns the random changes there, and which of Basiq's ids are the same payment. By contract §6 the changes can be
//! distinguished: at most one attribute of a payment changes, once, when it is posted.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use provider_sim::Clock;
use provider_sim::bank::{AccountKind, Cents, Connection, NewAccount, PaymentId, Posting, Purchase};
use provider_sim::basiq::{Basiq, BasiqOptions};

/// A person with a connection.
pub(super) struct Person {
    pub(super) user_id: &'static str,
    /// Basiq's id of the user.
    pub(super) basiq_id: String,
    pub(super) connection: Connection,
}

pub(super) struct Banks {
    pub(super) basiq: Basiq,
    clock: Clock,
    pub(super) people: Vec<Person>,
    /// The payment of each of Basiq's ids, including former ids.
    payments: BTreeMap<String, PaymentId>,
    pending: Vec<Pending>,
    /// The first payment of each pair of twins, by either of them.
    twins: BTreeMap<PaymentId, PaymentId>,
    made: i64,
}

struct Pending {
    id: PaymentId,
    /// Whether an identical payment exists: then its posting changes nothing.
    is_twin: bool,
}

impl Banks {
    /// Three users; the first starts with 5,000 transactions. Basiq's time runs ten times as fast, so that it repeats a
    /// refused webhook after half a second and after 30 s.
    pub(super) async fn open(seed: u64) -> Self {
        let clock = Clock::sped_up(Timestamp::now(), 10);
        let options = BasiqOptions { seed, ..BasiqOptions::new(clock.clone()) };
        let basiq = Basiq::start(options).await.unwrap();
        let people = [("alice", 5_000), ("bob", 700), ("carol", 20)].map(|(user_id, history)| {
            let basiq_id = basiq.add_user(&format!("{user_id}@example.com"));
            let accounts = vec![
                NewAccount::new("Everyday", AccountKind::Transaction, Cents(100_000)),
                NewAccount::new("Card", AccountKind::CreditCard, Cents(0)),
            ];
            let connection = basiq.connect(&basiq_id, accounts).unwrap();
            let long = Duration::from_secs(80 * 86_400);
            basiq.bank(|bank, now| bank.history(&connection.accounts[0], history, long, now)).unwrap();
            Person { user_id, basiq_id, connection }
        });
        let (people, payments) = (people.into(), BTreeMap::new());
        let mut banks = Self { basiq, clock, people, payments, pending: vec![], twins: BTreeMap::new(), made: 0 };
        (0..banks.people.len()).for_each(|person| banks.refresh(person));
        banks
    }

    /// One moment of the day: purchases are made, posted and released, and one connection or all are refreshed.
    pub(super) fn go_on(&mut self, random: &mut fastrand::Rng) {
        for _ in 0..random.usize(1..4) {
            self.purchase(random);
        }
        for _ in 0..random.usize(0..4) {
            self.settle_one(random);
        }
        let refreshed = random.usize(0..=self.people.len());
        for person in 0..self.people.len() {
            if refreshed == self.people.len() || refreshed == person {
                self.refresh(person);
            }
        }
    }

    /// The last moment of the day: every connection is refreshed.
    pub(super) fn close(&mut self) {
        (0..self.people.len()).for_each(|person| self.refresh(person));
    }

    /// Refreshes a connection and records the ids of its rows. Basiq gives the time of a refresh to the second; a run
    /// compares it to see that an account was refreshed meanwhile, so that no bank is refreshed twice within one
    /// second.
    pub(super) fn refresh(&mut self, person: usize) {
        self.clock.advance(Duration::from_secs(1));
        let connection = &self.people[person].connection.id;
        self.basiq.refresh(connection).unwrap();
        let rows = self.basiq.transactions(connection);
        self.payments.extend(rows.into_iter().map(|row| (row.id, row.payment_id)));
    }

    /// Makes a purchase of this user and refreshes.
    pub(super) fn refresh_with_news(&mut self, person: usize, random: &mut fastrand::Rng) {
        self.purchase_of(person, random);
        self.refresh(person);
    }

    /// The payment that has or had this id at Basiq.
    pub(super) fn payment(&self, id: &str) -> Option<PaymentId> {
        self.payments.get(id).copied()
    }

    /// The payments that look like a payment: the first one, and how many there are.
    pub(super) fn alike(&self, payment: PaymentId) -> (PaymentId, usize) {
        self.twins.get(&payment).map_or((payment, 1), |first| (*first, 2))
    }

    /// A payment's text, which twins share.
    pub(super) fn text(&self, payment: PaymentId) -> String {
        self.basiq.bank(|bank, _| bank.payment(payment).map(|payment| payment.description.clone())).unwrap_or_default()
    }

    fn purchase(&mut self, random: &mut fastrand::Rng) {
        let person = random.usize(0..self.people.len());
        self.purchase_of(person, random);
    }

    fn purchase_of(&mut self, person: usize, random: &mut fastrand::Rng) {
        self.made += 1;
        let person = &self.people[person];
        let account = random.choice(&person.connection.accounts).unwrap().clone();
        let is_twin = random.u8(0..6) == 0;
        let mut first = None;
        for _ in 0..if is_twin { 2 } else { 1 } {
            let (cents, text) = (Cents(-100 - self.made * 7), format!("SHOP {}", self.made));
            let id = self.basiq.bank(|bank, now| bank.purchase(&account, Purchase::new(cents, text, now))).unwrap();
            self.pending.push(Pending { id, is_twin });
            let first = *first.get_or_insert(id);
            if is_twin {
                self.twins.insert(id, first);
            }
        }
    }

    /// A pending payment is posted, unchanged or with another amount, day or text, or is released.
    fn settle_one(&mut self, random: &mut fastrand::Rng) {
        if self.pending.is_empty() {
            return;
        }
        let Pending { id, is_twin } = self.pending.swap_remove(random.usize(0..self.pending.len()));
        let what = random.u8(0..10);
        self.basiq.bank(|bank, now| {
            let payment = bank.payment(id).unwrap().clone();
            let mut posting = Posting::unchanged(now);
            match what {
                0 => return bank.vanish(id).unwrap(),
                1 if !is_twin => posting.cents = Some(Cents(payment.cents.0 - 3)),
                2 if !is_twin => posting.description = Some(format!("{} SYDNEY AU", payment.description)),
                3 if !is_twin => posting.made_at = Some(payment.made_at - jiff::SignedDuration::from_hours(24)),
                _ => {}
            }
            bank.post(id, posting).unwrap();
        });
    }

    /// Basiq's list of a user: how often each amount, text and status occurs.
    pub(super) fn listed(&self, person: usize) -> BTreeMap<(String, String, String), usize> {
        let mut listed = BTreeMap::new();
        for row in self.basiq.transactions(&self.people[person].connection.id) {
            let status = if row.payment.is_pending() { "pending" } else { "posted" };
            let amount = format!("{:.2}", row.payment.cents.0 as f64 / 100.0);
            *listed.entry((amount, row.payment.description.clone(), status.to_owned())).or_default() += 1;
        }
        listed
    }

    /// The payments in Basiq's list of a user.
    pub(super) fn listed_payments(&self, person: usize) -> Vec<PaymentId> {
        let rows = self.basiq.transactions(&self.people[person].connection.id);
        rows.into_iter().map(|row| row.payment_id).collect()
    }
}
