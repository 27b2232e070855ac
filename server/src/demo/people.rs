//! The users of the demo.
//!
//! Owns their ids and names. Must not know their connections.

/// An invented user.
#[derive(Debug)]
pub struct Person {
    /// The owner of the feed.
    pub user_id: &'static str,
    /// The name that the dashboard shows.
    pub name: &'static str,
}

/// The users of the demo.
pub static PEOPLE: [Person; 2] =
    [Person { user_id: "demo-alex", name: "Alex Chen" }, Person { user_id: "demo-sam", name: "Sam Rivera" }];
