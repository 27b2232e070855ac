//! The texts about a connection.
//!
//! Owns the words for each status, each kind of failure and each outcome of a consent page. Must not show them.

use wire::SyncErrorKind;
use wire::api::{Account, Connection, ConnectorStatus};

use crate::format::count;
use crate::page::ConnectOutcome;

/// At most this many accounts are named by their last digits.
const NAMED: usize = 4;

/// A connection's status: how urgent it is, for style sheets, and the words.
pub(super) fn status(status: &str) -> (&'static str, &'static str) {
    match status {
        "active" => ("good", "Connected"),
        "pending" => ("busy", "Waiting for the bank"),
        "invalid" => ("late", "Bank sign-in needed"),
        "revoked" => ("away", "Consent ended"),
        "deleted" => ("away", "Removed at the bank"),
        _ => ("busy", "Unknown"),
    }
}

/// Whether reconnecting helps.
pub(super) fn wants_reconnecting(connection: &Connection) -> bool {
    let failed = connection.last_error.as_ref().map(|error| error.kind);
    matches!(connection.status.as_str(), "invalid" | "revoked") || failed == Some(SyncErrorKind::Consent)
}

/// The failure, and the remedy. `again`: the time of the next attempt, if it is known and in the future.
pub(super) fn failure(kind: SyncErrorKind, again: Option<String>, can_reconnect: bool) -> String {
    let sentence = match (kind, again) {
        (SyncErrorKind::Temporary, Some(again)) => return format!("The last sync failed. We try again at {again}."),
        (SyncErrorKind::Temporary, None) => "The last sync failed. We're trying again now.",
        (SyncErrorKind::Consent, _) if can_reconnect => "The bank needs your consent again. Reconnect to continue.",
        (SyncErrorKind::Consent, _) => "The bank needs your consent again. Ask your administrator to reconnect it.",
        (SyncErrorKind::Configuration, _) => "Your administrator needs to check this connection's settings.",
        (SyncErrorKind::Gone, _) => "The bank no longer has this connection. Remove it, or connect the bank again.",
    };
    sentence.to_owned()
}

/// `3 accounts · ending 4420, 9036`.
pub(super) fn accounts(accounts: &[&Account]) -> String {
    if accounts.is_empty() {
        return "No accounts yet".to_owned();
    }
    let digits: Vec<&str> = accounts.iter().filter_map(|account| account.last_digits.as_deref()).collect();
    let number = count(accounts.len(), "account", "accounts");
    let named = digits.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match digits.len().saturating_sub(NAMED) {
        _ if digits.is_empty() => number,
        0 => format!("{number} · ending {named}"),
        more => format!("{number} · ending {named} and {more} more"),
    }
}

/// The outcome of a visit to a consent page: whether it succeeded, and one sentence. `None` for unknown codes, because
/// an address can be forged.
pub(super) fn outcome(outcome: &ConnectOutcome, connectors: &[ConnectorStatus]) -> Option<(bool, String)> {
    if let Some(problem) = &outcome.problem {
        let sentence = match problem.as_str() {
            "expired" => "Connecting took too long, so no bank was connected. Start again.",
            "refused" => "No bank was connected, because you didn't give your consent.",
            "failed" => "The bank could not be connected. Try again, or ask your administrator.",
            "unavailable" => "The bank can't be reached right now. Try again in a few minutes.",
            _ => return None,
        };
        return Some((false, sentence.to_owned()));
    }
    let connected = outcome.connected.as_ref()?;
    let connector = connectors.iter().find(|connector| connector.id == *connected)?;
    Some((true, format!("Connected through {}. Transactions will appear in a moment.", connector.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_words_and_no_code_is_shown() {
        for (code, words) in [
            ("active", "Connected"),
            ("pending", "Waiting for the bank"),
            ("invalid", "Bank sign-in needed"),
            ("revoked", "Consent ended"),
            ("deleted", "Removed at the bank"),
            ("<b>", "Unknown"),
        ] {
            assert_eq!(status(code).1, words);
        }
    }

    #[test]
    fn every_failure_says_what_to_do() {
        let said = |kind, again: Option<&str>, can_reconnect| failure(kind, again.map(str::to_owned), can_reconnect);
        let temporary = said(SyncErrorKind::Temporary, Some("14:05"), false);
        assert_eq!(temporary, "The last sync failed. We try again at 14:05.");
        assert!(said(SyncErrorKind::Temporary, None, false).ends_with("trying again now."));
        assert!(said(SyncErrorKind::Consent, None, true).ends_with("Reconnect to continue."));
        assert!(said(SyncErrorKind::Consent, None, false).contains("administrator"), "there is no button to point at");
        assert!(said(SyncErrorKind::Configuration, None, true).starts_with("Your administrator needs to check"));
        assert!(said(SyncErrorKind::Gone, None, true).contains("Remove it"));
    }

    #[test]
    fn accounts_are_counted_and_known_by_their_last_digits() {
        let account = |digits: Option<&str>| {
            let digits = digits.map(|digits| format!(r#","lastDigits":"{digits}""#)).unwrap_or_default();
            let json = format!(
                r#"{{"accountId":"a","connectorId":"basiq","connectionId":"c","name":"n","currency":"AUD","updatedAt":""{digits}}}"#
            );
            serde_json::from_str::<Account>(&json).expect("an account")
        };
        let told = |digits: &[Option<&str>]| {
            let all: Vec<Account> = digits.iter().copied().map(account).collect();
            accounts(&all.iter().collect::<Vec<_>>())
        };
        assert_eq!(told(&[]), "No accounts yet");
        assert_eq!(told(&[None]), "1 account");
        assert_eq!(told(&[Some("4420"), None, Some("9036")]), "3 accounts · ending 4420, 9036");
        let many = [Some("1"), Some("2"), Some("3"), Some("4"), Some("5"), Some("6")];
        assert_eq!(told(&many), "6 accounts · ending 1, 2, 3, 4 and 2 more");
    }

    #[test]
    fn nothing_is_said_in_an_addresss_own_words() {
        let connectors = [ConnectorStatus {
            id: "basiq".to_owned(),
            name: "Basiq".to_owned(),
            connector_type: "bank".to_owned(),
            configured: true,
            webhook_path: String::new(),
            capabilities: vec![],
            connect_path: None,
        }];
        let said = |connected: Option<&str>, problem: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            outcome(&ConnectOutcome { connected: own(connected), problem: own(problem) }, &connectors)
        };
        assert!(said(Some("basiq"), None).is_some_and(|(is_good, text)| is_good && text.contains("Basiq")));
        for code in ["expired", "refused", "failed", "unavailable"] {
            assert!(said(None, Some(code)).is_some_and(|(is_good, _)| !is_good), "{code}");
        }
        for odd in [(None, None), (Some("Your%20password"), None), (None, Some("Call+us"))] {
            assert_eq!(said(odd.0, odd.1), None);
        }
    }
}
