"""A server's defaults do not matter; what takes no writes is read all the same, and says so to who writes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict

from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import VOTE, Run

DEFAULTS = {
    "datestyle": "'German'",
    "intervalstyle": "'sql_standard'",
    "search_path": "'pg_catalog'",
    "client_encoding": "'LATIN1'",
    "timezone": "'Asia/Kolkata'",
    "bytea_output": "'escape'",
    "extra_float_digits": "-15",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "default_transaction_isolation": "'repeatable read'",
    "default_transaction_deferrable": "on",
    "idle_in_transaction_session_timeout": "'50ms'",
    "idle_session_timeout": "'50ms'",
    "statement_timeout": "'1ms'",
    "lock_timeout": "'1ms'",
    "transaction_timeout": "'500ms'",
}
COSTS = (
    f"chain_id,epoch,validator_key,cost_type,amount,unit,notes\n{CHAIN_ID},850,{VOTE},INFRASTRUCTURE,1.5,SOL,Zürich €\n"
)
LISTS = (
    ("status", CHAIN_ID),
    ("audit", "--list"),
    ("validators", "list"),
    ("validators", "export"),
    ("agreements", "list"),
    ("partners", "list"),
    ("users", "list"),
    ("overrides", "list"),
    ("wallets", "list"),
    ("periods", "list", CHAIN_ID),
)


def made_default(database: Database, **settings: str) -> None:
    """Give a database other defaults, which hold for the sessions that begin now."""
    with database.autocommit() as connection:
        name = connection.info.dbname
        for setting, value in settings.items():
            connection.execute(f"ALTER DATABASE {name} SET {setting} = {value}".encode())
    database.let_go()


def as_url(database: Database) -> str:
    parts = conninfo_to_dict(database.conninfo)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={quote(str(parts['host']), safe='')}"


def shown(database: Database) -> dict[str, str]:
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT lower(name) AS name, setting FROM pg_settings WHERE lower(name) = ANY(%s)", [list(DEFAULTS)]
        )
        return {row["name"]: row["setting"] for row in rows}


def test_session__other_defaults__are_what_they_always_are(database: Database) -> None:
    before = shown(database)
    made_default(database, **DEFAULTS)
    assert shown(database) == before
    assert len(before) == len(DEFAULTS)


@pytest.mark.parametrize("setting", DEFAULTS)
def test_commands__another_default__work_as_ever(
    run: Run, home: Path, database: Database, tmp_path: Path, setting: str
) -> None:
    (tmp_path / "costs.csv").write_text(COSTS, encoding="utf-8")
    made_default(database, **{setting: DEFAULTS[setting]})
    assert run("costs", "import", str(tmp_path / "costs.csv")).code == 0
    ended = [run(*command) for command in (LISTS[0], LISTS[1], LISTS[3])]
    assert [one.code for one in ended] == [0, 0, 0], ended
    with database.connect() as connection:
        (row,) = connection.execute("SELECT amount, notes FROM cost_entries").fetchall()
    assert (row["amount"], row["notes"]) == (1_500_000_000, "Zürich €")


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_reading_command__read_only_database__works(run: Run, database: Database, command: tuple[str, ...]) -> None:
    made_default(database, default_transaction_read_only="on")
    ended = run(*command)
    assert ended.code == 0, ended.err


def test_writing_command__read_only_database__says_so_in_one_sentence(
    run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "costs.csv").write_text(COSTS, encoding="utf-8")
    made_default(database, default_transaction_read_only="on")
    monkeypatch.setenv("AURORA_DATABASE_URL", as_url(database))
    for command in (("costs", "import", "costs.csv"), ("backfill", CHAIN_ID, "850"), ("recompute", CHAIN_ID, "850")):
        ended = run(*command)
        assert ended.code == 2
        assert "the database is read-only" in ended.err
        assert "Traceback" not in ended.err
        assert ended.err.count("Error:") == 1


def test_reading_command__changed_files__writes_nothing(run: Run, home: Path, database: Database) -> None:
    def rows() -> object:
        with database.connect() as connection:
            return connection.execute("SELECT xmin::text, * FROM chains ORDER BY chain_id").fetchall()

    assert run("periods", "reorder").code in (0, 2)
    before = rows()
    chains = home / "chains.yaml"
    chains.write_text(chains.read_text().replace("name: ", "name: Other "))
    assert run("status", CHAIN_ID).code == 0
    assert rows() == before


def test_reading_session__a_slip__is_refused_by_the_server(database: Database) -> None:
    reader = Database(database.conninfo, reads_only=True)
    with pytest.raises(Exception, match="read-only"), reader.connect() as connection:
        connection.execute("INSERT INTO chains SELECT * FROM chains")
