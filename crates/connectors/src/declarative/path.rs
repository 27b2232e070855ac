//! The path of a value in a body.
//!
//! Owns the notation of paths and following them. Must not know the meaning of a value.
//!
//! `data.amount` goes from member to member, `data.items[]` through the elements of a list. In an item, a path begins
//! at the item; after `$.` it begins at the body.

use serde_json::value::RawValue;

use crate::json::{self, Document};
use crate::understood::Understood;

/// The body, in a path.
const BODY: &str = "$";

/// One path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    from_body: bool,
    steps: Vec<Step>,
}

/// A step from an object to one of its members, or to all elements of a list member.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: String,
    through_list: bool,
}

/// Alternative paths: the first that leads to a value counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths(pub(super) Vec<Path>);

/// What paths are followed in: an item and its body.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'a> {
    pub(super) item: &'s Document<'a>,
    pub(super) body: &'s Document<'a>,
}

/// A value, with the name that messages use if it has no id.
pub(super) struct Place<'a> {
    pub(super) name: String,
    pub(super) raw: &'a RawValue,
}

impl Path {
    /// Reads a path; the error describes the problem.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (from_body, rest) = match text.strip_prefix(BODY) {
            Some("") => return Ok(Self { from_body: true, steps: vec![] }),
            Some(rest) => (true, rest.strip_prefix('.').ok_or("a dot is missing after $")?),
            None => (false, text),
        };
        let steps: Vec<Step> = rest.split('.').map(Step::parse).collect::<Result<_, _>>()?;
        if steps.len() > json::MAX_DEPTH {
            return Err("it goes deeper than bodies may be nested");
        }
        Ok(Self { from_body, steps })
    }

    /// Whether it goes through a list.
    pub(super) fn is_of_list(&self) -> bool {
        self.steps.iter().any(|step| step.through_list)
    }

    /// The values at the path, in order; `None` if it leads nowhere.
    fn follow<'a>(&self, scope: Scope<'_, 'a>) -> Understood<Option<Vec<Place<'a>>>> {
        let start = if self.from_body { scope.body } else { scope.item };
        let Some(last) = self.steps.last() else { return Ok(None) };
        let Some(found) = values(start, &self.steps)? else { return Ok(None) };
        let place = |(index, raw)| {
            let name = if self.is_of_list() { format!("{}[{index}]", last.name) } else { last.name.clone() };
            Place { name, raw }
        };
        Ok(Some(found.into_iter().enumerate().map(place).collect()))
    }
}

/// The values that steps lead to. A present list leads somewhere even if it is empty.
fn values<'a>(object: &Document<'a>, steps: &[Step]) -> Understood<Option<Vec<&'a RawValue>>> {
    let Some((step, rest)) = steps.split_first() else { return Ok(None) };
    let Some(found) = step.values(object) else { return Ok(None) };
    if rest.is_empty() {
        return Ok(Some(found));
    }
    let mut all = if step.through_list { Some(vec![]) } else { None };
    for raw in found {
        let Some(object) = Document::open(raw)? else { continue };
        if let Some(further) = values(&object, rest)? {
            all.get_or_insert_default().extend(further);
        }
    }
    Ok(all)
}

impl Step {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, through_list) = match text.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (text, false),
        };
        if name.is_empty() {
            return Err("a name in it is empty");
        }
        if name.contains(['[', ']', '$', '{', '}'])
            || name.chars().any(|char| char.is_whitespace() || char.is_control())
        {
            return Err("a name in it has a bracket, a brace, a blank or $");
        }
        Ok(Self { name: name.to_owned(), through_list })
    }

    /// The member's value, or the elements of its list; `None` if the member is absent or not a list.
    fn values<'a>(&self, object: &Document<'a>) -> Option<Vec<&'a RawValue>> {
        match self.through_list {
            true => object.array(&[self.name.as_str()]),
            false => object.raw(&[self.name.as_str()]).map(|raw| vec![raw]),
        }
    }
}

impl Paths {
    /// The listed objects or values; `None` if no path leads anywhere.
    pub(super) fn places<'a>(&self, body: &Document<'a>, whole: &'a RawValue) -> Understood<Option<Vec<Place<'a>>>> {
        for path in &self.0 {
            if path.steps.is_empty() {
                return Ok(Some(vec![Place { name: "body".to_owned(), raw: whole }]));
            }
            if let Some(places) = path.follow(Scope { item: body, body })? {
                return Ok(Some(places));
            }
        }
        Ok(None)
    }

    /// The first present value.
    pub(super) fn raw<'a>(&self, scope: Scope<'_, 'a>) -> Understood<Option<&'a RawValue>> {
        self.read(scope, Some)
    }

    /// The first present value that `read` can read.
    pub(super) fn read<'a, T>(
        &self,
        scope: Scope<'_, 'a>,
        read: impl Fn(&'a RawValue) -> Option<T>,
    ) -> Understood<Option<T>> {
        for path in &self.0 {
            let places = path.follow(scope)?.unwrap_or_default();
            if let Some(found) = places.into_iter().find_map(|place| read(place.raw)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The first present value, as readable text.
    pub(super) fn words(&self, scope: Scope<'_, '_>) -> Understood<Option<String>> {
        self.read(scope, json::words)
    }

    /// The readable texts along all of the paths, joined with commas.
    pub(super) fn joined(&self, scope: Scope<'_, '_>) -> Understood<Option<String>> {
        let mut found = vec![];
        for path in &self.0 {
            let places = path.follow(scope)?.unwrap_or_default();
            found.extend(places.into_iter().find_map(|place| json::words(place.raw)));
        }
        Ok(if found.is_empty() { None } else { Some(found.join(", ")) })
    }

    /// All readable texts along the first path that leads to something.
    pub(super) fn all_words(&self, scope: Scope<'_, '_>) -> Understood<Vec<String>> {
        for path in &self.0 {
            if let Some(places) = path.follow(scope)? {
                return Ok(places.into_iter().filter_map(|place| json::words(place.raw)).collect());
            }
        }
        Ok(vec![])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body;

    fn names(path: &str, body: &str) -> Option<Vec<String>> {
        let raw = json::read(body.as_bytes()).unwrap();
        let body = body::object(body.as_bytes()).unwrap();
        let paths = Paths(vec![Path::parse(path).unwrap()]);
        let places = paths.places(&body, raw).unwrap()?;
        Some(places.into_iter().map(|place| format!("{} {}", place.name, place.raw.get())).collect())
    }

    #[test]
    fn a_path_goes_from_member_to_member_and_through_lists() {
        let body = r#"{"a":{"b":1,"list":[1,2],"empty":[],"null":null},"rows":[{"x":[3]},{"x":[4,5]},7]}"#;
        for (path, found) in [
            ("a.b", Some(vec!["b 1"])),
            ("$.a.b", Some(vec!["b 1"])),
            ("a.list", Some(vec!["list [1,2]"])),
            ("a.list[]", Some(vec!["list[0] 1", "list[1] 2"])),
            ("rows[].x[]", Some(vec!["x[0] 3", "x[1] 4", "x[2] 5"])),
            ("a.empty[]", Some(vec![])),
            ("a.empty[].x", Some(vec![])),
            ("a.b[]", None),
            ("a.null", None),
            ("a.c", None),
            ("a.b.c", None),
            ("c.d", None),
        ] {
            let found = found.map(|found| found.into_iter().map(str::to_owned).collect());
            assert_eq!(names(path, body), found, "{path}");
        }
        assert_eq!(names("$", "{}"), Some(vec!["body {}".to_owned()]));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b", "a[0]", "a[", "a[].[]", "[]", "$a", "$.", "a b", "{a}", "a.$"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
