//! Signing in at the dashboard.

use reqwest::Method;
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde_json::json;
use server::auth::password;
use server::store::User;

use crate::support::{Socket, TestApp, code};

async fn with_user() -> TestApp {
    let app = TestApp::start().await;
    let password_hash = password::hash("correct horse".to_owned()).await.unwrap();
    let user = User {
        user_id: "alice".to_owned(),
        email: "alice@example.com".to_owned(),
        display_name: "Alice".to_owned(),
        password_hash,
    };
    app.state.store.add_user(user, app.now()).await.unwrap();
    app
}

async fn cookie(app: &TestApp) -> String {
    let proof = json!({ "email": "Alice@Example.com", "password": "correct horse" });
    let response = app.request(Method::POST, "/api/session").json(&proof).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let set = response.headers()[SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_password_starts_a_session_that_reads_and_ends() {
    let app = with_user().await;
    let cookie = cookie(&app).await;
    let me = app.request(Method::GET, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(me.json::<serde_json::Value>().await.unwrap()["userId"], json!("alice"));
    let end = app.request(Method::DELETE, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(end.status(), 204);
    let me = app.request(Method::GET, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(code(me).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = with_user().await;
    for email in ["alice@example.com", "nobody@example.com"] {
        let proof = json!({ "email": email, "password": "wrong horse" });
        let response = app.request(Method::POST, "/api/session").json(&proof).send().await.unwrap();
        assert_eq!(code(response).await, (401, "INVALID_CREDENTIALS".to_owned()));
    }
}

#[tokio::test]
async fn passwords_cannot_be_tried_without_end() {
    let app = with_user().await;
    let mut codes = vec![];
    for _ in 0..11 {
        let proof = json!({ "email": "alice@example.com", "password": "wrong horse" });
        let response = app.request(Method::POST, "/api/session").json(&proof).send().await.unwrap();
        codes.push(code(response).await.0);
    }
    assert_eq!(codes.last(), Some(&429));
}

#[tokio::test]
async fn a_form_is_answered_with_a_redirect() {
    let app = with_user().await;
    for (password, location) in [("correct+horse", "/"), ("wrong", "/sign-in?error=INVALID_CREDENTIALS")] {
        let response = app
            .request(Method::POST, "/api/session")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("email=alice%40example.com&password={password}"))
            .send()
            .await
            .unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["location"]), (303, &location.parse().unwrap()));
    }
}

/// The page's own form is answered with the page: the input goes back into the form and nowhere else.
#[cfg(feature = "ui")]
#[tokio::test]
async fn a_form_that_comes_to_nothing_is_shown_again_with_its_address() {
    let app = with_user().await;
    let post = |email: &str, password: &str| {
        app.request(Method::POST, "/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("email={email}&password={password}"))
    };
    let signed_in = post("alice%40example.com", "correct+horse").send().await.unwrap();
    assert_eq!((signed_in.status().as_u16(), &signed_in.headers()["location"]), (303, &"/".parse().unwrap()));
    assert!(signed_in.headers().contains_key(SET_COOKIE));

    let wrong = post("Alice%40example.com", "wrong+horse").send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.headers().contains_key(SET_COOKIE)), (200, false));
    assert_eq!(wrong.headers()["cache-control"], "no-store");
    let page = wrong.text().await.unwrap();
    assert!(
        page.contains("value=\"Alice@example.com\"") && page.contains("don&#39;t match")
            || page.contains("don't match")
    );
    assert!(!page.contains("wrong horse") && !page.contains("wrong+horse"));

    let long = post(&"a".repeat(300), "x").send().await.unwrap();
    assert!(!long.text().await.unwrap().contains(&"a".repeat(255)));
    let foreign = post("alice%40example.com", "correct+horse").header(ORIGIN, "https://evil.example");
    assert_eq!(code(foreign.send().await.unwrap()).await, (403, "ORIGIN_NOT_ALLOWED".to_owned()));
    for _ in 0..11 {
        post("alice%40example.com", "wrong").send().await.unwrap();
    }
    let limited = post("alice%40example.com", "wrong").send().await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers().contains_key("retry-after")), (429, true));
    assert!(limited.text().await.unwrap().contains("value=\"alice@example.com\""));
}

#[tokio::test]
async fn a_host_application_hands_over_its_own_token() {
    let app = TestApp::start().await;
    let proof = json!({ "token": app.token("carol", 60) });
    let response = app.request(Method::POST, "/api/session").json(&proof).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers()[SET_COOKIE].to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
    let proof = json!({ "token": "x.y.z" });
    let response = app.request(Method::POST, "/api/session").json(&proof).send().await.unwrap();
    assert_eq!(code(response).await, (401, "INVALID_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let app = with_user().await;
    let cookie = cookie(&app).await;
    app.advance(12 * 3600);
    let me = app.request(Method::GET, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(code(me).await, (401, "UNAUTHORIZED".to_owned()));
}

#[tokio::test]
async fn the_cookie_signs_a_socket_in_from_the_servers_own_page_only() {
    let app = with_user().await;
    let cookie = cookie(&app).await;
    let headers = [("cookie", cookie.as_str()), ("origin", app.address.as_str())];
    let mut own = Socket::connect(&app.address, None, &headers).await;
    assert_eq!(own.expect("authenticated").await["userId"], json!("alice"));
    let other = app.address.replace("127.0.0.1", "localhost");
    let foreign = Socket::open(&app.address, &[("cookie", &cookie), ("origin", &other)]).await;
    assert_eq!(foreign.err(), Some(403));
}

#[tokio::test]
async fn another_sites_page_cannot_write_with_the_cookie() {
    let app = with_user().await;
    let cookie = cookie(&app).await;
    let write = |origin: &str| {
        let request = app.request(Method::POST, "/api/session/end").header(COOKIE, &cookie);
        request.header(ORIGIN, origin).send()
    };
    assert_eq!(code(write("https://evil.example").await.unwrap()).await, (403, "ORIGIN_NOT_ALLOWED".to_owned()));
    assert_eq!(write(&app.address).await.unwrap().status(), 303);
}

#[tokio::test]
async fn the_demos_sign_in_is_not_there_outside_the_demo() {
    let app = TestApp::start().await;
    let form = app
        .request(Method::POST, "/api/demo/session")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("userId=demo-alex");
    assert_eq!(code(form.send().await.unwrap()).await, (404, "NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_session_and_no_other() {
    let app = with_user().await;
    let (first, second) = (cookie(&app).await, cookie(&app).await);
    let mut closed = Socket::connect(&app.address, None, &[("cookie", first.as_str())]).await;
    let mut open = Socket::connect(&app.address, None, &[("cookie", second.as_str())]).await;
    closed.expect("authenticated").await;
    open.expect("authenticated").await;
    let end = app.request(Method::DELETE, "/api/session").header(COOKIE, &first).send().await.unwrap();
    assert_eq!(end.status(), 204);
    assert_eq!(closed.expect("error").await["code"], json!("TOKEN_EXPIRED"));
    closed.expect_disconnect().await;
    open.expect_nothing().await;
}

/// If sockets are at another origin, which does not receive the cookie, a page signs in with a token.
#[cfg(feature = "ui")]
#[tokio::test]
async fn what_a_page_signs_in_with_elsewhere_ends_with_its_session() {
    let mut config = crate::support::config();
    config.http.public_url = Some("https://sockets.example".to_owned());
    let app = TestApp::with(config).await;
    let cookie = crate::support::cookie(&app, "alice").await;
    let page = app.request(Method::GET, "/").header(COOKIE, &cookie).send().await.unwrap().text().await.unwrap();
    let start = page.find("eyJ").expect("the page has a token");
    let is_of_token = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    let token: String = page[start..].chars().take_while(|char| is_of_token(*char)).collect();

    let mut socket = Socket::connect(&app.address, Some(json!({ "token": token })), &[]).await;
    assert_eq!(socket.expect("authenticated").await["userId"], json!("alice"));
    let read = || app.request(Method::GET, "/api/accounts").bearer_auth(&token).send();
    assert_eq!(read().await.unwrap().status(), 200);
    let proof = app.request(Method::POST, "/api/session").json(&json!({ "token": token })).send().await.unwrap();
    assert_eq!(code(proof).await, (401, "INVALID_TOKEN".to_owned()));

    let end = app.request(Method::DELETE, "/api/session").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(end.status(), 204);
    assert_eq!(socket.expect("error").await["code"], json!("TOKEN_EXPIRED"));
    assert_eq!(code(read().await.unwrap()).await, (401, "INVALID_TOKEN".to_owned()));
}

#[cfg(feature = "ui")]
#[tokio::test]
async fn a_page_that_cannot_find_out_who_asks_takes_nobody_for_a_stranger() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = crate::support::config();
    config.database = folder.path().join("t.db").into();
    let app = TestApp::with(config).await;
    let cookie = crate::support::cookie(&app, "alice").await;
    let database = rusqlite::Connection::open(folder.path().join("t.db")).unwrap();
    database.execute_batch("ALTER TABLE sessions RENAME TO away").unwrap();
    for path in ["/", "/admin", "/sign-in"] {
        let page = app.request(Method::GET, path).header(COOKIE, &cookie).send().await.unwrap();
        assert_eq!((page.status().as_u16(), &page.headers()["cache-control"]), (503, &"no-store".parse().unwrap()));
        assert!(page.headers().contains_key("retry-after"));
        let page = page.text().await.unwrap();
        assert!(page.contains("Nothing is lost") && page.contains("http-equiv=\"refresh\""), "{path}");
        assert!(!page.contains("hydrate"), "it is a plain document");
    }
    let snapshot = app.request(Method::POST, "/api/_ui/snapshot").header(COOKIE, &cookie).header(ORIGIN, &app.address);
    assert_eq!(code(snapshot.send().await.unwrap()).await, (503, "UNAVAILABLE".to_owned()));
    database.execute_batch("ALTER TABLE away RENAME TO sessions").unwrap();
    assert_eq!(app.request(Method::GET, "/").header(COOKIE, &cookie).send().await.unwrap().status(), 200);
}
