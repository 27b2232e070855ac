//! Type erasure of views on the server.
//!
//! A view's type contains the types of all its parts, and the server's router wraps each page in dozens of types more:
//! their names alone would take gigabytes of a debug build. In the browser no type is erased, because erasure costs
//! size. The rendered page is the same.

use leptos::prelude::*;

/// The view without its type.
#[cfg(feature = "ssr")]
pub(crate) fn erased(view: impl IntoView + 'static) -> AnyView {
    view.into_any()
}

/// The view unchanged.
#[cfg(not(feature = "ssr"))]
pub(crate) fn erased<V: IntoView>(view: V) -> V {
    view
}
