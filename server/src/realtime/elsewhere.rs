//! What other processes do to the store while this one runs: the command line, above all.
//!
//! Owns noticing the sessions that they end and the events that they write. Must not be needed for what
//! this process does itself: that is told at once.

use super::Gate;
use crate::store;

impl Gate {
    /// Ends what is there on the strength of sessions that the store no longer has.
    pub async fn notice_ended_sessions(&self) -> store::Result<()> {
        for session in self.sessions.held() {
            if self.store.session(session, (self.clock)()).await?.is_none() {
                self.end_session(session);
            }
        }
        Ok(())
    }

    /// Brings up whoever is live and lacks what was written elsewhere.
    pub async fn notice_written_events(&self) -> store::Result<()> {
        let cursors = self.hub.cursors();
        let users = cursors.iter().map(|(user_id, _)| user_id.clone()).collect();
        let newest = self.store.newest_events(users).await?;
        for ((user_id, cursor), newest) in cursors.iter().zip(newest) {
            if newest > *cursor {
                self.hub.notice(user_id, newest);
            }
        }
        Ok(())
    }
}
