//! The server functions behind the pages.
//!
//! Owns their names and their addresses. Must stay thin: they find the signed-in user and the
//! [`backend`](crate::backend) in the context, and pass the call on.

use leptos::prelude::*;
use wire::api::{Snapshot, TransactionQuery, TransactionsPage};
use wire::connections::{ConnectionsPage, ConnectionsView};

use crate::codec::JsonPost;
use crate::error::AppError;

/// The prefix of the server functions: separate from the HTTP API, which is a contract with others.
pub const SERVER_FN_PREFIX: &str = "/api/_ui";

/// The data of the dashboard when it opens, and again after it has missed events.
#[server(prefix = "/api/_ui", endpoint = "snapshot", input = JsonPost, output = JsonPost)]
pub async fn load_snapshot() -> Result<Snapshot, AppError> {
    let (viewer, backend) = server::caller()?;
    backend.snapshot(&viewer).await.map_err(server::failure)
}

/// One page of the transactions.
#[server(prefix = "/api/_ui", endpoint = "transactions", input = JsonPost, output = JsonPost)]
pub async fn load_transactions(query: TransactionQuery) -> Result<TransactionsPage, AppError> {
    let (viewer, backend) = server::caller()?;
    backend.transactions(&viewer, query).await.map_err(server::failure)
}

/// The data of the connections page when it opens. The connections are read last: they include the effect of events
/// after the snapshot, and are loaded again for later ones.
#[server(prefix = "/api/_ui", endpoint = "connections-view", input = JsonPost, output = JsonPost)]
pub async fn load_connections_view() -> Result<ConnectionsView, AppError> {
    let (viewer, backend) = server::caller()?;
    let snapshot = backend.snapshot(&viewer).await.map_err(server::failure)?;
    let connections = backend.connections(&viewer).await.map_err(server::failure)?;
    Ok(ConnectionsView { snapshot, connections, connectors: backend.connectors() })
}

/// Reloads the connections after an event.
#[server(prefix = "/api/_ui", endpoint = "connections", input = JsonPost, output = JsonPost)]
pub async fn load_connections() -> Result<ConnectionsPage, AppError> {
    let (viewer, backend) = server::caller()?;
    let connections = backend.connections(&viewer).await.map_err(server::failure)?;
    Ok(ConnectionsPage { success: true, connections })
}

#[cfg(feature = "ssr")]
mod server {
    use leptos::prelude::use_context;

    use crate::backend::{BackendError, SharedBackend, Viewer};
    use crate::error::AppError;

    /// The caller, and the backend that answers.
    pub(super) fn caller() -> Result<(Viewer, SharedBackend), AppError> {
        let viewer = crate::context::viewer().ok_or_else(|| AppError::Unauthorized.sent())?;
        let backend = use_context::<SharedBackend>().ok_or_else(|| AppError::Internal.sent())?;
        Ok((viewer, backend))
    }

    pub(super) fn failure(error: BackendError) -> AppError {
        let error = match error {
            BackendError::Invalid(reason) => AppError::Invalid(reason),
            BackendError::Unavailable => AppError::Unavailable,
        };
        error.sent()
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::server_fn::ServerFn;

    use super::*;

    #[test]
    fn every_server_function_lives_under_the_prefix() {
        for path in [LoadSnapshot::PATH, LoadTransactions::PATH, LoadConnectionsView::PATH, LoadConnections::PATH] {
            assert!(path.starts_with(&format!("{SERVER_FN_PREFIX}/")), "{path}");
        }
    }
}
