//! Connectors that a file declares, in TOML.
//!
//! Owns what such a file may say and a connector that does as it says. Must not read files from a disk, nor know any provider.
//! [`keys::KEYS`] lists what may stand in a file; `docs/connectors.md` explains it.

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
