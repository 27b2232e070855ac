//! The calls and answers, recorded to be checked against a specification.
//!
//! Owns the file of exchanges. Must not know a specification, nor record unless its owner requests it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::call::Call;

/// Writes exchanges and webhooks, each as a line of JSON.
///
/// An exchange has `provider`, `method`, `path`, `query`, `requestHeaders`, `requestBody`, `status`, `contentType` and
/// `responseBody`; a webhook `provider`, `event`, `headers` and `body`.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Mutex<File>>);

impl Recorder {
    /// A recorder that appends to a file, creating it if needed. Several may append to the same file.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        File::options().create(true).append(true).open(path).map(|file| Self(Arc::new(Mutex::new(file))))
    }

    /// Records an exchange.
    pub(super) fn note(&self, provider: &str, call: &Call, status: StatusCode, content_type: &str, body: &[u8]) {
        self.write(&json!({
            "provider": provider,
            "method": call.method.as_str(),
            "path": call.uri.path(),
            "query": call.uri.query(),
            "requestHeaders": headers(&call.headers),
            "requestBody": text(&call.body),
            "status": status.as_u16(),
            "contentType": content_type,
            "responseBody": text(body),
        }));
    }

    /// Records a webhook.
    pub(crate) fn note_webhook(&self, provider: &str, event: &str, headers: &[(&str, String)], body: &str) {
        self.write(&json!({ "provider": provider, "event": event, "headers": headers, "body": body }));
    }

    /// In one write, so that lines of several recorders do not mix. A failed write leaves its line out of the file.
    fn write(&self, line: &Value) {
        let _incomplete = self.0.lock().write_all(format!("{line}\n").as_bytes());
    }
}

fn headers(headers: &HeaderMap) -> Vec<(&str, String)> {
    headers.iter().map(|(name, value)| (name.as_str(), text(value.as_bytes()))).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
