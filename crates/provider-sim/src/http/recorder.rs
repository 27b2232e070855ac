//! What was called and answered, to be checked against a specification.
//!
//! Owns the file of exchanges. Must not know a specification, nor record unless its owner asks for it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use parking_lot::Mutex;
use serde_json::json;

use super::call::Call;

/// Writes each exchange as a line of JSON: `provider`, `method`, `path`, `query`, `requestHeaders`, `requestBody`, `status`,
/// `contentType`, `responseBody`.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Mutex<BufWriter<File>>>);

impl Recorder {
    /// A recorder that adds to a file, which need not be there yet.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(Mutex::new(BufWriter::new(file)))))
    }

    /// Notes an exchange. What cannot be written is missing from the file.
    pub(super) fn note(&self, provider: &str, call: &Call, status: StatusCode, content_type: &str, body: &[u8]) {
        let headers: Vec<_> =
            call.headers.iter().map(|(name, value)| (name.as_str(), text(value.as_bytes()))).collect();
        let line = json!({
            "provider": provider,
            "method": call.method.as_str(),
            "path": call.uri.path(),
            "query": call.uri.query(),
            "requestHeaders": headers,
            "requestBody": text(&call.body),
            "status": status.as_u16(),
            "contentType": content_type,
            "responseBody": text(body),
        });
        let mut file = self.0.lock();
        let _incomplete = writeln!(file, "{line}").and_then(|()| file.flush());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
