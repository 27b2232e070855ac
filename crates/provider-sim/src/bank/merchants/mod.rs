//! What people spend and earn.
//!
//! Owns drawing from the lists of the countries. Must not know accounts or providers.

mod america;
mod australia;

use super::cents::Cents;
use crate::ids::Ids;

/// Where people spend.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Country {
    Australia,
    America,
}

/// A kind of payment.
#[derive(Debug)]
pub(super) struct Merchant {
    /// As a bank's statement says it.
    pub(super) statement: &'static str,
    /// The business; empty where no business is paid.
    pub(super) name: &'static str,
    /// Its category as the country's provider names it: a code and a title, or a group and one of its members.
    pub(super) category: (&'static str, &'static str),
    least: i64,
    most: i64,
    weight: i64,
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

/// Draws a payment in proportion to the weights.
pub(super) fn draw(country: Country, ids: &mut Ids) -> (&'static Merchant, Cents) {
    let merchants: &'static [Merchant] = match country {
        Country::Australia => &australia::MERCHANTS,
        Country::America => &america::MERCHANTS,
    };
    let mut ticket = ids.between(0, merchants.iter().map(|merchant| merchant.weight).sum::<i64>() - 1);
    let mut drawn = &merchants[0];
    for merchant in merchants {
        drawn = merchant;
        if ticket < merchant.weight {
            break;
        }
        ticket -= merchant.weight;
    }
    let cents = ids.between(drawn.least, drawn.most);
    (drawn, Cents(cents))
}
