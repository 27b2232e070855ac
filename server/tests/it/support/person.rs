//! A user with a browser, who connects a bank.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, Url};
use serde_json::{Value, json};

use super::TestApp;

/// A signed-in user who visits a provider's consent page and returns.
pub(crate) struct Person<'a> {
    app: &'a TestApp,
    user_id: &'static str,
}

impl<'a> Person<'a> {
    pub(crate) fn of(app: &'a TestApp, user_id: &'static str) -> Self {
        Self { app, user_id }
    }

    /// Requests the address of a consent page, as the dashboard does; returns the answer.
    pub(crate) async fn ask(&self, path: &str, body: Option<Value>) -> Response {
        let request = self.app.request(Method::POST, path).bearer_auth(self.app.token(self.user_id, 3600));
        let request = request.header("origin", &self.app.address);
        match body {
            Some(body) => request.json(&body).send().await.unwrap(),
            None => request.send().await.unwrap(),
        }
    }

    /// The address of a consent page.
    pub(crate) async fn begin(&self, path: &str, body: Option<Value>) -> String {
        let response = self.ask(path, body).await;
        let (status, answer) = (response.status(), response.json::<Value>().await.unwrap());
        assert_eq!((status.as_u16(), &answer["success"]), (200, &json!(true)), "{answer}");
        answer["url"].as_str().unwrap().to_owned()
    }

    /// Opens a consent page and presses a button; returns the address that the browser is redirected to.
    pub(crate) async fn press(&self, page: &str, button: (&str, &str)) -> String {
        let opened = self.app.client.get(page).send().await.unwrap();
        assert_eq!(opened.status(), 200, "{page}");
        let text = opened.text().await.unwrap();
        assert!(text.contains(&format!(r#"<button name="{}" value="{}">"#, button.0, button.1)), "{text}");
        let mut fields = hidden_fields(&text);
        fields.push((button.0.to_owned(), button.1.to_owned()));
        let form = Url::parse_with_params("http://form", fields).unwrap().query().unwrap().to_owned();
        let request = self.app.client.post(page).header("content-type", "application/x-www-form-urlencoded");
        let sent = request.body(form).send().await.unwrap();
        assert_eq!(sent.status(), 303);
        sent.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Follows the redirect back to the server; returns the server's redirect.
    pub(crate) async fn come_back(&self, address: &str) -> String {
        let request = self.app.client.get(address).bearer_auth(self.app.token(self.user_id, 3600));
        landing(&request.send().await.unwrap())
    }

    /// The user's connections through a connector.
    pub(crate) async fn connections(&self, connector: &str) -> Vec<Value> {
        let path = format!("/api/connectors/{connector}/connections");
        self.app.get(self.user_id, &path).await["connections"].as_array().unwrap().clone()
    }

    /// Waits until the user has one connection with this status; returns it.
    pub(crate) async fn until(&self, connector: &str, status: &str) -> Value {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let connections = self.connections(connector).await;
            if let [one] = &connections[..]
                && one["status"] == status
            {
                return one.clone();
            }
            assert!(Instant::now() < deadline, "{connections:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until this many transactions are stored; returns all, newest first.
    pub(crate) async fn until_stored(&self, count: usize) -> Vec<Value> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let page = self.app.get(self.user_id, "/api/transactions?limit=500").await;
            let stored = page["transactions"].as_array().unwrap();
            if stored.len() == count {
                return stored.clone();
            }
            assert!(Instant::now() < deadline, "{} are stored", stored.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The target of a callback's redirect.
pub(crate) fn landing(response: &Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

/// The names and values of a form's hidden fields.
fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let fields = page.split(r#"<input type="hidden" "#).skip(1);
    let read = |field: &str| {
        let name = field.split(r#"name=""#).nth(1)?.split('"').next()?;
        let value = field.split(r#"value=""#).nth(1)?.split('"').next()?;
        Some((name.to_owned(), value.replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&")))
    };
    fields.filter_map(read).collect()
}
