//! Shared parts of the tests: a server for each, a provider that signs, and a small socket client.

mod app;
mod core_app;
mod cutter;
mod engine;
mod keys;
mod person;
mod polling;
mod provider;
mod socket;

pub(crate) use app::{JWT_SECRET, SERVICE_SECRET, TestApp, code, config, cookie, user_token};
pub(crate) use core_app::{CoreAppDouble, Mood, forwarding};
pub(crate) use cutter::Cutter;
pub(crate) use engine::{Engine, SEPARATOR};
pub(crate) use keys::{KeyServer, SigningKey};
pub(crate) use person::{Person, landing};
pub(crate) use polling::Polling;
pub(crate) use provider::{APIDECK_SECRET, BASIQ_SECRET, Basiq, basiq_body, post};
pub(crate) use socket::Socket;
