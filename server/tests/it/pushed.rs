//! Pushes: how amounts, dates, currencies and texts are stored.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{Basiq, SERVICE_SECRET, TestApp, basiq_body, code, forwarding};

fn call(app: &TestApp) -> RequestBuilder {
    let request = app.request(Method::POST, "/api/bank/transactions").header("x-service-secret", SERVICE_SECRET);
    request.header("content-type", "application/json")
}

async fn push(app: &TestApp, id: &str, members: Value) -> Response {
    let mut body = json!({ "transactionId": id, "description": "Lunch", "amount": 20, "date": "2026-11-20T08:30:00Z" });
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    call(app).header("x-user-id", "alice").body(body.to_string()).send().await.unwrap()
}

/// The stored transaction of a push that must be accepted.
async fn pushed(app: &TestApp, id: &str, members: Value) -> Value {
    let response = push(app, id, members.clone()).await;
    assert_eq!(response.status(), 201, "{members}: {}", response.text().await.unwrap());
    response.json::<Value>().await.unwrap()["transaction"].clone()
}

#[tokio::test]
async fn the_direction_is_understood_or_the_call_is_refused() {
    let app = TestApp::start().await;
    for (index, (members, amount, primary)) in [
        (json!({ "type": "debit" }), "-20", "expense"),
        (json!({ "type": "DR" }), "-20", "expense"),
        (json!({ "type": " Debit " }), "-20", "expense"),
        (json!({ "type": "outgoing" }), "-20", "expense"),
        (json!({ "type": "credit" }), "20", "income"),
        (json!({ "type": "CRDT" }), "20", "income"),
        (json!({ "primaryType": "Expense" }), "-20", "expense"),
        (json!({ "type": "transfer" }), "20", "transfer"),
        (json!({ "type": "transfer", "signedAmount": -20 }), "-20", "transfer"),
        (json!({ "type": "sideways", "amount": -20 }), "-20", "expense"),
        (json!({ "type": "credit", "primaryType": "expense", "amount": 0, "signedAmount": 0 }), "0", "expense"),
        (json!({}), "20", "income"),
    ]
    .into_iter()
    .enumerate()
    {
        let stored = pushed(&app, &format!("t{index}"), members.clone()).await;
        assert_eq!(
            (stored["amount"].to_string().as_str(), &stored["primaryType"]),
            (amount, &json!(primary)),
            "{members}"
        );
    }
    for members in [
        json!({ "type": "sideways" }),
        json!({ "type": "debit", "primaryType": "income" }),
        json!({ "type": "debit", "signedAmount": 20 }),
        json!({ "type": "credit", "amount": -20 }),
        json!({ "primaryType": "gift" }),
    ] {
        assert_eq!(
            code(push(&app, "refused", members.clone()).await).await,
            (400, "BAD_REQUEST".to_owned()),
            "{members}"
        );
    }
}

#[tokio::test]
async fn a_currency_that_names_none_is_the_accounts_and_another_unit_is_refused() {
    let app = TestApp::start().await;
    let stored = pushed(&app, "first", json!({ "accountId": "euros", "currency": "EUR" })).await;
    assert_eq!(stored["currency"], json!("EUR"));
    for (index, currency) in
        [json!("UNKNOWN_CURRENCY"), json!("XXX"), json!(""), json!(null), json!("null"), json!("978"), json!("eur")]
            .into_iter()
            .enumerate()
    {
        let stored = pushed(&app, &format!("t{index}"), json!({ "accountId": "euros", "currency": currency })).await;
        assert_eq!(stored["currency"], json!("EUR"), "{currency}");
    }
    for currency in [json!("USDT"), json!("dollars"), json!(true)] {
        let refused = push(&app, "refused", json!({ "currency": currency })).await;
        assert_eq!(code(refused).await, (400, "BAD_REQUEST".to_owned()), "{currency}");
    }
}

#[tokio::test]
async fn a_day_stays_a_day_an_instant_an_instant_and_no_date_is_the_arrivals() {
    let app = TestApp::start().await;
    for (index, (date, told, stored, precision)) in [
        ("2025-11-13", None, "2025-11-13T00:00:00Z", "day"),
        ("2025-11-13T00:00:00Z", None, "2025-11-13T00:00:00Z", "instant"),
        ("2025-11-13T00:00:00Z", Some("instant"), "2025-11-13T00:00:00Z", "instant"),
        ("2025-11-13T00:00:00Z", Some("day"), "2025-11-13T00:00:00Z", "day"),
        ("2025-11-13T00:00:00+11:00", Some("day"), "2025-11-13T00:00:00Z", "day"),
        ("2025-11-13T10:00:00+11:00", None, "2025-11-12T23:00:00Z", "instant"),
    ]
    .into_iter()
    .enumerate()
    {
        let transaction = pushed(&app, &format!("t{index}"), json!({ "date": date, "datePrecision": told })).await;
        let shown = (&transaction["date"], &transaction["datePrecision"]);
        assert_eq!(shown, (&json!(stored), &json!(precision)), "{date} {told:?}");
    }
    for (index, date) in [json!(null), json!(""), json!(" ")].into_iter().enumerate() {
        let before = app.now();
        let stored = pushed(&app, &format!("none{index}"), json!({ "date": date })).await;
        let at: jiff::Timestamp = stored["date"].as_str().unwrap().parse().unwrap();
        assert!((before..=app.now()).contains(&at), "{at}");
        assert_eq!(stored["datePrecision"], json!("instant"));
    }
    for members in [
        json!({ "date": "soon" }),
        json!({ "date": 1_763_600_000 }),
        json!({ "date": "2025-11-13", "datePrecision": "instant" }),
        json!({ "datePrecision": "week" }),
    ] {
        assert_eq!(
            code(push(&app, "refused", members.clone()).await).await,
            (400, "BAD_REQUEST".to_owned()),
            "{members}"
        );
    }
}

#[tokio::test]
async fn every_text_is_readable_masked_and_keeps_its_joiners() {
    let app = TestApp::start().await;
    let card = "\u{202e}PAN 4111.1111.1111.1111 👨\u{200d}👩\u{200d}👧";
    let stored = pushed(
        &app,
        "t1",
        json!({
            "description": card, "merchant": card, "reference": card, "location": card, "category": card,
            "secondaryType": card, "metadata": { "a": [card, { "4111111111111111": 4_111_111_111_111_111_u64 }], "b": 1.50 },
        }),
    )
    .await;
    let shown = "PAN •••• 1111 👨\u{200d}👩\u{200d}👧";
    for field in ["description", "merchant", "reference", "location", "categoryHint", "secondaryType"] {
        assert_eq!(stored[field], json!(shown), "{field}");
    }
    assert_eq!(stored["metadata"], json!({ "a": [shown, { "•••• 1111": "•••• 1111" }], "b": 1.5 }));
    let kept = "Stmt 2026-10-01 - 2026-10-31 DE89 3704 0044 0532 0130 00";
    assert_eq!(pushed(&app, "t2", json!({ "description": kept })).await["description"], json!(kept));
}

#[tokio::test]
async fn a_row_has_something_to_read_and_a_number_is_a_text() {
    let app = TestApp::start().await;
    for (index, (members, description)) in [
        (json!({ "description": 12345 }), "12345"),
        (json!({ "description": "" , "merchant": 7 }), "7"),
        (json!({ "description": null, "reference": "R1" }), "R1"),
        (json!({ "description": "\u{200d}", "category": "Groceries" }), "Groceries"),
        (json!({ "description": " ", "type": "debit" }), "Money out"),
        (json!({ "description": null, "type": "transfer" }), "Transfer"),
    ]
    .into_iter()
    .enumerate()
    {
        let stored = pushed(&app, &format!("t{index}"), members.clone()).await;
        assert_eq!(stored["description"], json!(description), "{members}");
    }
    assert_eq!(code(push(&app, "refused", json!({ "description": true })).await).await.0, 400);
}

#[tokio::test]
async fn a_byte_order_mark_is_not_read_and_another_encoding_is_told() {
    let app = TestApp::start().await;
    let body = r#"{"transactionId":"t1","description":"Lunch","amount":1,"date":"2026-11-20"}"#;
    let marked = call(&app).header("x-user-id", "alice").body(format!("\u{feff}{body}")).send().await.unwrap();
    assert_eq!(marked.status(), 201);
    let wide: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let refused: Value = call(&app).header("x-user-id", "alice").body(wide).send().await.unwrap().json().await.unwrap();
    assert!(refused["error"].as_str().unwrap().contains("UTF-16"), "{refused}");
    // Other calls that accept JSON.
    let path = "/api/connectors/basiq/connections/conn-1";
    let registered = app.request(Method::PUT, path).header("x-service-secret", SERVICE_SECRET);
    let registered = registered.header("content-type", "application/json").body("\u{feff}{\"userId\":\"alice\"}");
    assert_eq!(registered.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn two_users_in_one_call_are_refused_and_one_twice_is_one() {
    let app = TestApp::start().await;
    let body = r#"{"transactionId":"t1","description":"Lunch","amount":1,"date":"2026-11-20"}"#;
    let both = call(&app).header("x-user-id", "alice").header("x-user-id", "bob").body(body);
    assert_eq!(code(both.send().await.unwrap()).await, (400, "BAD_REQUEST".to_owned()));
    let twice = call(&app).header("x-user-id", "alice").header("x-user-id", "alice").body(body);
    assert_eq!(twice.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn what_one_server_sends_another_stores_as_it_was() {
    let second = TestApp::start().await;
    let first = TestApp::with(forwarding(&second.address)).await;
    first.register("conn-1", "alice").await;
    let mut socket = second.signed_in("alice").await;
    let mut basiq = Basiq::default();
    for (id, date) in [("day", "2025-11-13"), ("instant", "2025-11-13T00:00:00Z")] {
        let mut body = basiq_body("conn-1", id, "-1");
        body["data"]["transaction"]["transactionDate"] = json!(date);
        body["data"]["transaction"]["class"] = json!("transfer");
        basiq.deliver(&first, &body).await;
    }
    socket.expect("connection:updated").await;
    for precision in ["day", "instant"] {
        let new = socket.expect("transaction:new").await;
        let transaction = &new["transaction"];
        assert_eq!(
            (&transaction["transactionId"], &transaction["datePrecision"]),
            (&json!(precision), &json!(precision))
        );
        assert_eq!((&transaction["date"], &transaction["amount"]), (&json!("2025-11-13T00:00:00Z"), &json!(-1)));
        assert_eq!(transaction["primaryType"], json!("transfer"));
    }
}

#[tokio::test]
async fn a_deletion_reaches_the_next_server_and_the_transaction_can_come_back() {
    let second = TestApp::start().await;
    let first = TestApp::with(forwarding(&second.address)).await;
    first.register("conn-1", "alice").await;
    let mut socket = second.signed_in("alice").await;
    let mut basiq = Basiq::default();
    basiq.deliver(&first, &basiq_body("conn-1", "t/1", "-1")).await;
    socket.expect("connection:updated").await;
    assert_eq!(socket.expect("transaction:new").await["transaction"]["transactionId"], json!("t/1"));
    let mut deletion = basiq_body("conn-1", "t/1", "-1");
    deletion["event"] = json!("transaction.deleted");
    basiq.deliver(&first, &deletion).await;
    assert_eq!(socket.expect("transaction:deleted").await["transactionId"], json!("t/1"));

    // Pushed again, the transaction exists again; deleting it twice deletes it once.
    let connection = "pushed:5:alice:conn-1";
    let body = json!({ "transactionId": "t/1", "accountId": "acc-1", "connectorId": "basiq", "connectionId": connection,
        "amount": 2, "type": "debit", "currency": "AUD" });
    let push = second.request(Method::POST, "/api/bank/transactions").header("x-service-secret", SERVICE_SECRET);
    assert_eq!(push.header("x-user-id", "alice").json(&body).send().await.unwrap().status(), 201);
    assert_eq!(socket.expect("transaction:new").await["transaction"]["amount"], json!(-2));
    let path = format!("/api/bank/transactions/t%2F1?connectorId=basiq&connectionId={connection}&accountId=acc-1");
    for status in [200, 404] {
        let delete = second.request(Method::DELETE, &path).header("x-service-secret", SERVICE_SECRET);
        assert_eq!(delete.header("x-user-id", "alice").send().await.unwrap().status(), status);
    }
    let stranger = second.request(Method::DELETE, &path).header("x-user-id", "alice").send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}

#[tokio::test]
async fn two_different_users_or_keys_in_one_call_are_refused_and_the_same_one_twice_is_not() {
    let app = TestApp::start().await;
    let body = json!({ "transactionId": "t1", "description": "Lunch", "amount": 20, "date": "2026-11-20" }).to_string();
    for (name, first, second, expected) in
        [("x-user-id", "alice", "bob", 400), ("idempotency-key", "k1", "k2", 400), ("idempotency-key", "k1", "k1", 201)]
    {
        let request = call(&app).header(name, first).header(name, second);
        let request = if name == "x-user-id" { request } else { request.header("x-user-id", "alice") };
        assert_eq!(request.body(body.clone()).send().await.unwrap().status(), expected, "{name}: {first}, {second}");
    }
}
