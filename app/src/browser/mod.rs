//! The functions of the browser that the pages need beyond signals and views.
//!
//! Owns the focus, scroll anchoring, whether the page is being read, calls of the API, dialogs, and leaving the page.
//! Exists in the browser only; `browserless` has the same interface on the server. Must not know the contents of a
//! page.

mod api_call;
mod attention;
mod focus;
mod scroll_anchor;

pub(crate) use api_call::send;
pub(crate) use attention::Attention;
pub(crate) use focus::{ListEnd, keep_focus};
pub(crate) use scroll_anchor::ScrollAnchor;

use leptos::prelude::window;
use leptos::web_sys;

/// Removes the query from the address. The page answers a form or reports an outcome: going back or reloading must not
/// repeat either.
pub(crate) fn forget_query() {
    if let (Ok(history), Ok(path)) = (window().history(), window().location().pathname()) {
        // Fails only for an address of another site.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    }
}

/// Leaves for another site. The caller has checked the address.
pub(crate) fn leave_for(address: &str) {
    // Fails only for an invalid address.
    let _ = window().location().set_href(address);
}

/// Shows a modal dialog, which Escape closes as well. The focus moves into it, and back when it closes.
pub(crate) fn show_dialog(dialog: &web_sys::HtmlDialogElement) {
    // Fails only if it is open already.
    let _ = dialog.show_modal();
}

/// Whether any part of an element is drawn.
fn is_shown(element: &web_sys::Element) -> bool {
    element.get_client_rects().length() > 0
}

fn has_focus_nowhere(active: Option<&web_sys::Element>) -> bool {
    active.is_none_or(|active| active.tag_name() == "BODY")
}
