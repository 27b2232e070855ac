//! A rate limit of the log.
//!
//! Owns a quota for each call site, so that a caller who triggers the same line again and again cannot fill the disk.
//! Must not know the contents of a line. `debug` and `trace` have no quota: they are off unless an operator turns them
//! on.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// The burst of a call site, and its rate per second after the burst.
const BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
const RATE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// How often suppressed lines are reported.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// A filter that suppresses lines beyond the quota.
pub struct LogBudget {
    /// The quotas by call site, of which there is a fixed number.
    quotas: DefaultKeyedRateLimiter<Identifier>,
    suppressed: Suppressed,
}

/// The number of suppressed lines.
#[derive(Clone, Default)]
pub struct Suppressed(Arc<AtomicU64>);

impl LogBudget {
    /// The filter, and the counter of the lines that it suppresses.
    pub fn new() -> (Self, Suppressed) {
        let suppressed = Suppressed::default();
        let quotas = RateLimiter::keyed(Quota::per_second(RATE).allow_burst(BURST));
        (Self { quotas, suppressed: suppressed.clone() }, suppressed)
    }
}

impl<S: Subscriber> Filter<S> for LogBudget {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        let fits = *metadata.level() > Level::INFO || self.quotas.check_key(&metadata.callsite()).is_ok();
        if !fits {
            self.suppressed.0.fetch_add(1, Ordering::Relaxed);
        }
        fits
    }
}

impl Suppressed {
    /// The number of suppressed lines since the last call.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }

    /// Reports suppressed lines; runs as long as the server does.
    pub async fn report(self) {
        loop {
            tokio::time::sleep(REPORT_EVERY).await;
            let lines = self.take();
            if lines > 0 {
                tracing::warn!(lines, "lines were suppressed: the same call site logged too often");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Counted(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Counted {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn flood() {
        tracing::info!("the same again");
    }

    #[test]
    fn a_call_site_that_logs_too_often_is_suppressed_and_others_are_not() {
        let counted = Counted::default();
        let (budget, suppressed) = LogBudget::new();
        let subscriber = tracing_subscriber::registry().with(counted.clone().with_filter(budget));
        tracing::subscriber::with_default(subscriber, || {
            (0..10_000).for_each(|_| flood());
            let lines = counted.0.swap(0, Ordering::SeqCst);
            assert!((100..110).contains(&lines), "{lines}");
            assert_eq!(suppressed.take() as usize, 10_000 - lines);
            tracing::error!("something else");
            assert_eq!(counted.0.load(Ordering::SeqCst), 1);
            (0..200).for_each(|_| tracing::debug!("asked for"));
            assert_eq!(counted.0.load(Ordering::SeqCst), 201);
        });
    }
}
