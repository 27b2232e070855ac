//! A row in the binary format of PostgreSQL's `COPY`. The rows of both databases are also compared in this format.
//!
//! Owns that format: <https://www.postgresql.org/docs/15/sql-copy.html>. Must not know a table.

/// The start of a stream of rows: a signature, no flags, and no extension.
pub(in crate::store) const HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// The end of a stream of rows.
pub(in crate::store) const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// The length of `NULL`.
const NULL: i32 = -1;

/// Begins a row.
pub(in crate::store) fn begin(row: &mut Vec<u8>, columns: usize) {
    let columns = i16::try_from(columns).unwrap_or(i16::MAX);
    row.extend_from_slice(&columns.to_be_bytes());
}

/// Appends a column's value, at most 2 GiB long; `None` is `NULL`.
pub(in crate::store) fn push(row: &mut Vec<u8>, value: Option<&[u8]>) {
    let length = value.map_or(NULL, |value| i32::try_from(value.len()).unwrap_or(i32::MAX));
    row.extend_from_slice(&length.to_be_bytes());
    row.extend_from_slice(value.unwrap_or_default());
}

/// The length of the row at the start of `bytes`; nothing if the row is incomplete, or if the stream ends there.
pub(in crate::store) fn length(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    for _ in 0..columns(bytes)? {
        at = value(bytes, at)?.1;
    }
    Some(at)
}

/// The values of a row; `None` stands for `NULL`.
pub(in crate::store) fn values(row: &[u8]) -> Vec<Option<&[u8]>> {
    let mut at = 2;
    let mut values = Vec::new();
    while let Some((value, end)) = value(row, at) {
        values.push(value);
        at = end;
    }
    values
}

fn columns(bytes: &[u8]) -> Option<u16> {
    let columns = i16::from_be_bytes(bytes.first_chunk().copied()?);
    u16::try_from(columns).ok()
}

/// The value at a position, and the position of the next one.
fn value(bytes: &[u8], at: usize) -> Option<(Option<&[u8]>, usize)> {
    let length = i32::from_be_bytes(bytes.get(at..)?.first_chunk().copied()?);
    let at = at + 4;
    let Ok(length) = usize::try_from(length) else { return Some((None, at)) };
    Some((Some(bytes.get(at..at + length)?), at + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written_and_only_once_it_is_whole() {
        let expected = [Some(&b"one"[..]), None, Some(b"")];
        let mut row = Vec::new();
        begin(&mut row, expected.len());
        expected.iter().for_each(|value| push(&mut row, *value));
        assert_eq!(values(&row), expected);
        for end in 0..row.len() {
            assert_eq!(length(&row[..end]), None, "{end}");
        }
        let whole = row.len();
        row.extend_from_slice(&TRAILER);
        assert_eq!((length(&row), length(&row[whole..])), (Some(whole), None));
    }
}
