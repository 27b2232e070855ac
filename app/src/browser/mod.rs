//! What the pages ask of the browser beyond signals and views.
//!
//! Owns the focus, scroll anchoring and whether the page is being read. Exists in the browser only; `browserless` has
//! the same interface on the server. Must not know what a page shows.

mod attention;
mod focus;
mod scroll_anchor;

pub(crate) use attention::Attention;
pub(crate) use focus::{ListEnd, keep_focus};
pub(crate) use scroll_anchor::ScrollAnchor;

use leptos::prelude::window;
use leptos::web_sys;

/// The page is the answer to a form: to go back to it, or to load it again, must not send the form once more.
pub(crate) fn forget_form() {
    if let (Ok(history), Ok(path)) = (window().history(), window().location().pathname()) {
        // Refused only where the address is another site's.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    }
}

/// Whether something of an element is drawn.
fn is_shown(element: &web_sys::Element) -> bool {
    element.get_client_rects().length() > 0
}

fn has_focus_nowhere(active: Option<&web_sys::Element>) -> bool {
    active.is_none_or(|active| active.tag_name() == "BODY")
}
