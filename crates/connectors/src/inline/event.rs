//! The name of an event.
//!
//! Owns the members that name it and its parsing into a noun and a verb. Must not know the consequences.

use std::fmt;

use crate::json::Document;

/// The longest part of a name that a message repeats, in characters.
const SHOWN: usize = 60;

/// An event's name, for example `accounting.transaction.created`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    name: String,
    /// The parts in lower case, without separators.
    parts: Vec<String>,
}

/// The verb of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It is new or has changed.
    Saved,
    /// It is gone.
    Deleted,
    /// Something else.
    Other,
}

impl Event {
    /// The event that a document names: `event` and its synonyms among senders, last the `type` that Standard Webhooks
    /// recommends for bodies.
    pub(crate) fn read(document: &Document<'_>) -> Option<Self> {
        document.text(&["event", "event_type", "eventType", "eventTypeId", "type"]).map(|name| Self::named(&name))
    }

    /// Parses a name: `noun.verb` with any prefix, or `NOUN_VERB`.
    pub(crate) fn named(name: &str) -> Self {
        let lower = name.trim().to_lowercase();
        let mut parts: Vec<String> = lower.split(['.', ':', '/']).map(str::to_owned).collect();
        if let ([only], Some((noun, verb))) = (parts.as_slice(), lower.rsplit_once(['_', '-']))
            && !only.is_empty()
        {
            parts = vec![noun.to_owned(), verb.to_owned()];
        }
        Self { name: name.trim().chars().filter(|char| !char.is_control()).take(SHOWN).collect(), parts }
    }

    /// The last part: the verb, in lower case.
    pub(crate) fn verb_text(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The second-to-last part in the singular, for example `transaction`.
    pub(crate) fn noun(&self) -> &str {
        let noun = self.parts.iter().rev().nth(1).map_or("", String::as_str);
        noun.strip_suffix('s').unwrap_or(noun)
    }

    /// The verb.
    pub(crate) fn verb(&self) -> Verb {
        match self.verb_text() {
            "created" | "new" | "added" | "imported" | "updated" | "changed" | "modified" | "posted" | "settled"
            | "cleared" | "processed" => Verb::Saved,
            "deleted" | "removed" => Verb::Deleted,
            _ => Verb::Other,
        }
    }

    /// Whether its noun is money that moved. Invoices and bills are money owed.
    pub(crate) fn is_about_transactions(&self) -> bool {
        matches!(self.noun(), "transaction" | "expense" | "payment" | "bill_payment")
    }

    /// Whether the name begins with `prefix`, which ends in a dot.
    pub(crate) fn is_under(&self, prefix: &str) -> bool {
        self.name.to_lowercase().starts_with(prefix)
    }

    /// Whether the event only tests the address: its name has `test` or `ping` as one of its parts (`ping`,
    /// `webhook.test`, `test.message`). No provider uses these words for anything else.
    pub(crate) fn is_test(&self) -> bool {
        self.parts.iter().any(|part| part == "test" || part == "ping")
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_by_its_end() {
        for name in
            ["transaction.created", "transactions.updated", "accounting.transaction.created", "TRANSACTION_CREATED"]
        {
            let event = Event::named(name);
            assert!(event.is_about_transactions(), "{name}");
            assert_eq!(event.verb(), Verb::Saved, "{name}");
        }
        assert_eq!(Event::named("accounting.bill_payment.deleted").noun(), "bill_payment");
        assert_eq!(Event::named("accounting.bill_payment.deleted").verb(), Verb::Deleted);
    }

    #[test]
    fn what_only_looks_like_a_transaction_is_none() {
        for name in ["", ".", "transaction", "created", "transaction.created.failed", "invoice.created"] {
            let event = Event::named(name);
            assert!(!(event.is_about_transactions() && event.verb() == Verb::Saved), "{name}");
        }
    }

    #[test]
    fn tests_are_known_by_a_whole_word() {
        assert!(Event::named("webhook.test").is_test());
        assert!(Event::named("ping").is_test());
        assert!(!Event::named("transaction.tested").is_test());
    }
}
