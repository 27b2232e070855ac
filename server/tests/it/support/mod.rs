//! What the tests share: a server of their own, a provider that signs, and a small socket client.

mod app;
mod core_app;
mod keys;
mod polling;
mod provider;
mod socket;

pub(crate) use app::{SERVICE_SECRET, TestApp, code, config, cookie};
pub(crate) use core_app::{CoreAppDouble, forwarding};
pub(crate) use keys::{KeyServer, SigningKey};
pub(crate) use polling::Polling;
pub(crate) use provider::{APIDECK_SECRET, BASIQ_SECRET, Basiq, basiq_body, post};
pub(crate) use socket::Socket;
