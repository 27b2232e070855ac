//! One object of a body, read by the names of its members.
//!
//! Owns looking members up. Must not know any provider's names.

use std::borrow::Cow;

use serde_json::value::RawValue;
use wire::{Amount, AmountError};

use super::{Members, Unreadable, amount, boolean, id, is_absent, text, unescaped, words};
use crate::plain::plain;

/// One object. Absent, `null` and blank strings are equivalent: providers use the three alike (Basiq sends
/// `"transactionDate": ""`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Document<'a>(Vec<Member<'a>>);

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    /// Its name.
    pub(crate) name: Cow<'a, str>,
    /// Its name without case and punctuation.
    pub(crate) plain: Cow<'a, str>,
    /// Its value as received.
    pub(crate) raw: &'a RawValue,
}

impl<'a> Member<'a> {
    fn new(name: &'a RawValue, raw: &'a RawValue) -> Self {
        let name = unescaped(name.get());
        let plain = match &name {
            Cow::Borrowed(name) => plain(name),
            Cow::Owned(name) => Cow::Owned(plain(name).into_owned()),
        };
        Self { name, plain, raw }
    }
}

impl<'a> Document<'a> {
    /// `None` if `raw` is not an object. A name that occurs twice is refused, not resolved: parsers disagree on which
    /// of two amounts counts.
    pub(crate) fn open(raw: &'a RawValue) -> Result<Option<Self>, Unreadable> {
        if !raw.get().starts_with('{') {
            return Ok(None);
        }
        let Members(members) = serde_json::from_str(raw.get()).map_err(|_| Unreadable::NotJson)?;
        let mut members: Vec<_> = members.into_iter().map(|(name, value)| Member::new(name, value)).collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        if members.windows(2).any(|pair| matches!(pair, [one, other] if one.name == other.name)) {
            return Err(Unreadable::DuplicateName);
        }
        Ok(Some(Self(members)))
    }

    /// Whether it has no members at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its members, sorted by name.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member<'a>> {
        self.0.iter()
    }

    /// The present values of `names`, in the order of `names`.
    fn present<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'a RawValue> + 's {
        names.iter().filter_map(|name| self.get(name)).filter(|raw| !is_absent(raw))
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let place = self.0.binary_search_by(|member| member.name.as_ref().cmp(name)).ok()?;
        self.0.get(place).map(|member| member.raw)
    }

    /// The first present member of `names`, whatever its type.
    pub(crate) fn raw(&self, names: &[&str]) -> Option<&'a RawValue> {
        self.present(names).next()
    }

    /// The first of `names` that is an object.
    pub(crate) fn object(&self, names: &[&str]) -> Result<Option<Self>, Unreadable> {
        self.present(names).find(|raw| raw.get().starts_with('{')).map_or(Ok(None), Document::open)
    }

    /// The first of `names` that is an array: its elements.
    pub(crate) fn array(&self, names: &[&str]) -> Option<Vec<&'a RawValue>> {
        let raw = self.present(names).find(|raw| raw.get().starts_with('['))?;
        serde_json::from_str(raw.get()).ok()
    }

    /// The first of `names` that is a string, unchanged.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        self.present(names).find_map(text)
    }

    /// The first present member of `names` as readable text: a string, a number by its digits, or an array of these.
    /// Other values are skipped.
    pub(crate) fn words(&self, names: &[&str]) -> Option<String> {
        self.present(names).find_map(words)
    }

    /// The first of `names` that can be an id.
    pub(crate) fn id(&self, names: &[&str]) -> Option<String> {
        self.present(names).find_map(id)
    }

    /// The first present member of `names`, which must be a number or a string of digits.
    pub(crate) fn amount(&self, names: &[&str]) -> Result<Option<Amount>, AmountError> {
        self.raw(names).map(amount).transpose()
    }

    /// The first of `names` that is `true` or `false`.
    pub(crate) fn flag(&self, names: &[&str]) -> Option<bool> {
        self.present(names).find_map(boolean)
    }
}
