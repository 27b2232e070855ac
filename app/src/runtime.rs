//! Running work and waiting, in the browser.
//!
//! Owns the difference between the browser and the server, which renders pages and runs nothing beside them.
//! Must not know what is run.

/// Runs work beside the page's own. Nothing on the server.
#[cfg(target_arch = "wasm32")]
pub(crate) fn spawn(work: impl Future<Output = ()> + 'static) {
    leptos::task::spawn_local(work);
}

/// Runs work beside the page's own. Nothing on the server.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn spawn(_work: impl Future<Output = ()> + 'static) {}

/// Waits so many milliseconds. On the server nothing is waited for.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

/// Waits so many milliseconds. On the server nothing is waited for.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn sleep(_millis: u32) {}
