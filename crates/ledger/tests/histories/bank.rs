//! A made-up bank whose true history is known.
//!
//! Owns purchases and the bank's list of them at an hour: pending rows have new ids after each refresh, and nothing
//! links a posted row to its pending one. Must not know how rows are paired.

use std::collections::BTreeMap;

use fastrand::Rng;

/// For how many hours a posted row is listed.
const LISTED: u32 = 3 * 24;

/// How purchases change; fractions of all purchases unless noted.
#[derive(Clone, Copy)]
pub struct Habits {
    /// Purchases a day.
    pub purchases: f64,
    /// The number of shops.
    pub shops: usize,
    /// Posted with a different amount: a tip, a fuel pump's hold.
    pub tips: f64,
    /// Posted on a different day.
    pub shifts: f64,
    /// Posted with a different text.
    pub texts: f64,
    /// Never posted.
    pub vanishing: f64,
    /// Hours between two refreshes.
    pub refresh: (u32, u32),
}

/// A purchase as the bank lists it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    pub day: u32,
    pub cents: i64,
    pub text: String,
}

struct Purchase {
    hour: u32,
    settles: u32,
    pending: Shown,
    /// `None` if it vanishes.
    posted: Option<Shown>,
}

/// A row of a list.
#[derive(Clone)]
pub struct Row {
    pub purchase: usize,
    /// The purchase as first listed: purchases with the same one are twins, which nothing can tell apart.
    pub first: Shown,
    pub is_pending: bool,
    pub shown: Shown,
}

pub struct Bank {
    purchases: Vec<Purchase>,
}

impl Bank {
    /// The purchases of some days.
    pub fn open(habits: &Habits, days: u32, rng: &mut Rng) -> Self {
        let chance = habits.purchases / 24.0;
        let hours = (0..days * 24).filter(|_| rng.f64() < chance).collect::<Vec<_>>();
        Self { purchases: hours.into_iter().map(|hour| purchase(habits, hour, rng)).collect() }
    }

    pub fn purchases(&self) -> usize {
        self.purchases.len()
    }

    /// How many purchases changed in more than one way when they were posted: nothing pairs those.
    pub fn changed_beyond_recognition(&self) -> usize {
        let changes = |purchase: &Purchase| {
            let (before, after) = (&purchase.pending, purchase.posted.as_ref().unwrap_or(&purchase.pending));
            usize::from(before.day != after.day)
                + usize::from(before.cents != after.cents)
                + usize::from(before.text != after.text)
        };
        self.purchases.iter().filter(|purchase| changes(purchase) > 1).count()
    }

    /// The bank's list at an hour, after the refresh with this number: pending and recently posted rows.
    pub fn list(&self, hour: u32, refresh: u32) -> BTreeMap<String, Row> {
        let rows = self.purchases.iter().enumerate().filter_map(|(index, purchase)| purchase.row(index, hour, refresh));
        rows.collect()
    }
}

impl Purchase {
    /// Its row by the bank's id, if it is listed.
    fn row(&self, purchase: usize, hour: u32, refresh: u32) -> Option<(String, Row)> {
        if !(self.hour..self.settles + LISTED).contains(&hour) {
            return None;
        }
        if hour < self.settles {
            // The id does not tell which purchase it is.
            let id = format!("pending-{refresh}-{}", (purchase * 7919) % 10_007);
            let (first, shown) = (self.pending.clone(), self.pending.clone());
            return Some((id, Row { purchase, first, is_pending: true, shown }));
        }
        let shown = self.posted.clone()?;
        let first = self.pending.clone();
        Some((format!("posted-{purchase}"), Row { purchase, first, is_pending: false, shown }))
    }
}

fn purchase(habits: &Habits, hour: u32, rng: &mut Rng) -> Purchase {
    // A few shops have most of the purchases, and a shop has few prices.
    let shop = rng.usize(..habits.shops).min(rng.usize(..habits.shops));
    let cents = -[450, 450, 520, 1000, 1000 + rng.i64(0..9000)][rng.usize(..5)];
    let pending = Shown { day: hour / 24, cents, text: format!("SHOP {shop}") };
    let mut posted = pending.clone();
    if rng.f64() < habits.tips {
        posted.cents += posted.cents * rng.i64(5..25) / 100;
    }
    if rng.f64() < habits.shifts {
        posted.day += rng.u32(1..3);
    }
    if rng.f64() < habits.texts {
        posted.text.push_str(" SYDNEY AU");
    }
    let posted = (rng.f64() >= habits.vanishing).then_some(posted);
    Purchase { hour, settles: hour + rng.u32(12..96), pending, posted }
}
