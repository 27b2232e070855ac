//! The connections for users' queries.
//!
//! Owns each user's share of them, and how long a query waits. Must not know what is read.

use std::sync::Arc;
use std::time::Duration;

use super::history::History;
use super::lent::Lent;
use super::pool::{Address, Pool};
use crate::keyed_semaphore::{KeyedPermit, KeyedSemaphore};
use crate::store::{Error, Result};

/// The maximum number of concurrent queries of a user.
const OF_A_USER: usize = 2;
/// How long a user's query waits for the user's other queries.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Readers {
    questions: Pool,
    users: KeyedSemaphore<String>,
}

/// A running query.
pub(super) struct Question {
    pub(super) database: Lent,
    _share: KeyedPermit<String>,
}

impl Readers {
    pub(super) async fn connect(address: &Address, direct: &Address, history: &Arc<History>) -> Result<Self> {
        let questions = Pool::for_questions(address, direct, history).await?;
        Ok(Self { questions, users: KeyedSemaphore::new(OF_A_USER) })
    }

    /// Begins a query of a user. All its reads are of one moment.
    pub(super) async fn question(&self, user_id: &str) -> Result<Question> {
        let _share = self.share(user_id).await?;
        Ok(Question { database: self.questions.begin().await?, _share })
    }

    /// The same for a query with only one statement.
    pub(super) async fn statement(&self, user_id: &str) -> Result<Question> {
        let _share = self.share(user_id).await?;
        Ok(Question { database: self.questions.acquire().await?, _share })
    }

    async fn share(&self, user_id: &str) -> Result<KeyedPermit<String>> {
        let user_id = user_id.to_owned();
        let share = tokio::time::timeout(TIMEOUT, self.users.acquire(&user_id)).await;
        share.map_err(|_| Error::Busy("Too many of your requests are in progress"))
    }

    pub(super) async fn close(&self) {
        self.questions.close().await;
    }
}
