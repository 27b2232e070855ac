//! Sending the visitor to another page.
//!
//! Owns the difference between the server, which answers with a redirect, and the browser. Must not choose a page.

/// Redirects on the server. The browser does nothing: it only shows pages that the server did not redirect.
pub(super) fn redirect(path: &str) {
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(path);
    #[cfg(not(feature = "ssr"))]
    let _ = path;
}
