//! The browser's services apart from the socket.
//!
//! Owns the clock, randomness, the page's origin and listeners on the window. Must not know the
//! session.

use wasm_bindgen::prelude::*;

/// Milliseconds since 1970. Not the monotonic clock: in some browsers that one stops while the machine sleeps, and a
/// connection that slept through its time-out must be recognised as dead at once.
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Uniform in 0..1.
pub(crate) fn random() -> f64 {
    js_sys::Math::random()
}

/// Scheme, host and port of the page; empty if there is no page.
pub(crate) fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Whether the browser believes it has a network.
pub(crate) fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Whether the page is visible.
pub(crate) fn is_visible() -> bool {
    web_sys::window().and_then(|window| window.document()).is_none_or(|document| !document.hidden())
}

/// A handler of a window event, removed on drop.
pub(crate) struct Listener {
    name: &'static str,
    closure: Closure<dyn FnMut()>,
}

impl Listener {
    /// `None` outside a page.
    pub(crate) fn new(name: &'static str, on_event: impl FnMut() + 'static) -> Option<Self> {
        let closure = Closure::<dyn FnMut()>::new(on_event);
        web_sys::window()?.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref()).ok()?;
        Some(Self { name, closure })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            // Fails only if there is nothing to remove.
            let _ = window.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
        }
    }
}
