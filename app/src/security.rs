//! The headers that protect a page's content.
//!
//! Owns the Content-Security-Policy, because it must agree with the resources of the pages: their own style sheet,
//! their own WebAssembly, and the small scripts that carry this response's nonce. Also owns that personal pages are
//! not cached. Must not set headers that are unrelated to the content of a page.

use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::backend::SiteInfo;
use crate::page::Page;

/// Sets the headers of the response.
pub(crate) fn set_headers() {
    set_content_security_policy();
    // Every page names the user, and most of them show their money: the next user of this browser must not find it. An
    // error page, or one with an e-mail address, is not cached either.
    let may_change = crate::context::viewer().is_some()
        || crate::context::failed_sign_in().is_some()
        || crate::context::asked_for() == Page::Unavailable;
    if let Some(response) = use_context::<ResponseOptions>().filter(|_| may_change) {
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn set_content_security_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let connect = use_context::<SiteInfo>().unwrap_or_default().connect_sources.join(" ");
    if let Ok(value) = HeaderValue::from_str(&policy(&nonce.to_string(), &connect)) {
        response.insert_header(CONTENT_SECURITY_POLICY, value);
    }
}

fn policy(nonce: &str, connect: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'self' {connect}; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_inline_script_runs_without_the_nonce() {
        let policy = super::policy("abc", "wss://rt.example");
        assert!(policy.contains("'nonce-abc'"));
        assert!(!policy.contains("unsafe-inline"));
        assert!(policy.contains("connect-src 'self' wss://rt.example;"));
    }
}
