//! A provider's API that answers from a list.
//!
//! Owns the recorded calls and the order of answers. Must not know any provider.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use connectors::fetch::{
    Api, ApiError, ApiResponse, Body, Credentials, Fetch, FetchError, LinkedConnection, Method, Page, Refresh, Request,
    Run,
};
use connectors::{Headers, Provider, Wanted};
use jiff::civil::Date;
use serde_json::Value;

use super::{NOW, at};

/// Answers each call with the next of its answers, and records the calls.
#[derive(Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<ApiResponse, ApiError>>>,
    calls: Mutex<Vec<Request>>,
}

impl Script {
    /// Answers with these statuses and bodies.
    pub(crate) fn of(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        let answers = answers.into_iter().map(|(status, body)| Ok(answer(status, &body)));
        Self { answers: Mutex::new(answers.collect()), calls: Mutex::default() }
    }

    /// Answers with 200 and these bodies.
    pub(crate) fn pages(bodies: impl IntoIterator<Item = Value>) -> Self {
        Self::of(bodies.into_iter().map(|body| (200, body.to_string())))
    }

    /// The calls so far, each as `GET path?query`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(line).collect()
    }

    /// The JSON of one call's body.
    pub(crate) fn body(&self, index: usize) -> Value {
        let calls = self.calls.lock().unwrap();
        let Body::Json(body) = &calls[index].body else { panic!("call {index} has no JSON") };
        serde_json::from_str(body).unwrap()
    }

    /// A header of one call.
    pub(crate) fn header(&self, index: usize, name: &str) -> Option<String> {
        let calls = self.calls.lock().unwrap();
        let mut found = calls[index].headers.iter().filter(|(header, _)| *header == name);
        found.next().map(|(_, value)| value.clone())
    }
}

fn line(request: &Request) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    };
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{method} {}{query}", request.path.join("/"))
}

/// An answer of a provider.
pub(crate) fn answer(status: u16, body: &str) -> ApiResponse {
    ApiResponse { status, headers: Headers::default(), body: body.as_bytes().to_vec() }
}

#[async_trait]
impl Api for Script {
    async fn call(&self, request: Request) -> Result<ApiResponse, ApiError> {
        self.calls.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("no further call was expected")
    }
}

/// The inputs of a run.
pub(crate) struct Asked<'a> {
    pub(crate) credentials: &'a [(&'a str, &'a str)],
    pub(crate) wanted: Wanted,
    pub(crate) cursor: Option<&'a str>,
    pub(crate) position: Option<&'a str>,
}

impl Asked<'_> {
    /// A run for everything, from the beginning.
    pub(crate) fn first() -> Self {
        Self {
            credentials: &[("accessToken", "token-of-the-connection")],
            wanted: Wanted::Transactions,
            cursor: None,
            position: None,
        }
    }
}

/// The first day of a run, 90 days before [`NOW`].
pub(crate) const FIRST_DAY: Date = jiff::civil::date(2024, 1, 30);

/// A page of a run over the connection `c1`.
pub(crate) fn page(provider: &dyn Provider, api: &Script, asked: &Asked<'_>) -> Result<Page, FetchError> {
    page_of("c1", provider, api, asked)
}

/// A page of a run over a connection.
pub(crate) fn page_of(
    connection: &str,
    provider: &dyn Provider,
    api: &Script,
    asked: &Asked<'_>,
) -> Result<Page, FetchError> {
    let credentials = credentials(asked.credentials);
    let connection = LinkedConnection { id: connection, external_user_id: None, credentials: &credentials };
    let run = Run {
        connection,
        wanted: &asked.wanted,
        first_day: FIRST_DAY,
        began: at(NOW),
        cursor: asked.cursor,
        position: asked.position,
    };
    ready(fetch(provider).page(api, &run))
}

/// Why a connection with these credentials cannot be fetched from.
pub(crate) fn obstacle(provider: &dyn Provider, given: &[(&str, &str)]) -> Option<String> {
    let credentials = credentials(given);
    fetch(provider).obstacle(&LinkedConnection { id: "c1", external_user_id: None, credentials: &credentials })
}

/// The result of requesting a refresh.
pub(crate) fn refresh(provider: &dyn Provider, api: &Script) -> Result<Refresh, FetchError> {
    let credentials = credentials(Asked::first().credentials);
    ready(
        fetch(provider).refresh(api, &LinkedConnection { id: "c1", external_user_id: None, credentials: &credentials }),
    )
}

fn fetch(provider: &dyn Provider) -> &dyn Fetch {
    provider.fetch().expect("a provider that can be asked")
}

fn credentials(given: &[(&str, &str)]) -> Credentials {
    Credentials(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// The output of a future that never waits.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("a script never waits"),
    }
}
