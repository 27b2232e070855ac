//! The list of promises.
//!
//! Owns the list of each group, shared by all stores. Must not contain a promise.

/// Generates a test for each promise of some groups, or of all, on the store that an expression makes.
macro_rules! promises {
    ($open:expr) => {
        promises! { at_once, $open }
        promises! { connects, $open }
        promises! { outbox, $open }
        promises! { provider_ids, $open }
        promises! { suite, $open }
        promises! { syncs, $open }
        promises! { users, $open }
    };
    (at_once, $open:expr) => {
        promises! { @each at_once, $open,
            a_budget_is_not_exceeded_however_many_ask_at_once
            a_call_that_comes_while_the_last_one_is_settled_stays_due
            an_attempt_comes_back_once_however_many_come_at_once
            an_email_address_is_one_users_however_many_are_added_at_once
            deliveries_of_a_connection_that_come_at_once_are_applied_in_order
            deliveries_that_come_at_once_are_each_applied_once
            the_first_id_of_a_user_at_a_provider_is_everybodys
        }
    };
    (connects, $open:expr) => {
        promises! { @each connects, $open,
            a_user_is_the_same_one_at_a_provider_each_time
            an_attempt_comes_back_once_in_time_and_to_its_own_user
            an_attempt_that_has_come_back_is_kept_until_it_ends
            refreshes_are_counted_within_their_time_and_over_a_restart
        }
    };
    // For stores that several nodes share.
    (leases, $open:expr) => {
        promises! { @each leases, $open,
            a_lease_is_one_holders_until_it_expires_or_is_released
            nothing_is_written_under_a_lease_that_has_lapsed
        }
    };
    (outbox, $open:expr) => {
        promises! { @each outbox, $open,
            a_call_that_waits_behind_one_that_was_settled_stays_due
            a_core_app_that_answers_again_ends_every_pause
            a_dead_letter_is_sent_again_unless_something_newer_was
            a_queue_that_is_stuck_goes_on_without_its_head
            users_whose_calls_wait_are_due_in_the_order_of_their_last_turns
        }
    };
    (provider_ids, $open:expr) => {
        promises! { @each provider_ids, $open,
            a_move_to_another_connection_takes_the_providers_id_along
            a_posted_transaction_keeps_the_id_of_the_pending_one_it_replaces
            a_transaction_that_gets_its_first_id_back_has_no_other
            an_id_that_changed_alone_is_no_event_and_leaves_the_log_as_it_was
            either_id_finds_the_transaction_after_a_restart_as_well
        }
    };
    (several_nodes, $open:expr) => {
        promises! { @each several_nodes, $open,
            a_delivery_is_recorded_once_whichever_nodes_it_reaches_at_once
            a_users_numbers_have_no_gap_however_many_nodes_commit_at_once
            an_attempt_to_connect_a_bank_is_followed_by_one_node_until_that_is_silent
            ids_of_a_connections_deliveries_are_in_the_order_of_their_commits
            nothing_is_lost_that_comes_while_its_connection_is_registered_on_another_node
        }
    };
    // For stores that several nodes share.
    (rate_limits, $open:expr) => {
        promises! { @each rate_limits, $open,
            what_nodes_spend_is_added_up_and_recovers_with_time
        }
    };
    // For stores that several nodes share.
    (slots, $open:expr) => {
        promises! { @each slots, $open,
            no_user_has_more_slots_than_allowed_however_many_nodes_take_some_at_once
            slots_are_free_when_their_node_has_ended_or_expired_and_it_takes_no_more
            what_a_node_uses_is_recorded_as_it_is
        }
    };
    // For stores that several nodes share.
    (slots_of_nodes, $open:expr) => {
        promises! { @each slots_of_nodes, $open,
            a_node_that_cannot_renew_gives_up_before_another_takes_its_slots
            the_limit_holds_exactly_while_users_sign_in_at_all_nodes_at_once
            the_slots_of_a_node_that_stops_are_free_at_once
            the_slots_of_a_node_that_vanishes_are_free_when_its_registration_expires
        }
    };
    (suite, $open:expr) => {
        promises! { @each suite, $open,
            events_of_several_users_are_read_together_as_each_users_own
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
            the_end_of_a_users_consent_ends_each_connection_of_that_user
            the_epoch_is_the_databases_and_outlives_the_process
            the_log_repeats_byte_for_byte_what_was_published
            the_last_event_of_a_connection_is_of_its_transactions_or_its_status
            what_changed_since_an_event_is_found_also_when_the_log_begins_later
            what_comes_after_a_purge_is_another_transaction_for_the_core_app
            what_comes_before_its_connection_waits_and_is_applied_in_order
            what_was_deleted_comes_back_by_a_certainly_later_report_alone
        }
    };
    (syncs, $open:expr) => {
        promises! { @each syncs, $open,
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
    };
    // For stores that several nodes share.
    (takeover, $open:expr) => {
        promises! { @each takeover, $open,
            a_node_that_cannot_renew_stops_before_another_one_begins
            work_moves_at_once_when_its_node_stops
            work_moves_when_its_node_dies_and_no_sooner
        }
    };
    (users, $open:expr) => {
        promises! { @each users, $open,
            a_sign_in_holds_until_it_expires_or_ends
            a_user_signs_in_with_the_address_in_any_case
            every_sign_in_of_a_user_ends_together
            those_of_many_sign_ins_that_have_ended_or_expired_are_found_at_once
        }
    };
    (@each $group:ident, $open:expr, $($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                crate::$group::$name(&$open).await;
            }
        )*
    };
}
