//! The envelope around records.
//!
//! Owns the members of lists and single answers. Must not know the records.

use serde::Serialize;

/// A list.
#[derive(Debug, Serialize)]
pub(in crate::apideck) struct List<T> {
    status_code: u16,
    status: &'static str,
    service: String,
    resource: &'static str,
    operation: &'static str,
    data: Vec<T>,
    meta: Meta,
    links: Links,
}

#[derive(Debug, Serialize)]
struct Meta {
    items_on_page: usize,
    cursors: Cursors,
}

/// The cursors of a page and of its neighbours.
#[derive(Clone, Debug, Serialize)]
pub(in crate::apideck) struct Cursors {
    pub(in crate::apideck) previous: Option<String>,
    pub(in crate::apideck) current: Option<String>,
    pub(in crate::apideck) next: Option<String>,
}

#[derive(Debug, Serialize)]
struct Links {
    previous: Option<String>,
    current: String,
    next: Option<String>,
}

impl<T> List<T> {
    /// A page of a list; `itself` is its address without a cursor.
    pub(in crate::apideck) fn new(
        service: &str,
        resource: &'static str,
        data: Vec<T>,
        cursors: Cursors,
        itself: &str,
    ) -> Self {
        let link = |cursor: &String| format!("{itself}?cursor={cursor}");
        let links = Links {
            previous: cursors.previous.as_ref().map(link),
            current: cursors.current.as_ref().map_or_else(|| itself.to_owned(), link),
            next: cursors.next.as_ref().map(link),
        };
        Self {
            status_code: 200,
            status: "OK",
            service: service.to_owned(),
            resource,
            operation: "all",
            meta: Meta { items_on_page: data.len(), cursors },
            data,
            links,
        }
    }
}

/// A single answer.
#[derive(Debug, Serialize)]
pub(in crate::apideck) struct One<T> {
    status_code: u16,
    status: &'static str,
    service: String,
    resource: &'static str,
    operation: &'static str,
    data: T,
}

impl<T> One<T> {
    pub(in crate::apideck) fn new(service: &str, resource: &'static str, data: T) -> Self {
        Self { status_code: 200, status: "OK", service: service.to_owned(), resource, operation: "one", data }
    }
}
