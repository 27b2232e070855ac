//! Reading over HTTP, and access to other users' data.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Basiq, SERVICE_SECRET, TestApp, basiq_body, code};

async fn with_history(count: u32) -> TestApp {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for index in 0..count {
        let mut body = basiq_body("conn-1", &format!("t{index}"), &format!("-{index}.25"));
        body["data"]["transaction"]["transactionDate"] = json!(format!("2026-11-{:02}T10:00:00Z", index % 20 + 1));
        body["data"]["transaction"]["description"] = json!(format!("Shop {index}"));
        basiq.deliver(&app, &body).await;
    }
    app
}

fn ids(page: &Value) -> Vec<&str> {
    let transactions = page["transactions"].as_array().unwrap();
    transactions.iter().map(|transaction| transaction["transactionId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_one_another_newest_first_and_end() {
    let app = with_history(25).await;
    let (mut seen, mut cursor, mut dates) = (vec![], String::new(), vec![]);
    loop {
        let page = app.get("alice", &format!("/api/transactions?limit=10{cursor}")).await;
        seen.extend(ids(&page).into_iter().map(ToOwned::to_owned));
        dates.extend(page["transactions"].as_array().unwrap().iter().map(|one| one["date"].to_string()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(dates.windows(2).all(|pair| pair[0] >= pair[1]));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[tokio::test]
async fn pages_of_changes_are_complete_as_well() {
    let app = with_history(12).await;
    let mut basiq = Basiq::default();
    basiq.deliver(&app, &basiq_body("conn-1", "t3", "-77")).await;
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let page = app.get("alice", &format!("/api/transactions?since=5&limit=3{cursor}")).await;
        seen.extend(ids(&page).into_iter().map(ToOwned::to_owned));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["t4", "t5", "t6", "t7", "t8", "t9", "t10", "t11", "t3"]);
}

#[tokio::test]
async fn filters_narrow_the_page() {
    let app = with_history(12).await;
    for (query, expected) in [
        ("q=shop%2011", vec!["t11"]),
        ("q=SHOP%2011", vec!["t11"]),
        ("q=%25", vec![]),
        ("from=2026-11-12&to=2026-11-12", vec!["t11"]),
        ("from=2026-11-12T10:00:00Z", vec!["t11"]),
        ("to=2026-11-01", vec!["t0"]),
        ("account=other", vec![]),
        ("connector=apideck", vec![]),
        ("type=income", vec![]),
        ("type=expense&limit=1", vec!["t11"]),
        ("since=11", vec!["t10", "t11"]),
    ] {
        assert_eq!(ids(&app.get("alice", &format!("/api/transactions?{query}")).await), expected, "{query}");
    }
}

#[tokio::test]
async fn a_day_without_a_time_stands_above_what_happened_before_it_came_and_below_what_came_after() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    // Noon, so that the day does not end during the test.
    app.advance(129_600 - app.now().as_second().rem_euclid(86_400));
    let today = app.now().to_string()[..10].to_owned();
    for (id, is_timed) in [("coffee", true), ("invoice", false), ("bus", true), ("rent", false), ("late", false)] {
        let now = server::clock::rfc3339(app.now());
        let mut body = basiq_body("conn-1", id, "-1");
        body["data"]["transaction"]["transactionDate"] = json!(if is_timed { now } else { today.clone() });
        basiq.deliver(&app, &body).await;
        app.advance(60);
    }
    // A transaction of an earlier day is listed on that day, and a change does not move one.
    let mut body = basiq_body("conn-1", "yesterday", "-1");
    body["data"]["transaction"]["transactionDate"] = json!("2020-01-01");
    basiq.deliver(&app, &body).await;
    let mut body = basiq_body("conn-1", "invoice", "-2");
    body["data"]["transaction"]["transactionDate"] = json!(today);
    basiq.deliver(&app, &body).await;
    let page = app.get("alice", "/api/transactions").await;
    assert_eq!(ids(&page), ["late", "rent", "bus", "invoice", "coffee", "yesterday"]);
    let first = app.get("alice", "/api/transactions?limit=3").await;
    let next = app.get("alice", &format!("/api/transactions?before={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!(ids(&next), ["invoice", "coffee", "yesterday"]);
    let day = app.get("alice", &format!("/api/transactions?from={today}&to={today}")).await;
    assert_eq!(ids(&day).len(), 5);
}

#[tokio::test]
async fn a_wrong_question_is_answered_with_what_is_wrong() {
    let app = TestApp::start().await;
    for query in ["limit=0", "limit=501", "limit=x", "before=x", "from=yesterday", "type=gift", "since=-1"] {
        let path = format!("/api/transactions?{query}");
        let response = app.request(Method::GET, &path).bearer_auth(app.token("alice", 60)).send().await.unwrap();
        assert_eq!(code(response).await, (400, "BAD_REQUEST".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn the_summary_adds_up_exactly_and_leaves_transfers_out() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for (index, (amount, class)) in
        [("-0.10", "payment"), ("-0.20", "payment"), ("1000.01", "direct-credit"), ("-500", "transfer")]
            .iter()
            .enumerate()
    {
        let mut body = basiq_body("conn-1", &format!("t{index}"), amount);
        body["data"]["transaction"]["transactionDate"] = json!(server::clock::rfc3339(app.now()));
        body["data"]["transaction"]["class"] = json!(class);
        body["data"]["account"] = json!({ "id": "acc-1", "balance": "499.71" });
        basiq.deliver(&app, &body).await;
    }
    let text = app.raw("alice", "/api/summary").await;
    assert!(text.contains(r#""balance":499.71,"income":1000.01,"expenses":-0.30"#), "{text}");
}

#[tokio::test]
async fn the_summary_says_how_many_balances_are_not_known() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for (id, account) in [("t1", "known"), ("t2", "unknown")] {
        let mut body = basiq_body("conn-1", id, "-1");
        body["data"]["transaction"]["account"] = json!(account);
        if account == "known" {
            body["data"]["account"] = json!({ "id": account, "balance": "20.50" });
        }
        basiq.deliver(&app, &body).await;
    }
    let summary = app.get("alice", "/api/summary").await;
    let totals = &summary["currencies"][0];
    assert_eq!(
        (&totals["balance"], &totals["accounts"], &totals["unknownBalances"]),
        (&json!(20.50), &json!(2), &json!(1))
    );
}

#[tokio::test]
async fn nobody_reads_without_a_proof_or_with_another_users() {
    let app = with_history(1).await;
    for path in ["/api/transactions", "/api/accounts", "/api/summary", "/api/connectors/basiq/connections"] {
        let response = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(code(response).await, (401, "UNAUTHORIZED".to_owned()), "{path}");
    }
    let bad = app.request(Method::GET, "/api/accounts").bearer_auth("x.y.z").send().await.unwrap();
    assert_eq!(code(bad).await, (401, "INVALID_TOKEN".to_owned()));
    assert!(ids(&app.get("bob", "/api/transactions").await).is_empty());
    assert_eq!(app.get("bob", "/api/connectors/basiq/connections").await["connections"], json!([]));
}

#[tokio::test]
async fn only_a_service_registers_and_nobody_takes_over_a_connection() {
    let app = TestApp::start().await;
    let path = "/api/connectors/basiq/connections/conn-1";
    let by_user =
        app.request(Method::PUT, path).bearer_auth(app.token("alice", 60)).json(&json!({ "userId": "alice" }));
    assert_eq!(code(by_user.send().await.unwrap()).await, (401, "UNAUTHORIZED".to_owned()));
    let bearer = app.request(Method::PUT, path).bearer_auth(SERVICE_SECRET).json(&json!({ "userId": "alice" }));
    assert_eq!(bearer.send().await.unwrap().status(), 201);
    assert_eq!(code(app.register("conn-1", "mallory").await).await, (409, "CONFLICT".to_owned()));
    let delete = app.request(Method::DELETE, path).bearer_auth(app.token("mallory", 60));
    assert_eq!(code(delete.send().await.unwrap()).await, (404, "NOT_FOUND".to_owned()));
    let delete = app.request(Method::DELETE, path).bearer_auth(app.token("alice", 60));
    assert_eq!(delete.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_synchronisation_ends_in_sync_complete() {
    let app = with_history(3).await;
    let mut socket = app.signed_in("alice").await;
    let path = "/api/connectors/basiq/connections/conn-1/sync";
    let response = app.request(Method::POST, path).bearer_auth(app.token("alice", 60)).send().await.unwrap();
    assert_eq!(response.status(), 202);
    let event = socket.expect("sync:complete").await;
    assert_eq!(event["connectionId"], json!("conn-1"));
    assert_eq!(event["stats"], json!({ "totalTransactions": 3, "newTransactions": 0 }));
}

#[tokio::test]
async fn connectors_tell_what_they_are_and_no_secret() {
    let app = TestApp::start().await;
    let text = app.client.get(format!("{}/api/connectors", app.address)).send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#""id":"basiq""#) && text.contains(r#""configured":true"#), "{text}");
    assert!(!text.contains("whsec_"), "{text}");
    let one = app.request(Method::GET, "/api/connectors/nobank/status").send().await.unwrap();
    assert_eq!(code(one).await, (404, "UNKNOWN_CONNECTOR".to_owned()));
}

#[tokio::test]
async fn unknown_addresses_and_methods_have_the_one_error_body() {
    let app = TestApp::start().await;
    let unknown = app.request(Method::GET, "/api/nothing/here").send().await.unwrap();
    assert_eq!(code(unknown).await, (404, "NOT_FOUND".to_owned()));
    let method = app.request(Method::DELETE, "/api/summary").send().await.unwrap();
    assert_eq!(code(method).await, (405, "METHOD_NOT_ALLOWED".to_owned()));
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(app.request(Method::GET, path).send().await.unwrap().status(), 200);
    }
}
