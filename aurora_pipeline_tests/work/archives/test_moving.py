"""Ranges of periods: moved into an archive and back, with every figure, hash and guard as before."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.errors import AuroraError, PeriodsMovedOut
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.proof.findings import Checked
from aurora_pipeline.proof.replay.walk import replay
from aurora_pipeline.proof.signing.evidence import write_evidence
from aurora_pipeline.proof.snapshot_records import snapshots_of_period
from aurora_pipeline.proof.tracing.trace import trace
from aurora_pipeline.proof.verifying.verify import verify_audit, verify_period
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection, Database, insert_rows
from aurora_pipeline.store.declaration import TableKind
from aurora_pipeline.store.errors import SchemaNotMoved
from aurora_pipeline.store.migrate import downgrade, upgrade
from aurora_pipeline.store.payloads.answers import answers_by_id
from aurora_pipeline.store.ranges import room_for
from aurora_pipeline.work.archives.attaching import attach
from aurora_pipeline.work.archives.checking import check
from aurora_pipeline.work.archives.detaching import Detached, detach
from aurora_pipeline.work.archives.errors import (
    ArchiveDamaged,
    ArchiveFileMissing,
    ArchiveNotWhole,
    ArchivePlaceAway,
    ArchivePlaceRefused,
    RangeElsewhere,
    RangeNeeded,
    RangeNotYours,
    RangeUnknown,
)
from aurora_pipeline.work.archives.place import address_of, require_outside
from aurora_pipeline.work.archives.ranges import RANGED, ranges, ranges_within
from aurora_pipeline.work.archives.reading import Archive
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY
from aurora_pipeline_tests.work.archives.conftest import live_on, range_of

VIEWS = [
    f"SELECT count(*) FROM {table.name}"
    for table in RANGED
    if table.kind is TableKind.LAYER
    and table.name not in ("canonical_validator_balances", "canonical_execution_income")  # Solana has none
]


def moved(aurora: Aurora, folder: Path | str) -> Detached:
    """The instance's range in an archive."""
    chain = aurora.configuration.chain(CHAIN_ID)
    address = address_of(str(folder))
    return detach(aurora.database, chain, range_of(aurora), address, deciding(aurora.database), "it is old")


def brought_back(aurora: Aurora) -> None:
    attach(aurora.database, range_of(aurora), deciding(aurora.database), "an auditor asks")


def rows(connection: Connection) -> dict[str, list[Any]]:
    """Every row of the tables in ranges."""
    return {
        table.name: sorted(map(str, connection.execute(f"SELECT * FROM {_named(table.name)}".encode()).fetchall()))
        for table in RANGED
    }


def _named(name: str) -> str:
    return name if name == "staging_bodies" else f"layers.{name}"


def failures(aurora: Aurora) -> Sequence[str]:
    """What checking the archive of the range finds."""
    found = range_of(aurora)
    with aurora.database.connect() as connection:
        return [str(one) for one in check(connection, found, Archive.of(found)).failures]


def test_range__moved_out_and_back__has_every_row_and_proves_as_before(old: Aurora, tmp_path: Path) -> None:
    with old.database.connect() as connection:
        before = rows(connection)
    told = moved(old, tmp_path / "archive")
    assert told.manifest.rows_of("staging_bodies") == len(before["staging_bodies"]) > 0
    with old.database.connect() as connection:
        assert not any(rows(connection).values())
        assert connection.execute("SELECT count(*) AS n FROM validator_pnl").fetchone() != {"n": 0}
    assert not failures(old)
    brought_back(old)
    with old.database.connect() as connection:
        assert rows(connection) == before
        report = verify_period(connection, KEY, aurora=old, deep=True)
        assert report.holds, [str(one) for one in report.failures]
        assert verify_audit(connection).holds
    assert moved(old, tmp_path / "archive").place != told.place


def test_range__moved_out__nothing_reads_it_as_empty(old: Aurora, tmp_path: Path) -> None:
    """An answer without rows would look like a chain without stake, fees or answers."""
    with old.database.connect() as connection:
        moment = connection.execute("SELECT clock_timestamp() AS now").fetchone()
        line = connection.execute("SELECT line_id::text AS id FROM partner_commission_lines LIMIT 1").fetchone()
        payload = connection.execute("SELECT payload_id FROM staging_payloads WHERE epoch = %s", [EPOCH]).fetchone()
        name = connection.execute("SELECT validator_name FROM validator_names LIMIT 1").fetchone()
    assert name is not None
    assert moment is not None
    assert line is not None
    assert payload is not None
    told = moved(old, tmp_path / "archive")
    asked: list[tuple[str, list[Any]]] = [(query, []) for query in VIEWS]
    asked += [(f"{query}_named WHERE epoch = %s", [EPOCH]) for query in VIEWS]
    asked += [(f"{query}_as_of(%s)", [moment["now"]]) for query in VIEWS]
    for condition in ("validator_key = 'x'", "snapshot_id = 5", "completeness = 'FINAL'", "content_digest IS NOT NULL"):
        asked += [(f"{query}{kind} WHERE {condition}", []) for query in VIEWS for kind in ("", "_named")]
    asked += [(f"{query} WHERE validator_key = 'x' AND epoch = %s", [EPOCH]) for query in VIEWS]
    asked += [(f"{query}_named WHERE validator_name = %s", [name["validator_name"]]) for query in VIEWS]
    asked += [(f"SELECT EXISTS ({query} WHERE validator_key = 'x')".replace("count(*)", ""), []) for query in VIEWS]
    asked += [
        ("SELECT sum(fees) FROM canonical_validator_fees WHERE state = 'final' AND fees > 0", []),
        ("SELECT sum(fees) FROM canonical_validator_fees_in_coins WHERE fees > 0", []),
        ("SELECT p.net, f.fees FROM validator_pnl p JOIN canonical_validator_fees f USING (epoch, validator_key)", []),
        ("SELECT body_json FROM staging_payloads_json WHERE payload_id = %s", [payload["payload_id"]]),
    ]
    for query, values in asked:
        told_so = pytest.raises(PeriodsMovedOut, match="800 to 899 of solana-demo were moved out")
        with told_so, old.database.connect() as connection:
            connection.execute(query.encode(), values)
    for query in VIEWS:
        with old.database.connect() as connection:
            for more in ("", " AND validator_key = 'x'"):
                other = connection.execute(f"{query} WHERE epoch = 950{more}".encode()).fetchone()
                assert other == {"count": 0}, "a period that is here is asked for as before"
            assert connection.execute(f"{query}_as_of(%s, from_epoch => 950)".encode(), [moment["now"]]).fetchone()
    with pytest.raises(PeriodsMovedOut), old.database.connect() as connection:
        trace(connection, line["id"])
    with pytest.raises(PeriodsMovedOut), old.database.connect() as connection:
        answers_by_id(connection, [payload["payload_id"]])
    with pytest.raises(PeriodsMovedOut):
        replay(old, KEY)
    computed = set()
    for layer in LAYERS:
        try:
            with old.database.connect() as connection:
                layer.draft(old.configuration, connection, KEY)
            computed.add(layer.name)
        except PeriodsMovedOut as error:
            refused = error
    # Those that read no evidence: of lines that stand, of cross-checks that nobody makes, and none that Solana has.
    assert computed == {
        "cross_check_differences",
        "canonical_execution_income",
        "canonical_validator_balances",
        "partner_commission_statements",
        "epoch_payables",
    }
    assert refused.remedy is not None
    assert "aurora archives attach solana-demo 850" in refused.remedy
    with pytest.raises(PeriodsMovedOut), old.database.connect() as connection:
        room_for(connection, CHAIN_ID, EPOCH)
    assert told.place in str(refused)


def test_verify__of_a_range_that_was_moved__holds_and_says_where_to_look(old: Aurora, tmp_path: Path) -> None:
    moved(old, tmp_path / "archive")
    with old.database.connect() as connection:
        report = verify_period(connection, KEY, aurora=old, deep=True)
    assert report.holds, [str(one) for one in report.failures]
    assert Checked.BODY not in report.held
    assert {one.kind for one in report.notes} >= {Checked.BODY, Checked.CONTENT, Checked.DERIVATION}
    assert all(
        "aurora archives verify solana-demo 850" in one.problem for one in report.notes if "moved" in one.problem
    )


def test_archive__with_a_changed_or_missing_file__is_found_and_not_brought_back(old: Aurora, tmp_path: Path) -> None:
    moved(old, tmp_path / "archive")
    (manifest,) = tmp_path.glob("archive/*/*/manifest.json")
    for name in ("staging_bodies", "canonical_stake_rewards"):
        file = next(manifest.parent.glob(f"{name}/*.parquet"))
        whole = file.read_bytes()
        file.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
        assert any("its SHA-256 is another one" in one for one in failures(old))
        with pytest.raises(ArchiveDamaged, match=file.name):
            brought_back(old)
        file.unlink()
        assert any("is not there" in one for one in failures(old))
        with pytest.raises(ArchiveFileMissing):
            brought_back(old)
        file.write_bytes(whole)
    told = manifest.read_bytes()
    forged = json.loads(told)
    forged["files"] = forged["files"][1:]
    manifest.write_text(json.dumps(forged), encoding="utf-8")
    with pytest.raises(ArchiveDamaged, match="not the manifest that was recorded"):
        brought_back(old)
    manifest.write_bytes(told)
    with old.database.connect() as connection:
        assert not any(rows(connection).values()), "nothing of a refused archive is left"
    brought_back(old)
    assert range_of(old).place is None


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("UPDATE staging_bodies SET body = body || ' ' WHERE packed_from IS NULL", "its bytes were changed"),
        ("DELETE FROM staging_bodies", "the body of an answer is not in the archive"),
        ("UPDATE layers.canonical_validator_fees SET fees = fees + 1", "are not those that were recorded"),
        ("UPDATE layers.canonical_validator_fees SET snapshot_id = snapshot_id + 1000000", "which is none"),
        ("DELETE FROM layers.canonical_validator_fees", "none of its .* rows is in the archive"),
    ],
)
def test_detach__of_what_was_changed__is_refused_and_leaves_nothing(
    old: Aurora, tmp_path: Path, tampering: str, words: str
) -> None:
    with old.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(tampering.encode())
        connection.commit()
    with pytest.raises(ArchiveNotWhole, match=words):
        moved(old, tmp_path / "archive")
    assert range_of(old).place is None
    assert not list(tmp_path.glob("archive/**/*.parquet"))


def test_detach__of_what_is_needed__is_refused(copied: Aurora, tmp_path: Path) -> None:
    with pytest.raises(RangeNeeded, match="too new"):
        moved(copied, tmp_path)
    live_on(copied, 929)
    with copied.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        # Nothing is computed from it, and it would never come once the evidence is outside.
        connection.execute("DELETE FROM publications WHERE asset = 'canonical_account_balances'")
        connection.commit()
    with pytest.raises(RangeNeeded, match="epoch 850 is not whole"):
        moved(copied, tmp_path)
    assert not list(tmp_path.glob("**/*.parquet"))


def test_detach__of_pending_figures__is_refused(copied: Aurora, tmp_path: Path) -> None:
    live_on(copied)
    with copied.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE layers.canonical_completeness SET state = 'pending' WHERE data_type = 'mev'")
        connection.commit()
    with pytest.raises(RangeNeeded, match="figures of it are awaited"):
        moved(copied, tmp_path)


def test_detach__while_somebody_writes_into_it__is_refused(
    old: Aurora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written_meanwhile(connection: Connection, found: Any, archive: Any) -> Any:
        with old.database.connect() as other:
            other.execute(
                "INSERT INTO staging_bodies (chain_id, epoch, response_hash, body) VALUES (%s, %s, %s, 'x')",
                [CHAIN_ID, EPOCH + 1, "ab" * 32],
            )
        return check(connection, found, archive)

    monkeypatch.setattr("aurora_pipeline.work.archives.detaching.check", written_meanwhile)
    with pytest.raises(RangeNeeded, match="somebody wrote into staging_bodies_1 meanwhile"):
        moved(old, tmp_path / "archive")
    assert range_of(old).place is None
    assert not list(tmp_path.glob("archive/**/*.parquet"))
    with old.database.connect() as connection:
        assert rows(connection)["staging_bodies"], "what was dropped before is there again"


def test_moves__twice_or_by_hand__are_refused(old: Aurora, tmp_path: Path) -> None:
    with pytest.raises(RangeElsewhere, match="in the database"):
        brought_back(old)
    moved(old, tmp_path / "archive")
    with pytest.raises(RangeElsewhere, match="moved out already"):
        moved(old, tmp_path / "archive")
    forged = """INSERT INTO range_moves (range_id, chain_id, number, direction, place, manifest_hash, reason)
                SELECT range_id, chain_id, number + 1, 'IN', place, manifest_hash, 'mine' FROM range_moves"""
    refused = pytest.raises(psycopg.errors.RaiseException, match=r"is nobody who moves|was not moved as is recorded")
    with refused, old.database.connect() as connection:
        connection.execute(forged.encode())
    with old.database.connect() as connection:
        chain = old.configuration.chain(CHAIN_ID)
        assert ranges_within(connection, chain, 850, 850) == ranges_within(connection, chain, 700, 950)
        for first, last in ((700, 700), (810, 950), (800, 898)):
            with pytest.raises(RangeUnknown):
                ranges_within(connection, chain, first, last)


def test_place__with_keys_or_out_of_reach__is_refused(old: Aurora, tmp_path: Path) -> None:
    for text in ("s3://key:secret@bucket/x", "s3://bucket/x?sig=secret", "ftp://bucket/x"):
        with pytest.raises(ArchivePlaceRefused) as refused:
            moved(old, text)
        assert "secret" not in str(refused.value)
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(ArchivePlaceAway, match="can't be used"):
        moved(old, tmp_path / "file")
    assert range_of(old).place is None


def test_room__made_by_many_at_once__is_one_range(database: Database) -> None:
    barrier = threading.Barrier(6)
    errors: list[BaseException] = []

    def make() -> None:
        try:
            with database.connect() as connection:
                barrier.wait()
                room_for(connection, "many", EpochNumber(7))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    with database.connect() as connection:
        (found,) = ranges(connection, "many")
    assert (found.from_epoch, found.to_epoch) == (0, 100)


def test_room__after_the_size_of_periods_changed__ends_where_the_next_begins(database: Database) -> None:
    def sized(size: int, *epochs: int) -> None:
        with database.connect() as connection:
            connection.execute("UPDATE chains SET period_size = %s WHERE chain_id = 'beacon'", [size])
            for epoch in epochs:
                room_for(connection, "beacon", EpochNumber(epoch))

    with database.connect() as connection:
        connection.execute(
            """INSERT INTO chains (chain_id, name, enabled, family, period_type, first_period, native_unit,
                                   native_decimals, finality_lag, dual_approval)
               VALUES ('beacon', 'B', true, 'ethereum', 'EPOCH', 0, 'ETH', 18, 0, false)"""
        )
    sized(10, 1_050, 2_999)
    sized(225, 1_900, 50_000, 3_000)
    with database.connect() as connection:
        found = [(one.from_epoch, one.to_epoch) for one in ranges(connection, "beacon")]
    assert found == [(1_000, 2_000), (2_000, 3_000), (3_000, 22_500), (45_000, 67_500)]


def test_detach__while_somebody_reads__waits_for_the_reader_and_ends_nobody(old: Aurora, tmp_path: Path) -> None:
    """A reader that then asks for another of the tables must not wait for the move, which waits for the reader."""
    moves: list[Detached] = []
    moving = threading.Thread(target=lambda: moves.append(moved(old, tmp_path / "archive")))
    with old.database.connect() as connection:
        connection.execute("SELECT count(*) FROM layers.canonical_validator_fees")
        moving.start()
        deadline = time.monotonic() + 30
        waiting = b"SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'"
        with old.database.autocommit() as other:
            while not other.execute(waiting).rowcount:
                assert time.monotonic() < deadline
        for table in RANGED:
            connection.execute(f"SELECT count(*) FROM {_named(table.name)}".encode())
        assert not moves
    moving.join()
    assert range_of(old).place == moves[0].place


def test_detach__while_somebody_records__puts_back_what_it_took_and_tries_again(old: Aurora, tmp_path: Path) -> None:
    moves: list[Detached] = []
    moving = threading.Thread(target=lambda: moves.append(moved(old, tmp_path / "archive")))
    waiting = b"SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid()"
    with old.database.connect() as connection, old.database.autocommit() as other:
        Recording.begin(connection, deciding(old.database), "it takes a while")
        moving.start()
        deadline = time.monotonic() + 30
        while not other.execute(waiting).rowcount:
            assert time.monotonic() < deadline
        while other.execute(waiting).rowcount:
            assert time.monotonic() < deadline
        assert rows(other)["staging_bodies"], "whoever reads meanwhile finds everything"
        connection.rollback()
    moving.join()
    assert range_of(old).place == moves[0].place


def test_moves__by_a_person_who_may_not__are_refused_before_anything_is_written(old: Aurora, tmp_path: Path) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    record_user(old.database, "fay", "Fay", UserRole.FINANCE, None, since, None, deciding(old.database), "joined us")
    chain, address = old.configuration.chain(CHAIN_ID), address_of(str(tmp_path / "archive"))
    for person in ("fay", "nobody"):
        with pytest.raises(RangeNotYours, match=f"{person} is nobody who has ranges of periods moved"):
            detach(old.database, chain, range_of(old), address, person, "why")
    assert not (tmp_path / "archive").exists()
    moved(old, tmp_path / "archive")
    with pytest.raises(RangeNotYours):
        attach(old.database, range_of(old), "fay", "why")
    assert range_of(old).place is not None


def test_verify__of_released_evidence_whose_figures_are_outside__notes_it(old: Aurora, tmp_path: Path) -> None:
    """What was released commits to canonical rows: without them there is nothing to compare, and nothing is wrong."""
    with old.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        statement = {"statement_id": "5c0f7c1e-5b0e-5f39-9a2d-6a1f0f2f7a11", "partner_id": "northwind"}
        for part, table in (("STATEMENT", PARTNER_COMMISSION_STATEMENTS), ("LINES", PARTNER_COMMISSION_LINES)):
            snapshot = snapshots_of_period(connection, KEY, [table])[-1]
            row = {**statement, "snapshot_id": snapshot.snapshot_id, "part": part, "chain_id": CHAIN_ID}
            insert_rows(connection, "released_snapshots", [{**row, "recorded_at": datetime.now(UTC)}])
        assert write_evidence(connection)
    with old.database.connect() as connection:
        assert verify_period(connection, KEY, aurora=old).held[Checked.EVIDENCE] > 0
    moved(old, tmp_path / "archive")
    with old.database.connect() as connection:
        report = verify_period(connection, KEY, aurora=old)
    assert report.holds, [str(one) for one in report.failures]
    assert any(one.kind is Checked.EVIDENCE and "not recomputed" in one.problem for one in report.notes)


@pytest.mark.parametrize("verb", ["detach", "attach"])
def test_moves__at_the_same_time__one_is_done_and_the_other_told(old: Aurora, tmp_path: Path, verb: str) -> None:
    if verb == "attach":
        moved(old, tmp_path / "archive")
    barrier, outcomes = threading.Barrier(2), list[object]()
    before = range_of(old)
    chain, person = old.configuration.chain(CHAIN_ID), deciding(old.database)

    def move(number: int) -> None:
        barrier.wait()
        try:
            if verb == "attach":
                outcomes.append(attach(old.database, before, person, "why"))
            else:
                place = address_of(str(tmp_path / f"archive {number}"))
                outcomes.append(detach(old.database, chain, before, place, person, "why"))
        except AuroraError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=move, args=[number]) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [one for one in outcomes if isinstance(one, AuroraError)]
    assert len(outcomes) == 2
    assert [type(one) for one in refused] == [RangeElsewhere], outcomes
    assert (range_of(old).place is None) == (verb == "attach")
    if verb == "detach":
        assert not failures(old)
        assert len(list(tmp_path.glob("archive */*/*/manifest.json"))) == 1


def test_archive__that_was_copied_elsewhere__is_read_from_there(old: Aurora, tmp_path: Path) -> None:
    told = moved(old, tmp_path / "archive")
    (tmp_path / "archive").rename(tmp_path / "other disk")
    now = told.place.replace("/archive/", "/other%20disk/")
    with pytest.raises(ArchiveFileMissing) as missing:
        brought_back(old)
    assert "--from" in str(missing.value.remedy)
    attach(old.database, range_of(old), deciding(old.database), "moved", place=now)
    assert range_of(old).place is None


def test_place__in_the_instances_own_data__is_refused(old: Aurora) -> None:
    data = old.workspace.data_dir
    with pytest.raises(ArchivePlaceRefused, match="own data"):
        require_outside(address_of(str(data / "archive")), data)
    require_outside(address_of(str(data.parent / "archive")), data)
    require_outside("s3://bucket/x", data)


def test_downgrade__below_what_was_moved__is_refused_and_else_keeps_every_row(old: Aurora, tmp_path: Path) -> None:
    with old.database.connect() as connection:
        before = rows(connection)
    downgrade(old.database, "0020")
    with old.database.connect() as connection:
        assert rows(connection) == before
    assert upgrade(old.database).is_current
    with old.database.connect() as connection:
        assert rows(connection) == before
    moved(old, tmp_path / "archive")
    brought_back(old)
    with pytest.raises(SchemaNotMoved, match="moves of ranges of periods that the older schema cannot hold"):
        downgrade(old.database, "0020")
    with old.database.connect() as connection:
        assert rows(connection) == before
        assert verify_audit(connection).holds


@pytest.mark.parametrize(("low", "high"), [(850, 950), (700, 801), (899, 900), (950, 950)])
def test_ranges__that_overlap_or_are_none__cannot_be_made_by_hand(old: Aurora, low: int, high: int) -> None:
    refused = pytest.raises(psycopg.errors.RaiseException, match="are no range, or belong to another one")
    with refused, old.database.connect() as connection:
        connection.execute("INSERT INTO period_ranges VALUES (10, %s, %s, %s)", [CHAIN_ID, low, high])
