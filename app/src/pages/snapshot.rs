//! The way of the first snapshot into the page.
//!
//! Owns waiting for it on the server, and finding it again in the browser. Must not show it.

use leptos::prelude::*;
use wire::api::Snapshot;

#[cfg(feature = "ssr")]
use crate::erased::erased;
use crate::error::AppError;

/// Loads the snapshot, then shows it. The server writes it into the page as well.
#[cfg(feature = "ssr")]
pub(super) fn with_snapshot<V: IntoView + 'static>(
    show: impl Fn(Result<Snapshot, AppError>) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView {
    let snapshot = Resource::new_blocking(|| (), |()| crate::api::load_snapshot());
    view! {
        <Suspense>
            {move || {
                let show = show.clone();
                Suspend::new(async move { erased(show(snapshot.await)) })
            }}
        </Suspense>
    }
}

/// Shows the snapshot that the server wrote into the page: under the same number, since a shared
/// value and a resource are counted alike. It is there before the page wakes up, so nothing has to
/// wait for it, and the browser goes without what a resource would need to load it again.
#[cfg(not(feature = "ssr"))]
pub(super) fn with_snapshot<V: IntoView + 'static>(
    show: impl Fn(Result<Snapshot, AppError>) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView {
    show(SharedValue::new(|| Err(AppError::Internal)).into_inner())
}
