//! Authorisation of calls.
//!
//! Owns the check of the API key and the application, and the budget of the service behind a connection. Must not know
//! endpoints.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};

use crate::apideck::app::{App, connection_id};
use crate::apideck::books::ConnectionState;
use crate::apideck::error::ApiError;
use crate::http::bearer;

/// A call of the application for a consumer.
#[derive(Debug)]
pub(super) struct ForConsumer {
    pub(super) consumer: String,
}

/// A call that is forwarded to the service behind a connection.
#[derive(Debug)]
pub(super) struct ForService {
    /// The connection's id.
    pub(super) connection: String,
    /// The service.
    pub(super) service: String,
    /// The headers about the service's budget.
    pub(super) budget: HeaderMap,
}

impl FromRequestParts<Arc<App>> for ForConsumer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let is_known = bearer(&parts.headers) == Some(&app.options.api_key)
            && header("x-apideck-app-id") == Some(&app.options.app_id);
        if !is_known {
            return Err(ApiError::UNAUTHORIZED);
        }
        let consumer = header("x-apideck-consumer-id").ok_or(ApiError::BAD_HEADERS)?;
        Ok(Self { consumer: consumer.to_owned() })
    }
}

impl FromRequestParts<Arc<App>> for ForService {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        ForConsumer::from_request_parts(parts, app).await.map_err(ApiError::into_response)?;
        let taken = app.with(|state, now| {
            let id = connection_id(state, &parts.headers)?;
            let known = state.books.connection(&id).map_err(|_| ApiError::NO_CONNECTION)?;
            if known.state != ConnectionState::Callable {
                return Err(ApiError::NOT_AUTHORIZED);
            }
            let service = known.service.clone();
            let taken = state.downstream.take(&id, now);
            Ok((service, taken.map(|()| state.downstream.left(&id)), id))
        });
        match taken.map_err(ApiError::into_response)? {
            (service, Ok(left), connection) => Ok(Self { connection, service, budget: app.budget_headers(left, None) }),
            (_, Err(pause), _) => {
                let mut response = ApiError::RATE_LIMIT.over_budget();
                response.headers_mut().extend(app.budget_headers(0, Some(pause)));
                Err(response)
            }
        }
    }
}
