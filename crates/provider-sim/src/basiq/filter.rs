//! Basiq's filters.
//!
//! Owns reading `object.property.condition('value')`, joined by commas that mean "and", and choosing rows by it
//! (<https://api.basiq.io/docs/collections-filters>). Must not know HTTP.

use jiff::civil::Date;

use super::row::Row;
use crate::bank::{Connection, Payment};

/// A filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter(Vec<Condition>);

/// One condition of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) property: String,
    pub(super) verb: String,
    pub(super) values: Vec<String>,
}

impl Filter {
    /// Reads a filter; `None` if it has another form.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut conditions = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (condition, after) = read_condition(rest)?;
            conditions.push(condition);
            rest = match after.trim_start().strip_prefix(',') {
                Some(more) if !more.trim().is_empty() => more.trim_start(),
                Some(_) => return None,
                None if after.trim().is_empty() => "",
                None => return None,
            };
        }
        Some(Self(conditions))
    }

    pub(super) fn conditions(&self) -> &[Condition] {
        &self.0
    }

    /// Whether it filters only by `eq` on these properties.
    pub(super) fn asks_only_for(&self, properties: &[&str]) -> bool {
        self.0.iter().all(|condition| condition.verb == "eq" && properties.contains(&condition.property.as_str()))
    }

    /// Whether every condition holds, given the values of the properties.
    pub(super) fn holds<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.0.iter().all(|condition| condition.is(value(&condition.property)))
    }

    /// The connection that it filters by.
    pub(super) fn connection(&self) -> Option<&str> {
        self.0.iter().find(|condition| condition.property == "connection.id")?.values.first().map(String::as_str)
    }

    /// Whether it can be used on transactions.
    pub(super) fn fits_transactions(&self) -> bool {
        self.0.iter().all(|condition| match condition.property.as_str() {
            "transaction.postDate" => condition.is_of_days(),
            // Not documented for lists, but Basiq's own events link to lists with `connection.id`.
            "account.id"
            | "connection.id"
            | "institution.id"
            | "transaction.status"
            | "transaction.direction"
            | "transaction.class" => condition.verb == "eq" && condition.values.len() == 1,
            _ => false,
        })
    }

    /// Whether a row passes it.
    pub(super) fn takes(&self, row: &Row, connection: &Connection) -> bool {
        self.0.iter().all(|condition| {
            let (payment, is) = (&row.payment, |value: &str| condition.is(value));
            match condition.property.as_str() {
                "account.id" => is(&payment.account),
                "connection.id" => is(&row.connection),
                "institution.id" => is(&connection.institution),
                "transaction.status" => is(status(payment)),
                "transaction.direction" => is(direction(payment)),
                "transaction.class" => is(class(payment)),
                // A pending row has no such date, so no comparison with it is true.
                "transaction.postDate" => condition.takes_day(payment),
                _ => false,
            }
        })
    }
}

impl Condition {
    fn is(&self, value: &str) -> bool {
        self.values.first().is_some_and(|wanted| wanted == value)
    }

    fn days(&self) -> Option<Vec<Date>> {
        self.values.iter().map(|value| value.get(..10).unwrap_or(value).parse().ok()).collect()
    }

    fn is_of_days(&self) -> bool {
        let values = if self.verb == "bt" { 2 } else { 1 };
        let verbs = ["eq", "gt", "gteq", "lt", "lteq", "bt"];
        verbs.contains(&self.verb.as_str()) && self.days().is_some_and(|days| days.len() == values)
    }

    fn takes_day(&self, payment: &Payment) -> bool {
        let (Some(posted), Some(days)) = (payment.posted_at(), self.days()) else { return false };
        let day = posted.to_zoned(jiff::tz::TimeZone::UTC).date();
        match (self.verb.as_str(), days.as_slice()) {
            ("eq", [wanted]) => day == *wanted,
            ("gt", [wanted]) => day > *wanted,
            ("gteq", [wanted]) => day >= *wanted,
            ("lt", [wanted]) => day < *wanted,
            ("lteq", [wanted]) => day <= *wanted,
            ("bt", [first, last]) => (*first..=*last).contains(&day),
            _ => false,
        }
    }
}

/// A condition and the rest after it.
fn read_condition(text: &str) -> Option<(Condition, &str)> {
    let (name, rest) = text.split_once('(')?;
    let (property, verb) = name.rsplit_once('.')?;
    let (arguments, after) = rest.split_once(')')?;
    let unquoted = |value: &str| value.trim().strip_prefix('\'')?.strip_suffix('\'').map(str::to_owned);
    let values = arguments.split(',').map(unquoted).collect::<Option<_>>()?;
    Some((Condition { property: property.to_owned(), verb: verb.to_owned(), values }, after))
}

/// `pending` or `posted`.
pub(super) fn status(payment: &Payment) -> &'static str {
    if payment.is_pending() { "pending" } else { "posted" }
}

/// `debit` or `credit`.
pub(super) fn direction(payment: &Payment) -> &'static str {
    if payment.cents.0 < 0 { "debit" } else { "credit" }
}

/// The class of a transaction, by its text.
pub(super) fn class(payment: &Payment) -> &'static str {
    match payment.description.as_str() {
        text if text.starts_with("ATM ") => "cash-withdrawal",
        text if text.starts_with("OSKO ") || text.starts_with("TRANSFER ") => "transfer",
        text if text.starts_with("PAY/") => "direct-credit",
        text if text.starts_with("REFUND ") => "refund",
        _ if payment.cents.0 >= 0 => "direct-credit",
        _ => "payment",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_joined_by_commas_that_are_not_those_between_values() {
        let filter =
            Filter::read("connection.id.eq('c-1'),transaction.postDate.bt('2026-01-28','2026-02-27')").unwrap();
        let read: Vec<_> = filter.0.iter().map(|c| (c.property.as_str(), c.verb.as_str(), c.values.len())).collect();
        assert_eq!(read, [("connection.id", "eq", 1), ("transaction.postDate", "bt", 2)]);
        assert_eq!(filter.connection(), Some("c-1"));
        assert!(filter.fits_transactions());
    }

    #[test]
    fn what_has_another_form_is_no_filter() {
        for text in ["x", "a.eq(1)", "a.b.eq('1'", "a.b.eq('1'),", "a.b.eq('1') OR a.b.eq('2')", "('1')"] {
            assert_eq!(Filter::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_filter_of_another_property_or_verb_does_not_fit_transactions() {
        for text in ["user.id.eq('1')", "account.id.gt('1')", "transaction.postDate.gteq('monday')"] {
            assert!(!Filter::read(text).unwrap().fits_transactions(), "{text}");
        }
    }
}
