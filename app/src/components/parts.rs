//! Texts in one line: `14:05 · Everyday · Card purchase`.
//!
//! Owns that each is isolated from the others: one that is written from right to left, or that has marks which reverse
//! text, reorders none of them, nor the text between them.

use leptos::prelude::*;

pub(crate) fn parts(texts: Vec<String>) -> impl IntoView {
    let part = |(at, text)| {
        let separator = if at == 0 { "" } else { " · " };
        view! {
            {separator}
            <bdi>{text}</bdi>
        }
    };
    texts.into_iter().enumerate().map(part).collect_view()
}
