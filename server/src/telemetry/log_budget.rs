//! How much may be logged.
//!
//! Owns a quota for each place in the code that logs, so that nobody can fill a disk by doing over and over what is
//! worth a line. Must not know what is logged. Lines below `info` have no quota: somebody has asked for them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// How many lines a place may log at once, and a second after that.
const BURST: NonZeroU32 = NonZeroU32::new(100).unwrap();
const RATE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// How often it is said that lines were left out.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// A filter that leaves out what is beyond the quota.
pub struct LogBudget {
    /// By the place in the code: there are only so many.
    quotas: DefaultKeyedRateLimiter<Identifier>,
    suppressed: Suppressed,
}

/// How many lines were left out.
#[derive(Clone, Default)]
pub struct Suppressed(Arc<AtomicU64>);

impl LogBudget {
    /// The filter, and what counts the lines that it leaves out.
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
    /// How many lines were left out since this was asked last.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }

    /// Says now and then that lines were left out; runs as long as the server does.
    pub async fn report(self) {
        loop {
            tokio::time::sleep(REPORT_EVERY).await;
            let lines = self.take();
            if lines > 0 {
                tracing::warn!(lines, "lines were left out of the log: the same was logged too often");
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
    fn a_place_that_logs_too_much_is_left_out_and_others_are_not() {
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
