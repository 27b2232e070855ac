//! The outbox, for administrators.
//!
//! Owns its calls. Must not send anything: the outbox worker does.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use wire::ErrorCode;

use super::{answer, finish};
use crate::http::error::ApiError;
use crate::http::extract::{Admin, Submitted};
use crate::operations;
use crate::state::AppState;
use crate::store;

/// `GET /api/admin/outbox`
pub(in crate::http) async fn show(State(state): State<AppState>, _: Admin) -> Result<Response, ApiError> {
    Ok(answer(operations::outbox(&state).await?))
}

#[derive(Deserialize)]
pub(in crate::http) struct Which {
    id: Option<i64>,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    waiting: bool,
}

#[derive(Serialize)]
struct Revived {
    revived: u64,
    outdated: u64,
}

/// `POST /api/admin/outbox/replay`: replays one dead letter (`id`), `all`, or none. With `waiting`, as with `all`,
/// paused calls are retried at once.
pub(in crate::http) async fn replay(
    State(state): State<AppState>,
    admin: Result<Admin, ApiError>,
    submitted: Submitted<Which>,
) -> Response {
    let Submitted { value: which, is_form } = submitted;
    let done = async {
        let Admin { who } = admin?;
        let which = which?;
        let store::Revived { revived, outdated } = revive(&state, &which).await?;
        tracing::info!(user.id = %who, revived, outdated, letter = which.id, "an administrator had transactions sent again");
        Ok(Revived { revived, outdated })
    };
    finish(is_form, done.await, |became| match became {
        Revived { revived: 0, outdated: 1.. } => "outdated".to_owned(),
        Revived { revived, .. } => format!("revived-{revived}"),
    })
}

async fn revive(state: &AppState, which: &Which) -> Result<store::Revived, ApiError> {
    has_core_app(state)?;
    let became = match which {
        Which { all: true, .. } => state.store.revive(None, state.now()).await?,
        Which { id: Some(id), .. } => state.store.revive(Some(*id), state.now()).await?,
        Which { waiting: true, .. } => store::Revived::default(),
        _ => return Err(ApiError::new(ErrorCode::BadRequest, "Send an id, all: true or waiting: true")),
    };
    if which.all || which.waiting {
        state.store.hurry().await?;
    }
    try_now(state);
    Ok(became)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Whose {
    user_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetAside {
    idempotency_key: Option<String>,
}

/// `POST /api/admin/outbox/skip`: makes the first call of a user's queue a dead letter, so that the next ones are
/// sent.
pub(in crate::http) async fn skip(
    State(state): State<AppState>,
    admin: Result<Admin, ApiError>,
    submitted: Submitted<Whose>,
) -> Response {
    let Submitted { value: whose, is_form } = submitted;
    let done = async {
        let Admin { who } = admin?;
        let Whose { user_id } = whose?;
        has_core_app(&state)?;
        let idempotency_key = state.store.set_aside(user_id.clone(), state.now()).await?;
        tracing::info!(user.id = %who, owner.id = ?user_id, key = ?idempotency_key, "an administrator set a transaction aside");
        try_now(&state);
        Ok(SetAside { idempotency_key })
    };
    finish(is_form, done.await, |set_aside| match set_aside.idempotency_key {
        Some(_) => "set_aside".to_owned(),
        None => ErrorCode::NotFound.as_str().to_owned(),
    })
}

fn has_core_app(state: &AppState) -> Result<(), ApiError> {
    if state.config.core_app.is_some() {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::Conflict, "No core app is configured"))
    }
}

/// Ends all pauses: an administrator who sends again has corrected the cause.
fn try_now(state: &AppState) {
    state.breaker.lock().close();
    state.forward.notify_one();
}
