//! The meaning of a delivery for the store.
//!
//! Owns the conversion of the provider's interpretation into the store's terms. Must not store it.

use connectors::{Authentic, Malformed, Meaning, Provider, StoredDelivery};
use jiff::Timestamp;
use ledger::Change;

use crate::store::{Content, NewDelivery};
use crate::telemetry::spans::Arrival;

/// How far ahead of this server's clock a report's time may be, in milliseconds: a local time without an offset is up
/// to 14 hours off.
const CLOCK_SKEW: i64 = 24 * 3_600_000;

/// Interprets an authentic delivery.
pub(super) fn understand(provider: &dyn Provider, delivery: Authentic<'_>, now: Timestamp) -> Content {
    match provider.understand(delivery) {
        Ok(Meaning::Changes { connection_id, changes, rejected }) => {
            let changes = changes.into_iter().map(|change| without_future(change, now)).collect();
            Content::Changes { connection_id, changes, rejected }
        }
        Ok(Meaning::UserChanges { provider_user, changes }) => {
            let changes = changes.into_iter().map(|change| without_future(change, now)).collect();
            Content::UserChanges { provider_user, changes }
        }
        // It is quarantined if the connector cannot fetch, so that it can be applied once fetching is configured.
        Ok(Meaning::Fetch { event, .. }) if provider.fetch().is_none() => Content::Kept(Meaning::not_fetched(&event)),
        Ok(Meaning::Fetch { connection_id: Some(connection_id), wanted, .. }) => {
            Content::Fetch { connection_id, request: wanted.into() }
        }
        Ok(Meaning::Fetch { event, .. }) => Content::Kept(format!("{event} names no connection")),
        Ok(Meaning::Nothing) => Content::Nothing,
        Ok(Meaning::NotUnderstood(reason)) => Content::Kept(reason),
        Err(Malformed(reason)) => Content::Malformed(reason),
    }
}

/// Interprets a stored delivery again, with the current configuration.
pub(super) fn understood_again(provider: &dyn Provider, delivery: StoredDelivery, now: Timestamp) -> NewDelivery {
    let content = understand(provider, delivery.authentic(), now);
    let (connector, delivery) = (provider.description().into(), delivery.into());
    NewDelivery { connector, delivery, content, register: None, arrived: Arrival::now() }
}

/// Removes the time of a report from the future, which would be newer than every later report: its arrival decides
/// instead.
fn without_future(change: Change, now: Timestamp) -> Change {
    let latest = now.as_millisecond().saturating_add(CLOCK_SKEW);
    Change { version: change.version.filter(|version| *version <= latest), ..change }
}

#[cfg(test)]
mod tests {
    use connectors::{Headers, Registry, Settings};

    use super::*;

    fn content(body: &str, now: &str) -> Content {
        let registry = Registry::new(&Settings::default());
        let provider = registry.get("basiq").expect("a provider");
        let stored = StoredDelivery::new(Headers::default(), body.as_bytes().to_vec(), String::new());
        understand(provider.as_ref(), stored.authentic(), now.parse().expect("a time"))
    }

    #[test]
    fn a_time_in_the_future_orders_nothing() {
        let body = r#"{"event":"balance.updated","connectionId":"c1","timestamp":"2026-11-20T10:05:00Z","data":{"accountId":"a1","balance":1}}"#;
        for (now, version) in [
            ("2026-11-20T10:05:01Z", Some(1_795_169_100_000)),
            ("2026-11-19T20:05:00Z", Some(1_795_169_100_000)),
            ("2026-11-19T10:04:59Z", None),
        ] {
            let Content::Changes { changes, .. } = content(body, now) else { panic!("changes") };
            assert_eq!(changes[0].version, version, "{now}");
        }
    }

    #[test]
    fn a_notification_is_quarantined_where_its_provider_cannot_be_asked() {
        let body = r#"{"eventTypeId":"transactions.updated","links":{"eventEntity":"https://au-api.basiq.io/users/u/transactions?filter=connection.id.eq('c')"}}"#;
        let Content::Kept(reason) = content(body, "2026-11-20T10:05:00Z") else { panic!("quarantined") };
        assert_eq!(reason, Meaning::not_fetched("transactions.updated"));
    }
}
