//! Reporting how much this node has spent of shared limits.
//!
//! Owns that calls made during a report are combined in the next one. Must not decide a limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::limits::Shared;
use crate::store::Store;

/// How many callers one report covers.
const AT_ONCE: usize = 500;
/// How long a report may take.
const LIMIT: Duration = Duration::from_secs(2);
/// The pause after a failed report.
const PAUSE: Duration = Duration::from_millis(500);

/// Reports until the task is aborted.
pub(super) async fn run(shared: Arc<Shared>, store: Arc<dyn Store>) {
    loop {
        shared.has_spent().await;
        let spent = shared.take_spent(AT_ONCE);
        if spent.is_empty() {
            continue;
        }
        let failed = match timeout(LIMIT, store.spend(spent.clone())).await {
            Ok(Ok(heard)) => {
                shared.heard(&heard.all, heard.nodes);
                continue;
            }
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        tracing::warn!(error = failed, "the use of rate limits could not be reported");
        shared.failed(&spent);
        sleep(PAUSE).await;
    }
}
