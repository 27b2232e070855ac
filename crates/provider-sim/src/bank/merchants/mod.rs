//! Typical spending and income.
//!
//! Owns drawing from the lists of the countries. Must not know accounts or providers.

mod america;
mod australia;

use super::account::AccountKind;
use super::cents::Cents;
use crate::ids::Ids;

/// The country of the spending.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Country {
    Australia,
    America,
}

/// A kind of payment.
#[derive(Debug)]
pub(super) struct Merchant {
    /// The text on a bank's statement.
    pub(super) statement: &'static str,
    /// The business; empty if no business is paid.
    pub(super) name: &'static str,
    /// Its category as the country's provider names it: a code and a title, or a group and one of its members.
    pub(super) category: (&'static str, &'static str),
    least: i64,
    most: i64,
    weight: i64,
}

/// A payment that repeats after this many days.
#[derive(Debug)]
pub(super) struct Regular {
    pub(super) payment: Merchant,
    /// The days between two of them.
    pub(super) every: u32,
    /// How many days ago the last one was.
    pub(super) last: u32,
}

/// The typical payments on accounts of a country.
struct Lists {
    /// Purchases and occasional payments.
    everyday: &'static [Merchant],
    /// Pay, for accounts on which much happens in a short time.
    income: &'static [Merchant],
    /// Payments on savings accounts.
    savings: &'static [Merchant],
    /// Pay, rent and bills on their days.
    regular: &'static [Regular],
    /// Repayments of a credit card.
    card: &'static [Regular],
}

const fn merchant(
    statement: &'static str,
    name: &'static str,
    category: (&'static str, &'static str),
    range: (i64, i64),
    weight: i64,
) -> Merchant {
    Merchant { statement, name, category, least: range.0, most: range.1, weight }
}

const fn regular(payment: Merchant, every: u32, last: u32) -> Regular {
    Regular { payment, every, last }
}

impl Country {
    fn lists(self) -> &'static Lists {
        match self {
            Self::Australia => &australia::LISTS,
            Self::America => &america::LISTS,
        }
    }
}

impl Merchant {
    /// An amount of this kind.
    pub(super) fn amount(&self, ids: &mut Ids) -> Cents {
        Cents(ids.between(self.least, self.most))
    }

    /// Whether a card can be used for it.
    fn takes_cards(&self) -> bool {
        self.most < 0 && !self.name.is_empty()
    }
}

/// Draws a payment in proportion to the weights, including pay.
pub(super) fn draw(country: Country, kind: AccountKind, ids: &mut Ids) -> &'static Merchant {
    let income = if kind == AccountKind::Transaction { country.lists().income } else { &[] };
    pick(choices(country, kind).chain(income), ids)
}

/// Draws a payment other than pay, which comes regularly.
pub(super) fn draw_purchase(country: Country, kind: AccountKind, ids: &mut Ids) -> &'static Merchant {
    pick(choices(country, kind), ids)
}

/// Regular payments.
pub(super) fn regulars(country: Country, kind: AccountKind) -> &'static [Regular] {
    match kind {
        AccountKind::Transaction => country.lists().regular,
        AccountKind::Savings => &[],
        AccountKind::CreditCard => country.lists().card,
    }
}

fn choices(country: Country, kind: AccountKind) -> impl Iterator<Item = &'static Merchant> + Clone {
    let lists = country.lists();
    let list = if kind == AccountKind::Savings { lists.savings } else { lists.everyday };
    list.iter().filter(move |merchant| kind != AccountKind::CreditCard || merchant.takes_cards())
}

fn pick(choices: impl Iterator<Item = &'static Merchant> + Clone, ids: &mut Ids) -> &'static Merchant {
    let mut ticket = ids.between(0, choices.clone().map(|merchant| merchant.weight).sum::<i64>() - 1);
    let mut drawn = &FALLBACK;
    for merchant in choices {
        drawn = merchant;
        if ticket < merchant.weight {
            break;
        }
        ticket -= merchant.weight;
    }
    drawn
}

/// Drawn only from an empty list.
static FALLBACK: Merchant = merchant("PURCHASE", "", ("", ""), (-1_000, -100), 1);
