//! The table `signature` of a file.
//!
//! Owns which of its keys belong together. Must not verify anything.

use super::table::Table;
use crate::declarative::content::{Content, Piece};
use crate::declarative::scheme::{Encoding, Place, Scheme, Signature, Stamp};
use crate::declarative::times::Notation;
use crate::error::TOLERANCE_SECONDS;

/// Keys that belong to a scheme with its own signed content.
const OF_CONTENT: [&str; 9] = [
    "part",
    "encoding",
    "content",
    "timestamp-header",
    "timestamp-part",
    "timestamp-format",
    "tolerance",
    "id-header",
    "prefix",
];

/// Reads the table; `None` if it has a problem.
pub(super) fn read(table: Table<'_, '_>) -> Option<Signature> {
    let scheme = Scheme::named(table.word("scheme")?)?;
    let header = header(table, "header");
    if scheme == Scheme::StandardWebhooks {
        refuse(table, &["header"], "which has headers of its own");
    } else if header.is_none() && !table.has("header") {
        table.problem("signature.header is missing; the name of a header is expected");
    }
    if !scheme.has_content() {
        let of_scheme: Vec<&str> =
            OF_CONTENT.into_iter().filter(|key| *key != "prefix" || scheme != Scheme::SharedSecret).collect();
        refuse(table, &of_scheme, "which leaves no choice");
    } else if !table.has("encoding") {
        table.problem("signature.encoding is missing; one of hex, base64 is expected");
    }
    let (content, stamp, id_header) = (content(table), stamp(table), self::header(table, "id-header"));
    if let Some(content) = content.as_ref().filter(|_| scheme.has_content()) {
        check_parts(table, content);
    }
    Some(Signature {
        scheme,
        place: Place { header: header.unwrap_or_default(), part: part(table, "part") },
        prefix: table.text("prefix").map(|found| found.value).unwrap_or_default(),
        encoding: if table.word("encoding") == Some("base64") { Encoding::Base64 } else { Encoding::Hex },
        content: content?,
        stamp,
        id_header,
    })
}

/// Reports keys that have no meaning in the scheme.
fn refuse(table: Table<'_, '_>, names: &[&str], why: &str) {
    let scheme = table.word("scheme").unwrap_or_default();
    for name in names.iter().filter(|name| table.has(name)) {
        table.problem_of(name, format!("signature.{name} has no meaning with signature.scheme = \"{scheme}\", {why}"));
    }
}

/// The signed content; `None` if it has a problem.
fn content(table: Table<'_, '_>) -> Option<Content> {
    let Some(found) = table.text("content") else { return (!table.has("content")).then(Content::default) };
    let read = Content::parse(&found.value);
    read.map_err(|why| {
        let known = "{body}, {timestamp}, {id}, {method} and {path} are known";
        table.problem_of("content", format!("signature.content {why}; {known}"));
    })
    .ok()
}

fn stamp(table: Table<'_, '_>) -> Option<Stamp> {
    let notation = table.word("timestamp-format").and_then(Notation::named);
    let tolerance = table.whole("tolerance").map_or(TOLERANCE_SECONDS, i64::from);
    let place =
        Place { header: header(table, "timestamp-header").unwrap_or_default(), part: part(table, "timestamp-part") };
    if !table.has("timestamp-header") {
        for name in ["timestamp-part", "timestamp-format", "tolerance"].into_iter().filter(|name| table.has(name)) {
            table.problem_of(name, format!("signature.{name} has no meaning without signature.timestamp-header"));
        }
        return None;
    }
    Some(Stamp { place, notation: notation.unwrap_or(Notation::Seconds), tolerance })
}

/// The template and the headers must match: an unsigned time gives no protection.
fn check_parts(table: Table<'_, '_>, content: &Content) {
    if !content.has(&Piece::Body) {
        table.problem_of("content", "signature.content has no {body}: anybody could change it");
    }
    if !table.has("content") && (table.has("timestamp-header") || table.has("id-header")) {
        table.problem("signature.content is missing; a string with {body} and the other signed parts is expected");
        return;
    }
    for (piece, text, key) in [(Piece::Timestamp, "{timestamp}", "timestamp-header"), (Piece::Id, "{id}", "id-header")]
    {
        match (content.has(&piece), table.has(key)) {
            (true, false) => {
                table.problem_of("content", format!("signature.content has {text}, and signature.{key} is missing"));
            }
            (false, true) => {
                table.problem_of(key, format!("signature.{key} is not signed: signature.content has no {text}"));
            }
            _ => {}
        }
    }
}

/// The name of a header, in lower case.
pub(super) fn header(table: Table<'_, '_>, name: &'static str) -> Option<String> {
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let read = |text: &str| text.bytes().all(is_of_names).then(|| text.to_ascii_lowercase());
    table.parsed(name, read).map(|found| found.value)
}

/// The name of a part of a header.
fn part(table: Table<'_, '_>, name: &'static str) -> Option<String> {
    let is_of_parts = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let read = |text: &str| text.bytes().all(is_of_parts).then(|| text.to_owned());
    table.parsed(name, read).map(|found| found.value)
}
