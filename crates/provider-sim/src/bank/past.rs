//! The history of an account when it is connected.
//!
//! Owns which payments a person has made: pay, rent and bills on their days, purchases during the day in between. Must
//! not know a provider.

use std::time::Duration;

use jiff::Timestamp;

use super::books::{Bank, Unknown};
use super::merchants::{self, Merchant};
use super::{AccountKind, Posting};

/// The hours of the day in which purchases are made, in seconds from midnight in UTC.
const OPEN: (i64, i64) = (7 * 3600, 21 * 3600);
/// The hours of the day in which regular payments are booked.
const BOOKED: (i64, i64) = (4 * 3600, 6 * 3600);
const DAY: i64 = 86_400;

impl Bank {
    /// Makes and posts a number of typical payments in the time before `now`. A short list has the newest ones.
    pub fn past(&mut self, account: &str, count: usize, before: Duration, now: Timestamp) -> Result<(), Unknown> {
        let kind = self.account(account)?.kind;
        let days = i64::try_from(before.as_secs()).unwrap_or_default() / DAY;
        let mut made = self.regular_payments(kind, days, now);
        while made.len() < count {
            let merchant = merchants::draw_purchase(self.country(), kind, self.ids_mut());
            let age = self.ids_mut().between(0, days.max(1) - 1);
            made.push((self.time_of_day(now, age, OPEN), merchant));
        }
        made.sort_by_key(|(at, merchant)| (*at, merchant.statement));
        for (at, merchant) in made.split_off(made.len() - count) {
            let payment = self.pay(account, merchant, at)?;
            self.post(payment, Posting::unchanged(at))?;
        }
        Ok(())
    }

    fn regular_payments(
        &mut self,
        kind: AccountKind,
        days: i64,
        now: Timestamp,
    ) -> Vec<(Timestamp, &'static Merchant)> {
        let mut made = vec![];
        for regular in merchants::regulars(self.country(), kind) {
            let mut age = i64::from(regular.last);
            while age < days {
                made.push((self.time_of_day(now, age, BOOKED), &regular.payment));
                age += i64::from(regular.every.max(1));
            }
        }
        made
    }

    /// A time of day some days ago, or on the day before if that is still in the future.
    fn time_of_day(&mut self, now: Timestamp, age: i64, (from, to): (i64, i64)) -> Timestamp {
        let midnight = now.as_second() - now.as_second().rem_euclid(DAY);
        let second = midnight - age * DAY + self.ids_mut().between(from, to);
        let second = if second < now.as_second() { second } else { second - DAY };
        Timestamp::from_second(second).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bank::{Cents, Country, Naming, NewAccount, Payment};

    const MONTHS: Duration = Duration::from_secs(60 * 86_400);

    fn past(kind: AccountKind, count: usize, before: Duration) -> (Vec<Payment>, Timestamp) {
        let now: Timestamp = "2026-03-02T05:30:00Z".parse().unwrap();
        let mut bank = Bank::new(3, Naming::Uuid, Country::Australia);
        let opened = vec![NewAccount::new("Everyday", kind, Cents(500_000))];
        let account = bank.connect("u", "AU00000", opened, now).accounts[0].clone();
        bank.past(&account, count, before, now).unwrap();
        let known = bank.account(&account).unwrap();
        (bank.payments_of(known).map(|(_, payment)| payment.clone()).collect(), now)
    }

    #[test]
    fn a_past_has_pay_and_rent_on_their_days_and_purchases_in_between() {
        let (payments, now) = past(AccountKind::Transaction, 110, MONTHS);
        assert_eq!(payments.len(), 110);
        assert!(payments.iter().all(|payment| payment.posted_at() == Some(payment.made_at) && payment.made_at < now));
        assert!(payments.is_sorted_by_key(|payment| payment.made_at));
        let of = |text: &str| payments.iter().filter(|payment| payment.description.contains(text)).count();
        assert_eq!((of("SALARY"), of("TO RAY WHITE RENT")), (5, 5));
        let texts: BTreeSet<_> = payments.iter().map(|payment| &payment.description).collect();
        let days: BTreeSet<_> = payments.iter().map(|payment| payment.made_at.as_second() / DAY).collect();
        assert!(texts.len() > 20 && days.len() > 40, "{} texts on {} days", texts.len(), days.len());
    }

    #[test]
    fn a_short_past_has_the_newest_payments_and_a_card_is_not_paid_wages() {
        let (payments, now) = past(AccountKind::Transaction, 4, MONTHS);
        assert_eq!(payments.len(), 4);
        assert!(now.as_second() - payments[0].made_at.as_second() < 7 * DAY);
        let (payments, _) = past(AccountKind::CreditCard, 40, MONTHS);
        assert!(!payments.iter().any(|payment| payment.description.contains("SALARY")));
        assert!(payments.iter().filter(|payment| payment.cents > Cents(0)).count() == 4, "{payments:?}");
    }
}
