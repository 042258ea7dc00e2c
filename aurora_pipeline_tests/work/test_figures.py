"""`aurora pnl`, `lines`, `allocation`, `statements`, `diff`, `sql`: what they print is what the tables hold."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from aurora_pipeline.agreements.tables import COMMISSION_OVERRIDES
from aurora_pipeline.cli import figures
from aurora_pipeline.cli.terminal import said_in_coins
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.proof.verifying.surroundings import verify_surroundings
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.access.names import Roles
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.work.figures import Row, rows_of
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY
from aurora_pipeline_tests.work.conftest import Ask

WHERE = (CHAIN_ID, str(EPOCH))


def sums(aurora: Aurora, query: str) -> dict[str, Any]:
    with aurora.database.connect() as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return dict(row)


def test_pnl__json_and_csv__every_row_with_names_and_exact_amounts(ask: Ask, copied: Aurora) -> None:
    told = ask("pnl", *WHERE, "--json").json
    known = sums(copied, "SELECT count(*) AS n, sum(net) AS net FROM validator_pnl")
    assert len(told) == known["n"]
    assert sum(int(row["net"]["amount"]) for row in told) == known["net"]
    assert {row["net"]["unit"] for row in told} == {"lamport"}
    rows = list(csv.DictReader(io.StringIO(ask("pnl", *WHERE, "--csv").out)))
    assert sum(int(row["net"]) for row in rows) == known["net"]
    assert all(row["validator_name"] == row["name"] for row in rows)


def test_pnl__table__each_amount_whole_and_the_total(ask: Ask, copied: Aurora) -> None:
    out = ask("pnl", *WHERE).out
    for row in ask("pnl", *WHERE, "--json").json:
        assert format_coins(Amount(int(row["net"]["amount"])), 9) in out
    net = sums(copied, "SELECT sum(net) AS net FROM validator_pnl")["net"]
    assert f"net of all {len(ask('pnl', *WHERE, '--json').json)}: {format_coins(Amount(int(net)), 9)}" in out


def test_lines__of_a_partner_and_a_validator_by_name__only_those(ask: Ask) -> None:
    every = ask("lines", *WHERE, "--json").json
    mine = ask("lines", *WHERE, "--partner", "northwind", "--json").json
    assert mine == [row for row in every if row["partner_id"] == "northwind"]
    name = mine[0]["validator_name"]
    narrowed = ask("lines", *WHERE, "--partner", "northwind", "--validator", name, "--json").json
    assert narrowed == [row for row in mine if row["validator_name"] == name]
    shown = ask("lines", *WHERE, "--partner", "northwind").out
    assert mine[0]["line_id"][:8] in shown
    assert ask("trace", mine[0]["line_id"][:8]).code == 0


def test_allocation__summed__is_what_the_validators_earned(ask: Ask, copied: Aurora) -> None:
    parts = ask("allocation", *WHERE, "--json").json
    earned = sums(copied, "SELECT sum(known_revenue) AS n FROM validator_pnl")["n"]
    guaranteed = sum(int(one["amount"]["amount"]) for one in parts if one["component"] == "OPERATOR_GUARANTEE")
    assert sum(int(one["amount"]["amount"]) for one in parts) - guaranteed == earned


def test_statements__listed_and_shown__with_their_lines(ask: Ask) -> None:
    (stated,) = ask("statements", "epochs", *WHERE, "--partner", "northwind", "--json").json
    out = ask("statements", "show", "northwind", *WHERE).out
    total = format_coins(Amount(int(stated["lines_total"]["amount"])), 9)
    assert f"total: {total} SOL" in out
    assert f"aurora trace {stated['statement_id'][:8]}" in out
    told = ask("statements", "show", "northwind", *WHERE, "--json").json
    assert told["statement"] == stated
    paid = [line for line in told["lines"] if not line["held"]]
    assert sum(int(line["final"]["amount"]) for line in paid) == int(stated["lines_total"]["amount"])
    refused = ask("statements", "show", "northwind", CHAIN_ID, "999")
    assert (refused.code, "is no finalized period" in refused.err) == (2, True)


def test_statements_show__published_anew_meanwhile__statement_and_lines_are_of_one_moment(
    ask: Ask, copied: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask("statements", "show", "northwind", *WHERE, "--json").json

    def read(connection: Connection, table: Table, *wanted: Any) -> list[Row]:
        rows = rows_of(connection, table, *wanted)
        if table is PARTNER_COMMISSION_STATEMENTS:
            more_for_a_line(copied)
        return rows

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(figures, "rows_of", read)
        assert ask("statements", "show", "northwind", *WHERE, "--json").json == before
    after = ask("statements", "show", "northwind", *WHERE, "--json").json
    assert after["statement"] != before["statement"]
    assert after["lines"] != before["lines"]


def test_statements_show__overridden__says_by_how_much_in_the_coin_of_its_table(ask: Ask, copied: Aurora) -> None:
    more_for_a_line(copied)
    (stated,) = ask("statements", "epochs", *WHERE, "--partner", "northwind", "--json").json
    effect = re.search(r"([+-])([0-9]+) base units in all", stated["reason"])
    assert effect is not None
    words = f"{effect[1]}{format_coins(Amount(int(effect[2])), 9)} SOL in all"
    for asked in (("epochs", *WHERE), ("show", "northwind", *WHERE)):
        out = " ".join(ask("statements", *asked).out.split())
        assert words in out, asked
        assert "base units" not in out, asked


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("-4 base units in all", "-0.000000004 SOL in all"),
        ("+0 base units", "+0.000000000 SOL"),
        ("7 base units instead of 1500000000 base units", "0.000000007 SOL instead of 1.500000000 SOL"),
        ("4 lines, 1.5 base units", "4 lines, 1.5 base units"),
        ("no amount in it", "no amount in it"),
    ],
)
def test_said_in_coins__amounts_in_base_units__are_in_coins_exactly(copied: Aurora, stored: str, shown: str) -> None:
    assert said_in_coins(stored, copied.configuration.chain(CHAIN_ID)) == shown


def more_for_a_line(aurora: Aurora) -> None:
    """Decide that a line of northwind pays more, and publish what comes of it."""
    with aurora.database.connect() as connection:
        line = connection.execute(
            """SELECT agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, kind, final
               FROM partner_commission_lines WHERE partner_id = 'northwind' AND NOT held AND override IS NULL
               AND kind = 'LINE' AND validator_key IS NOT NULL LIMIT 1"""
        ).fetchone()
        assert line is not None
        key = {name: line[name] for name in line if name not in ("kind", "final")}
        amounts = {
            "target": line["kind"],
            "revision": 1,
            "amount": int(line["final"]) + 1,
            "computed_seen": line["final"],
        }
        recording = Recording.begin(connection, "ada", "settled")
        recording.write(COMMISSION_OVERRIDES, {**key, **amounts})
        recording.note("override/x", "override.recorded", None, {}, [])
    computed_anew(aurora)


def computed_anew(aurora: Aurora) -> None:
    for layer in LAYERS:
        with aurora.database.connect() as connection:
            drafts = layer.draft(aurora.configuration, connection, KEY)
        write_check_publish(aurora.database, drafts)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("pnl", "solana-dmo"), "did you mean"),
        (("pnl", CHAIN_ID, "eight"), "names no epochs"),
        (("pnl", CHAIN_ID, "--validator", "Aurora Rigl"), "there is no validator"),
        (("lines", "--partner", "nortwind"), "there is no partner"),
        (("pnl", "--as-of", "2999-01-01"), "not past"),
        (("statements", "show", "deadbeef", "--as-of", "2999-01-01"), "not past"),
        (("statements", "list", "--as-of", "2999-01-01"), "not past"),
        (("statements", "diff", "deadbeef", "--as-of", "2999-01-01"), "not past"),
        (("diff", CHAIN_ID, "999"), "epoch 999 of solana-demo is no finalized period"),
        (("diff", CHAIN_ID, "850", "--from", "2026-01-02", "--to", "2026-01-01"), "--to lies before --from"),
        (("sql", "SELECT x FROM nowhere"), 'relation "nowhere" does not exist'),
        (("sql", "DELETE FROM chains"), "read-only"),
        (("sql", "SELECT 1; SELECT 2"), "multiple commands"),
    ],
)
def test_reads__asked_for_what_is_not__refused_in_words(ask: Ask, arguments: tuple[str, ...], words: str) -> None:
    ran = ask(*arguments)
    assert (ran.code, words in " ".join(ran.err.split())) == (2, True), ran.err


def test_diff__cost_entered_since__says_what_changed_and_for_whom(ask: Ask, copied: Aurora) -> None:
    assert "it is as it was first" in ask("diff", *WHERE).out
    before = sums(copied, "SELECT clock_timestamp() AS now")["now"]
    with copied.database.connect() as connection:
        old = connection.execute("SELECT * FROM cost_entries WHERE epoch = %s LIMIT 1", [EPOCH]).fetchone()
        assert old is not None
        recording = Recording.begin(connection, "ada", "an invoice more")
        columns = ("chain_id", "epoch", "validator_key", "entry_type", "file_hash")
        key = {name: old[name] for name in columns}
        recording.write(COST_ENTRIES, {**key, "revision": old["revision"] + 1, "amount": int(old["amount"]) + 7})
        recording.note("cost/x", "cost.changed", None, {}, [])
    computed_anew(copied)
    change = ask("diff", *WHERE, "--json").json
    (pnl,) = [layer for layer in change["layers"] if layer["table"] == "validator_pnl"]
    net = next(one for one in pnl["changes"] if one["column"] == "net")
    assert int(net["now_amount"]["amount"]) - int(net["was_amount"]["amount"]) == -7
    assert "validator_pnl, on" in ask("diff", *WHERE).out
    as_it_was = ask("pnl", *WHERE, "--as-of", before.isoformat(), "--json").json
    now = ask("pnl", *WHERE, "--json").json
    assert sum(int(row["net"]["amount"]) for row in as_it_was) - sum(int(row["net"]["amount"]) for row in now) == 7


def test_diff__json__names_the_validators_and_partners_of_each_row(ask: Ask, copied: Aurora) -> None:
    more_for_a_line(copied)
    change = ask("diff", *WHERE, "--json").json
    with copied.database.connect() as connection:
        partners = {row["partner_id"]: row["partner_name"] for row in connection.execute("TABLE partner_names")}
        validators = {
            row["validator_key"]: row["validator_name"] for row in connection.execute("TABLE validator_names")
        }
    rows = {layer["table"]: layer["changes"] for layer in change["layers"]}
    for row in [one for changes in rows.values() for one in changes]:
        assert row["validator_name"] == validators.get(row["validator_key"])
        assert row["partner_name"] == partners.get(row["partner_id"])
    assert {one["partner_name"] for one in rows["partner_commission_lines"]} == {partners["northwind"]}
    assert {one["validator_name"] for one in rows["partner_commission_lines"]} <= set(validators.values())
    # The key of a part says no partner, and the row does.
    assert {one["partner_name"] for one in rows["revenue_allocation"]} == {partners["northwind"]}
    assert [one["partner_name"] for one in change["partners"]] == [partners["northwind"]]


def test_sql__rows__as_table_csv_json_and_parquet(ask: Ask, folder: Path) -> None:
    query = "SELECT validator_key, net FROM validator_pnl ORDER BY 1"
    told = ask("sql", query, "--json").json
    assert told["columns"] == ["validator_key", "net"]
    rows = list(csv.DictReader(io.StringIO(ask("sql", query, "--csv").out)))
    assert [[row["validator_key"], row["net"]] for row in rows] == told["rows"]
    assert all(row[1] in ask("sql", query).out for row in told["rows"])
    path = folder / "net.parquet"
    assert ask("sql", query, "--parquet", str(path)).code == 0
    assert [str(int(value)) for value in pl.read_parquet(path)["net"]] == [row[1] for row in told["rows"]]


def test_sql__write__changes_what_may_change_and_triggers_hold(ask: Ask) -> None:
    refused = ask("sql", "DELETE FROM publications", "--write")
    assert (refused.code, "append-only" in refused.err) == (2, True)


def test_sql__two_columns_of_one_name__each_its_own_value(ask: Ask, folder: Path) -> None:
    query = "SELECT 1 AS a, 2 AS a"
    assert ask("sql", query, "--json").json == {"columns": ["a", "a"], "rows": [["1", "2"]]}
    assert ask("sql", query, "--csv").out == "a,a\n1,2\n"
    refused = ask("sql", query, "--parquet", str(folder / "a.parquet"))
    assert (refused.code, "two columns are called 'a'" in refused.err) == (2, True)


@pytest.mark.parametrize(
    "opening",
    ["SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET default_transaction_read_only = off"],
)
def test_sql__statements_after_one_that_lets_sessions_write__still_write_nothing(
    ask: Ask, copied: Aurora, monkeypatch: pytest.MonkeyPatch, opening: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{opening};\nCREATE TABLE slipped_in (x int);\n"))
    ran = ask("sql")
    assert (ran.code, "read-only" in ran.err) == (2, True)
    assert sums(copied, "SELECT to_regclass('slipped_in') AS found") == {"found": None}


def test_sql__dsn__is_of_a_login_that_only_reads_unless_write(
    ask: Ask, copied: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = ask("sql", "--dsn").out.strip()
    with psycopg.connect(address, options="-c default_transaction_read_only=off") as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("CREATE TABLE slipped_in (x int)")
        session.rollback()
        name = session.info.user
        assert session.execute("SELECT count(*) FROM validator_pnl_named").fetchone() != (0,)
    assert ask("sql", "SELECT current_user", "--csv").out == f"current_user\n{name}\n"
    with copied.database.connect() as connection:
        assert verify_surroundings(copied, connection).holds
    assert ask("sql", "SELECT current_user", "--csv", "--write").out == "current_user\npostgres\n"
    assert "user=postgres" in ask("sql", "--dsn", "--write").out


def test_sql__no_login_that_only_reads__says_what_its_sessions_can_do(ask: Ask, copied: Aurora) -> None:
    theirs = Roles.of(str(psycopg.conninfo.conninfo_to_dict(copied.database.conninfo)["dbname"])).login
    with copied.database.connect() as connection:
        connection.execute(f"CREATE ROLE {theirs} LOGIN".encode())
    ran = ask("sql", "SELECT current_user", "--csv")
    assert ran.out == "current_user\npostgres\n"
    assert "can be set to write: the role" in " ".join(ran.err.split())
    with copied.database.connect() as connection:
        connection.execute(f"DROP ROLE {theirs}".encode())


def test_sql__time_without_a_zone__is_told_as_it_stands(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "SELECT '2026-01-01 00:00'::timestamp AS told, '2026-01-01 00:00Z'::timestamptz AS moment"
    try:
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("TZ", "America/New_York")
            time.tzset()
            assert ask("sql", query, "--json").json["rows"] == [["2026-01-01T00:00:00", "2026-01-01T00:00:00Z"]]
    finally:
        time.tzset()


def test_sql__json_and_truth__as_json_has_them(ask: Ask) -> None:
    query = """SELECT '{"a": [1, null]}'::jsonb AS told, true AS yes"""
    assert ask("sql", query, "--json").json["rows"] == [['{"a": [1, null]}', "true"]]


def test_sql__csv__has_no_formula_and_nothing_that_turns_a_line(ask: Ask) -> None:
    query = r"SELECT '=1+1' AS f, E'a\x1b[31m' AS e, U&'\202Eabc' AS b"
    assert ask("sql", query, "--csv").out == "f,e,b\n'=1+1,a\\x1b[31m,\\u202eabc\n"


def test_sql__parquet__of_kinds_it_has_no_type_for__is_text(ask: Ask, folder: Path) -> None:
    path = folder / "kinds.parquet"
    query = """SELECT 'dfe0c987-5b35-5c5f-aa66-3ff06345bf91'::uuid AS id, '{"a": 1}'::jsonb AS told"""
    assert ask("sql", query, "--parquet", str(path)).code == 0
    assert pl.read_parquet(path)["id"].to_list() == ["dfe0c987-5b35-5c5f-aa66-3ff06345bf91"]


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        (f"SELECT {'9' * 60} AS big", "big.parquet", "fit no Parquet file"),
        ("SELECT 1 AS a", "missing/a.parquet", "cannot be written"),
        ("", "a.parquet", "there is no statement"),
    ],
)
def test_sql__parquet__that_cannot_be__says_why_and_leaves_nothing(
    ask: Ask, folder: Path, query: str, name: str, words: str
) -> None:
    ran = ask("sql", query, "--parquet", str(folder / name))
    assert (ran.code, words in " ".join(ran.err.split())) == (2, True), ran.err
    assert not (folder / name).exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("lines", *WHERE, "--agreement", "northwind-2027"), "there is no agreement 'northwind-2027'"),
        (("allocation", *WHERE, "--agreement", "nobody"), "there is no agreement 'nobody'"),
        (("pnl", CHAIN_ID, "999"), "epoch 999 of solana-demo is no finalized period that is known"),
        (("diff", CHAIN_ID, "999"), "epoch 999 of solana-demo is no finalized period that is known"),
        (("lines", *WHERE, "--csv", "--json"), "are two forms of the same answer"),
        (("allocation", *WHERE, "--csv", "--json"), "are two forms of the same answer"),
        (("statements", "epochs", *WHERE, "--csv", "--json"), "are two forms of the same answer"),
        (("statements", "list", "--csv", "--json"), "are two forms of the same answer"),
        (("sql", "SELECT 1", "--csv", "--json"), "are forms of the same answer"),
        (("status", CHAIN_ID, "999", "--json"), "epoch 999 of solana-demo is no finalized period that is known"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_figures__of_what_is_not_there__are_refused_with_what_is(ask: Ask, typed: tuple[str, ...], said: str) -> None:
    refused = ask(*typed)
    assert refused.code == 2
    assert said in " ".join(refused.err.split())


def test_allocation__of_one_agreement__the_parts_of_its_lines_and_no_others(ask: Ask) -> None:
    paid = ask("lines", *WHERE, "--agreement", "northwind-2026", "--json").json
    parts = ask("allocation", *WHERE, "--agreement", "northwind-2026", "--json").json
    assert {part["part_id"] for part in parts} <= {line["line_id"] for line in paid}
    assert {part["partner_id"] for part in parts} == {"northwind"}
    assert parts


def test_allocation__agreement_by_agreement__loses_no_part_that_goes_to_a_partner(ask: Ask) -> None:
    whole = [part["part_id"] for part in ask("allocation", *WHERE, "--json").json if part["partner_id"]]
    agreements = {line["agreement_id"] for line in ask("lines", *WHERE, "--json").json}
    found = [
        part["part_id"]
        for one in sorted(agreements)
        for part in ask("allocation", *WHERE, "--agreement", one, "--json").json
    ]
    assert sorted(found) == sorted(whole)
