//! The dashboard.
//!
//! Owns the only place that knows Leptos: rendering on the server, the server functions, the files for the browser, and
//! the dashboard's access to the store. Must not contain a page.

use std::path::PathBuf;
use std::sync::Arc;

use app::backend::{Backend, BackendError, FailedSignIn, SharedBackend, SiteInfo, Viewer, ViewerUnknown};
use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header::{ACCEPT, CACHE_CONTROL, LOCATION, REFERER, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use leptos::config::{Env, LeptosOptions, ReloadWSProtocol};
use leptos::prelude::{IntoView, provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use wire::ErrorCode;
use wire::admin::{AdminView, RawDelivery};
use wire::api::{Connection, ConnectorStatus, Snapshot, TransactionQuery, TransactionsPage};

use crate::auth::Identity;
use crate::auth::signer::TokenSigner;
use crate::http::error::ApiError;
use crate::http::session::{self, Failed};
use crate::http::{connections, connectors};
use crate::operations;
use crate::state::AppState;
use crate::store::{self, Session};

/// Pages, server functions and files.
pub fn router(state: &AppState) -> Router<AppState> {
    let options = options(state);
    let folder = PathBuf::from(&*options.site_root).join("pkg");
    // cargo-leptos leaves the style sheet's @import lines to the browser; they refer to files in the same folder.
    let parts = if is_watched() { PathBuf::from("style") } else { folder.clone() };
    let pkg = ServeDir::new(folder).precompressed_br().precompressed_gzip().fallback(ServeDir::new(parts));
    // The files keep their names from build to build, so browsers must revalidate them each time.
    let revalidate = SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let files = tower::ServiceBuilder::new().layer(middleware::from_fn(find_file)).layer(revalidate);
    let context = context(state);
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    let sign_in = {
        let (state, context, shell) = (state.clone(), context.clone(), shell.clone());
        post(move |request| sign_in(state, request, context, shell))
    };
    Router::new()
        .route("/sign-in", sign_in)
        .leptos_routes_with_context(&options, generate_route_list(app::App), context.clone(), shell)
        .nest_service("/pkg", files.service(pkg))
        .fallback(leptos_axum::file_and_error_handler_with_context::<LeptosOptions, _>(context, app::shell))
        .layer(middleware::from_fn_with_state(state.clone(), add_viewer))
        .layer(middleware::from_fn(redirect_properly))
        .layer(middleware::from_fn(answer_programs))
        .layer(middleware::from_fn(refuse_long_names))
        .with_state(options)
}

/// `POST /sign-in`: the page's own form. A failed one is answered with the page and the entered values except the
/// password, so that the e-mail address is in no URL, log or cookie.
async fn sign_in<S: IntoView + 'static>(
    state: AppState,
    request: Request,
    context: impl Fn() + Clone + Send + Sync + 'static,
    shell: impl Fn() -> S + Clone + Send + Sync + 'static,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut page = Request::new(Body::empty());
    *page.uri_mut() = parts.uri.clone();
    *page.headers_mut() = parts.headers.clone();
    let Failed { error, email } = match session::by_form(&state, Request::from_parts(parts, body)).await {
        Ok(signed_in) => return signed_in,
        Err(failed) => failed,
    };
    page.extensions_mut().insert(FailedSignIn { code: error.code().as_str().to_owned(), email });
    let mut response = leptos_axum::render_app_async_with_context(context, shell)(page).await;
    // For invalid input the page is the answer, with its own status. For a temporary error the status and `Retry-After`
    // tell proxies as well.
    let refusal = error.into_response();
    if let Some(seconds) = refusal.headers().get(RETRY_AFTER) {
        *response.status_mut() = refusal.status();
        response.headers_mut().insert(RETRY_AFTER, seconds.clone());
    }
    response
}

/// The context of server functions and pages.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let backend: SharedBackend = Arc::new(StoreBackend(state.clone()));
    let people = if state.config.demo { crate::demo::PEOPLE.as_slice() } else { &[] };
    let demo_users = people.iter().map(|person| (person.user_id.to_owned(), person.name.to_owned())).collect();
    let socket_url = state.config.http.public_url.clone();
    let mut connect_sources: Vec<String> = socket_url.iter().flat_map(|url| [url.clone(), websocket(url)]).collect();
    if is_watched() {
        connect_sources.extend(["ws://127.0.0.1:*".to_owned(), "ws://localhost:*".to_owned()]);
    }
    let info = SiteInfo { demo_users, socket_url, connect_sources };
    move || {
        provide_context(Arc::clone(&backend));
        provide_context(info.clone());
    }
}

/// The same origin for WebSockets: `https` becomes `wss`.
fn websocket(origin: &str) -> String {
    origin.replacen("http", "ws", 1)
}

/// Whether `cargo leptos watch` runs the server and reloads its pages.
fn is_watched() -> bool {
    std::env::var("LEPTOS_WATCH").is_ok()
}

/// Leptos's settings, built here: the binary needs no LEPTOS_* variables. `cargo leptos watch` sets them for its
/// reloading, and only then are they read.
fn options(state: &AppState) -> LeptosOptions {
    let site = site_folder(state);
    if !site.join("pkg").join("tallywire.wasm").is_file() {
        tracing::warn!(folder = %site.display(), "the dashboard's files are missing: pages are shown without live updates");
    }
    LeptosOptions::builder()
        .output_name("tallywire")
        .site_root(site.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(state.config.http.listen)
        .env(if is_watched() { Env::DEV } else { Env::PROD })
        .reload_port(std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3004))
        .reload_ws_protocol(ReloadWSProtocol::WS)
        .build()
}

/// `TALLYWIRE_SITE`, else the folder next to the binary, else the build's output folder.
fn site_folder(state: &AppState) -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("site")));
    let candidates = [state.config.http.site.clone(), std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from), beside];
    let existing = candidates.into_iter().flatten().find(|folder| folder.is_dir());
    existing.unwrap_or_else(|| PathBuf::from("target/site"))
}

/// Puts the signed-in user into the request's extensions, where the pages look for it.
async fn add_viewer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    match state.cookies.of_request(request.headers(), state.now()).await {
        Ok(Some(session)) => {
            if let Err(too_many) = state.limits.call_of(&session.user_id).await {
                return ApiError::from(too_many).into_response();
            }
            let Session { user_id, display_name, expires_at } = session;
            let session = state.cookies.id(request.headers());
            let extensions = request.extensions_mut();
            extensions.insert(Identity { user_id: user_id.clone(), expires_at, session });
            extensions.insert(Viewer { user_id, display_name });
        }
        Ok(None) => {}
        // A background call of a page must not mistake an error for a signed-out user; a page that is opened shows the
        // error.
        Err(error) if is_server_function(&request) => return ApiError::from(error).into_response(),
        Err(error) => {
            tracing::error!(%error, "a session could not be looked up");
            request.extensions_mut().insert(ViewerUnknown);
        }
    }
    next.run(request).await
}

/// Only the page's script calls server functions. With a plain form's `Accept`, the answer would be replaced by a
/// redirect to `Referer`, wherever that leads.
async fn answer_programs(mut request: Request, next: Next) -> Response {
    if is_server_function(&request) {
        let headers = request.headers_mut();
        headers.remove(REFERER);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    }
    next.run(request).await
}

/// Redirects with a status. Leptos does so only if `Accept` names HTML, and otherwise relies on a script, which the
/// client may not have.
async fn redirect_properly(request: Request, next: Next) -> Response {
    let is_page = !is_server_function(&request);
    let mut response = next.run(request).await;
    if is_page && response.status() == StatusCode::OK && response.headers().contains_key(LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().remove(leptos::server_fn::redirect::REDIRECT_HEADER);
    }
    response
}

/// Refuses a name that is too long for any file system (NAME_MAX): looking it up would fail, and no file or page has
/// one.
async fn refuse_long_names(request: Request, next: Next) -> Response {
    const LONGEST_NAME: usize = 255;
    if request.uri().path().split('/').any(|name| name.len() > LONGEST_NAME) {
        return ApiError::from(ErrorCode::NotFound).into_response();
    }
    next.run(request).await
}

/// Adds bodies to the file service's errors.
async fn find_file(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match response.status() {
        StatusCode::NOT_FOUND => ApiError::from(ErrorCode::NotFound).into_response(),
        StatusCode::METHOD_NOT_ALLOWED => ApiError::from(ErrorCode::MethodNotAllowed).into_response(),
        status if status.is_server_error() => ApiError::from(ErrorCode::Internal).into_response(),
        _ => response,
    }
}

fn is_server_function(request: &Request) -> bool {
    request.uri().path().starts_with(app::SERVER_FN_PREFIX)
}

struct StoreBackend(AppState);

#[async_trait]
impl Backend for StoreBackend {
    async fn snapshot(&self, viewer: &Viewer) -> Result<Snapshot, BackendError> {
        let Self(state) = self;
        let (user_id, name) = (viewer.user_id.clone(), viewer.display_name.clone());
        state.store.snapshot(user_id, name, state.now()).await.map_err(refused)
    }

    async fn transactions(&self, viewer: &Viewer, query: TransactionQuery) -> Result<TransactionsPage, BackendError> {
        self.0.store.transactions(viewer.user_id.clone(), query).await.map_err(refused)
    }

    async fn connections(&self, viewer: &Viewer) -> Result<Vec<Connection>, BackendError> {
        connections::all_of(&self.0, None, Some(viewer.user_id.clone())).await.map_err(refused)
    }

    fn connectors(&self) -> Vec<ConnectorStatus> {
        connectors::all(&self.0)
    }

    fn is_admin(&self, viewer: &Viewer) -> bool {
        self.0.config.is_admin(&viewer.user_id)
    }

    async fn admin(&self) -> Result<AdminView, BackendError> {
        operations::overview(&self.0).await.map_err(refused)
    }

    async fn delivery(&self, id: i64) -> Result<Option<RawDelivery>, BackendError> {
        match operations::delivery(&self.0, id).await {
            Err(store::Error::NotFound) => Ok(None),
            found => found.map(Some).map_err(refused),
        }
    }

    fn socket_token(&self, viewer: &Viewer) -> Option<String> {
        let request = use_context::<http::request::Parts>()?;
        let identity = request.extensions.get::<Identity>().filter(|identity| identity.user_id == viewer.user_id)?;
        TokenSigner::new(&self.0.config.auth)?.sign_for_page(identity, self.0.now())
    }
}

fn refused(error: store::Error) -> BackendError {
    match error {
        store::Error::Invalid(message) => BackendError::Invalid(message.to_owned()),
        other => {
            tracing::error!(error = %other, "a page's data could not be read");
            BackendError::Unavailable
        }
    }
}
