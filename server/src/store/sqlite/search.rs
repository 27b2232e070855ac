//! The text that a search compares.
//!
//! Owns the function with which migrations update it. Must not know which members it contains.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::store::Result;
use crate::store::rows::search_text;

/// Registers `search_text(description, merchant, reference)` for the statements of migrations.
pub(super) fn add_function(connection: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("search_text", 3, flags, |texts| {
        let [description, merchant, reference] =
            [texts.get::<Option<String>>(0)?, texts.get::<Option<String>>(1)?, texts.get::<Option<String>>(2)?];
        Ok(search_text(description.as_deref(), merchant.as_deref(), reference.as_deref()))
    })?;
    Ok(())
}
