//! Connectors that a TOML file declares.
//!
//! Owns the contents of such a file and a connector that follows it. Must not read files from a disk, nor know any
//! provider. [`keys::KEYS`] lists the keys of a file; `docs/connectors.md` explains it.

mod accounts;
mod content;
mod declaration;
mod events;
pub mod keys;
mod load;
mod parts;
mod path;
mod problem;
mod provider;
mod scheme;
mod takes;
mod times;
mod transactions;
mod values;
mod verifier;

pub use declaration::Declaration;
pub use load::read;
pub use problem::Problem;
