//! How a webhook's members and headers are stored, from outside.

use serde_json::{Value, json};

use crate::support::{Basiq, TestApp, basiq_body, code, post};

async fn transactions(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.get("alice", &format!("/api/transactions{query}")).await;
    page["transactions"].as_array().unwrap().clone()
}

async fn ids(app: &TestApp, query: &str) -> Vec<String> {
    let found = transactions(app, query).await;
    found.iter().map(|transaction| transaction["transactionId"].as_str().unwrap().to_owned()).collect()
}

fn with(id: &str, members: &Value) -> Value {
    let mut body = basiq_body("conn-1", id, "-1");
    for (name, value) in members.as_object().unwrap() {
        body["data"]["transaction"][name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_word_for_the_direction_that_is_not_known_is_kept_and_never_shown_as_income() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let answer = basiq.deliver(&app, &with("t1", &json!({ "amount": "20.00", "direction": "sideways" }))).await;
    assert_eq!(answer["kept"], json!(true));
    assert!(answer["reason"].as_str().unwrap().contains("direction"), "{answer}");
    basiq.deliver(&app, &with("t2", &json!({ "amount": "20.00", "direction": "DR" }))).await;
    let stored = transactions(&app, "").await;
    assert_eq!((stored.len(), &stored[0]["amount"]), (1, &json!(-20.0)));
}

#[tokio::test]
async fn a_transaction_without_a_date_has_the_events_else_the_arrivals_and_keeps_it() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let undated = json!({ "status": "pending", "postDate": null, "transactionDate": "" });
    let mut told = with("event", &undated);
    told["timestamp"] = json!("2026-11-20T10:05:00Z");
    basiq.deliver(&app, &told).await;
    let arrived = app.now();
    basiq.deliver(&app, &with("arrival", &undated)).await;
    let stored = transactions(&app, "").await;
    let date = |id: &str| stored.iter().find(|it| it["transactionId"] == json!(id)).unwrap()["date"].clone();
    assert_eq!(date("event"), json!("2026-11-20T10:05:00Z"));
    let at: jiff::Timestamp = date("arrival").as_str().unwrap().parse().unwrap();
    assert!((arrived..=app.now()).contains(&at), "{at}");
    // Reported again later, it is not another transaction, and has not moved.
    app.advance(3600);
    let again = basiq.deliver(&app, &with("arrival", &undated)).await;
    told["timestamp"] = json!("2026-11-20T11:00:00Z");
    let told_again = basiq.deliver(&app, &told).await;
    assert_eq!((&again["processed"], &told_again["processed"]), (&json!(0), &json!(0)));
    // Its own date counts as soon as it has one.
    basiq.deliver(&app, &with("arrival", &json!({ "postDate": "2026-11-21", "transactionDate": null }))).await;
    assert_eq!(
        transactions(&app, "?q=espresso&from=2026-11-21&to=2026-11-21").await[0]["transactionId"],
        json!("arrival")
    );
}

#[tokio::test]
async fn a_delivery_that_waited_is_dated_by_its_arrival() {
    let app = TestApp::start().await;
    let arrived = app.now();
    Basiq::default().deliver(&app, &with("t1", &json!({ "transactionDate": "" }))).await;
    app.advance(86_400);
    app.register("conn-1", "alice").await;
    let stored = transactions(&app, "").await;
    let at: jiff::Timestamp = stored[0]["date"].as_str().unwrap().parse().unwrap();
    assert!((0..60).contains(&at.duration_since(arrived).as_secs()), "{at} for {arrived}");
}

#[tokio::test]
async fn a_day_and_an_instant_are_told_apart_in_events_pages_and_filters() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut socket = app.signed_in("alice").await;
    let mut basiq = Basiq::default();
    for (id, date) in [("day", "2025-11-13"), ("midnight", "2025-11-13T00:00:00Z"), ("evening", "2025-11-13T20:00:00Z")]
    {
        basiq.deliver(&app, &with(id, &json!({ "transactionDate": date }))).await;
    }
    for precision in ["day", "instant", "instant"] {
        let new = socket.expect("transaction:new").await;
        assert_eq!(new["transaction"]["datePrecision"], json!(precision));
    }
    let precisions: Vec<_> =
        transactions(&app, "").await.into_iter().map(|transaction| transaction["datePrecision"].clone()).collect();
    // A transaction without a time is at the top of its day if that day was over when it was first seen.
    assert_eq!(precisions, [json!("day"), json!("instant"), json!("instant")]);
    for (query, expected) in [
        ("?from=2025-11-13&to=2025-11-13", vec!["day", "evening", "midnight"]),
        ("?from=2025-11-14", vec![]),
        ("?to=2025-11-12", vec![]),
        // A day is compared with the day of a bound, an instant with its moment.
        ("?from=2025-11-13T10:00:00Z", vec!["day", "evening"]),
        ("?to=2025-11-13T10:00:00Z", vec!["day", "midnight"]),
        ("?from=2025-11-13T00:00:00%2B11:00&to=2025-11-13T23:59:59%2B11:00", vec!["day", "midnight"]),
        ("?from=2025-11-14T00:00:00%2B11:00", vec!["evening"]),
        ("?from=2025-11-12T00:00:00-08:00&to=2025-11-12T23:59:59-08:00", vec!["midnight"]),
    ] {
        assert_eq!(ids(&app, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_search_finds_what_reads_the_same() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for (id, text) in [
        ("kebap", "\u{130}STANBUL KEBAP"),
        ("cafe", "Cafe\u{301} Cre\u{300}me"),
        ("kostas", "ΚΩΣΤΑΣ"),
        ("strasse", "Straße 12"),
        ("wide", "ＣＡＦＥ"),
        ("persian", "می\u{200c}خواهم"),
    ] {
        basiq
            .deliver(
                &app,
                &with(id, &json!({ "description": text, "merchant": "Shop", "reference": format!("R-{id}") })),
            )
            .await;
    }
    for (query, expected) in [
        ("istanbul", vec!["kebap"]),
        ("Caf\u{e9}", vec!["wide", "cafe"]),
        ("cafe creme", vec!["cafe"]),
        ("ΚΩΣ", vec!["kostas"]),
        ("κώστας", vec!["kostas"]),
        ("STRASSE", vec!["strasse"]),
        ("میخواهم", vec!["persian"]),
        ("R-KEB", vec!["kebap"]),
        ("kebap shop", vec![]),
        ("  ", vec!["persian", "wide", "strasse", "kostas", "cafe", "kebap"]),
    ] {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(ids(&app, &format!("?q={encoded}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_signed_body_with_a_byte_order_mark_is_taken() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let body = format!("\u{feff}{}", basiq_body("conn-1", "t1", "-1")).into_bytes();
    let answer = Basiq::default().send_as(&app, "msg_1", body).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(ids(&app, "").await, ["t1"]);
    let wide = "{\"event\":\"ping\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let refused = Basiq::default().send_as(&app, "msg_2", wide).await;
    assert_eq!(code(refused).await, (400, "MALFORMED_BODY".to_owned()));
}

#[tokio::test]
async fn the_second_of_two_signature_lines_counts_and_two_ids_are_refused() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let basiq = Basiq::default();
    let signed = |id: &str| {
        let body = basiq_body("conn-1", id, "-1").to_string().into_bytes();
        (basiq.sign(id, &body, app.now()), body)
    };
    let (mut headers, body) = signed("t1");
    headers[2].1 = headers[2].1.trim_end_matches('=').to_owned();
    headers.insert(0, ("webhook-signature".into(), "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=".into()));
    assert_eq!(post(&app, "basiq", headers, body).await.status(), 200);
    let (mut headers, body) = signed("t2");
    headers.push(("webhook-id".into(), "t3".into()));
    let refused = post(&app, "basiq", headers, body).await;
    assert_eq!(code(refused).await, (401, "SIGNATURE_INVALID".to_owned()));
    assert_eq!(ids(&app, "").await, ["t1"]);
}

#[tokio::test]
async fn the_names_of_a_registration_show_no_card_number() {
    use crate::support::SERVICE_SECRET;
    let app = TestApp::start().await;
    let accounts =
        json!([{ "accountId": "4111111111111111" }, { "accountId": "a2", "name": "Visa 4111 1111 1111 1111" }]);
    let request = app.request(reqwest::Method::PUT, "/api/connectors/basiq/connections/conn-1");
    let request = request.header("x-service-secret", SERVICE_SECRET);
    let body = json!({ "userId": "alice", "institutionName": "Card 4111-1111-1111-1111", "accounts": accounts });
    assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    let accounts = app.get("alice", "/api/accounts").await["accounts"].clone();
    let names: Vec<_> = accounts.as_array().unwrap().iter().map(|account| account["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Account •••• 1111", "Visa •••• 1111"]);
    assert_eq!(accounts[0]["institutionName"], json!("Card •••• 1111"));
}
