//! The callback URL.
//!
//! Owns the URL to which a provider redirects the user. Must not read the callback's parameters.

use form_urlencoded::Serializer;

use super::attempt::Attempt;
use crate::fetch::FetchError;

impl Attempt<'_> {
    /// `https://<server>/api/connectors/<connector>/callback?state=…`
    pub(crate) fn callback(&self, connector: &str) -> Result<String, FetchError> {
        let query = Serializer::new(String::new()).append_pair("state", self.state).finish();
        Ok(format!("{}/api/connectors/{connector}/callback?{query}", self.server()?))
    }

    /// Where the connector's webhooks are received; `None` if the provider could not reach it.
    pub(crate) fn webhook(&self, connector: &str) -> Option<String> {
        let server = self.server.filter(|server| server.starts_with("https://"))?;
        Some(format!("{server}/api/connectors/{connector}/webhook"))
    }

    fn server(&self) -> Result<&str, FetchError> {
        self.server.ok_or_else(|| FetchError::Refused {
            reason: "CONNECTORS_URL is not set: the provider needs an address to redirect the user to".to_owned(),
        })
    }
}
