//! What every page knows before it renders: the viewer, and what kind of installation it is.
//!
//! Owns carrying this from the server's render to the browser's, so that both build the same page.
//! Must not hold anything that a signed-out visitor may not see.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::backend::{FailedSignIn, SharedBackend, Viewer, ViewerUnknown};
#[cfg(feature = "ssr")]
use crate::page::Attempt;
use crate::page::Page;

/// A user, as pages name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub user_id: String,
    /// Their name.
    pub display_name: String,
}

/// A Socket.IO server of another origin than the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketTarget {
    /// `scheme://host[:port]`.
    pub url: String,
    /// The token that signs the viewer in there.
    pub token: String,
}

/// The server's data for every page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContext {
    /// The page.
    pub page: Page,
    /// Who is signed in.
    pub viewer: Option<Person>,
    /// Whether the viewer may inspect and retry failed deliveries and calls.
    pub is_admin: bool,
    /// The demo users that a visitor can sign in as with one click. Empty unless the server runs in demo mode.
    pub demo_users: Vec<Person>,
    /// The source of the page's events, if not its own server.
    pub socket: Option<SocketTarget>,
}

impl PageContext {
    /// Whether the server runs in demo mode.
    pub fn is_demo(&self) -> bool {
        !self.demo_users.is_empty()
    }
}

/// Reads the context of this page on the server, or the copy that the server wrote into the page, and provides it to
/// the components.
pub(crate) fn provide_page_context() -> PageContext {
    let page = SharedValue::new(read).into_inner();
    provide_context(page.clone());
    page
}

/// The context that [`provide_page_context`] provided.
pub(crate) fn use_page_context() -> PageContext {
    use_context::<PageContext>().unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn read() -> PageContext {
    let site = use_context::<crate::backend::SiteInfo>().unwrap_or_default();
    let person = |(user_id, display_name)| Person { user_id, display_name };
    let viewer = viewer();
    PageContext {
        page: asked_for(),
        socket: viewer.as_ref().and_then(|viewer| socket(viewer, site.socket_url)),
        is_admin: viewer.as_ref().is_some_and(is_admin),
        viewer: viewer.map(|viewer| person((viewer.user_id, viewer.display_name))),
        demo_users: site.demo_users.into_iter().map(person).collect(),
    }
}

/// The page of this request. A viewer without permission for the administrators' pages gets the same answer as for an
/// unknown address.
#[cfg(feature = "ssr")]
pub(crate) fn asked_for() -> Page {
    let Some(parts) = use_context::<http::request::Parts>() else { return Page::NotFound };
    if parts.extensions.get::<ViewerUnknown>().is_some() {
        return Page::Unavailable;
    }
    if let Some(FailedSignIn { code, email }) = failed_sign_in() {
        return Page::SignIn(Attempt { error: Some(code), email });
    }
    let page = Page::at(&parts.uri);
    if page.is_for_admins() && !viewer().as_ref().is_some_and(is_admin) { Page::NotFound } else { page }
}

#[cfg(feature = "ssr")]
fn is_admin(viewer: &Viewer) -> bool {
    use_context::<SharedBackend>().is_some_and(|backend| backend.is_admin(viewer))
}

/// `None` if the page's own server delivers the events: its cookie, which no script can read, is the better proof.
#[cfg(feature = "ssr")]
fn socket(viewer: &Viewer, url: Option<String>) -> Option<SocketTarget> {
    let url = url?;
    let parts = use_context::<http::request::Parts>()?;
    let host = parts.headers.get(http::header::HOST)?.to_str().ok()?;
    if url.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)) {
        return None;
    }
    let token = use_context::<SharedBackend>()?.socket_token(viewer)?;
    Some(SocketTarget { url, token })
}

/// A page without context from the server is rendered for a stranger.
#[cfg(not(feature = "ssr"))]
fn read() -> PageContext {
    PageContext::default()
}

/// The failed sign-in that this page answers.
#[cfg(feature = "ssr")]
pub(crate) fn failed_sign_in() -> Option<FailedSignIn> {
    use_context::<http::request::Parts>()?.extensions.get::<FailedSignIn>().cloned()
}

/// Who is signed in, as the server put it into the request's extensions.
#[cfg(feature = "ssr")]
pub(crate) fn viewer() -> Option<Viewer> {
    use_context::<http::request::Parts>()?.extensions.get::<Viewer>().cloned()
}
