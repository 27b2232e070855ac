//! The query of a list.
//!
//! Owns limit, cursor and filters. Must not know the records.

use axum::extract::Query;
use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::apideck::error::ApiError;
use crate::apideck::record::{Record, RecordKind};

/// The parameters of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListQuery {
    /// The size of a page; 20 by default, 200 at most.
    pub(super) limit: usize,
    /// The position after which the page begins.
    pub(super) after: u64,
    /// The cursor as received.
    pub(super) cursor: Option<String>,
    updated_since: Option<Timestamp>,
    status: Option<String>,
    type_name: Option<String>,
}

impl ListQuery {
    /// Reads the query of a list of this resource.
    pub(super) fn read(uri: &Uri, resource: &str) -> Result<Self, ApiError> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| ApiError::BAD_REQUEST)?;
        let mut query = Self { limit: 20, after: 0, cursor: None, updated_since: None, status: None, type_name: None };
        for (name, value) in pairs {
            match name.as_str() {
                "limit" => query.limit = read_limit(&value)?,
                "cursor" => {
                    query.after = read_cursor(&value, resource)?;
                    query.cursor = Some(value);
                }
                "filter[updated_since]" => {
                    query.updated_since = Some(value.parse().map_err(|_| ApiError::BAD_REQUEST)?);
                }
                "filter[status]" => query.status = Some(value),
                "filter[type]" => query.type_name = Some(value),
                name if name.starts_with("filter[") => return Err(ApiError::BAD_FILTER),
                _ => {}
            }
        }
        Ok(query)
    }

    /// Whether a record passes the filters.
    pub(super) fn takes(&self, record: &Record, kind: RecordKind) -> bool {
        record.serial > self.after
            && self.updated_since.is_none_or(|since| record.updated_at >= since)
            && self.status.as_deref().is_none_or(|status| record.status.word(kind) == status)
            && self.type_name.as_deref().is_none_or(|name| record.type_name == name)
    }
}

/// The cursor after a position.
pub(super) fn cursor(resource: &str, place: u64) -> String {
    STANDARD.encode(format!("{resource}::after::{place}"))
}

fn read_cursor(text: &str, resource: &str) -> Result<u64, ApiError> {
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place =
        decoded.as_deref().and_then(|text| text.strip_prefix(resource)?.strip_prefix("::after::")?.parse().ok());
    place.ok_or(ApiError::BAD_CURSOR)
}

fn read_limit(text: &str) -> Result<usize, ApiError> {
    text.parse().ok().filter(|limit| (1..=200).contains(limit)).ok_or(ApiError::BAD_REQUEST)
}
