//! The answer to a request for an older page.
//!
//! Owns what follows a page, and a request that failed. Must not know how pages are requested.

use wire::api::TransactionsPage;

use super::Core;
use crate::error::AppError;
use crate::realtime::effect::Effect;
use crate::realtime::errors::Part;
use crate::realtime::feed::Older;
use crate::realtime::status::ClientError;

impl Core {
    /// An older page was answered. Returns the effects, and the page to request instead if this one no longer belongs
    /// to the list, because the list was started over meanwhile.
    pub(in crate::realtime) fn older_loaded(
        &mut self,
        older: &Older,
        page: Result<TransactionsPage, AppError>,
    ) -> (Vec<Effect>, Option<Older>) {
        match page {
            Ok(page) => {
                self.errors.clear(Part::Older);
                let instead = if self.feed.append(older, page) { None } else { self.feed.older() };
                let mut effects = vec![Effect::FlushNow(Vec::new())];
                // The page may contain changes that the events have not delivered yet.
                effects.extend(self.catch_up());
                (effects, instead)
            }
            Err(error) => {
                let needs_check = error == AppError::Unauthorized;
                if needs_check {
                    self.recovery.denied();
                }
                self.errors.set(Part::Older, ClientError::Reload(error));
                (needs_check.then_some(Effect::Reload).into_iter().collect(), None)
            }
        }
    }
}
