//! The users of the demo.
//!
//! Owns their ids and names. Must not know their connections.

/// Somebody invented.
#[derive(Debug)]
pub struct Person {
    /// The owner of the feed.
    pub user_id: &'static str,
    /// How to greet them.
    pub name: &'static str,
}

/// The users of the demo.
pub static PEOPLE: [Person; 2] =
    [Person { user_id: "demo-alex", name: "Alex Chen" }, Person { user_id: "demo-sam", name: "Sam Rivera" }];
