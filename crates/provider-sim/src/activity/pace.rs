//! The pace of changes.
//!
//! Owns the pauses and the order of turns. Must not know the changes.

use std::time::Duration;

use super::Activity;
use crate::ids::Ids;

/// The pace of changes, by the machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The shortest pause between two turns.
    pub shortest: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// In one of this many turns three changes happen at once; 0 means never.
    pub bursts: u32,
}

impl Pace {
    /// One change after each pause.
    pub fn every(pause: Duration) -> Self {
        Self { shortest: pause, longest: pause, bursts: 0 }
    }

    fn pause(&self, random: &mut Ids) -> Duration {
        let millis = |pause: Duration| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let drawn = random.between(millis(self.shortest), millis(self.longest));
        Duration::from_millis(u64::try_from(drawn).unwrap_or_default())
    }

    fn steps(&self, random: &mut Ids) -> u32 {
        let is_burst = self.bursts > 0 && random.between(1, i64::from(self.bursts)) == 1;
        if is_burst { 3 } else { 1 }
    }
}

/// Makes changes for ever: alternates between the lists, and picks a random member of each.
pub async fn run(turns: &mut [Vec<Box<dyn Activity>>], pace: Pace, seed: u64) {
    let mut random = Ids::new(seed);
    if turns.iter().all(Vec::is_empty) {
        return std::future::pending().await;
    }
    loop {
        for turn in turns.iter_mut().filter(|turn| !turn.is_empty()) {
            tokio::time::sleep(pace.pause(&mut random)).await;
            for _ in 0..pace.steps(&mut random) {
                let last = i64::try_from(turn.len() - 1).unwrap_or_default();
                let chosen = usize::try_from(random.between(0, last)).unwrap_or_default();
                turn[chosen].step();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Counted(Arc<AtomicU32>);

    impl Activity for Counted {
        fn step(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn each_has_its_turn_and_in_bursts_three_things_happen_at_once() {
        let counts: [Arc<AtomicU32>; 2] = Default::default();
        let mut turns: Vec<Vec<Box<dyn Activity>>> =
            counts.iter().map(|count| vec![Box::new(Counted(Arc::clone(count))) as Box<dyn Activity>]).collect();
        turns.push(vec![]);
        let pace = Pace { bursts: 1, ..Pace::every(Duration::from_millis(10)) };
        let _ = tokio::time::timeout(Duration::from_millis(500), run(&mut turns, pace, 1)).await;
        let [one, other] = counts.map(|count| count.load(Ordering::SeqCst));
        assert!(one >= 6 && one % 3 == 0 && one.abs_diff(other) <= 3, "{one} and {other}");
    }
}
