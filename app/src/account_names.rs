//! Names of accounts, each unique.
//!
//! Owns which details follow an account's name: none if the name is unique, else as few as necessary. Must not show
//! anything.

use wire::api::Account;

use crate::search::AccountKey;

/// The names of the accounts. They hardly ever change, unlike balances.
pub(crate) type AccountNames = Vec<(AccountKey, String)>;

type Particulars = Vec<Option<String>>;

/// The details that may follow a name, in the order in which they are tried.
const BESIDE: [fn(&Account) -> Particulars; 6] = [
    |_| Vec::new(),
    |account| vec![account.institution_name.clone()],
    |account| vec![ending(account)],
    |account| vec![account.institution_name.clone(), ending(account)],
    |account| vec![account.institution_name.clone(), ending(account), Some(account.account_id.clone())],
    |account| {
        let ids = [&account.account_id, &account.connection_id, &account.connector_id].map(|id| Some(id.clone()));
        ids.into_iter().chain([account.institution_name.clone(), ending(account)]).collect()
    },
];

/// The name of each account.
pub(crate) fn names(accounts: &[Account]) -> AccountNames {
    let name = |account: &Account| {
        let namesakes: Vec<_> = accounts.iter().filter(|other| other.name == account.name).collect();
        let labels = BESIDE.iter().map(|beside| {
            let label = |account: &Account| join([Some(account.name.clone())].into_iter().chain(beside(account)));
            let own = label(account);
            (namesakes.iter().filter(|other| label(other) == own).count() == 1).then_some(own)
        });
        labels.flatten().next().unwrap_or_else(|| account.name.clone())
    };
    accounts.iter().map(|account| (AccountKey::from(account), name(account))).collect()
}

/// The line below an account's name: `Harbour Bank`, `ending 1234`, `savings`. It includes the id only if another
/// account has the same name and details.
pub(crate) fn origin(account: &Account, accounts: &[Account]) -> Vec<String> {
    let kind = account.kind.as_ref().map(|kind| kind.replace(['-', '_'], " "));
    let parts = [account.institution_name.clone(), ending(account), kind];
    let is_alike = |other: &&Account| {
        (&other.name, &other.institution_name, &other.kind, &other.last_digits)
            == (&account.name, &account.institution_name, &account.kind, &account.last_digits)
    };
    let id = (accounts.iter().filter(is_alike).count() > 1).then(|| account.account_id.clone());
    parts.into_iter().chain([id]).flatten().collect()
}

fn ending(account: &Account) -> Option<String> {
    account.last_digits.as_ref().map(|digits| format!("ending {digits}"))
}

fn join(parts: impl Iterator<Item = Option<String>>) -> String {
    parts.flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realtime::feed::samples;

    fn account(id: &str, name: &str, institution: Option<&str>, digits: Option<&str>) -> Account {
        Account {
            account_id: id.to_owned(),
            name: name.to_owned(),
            institution_name: institution.map(str::to_owned),
            last_digits: digits.map(str::to_owned),
            ..samples::account()
        }
    }

    fn called(accounts: &[Account]) -> Vec<String> {
        names(accounts).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn a_unique_name_has_no_details() {
        let accounts = [account("1", "Everyday", Some("Harbour"), Some("1234")), account("2", "Savings", None, None)];
        assert_eq!(called(&accounts), ["Everyday", "Savings"]);
    }

    #[test]
    fn equal_names_get_as_few_details_as_necessary() {
        let of = |one: (&'static str, &'static str), other: (&'static str, &'static str)| {
            let [one, other] = [("1", one), ("2", other)]
                .map(|(id, (bank, digits))| account(id, "Everyday", Some(bank), Some(digits)));
            called(&[one, other])
        };
        assert_eq!(of(("Harbour", "1234"), ("Southern", "1234")), ["Everyday · Harbour", "Everyday · Southern"]);
        assert_eq!(of(("Harbour", "1234"), ("Harbour", "9876")), ["Everyday · ending 1234", "Everyday · ending 9876"]);
        assert_eq!(
            of(("Harbour", "1234"), ("Harbour", "1234")),
            ["Everyday · Harbour · ending 1234 · 1", "Everyday · Harbour · ending 1234 · 2"]
        );
    }

    #[test]
    fn one_that_differs_from_all_others_needs_no_more_because_they_do() {
        let accounts = [
            account("1", "Everyday", Some("Harbour"), Some("1234")),
            account("2", "Everyday", Some("Harbour"), Some("9876")),
            account("3", "Everyday", Some("Southern"), Some("1234")),
        ];
        assert_eq!(
            called(&accounts),
            ["Everyday · Harbour · ending 1234", "Everyday · ending 9876", "Everyday · Southern"]
        );
    }

    #[test]
    fn the_same_id_at_two_connections_is_two_accounts() {
        let one = account("1", "Everyday", None, None);
        let other = Account { connection_id: "other".to_owned(), ..one.clone() };
        let called = called(&[one.clone(), other.clone()]);
        assert_ne!(called[0], called[1]);
        assert_eq!(origin(&one, &[one.clone(), other]), ["1"]);
        assert!(origin(&one, std::slice::from_ref(&one)).is_empty());
    }
}
