//! The pages as the server sends them: what a person sees without JavaScript.
#![cfg(feature = "ssr")]
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;

use app::backend::{Backend, BackendError, SharedBackend, SiteInfo, Viewer};
use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
use tower::ServiceExt;
use wire::api::{Snapshot, TransactionQuery, TransactionsPage};

/// One account, two transactions; or a store that does not answer.
struct Fake {
    available: bool,
}

const SNAPSHOT: &str = r#"{
    "userId": "alex", "displayName": "Alex", "seq": 2, "nextCursor": null,
    "accounts": [{ "accountId": "everyday", "connectorId": "basiq", "connectionId": "bank", "name": "Everyday",
        "currency": "AUD", "balance": 1234.5, "updatedAt": "2026-11-22T10:00:00Z" }],
    "transactions": [
        { "transactionId": "t2", "accountId": "everyday", "userId": "alex", "connectionId": "bank", "amount": -4.50,
          "currency": "AUD", "date": "2026-11-22T10:05:00Z", "primaryType": "expense", "description": "Card purchase",
          "merchant": "<Blue> Door", "source": "BANK_API", "connectorId": "basiq", "connectorType": "bank",
          "status": "pending", "revision": 1 },
        { "transactionId": "t1", "accountId": "everyday", "userId": "alex", "connectionId": "bank", "amount": 5250,
          "currency": "AUD", "date": "2026-11-20T00:00:00Z", "primaryType": "income", "description": "Salary",
          "source": "BANK_API", "connectorId": "basiq", "connectorType": "bank", "revision": 1 }],
    "summary": { "success": true, "from": "2026-11-01T00:00:00Z", "seq": 2, "currencies": [
        { "currency": "AUD", "balance": 1234.5, "income": 5250, "expenses": -4.5, "accounts": 1 }] }
}"#;

#[async_trait::async_trait]
impl Backend for Fake {
    async fn snapshot(&self, _viewer: &Viewer) -> Result<Snapshot, BackendError> {
        if self.available {
            Ok(serde_json::from_str(SNAPSHOT).expect("a snapshot"))
        } else {
            Err(BackendError::Unavailable)
        }
    }

    async fn transactions(&self, _: &Viewer, _: TransactionQuery) -> Result<TransactionsPage, BackendError> {
        Ok(TransactionsPage::default())
    }

    fn socket_token(&self, _: &Viewer) -> Option<String> {
        None
    }
}

fn site(available: bool, demo: bool) -> Router {
    let options =
        LeptosOptions::builder().output_name("tallywire").site_root("no-such-folder").site_pkg_dir("pkg").build();
    let demo_users = if demo { vec![("alex".to_owned(), "Alex".to_owned())] } else { Vec::new() };
    let context = move || {
        provide_context::<SharedBackend>(Arc::new(Fake { available }));
        provide_context(SiteInfo { demo_users: demo_users.clone(), ..SiteInfo::default() });
    };
    let shell = {
        let options = options.clone();
        move || app::shell(options.clone())
    };
    Router::new()
        .leptos_routes_with_context(&options, generate_route_list(app::App), context.clone(), shell)
        .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(context, app::shell))
        .with_state(options)
}

struct Page {
    status: StatusCode,
    location: Option<String>,
    policy: String,
    text: String,
}

async fn open(site: Router, path: &str, signed_in: bool) -> Page {
    let mut request = Request::get(path).header("accept", "text/html").body(Body::empty()).expect("a request");
    if signed_in {
        request.extensions_mut().insert(Viewer { user_id: "alex".to_owned(), display_name: "Alex".to_owned() });
    }
    let response = site.oneshot(request).await.expect("an answer");
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, location) = (response.status(), header("location"));
    let policy = header("content-security-policy").unwrap_or_default();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Page { status, location, policy, text: String::from_utf8_lossy(&body).into_owned() }
}

#[tokio::test]
async fn the_dashboard_is_complete_before_any_script_runs() {
    let page = open(site(true, false), "/", true).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in ["A$1,234.50", "\u{2212}A$4.50", "+A$5,250.00", "Sun 22 Nov 2026", "10:05 · Everyday", "Pending"] {
        assert!(page.text.contains(text), "{text}");
    }
    assert!(page.text.find("data-transaction-id=\"t2\"") < page.text.find("data-transaction-id=\"t1\""));
    assert!(!page.text.contains("demo-banner"));
}

#[tokio::test]
async fn what_a_bank_writes_is_text_and_never_markup() {
    let page = open(site(true, false), "/", true).await;
    assert!(page.text.contains("&lt;Blue&gt; Door"));
    assert!(!page.text.contains("<Blue>"));
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_sign_in_page_and_back() {
    let dashboard = open(site(true, false), "/", false).await;
    assert_eq!((dashboard.status, dashboard.location.as_deref()), (StatusCode::FOUND, Some("/sign-in")));
    assert!(!dashboard.text.contains("transaction-row"));
    let sign_in = open(site(true, false), "/sign-in", true).await;
    assert_eq!((sign_in.status, sign_in.location.as_deref()), (StatusCode::FOUND, Some("/")));
}

#[tokio::test]
async fn a_failed_sign_in_is_explained_next_to_the_form() {
    let page = open(site(true, false), "/sign-in?error=INVALID_CREDENTIALS", false).await;
    assert!(page.text.contains("id=\"sign-in-error\""));
    assert!(page.text.contains("aria-describedby=\"sign-in-error\""));
    assert!(!page.text.contains("demo-sign-in"));
}

#[tokio::test]
async fn a_demo_says_so_and_offers_its_people() {
    let page = open(site(true, true), "/sign-in", false).await;
    for text in ["demo-banner", "Continue as Alex", "action=\"/api/demo/session\"", "name=\"userId\" value=\"alex\""] {
        assert!(page.text.contains(text), "{text}");
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_not_found() {
    assert_eq!(open(site(true, false), "/nowhere", true).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_503_with_a_way_out() {
    let page = open(site(false, false), "/", true).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("Try again"));
}

#[tokio::test]
async fn each_inline_script_carries_the_nonce_of_the_policy() {
    let page = open(site(true, false), "/", true).await;
    let nonce = page.policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
    let scripts = page.text.matches("<script").count();
    assert!(scripts > 0);
    assert_eq!(page.text.matches(&format!("nonce=\"{nonce}\"")).count(), scripts);
    assert!(!page.text.contains(" style=\""));
}
