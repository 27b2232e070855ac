//! Unicode's tables in the browser, which its strings provide.
//!
//! Owns no part of the rule. Must do what `native.rs` does.

use js_sys::JsString;

/// NFKC, case folded, then NFKD.
pub(crate) fn decomposed(text: &str) -> String {
    let text = JsString::from(text).normalize("NFKC");
    let text = text.to_lower_case().to_upper_case().to_lower_case();
    text.normalize("NFKD").into()
}

/// NFC.
pub(crate) fn composed(text: &str) -> String {
    JsString::from(text).normalize("NFC").into()
}
