//! The simulated providers seen from outside: over HTTP and at the receiver of their webhooks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod apideck_api;
mod apideck_client;
mod apideck_webhooks;
mod basiq_api;
mod basiq_consent;
mod basiq_details;
mod basiq_refresh;
mod client;
mod faults;
mod plaid_client;
mod plaid_link;
mod plaid_sync;
mod plaid_webhooks;
mod receiver;
mod simulation;
mod webhooks;
