//! A user's load delays only that user.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{Basiq, Socket, TestApp, basiq_body, code, config};

/// How long another user's call may take while a debug build works for the first user on two cores.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Gives a user many transactions at once, by copying the existing one.
fn multiply(path: &Path, times: u32) {
    let database = rusqlite::Connection::open(path).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database
        .execute(
            "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < ?1)
             INSERT INTO transactions (id, account, owner, key_hash, transaction_id, source, rank_ms, date_ms, is_day,
                     first_seen_ms, amount, currency, primary_type, status, description, details, search,
                     revision, changed_seq, version, arrival)
                 SELECT x + 1000, account, owner, x, 'copy-' || x, source, rank_ms - x * 1000, date_ms - x * 1000, is_day,
                        first_seen_ms, amount, currency, primary_type, status, description, details, search || ' ' || x,
                        revision, changed_seq, version, arrival
                 FROM n, transactions WHERE id = 1",
            [times],
        )
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_asks_for_much_at_once_keeps_nobody_else_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let mut settings = config();
    settings.database = path.clone().into();
    let app = TestApp::with(settings).await;
    for user in ["heavy", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
        Basiq::default().deliver(&app, &basiq_body(&format!("conn-{user}"), "t1", "-1")).await;
    }
    multiply(&path, 100_000);

    let searches = join_all((0..60).map(|_| async {
        let search = app.request(Method::GET, "/api/transactions?q=zzz").bearer_auth(app.token("heavy", 60));
        search.send().await.unwrap()
    }));
    let others = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let asked = Instant::now();
            app.get("bob", "/api/transactions").await;
            app.get("bob", "/api/summary").await;
            let mut socket = app.signed_in("bob").await;
            socket.expect_nothing().await;
            slowest = slowest.max(asked.elapsed());
        }
        slowest
    };
    let (searches, slowest) = tokio::join!(searches, others);
    assert!(slowest < TIMEOUT, "another user waited {slowest:?}");
    for answer in searches {
        // A search that waited too long for the user's other searches is refused, not dropped silently.
        if answer.status() != 200 {
            assert_eq!(code(answer).await, (429, "RATE_LIMITED".to_owned()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_tries_many_passwords_keeps_nobody_else_from_signing_in() {
    let mut settings = config();
    settings.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let app = TestApp::with(settings).await;
    let try_from = |address: &'static str, email: String| {
        let proof = json!({ "email": email, "password": "correct horse battery" });
        app.request(Method::POST, "/api/session").header("x-forwarded-for", address).json(&proof).send()
    };
    let stranger = async {
        let asked = Instant::now();
        join_all((0..100).map(|number| try_from("198.51.100.1", format!("{number}@example.com")))).await;
        asked.elapsed()
    };
    let others = async {
        let mut slowest = Duration::ZERO;
        for number in 0..5 {
            let asked = Instant::now();
            let answer = try_from("198.51.100.2", format!("other-{number}@example.com")).await.unwrap();
            assert_eq!(code(answer).await, (401, "INVALID_CREDENTIALS".to_owned()));
            slowest = slowest.max(asked.elapsed());
        }
        slowest
    };
    let (all, slowest) = tokio::join!(stranger, others);
    // Passwords are slow to check, especially on a busy machine: a caller queued behind the stranger would wait for all
    // of its attempts.
    assert!(slowest < TIMEOUT.max(all / 4), "another address waited {slowest:?}, the stranger {all:?}");
}

/// The longest time from one of twenty webhooks to its event on another user's socket.
async fn slowest_event_of_bob(app: &TestApp) -> Duration {
    let mut basiq = Basiq::default();
    let mut socket = app.signed_in("bob").await;
    let mut slowest = Duration::ZERO;
    for number in 0..20 {
        let sent = Instant::now();
        basiq.deliver(app, &basiq_body("conn-bob", &format!("t{number}"), "-1")).await;
        socket.expect("transaction:new").await;
        slowest = slowest.max(sent.elapsed());
    }
    slowest
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_sockets_all_catch_up_keeps_nobody_else_waiting() {
    let app = TestApp::start().await;
    for user in ["heavy", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    let mut basiq = Basiq::default();
    for number in 0..300 {
        basiq.deliver(&app, &basiq_body("conn-heavy", &format!("t{number}"), "-1")).await;
    }
    let from_the_beginning = || async {
        let auth = json!({ "token": app.token("heavy", 600), "since": 0 });
        let mut socket = Socket::connect(&app.address, Some(auth), &[]).await;
        let mut last = socket.expect("authenticated").await["seq"].as_u64().unwrap();
        while last > 0 {
            let (_, payload) = socket.event().await;
            if payload["seq"].as_u64() == Some(last) {
                last = 0;
            }
        }
    };
    let heavy = join_all((0..10).map(|_| async {
        for _ in 0..5 {
            from_the_beginning().await;
        }
    }));
    let (_, slowest) = tokio::join!(heavy, slowest_event_of_bob(&app));
    assert!(slowest < TIMEOUT, "another user waited {slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_bank_sends_much_at_once_keeps_nobody_elses_waiting() {
    let app = TestApp::start().await;
    for user in ["heavy", "bob"] {
        app.register(&format!("conn-{user}"), user).await;
    }
    let heavy = join_all((0..8).map(|sender| {
        let app = &app;
        async move {
            let mut basiq = Basiq::default();
            for number in 0..50 {
                basiq.deliver(app, &basiq_body("conn-heavy", &format!("t{sender}-{number}"), "-1")).await;
            }
        }
    }));
    let (_, slowest) = tokio::join!(heavy, slowest_event_of_bob(&app));
    assert!(slowest < TIMEOUT, "another user waited {slowest:?}");
}
