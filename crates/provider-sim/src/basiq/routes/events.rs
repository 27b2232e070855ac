//! `/events`.
//!
//! Owns which are returned. Must not know their members.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::BAD_FILTER;
use crate::basiq::answers;
use crate::basiq::app::{App, ServerAccess};
use crate::basiq::error::ApiError;
use crate::basiq::event::{Event, TYPES};
use crate::basiq::filter::Filter;

#[derive(Debug, Deserialize)]
pub(super) struct Parameters {
    filter: Option<String>,
}

/// `GET /events`: the events of the last seven days, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, ApiError> {
    let filter = Filter::read(parameters.filter.as_deref().unwrap_or_default())
        .filter(|filter| filter.asks_only_for(&["user.id", "event.entity", "event.type"]))
        .ok_or(BAD_FILTER)?;
    let links = &app.options.links;
    app.with(|state, _| {
        let chosen = state.events.iter().rev().filter(|event| takes(&filter, event));
        let data: Vec<_> = chosen.map(|event| answers::event(links, event)).collect();
        Ok(Json(json!({ "type": "list", "data": data, "links": { "self": format!("{links}/events") } })))
    })
}

/// `GET /events/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    _access: ServerAccess,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    app.with(|state, _| {
        let event = state.events.iter().find(|event| event.id == id);
        let event = event.ok_or(ApiError::not_found("Requested event does not exist."))?;
        Ok(Json(answers::event(&app.options.links, event)))
    })
}

/// `GET /events/types`
pub(super) async fn types(State(app): State<Arc<App>>, _access: ServerAccess) -> Json<Value> {
    let links = &app.options.links;
    let data: Vec<_> = TYPES.iter().map(|(name, meaning)| answers::event_type(links, name, meaning)).collect();
    let itself = format!("{links}/events/types");
    Json(json!({ "type": "list", "count": data.len(), "size": data.len(), "data": data, "links": { "self": itself } }))
}

fn takes(filter: &Filter, event: &Event) -> bool {
    let (entity, verb) = event.entity_and_verb();
    filter.holds(|property| match property {
        "user.id" => &event.user,
        "event.entity" => entity,
        _ => verb,
    })
}
