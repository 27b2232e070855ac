//! The embedded store.
//!
//! Owns a file for each promise. Must not hold a promise of its own.

use std::sync::Arc;

use server::store::sqlite::SqliteStore;
use server::store::{CommitSink, Store};

use crate::harness::Open;
use crate::{connects, provider_ids, suite, syncs};

struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Open for Sqlite {
    fn open(&self, sink: CommitSink) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0.path().join("t.db"), sink).unwrap().forwarding(true))
    }
}

macro_rules! promises {
    ($promises:ident: $($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                $promises::$name(&Sqlite::new()).await;
            }
        )*
    };
}

promises! { connects:
    a_user_is_the_same_one_at_a_provider_each_time
    an_attempt_comes_back_once_in_time_and_to_its_own_user
    an_attempt_that_has_come_back_is_kept_until_it_ends
    refreshes_are_counted_within_their_time_and_over_a_restart
}

promises! { suite:
    a_connection_is_one_users
    a_connection_says_how_asking_its_provider_went_and_goes_on
    a_delivery_is_applied_once
    a_delivery_waits_while_its_connection_is_being_purged
    a_failure_that_needs_the_person_sets_the_status_until_the_next_complete_run
    a_page_goes_on_where_the_last_one_ended_in_both_orders
    a_pushed_deletion_leaves_a_removed_connection_removed
    a_purge_covers_every_earlier_registration_of_the_connection
    a_purge_deletes_a_connections_transactions_and_reports_each
    a_quarantined_delivery_that_runs_later_replaces_nothing_newer
    a_users_connections_are_found_through_one_connector_and_through_all
    an_account_that_is_linked_again_brings_its_history
    an_account_over_another_connection_reuses_no_key_of_a_purge
    an_account_that_only_a_deletion_names_is_not_shown
    an_item_that_is_not_understood_is_quarantined_alone
    an_older_report_never_overwrites_a_newer_one
    another_users_link_of_the_same_account_brings_nothing
    balances_are_reported_when_they_change
    the_core_app_is_sent_revisions_and_deletions_in_order
    the_epoch_is_the_databases_and_outlives_the_process
    the_log_repeats_byte_for_byte_what_was_published
    the_last_event_of_a_connection_is_of_its_transactions_or_its_status
    what_changed_since_an_event_is_found_also_when_the_log_begins_later
    what_comes_after_a_purge_is_another_transaction_for_the_core_app
    what_comes_before_its_connection_waits_and_is_applied_in_order
    what_was_deleted_comes_back_by_a_certainly_later_report_alone
}

promises! { provider_ids:
    a_move_to_another_connection_takes_the_providers_id_along
    a_posted_transaction_keeps_the_id_of_the_pending_one_it_replaces
    a_transaction_that_gets_its_first_id_back_has_no_other
    an_id_that_changed_alone_is_no_event_and_leaves_the_log_as_it_was
    either_id_finds_the_transaction_after_a_restart_as_well
}

promises! { syncs:
    a_failed_run_is_tried_again_when_it_is_due_and_a_complete_one_forgets_the_failures
    a_provider_key_is_kept_until_it_ends_and_a_later_one_takes_its_place
    a_removed_connections_run_stores_nothing
    a_request_during_a_run_is_for_one_more_run
    a_run_that_was_cut_off_begins_again_after_a_restart
    credentials_are_the_registrations_own
    however_many_requests_come_a_connection_is_asked_once
    the_cursor_is_that_of_the_last_complete_run
    the_end_of_a_run_pairs_what_was_held_back_and_deletes_what_is_gone
    the_longest_waiting_connection_is_asked_first
    what_a_run_told_before_it_began_again_goes_where_it_is_not_listed_any_more
    what_arrives_during_a_run_is_newer_than_the_run
    what_was_never_asked_is_asked_once_its_connector_can_be
}
