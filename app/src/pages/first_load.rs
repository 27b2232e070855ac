//! Passing a page's first data to the browser.
//!
//! Owns loading it on the server and reading it in the browser. Must not show it.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(feature = "ssr")]
use crate::erased::erased;
use crate::error::AppError;

/// Loads the data, then shows it. The server writes it into the page as well.
#[cfg(feature = "ssr")]
pub(super) fn with_first<T, F, V>(
    load: impl Fn() -> F + Send + Sync + 'static,
    show: impl Fn(Result<T, AppError>) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
    V: IntoView + 'static,
{
    let first = Resource::new_blocking(|| (), move |()| load());
    view! {
        <Suspense>
            {move || {
                let show = show.clone();
                Suspend::new(async move { erased(show(first.await)) })
            }}
        </Suspense>
    }
}

/// Shows the data that the server wrote into the page. A shared value and a resource draw from the same counter, so it
/// has the same number. It is present before hydration, so nothing has to wait for it, and the browser needs no code
/// for a resource that loads it again.
#[cfg(not(feature = "ssr"))]
pub(super) fn with_first<T, F, V>(
    _load: impl Fn() -> F + Send + Sync + 'static,
    show: impl Fn(Result<T, AppError>) -> V + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Serialize + DeserializeOwned + 'static,
    F: Future<Output = Result<T, AppError>>,
    V: IntoView + 'static,
{
    show(SharedValue::new(|| Err(AppError::Internal)).into_inner())
}
