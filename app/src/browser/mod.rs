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

/// The page answers a form, or reports an outcome: going back to it or reloading it must not send the form or report
/// the outcome once more.
pub(crate) fn forget_query() {
    if let (Ok(history), Ok(path)) = (window().history(), window().location().pathname()) {
        // Refused only where the address is another site's.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    }
}

/// Leaves for another site. The address has been looked at.
pub(crate) fn leave_for(address: &str) {
    // Fails only for an invalid address.
    let _ = window().location().set_href(address);
}

/// Shows a dialog over the page: the rest cannot be reached until it is closed, by Escape as well. The focus goes into it,
/// and back afterwards.
pub(crate) fn show_dialog(dialog: &web_sys::HtmlDialogElement) {
    // Fails only where it is shown already.
    let _ = dialog.show_modal();
}

/// Whether something of an element is drawn.
fn is_shown(element: &web_sys::Element) -> bool {
    element.get_client_rects().length() > 0
}

fn has_focus_nowhere(active: Option<&web_sys::Element>) -> bool {
    active.is_none_or(|active| active.tag_name() == "BODY")
}
