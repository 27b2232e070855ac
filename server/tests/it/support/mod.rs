//! What the tests share: a server of their own, a provider that signs, and a small socket client.

mod app;
mod core_app;
mod provider;
mod socket;

pub(crate) use app::{SERVICE_SECRET, TestApp, code, config};
pub(crate) use core_app::{CoreAppDouble, forwarding};
pub(crate) use provider::{APIDECK_SECRET, BASIQ_SECRET, Basiq, basiq_body, post};
pub(crate) use socket::Socket;
