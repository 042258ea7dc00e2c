"""Replay: what is in force comes out again beside the database; what does not is named with what explains it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import LAYERS, Layer
from aurora_pipeline.local_postgres.postmaster import running_postmaster
from aurora_pipeline.proof.replay import walk
from aurora_pipeline.proof.replay.compared import ComparedLayer, Replayed, ReplayVerdict
from aurora_pipeline.proof.replay.scratch import scratch_database, sweep
from aurora_pipeline.proof.replay.walk import replay
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import TableKind
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY


def counted(connection: Connection) -> dict[str, tuple[int, int]]:
    """How many rows every table has, and which transaction wrote the newest of them."""
    names = [f"layers.{t.name}" if t.kind is TableKind.LAYER else t.name for t in ALL_TABLES]
    query = "SELECT count(*) AS rows, coalesce(max(xmin::text::bigint), 0) AS newest FROM "
    found = {name: connection.execute((query + name).encode()).fetchone() for name in names}
    return {name: (row["rows"], row["newest"]) for name, row in found.items() if row is not None}


def scratch_databases(connection: Connection) -> set[str]:
    """The databases of this server that a replay would make; other tests make theirs on it at the same time."""
    query = "SELECT datname FROM pg_database WHERE datname LIKE 'replay%'"
    return {row["datname"] for row in connection.execute(query.encode()).fetchall()}


def by_asset(found: Replayed) -> dict[str, ComparedLayer]:
    return {one.asset: one for one in found.layers}


def tampered(aurora: Aurora, *statements: str) -> None:
    """Commit what somebody did who can switch off every guard; exactly one row each."""
    with aurora.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount == 1, statement


def test_replay__of_what_is_in_force__is_equal_in_every_layer_and_writes_nothing(shared: Aurora) -> None:
    with shared.database.connect() as connection:
        before, there = counted(connection), scratch_databases(connection)
    found = replay(shared, KEY)
    assert [(one.asset, one.why) for one in found.layers if one.verdict is not ReplayVerdict.EQUAL] == []
    assert found.holds
    assert found.bytes_changed == ()
    with shared.database.connect() as connection:
        in_force = {row["asset"] for row in connection.execute("SELECT asset FROM in_force").fetchall()}
        assert (counted(connection), scratch_databases(connection)) == (before, there)
    assert in_force == {one.asset for one in found.layers}
    assert all(one.recorded == one.replayed for one in found.layers)
    assert list((shared.workspace.data_dir / "scratch").iterdir()) == []


@pytest.mark.slow
def test_replay__of_a_changed_row__names_the_layer_and_the_figure(copied: Aurora) -> None:
    tampered(
        copied,
        """UPDATE layers.canonical_validator_fees SET fees = fees + 1
           WHERE validator_key = (SELECT min(validator_key) FROM layers.canonical_validator_fees WHERE fees > 0)""",
    )
    found = replay(copied, KEY)
    differing = {one.asset: one for one in found.layers if not one.holds}
    assert set(differing) == {"canonical_validator_fees"}
    told = differing["canonical_validator_fees"].why
    assert told[0] == "its stored rows are not those that were published: they were changed since"
    assert "fees: stored" in told[1]


def test_replay__of_changed_bytes__names_the_answer_and_every_figure_above_it(copied: Aurora) -> None:
    tampered(
        copied,
        r"""UPDATE staging_bodies SET body = regexp_replace(convert_from(body, 'UTF8'),
                '"lamports": ?([0-9]{4,})', '"lamports":1\1')::text::bytea
            WHERE response_hash = (
                SELECT p.response_hash FROM staging_payloads p JOIN staging_bodies b USING (response_hash)
                WHERE p.data_type = 'fees' AND convert_from(b.body, 'UTF8') ~ '"rewardType": ?"Fee"'
                ORDER BY p.payload_id LIMIT 1)""",
    )
    found = replay(copied, KEY)
    assert len(found.bytes_changed) == 1
    assert "its bytes were changed" in found.bytes_changed[0]
    told = by_asset(found)
    assert told["canonical_validator_fees"].verdict is ReplayVerdict.DIFFERS
    assert any("fees: stored" in why for why in told["canonical_validator_fees"].why)
    pnl = told["validator_pnl"]
    assert pnl.verdict is ReplayVerdict.DIFFERS
    assert pnl.why[0].startswith(f"snapshot canonical_validator_fees@{KEY} is ")
    assert told["canonical_validator_meta"].holds


@pytest.mark.slow
def test_replay__by_a_raised_layer_version__says_which(shared: Aurora, monkeypatch: pytest.MonkeyPatch) -> None:
    (fees,) = [one for one in LAYERS if one.name == "canonical_validator_fees"]
    version = fees.tables[0].version
    monkeypatch.setitem(vars(fees.tables[0]), "version", version + 1)
    told = by_asset(replay(shared, KEY))
    assert told["canonical_validator_fees"].verdict is ReplayVerdict.EQUAL_OTHERWISE
    assert told["canonical_validator_fees"].why == (
        f"the layer is version {version + 1} now, and was computed by version {version}",
    )
    assert told["validator_pnl"].verdict is ReplayVerdict.EQUAL


@pytest.mark.slow
def test_replay__by_code_that_computes_otherwise__says_that_no_version_tells_it(
    shared: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    def otherwise(layer: Layer) -> Layer:
        def draft(configuration: Configuration, connection: Connection, key: PartitionKey) -> list[Draft]:
            (one,) = layer.draft(configuration, connection, key)
            return [replace(one, frame=one.frame.with_columns(pl.col("name") + " and more"))]

        return replace(layer, draft=draft) if layer.name == "validator_pnl" else layer

    monkeypatch.setattr(walk, "LAYERS", tuple(map(otherwise, LAYERS)))
    told = by_asset(replay(shared, KEY))
    assert told["validator_pnl"].verdict is ReplayVerdict.DIFFERS
    assert told["validator_pnl"].why[0].startswith("no input and no layer version is another: the code computes it")
    assert "name: stored" in told["validator_pnl"].why[1]
    assert told["partner_commission_lines"].why[0].startswith(f"snapshot validator_pnl@{KEY} is ")


@pytest.mark.slow
def test_replay__after_another_decision__names_it(copied: Aurora) -> None:
    tampered(
        copied,
        "UPDATE agreement_rules SET commission_rate_bps = commission_rate_bps + 1 WHERE ctid = ("
        " SELECT r.ctid FROM agreement_rules r JOIN partner_commission_lines l USING (agreement_id, rule_key)"
        " WHERE l.computed > 0 AND r.commission_rate_bps > 0 LIMIT 1)",
    )
    told = by_asset(replay(copied, KEY))
    lines = told["partner_commission_lines"]
    assert lines.verdict is ReplayVerdict.DIFFERS
    assert lines.why[0].startswith("decision agreement_rules:")
    assert told["validator_pnl"].verdict is ReplayVerdict.EQUAL
    assert told["partner_commission_statements"].verdict is ReplayVerdict.DIFFERS


_FOREVER = """
import sys, time
from pathlib import Path
from aurora_pipeline.proof.replay.scratch import scratch_database
with scratch_database(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_scratch__killed__is_swept_by_the_next_and_one_that_runs_is_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "scratch"
    child = subprocess.Popen([sys.executable, "-c", _FOREVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        (folder,) = [one for one in home.iterdir() if one.is_dir()]
        assert sweep(home) == []
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        assert running_postmaster(folder / "postgres" / "cluster") is not None
        with scratch_database(tmp_path):
            assert not folder.exists()
    finally:
        child.kill()
        child.wait()
    assert list(home.iterdir()) == []


def commanded(aurora: Aurora, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`aurora replay ...` as a person would run it."""
    environment = {**os.environ, **aurora.workspace.env, "AURORA_HOME": str(aurora.workspace.home)}
    command = [sys.executable, "-m", "aurora_pipeline", "replay", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_command__on_what_holds_and_then_on_what_was_changed__says_so_and_ends_so(copied: Aurora) -> None:
    ended = commanded(copied, CHAIN_ID, str(EPOCH), "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)["data"]
    assert told["holds"] is True
    assert {one["verdict"] for one in told["layers"]} == {"equal"}
    tampered(
        copied,
        "UPDATE layers.validator_pnl SET net = net + 1 WHERE ctid = (SELECT min(ctid) FROM layers.validator_pnl)",
    )
    ended = commanded(copied, CHAIN_ID, str(EPOCH))
    assert ended.returncode == 1
    assert "validator_pnl                    differs" in ended.stdout
    assert "net: stored" in ended.stdout
    assert "(replay-differs)" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((CHAIN_ID, "999"), "no finalized period"),
        (("nowhere", "850"), "there is no chain"),
        ((CHAIN_ID, "x"), "names no"),
    ],
)
def test_command__of_what_is_not_there__is_refused(shared: Aurora, arguments: tuple[str, ...], said: str) -> None:
    ended = commanded(shared, *arguments)
    assert ended.returncode == 2
    assert said in " ".join(ended.stderr.split())
