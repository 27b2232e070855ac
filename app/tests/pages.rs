//! The pages as the server sends them: what a person sees without JavaScript.
#![cfg(feature = "ssr")]
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::sync::{Arc, LazyLock};

use app::backend::{Backend, BackendError, FailedSignIn, SharedBackend, SiteInfo, Viewer};
use axum::Router;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos_axum::{AxumRouteListing, LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
use tower::ServiceExt;
use wire::admin::{AdminView, RawDelivery};
use wire::api::{Connection, ConnectorStatus, Snapshot, TransactionQuery, TransactionsPage};

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

const CONNECTIONS: &str = r#"[
    { "connectorId": "basiq", "connectionId": "bank", "userId": "alex", "institutionName": "<Harbour> Bank",
      "status": "active", "createdAt": "2026-11-01T10:00:00Z", "lastEventAt": "2026-11-22T10:05:00Z",
      "lastSyncAt": "2026-11-22T10:06:00Z", "nextSyncAt": "2026-11-22T11:06:00Z", "canSync": true },
    { "connectorId": "apideck", "connectionId": "xero+alex", "userId": "alex", "status": "invalid",
      "createdAt": "2026-11-01T10:00:00Z", "canSync": false, "rejected": "expense 7: the amount is not a number",
      "lastError": { "kind": "consent", "reason": "it answered 401", "at": "2026-11-22T10:06:00Z" } }
]"#;

const CONNECTORS: &str = r#"[
    { "id": "basiq", "name": "Basiq", "connectorType": "bank", "configured": true, "webhookPath": "/w",
      "capabilities": [], "connectPath": "/api/connectors/basiq/consent" },
    { "id": "apideck", "name": "Apideck", "connectorType": "accounting", "configured": true, "webhookPath": "/w",
      "capabilities": [] }
]"#;

const STUCK: &str = r#"{
    "at": "2026-11-23T02:11:45.000Z",
    "outbox": { "configured": true, "breaker": "open", "waiting": 3, "oldestAt": "2026-11-23T01:08:45.000Z",
        "lagSeconds": 3780, "dead": 1, "deadLetters": [{ "id": 5, "userId": "alex", "idempotencyKey": "basiq:t9",
        "diedAt": "2026-11-23T02:00:00.000Z", "reason": "the core app answered 422" }],
        "stuckQueues": [{ "userId": "sam", "waiting": 2, "idempotencyKey": "basiq:t8", "attempts": 6,
        "reason": "the core app answered 500" }] },
    "kept": 3,
    "keptDeliveries": [{ "id": 7, "connectorId": "basiq", "key": "msg_7", "connectionId": "conn-1",
        "receivedAt": "2026-11-23T02:00:00.000Z", "verdict": "kept", "reason": "the connection is not registered" }]
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

    async fn connections(&self, _: &Viewer) -> Result<Vec<Connection>, BackendError> {
        Ok(serde_json::from_str(CONNECTIONS).expect("connections"))
    }

    fn connectors(&self) -> Vec<ConnectorStatus> {
        serde_json::from_str(CONNECTORS).expect("connectors")
    }

    fn is_admin(&self, viewer: &Viewer) -> bool {
        viewer.user_id == "boss"
    }

    async fn admin(&self) -> Result<AdminView, BackendError> {
        if self.available { Ok(serde_json::from_str(STUCK).expect("a view")) } else { Err(BackendError::Unavailable) }
    }

    async fn delivery(&self, id: i64) -> Result<Option<RawDelivery>, BackendError> {
        let headers = vec![("webhook-id".to_owned(), "msg_7".to_owned())];
        let body = r#"{"amount":1.10,"note":"<script>"}"#.to_owned();
        let view: AdminView = serde_json::from_str(STUCK).expect("a view");
        let delivery = view.kept_deliveries.into_iter().next().expect("a delivery");
        let delivery = RawDelivery { delivery, headers, body, is_base64: false };
        Ok((id == 7).then_some(delivery))
    }

    fn socket_token(&self, _: &Viewer) -> Option<String> {
        None
    }
}

/// Listed once, before any page is rendered: a resource that is used while a thread lists the routes is never loaded
/// (leptos issue 4773). A server lists them before it listens.
static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(app::App));

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
        .leptos_routes_with_context(&options, ROUTES.clone(), context.clone(), shell)
        .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(context, app::shell))
        .with_state(options)
}

struct Page {
    status: StatusCode,
    location: Option<String>,
    policy: String,
    cache: Option<String>,
    text: String,
}

async fn open(site: Router, path: &str, signed_in: bool) -> Page {
    open_as(site, path, signed_in.then_some("alex")).await
}

async fn open_as(site: Router, path: &str, user_id: Option<&str>) -> Page {
    let mut request = Request::get(path).header("accept", "text/html").body(Body::empty()).expect("a request");
    if let Some(user_id) = user_id {
        request.extensions_mut().insert(Viewer { user_id: user_id.to_owned(), display_name: "Alex".to_owned() });
    }
    answer(site, request).await
}

async fn answer(site: Router, request: Request<Body>) -> Page {
    let response = site.oneshot(request).await.expect("an answer");
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (status, location) = (response.status(), header("location"));
    let (policy, cache) = (header("content-security-policy").unwrap_or_default(), header("cache-control"));
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Page { status, location, policy, cache, text: String::from_utf8_lossy(&body).into_owned() }
}

#[tokio::test]
async fn the_dashboard_is_complete_before_any_script_runs() {
    let page = open(site(true, false), "/", true).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in ["A$1,234.50", "\u{2212}A$4.50", "+A$5,250.00", "Sun 22 Nov 2026", ">10:05<", ">Everyday<", "Pending"] {
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
async fn connections_are_told_in_words_before_any_script_runs() {
    let page = open(site(true, false), "/connections", true).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "&lt;Harbour&gt; Bank",
        "1 account",
        "Connected",
        "Sun 22 Nov 2026, 10:05 UTC",
        "Sun 22 Nov 2026, 11:06 UTC",
        ">Apideck<",
        "Bank sign-in needed",
        "By webhook only",
        "The bank needs your consent again. Ask your administrator to reconnect it.",
        "it answered 401",
        "expense 7: the amount is not a number",
        "Connect with ",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert!(!page.text.contains("<Harbour>") && !page.text.contains("connect-outcome"));
}

#[tokio::test]
async fn the_way_back_from_a_bank_is_told_in_the_pages_own_words() {
    for (query, expected) in [
        ("connected=basiq", Some("Connected through Basiq.")),
        ("problem=refused", Some("you didn't give your consent")),
        ("connected=nobody", None),
        ("problem=%3Cscript%3E", None),
    ] {
        let page = open(site(true, false), &format!("/connections?{query}"), true).await;
        assert_eq!(page.text.contains("connect-outcome"), expected.is_some(), "{query}");
        assert!(expected.is_none_or(|text| page.text.contains(text)), "{query}");
    }
    let stranger = open(site(true, false), "/connections?connected=basiq", false).await;
    assert_eq!((stranger.status, stranger.location.as_deref()), (StatusCode::FOUND, Some("/sign-in")));
    let away = open(site(false, false), "/connections", true).await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(away.text.contains("Your connections can't be shown") && away.text.contains("href=\"/connections\""));
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
    assert_eq!(page.text.matches("aria-describedby=\"sign-in-error\"").count(), 2);
    assert_eq!(page.text.matches("aria-invalid=\"true\"").count(), 2);
    assert!(!page.text.contains("demo-sign-in"));
}

#[tokio::test]
async fn only_what_was_looked_at_and_found_wrong_is_called_invalid() {
    for code in ["UNAUTHORIZED", "RATE_LIMITED", "UNAVAILABLE", "BAD_REQUEST", "NO_SUCH_CODE"] {
        let page = open(site(true, false), &format!("/sign-in?error={code}"), false).await;
        assert!(page.text.contains("role=\"alert\"") && !page.text.contains("aria-invalid"), "{code}");
    }
    let first = open(site(true, false), "/sign-in", false).await;
    assert!(!first.text.contains("role=\"alert\"") && !first.text.contains("aria-describedby"));
    assert_eq!(first.text.matches(" autofocus").count(), 1, "{}", first.text);
    let demo = open(site(true, true), "/sign-in", false).await;
    assert!(!demo.text.contains(" autofocus"), "its buttons come first");
}

#[tokio::test]
async fn a_form_that_came_to_nothing_keeps_its_address_and_is_kept_by_no_cache() {
    let mut request = Request::get("/sign-in").body(Body::empty()).expect("a request");
    let email = "alex+\"><script>@example.com".to_owned();
    request.extensions_mut().insert(FailedSignIn { code: "INVALID_CREDENTIALS".to_owned(), email });
    let page = answer(site(true, false), request).await;
    assert_eq!(page.cache.as_deref(), Some("no-store"));
    assert!(page.text.contains("value=\"alex+&quot;&gt;&lt;script&gt;@example.com\""), "{}", page.text);
    assert!(!page.text.contains("\"><script>@"));
    let password = page.text.split("name=\"password\"").nth(1).expect("a field").split('>').next().expect("its end");
    assert!(password.contains("autofocus") && !password.contains("value"), "{password}");
}

#[tokio::test]
async fn a_demo_says_so_and_offers_its_people() {
    let page = open(site(true, true), "/sign-in", false).await;
    for text in ["demo-banner", "Continue as ", "action=\"/api/demo/session\"", "name=\"userId\" value=\"alex\""] {
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

#[tokio::test]
async fn a_page_of_somebody_who_is_signed_in_is_not_kept_by_the_browser() {
    for (path, user_id) in [
        ("/", "alex"),
        ("/connections", "alex"),
        ("/nowhere", "alex"),
        ("/admin", "boss"),
        ("/admin/deliveries/7", "boss"),
    ] {
        let page = open_as(site(true, false), path, Some(user_id)).await;
        assert_eq!(page.cache.as_deref(), Some("no-store"), "{path}");
    }
    let stranger = open(site(true, false), "/sign-in", false).await;
    assert_ne!(stranger.cache.as_deref(), Some("no-store"));
}

#[tokio::test]
async fn an_administrator_sees_what_is_stuck_and_can_set_it_going() {
    let page = open_as(site(true, false), "/admin?done=revived-2", Some("boss")).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "data-state=\"away\"",
        "name=\"waiting\" value=\"true\"",
        "And 2 older ones.",
        "1 h 3 min",
        "2 transactions will be sent again",
        "basiq:t9",
        "the core app answered 422",
        "name=\"id\" value=\"5\"",
        "User ",
        ">sam<",
        "the core app answered 500",
        ">basiq<",
        ">conn-1<",
        "action=\"/api/admin/inbox/7/replay\"",
        "href=\"/admin/deliveries/7\"",
        "23 Nov 2026, 02:11:45 UTC",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert!(!page.text.contains("tallywire.js") && !page.text.contains("msg_7</dd>"), "no script, and no body unasked");
}

#[tokio::test]
async fn a_delivery_is_shown_as_it_came_and_as_text() {
    let page = open_as(site(true, false), "/admin/deliveries/7", Some("boss")).await;
    assert!(page.text.contains("webhook-id") && page.text.contains("\"amount\": 1.10"), "{}", page.text);
    assert!(page.text.contains("the connection is not registered") && page.text.contains("/api/admin/inbox/7/replay"));
    assert!(page.text.contains("&lt;script&gt;"), "{}", page.text);
    assert_eq!(open_as(site(true, false), "/admin/deliveries/8", Some("boss")).await.status, StatusCode::NOT_FOUND);
    let away = open_as(site(false, false), "/admin", Some("boss")).await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn nobody_else_learns_that_there_is_such_a_page() {
    // Removes the parts that differ between requests.
    let plain = |page: Page| {
        let nonce = page.policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
        (page.status, page.text.replace(nonce, ""), page.policy.replace(nonce, ""))
    };
    for path in ["/admin", "/admin/deliveries/7", "/admin?done=applied"] {
        for user_id in [None, Some("alex")] {
            let nowhere = plain(open_as(site(true, false), "/nowhere", user_id).await);
            assert_eq!(nowhere.0, StatusCode::NOT_FOUND);
            assert_eq!(plain(open_as(site(true, false), path, user_id).await), nowhere, "{path} {user_id:?}");
        }
    }
    let dashboard = |user_id| open_as(site(true, false), "/", Some(user_id));
    assert!(dashboard("boss").await.text.contains("href=\"/admin\""));
    assert!(!dashboard("alex").await.text.contains("href=\"/admin\""));
}
