//! Banks that can be connected.
//!
//! Owns their ids and names. Must not know who has connected them.

/// Basiq's test bank, which is its first (`AU00000`), and made-up ones like it.
pub(super) static INSTITUTIONS: [(&str, &str); 3] =
    [("AU00000", "Hooli"), ("AU00901", "Harbour Bank"), ("AU00902", "Southern Mutual")];

/// The id of a bank by its name.
pub(super) fn id_of(name: &str) -> Option<&'static str> {
    INSTITUTIONS.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
}
