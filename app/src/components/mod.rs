//! The parts that pages are made of.

pub(crate) mod accounts;
pub(crate) mod alert;
pub(crate) mod badge;
pub(crate) mod banner;
mod days;
pub(crate) mod filters;
pub(crate) mod header;
pub(crate) mod highlights;
pub(crate) mod keyed;
mod older;
mod parts;
pub(crate) mod row;
pub(crate) mod search;
pub(crate) mod summary;
pub(crate) mod toaster;
pub(crate) mod transactions;
pub(crate) mod wordmark;
