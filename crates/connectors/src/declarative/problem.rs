//! A problem of a file, with its place.
//!
//! Owns the form of a problem. Must not know the keys of a file.

use std::fmt;

/// One problem in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's name as given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The value found and the one expected.
    pub what: String,
}

impl Problem {
    /// A problem at a byte offset of a file's text.
    pub(super) fn at(file: &str, text: &str, offset: usize, what: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_begins = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before.get(line_begins..).unwrap_or_default().chars().count() + 1;
        Self { file: file.to_owned(), line: before.matches('\n').count() + 1, column, what }
    }
}

impl fmt::Display for Problem {
    /// `connectors/acme.toml:12:8: …`, the notation of compilers and editors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, what } = self;
        write!(f, "{file}:{line}:{column}: {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_character_in_it() {
        let text = "a = 1\nbü = \"x\"\n";
        for (offset, place) in [(0, (1, 1)), (4, (1, 5)), (6, (2, 1)), (9, (2, 3)), (text.len(), (3, 1)), (99, (3, 1))]
        {
            let problem = Problem::at("a.toml", text, offset, String::new());
            assert_eq!((problem.line, problem.column), place, "{offset}");
        }
        assert_eq!(Problem::at("c/a.toml", text, 9, "it is wrong".to_owned()).to_string(), "c/a.toml:2:3: it is wrong");
    }
}
