//! Running work and waiting, in the browser.
//!
//! Owns the difference between the browser and the server, which renders pages and runs no background tasks. Must not
//! know the tasks.

/// Runs a task in the background. Does nothing on the server.
#[cfg(target_arch = "wasm32")]
pub(crate) fn spawn(work: impl Future<Output = ()> + 'static) {
    leptos::task::spawn_local(work);
}

/// Runs a task in the background. Does nothing on the server.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn spawn(_work: impl Future<Output = ()> + 'static) {}

/// Waits this many milliseconds. On the server it does not wait.
#[cfg(target_arch = "wasm32")]
pub(crate) async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

/// Waits this many milliseconds. On the server it does not wait.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) async fn sleep(_millis: u32) {}
