//! One connection per page.
//!
//! Owns finding the controller that components share. Holds it weakly: it is dropped with the last component that
//! uses it. Must not know what a controller does.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use leptos::prelude::*;

use super::controller::Controller;
use super::options::UseRealtimeTransactionsOptions;

#[derive(Clone, Default)]
struct Controllers(Arc<Mutex<Vec<Weak<Controller>>>>);

/// Lets all components below this one share a connection. Without it, each use of the hook that is not below another
/// has its own.
pub fn provide_realtime() {
    provide_context(Controllers::default());
}

pub(super) fn controller_for(options: UseRealtimeTransactionsOptions) -> Arc<Controller> {
    let controllers = use_context::<Controllers>().unwrap_or_else(|| {
        let controllers = Controllers::default();
        provide_context(controllers.clone());
        controllers
    });
    let mut controllers = controllers.0.lock().unwrap_or_else(PoisonError::into_inner);
    controllers.retain(|controller| controller.strong_count() > 0);
    if let Some(controller) =
        controllers.iter().filter_map(Weak::upgrade).find(|controller| controller.serves(&options))
    {
        return controller;
    }
    let controller = Controller::new(options);
    controllers.push(Arc::downgrade(&controller));
    controller
}
