//! What is on its way to the core app.
//!
//! Owns these calls. Must not send anything: the outbox's worker does.

use axum::Form;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::ErrorCode;

use super::{answer, finish, is_form};
use crate::auth::extract::{Admin, JsonBody};
use crate::http::error::ApiError;
use crate::operations;
use crate::state::AppState;
use crate::store;

/// `GET /api/admin/outbox`
pub(in crate::http) async fn show(State(state): State<AppState>, _: Admin) -> Result<Response, ApiError> {
    Ok(answer(operations::outbox(&state).await?))
}

#[derive(Deserialize)]
struct Which {
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

/// `POST /api/admin/outbox/replay`: one dead letter (`id`), `all` of them, or none: with `waiting`, as with
/// `all`, what is paused is tried at once.
pub(in crate::http) async fn replay(
    State(state): State<AppState>,
    admin: Result<Admin, ApiError>,
    request: Request,
) -> Response {
    let is_form = is_form(&request);
    let done = async {
        let Admin { who } = admin?;
        let which: Which = content(is_form, request).await?;
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
struct Whose {
    user_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SetAside {
    idempotency_key: Option<String>,
}

/// `POST /api/admin/outbox/skip`: makes the head of a user's queue a dead letter, so that what is behind
/// it goes on.
pub(in crate::http) async fn skip(
    State(state): State<AppState>,
    admin: Result<Admin, ApiError>,
    request: Request,
) -> Response {
    let is_form = is_form(&request);
    let done = async {
        let Admin { who } = admin?;
        let Whose { user_id } = content(is_form, request).await?;
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

async fn content<T: DeserializeOwned>(is_form: bool, request: Request) -> Result<T, ApiError> {
    if is_form {
        Ok(Form::<T>::from_request(request, &()).await.map_err(|_| ErrorCode::BadRequest)?.0)
    } else {
        Ok(JsonBody::<T>::from_request(request, &()).await?.0)
    }
}

fn has_core_app(state: &AppState) -> Result<(), ApiError> {
    if state.config.core_app.is_some() {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::Conflict, "No core app is configured"))
    }
}

/// Whoever sends again has mended something.
fn try_now(state: &AppState) {
    state.breaker.lock().close();
    state.forward.notify_one();
}
