//! Texts in one line: `14:05 · Everyday · Card purchase`.
//!
//! Owns isolating each text from the others: a right-to-left text, or one with marks that reverse text, reorders
//! neither the other texts nor the separators.

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
