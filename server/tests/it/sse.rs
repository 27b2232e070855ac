//! Server-Sent Events as clients see them: the blocks of the stream, and the headers for a proxy.

use std::time::Duration;

use reqwest::{Method, Response};

use crate::support::{Basiq, TestApp, basiq_body};

/// A stream that is read block by block.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    async fn open(app: &TestApp, query: &str, last_event_id: Option<&str>) -> Self {
        let request = app.request(Method::GET, &format!("/api/events{query}")).bearer_auth(app.token("alice", 60));
        let request = last_event_id.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    /// The lines of the next block.
    async fn block(&mut self) -> Vec<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let lines = block.lines().map(str::to_owned).collect();
                self.text = rest.to_owned();
                return lines;
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await.expect("in time");
            self.text.push_str(std::str::from_utf8(&chunk.unwrap().expect("more")).unwrap());
        }
    }

    /// The name and id of the next event.
    async fn event(&mut self) -> (String, String) {
        let block = self.block().await;
        let field = |name: &str| block.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
        (field("event: "), field("id: "))
    }
}

fn event(name: &str, id: u64) -> (String, String) {
    (name.to_owned(), id.to_string())
}

/// A user with three events: the registration and two transactions.
async fn with_events() -> (TestApp, Basiq) {
    let app = TestApp::start().await;
    app.register("conn-1", "alice").await;
    let mut basiq = Basiq::default();
    for id in ["t1", "t2"] {
        basiq.deliver(&app, &basiq_body("conn-1", id, "-1")).await;
    }
    (app, basiq)
}

#[tokio::test]
async fn a_proxy_is_told_to_pass_everything_on_as_it_comes() {
    let app = TestApp::start().await;
    let stream = Stream::open(&app, "", None).await;
    let header = |name: &str| stream.response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("cache-control").as_deref(), Some("no-cache, no-transform"));
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("content-encoding"), None);
}

#[tokio::test]
async fn a_stream_begins_at_once_with_the_newest_id_and_one_that_is_cut_before_any_event_resumes_from_it() {
    let (app, mut basiq) = with_events().await;
    let mut stream = Stream::open(&app, "", None).await;
    // A block without data is not an event.
    assert_eq!(stream.block().await, [": the newest event is 3", "id: 3"]);
    drop(stream);
    basiq.deliver(&app, &basiq_body("conn-1", "t3", "-1")).await;
    let mut stream = Stream::open(&app, "", Some("3")).await;
    assert_eq!(stream.block().await, [": the newest event is 4"]);
    assert_eq!(stream.event().await, event("transaction:new", 4));
}

#[tokio::test]
async fn a_stream_of_somebody_without_events_begins_with_zero() {
    let app = TestApp::start().await;
    let mut stream = Stream::open(&app, "", None).await;
    assert_eq!(stream.block().await, [": the newest event is 0", "id: 0"]);
    drop(stream);
    app.register("conn-1", "alice").await;
    let mut stream = Stream::open(&app, "", Some("0")).await;
    stream.block().await;
    assert_eq!(stream.event().await, event("connection:updated", 1));
}

#[tokio::test]
async fn a_replay_names_no_id_before_its_first_event_so_that_a_cut_leaves_nothing_out() {
    let (app, _) = with_events().await;
    for (query, last) in [("?since=1", None), ("", Some("1")), ("?since=3", Some("1"))] {
        let mut stream = Stream::open(&app, query, last).await;
        assert_eq!(stream.block().await, [": the newest event is 3"], "{query} {last:?}");
        assert_eq!(stream.event().await, event("transaction:new", 2));
        assert_eq!(stream.event().await, event("transaction:new", 3));
    }
}

#[tokio::test]
async fn a_stream_whose_reader_has_to_reload_names_no_id_before_it_says_so() {
    let (app, _) = with_events().await;
    for last in ["99", "nonsense"] {
        let mut stream = Stream::open(&app, "", Some(last)).await;
        assert_eq!(stream.block().await, [": the newest event is 3"], "{last}");
        assert_eq!(stream.event().await, event("sync:required", 3));
    }
}

#[tokio::test]
async fn a_reader_that_knows_epochs_gets_ids_with_the_epoch_and_both_forms_are_taken() {
    let (app, _) = with_events().await;
    let epoch = app.state.store.epoch().to_owned();
    let mut stream = Stream::open(&app, "?epoch=", None).await;
    assert_eq!(stream.block().await[1], format!("id: {epoch}:3"));
    for (query, last) in [(format!("?since=1&epoch={epoch}"), None), (String::new(), Some(format!("{epoch}:1")))] {
        let mut stream = Stream::open(&app, &query, last.as_deref()).await;
        stream.block().await;
        assert_eq!(stream.event().await, ("transaction:new".to_owned(), format!("{epoch}:2")));
    }
    let mut stream = Stream::open(&app, "", Some("another:1")).await;
    stream.block().await;
    assert_eq!(stream.event().await.0, "sync:required");
}
