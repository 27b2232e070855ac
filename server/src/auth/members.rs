//! A JSON object, such as a token's header or claims: names are unique, and values are parsed when they are used.
//!
//! Owns the refusal of duplicate names (RFC 7515, 4; RFC 7519, 4): parsers disagree on which of the two counts. Must
//! not know any name.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object. A value is parsed when it is used.
#[derive(Debug)]
pub(super) struct Members(BTreeMap<String, Box<RawValue>>);

/// A value does not have the type that its use needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongType;

impl Members {
    /// Reads an object; `None` if the bytes are not an object, or a name occurs twice.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether there is a member with this name, even if it is `null`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A member's value. `null` counts as absent.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, WrongType> {
        self.0.get(name).map_or(Ok(None), |value| serde_json::from_str(value.get()).map_err(|_| WrongType))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueNames)
    }
}

struct UniqueNames;

impl<'de> Visitor<'de> for UniqueNames {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with unique names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name comes twice"));
            }
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused_also_where_it_is_written_differently() {
        for twice in [r#"{"sub":"a","sub":"b"}"#, r#"{"sub":"a","\u0073ub":"a"}"#, r#"{"a":1,"b":2,"a":null}"#] {
            assert!(Members::read(twice.as_bytes()).is_none(), "{twice}");
        }
        assert!(Members::read(br#"{"a":{"sub":1},"sub":2}"#).is_some());
    }

    #[test]
    fn only_a_value_that_is_asked_for_has_a_type() {
        let members = Members::read(br#"{"exp":1.5,"sub":{},"id":null}"#).expect("an object");
        assert_eq!(members.get::<f64>("exp"), Ok(Some(1.5)));
        assert_eq!(members.get::<String>("sub"), Err(WrongType));
        assert_eq!((members.get::<String>("id"), members.get::<String>("none")), (Ok(None), Ok(None)));
        assert!(members.has("id") && !members.has("none"));
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for other in ["", "[]", "null", "\"a\"", "{", "{}{}", "\u{feff}{}", "{\"a\":NaN}", "{'a':1}"] {
            assert!(Members::read(other.as_bytes()).is_none(), "{other}");
        }
        assert!(Members::read(b"{\"a\":\"\xff\"}").is_none(), "not UTF-8");
    }
}
