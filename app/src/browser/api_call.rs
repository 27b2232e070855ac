//! A call of the HTTP API.
//!
//! Owns how it is sent: with the page's cookie, to the page's own server. Must not know the calls.

use gloo_net::http::{Method, RequestBuilder};

use crate::error::AppError;

/// Whether the status is a success, and the body; [`AppError::Unreachable`] if there is no answer.
pub(crate) async fn send(method: &'static str, path: String, body: Option<String>) -> Result<(bool, String), AppError> {
    let unreachable = |_| AppError::Unreachable;
    let builder = RequestBuilder::new(&path).method(if method == "DELETE" { Method::DELETE } else { Method::POST });
    let request = match body {
        Some(body) => builder.header("content-type", "application/json").body(body),
        None => builder.build(),
    };
    let response = request.map_err(unreachable)?.send().await.map_err(unreachable)?;
    Ok((response.ok(), response.text().await.map_err(unreachable)?))
}
