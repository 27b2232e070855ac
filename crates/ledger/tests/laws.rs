//! Properties of every history of changes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use ledger::{AccountUpdate, Change, Context, Event, Plan, State, TransactionState, Update, apply};
use proptest::prelude::*;
use proptest::sample::Index;
use wire::{Amount, TransactionStatus};

/// A report about one of a few things, so that reports collide. Some name the transaction that they replace.
fn linked() -> impl Strategy<Value = Change> {
    (change(), proptest::bool::ANY).prop_map(|(mut change, is_linked)| {
        if let Update::Transaction(new) = &mut change.update {
            // No transaction is replaced by its own predecessor.
            let before = match new.transaction_id.as_str() {
                "t2" => Some("t1"),
                "t1" => Some("t0"),
                _ => None,
            };
            new.predecessor = before.filter(|_| is_linked).map(str::to_owned);
        }
        change
    })
}

/// A report about one of a few things, with transactions that keep their ids.
fn change() -> impl Strategy<Value = Change> {
    let transaction = (0_u8..3, 0_u8..2, 1_i64..400, 0_u8..3).prop_map(|(id, account, cents, status)| {
        let mut change = Change::example(&format!("t{id}"), &format!("-{}.{:02}", cents / 100, cents % 100));
        if let Update::Transaction(new) = &mut change.update {
            new.account_id = format!("acc-{account}");
            new.status = [None, Some(TransactionStatus::Pending), Some(TransactionStatus::Posted)][usize::from(status)];
        }
        change.update
    });
    let deletion = (0_u8..3, 0_u8..2).prop_map(|(id, account)| Update::TransactionDeleted {
        transaction_id: format!("t{id}"),
        account_id: format!("acc-{account}"),
    });
    let amount = || proptest::option::of((0_i64..500).prop_map(|units| units.to_string().parse::<Amount>().unwrap()));
    let account =
        (0_u8..2, proptest::option::of("[a-c]"), amount(), amount()).prop_map(|(account, name, balance, available)| {
            let account_id = format!("acc-{account}");
            Update::Account(AccountUpdate { account_id, name, balance, available, ..AccountUpdate::default() })
        });
    let status = (0_usize..3).prop_map(|index| Update::ConnectionStatus(["active", "pending", "invalid"][index]));
    let update = prop_oneof![4 => transaction, 2 => deletion, 2 => account, 1 => status];
    update.prop_map(|update| Change { version: None, update })
}

/// Reports with times that are all different.
fn history() -> impl Strategy<Value = Vec<Change>> {
    proptest::collection::vec(change(), 1..24).prop_map(|changes| {
        let timed = changes.into_iter().zip(1_700_000_000_000_i64..);
        timed.map(|(change, version)| change.versioned(version)).collect()
    })
}

fn registered() -> State {
    ledger::register(&Context::example(), State::default(), None, &[]).state
}

/// Applies each report as a separate delivery, in the order of arrival; the final state and all events.
fn one_by_one(changes: &[Change]) -> (State, Vec<Event>) {
    let mut state = registered();
    let mut emitted = vec![];
    for (change, arrival) in changes.iter().zip(1..) {
        let context = Context { arrival, ..Context::example() };
        let Plan { state: next, events, .. } = apply(&context, state, std::slice::from_ref(change));
        state = next;
        emitted.extend(events);
    }
    (state, emitted)
}

/// What people see in the end: transactions by their keys, accounts, the connection's status.
type Seen = (BTreeMap<(String, String), String>, Vec<[String; 4]>, String);

fn seen(state: &State) -> Seen {
    let transactions = state.transactions.iter().filter_map(|(key, state)| match state {
        TransactionState::Live(stored) => {
            let transaction = wire::Transaction { revision: 0, ..stored.transaction.clone() };
            Some((key.clone(), serde_json::to_string(&transaction).unwrap()))
        }
        TransactionState::Deleted(_) => None,
    });
    let accounts = state.accounts.iter().map(|(id, account)| {
        let text = |value: Option<Amount>| value.map(|amount| amount.to_string()).unwrap_or_default();
        let name = account.name.value.clone().unwrap_or_default();
        [id.clone(), name, text(account.balance.value), text(account.available.value)]
    });
    let status = state.connection.as_ref().map(|connection| connection.status.clone()).unwrap_or_default();
    (transactions.collect(), accounts.collect(), status)
}

fn shuffled(changes: &[Change], order: &[Index]) -> Vec<Change> {
    let mut left = changes.to_vec();
    let mut shuffled = vec![];
    for index in order.iter().cycle().take(changes.len()) {
        shuffled.push(left.remove(index.index(left.len())));
    }
    shuffled
}

proptest! {
    #[test]
    fn the_same_changes_again_tell_nothing(changes in history()) {
        let first = apply(&Context::example(), registered(), &changes);
        let again = apply(&Context { arrival: 2, ..Context::example() }, first.state.clone(), &changes);
        prop_assert!(again.events.is_empty(), "{:?}", again.events);
        prop_assert!(again.outgoing.is_empty());
        prop_assert_eq!(seen(&again.state), seen(&first.state));
    }

    #[test]
    fn any_order_of_arrival_ends_in_the_same_state(
        changes in history(),
        order in proptest::collection::vec(any::<Index>(), 24),
    ) {
        let (in_order, _) = one_by_one(&changes);
        let (in_disorder, _) = one_by_one(&shuffled(&changes, &order));
        prop_assert_eq!(seen(&in_disorder), seen(&in_order));
    }

    #[test]
    fn numbers_have_no_gaps_and_every_event_has_an_id_of_its_own(changes in proptest::collection::vec(linked(), 0..24)) {
        let state = registered();
        let first = state.seq + 1;
        let plan = apply(&Context::example(), state, &changes);
        let numbers: Vec<u64> = plan.events.iter().map(|event| event.seq).collect();
        prop_assert_eq!(&numbers, &(first..first + plan.events.len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(plan.state.seq, numbers.last().copied().unwrap_or(first - 1));
        let ids: std::collections::HashSet<String> = plan
            .events
            .iter()
            .map(|event| serde_json::from_str::<serde_json::Value>(event.payload.get()).unwrap()["eventId"].to_string())
            .collect();
        prop_assert_eq!(ids.len(), plan.events.len());
    }

    #[test]
    fn results_do_not_depend_on_how_changes_are_batched(
        changes in proptest::collection::vec(linked(), 0..24),
        cuts in proptest::collection::vec(any::<Index>(), 0..4),
    ) {
        let context = Context::example();
        let whole = apply(&context, registered(), &changes);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(changes.len() + 1)).collect();
        cuts.extend([0, changes.len()]);
        cuts.sort_unstable();
        let (mut state, mut emitted, mut outgoing) = (registered(), vec![], vec![]);
        for pair in cuts.windows(2) {
            let plan = apply(&context, state, &changes[pair[0]..pair[1]]);
            state = plan.state;
            emitted.extend(plan.events);
            outgoing.extend(plan.outgoing);
        }
        prop_assert_eq!(emitted, whole.events);
        prop_assert_eq!(outgoing, whole.outgoing);
        prop_assert_eq!(seen(&state), seen(&whole.state));
    }

    #[test]
    fn an_event_that_can_be_made_of_its_row_is_made_as_it_was_sent(
        changes in proptest::collection::vec(linked(), 0..24),
    ) {
        let context = Context::example();
        let plan = apply(&context, registered(), &changes);
        for event in plan.events.iter().filter(|event| event.is_of_row) {
            let key = event.of_transaction.clone().unwrap();
            if let Some(stored) = plan.state.live(&key).filter(|stored| stored.changed_seq == event.seq) {
                let again = ledger::transaction_payload(context.epoch, event.seq, context.now, stored.transaction.clone());
                prop_assert_eq!(again.get(), event.payload.get());
            }
        }
    }

    #[test]
    fn what_was_told_is_what_is_stored(changes in proptest::collection::vec(linked(), 0..24)) {
        let plan = apply(&Context::example(), registered(), &changes);
        let mut emitted: BTreeMap<(String, String), String> = BTreeMap::new();
        for event in &plan.events {
            let payload: serde_json::Value = serde_json::from_str(event.payload.get()).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            match event.name.as_str() {
                "transaction:new" | "transaction:updated" => {
                    let one = &payload["transaction"];
                    emitted.insert((text(&one["accountId"]), text(&one["transactionId"])), one["amount"].to_string());
                }
                "transaction:deleted" => {
                    emitted.remove(&(text(&payload["accountId"]), text(&payload["transactionId"])));
                }
                _ => {}
            }
        }
        let stored: BTreeMap<(String, String), String> = plan
            .state
            .transactions
            .iter()
            .filter_map(|(key, state)| match state {
                TransactionState::Live(stored) => {
                    let amount = serde_json::to_value(stored.transaction.amount).unwrap().to_string();
                    Some((key.clone(), amount))
                }
                TransactionState::Deleted(_) => None,
            })
            .collect();
        prop_assert_eq!(emitted, stored);
    }
}
