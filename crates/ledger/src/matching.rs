//! Matches a provider's transactions that no id links.
//!
//! Owns the rule that pairs a pending transaction that is no longer listed with one that is listed under an unknown id:
//! since posted, or pending under the id of the newest refresh. Must not know more of a transaction than its day, its
//! amount and its text.
//!
//! A pair has the same day, amount and text. The remaining rows are paired if one of these changed and there is no
//! other candidate: first with posted ones, then with pending ones, most of which are new. Transactions of the same
//! day, amount and text are interchangeable and count as one candidate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wire::Amount;

/// The members of a transaction that are compared, within one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlinked<'a> {
    /// Its date: RFC 3339 in UTC, of which the first ten characters are the day. Empty if unknown.
    pub date: &'a str,
    /// Its amount; money in never becomes money out.
    pub amount: Amount,
    /// Its description.
    pub text: &'a str,
    /// Its id: the order of otherwise equal transactions.
    pub id: &'a str,
    /// Whether the bank has booked it.
    pub is_posted: bool,
}

/// The result of matching, by the indexes of the input. Each index occurs once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// A pending transaction, and the one that it has become.
    pub pairs: Vec<(usize, usize)>,
    /// Pending ones that are gone.
    pub gone: Vec<usize>,
    /// Unknown ones that are new.
    pub new: Vec<usize>,
}

/// Pairs the pending transactions of an account that a complete run has not listed with the listed unknown ones. The
/// order of the inputs does not matter.
pub fn match_unlinked(pending: &[Unlinked<'_>], unknown: &[Unlinked<'_>]) -> Matching {
    let mut left = Side::of(pending, 0..pending.len());
    let mut others = Side::of(unknown, 0..unknown.len());
    let mut pairs = pair_same(&mut left, &mut others);
    let (posted, still_pending): (Vec<_>, Vec<_>) =
        others.rest().into_iter().partition(|place| unknown[*place].is_posted);
    let mut new = vec![];
    for places in [posted, still_pending] {
        let mut others = Side::of(unknown, places);
        pairs.extend(pair_changed(&mut left, &mut others));
        new.extend(others.rest());
    }
    pairs.sort_unstable();
    new.sort_unstable();
    Matching { pairs, gone: left.rest(), new }
}

/// The compared members; equal ones are interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class<'a> {
    day: &'a str,
    amount: Amount,
    text: &'a str,
}

/// What two transactions have in common if one thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Common<'a> {
    /// The day changed.
    AmountAndText(Amount, &'a str),
    /// The amount changed, but not its direction.
    DayAndText(&'a str, bool, &'a str),
    /// The text changed.
    DayAndAmount(&'a str, Amount),
}

impl<'a> Class<'a> {
    fn of(transaction: &Unlinked<'a>) -> Self {
        let Unlinked { date, amount, text, .. } = *transaction;
        Self { day: date.get(..10).unwrap_or(date), amount, text }
    }

    fn common(self) -> [Common<'a>; 3] {
        let Self { day, amount, text } = self;
        // A hold of zero counts as money out.
        let is_in = !amount.is_negative() && !amount.is_zero();
        [Common::AmountAndText(amount, text), Common::DayAndText(day, is_in, text), Common::DayAndAmount(day, amount)]
    }
}

/// The unpaired transactions of one of the two sides.
struct Side<'a> {
    /// Each class's transactions in the order of their dates: date and index.
    classes: BTreeMap<Class<'a>, VecDeque<(&'a str, usize)>>,
    /// The classes that share something.
    by_common: BTreeMap<Common<'a>, BTreeSet<Class<'a>>>,
}

impl<'a> Side<'a> {
    /// The transactions at some indexes.
    fn of(transactions: &[Unlinked<'a>], places: impl IntoIterator<Item = usize>) -> Self {
        let mut sorted: Vec<_> = places.into_iter().map(|place| (transactions[place], place)).collect();
        sorted.sort_unstable();
        let mut side = Self { classes: BTreeMap::new(), by_common: BTreeMap::new() };
        for (transaction, place) in sorted {
            let class = Class::of(&transaction);
            side.classes.entry(class).or_default().push_back((transaction.date, place));
            for common in class.common() {
                side.by_common.entry(common).or_default().insert(class);
            }
        }
        side
    }

    fn count(&self, class: Class<'a>) -> usize {
        self.classes.get(&class).map_or(0, VecDeque::len)
    }

    /// Takes some transactions of a class, the earliest first.
    fn take(&mut self, class: Class<'a>, count: usize) -> Vec<usize> {
        let members = self.classes.get_mut(&class);
        let taken = members.into_iter().flat_map(|members| members.drain(..count.min(members.len())));
        let taken = taken.map(|(_, place)| place).collect();
        self.forget_if_empty(class);
        taken
    }

    fn forget_if_empty(&mut self, class: Class<'a>) {
        if self.count(class) == 0 {
            self.classes.remove(&class);
            for common in class.common() {
                if let Some(classes) = self.by_common.get_mut(&common) {
                    classes.remove(&class);
                }
            }
        }
    }

    /// The only class that differs from this one in exactly one thing; `None` if there is none or more than one.
    fn only_candidate(&self, of: Class<'a>) -> Option<Class<'a>> {
        let of_common = |common| self.by_common.get(&common).into_iter().flatten();
        let mut candidates = of.common().into_iter().flat_map(of_common);
        candidates.next().filter(|_| candidates.next().is_none()).copied()
    }

    fn rest(&self) -> Vec<usize> {
        let mut rest: Vec<_> = self.classes.values().flatten().map(|(_, place)| *place).collect();
        rest.sort_unstable();
        rest
    }
}

/// Pairs transactions of the same day, amount and text, starting with those of the same time.
fn pair_same<'a>(pending: &mut Side<'a>, unknown: &mut Side<'a>) -> Vec<(usize, usize)> {
    let mut pairs = vec![];
    let classes: Vec<_> = pending.classes.keys().filter(|class| unknown.count(**class) > 0).copied().collect();
    for class in classes {
        pairs.extend(pair_same_time(pending, unknown, class));
        let count = pending.count(class).min(unknown.count(class));
        pairs.extend(pending.take(class, count).into_iter().zip(unknown.take(class, count)));
    }
    pairs
}

fn pair_same_time<'a>(pending: &mut Side<'a>, unknown: &mut Side<'a>, class: Class<'a>) -> Vec<(usize, usize)> {
    let mut pairs = vec![];
    if let (Some(ones), Some(others)) = (pending.classes.get_mut(&class), unknown.classes.get_mut(&class)) {
        ones.retain(|(date, place)| {
            // Both lists are sorted by date.
            let first = others.partition_point(|(other, _)| other < date);
            let same = others.get(first).is_some_and(|(other, _)| other == date);
            if same && let Some((_, other)) = others.remove(first) {
                pairs.push((*place, other));
            }
            !same
        });
    }
    pending.forget_if_empty(class);
    unknown.forget_if_empty(class);
    pairs
}

/// Pairs transactions with one difference, until no class has an only candidate that others do not claim as well.
fn pair_changed<'a>(pending: &mut Side<'a>, unknown: &mut Side<'a>) -> Vec<(usize, usize)> {
    let mut pairs = vec![];
    loop {
        let before = pairs.len();
        let mut claims: BTreeMap<Class<'a>, Vec<Class<'a>>> = BTreeMap::new();
        for class in unknown.classes.keys() {
            if let Some(candidate) = pending.only_candidate(*class) {
                claims.entry(candidate).or_default().push(*class);
            }
        }
        for (candidate, claimants) in claims {
            let claimed: usize = claimants.iter().map(|class| unknown.count(*class)).sum();
            // It is unknown which of several different ones became the candidate.
            if claimants.len() > 1 && claimed > pending.count(candidate) {
                continue;
            }
            for class in claimants {
                let count = pending.count(candidate).min(unknown.count(class));
                pairs.extend(pending.take(candidate, count).into_iter().zip(unknown.take(class, count)));
            }
        }
        if pairs.len() == before {
            return pairs;
        }
    }
}
