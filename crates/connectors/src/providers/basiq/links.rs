//! Links in Basiq's bodies.
//!
//! Owns reading ids from them. Must not follow one: a link that does not have exactly one of Basiq's forms has no id.

/// The base of Basiq's links.
pub(super) const API: &str = "https://au-api.basiq.io/";

/// The connection's id in `https://au-api.basiq.io/users/<id>/connections/<id>`; `None` for any other link.
pub(super) fn connection_of(link: &str) -> Option<&str> {
    let mut path = path_of_user(link)?;
    (path.next() == Some("connections")).then_some(())?;
    let id = path.next().filter(is_id)?;
    path.next().is_none().then_some(id)
}

/// The connection's id in such a link of this user; `None` for another user's.
pub(super) fn connection_of_user<'a>(link: &'a str, user: &str) -> Option<&'a str> {
    let (named, _) = link.strip_prefix(API)?.strip_prefix("users/")?.split_once('/')?;
    (named == user).then(|| connection_of(link)).flatten()
}

/// The connection's id in `https://au-api.basiq.io/users/<id>/transactions?filter=connection.id.eq('<id>')`.
pub(super) fn connection_of_filter(link: &str) -> Option<&str> {
    let mut path = path_of_user(link)?;
    let id = path.next()?.strip_prefix("transactions?filter=connection.id.eq('")?.strip_suffix("')").filter(is_id)?;
    path.next().is_none().then_some(id)
}

/// The user's id in `https://au-api.basiq.io/users/<id>/consents`, with or without the consent's id after it; `None`
/// for any other link.
pub(super) fn user_of_consent(link: &str) -> Option<&str> {
    let mut path = path_of_user(link)?;
    (path.next() == Some("consents")).then_some(())?;
    path.next().is_none_or(|id| is_id(&id)).then_some(())?;
    path.next().is_none().then_some(())?;
    link.strip_prefix(API)?.split('/').nth(1)
}

/// The rest after `https://au-api.basiq.io/users/<id>/`.
fn path_of_user(link: &str) -> Option<std::str::Split<'_, char>> {
    let mut path = link.strip_prefix(API)?.split('/');
    (path.next() == Some("users")).then_some(())?;
    path.next().filter(is_id)?;
    Some(path)
}

pub(super) fn is_id(part: &&str) -> bool {
    (1..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The token in the link to the next page of a list: `…/transactions?next=<token>`. It contains the list's filter.
pub(super) fn next_of(link: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let token = query.split('&').find_map(|pair| pair.strip_prefix("next="))?;
    let is_token = (1..=512).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%=+/".contains(&byte));
    is_token.then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_only_from_basiqs_own_links() {
        let id = "ee01356a-6ecb-4929-9c2d-87b961bb46d2";
        assert_eq!(connection_of(&format!("https://au-api.basiq.io/users/u-1/connections/{id}")), Some(id));
        for link in [
            "http://au-api.basiq.io/users/u/connections/c",
            "https://au-api.basiq.io.example/users/u/connections/c",
            "https://au-api.basiq.io@example.org/users/u/connections/c",
            "https://au-api.basiq.io/users/u/connections/c/refresh",
            "https://au-api.basiq.io/users/u/connections/../c",
            "https://au-api.basiq.io/users/u/connections/",
            "https://au-api.basiq.io/users/u/accounts/c",
            "https://au-api.basiq.io//users/u/connections/c",
            "https://au-api.basiq.io/users/u/connections/c?x=1",
        ] {
            assert_eq!(connection_of(link), None, "{link}");
        }
    }

    #[test]
    fn the_user_of_a_consent_is_read_only_from_basiqs_own_links() {
        for link in ["https://au-api.basiq.io/users/u-1/consents/c-1", "https://au-api.basiq.io/users/u-1/consents"] {
            assert_eq!(user_of_consent(link), Some("u-1"), "{link}");
        }
        for link in [
            "https://au-api.basiq.io.example/users/u-1/consents/c-1",
            "https://au-api.basiq.io/users/u-1/consents/",
            "https://au-api.basiq.io/users/u-1/consents/c-1/x",
            "https://au-api.basiq.io/users/../consents/c-1",
            "https://au-api.basiq.io/users/u-1/connections/c-1",
        ] {
            assert_eq!(user_of_consent(link), None, "{link}");
        }
    }

    #[test]
    fn a_connection_of_another_user_is_not_read() {
        let link = "https://au-api.basiq.io/users/u-1/connections/c-1";
        assert_eq!(connection_of_user(link, "u-1"), Some("c-1"));
        for user in ["u", "u-2", "u-1/connections", ""] {
            assert_eq!(connection_of_user(link, user), None, "{user}");
        }
    }

    #[test]
    fn a_connection_is_read_from_the_filter_of_a_link_to_its_transactions() {
        let link = |filter: &str| format!("https://au-api.basiq.io/users/u-1/transactions?filter={filter}");
        assert_eq!(connection_of_filter(&link("connection.id.eq('c-1')")), Some("c-1"));
        for filter in
            ["connection.id.eq('')", "connection.id.eq('c-1')&x=1", "connection.id.eq('a'b')", "account.id.eq('c')"]
        {
            assert_eq!(connection_of_filter(&link(filter)), None, "{filter}");
        }
    }

    #[test]
    fn the_next_page_is_a_token_and_no_address() {
        for (link, token) in [
            ("https://au-api.basiq.io/users/u/transactions?next=bf1ec9d4", Some("bf1ec9d4")),
            ("https://evil.example/?limit=500&next=bf1ec9d4", Some("bf1ec9d4")),
            ("https://au-api.basiq.io/users/u/transactions", None),
            ("https://au-api.basiq.io/users/u/transactions?next=", None),
            ("https://au-api.basiq.io/users/u/transactions?next=a b", None),
        ] {
            assert_eq!(next_of(link).as_deref(), token, "{link}");
        }
    }
}
