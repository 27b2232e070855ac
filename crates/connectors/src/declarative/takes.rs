//! The values that a key takes.
//!
//! Owns the kinds of values, and how error messages describe each. Must not know any key.

/// The values that a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A text, as described.
    Text(&'static str),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number within these bounds, both included.
    Whole(u16, u16),
    /// `true` or `false`.
    Flag,
    /// A path, or a list of paths; the first that leads to a value counts.
    Paths,
    /// Such paths, in which `[]` after a name goes through a list.
    PathsOfLists,
    /// A text or a list of texts.
    Words,
    /// A table of the file's own names, each with one of these words.
    WordsByName(&'static [&'static str]),
    /// A table of the file's own names, each with a path.
    PathsByName,
    /// A table of this list.
    Table,
}

impl Takes {
    /// What is expected, in words, as in "… is expected".
    pub fn expected(self) -> String {
        match self {
            Self::Text(what) => what.to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Whole(from, to) => format!("a whole number from {from} to {to}"),
            Self::Flag => "true or false".to_owned(),
            Self::Paths => "a path such as data.amount, or a list of paths".to_owned(),
            Self::PathsOfLists => "a path such as data.items[], or a list of paths".to_owned(),
            Self::Words => "a string or a list of strings".to_owned(),
            Self::WordsByName(words) => format!("a table with one of {} for each name", words.join(", ")),
            Self::PathsByName => "a table with a path for each name".to_owned(),
            Self::Table => "a table".to_owned(),
        }
    }
}
