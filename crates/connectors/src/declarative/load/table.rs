//! A table of a file, read key by key.
//!
//! Owns the checks that every key has in common, and reporting each problem with its place. Must not know the meaning
//! of a key.

use std::cell::RefCell;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::shown;
use crate::declarative::keys::{self, Key, Takes, joined};
use crate::declarative::path::{Path, Paths};
use crate::declarative::problem::Problem;

/// A file that is being read, and its problems so far.
pub(super) struct File<'t> {
    name: &'t str,
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

/// A table of the file.
#[derive(Clone, Copy)]
pub(super) struct Table<'f, 't> {
    file: &'f File<'t>,
    name: &'static str,
    entries: &'f DeTable<'t>,
    at: usize,
}

/// A value, with its place.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl<'t> File<'t> {
    pub(super) fn new(name: &'t str, text: &'t str) -> Self {
        Self { name, text, problems: RefCell::default() }
    }

    /// The name that the file was given.
    pub(super) fn name(&self) -> &'t str {
        self.name
    }

    /// Reports a problem at a byte offset.
    pub(super) fn problem(&self, at: usize, what: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::at(self.name, self.text, at, what.into()));
    }

    /// Whether there is no problem so far.
    pub(super) fn is_good(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// All problems, from top to bottom.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }
}

impl<'f, 't> Table<'f, 't> {
    /// The file itself as a table.
    pub(super) fn root(file: &'f File<'t>, entries: &'f DeTable<'t>) -> Self {
        let table = Self { file, name: "", entries, at: 0 };
        table.refuse_unknown_keys();
        table
    }

    /// A table inside this one; `None` if absent.
    pub(super) fn table(&self, name: &'static str, path: &'static str) -> Option<Self> {
        let (key, value) = self.value(name)?;
        let DeValue::Table(entries) = value.get_ref() else { return self.refuse(key, value) };
        let table = Self { file: self.file, name: path, entries, at: value.span().start };
        table.refuse_unknown_keys();
        Some(table)
    }

    /// Whether a key is present.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Reports a problem at the table's beginning.
    pub(super) fn problem(&self, what: impl Into<String>) {
        self.file.problem(self.at, what);
    }

    /// Reports a problem at a key's value, or at the table's beginning if the key is absent.
    pub(super) fn problem_of(&self, name: &str, what: impl Into<String>) {
        let at = self.entry(name).map_or(self.at, |value| value.span().start);
        self.file.problem(at, what);
    }

    /// A text.
    pub(super) fn text(&self, name: &'static str) -> Option<Found<String>> {
        let (key, value) = self.value(name)?;
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(found(text.to_string(), value)),
            _ => self.refuse(key, value),
        }
    }

    /// A text that is parsed further; the list of keys says what is expected.
    pub(super) fn parsed<T>(&self, name: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Found<T>> {
        let text = self.text(name)?;
        match parse(&text.value) {
            Some(value) => Some(Found { value, at: text.at }),
            None => {
                let (key, value) = self.value(name)?;
                self.refuse(key, value)
            }
        }
    }

    /// One of the words that the list of keys allows.
    pub(super) fn word(&self, name: &'static str) -> Option<&'static str> {
        let (key, value) = self.value(name)?;
        let Takes::OneOf(words) = key.takes else { return None };
        let word = value.get_ref().as_str().and_then(|text| words.iter().find(|word| **word == text));
        word.copied().or_else(|| self.refuse(key, value))
    }

    /// A whole number within the bounds that the list of keys gives.
    pub(super) fn whole(&self, name: &'static str) -> Option<u16> {
        let (key, value) = self.value(name)?;
        let Takes::Whole(from, to) = key.takes else { return None };
        let digits = value.get_ref().as_integer();
        let number = digits.and_then(|digits| u16::from_str_radix(digits.as_str(), digits.radix()).ok());
        number.filter(|number| (from..=to).contains(number)).or_else(|| self.refuse(key, value))
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &'static str) -> Option<bool> {
        let (key, value) = self.value(name)?;
        value.get_ref().as_bool().or_else(|| self.refuse(key, value))
    }

    /// A text or a list of texts, none of them empty; an empty list if the key is absent.
    pub(super) fn words(&self, name: &'static str) -> Vec<Found<String>> {
        let Some((key, value)) = self.value(name) else { return vec![] };
        self.texts(key, value)
    }

    /// A path or a list of paths; none if the key is absent.
    pub(super) fn paths(&self, name: &'static str) -> Paths {
        let Some((key, value)) = self.value(name) else { return Paths::default() };
        let goes_through_lists = matches!(key.takes, Takes::PathsOfLists);
        let texts = self.texts(key, value);
        Paths(texts.iter().filter_map(|text| self.path(&key.path(), text, goes_through_lists)).collect())
    }

    /// A table of the file's own names, each with a word.
    pub(super) fn words_by_name(&self, name: &'static str) -> Vec<(Found<String>, &'static str)> {
        let Some((key, entries)) = self.names(name) else { return vec![] };
        let Takes::WordsByName(words) = key.takes else { return vec![] };
        let mut all = vec![];
        for (own, value) in entries {
            let word = value.get_ref().as_str().and_then(|text| words.iter().find(|word| **word == text));
            match word {
                Some(word) => all.push((Found { value: own.get_ref().to_string(), at: own.span().start }, *word)),
                None => {
                    let (path, is) = (joined(&key.path(), &shown::name(own.get_ref())), shown::value(value.get_ref()));
                    self.file.problem(
                        value.span().start,
                        format!("{path} is {is}; one of {} is expected", words.join(", ")),
                    );
                }
            }
        }
        all
    }

    /// A table of the file's own names, each with a path.
    pub(super) fn paths_by_name(&self, name: &'static str) -> BTreeMap<String, Paths> {
        let Some((key, entries)) = self.names(name) else { return BTreeMap::new() };
        let mut all = BTreeMap::new();
        for (own, value) in entries {
            let path = joined(&key.path(), &shown::name(own.get_ref()));
            match value.get_ref() {
                DeValue::String(text) => {
                    let read = self.path(&path, &found(text.to_string(), value), false);
                    all.extend(read.map(|read| (own.get_ref().to_string(), Paths(vec![read]))));
                }
                other => {
                    let is = shown::value(other);
                    self.file
                        .problem(value.span().start, format!("{path} is {is}; a path such as data.amount is expected"));
                }
            }
        }
        all
    }

    fn names(&self, name: &'static str) -> Option<(&'static Key, &'f DeTable<'t>)> {
        let (key, value) = self.value(name)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some((key, entries)),
            _ => self.refuse(key, value),
        }
    }

    fn path(&self, name: &str, text: &Found<String>, goes_through_lists: bool) -> Option<Path> {
        let read = Path::parse(&text.value).and_then(|path| match path.is_of_list() {
            true if !goes_through_lists => Err("it goes through a list, but one value is expected"),
            _ => Ok(path),
        });
        read.map_err(|why| {
            let is = shown::text(&text.value);
            self.file.problem(text.at, format!("{name} is {is}, which is not a path here: {why}"));
        })
        .ok()
    }

    fn texts(&self, key: &'static Key, value: &'f Value<'t>) -> Vec<Found<String>> {
        let of_text = |value: &'f Value<'t>| match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(found(text.to_string(), value)),
            _ => self.refuse(key, value),
        };
        match value.get_ref() {
            DeValue::Array(list) if !list.is_empty() => list.iter().filter_map(of_text).collect(),
            _ => of_text(value).into_iter().collect(),
        }
    }

    /// A key of the list with its value; a missing required key is a problem.
    fn value(&self, name: &str) -> Option<(&'static Key, &'f Value<'t>)> {
        let key = keys::key(self.name, name)?;
        let value = self.entry(name);
        if value.is_none() && key.is_needed {
            self.problem(format!("{} is missing; {} is expected", key.path(), key.takes.expected()));
        }
        value.map(|value| (key, value))
    }

    fn entry(&self, name: &str) -> Option<&'f Value<'t>> {
        self.entries.iter().find(|(own, _)| own.get_ref() == name).map(|(_, value)| value)
    }

    /// Reports the value found and the one expected.
    fn refuse<T>(&self, key: &Key, value: &Value<'_>) -> Option<T> {
        let is = shown::value(value.get_ref());
        let what = format!("{} is {is}; {} is expected", key.path(), key.takes.expected());
        self.file.problem(value.span().start, what);
        None
    }

    fn refuse_unknown_keys(&self) {
        for own in self.entries.keys().filter(|own| keys::key(self.name, own.get_ref()).is_none()) {
            let name = own.get_ref();
            let known: Vec<&str> = keys::of_table(self.name).map(|key| key.name).collect();
            let what = match shown::nearest(name, &known) {
                Some(near) => format!("; did you mean {}?", joined(self.name, near)),
                None => format!("; one of {} is expected", known.join(", ")),
            };
            let path = joined(self.name, &shown::name(name));
            self.file.problem(own.span().start, format!("{path} is not a key{what}"));
        }
    }
}

fn found<T>(value: T, of: &Value<'_>) -> Found<T> {
    Found { value, at: of.span().start }
}
