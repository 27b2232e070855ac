//! People's spending.
//!
//! Owns which payment is made next, and what happens to pending ones: posted unchanged, with a tip, for less than was
//! held, or released. Must not know a provider.

use std::time::Duration;

use jiff::Timestamp;

use crate::bank::{Bank, Cents, PaymentId, Posting, Purchase, Unknown};
use crate::ids::Ids;

/// How long a payment is pending, in seconds of simulated time.
const PENDING: (i64, i64) = (4, 12);
/// The hold that filling stations and hotels place before they know the amount.
const FUEL_HOLD: Cents = Cents(-15_000);
const HOTEL_HOLD: Cents = Cents(-20_000);

/// The spending of a person.
#[derive(Debug)]
pub(super) struct Spending {
    random: Ids,
    pending: Vec<Held>,
    /// The last posted purchase at a business, which may be refunded.
    bought: Option<PaymentId>,
}

/// A pending payment.
#[derive(Debug)]
struct Held {
    payment: PaymentId,
    until: Timestamp,
    fate: Fate,
}

/// What happens to a pending payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Posted,
    PostedAs(Cents),
    Released,
}

impl Spending {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Ids::new(seed), pending: vec![], bought: None }
    }

    /// Settles payments that have been pending long enough, and makes a new one on one of the accounts, usually the
    /// first.
    pub(super) fn step(&mut self, bank: &mut Bank, accounts: &[String], now: Timestamp) -> Result<(), Unknown> {
        self.settle(bank, now)?;
        let (Some(first), Some(last)) = (accounts.first(), accounts.last()) else { return Ok(()) };
        let account = if self.one_in(8) { last } else { first };
        match self.random.between(0, 99) {
            0..=3 => self.hold(bank, first, now),
            4..=6 => self.give_back(bank, now),
            _ => self.pay(bank, account, now),
        }
    }

    fn settle(&mut self, bank: &mut Bank, now: Timestamp) -> Result<(), Unknown> {
        let (due, pending): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|held| held.until <= now);
        self.pending = pending;
        for Held { payment, fate, .. } in due {
            match fate {
                Fate::Posted => bank.post(payment, Posting::unchanged(now))?,
                Fate::PostedAs(cents) => {
                    bank.post(payment, Posting { cents: Some(cents), ..Posting::unchanged(now) })?
                }
                Fate::Released => bank.vanish(payment)?,
            }
        }
        Ok(())
    }

    /// A typical payment: money in is posted at once, and two in five payments are pending first.
    fn pay(&mut self, bank: &mut Bank, account: &str, now: Timestamp) -> Result<(), Unknown> {
        let payment = bank.draw(account, now)?;
        let made = bank.payment(payment)?;
        let (cents, is_purchase) = (made.cents, made.cents.0 < 0 && made.merchant.is_some());
        let is_fuel = ["400", "TRANSPORTATION"].contains(&made.category.0.as_str()) && made.description.contains("OIL");
        let is_fuel = is_fuel || made.category.1 == "Fuel Retailing";
        let has_tips = made.category.1.starts_with("Cafes") || made.category.0 == "FOOD_AND_DRINK";
        if !is_purchase || self.random.between(0, 4) > 1 {
            self.bought = is_purchase.then_some(payment).or(self.bought);
            return bank.post(payment, Posting::unchanged(now));
        }
        let fate = if is_fuel {
            let text = made.description.clone();
            bank.amend(payment, FUEL_HOLD, &text)?;
            Fate::PostedAs(cents)
        } else if has_tips && self.one_in(2) {
            Fate::PostedAs(cents + Cents(cents.0 / 10))
        } else {
            Fate::Posted
        };
        self.wait(payment, fate, now);
        Ok(())
    }

    /// A hotel places a hold that it never collects.
    fn hold(&mut self, bank: &mut Bank, account: &str, now: Timestamp) -> Result<(), Unknown> {
        let payment = bank.purchase(account, Purchase::new(HOTEL_HOLD, "HOTEL PREAUTHORISATION", now))?;
        self.wait(payment, Fate::Released, now);
        Ok(())
    }

    /// The last purchase is refunded.
    fn give_back(&mut self, bank: &mut Bank, now: Timestamp) -> Result<(), Unknown> {
        let Some(bought) = self.bought.take() else { return Ok(()) };
        let bought = bank.payment(bought)?.clone();
        let mut refund = Purchase::new(-bought.cents, format!("REFUND {}", bought.description), now);
        refund.merchant = bought.merchant;
        let payment = bank.purchase(&bought.account, refund)?;
        bank.post(payment, Posting::unchanged(now))
    }

    fn wait(&mut self, payment: PaymentId, fate: Fate, now: Timestamp) {
        let seconds = u64::try_from(self.random.between(PENDING.0, PENDING.1)).unwrap_or_default();
        let until = now.checked_add(Duration::from_secs(seconds)).unwrap_or(now);
        self.pending.push(Held { payment, until, fate });
    }

    fn one_in(&mut self, chances: i64) -> bool {
        self.random.between(1, chances) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::{AccountKind, Country, Naming, NewAccount, Payment, PaymentStatus};

    /// The payments of a number of steps, each a few seconds after the previous one, and the largest number pending at
    /// once.
    fn payments(steps: i64) -> (Vec<Payment>, usize) {
        let at = |seconds| Timestamp::from_second(1_772_400_000 + seconds).unwrap();
        let mut bank = Bank::new(5, Naming::Uuid, Country::Australia);
        let opened = vec![NewAccount::new("Everyday", AccountKind::Transaction, Cents(500_000))];
        let account = bank.connect("u", "AU00000", opened, at(0)).accounts.clone();
        let (mut spending, mut most) = (Spending::new(9), 0);
        for step in 1..=steps {
            spending.step(&mut bank, &account, at(step * 3)).unwrap();
            let known = bank.account(&account[0]).unwrap();
            most = most.max(bank.payments_of(known).filter(|(_, payment)| payment.is_pending()).count());
        }
        let known = bank.account(&account[0]).unwrap();
        (bank.payments_of(known).map(|(_, payment)| payment.clone()).collect(), most)
    }

    #[test]
    fn in_time_there_are_pay_purchases_refunds_and_holds_that_are_released() {
        let (payments, _) = payments(600);
        let has = |is: &dyn Fn(&Payment) -> bool| payments.iter().any(is);
        assert!(has(&|payment| payment.description.contains("SALARY")));
        let is_refund_of = |refund: &Payment, bought: &Payment| {
            refund.description == format!("REFUND {}", bought.description) && refund.cents == -bought.cents
        };
        assert!(has(&|refund| has(&|bought| is_refund_of(refund, bought))));
        assert!(has(&|payment| payment.status == PaymentStatus::Vanished && payment.cents == HOTEL_HOLD));
        assert!(has(&|payment| payment.posted_at().is_some_and(|posted| posted > payment.made_at)));
    }

    #[test]
    fn nothing_stays_pending_for_long() {
        let (payments, most) = payments(600);
        assert!((1..=6).contains(&most), "{most} were pending at once");
        let (_, recent) = payments.split_at(payments.len() - 8);
        let pending = payments.iter().filter(|payment| payment.is_pending()).count();
        assert_eq!(pending, recent.iter().filter(|payment| payment.is_pending()).count());
    }
}
