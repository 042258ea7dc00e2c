"""A partner sees its own released statements, their lines, its wallets and its terms: by no way anything else."""

from __future__ import annotations

import psycopg
import pytest

from aurora_pipeline.store.access.declared import LAYERS, PARTNER_SEES
from aurora_pipeline_tests.store.access.conftest import OTHER, PARTNER, PEOPLE, UNRELEASED, Guarded

_OF_PARTNER = "FROM {} WHERE partner_id = '{}'"
_STATED = "FROM layers.{table} t WHERE (t.snapshot_id, t.partner_id) IN (SELECT r.snapshot_id, r.partner_id"
_SHOWN = """SELECT attname::text AS name FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND NOT attname = ANY (%s) ORDER BY attnum"""


def _place(table: str) -> str:
    return f"layers.{table}" if table in LAYERS else f"public.{table}"


def _columns(guarded: Guarded, table: str) -> str:
    with guarded.database.connect() as connection:
        rows = connection.execute(_SHOWN, [_place(table), list(PARTNER_SEES[table].hidden)]).fetchall()
    return ", ".join(row["name"] for row in rows)


@pytest.mark.parametrize("login", [PARTNER, OTHER])
@pytest.mark.parametrize("table", ["partners", "partner_wallets", "agreements", "released_snapshots"])
def test_partner__tables_with_its_key__sees_its_own_rows_and_all_of_them(
    guarded: Guarded, login: str, table: str
) -> None:
    columns = _columns(guarded, table)
    own = guarded.rows(f"SELECT {columns} FROM {table} WHERE partner_id = '{PEOPLE[login][1]}'")
    seen = guarded.rows(f"SELECT {columns} FROM {table}", login)
    assert sorted(map(str, seen)) == sorted(map(str, own))
    assert own
    assert guarded.rows(f"SELECT FROM {table} WHERE partner_id <> '{PEOPLE[login][1]}' LIMIT 1")


@pytest.mark.parametrize("login", [PARTNER, OTHER])
@pytest.mark.parametrize("view", ["released_statements", "released_statement_lines", "released_statement_entries"])
def test_partner__views_of_released_statements__shows_its_own_rows_and_all_of_them(
    guarded: Guarded, login: str, view: str
) -> None:
    own = guarded.rows(f"SELECT * FROM {view} WHERE partner_id = '{PEOPLE[login][1]}'")
    assert sorted(map(str, guarded.rows(f"SELECT * FROM {view}", login))) == sorted(map(str, own))
    assert own or view == "released_statement_entries"
    assert guarded.rows(f"SELECT FROM {view} WHERE partner_id <> '{PEOPLE[login][1]}' LIMIT 1") or "entries" in view


@pytest.mark.parametrize("table", ["agreement_versions", "agreement_rules", "agreement_rule_tiers", "agreement_events"])
def test_partner__tables_of_agreements__sees_those_of_its_own(guarded: Guarded, table: str) -> None:
    columns = _columns(guarded, table)
    own = "(SELECT agreement_id FROM agreements WHERE partner_id = 'northwind')"
    expected = guarded.rows(f"SELECT {columns} FROM {table} WHERE agreement_id IN {own}")
    assert sorted(map(str, guarded.rows(f"SELECT {columns} FROM {table}", PARTNER))) == sorted(map(str, expected))


def test_partner__lines_and_statements_before_release__are_not_seen(guarded: Guarded) -> None:
    held = guarded.rows("SELECT count(DISTINCT snapshot_id) AS n FROM layers.partner_commission_lines")[0]["n"]
    seen = guarded.rows("SELECT DISTINCT snapshot_id FROM layers.partner_commission_lines", PARTNER)
    released = guarded.rows(
        "SELECT snapshot_id FROM released_snapshots WHERE part = 'LINES' AND partner_id = 'northwind'"
    )
    assert sorted(map(str, seen)) == sorted(map(str, released))
    assert 0 < len(seen) < held
    drafts = guarded.rows("SELECT count(*) AS n FROM layers.monthly_statements WHERE partner_id = 'northwind'")
    assert len(guarded.rows("SELECT statement_id FROM layers.monthly_statements", PARTNER)) == 1 < drafts[0]["n"]


def test_partner__of_a_validator__sees_what_its_statement_needs(guarded: Guarded) -> None:
    wanted = "validator_key, component, revenue, rate_bps, weight, weight_whole, base, final"
    lines = guarded.rows(f"SELECT {wanted} FROM released_statement_lines WHERE weight IS NOT NULL", PARTNER)
    assert lines
    assert all(line["weight"] <= line["weight_whole"] for line in lines)


def test_partner__without_a_released_statement__sees_its_terms_and_no_figure(guarded: Guarded) -> None:
    assert guarded.rows("SELECT 1 FROM layers.monthly_statements WHERE partner_id = 'meridian'")
    assert guarded.rows("SELECT DISTINCT partner_id FROM agreements", UNRELEASED) == [{"partner_id": "meridian"}]
    for table in ("released_statements", "released_statement_lines", "layers.monthly_statements", "statement_payments"):
        assert guarded.rows(f"SELECT 1 FROM {table}", UNRELEASED) == []


def test_partner__payments_disputes_and_answers__are_its_own(guarded: Guarded) -> None:
    for table in ("statement_payments", "statement_disputes", "statement_dispute_answers", "statement_releases"):
        columns = _columns(guarded, table)
        own = "(SELECT statement_id FROM released_snapshots WHERE partner_id = 'northwind')"
        expected = guarded.rows(f"SELECT {columns} FROM {table} WHERE statement_id IN {own}")
        assert sorted(map(str, guarded.rows(f"SELECT {columns} FROM {table}", PARTNER))) == sorted(map(str, expected))


def test_partner__chains__names_and_units_of_those_it_was_stated_on(guarded: Guarded) -> None:
    rows = guarded.rows("SELECT chain_id, native_unit, native_decimals FROM chains", PARTNER)
    assert [row["chain_id"] for row in rows] == ["solana-demo"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        guarded.rows("SELECT dual_approval FROM chains", PARTNER)


@pytest.mark.parametrize("table", sorted(PARTNER_SEES))
def test_partner__columns_that_name_others__are_not_granted(guarded: Guarded, table: str) -> None:
    for column in PARTNER_SEES[table].hidden:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            guarded.rows(f"SELECT {column} FROM {_place(table)}", PARTNER)
