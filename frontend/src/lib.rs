//! The WebAssembly entry point.
//!
//! Owns hydrating the page that the server has rendered. Must not hold any logic of the application.

#![cfg(target_arch = "wasm32")]

use app::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's start-up script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
}
