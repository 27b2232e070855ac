//! The component of `docs/guides/real-time.md`, compiled and rendered.
#![cfg(feature = "ssr")]
#![expect(unreachable_pub, reason = "the component macro generates public properties")]

use leptos::prelude::*;

#[path = "../../docs/guides/snippets/live_transactions.rs"]
mod live_transactions;

use live_transactions::Page;

#[test]
fn the_guides_component_renders_on_the_server_before_the_browser_connects() {
    let owner = Owner::new();
    let html = owner.with(|| view! { <Page /> }.to_html());
    assert!(html.contains(r#"<p role="status">"#) && html.contains("Connecting"), "{html}");
    assert!(!html.contains("Sign in"), "{html}");
}
