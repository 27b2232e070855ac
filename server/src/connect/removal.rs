//! Ending a connection at its provider.
//!
//! Owns that a provider that does not answer delays nothing. Must not remove anything here.

use std::time::Duration;

use connectors::fetch::FetchError;

use super::{ConnectError, Flows};

/// How long the provider may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Flows {
    /// Ends a connection at its provider, if possible; returns whether the provider no longer has it.
    pub async fn disconnect(&self, connector: &str, connection_id: &str) -> bool {
        let ending = tokio::time::timeout(PATIENCE, self.try_to_disconnect(connector, connection_id));
        match ending.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(connector, %error, "a connection could not be ended at its provider");
                false
            }
            Err(_) => {
                tracing::warn!(connector, "a connection could not be ended at its provider in time");
                false
            }
        }
    }

    async fn try_to_disconnect(&self, connector: &str, connection_id: &str) -> Result<(), ConnectError> {
        let calls = &self.services.calls;
        let provider = calls.provider(connector).ok_or(ConnectError::UnknownConnector)?;
        let connect = provider.connect().ok_or(ConnectError::UnknownConnector)?;
        let api = calls.api(connector).ok_or(ConnectError::UnknownConnector)?;
        let opened = calls.open(connector, connection_id).await?;
        match connect.disconnect(api, &opened.linked()).await {
            Ok(()) | Err(FetchError::Gone { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
