//! One connection.
//!
//! Owns its texts. Its node stays as long as the connection does, whatever changes in it: a button that is used keeps
//! the focus. Must not act.

use leptos::prelude::*;
use wire::api::{Account, Connection, ConnectorStatus};

use super::actions::Actions;
use super::moment::Moment;
use super::removal::Removal;
use super::state::Connections;
use super::wording::{accounts, failure, status, wants_reconnecting};
use crate::calls::ConnectionKey;
use crate::clock::{Clock, local_offset_minutes};
use crate::erased::erased;
use crate::moments::{clock_time, exact, until};

/// A connection's display name: its institution's, else its connector's.
pub(super) fn name_of(connection: &Connection, connectors: &[ConnectorStatus]) -> String {
    connection.institution_name.clone().unwrap_or_else(|| connector_name(&connection.connector_id, connectors))
}

fn connector_name(id: &str, connectors: &[ConnectorStatus]) -> String {
    connectors.iter().find(|connector| connector.id == id).map_or(id, |connector| connector.name.as_str()).to_owned()
}

#[component]
pub(super) fn Card(
    key: ConnectionKey,
    connections: Connections,
    connectors: StoredValue<Vec<ConnectorStatus>>,
    all_accounts: Signal<Vec<Account>>,
    removal: Removal,
) -> impl IntoView {
    let connection = Memo::new({
        let key = key.clone();
        move |_| connections.get(&key)
    });
    let of = move |field: fn(&Connection) -> Option<String>| {
        Signal::derive(move || connection.with(|connection| connection.as_ref().and_then(field)))
    };
    let name = Memo::new(move |_| {
        let name = |it: &Connection| connectors.with_value(|connectors| name_of(it, connectors));
        connection.with(|connection| connection.as_ref().map(name).unwrap_or_default())
    });
    let connector = connectors.with_value(|connectors| connector_name(&key.connector_id, connectors));
    let connect_path = connectors.with_value(|connectors| {
        connectors.iter().find(|connector| connector.id == key.connector_id)?.connect_path.clone()
    });
    let can_reconnect = connect_path.is_some();
    let its_accounts = {
        let key = key.clone();
        move || {
            let is_its =
                |it: &&Account| (&it.connector_id, &it.connection_id) == (&key.connector_id, &key.connection_id);
            all_accounts.with(|all| accounts(&all.iter().filter(is_its).collect::<Vec<_>>()))
        }
    };
    let status_of = Memo::new(move |_| {
        connection.with(|connection| status(connection.as_ref().map_or("", |connection| connection.status.as_str())))
    });
    let connection_id = key.connection_id.clone();
    let can_sync = Memo::new(move |_| connection.with(|it| it.as_ref().is_some_and(|it| it.can_sync)));
    let wants_reconnecting = Memo::new(move |_| connection.with(|it| it.as_ref().is_some_and(wants_reconnecting)));
    view! {
        <li class="connection" data-testid="connection" data-connection-id=connection_id>
            <div class="connection__head">
                <div class="connection__what">
                    <h2 class="connection__name" dir="auto">
                        {name}
                    </h2>
                    <p class="connection__origin">{connector} " · " {its_accounts}</p>
                </div>
                <p
                    class="panel__state"
                    role="status"
                    aria-atomic="true"
                    data-testid="connection-status"
                    data-state=move || status_of.get().0
                >
                    <span>
                        <span class="visually-hidden">{name} ": "</span>
                        {move || status_of.get().1}
                    </span>
                </p>
            </div>
            <dl class="connection__times">
                <div>
                    <dt>"Last event"</dt>
                    <dd>
                        <Moment at=of(|it| it.last_event_at.clone()) absent="None yet" />
                    </dd>
                </div>
                <Show when=move || can_sync.get() fallback=by_webhook>
                    <div>
                        <dt>"Last sync"</dt>
                        <dd>
                            <Moment at=of(|it| it.last_sync_at.clone()) absent="None yet" />
                        </dd>
                    </div>
                    <div>
                        <dt>"Next sync"</dt>
                        <dd>
                            <Moment at=of(|it| it.next_sync_at.clone()) absent="On request" words=until />
                        </dd>
                    </div>
                </Show>
            </dl>
            {problems(connection, can_reconnect)}
            {erased(view! { <Actions key connections connect_path name can_sync wants_reconnecting removal /> })}
        </li>
    }
}

/// Instead of the times of a connection that cannot be synced.
fn by_webhook() -> impl IntoView {
    view! {
        <div>
            <dt>"Updates"</dt>
            <dd>"By webhook only"</dd>
        </div>
    }
}

/// The failure, and the items that were not understood. The provider's own words are under "Details": they are written
/// for programs.
fn problems(connection: Memo<Option<Connection>>, can_reconnect: bool) -> impl IntoView {
    let clock = Clock::expect();
    let failed = Memo::new(move |_| {
        let connection = connection.get()?;
        let error = connection.last_error?;
        let next = connection.next_sync_at.as_deref().and_then(wire::time::unix_millis);
        let again = match (next, clock.now()) {
            (Some(next), Some(now)) => (next > now).then(|| clock_time(next, now, local_offset_minutes(next))),
            (next, _) => next.map(|next| exact(next, None)),
        };
        Some(failure(error.kind, again, can_reconnect))
    });
    let reason = Memo::new(move |_| Some(connection.get()?.last_error?.reason));
    let rejected = Memo::new(move |_| connection.get()?.rejected);
    let details = move |text: Memo<Option<String>>| {
        view! {
            <details class="details">
                <summary>"Details"</summary>
                <p dir="auto">{text}</p>
            </details>
        }
    };
    view! {
        <Show when=move || failed.with(Option::is_some)>
            <div class="notice notice--error" data-testid="connection-error">
                <p>{failed}</p>
                {details(reason)}
            </div>
        </Show>
        <Show when=move || rejected.with(Option::is_some)>
            <div class="notice" data-testid="connection-rejected">
                <p>"Some items of the last sync couldn't be read and were skipped."</p>
                {details(rejected)}
            </div>
        </Show>
    }
}
