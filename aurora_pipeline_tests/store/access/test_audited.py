"""What partners are shown, and what is granted: whatever somebody changes of it, the audit names it."""

from __future__ import annotations

import pytest

from aurora_pipeline.proof.findings import Findings
from aurora_pipeline.proof.verifying.members import verify_members
from aurora_pipeline.proof.verifying.released import verify_released
from aurora_pipeline.proof.verifying.schema import compare, declared, present
from aurora_pipeline.store.access.declared import Role
from aurora_pipeline_tests.store.access.conftest import Guarded

_FIRST = "WHERE ctid = (SELECT min(ctid) FROM released_snapshots)"
_DRAFT = """(SELECT min(snapshot_id) FROM snapshots WHERE asset = 'partner_commission_lines'
    AND snapshot_id NOT IN (SELECT snapshot_id FROM released_snapshots))"""
TAMPERINGS = {
    "nothing": "SELECT 1",
    "statement_id": f"UPDATE released_snapshots SET statement_id = gen_random_uuid() {_FIRST}",
    "snapshot_id": f"UPDATE released_snapshots SET snapshot_id = {_DRAFT} {_FIRST}",
    "part": f"UPDATE released_snapshots SET part = CASE part WHEN 'LINES' THEN 'ENTRIES' ELSE 'LINES' END {_FIRST}",
    "partner_id": f"UPDATE released_snapshots SET partner_id = 'meridian' {_FIRST}",
    "chain_id": f"UPDATE released_snapshots SET chain_id = 'x' {_FIRST}",
    "recorded_at": f"UPDATE released_snapshots SET recorded_at = recorded_at - interval '1 hour' {_FIRST}",
    "a row deleted": f"DELETE FROM released_snapshots {_FIRST}",
    "a copy inserted": f"""INSERT INTO released_snapshots SELECT statement_id, {_DRAFT}, part, partner_id, chain_id,
        recorded_at FROM released_snapshots {_FIRST}""",
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_audit__what_partners_are_shown_was_changed__is_named(guarded: Guarded, what: str) -> None:
    findings = Findings()
    with guarded.database.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(TAMPERINGS[what].encode())
        verify_released(connection, findings)
    failures = findings.report("releases").failures
    assert bool(failures) == (what != "nothing")
    assert all("released_snapshots " in one.where for one in failures)


CHANGED_ACCESS = {
    "nothing": ("SELECT 1", ""),
    "row security off": ("ALTER TABLE partners DISABLE ROW LEVEL SECURITY", "row security public.partners"),
    "not forced": ("ALTER TABLE partners NO FORCE ROW LEVEL SECURITY", "row security public.partners"),
    "a policy gone": ("DROP POLICY partner_reads ON agreements", "policy public.agreements.partner_reads"),
    "a policy wider": (
        "ALTER POLICY partner_reads ON agreements USING (true)",
        "policy public.agreements.partner_reads",
    ),
    "one policy more": ("CREATE POLICY mine ON agreements USING (true)", "policy public.agreements.mine"),
    "a right more": ("GRANT SELECT ON users TO aurora_partner", "right public.users.aurora_partner SELECT"),
    "a right to a column": (
        "GRANT SELECT (reason) ON partners TO aurora_partner",
        "right public.partners.aurora_partner SELECT reason",
    ),
    "a right less": ("REVOKE SELECT ON users FROM aurora_finance", "right public.users.aurora_finance SELECT"),
    "a function for all": (
        "GRANT EXECUTE ON FUNCTION record_instant() TO PUBLIC",
        "right public.record_instant.everybody calls",
    ),
    "a view of its owner": ("ALTER VIEW in_force RESET (security_invoker)", "relation public.in_force"),
    "a search path": ("ALTER FUNCTION access_partner() RESET search_path", "function public.access_partner"),
}


@pytest.mark.parametrize("what", CHANGED_ACCESS)
def test_audit__what_is_granted_or_shown_was_changed__is_named(guarded: Guarded, what: str) -> None:
    change, named = CHANGED_ACCESS[what]
    with guarded.database.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(change.encode())
        found = present(connection, with_access=True)
    findings = Findings()
    compare(found, declared(guarded.database, with_access=True), findings)
    assert {one.where for one in findings.report("schema").failures} == ({named} if named else set())


GRANTED = {
    "nothing": ("SELECT 1", ""),
    "a stranger": ("CREATE ROLE mallory LOGIN; GRANT {finance} TO mallory", "login mallory"),
    "another role": ("GRANT {finance} TO anna", "login anna"),
    "the right to grant": ("GRANT {finance} TO fiona WITH ADMIN OPTION", "login fiona"),
    "to write layers": ("CREATE ROLE mallory LOGIN; GRANT {worker} TO mallory", "login mallory"),
    "to read all": ("CREATE ROLE mallory LOGIN; GRANT {read} TO mallory", "login mallory"),
    "a partner reads more": ("GRANT {analyst} TO p_7f3a", "login p_7f3a"),
    "a role taken away": ("REVOKE {finance} FROM fiona", ""),
}


@pytest.mark.parametrize("what", GRANTED)
def test_audit__who_holds_a_role_that_no_decision_gives__is_named(guarded: Guarded, what: str) -> None:
    grant, named = GRANTED[what]
    roles = guarded.roles
    names = {role.value.lower(): roles.of_role(role) for role in Role} | {"read": roles.group}
    findings = Findings()
    with guarded.database.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(grant.format(**names).encode())
        verify_members(connection, findings)
    report = findings.report("members")
    assert {one.where for one in report.failures} == ({named} if named else set())
    assert report.held
