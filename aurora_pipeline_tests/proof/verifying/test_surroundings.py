"""What figures are shown and recorded through: a replaced view, a dropped guard, a moved clock are named."""

from __future__ import annotations

import pytest

from aurora_pipeline.proof.verifying.surroundings import verify_surroundings
from aurora_pipeline_tests.proof.conftest import Proven


def test_surroundings__untouched__hold_without_a_note(proven: Proven) -> None:
    report = verify_surroundings(proven.aurora, proven.connection)
    assert [str(finding) for finding in report.failures + report.notes] == []
    assert {kind.value for kind in report.held} == {"schema objects", "clocks", "registry values", "tables of ranges"}


_ONE_MORE = """DO $$ DECLARE shown text; BEGIN
    SELECT replace(pg_get_viewdef('validator_pnl'), 't.total_revenue,',
                   '(t.total_revenue + 1)::amount AS total_revenue,') INTO shown;
    EXECUTE 'CREATE OR REPLACE VIEW validator_pnl AS ' || shown; END $$"""
_OLDEST = """DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW in_force AS '
    || replace(pg_get_viewdef('in_force'), 'p.sequence DESC', 'p.sequence'); END $$"""


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_ONE_MORE, "view public.validator_pnl"),
        (_OLDEST, "view public.in_force"),
        ("DROP TRIGGER append_only ON publications", "trigger public.publications.append_only: it is gone"),
        ("ALTER TABLE layers.validator_pnl DISABLE TRIGGER ALL", "trigger layers.validator_pnl.append_only"),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
            "function public.refuse_change",
        ),
        (
            "CREATE FUNCTION in_force_as_of(timestamptz) RETURNS SETOF in_force LANGUAGE sql AS 'TABLE in_force'",
            "function public.in_force_as_of",
        ),
        (
            "CREATE TRIGGER mine BEFORE INSERT ON publications FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            "trigger public.publications.mine: this version creates none",
        ),
        ("CREATE RULE mine AS ON INSERT TO audit_log DO INSTEAD NOTHING", "rule public.audit_log.mine"),
        (
            "ALTER TABLE publications DROP CONSTRAINT publications_entry_hash_key",
            "publications_entry_hash_key: it is gone",
        ),
        ("ALTER DOMAIN amount DROP CONSTRAINT amount_check", "domain public.amount"),
        ("UPDATE ledger_clock SET last_instant = last_instant - interval '1 day'", "ledger_clock: it was set back"),
        ("UPDATE ledger_clock SET last_instant = '2099-01-01'", "ledger_clock: it is ahead"),
        ("DELETE FROM ledger_clock", "ledger_clock: its row is gone"),
        ("UPDATE chains SET native_decimals = 6", "chains solana-demo native_decimals: it is not what the files say"),
    ],
)
def test_surroundings__changed__named(proven: Proven, change: str, named: str) -> None:
    proven.connection.execute(change.encode())
    report = verify_surroundings(proven.aurora, proven.connection)
    assert any(named in str(failure) for failure in report.failures), [str(one) for one in report.failures]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE chains SET enabled = false", "chains solana-demo enabled"),
        ("UPDATE providers SET kind = 'other' WHERE provider = 'demo-rpc'", "providers demo-rpc kind"),
        ("DELETE FROM chain_provider_mappings WHERE priority = 0", "it is missing"),
        (
            "INSERT INTO providers VALUES ('mine', true, 'other', 'http://x')",
            "providers mine: the files have no such row",
        ),
    ],
)
def test_surroundings__registry_differs_from_the_files__noted(proven: Proven, change: str, named: str) -> None:
    proven.connection.execute(change.encode())
    report = verify_surroundings(proven.aurora, proven.connection)
    assert report.holds
    assert any(named in str(note) for note in report.notes), [str(one) for one in report.notes]


def test_surroundings__what_somebody_else_keeps_in_the_database__is_theirs(proven: Proven) -> None:
    proven.connection.execute("CREATE TABLE theirs (note text); CREATE VIEW theirs_too AS SELECT 1 AS one")
    assert verify_surroundings(proven.aurora, proven.connection).holds
