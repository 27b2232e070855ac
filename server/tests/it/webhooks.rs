//! The answers to webhooks, and their effects.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{APIDECK_SECRET, Basiq, TestApp, basiq_body, code, config, post};

async fn transactions(app: &TestApp, user_id: &str) -> Vec<Value> {
    let page = app.get(user_id, "/api/transactions").await;
    page["transactions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_signed_delivery_is_stored_with_the_providers_digits() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let answer = Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-50.10")).await;
    assert_eq!(answer, json!({ "success": true, "processed": 1 }));
    let page = app.raw("alice", "/api/transactions").await;
    assert!(page.contains("\"amount\":-50.10,"), "{page}");
    assert!(page.contains("\"currency\":\"AUD\""), "{page}");
}

#[tokio::test]
async fn the_guides_signature_and_apidecks_are_taken_as_well() {
    use hmac::{KeyInit as _, Mac as _};
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let hex_hmac = |secret: &str, body: &[u8]| {
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    };
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let signature = format!("sha256={}", hex_hmac(crate::support::BASIQ_SECRET, &body));
    let answer = post(&app, "basiq", vec![("x-basiq-signature".into(), signature)], body).await;
    assert_eq!(answer.status(), 200);
    let body = br#"{"event_type":"accounting.transaction.created","data":{"connectionId":"c"}}"#.to_vec();
    let headers = vec![("x-apideck-signature".to_owned(), hex_hmac(APIDECK_SECRET, &body))];
    assert_eq!(post(&app, "apideck", headers, body).await.status(), 200);
}

#[tokio::test]
async fn the_same_delivery_again_is_a_duplicate_and_tells_nobody() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let basiq = Basiq::default();
    let mut socket = app.signed_in("alice").await;
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let first: Value = basiq.send_as(&app, "msg_1", body.clone()).await.json().await.unwrap();
    let second: Value = basiq.send_as(&app, "msg_1", body).await.json().await.unwrap();
    assert_eq!(first.get("duplicate"), None);
    assert_eq!(second["duplicate"], json!(true));
    socket.expect("transaction:new").await;
    socket.expect_nothing().await;
}

#[tokio::test]
async fn the_same_content_in_another_delivery_tells_nobody() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let mut socket = app.signed_in("alice").await;
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1.50")).await;
    let answer = basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1.5")).await;
    assert_eq!(answer["processed"], json!(0));
    socket.expect("transaction:new").await;
    socket.expect_nothing().await;
}

#[tokio::test]
async fn a_change_is_an_update_with_the_next_revision() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let mut socket = app.signed_in("alice").await;
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-2")).await;
    let new = socket.expect("transaction:new").await;
    let updated = socket.expect("transaction:updated").await;
    assert_eq!(updated["seq"].as_u64(), new["seq"].as_u64().map(|seq| seq + 1));
    assert_eq!((&updated["transaction"]["revision"], &updated["transaction"]["amount"]), (&json!(2), &json!(-2)));
    assert_eq!(transactions(&app, "alice").await.len(), 1);
}

#[tokio::test]
async fn a_changed_balance_is_told_once() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let mut socket = app.signed_in("alice").await;
    for (id, balance) in [("t1", "100.00"), ("t2", "100.0"), ("t3", "90.25")] {
        let mut body = basiq_body("conn-1", id, "-1");
        body["data"]["account"] = json!({ "id": "acc-1", "name": "Everyday", "balance": balance });
        basiq.deliver(&app, &body).await;
    }
    let mut told = vec![];
    for _ in 0..5 {
        let (name, payload) = socket.event().await;
        if name == "balance:updated" {
            told.push(payload["balance"].to_string());
        }
    }
    socket.expect_nothing().await;
    assert_eq!(told, ["100.0", "90.25"]);
    assert_eq!(app.get("alice", "/api/accounts").await["accounts"][0]["name"], json!("Everyday"));
}

#[tokio::test]
async fn what_was_deleted_stays_deleted_when_a_delayed_delivery_comes() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let mut socket = app.signed_in("alice").await;
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-1")).await;
    let mut gone = basiq_body("conn-1", "t1", "-1");
    gone["event"] = json!("transaction.deleted");
    basiq.deliver(&app, &gone).await;
    basiq.deliver(&app, &basiq_body("conn-1", "t1", "-3")).await;
    socket.expect("transaction:new").await;
    let deleted = socket.expect("transaction:deleted").await;
    assert_eq!(deleted["transactionId"], json!("t1"));
    socket.expect_nothing().await;
    assert!(transactions(&app, "alice").await.is_empty());
}

/// Three transactions in one body, the second with this amount, which may be unreadable.
fn three(connection_id: &str, second: &str) -> serde_json::Value {
    let one = |id: &str, amount: &str| json!({ "id": id, "account": "acc-1", "amount": amount, "date": "2026-11-20" });
    json!({
        "event": "transactions.updated",
        "connectionId": connection_id,
        "data": { "transactions": [one("t1", "-1"), one("t2", second), one("t3", "-3")] },
    })
}

#[tokio::test]
async fn one_item_that_is_not_understood_is_quarantined_alone() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let answer = basiq.deliver(&app, &three("conn-1", "abc")).await;
    assert_eq!((&answer["processed"], &answer["kept"]), (&json!(2), &json!(true)));
    assert_eq!(transactions(&app, "alice").await.len(), 2);
    let [entry] = &app.state.store.inbox(true, 10).await.unwrap()[..] else { panic!("it stays in the inbox") };
    let reason = entry.reason.clone().unwrap_or_default();
    assert!(reason.contains("t2: the amount is not a decimal number"), "{reason}");
    // It does not block later deliveries.
    let answer = basiq.deliver(&app, &basiq_body("conn-1", "t4", "-4")).await;
    assert_eq!((&answer["processed"], answer.get("kept")), (&json!(1), None));
    let again = app.state.ingest.run_again(entry.id, app.now()).await.unwrap();
    assert_eq!(again, server::store::Recorded::Partly(server::store::Changed::default(), reason));
    assert_eq!(transactions(&app, "alice").await.len(), 3);
}

#[tokio::test]
async fn a_quarantined_item_of_a_connection_that_is_registered_later_is_named_as_well() {
    let app = TestApp::start().await;
    Basiq::default().deliver(&app, &three("conn-1", "abc")).await;
    app.register("conn-1", "alice").await;
    assert_eq!(transactions(&app, "alice").await.len(), 2);
    let [entry] = &app.state.store.inbox(true, 10).await.unwrap()[..] else { panic!("it stays in the inbox") };
    assert!(entry.reason.as_deref().is_some_and(|reason| reason.contains("t2: ")), "{entry:?}");
}

#[tokio::test]
async fn a_delivery_for_an_unknown_connection_is_kept_and_placed_when_it_is_registered() {
    let app = TestApp::start().await;
    let answer = Basiq::default().deliver(&app, &basiq_body("conn-1", "t1", "-7")).await;
    assert_eq!(answer["kept"], json!(true));
    let mut socket = app.signed_in("alice").await;
    assert_eq!(app.register("conn-1", "alice").await.status(), 201);
    socket.expect("connection:updated").await;
    let new = socket.expect("transaction:new").await;
    assert_eq!(new["transaction"]["amount"], json!(-7));
    assert_eq!(app.register("conn-1", "alice").await.status(), 200);
    socket.expect_nothing().await;
    assert_eq!(transactions(&app, "alice").await.len(), 1);
}

#[tokio::test]
async fn a_user_id_in_a_body_counts_for_nothing() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut body = basiq_body("conn-1", "t1", "-7");
    body["userId"] = json!("mallory");
    body["data"]["userId"] = json!("mallory");
    body["data"]["transaction"]["userId"] = json!("mallory");
    Basiq::default().deliver(&app, &body).await;
    assert_eq!(transactions(&app, "alice").await[0]["userId"], json!("alice"));
    assert!(transactions(&app, "mallory").await.is_empty());
}

#[tokio::test]
async fn each_bad_signature_has_its_answer() {
    let app = TestApp::start().await;
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let good = Basiq::default();
    let stale = jiff::Timestamp::from_second(app.now().as_second() - 301).unwrap();
    let future = jiff::Timestamp::from_second(app.now().as_second() + 302).unwrap();
    let mut other_body = body.clone();
    other_body[10] ^= 1;
    for (headers, sent, expected) in [
        (good.sign("m1", &other_body, app.now()), body.clone(), "SIGNATURE_INVALID"),
        (vec![], body.clone(), "SIGNATURE_MISSING"),
        (good.sign("m1", &body, stale), body.clone(), "SIGNATURE_STALE"),
        (good.sign("m1", &body, future), body.clone(), "SIGNATURE_STALE"),
        (Basiq::with_secret("whsec_b3RoZXI=").sign("m1", &body, app.now()), body.clone(), "SIGNATURE_INVALID"),
    ] {
        assert_eq!(code(post(&app, "basiq", headers, sent).await).await, (401, expected.to_owned()));
    }
}

#[tokio::test]
async fn each_bad_body_has_its_answer() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let basiq = Basiq::default();
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    for (name, body, expected) in [
        ("not JSON", b"amount=1".to_vec(), (400, "MALFORMED_BODY")),
        ("no object", b"[1]".to_vec(), (400, "MALFORMED_BODY")),
        ("nested deeply", deep, (400, "MALFORMED_BODY")),
        ("empty", vec![], (400, "MALFORMED_BODY")),
        ("too large", vec![b' '; 1024 * 1024 + 1], (413, "PAYLOAD_TOO_LARGE")),
    ] {
        let answer = code(basiq.send_as(&app, name, body).await).await;
        assert_eq!((answer.0, answer.1.as_str()), expected, "{name}");
    }
}

#[tokio::test]
async fn what_is_authentic_but_makes_no_sense_is_kept() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    let mut no_id = basiq_body("conn-1", "t1", "-1");
    no_id["data"]["transaction"].as_object_mut().unwrap().remove("id");
    let mut no_connection = basiq_body("conn-1", "t1", "-1");
    no_connection["data"].as_object_mut().unwrap().remove("connectionId");
    let mut unknown = basiq_body("conn-1", "t1", "-1");
    unknown["event"] = json!("moon.landed");
    for (name, body) in [
        ("out of range", basiq_body("conn-1", "t1", "1e400")),
        ("no number", basiq_body("conn-1", "t1", "twelve")),
        ("no id", no_id),
        ("no connection", no_connection),
        ("unknown event", unknown),
    ] {
        let answer = basiq.deliver(&app, &body).await;
        assert_eq!(answer["kept"], json!(true), "{name}: {answer}");
        assert!(answer["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{name}: {answer}");
    }
    assert!(transactions(&app, "alice").await.is_empty());
}

#[tokio::test]
async fn an_unknown_connector_and_one_without_a_secret_are_told_apart() {
    let mut config = config();
    config.connectors.set("APIDECK_WEBHOOK_SECRET", [""; 0]);
    let app = TestApp::with(config).await;
    let unknown = post(&app, "nobank", vec![], vec![]).await;
    assert_eq!(code(unknown).await, (404, "UNKNOWN_CONNECTOR".to_owned()));
    let unconfigured = post(&app, "apideck", vec![("x-apideck-signature".into(), "00".into())], b"{}".to_vec()).await;
    assert_eq!(code(unconfigured).await, (503, "NOT_CONFIGURED".to_owned()));
}

#[tokio::test]
async fn a_connection_that_sends_too_much_is_asked_to_wait_and_another_is_not() {
    let mut config = config();
    config.limits.webhooks_per_connection = std::num::NonZeroU32::new(2);
    let app = TestApp::with(config).await;
    let mut basiq = Basiq::default();
    for index in 0..2 {
        basiq.deliver(&app, &basiq_body("conn-1", &format!("t{index}"), "-1")).await;
    }
    let refused = basiq.send(&app, &basiq_body("conn-1", "t9", "-1")).await;
    let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=31).contains(&seconds));
    assert_eq!(code(refused).await, (429, "RATE_LIMITED".to_owned()));
    basiq.deliver(&app, &basiq_body("conn-2", "t1", "-1")).await;
}

#[tokio::test]
async fn a_body_that_ends_early_is_not_stored() {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let body = basiq_body("conn-1", "t1", "-1").to_string().into_bytes();
    let headers = Basiq::default().sign("m1", &body, app.now());
    let mut request =
        format!("POST /api/connectors/basiq/webhook HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut stream = tokio::net::TcpStream::connect(app.address.trim_start_matches("http://")).await.unwrap();
    stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
    stream.write_all(&body[..body.len() / 2]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(!answer.contains(" 200 "), "{answer}");
    assert!(transactions(&app, "alice").await.is_empty());
}
