-- Takes back what 0001_foundation.up.sql made, and nothing else.

DROP TRIGGER a_timed ON statement_openings;
DROP TRIGGER acting ON statement_openings;
DROP TRIGGER signed ON statement_openings;
DROP TRIGGER a_timed ON statement_submissions;
DROP TRIGGER acting ON statement_submissions;
DROP TRIGGER signed ON statement_submissions;
DROP TRIGGER a_timed ON statement_rejections;
DROP TRIGGER acting ON statement_rejections;
DROP TRIGGER signed ON statement_rejections;
DROP TRIGGER a_timed ON statement_approvals;
DROP TRIGGER acting ON statement_approvals;
DROP TRIGGER signed ON statement_approvals;
DROP TRIGGER a_timed ON statement_releases;
DROP TRIGGER acting ON statement_releases;
DROP TRIGGER signed ON statement_releases;
DROP TRIGGER a_timed ON statement_payments;
DROP TRIGGER acting ON statement_payments;
DROP TRIGGER signed ON statement_payments;
DROP TRIGGER a_timed ON statement_dispute_answers;
DROP TRIGGER acting ON statement_dispute_answers;
DROP TRIGGER signed ON statement_dispute_answers;
DROP TRIGGER a_timed ON statement_acknowledgements;
DROP TRIGGER acting ON statement_acknowledgements;
DROP TRIGGER signed ON statement_acknowledgements;
DROP TRIGGER a_timed ON statement_disputes;
DROP TRIGGER acting ON statement_disputes;
DROP TRIGGER signed ON statement_disputes;
DROP TRIGGER a_timed ON statement_balances;
DROP FUNCTION statement_step_signed();
DROP FUNCTION statement_speaker_allowed();
DROP FUNCTION statement_actor_allowed();
DROP FUNCTION statement_side(text, timestamptz);
DROP FUNCTION statement_step_timed();
DROP TRIGGER allowed ON statement_submissions;
DROP FUNCTION statement_submission_allowed();
DROP FUNCTION require_current(bigint, text);
DROP FUNCTION names_account(jsonb, text, text);
DROP FUNCTION statement_account(text, text, boolean);
DROP FUNCTION statement_line_snapshots(bigint);
DROP FUNCTION lines_are_current(bigint);
DROP FUNCTION terms_in_lineage(jsonb);
DROP FUNCTION terms_named(text, bigint);
DROP FUNCTION names_in_force(jsonb, text[]);
DROP FUNCTION lineages_of(bigint);
DROP TRIGGER allowed ON statement_rejections;
DROP FUNCTION statement_rejection_allowed();
DROP TRIGGER allowed ON statement_approvals;
DROP FUNCTION statement_approval_allowed();
DROP FUNCTION statement_epochs(uuid, bigint);
DROP TRIGGER balanced ON statement_approvals;
DROP TRIGGER balanced ON statement_balances;
DROP FUNCTION statement_balance_complete();
DROP TRIGGER balanced ON statement_openings;
DROP TRIGGER opened ON statement_balances;
DROP FUNCTION statement_opening_complete();
DROP TRIGGER allowed ON statement_openings;
DROP FUNCTION statement_opening_allowed();
DROP TRIGGER allowed ON statement_releases;
DROP FUNCTION statement_release_allowed();
DROP TRIGGER allowed ON statement_payments;
DROP FUNCTION statement_payment_allowed();
DROP TRIGGER allowed ON statement_disputes;
DROP FUNCTION statement_dispute_allowed();
DROP TRIGGER allowed ON statement_dispute_answers;
DROP FUNCTION statement_answer_allowed();

DROP TABLE statement_dispute_answers;

DROP TABLE statement_disputes;

DROP TABLE statement_acknowledgements;

DROP TABLE statement_payments;

DROP TABLE statement_releases;

DROP TABLE statement_balances;

DROP TABLE statement_approvals;

DROP TABLE statement_rejections;

DROP TABLE statement_submissions;

DROP TABLE statement_openings;

DROP VIEW restatements_in_coins;
DROP VIEW restatements;
DROP FUNCTION restated_because(bigint, bigint, timestamptz);
DROP VIEW epoch_payable_entries_in_coins;
DROP VIEW epoch_payable_entries_named;
DROP FUNCTION epoch_payable_entries_as_of;
DROP VIEW epoch_payable_entries;
DROP TABLE layers.epoch_payable_entries;

DROP VIEW epoch_payables_in_coins;
DROP VIEW epoch_payables_named;
DROP FUNCTION epoch_payables_as_of;
DROP VIEW epoch_payables;
DROP TABLE layers.epoch_payables;

DROP VIEW monthly_statement_entries_in_coins;
DROP VIEW monthly_statement_entries_named;
DROP FUNCTION monthly_statement_entries_as_of;
DROP VIEW monthly_statement_entries;
DROP TABLE layers.monthly_statement_entries;

DROP VIEW monthly_statements_in_coins;
DROP VIEW monthly_statements_named;
DROP FUNCTION monthly_statements_as_of;
DROP VIEW monthly_statements;
DROP TABLE layers.monthly_statements;

DROP VIEW partner_commission_statements_in_coins;
DROP VIEW partner_commission_statements_named;
DROP FUNCTION partner_commission_statements_as_of;
DROP VIEW partner_commission_statements;
DROP TABLE layers.partner_commission_statements;

DROP VIEW revenue_allocation_in_coins;
DROP VIEW revenue_allocation_named;
DROP FUNCTION revenue_allocation_as_of;
DROP VIEW revenue_allocation;
DROP TABLE layers.revenue_allocation;

DROP VIEW commission_rule_results_in_coins;
DROP VIEW commission_rule_results_named;
DROP FUNCTION commission_rule_results_as_of;
DROP VIEW commission_rule_results;
DROP TABLE layers.commission_rule_results;

DROP VIEW partner_commission_lines_in_coins;
DROP VIEW partner_commission_lines_named;
DROP FUNCTION partner_commission_lines_as_of;
DROP VIEW partner_commission_lines;
DROP TABLE layers.partner_commission_lines;

DROP VIEW validator_pnl_in_coins;
DROP VIEW validator_pnl_named;
DROP FUNCTION validator_pnl_as_of;
DROP VIEW validator_pnl;
DROP TABLE layers.validator_pnl;

DROP VIEW cross_check_differences_in_coins;
DROP VIEW cross_check_differences_named;
DROP FUNCTION cross_check_differences_as_of;
DROP VIEW cross_check_differences;
DROP TABLE layers.cross_check_differences;

DROP VIEW canonical_completeness_in_coins;
DROP VIEW canonical_completeness_named;
DROP FUNCTION canonical_completeness_as_of;
DROP VIEW canonical_completeness;
DROP TABLE layers.canonical_completeness;

DROP VIEW canonical_stake_events_in_coins;
DROP VIEW canonical_stake_events_named;
DROP FUNCTION canonical_stake_events_as_of;
DROP VIEW canonical_stake_events;
DROP TABLE layers.canonical_stake_events;

DROP VIEW canonical_validator_costs_in_coins;
DROP VIEW canonical_validator_costs_named;
DROP FUNCTION canonical_validator_costs_as_of;
DROP VIEW canonical_validator_costs;
DROP TABLE layers.canonical_validator_costs;

DROP VIEW canonical_stake_positions_in_coins;
DROP VIEW canonical_stake_positions_named;
DROP FUNCTION canonical_stake_positions_as_of;
DROP VIEW canonical_stake_positions;
DROP TABLE layers.canonical_stake_positions;

DROP VIEW canonical_validator_meta_in_coins;
DROP VIEW canonical_validator_meta_named;
DROP FUNCTION canonical_validator_meta_as_of;
DROP VIEW canonical_validator_meta;
DROP TABLE layers.canonical_validator_meta;

DROP VIEW canonical_stake_rewards_in_coins;
DROP VIEW canonical_stake_rewards_named;
DROP FUNCTION canonical_stake_rewards_as_of;
DROP VIEW canonical_stake_rewards;
DROP TABLE layers.canonical_stake_rewards;

DROP VIEW canonical_validator_mev_in_coins;
DROP VIEW canonical_validator_mev_named;
DROP FUNCTION canonical_validator_mev_as_of;
DROP VIEW canonical_validator_mev;
DROP TABLE layers.canonical_validator_mev;

DROP VIEW canonical_validator_fees_in_coins;
DROP VIEW canonical_validator_fees_named;
DROP FUNCTION canonical_validator_fees_as_of;
DROP VIEW canonical_validator_fees;
DROP TABLE layers.canonical_validator_fees;

DROP VIEW partner_names;
DROP VIEW validator_names;
DROP VIEW period_months;

DROP VIEW staging_payloads_json;
DROP VIEW snapshot_states;
DROP FUNCTION in_force_as_of;
DROP VIEW in_force;

DROP TABLE users;

DROP TABLE commission_overrides;

DROP TABLE agreement_events;

DROP TABLE agreement_rule_tiers;

DROP TABLE agreement_rules;

DROP TABLE agreement_versions;

DROP TABLE agreements;

DROP TABLE partner_wallets;

DROP TABLE partner_minimum_payouts;

DROP TABLE partner_series;

DROP TABLE partners;

DROP TABLE cost_entries;

DROP TABLE operator_wallets;

DROP TABLE canonical_validator_identities;

DROP TABLE canonical_periods;

DROP TABLE chain_provider_mappings;

DROP TABLE providers;

DROP TABLE chains;

DROP TABLE ingestion_runs;

DROP TABLE observations;

DROP TABLE staging_fetches;

DROP TABLE staging_payloads;

DROP TABLE staging_file_bodies;
DROP TABLE staging_bodies;

DROP TABLE audit_rows;

DROP TABLE audit_log;

DROP TABLE publications;

DROP TABLE attestations;

DROP TABLE snapshot_reports;

DROP TABLE snapshots;

DROP TABLE instance_secret;
DROP FUNCTION as_json(bytea);
DROP FUNCTION await_moment(timestamptz);
DROP FUNCTION refuse_unlogged();
DROP FUNCTION record_instant();
DROP TABLE ledger_clock;
DROP FUNCTION refuse_change();
DROP DOMAIN sha256_hex;
DROP DOMAIN amount;
DROP SCHEMA layers;
