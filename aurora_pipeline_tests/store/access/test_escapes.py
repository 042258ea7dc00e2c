"""What a partner tries to see more than its own, or to do anything: the database itself refuses each attempt."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from aurora_pipeline.store.database import Connection
from aurora_pipeline_tests.store.access.conftest import OTHER, PARTNER, Guarded

_MOMENT = "now() - interval '1 second'"
NOT_READ = [
    "users",
    "audit_log",
    "audit_rows",
    "snapshots",
    "publications",
    "snapshot_reports",
    "attestations",
    "in_force",
    "snapshot_states",
    "partner_commission_lines",
    "partner_commission_lines_named",
    "partner_commission_lines_in_coins",
    "partner_commission_statements",
    "monthly_statements",
    "monthly_statements_named",
    "monthly_statement_entries",
    "epoch_payables",
    "commission_rule_results",
    "revenue_allocation",
    "layers.revenue_allocation",
    "layers.validator_pnl",
    "layers.partner_commission_statements",
    "layers.commission_rule_results",
    "layers.canonical_stake_positions",
    "validator_pnl",
    "restatements",
    "restatements_in_coins",
    "partner_names",
    "validator_names",
    "period_months",
    "canonical_periods",
    "canonical_validator_identities",
    "operator_wallets",
    "cost_entries",
    "commission_overrides",
    "statement_openings",
    "statement_submissions",
    "statement_rejections",
    "statement_approvals",
    "statement_balances",
    "staging_bodies",
    "staging_payloads",
    "staging_payloads_json",
    "staging_fetches",
    "observations",
    "ingestion_runs",
    "providers",
    "chain_provider_mappings",
    "instance_secret",
    "ledger_clock",
    "alembic_version",
    f"partner_commission_lines_as_of({_MOMENT})",
    f"monthly_statements_as_of({_MOMENT}, 'solana-demo')",
    f"revenue_allocation_as_of({_MOMENT})",
    f"validator_pnl_as_of({_MOMENT})",
    f"in_force_as_of({_MOMENT})",
    f"restated_because(1, 2, {_MOMENT})",
    "statement_line_snapshots(1)",
    "statement_released_from((SELECT gen_random_uuid()))",
    "access_holding()",
    "pg_authid",
    "pg_shadow",
    "pg_statistic",
    "pg_user_mapping",
    "pg_hba_file_rules",
    "pg_file_settings",
    "pg_stat_user_tables",
    "pg_stat_all_tables",
    "pg_statio_user_tables",
    "pg_stat_xact_user_tables",
    "snapshots_snapshot_id_seq",
]
"""Of which a partner reads not one row, and not how many there are."""
ATTEMPTS = [
    *(f"SELECT count(*) FROM {name}" for name in NOT_READ),
    # Whole rows of tables of which it reads some columns.
    "SELECT * FROM partners",
    "TABLE agreements",
    "SELECT p FROM partners p",
    "SELECT row_to_json(p) FROM partners p",
    "SELECT to_jsonb(l) FROM layers.partner_commission_lines l",
    "SELECT ctid FROM layers.partner_commission_lines",
    "SELECT xmin FROM partner_wallets",
    "SELECT recorded_by FROM agreements",
    "SELECT reason FROM layers.partner_commission_lines",
    "SELECT notes FROM partner_wallets",
    "SELECT reltuples FROM pg_class",
    "SELECT relpages FROM pg_class WHERE relname = 'partners'",
    "SELECT pg_relation_size('layers.partner_commission_lines')",
    "SELECT pg_total_relation_size('partner_wallets')",
    "SELECT pg_stat_get_live_tuples('partners'::regclass)",
    "SELECT pg_stat_get_tuples_inserted('partners'::regclass)",
    # By other forms of reading.
    "COPY partners TO STDOUT",
    "COPY layers.partner_commission_lines TO STDOUT",
    "COPY (SELECT * FROM partner_wallets) TO STDOUT",
    "COPY (SELECT * FROM revenue_allocation) TO STDOUT",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/copied'",
    "EXPLAIN SELECT * FROM revenue_allocation",
    "EXPLAIN (ANALYZE) SELECT * FROM users",
    "EXPLAIN (ANALYZE) SELECT * FROM layers.validator_pnl",
    "BEGIN; DECLARE mine CURSOR FOR SELECT * FROM audit_log",
    "PREPARE mine AS SELECT * FROM users; EXECUTE mine",
    "DO $$ BEGIN PERFORM * FROM users; END $$",
    "SELECT partner_id FROM partners FOR UPDATE",
    "SELECT wallet_address FROM partner_wallets FOR SHARE",
    "SET row_security = off; SELECT partner_id FROM partners",
    "SET row_security = off; SELECT count(*) FROM released_statement_lines",
    "SELECT query_to_xml('SELECT * FROM users', true, true, '')",
    "SELECT currval('snapshots_snapshot_id_seq')",
    "SELECT nextval('snapshots_snapshot_id_seq')",
    "SELECT setval('snapshots_snapshot_id_seq', 1)",
    "SELECT last_value FROM snapshots_snapshot_id_seq",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_current_logfile()",
    "SHOW data_directory",
    "SHOW hba_file",
    # As somebody else.
    "SET ROLE aurora_partner",
    "SET ROLE aurora_finance",
    "SET ROLE aurora_worker",
    "SET ROLE aurora_read",
    "SET ROLE aurora_api",
    "SET ROLE postgres",
    f"SET ROLE {OTHER}",
    "BEGIN; SET LOCAL ROLE fiona",
    "SELECT set_config('role', 'fiona', false)",
    "SET SESSION AUTHORIZATION fiona",
    "SET SESSION AUTHORIZATION postgres",
    "GRANT aurora_finance TO CURRENT_USER",
    f"GRANT {OTHER} TO CURRENT_USER",
    "GRANT pg_read_all_data TO CURRENT_USER",
    "GRANT SELECT ON users TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'",
    f"ALTER ROLE {OTHER} RENAME TO mine",
    f"ALTER ROLE {OTHER} PASSWORD 'taken'",
    "ALTER ROLE fiona PASSWORD 'taken'",
    "CREATE ROLE mine",
    "DROP ROLE fiona",
    f"SELECT access_login_follows('{PARTNER}')",
    "SELECT statement_side('fiona', now())",
    "SELECT access_group('FINANCE')",
    # By what it would leave behind for others, or for functions of the owner.
    "CREATE TEMPORARY TABLE users (login text)",
    "CREATE TABLE mine (x int)",
    "CREATE TABLE layers.mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT * FROM partners",
    "CREATE MATERIALIZED VIEW mine AS SELECT 1",
    "CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS 'BEGIN RETURN true; END'",
    "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE OPERATOR <<< (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text)",
    "CREATE PUBLICATION mine FOR ALL TABLES",
    "CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER mine BEFORE INSERT ON partners EXECUTE FUNCTION refuse_change()",
    "CREATE POLICY mine ON partners USING (true)",
    "CREATE RULE mine AS ON INSERT TO partners DO NOTHING",
    "CREATE STATISTICS mine ON partner_id, name FROM partners",
    "CREATE INDEX ON partners (name)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    # By taking the guards away.
    "ALTER TABLE partners DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE partners NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY partner_reads ON partners",
    "ALTER POLICY partner_reads ON partners USING (true)",
    "ALTER VIEW released_statement_lines RESET (security_invoker)",
    "ALTER FUNCTION access_partner() SECURITY INVOKER",
    "CREATE OR REPLACE FUNCTION access_partner() RETURNS text LANGUAGE sql AS 'SELECT ''lumen'''",
    "ALTER TABLE publications DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "ALTER SYSTEM SET row_security = off",
    "ALTER DATABASE aurora SET row_security = off",
    "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO PUBLIC",
    "COMMENT ON TABLE partners IS 'mine'",
    # By writing, also of its own.
    "INSERT INTO partners (partner_id, revision, name) VALUES ('northwind', 2, 'Mine')",
    "INSERT INTO users (login, revision, name, role, valid_from) VALUES ('p_7f3a', 2, 'P', 'ADMIN', now())",
    "INSERT INTO partner_wallets SELECT * FROM partner_wallets",
    "INSERT INTO statement_acknowledgements DEFAULT VALUES",
    "INSERT INTO statement_disputes DEFAULT VALUES",
    "INSERT INTO released_snapshots SELECT statement_id, 1, 'LINES', 'northwind', chain_id FROM released_snapshots",
    "INSERT INTO audit_log (sequence, action, subject) VALUES (1, 'x', 'x')",
    "INSERT INTO agreements (agreement_id, partner_id) VALUES ('lumen-2026', 'northwind') ON CONFLICT DO NOTHING",
    "UPDATE partner_wallets SET partner_id = 'northwind'",
    "UPDATE released_snapshots SET partner_id = 'northwind'",
    "UPDATE layers.partner_commission_lines SET final = final * 2",
    "UPDATE layers.monthly_statements SET payable = payable * 2",
    "DELETE FROM partner_wallets",
    "TRUNCATE statement_payments",
    "MERGE INTO partners p USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "COPY partners FROM STDIN",
    "COPY partners FROM PROGRAM 'true'",
    # By stopping others.
    "SELECT pg_advisory_lock(4717, 1)",
    "SELECT pg_advisory_xact_lock(4717, 1)",
    "SELECT pg_try_advisory_lock(4717, 1)",
    "SELECT pg_advisory_lock_shared(4717, 1)",
    "SELECT pg_try_advisory_xact_lock_shared(4717, 2)",
    "SELECT record_instant()",
    f"SELECT await_moment({_MOMENT})",
    "BEGIN; LOCK TABLE partners IN ACCESS SHARE MODE; LOCK TABLE publications IN ACCESS EXCLUSIVE MODE",
    "BEGIN; LOCK TABLE partners IN ROW EXCLUSIVE MODE",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    "SELECT pg_stat_reset()",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "CHECKPOINT",
    "REINDEX TABLE partners",
    "CLUSTER partners USING partners_pkey",
    "SELECT pg_logical_emit_message(true, 'x', 'x'), pg_create_logical_replication_slot('mine', 'test_decoding')",
]


@pytest.fixture
def partner(guarded: Guarded) -> Iterator[Connection]:
    """A partner's session."""
    with guarded.database.connect(), guarded.session(PARTNER) as session:
        yield session


def test_attempts__are_many__and_no_two_alike() -> None:
    assert len(ATTEMPTS) == len(set(ATTEMPTS)) > 60


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_partner__whatever_it_tries__is_refused_by_the_database(partner: Connection, attempt: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        partner.execute(attempt.encode())


_OTHERS = "WHERE partner_id <> 'northwind'"
SILENT = {
    "predicate that divides by what it looks for": """
        SELECT 1 / (CASE WHEN partner_id = 'lumen' THEN 0 ELSE 1 END) AS told FROM agreements""",
    "join with itself": "SELECT b.partner_id FROM partners a JOIN partners b ON b.partner_id = 'lumen'",
    "subquery": f"SELECT it FROM (SELECT max(wallet_address) AS it FROM partner_wallets {_OTHERS}) x WHERE it <> ''",
    "lateral": """
        SELECT l.partner_id FROM partners p,
               LATERAL (SELECT * FROM released_statements s WHERE s.partner_id <> p.partner_id) l""",
    "union": f"SELECT partner_id FROM agreements {_OTHERS} UNION SELECT partner_id FROM released_statements {_OTHERS}",
    "window": f"SELECT name FROM (SELECT name, partner_id, lag(name) OVER () AS b FROM partners) x {_OTHERS}",
    "lines of others": f"SELECT line_id FROM layers.partner_commission_lines {_OTHERS}",
    "lines of a draft": """
        SELECT line_id FROM layers.partner_commission_lines
        WHERE snapshot_id NOT IN (SELECT snapshot_id FROM released_snapshots)""",
    "statistics of columns": "SELECT most_common_vals FROM pg_stats WHERE schemaname IN ('public', 'layers')",
    "extended statistics": "SELECT * FROM pg_stats_ext",
    "sequences": "SELECT last_value FROM pg_sequences WHERE last_value IS NOT NULL",
    "what others run": """
        SELECT query FROM pg_stat_activity
        WHERE usename <> current_user AND query NOT LIKE '<insufficient%' AND query <> ''""",
    "who is who": "SELECT rolname AS who FROM pg_roles WHERE rolname ~* 'northwind|lumen|halcyon|meridian'",
}


@pytest.mark.parametrize("what", SILENT)
def test_partner__what_it_may_ask__tells_nothing_of_others(partner: Connection, what: str) -> None:
    rows = partner.execute(SILENT[what].encode()).fetchall()
    assert [row for row in rows if row.get("told") != 1] == []


def test_partner__ends_as_it_began__after_a_reset(partner: Connection) -> None:
    for reset in ("RESET ROLE", "RESET SESSION AUTHORIZATION", "DISCARD ALL", "SET ROLE NONE"):
        partner.execute(reset.encode())
        (row,) = partner.execute("SELECT current_user::text AS me, access_partner() AS it").fetchall()
        assert row == {"me": PARTNER, "it": "northwind"}
