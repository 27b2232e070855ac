//! Pages of transactions.
//!
//! Owns the tokens of next pages. Must not know HTTP.
//!
//! A next page is requested with `?next=<token>` alone: the token contains the filter.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use super::filter::Filter;
use crate::ids::Ids;

/// How many tokens are remembered.
const REMEMBERED: usize = 10_000;

/// The requested page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageRequest {
    pub(super) user: String,
    pub(super) filter: Filter,
    pub(super) limit: usize,
    /// The position of the last row of the previous page.
    pub(super) after: Option<(Timestamp, u64)>,
}

/// The tokens of next pages.
#[derive(Debug)]
pub(super) struct Pages {
    ids: Ids,
    given: HashMap<String, PageRequest>,
    order: VecDeque<String>,
}

impl Pages {
    pub(super) fn new(seed: u64) -> Self {
        Self { ids: Ids::new(seed), given: HashMap::new(), order: VecDeque::new() }
    }

    /// A token for a page.
    pub(super) fn token(&mut self, page: PageRequest) -> String {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.given.remove(&oldest);
        }
        let token = self.ids.hex(16);
        self.order.push_back(token.clone());
        self.given.insert(token.clone(), page);
        token
    }

    /// The page of a token.
    pub(super) fn page(&self, token: &str) -> Option<&PageRequest> {
        self.given.get(token)
    }
}
