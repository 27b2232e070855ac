use std::cell::Cell;
use std::rc::Rc;

use serde::Deserialize;
use socketio_client::{Client, Notification, Options};

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

/// Receives a user's events in the browser. The connection lasts as long as the client that is returned.
///
/// `token` is asked for at each connect; `on_event` is called with an event's name and its payload as JSON text.
pub fn follow(url: &str, token: impl Fn() -> String + 'static, on_event: impl Fn(&str, &str) + 'static) -> Client {
    let newest = Rc::new(Cell::new(None::<u64>));
    let since = Rc::clone(&newest);
    let auth = move || Some(serde_json::json!({ "token": token(), "since": since.get() }).to_string());
    Client::connect(Options::new().url(url).auth(auth), move |notification| {
        let Notification::Event(event) = notification else { return };
        // At a reconnect, what was missed is still to come: `authenticated` counts the first time only.
        if (event.name != "authenticated" || newest.get().is_none())
            && let Some(Ok(Numbered { seq })) = event.arg(0)
        {
            newest.set(Some(seq));
        }
        if let Some(payload) = event.raw_arg(0) {
            on_event(&event.name, payload);
        }
    })
}
