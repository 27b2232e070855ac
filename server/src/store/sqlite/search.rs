//! What a search looks through.
//!
//! Owns which texts of a transaction those are, and the function that migrations bring them up to date with. Must
//! not know how texts are compared: `folding` does.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::store::Result;

/// The texts as they are compared, a line each: no folded text has a line break in it, so that nothing is found
/// across two of them.
pub(super) fn text(description: Option<&str>, merchant: Option<&str>, reference: Option<&str>) -> String {
    [description, merchant, reference].into_iter().flatten().map(folding::fold).collect::<Vec<_>>().join("\n")
}

/// Makes `search_text(description, merchant, reference)` known to the statements of migrations.
pub(super) fn add_function(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("search_text", 3, flags, |texts| {
        let [description, merchant, reference] =
            [texts.get::<Option<String>>(0)?, texts.get::<Option<String>>(1)?, texts.get::<Option<String>>(2)?];
        Ok(text(description.as_deref(), merchant.as_deref(), reference.as_deref()))
    })?;
    Ok(())
}
