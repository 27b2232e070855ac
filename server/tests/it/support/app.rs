//! A server for one test, on a free port with a temporary store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use server::auth::signer::TokenSigner;
use server::config::{Config, Secret};
use server::startup::Server;
use server::state::AppState;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{APIDECK_SECRET, BASIQ_SECRET, Socket};

pub(crate) const SERVICE_SECRET: &str = "service-secret-of-the-tests";
pub(crate) const JWT_SECRET: &str = "jwt-secret-of-the-tests-0123456789";

/// The settings of a test's server.
pub(crate) fn config() -> Config {
    let mut config = Config::demo(0, None);
    config.demo = false;
    config.auth.jwt_secrets = vec![Secret::new(JWT_SECRET)];
    config.auth.service_secrets = vec![Secret::new(SERVICE_SECRET)];
    config.connectors.set("BASIQ_WEBHOOK_SECRET", [BASIQ_SECRET]);
    config.connectors.set("APIDECK_WEBHOOK_SECRET", [APIDECK_SECRET]);
    config
}

pub(crate) struct TestApp {
    pub(crate) address: String,
    pub(crate) client: reqwest::Client,
    pub(crate) state: AppState,
    pub(crate) hub: Arc<server::feed::Hub>,
    offset: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let offset = Arc::new(AtomicI64::new(0));
        let ahead = Arc::clone(&offset);
        let clock = Arc::new(move || {
            let seconds = Timestamp::now().as_second() + ahead.load(Ordering::SeqCst);
            Timestamp::from_second(seconds).unwrap()
        });
        let server = Server::build(config, clock).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let (state, hub) = (server.state().clone(), Arc::clone(server.state().feed.hub()));
        let serving = tokio::spawn(server.run(listener, async {
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { address, client, state, hub, offset, stop: Some(stop), serving: Some(serving) }
    }

    /// Begins to stop the server; the task ends when the server has stopped.
    pub(crate) fn stop(&mut self) -> JoinHandle<()> {
        drop(self.stop.take());
        self.serving.take().expect("it is stopped once")
    }

    /// Moves the server's clock.
    pub(crate) fn advance(&self, seconds: i64) {
        self.offset.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state.now()
    }

    pub(crate) fn token(&self, user_id: &str, seconds: i64) -> String {
        TokenSigner::new(&config().auth).unwrap().sign(user_id, self.now(), seconds).unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    /// Reads as a user.
    pub(crate) async fn get(&self, user_id: &str, path: &str) -> Value {
        let response = self.request(Method::GET, path).bearer_auth(self.token(user_id, 60)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// The text of the answer to a user.
    pub(crate) async fn raw(&self, user_id: &str, path: &str) -> String {
        let response = self.request(Method::GET, path).bearer_auth(self.token(user_id, 60)).send().await.unwrap();
        response.text().await.unwrap()
    }

    /// Registers a Basiq connection.
    pub(crate) async fn register(&self, connection_id: &str, user_id: &str) -> Response {
        self.request(Method::PUT, &format!("/api/connectors/basiq/connections/{connection_id}"))
            .header("x-service-secret", SERVICE_SECRET)
            .json(&json!({ "userId": user_id }))
            .send()
            .await
            .unwrap()
    }

    /// A socket that is connected and has not signed in.
    pub(crate) async fn socket(&self) -> Socket {
        Socket::connect(&self.address, None, &[]).await
    }

    /// A socket that has signed in as the user.
    pub(crate) async fn signed_in(&self, user_id: &str) -> Socket {
        let mut socket = Socket::connect(&self.address, Some(json!({ "token": self.token(user_id, 600) })), &[]).await;
        socket.expect("authenticated").await;
        socket
    }
}

/// A token of the user that is valid for an hour by the real clock.
pub(crate) fn user_token(user_id: &str) -> String {
    TokenSigner::new(&config().auth).unwrap().sign(user_id, Timestamp::now(), 3600).unwrap()
}

/// Creates a dashboard session of the user; returns its cookie.
pub(crate) async fn cookie(app: &TestApp, user_id: &str) -> String {
    let cookie = app.state.cookies.start(user_id.to_owned(), "Someone".to_owned(), None, app.now()).await.unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// The status and the code of an error response.
pub(crate) async fn code(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["success"], json!(false), "{body}");
    assert!(body["error"].as_str().is_some_and(|sentence| !sentence.is_empty()), "{body}");
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}
