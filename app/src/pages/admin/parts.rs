//! The common parts of the administration pages.
//!
//! Owns the format of a moment and the note that a list is incomplete. Must not load data.

use leptos::prelude::*;

use crate::format::count;

/// `23 Nov 2026, 02:11:45 UTC`: an operator compares it with logs, so it is exact and the same for all users.
#[component]
pub(super) fn Moment(at: String) -> impl IntoView {
    let shown = moment(&at);
    view! { <time datetime=at>{shown}</time> }
}

fn moment(rfc3339: &str) -> String {
    let Some(millis) = wire::time::unix_millis(rfc3339) else { return rfc3339.to_owned() };
    let at = wire::time::Civil::from_unix_millis(millis, 0);
    let (day, month, year) = (at.day, at.month_name(), at.year);
    format!("{day} {month} {year}, {:02}:{:02}:{:02} UTC", at.hour, at.minute, at.second)
}

/// How many rows a list omits.
pub(super) fn more(total: u64, shown: usize) -> Option<impl IntoView> {
    let more = usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(shown);
    (more > 0)
        .then(|| view! { <p class="section-hint">{format!("And {}.", count(more, "older one", "older ones"))}</p> })
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_moment_is_exact_and_the_same_everywhere() {
        assert_eq!(moment("2026-11-23T02:11:45.000Z"), "23 Nov 2026, 02:11:45 UTC");
        assert_eq!(moment("soon"), "soon");
    }
}
