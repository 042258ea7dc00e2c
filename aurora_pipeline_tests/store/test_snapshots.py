"""Write, check, publish: what comes into force, what does not, and what can be read as of when."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import psycopg
import pytest

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.foundation.errors import CheckFailed
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.store import layer_rows, snapshots
from aurora_pipeline.store.access.applying import withdraw_access
from aurora_pipeline.store.access.reading import reader
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.digests import ROWS_AT_ONCE, Input, content_digest, slices_by_key
from aurora_pipeline.store.drafts import Draft, DraftOutcome, DraftStanding, Rejected
from aurora_pipeline.store.frames import frame_of, frame_schema
from aurora_pipeline.store.layer_rows import LayerRows, instance_secret
from aurora_pipeline.store.published import NotPublished, load_published, stored_rows
from aurora_pipeline.store.ranges import room_for
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline.work.epoch_status import oddities
from aurora_pipeline_tests.gated import write_check_publish

CHAIN, EPOCH = "solana-demo", EpochNumber(850)
FIRST = Input("fetch", "fees/rpc/A", "a" * 64)
SECOND = Input("fetch", "fees/rpc/A", "b" * 64)


def fees_frame(*amounts: int | None) -> pl.DataFrame:
    return frame_of(
        FEES,
        [
            {
                "chain_id": CHAIN,
                "epoch": EPOCH,
                "validator_key": f"V{number}",
                "leader_slots": 4,
                "blocks_produced": 3,
                "slots_skipped": 1,
                "fees": amount,
                "state": "final" if amount is not None else "pending",
                "reason": None if amount is not None else "not yet",
            }
            for number, amount in enumerate(amounts)
        ],
    )


def draft(*amounts: int | None, inputs: tuple[Input, ...] = (FIRST,)) -> Draft:
    completeness = Completeness.PARTIAL if None in amounts else Completeness.FINAL
    return Draft(FEES, PeriodKey(CHAIN, EPOCH), fees_frame(*amounts), inputs, completeness)


def in_force(database: Database) -> list[int | None]:
    with database.connect() as connection:
        frame = load_published(connection, FEES, PeriodKey(CHAIN, EPOCH)).frame
    return [None if value is None else int(value) for value in frame["fees"]]


def rows(database: Database, table: str) -> int:
    with database.connect() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row["n"])


def test_publish__first_content__is_in_force_with_its_digest(database: Database) -> None:
    (outcome,) = write_check_publish(database, [draft(10**30, 0, None)])
    assert outcome.standing is DraftStanding.PUBLISHED
    assert outcome.completeness is Completeness.PARTIAL
    assert outcome.totals == {"fees": 10**30, "base_fees": 0, "priority_fees": 0}
    assert in_force(database) == [10**30, 0, None]
    with database.connect() as connection:
        assert content_digest(FEES, stored_rows(connection, FEES, outcome.snapshot_id)) == outcome.content_digest


def many(rows: int, fees: int = 7) -> Draft:
    """Validators in an order that is not the key's."""
    number = pl.int_range(rows)
    known = {
        "chain_id": pl.lit(CHAIN),
        "epoch": pl.lit(EPOCH),
        "validator_key": pl.concat_str(pl.lit("V"), (number * 7919 % rows).cast(pl.String)),
        "fees": number + fees,
        "state": pl.lit("final"),
    }
    columns = [known.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in frame_schema(FEES).items()]
    frame = pl.select(number.alias("number")).select(columns)
    return Draft(FEES, PeriodKey(CHAIN, EPOCH), frame, (FIRST,), Completeness.FINAL)


MANY = ROWS_AT_ONCE + 10


def test_publish__more_rows_than_a_slice__digest_and_rows_are_those_of_the_frame(database: Database) -> None:
    first = many(MANY)
    (outcome,) = write_check_publish(database, [first])
    (again,) = write_check_publish(database, [first])
    (other,) = write_check_publish(database, [many(MANY, fees=8)])
    (back,) = write_check_publish(database, [first])
    assert outcome.content_digest == content_digest(FEES, first.frame)
    assert outcome.totals["fees"] == sum(range(7, 7 + MANY))
    assert (again.standing, again.snapshot_id) == (DraftStanding.UNCHANGED, outcome.snapshot_id)
    assert other.content_digest != outcome.content_digest
    assert (back.standing, back.snapshot_id) == (DraftStanding.PUBLISHED, outcome.snapshot_id)
    with database.connect() as connection:
        stored = stored_rows(connection, FEES, outcome.snapshot_id)
        recorded = connection.execute("SELECT snapshot_id, row_count FROM snapshots ORDER BY snapshot_id").fetchall()
    assert stored.equals(first.frame.sort("validator_key"))
    numbers = [outcome.snapshot_id, other.snapshot_id]
    assert [(row["snapshot_id"], row["row_count"]) for row in recorded] == [(number, MANY) for number in numbers]


def test_publish__many_rows_of_which_the_database_refuses_one__leaves_nothing(database: Database) -> None:
    refused = many(MANY)
    with database.connect() as connection:
        connection.execute("ALTER TABLE layers.canonical_validator_fees ADD CHECK (fees <> 40000)")
    with pytest.raises(psycopg.errors.CheckViolation):
        write_check_publish(database, [refused])
    assert rows(database, "layers.canonical_validator_fees") == rows(database, "snapshots") == 0


def test_publish__many_rows_fail_to_be_made_on_the_way__leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(table: Table, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        yield next(slices_by_key(table, frame))
        raise MemoryError("no more")

    monkeypatch.setattr(layer_rows, "slices_by_key", broken)
    with pytest.raises(MemoryError, match="no more"):
        write_check_publish(database, [many(MANY)])
    assert rows(database, "layers.canonical_validator_fees") == rows(database, "snapshots") == 0


def test_publish__many_rows_rejected__are_readable(database: Database) -> None:
    with pytest.raises(Rejected) as caught:
        write_check_publish(database, [many(MANY)], broken=["broken"])
    assert rows(database, "layers.canonical_validator_fees") == MANY
    assert caught.value.outcomes[0].content_digest == content_digest(FEES, many(MANY).frame)


def test_layer_rows__without_their_snapshot__are_refused(database: Database) -> None:
    with database.connect() as connection:
        room_for(connection, "solana-demo", EpochNumber(850))
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        LayerRows(FEES, fees_frame(1), None).load(connection, 4711)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("value", ["0" * 63, "0" * 65, "0" * 63 + "A", "0" * 63 + "g", "0" * 63 + "\n", "0" * 62 + "é"])
def test_digest_domain__no_64_lower_case_hex_digits__is_refused(database: Database, value: str) -> None:
    with database.connect() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("SELECT %s::sha256_hex", [value])


def test_publish__equal_content_and_inputs__writes_nothing(database: Database) -> None:
    write_check_publish(database, [draft(1, 2)])
    (again,) = write_check_publish(database, [draft(1, 2)])
    assert again.standing is DraftStanding.UNCHANGED
    assert (rows(database, "snapshots"), rows(database, "publications"), rows(database, "attestations")) == (1, 1, 0)


def test_publish__equal_content_from_other_inputs__appends_an_attestation_once(database: Database) -> None:
    (first,) = write_check_publish(database, [draft(1, 2)])
    (second,) = write_check_publish(database, [draft(1, 2, inputs=(SECOND,))])
    (third,) = write_check_publish(database, [draft(1, 2, inputs=(SECOND,))])
    assert (second.standing, third.standing) == (DraftStanding.ATTESTED, DraftStanding.UNCHANGED)
    assert second.lineage_digest == first.lineage_digest  # consumers name the first lineage, never an attestation
    assert (rows(database, "snapshots"), rows(database, "publications"), rows(database, "attestations")) == (1, 1, 1)


def test_publish__different_content__supersedes_and_keeps_the_old(database: Database) -> None:
    write_check_publish(database, [draft(1, 2)])
    write_check_publish(database, [draft(1, 3)])
    assert in_force(database) == [1, 3]
    with database.connect() as connection:
        standings = connection.execute("SELECT standing FROM snapshot_states ORDER BY snapshot_id").fetchall()
    assert [row["standing"] for row in standings] == ["superseded", "in force"]


def test_publish__content_returns_to_an_earlier_one__that_snapshot_is_in_force_again(database: Database) -> None:
    (first,) = write_check_publish(database, [draft(1)])
    write_check_publish(database, [draft(2, inputs=(SECOND,))])
    (back,) = write_check_publish(database, [draft(1)])
    assert (back.standing, back.snapshot_id) == (DraftStanding.PUBLISHED, first.snapshot_id)
    assert in_force(database) == [1]
    assert rows(database, "snapshots") == 2


def warned(database: Database) -> list[str]:
    """What counts as odd about the snapshot in force, as status reads it."""
    with database.connect() as connection:
        return [one.text for one in oddities(connection, PeriodKey(CHAIN, EPOCH)).warnings]


def test_warnings__of_a_later_reading_of_equal_content__count_and_are_appended_once(database: Database) -> None:
    def publish(amount: int, *warnings: str, inputs: tuple[Input, ...] = (FIRST,)) -> DraftStanding:
        (outcome,) = write_check_publish(database, [replace(draft(amount, inputs=inputs), warnings=warnings)])
        return outcome.standing

    publish(1, "a stranger's cell is odd")
    assert publish(1, inputs=(SECOND,)) is DraftStanding.ATTESTED
    assert warned(database) == []
    publish(1, "the unit may be wrong", inputs=(SECOND,))
    publish(1, "the unit may be wrong", inputs=(SECOND,))
    assert (warned(database), rows(database, "later_warnings")) == (["the unit may be wrong"], 2)
    publish(2, "another snapshot")
    assert warned(database) == ["another snapshot"]
    assert publish(1, "a stranger's cell is odd") is DraftStanding.PUBLISHED
    assert warned(database) == ["a stranger's cell is odd"]
    assert rows(database, "snapshots") == 2


def test_publish__broken_invariant__keeps_the_old_in_force_and_the_rejected_readable(database: Database) -> None:
    write_check_publish(database, [draft(1)])
    with pytest.raises(Rejected, match="slots do not add up") as caught:
        write_check_publish(database, [draft(2)], broken=["slots do not add up"])
    assert in_force(database) == [1]
    rejected = caught.value.outcomes[0]
    with database.connect() as connection:
        kept = stored_rows(connection, FEES, rejected.snapshot_id)
        report = connection.execute(
            "SELECT violations FROM snapshot_reports WHERE snapshot_id = %s", [rejected.snapshot_id]
        ).fetchone()
    assert kept["fees"].to_list() == [2]
    assert report is not None
    assert report["violations"] == [{"rule": "always", "words": "slots do not add up", "where": {}, "figures": {}}]


def test_publish__negative_amount__is_rejected_by_the_schema(database: Database) -> None:
    with pytest.raises(Rejected, match=r"canonical_validator_fees.fees"):
        write_check_publish(database, [draft(-1)])
    with database.connect() as connection, pytest.raises(NotPublished):
        load_published(connection, FEES, PeriodKey(CHAIN, EPOCH))


def test_publish__rows_of_another_period__are_rejected(database: Database) -> None:
    strange = fees_frame(1).with_columns(epoch=pl.lit(851, pl.Int64))
    with pytest.raises(Rejected, match="another period"):
        write_check_publish(database, [Draft(FEES, PeriodKey(CHAIN, EPOCH), strange, (), Completeness.FINAL)])


def test_publish__one_of_two_drafts_rejected__publishes_neither(database: Database) -> None:
    pnl = frame_of(VALIDATOR_PNL, [])
    with pytest.raises(Rejected):
        write_check_publish(
            database,
            [
                draft(1),
                Draft(VALIDATOR_PNL, PeriodKey(CHAIN, EPOCH), pnl, (), Completeness.FINAL),
            ],
            broken=["broken"],
        )
    assert rows(database, "publications") == 0


def test_publish__two_writers_of_one_period__leave_one_snapshot(database: Database) -> None:
    outcomes: list[DraftStanding] = []

    def write() -> None:
        outcomes.append(write_check_publish(database, [draft(7, 8)])[0].standing)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes) == [DraftStanding.PUBLISHED] + [DraftStanding.UNCHANGED] * 3
    assert rows(database, "snapshots") == 1


def test_as_of__between_two_publications__gives_the_older(database: Database) -> None:
    write_check_publish(database, [draft(1)])
    moment = now(database)
    write_check_publish(database, [draft(2)])
    with database.connect() as connection:
        then = load_published(connection, FEES, PeriodKey(CHAIN, EPOCH), as_of=moment)
        assert then.frame["fees"].to_list() == [1]
        shown = connection.execute("SELECT fees FROM canonical_validator_fees_as_of(%s)", [moment]).fetchall()
    assert [row["fees"] for row in shown] == [1]


def now(database: Database) -> datetime:
    with database.connect() as connection:
        row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
    assert row is not None
    return row["now"]  # type: ignore[no-any-return]  # a timestamptz column


def test_as_of__a_writer_has_not_committed__waits_and_never_changes_afterwards(database: Database) -> None:
    """The read takes place after the writer's instant was taken and before its commit: the classic lost row."""
    write_check_publish(database, [draft(1)])
    answers: list[list[int]] = []
    with database.connect() as writer:
        instant = writer.execute("SELECT record_instant() AS instant").fetchone()
        assert instant is not None

        def read() -> None:
            with database.connect() as connection:
                found = connection.execute("SELECT fees FROM canonical_validator_fees_as_of(%s)", [moment]).fetchall()
            answers.append([int(row["fees"]) for row in found])

        moment = instant["instant"] + timedelta(microseconds=1)
        reader = threading.Thread(target=read)
        reader.start()
        reader.join(timeout=0.3)
        assert reader.is_alive()  # it waits: what was in force at the moment is not settled yet
    reader.join(timeout=10)
    assert answers == [[1]]


def test_as_of__publication_commits_while_it_waits__its_rows_are_in_the_answer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view of the rows is taken after waiting: else the new snapshot is named and its rows are not seen."""
    write_check_publish(database, [draft(1)])
    published, may_commit = threading.Event(), threading.Event()
    publish = snapshots._publish

    def publish_and_stay(connection: Connection, outcome: DraftOutcome) -> None:
        publish(connection, outcome)
        published.set()
        assert may_commit.wait(30)

    monkeypatch.setattr(snapshots, "_publish", publish_and_stay)
    writer = threading.Thread(target=write_check_publish, args=(database, [draft(7, 8)]))
    writer.start()
    assert published.wait(30)
    moment, answers = now(database), list[list[int]]()
    reader = threading.Thread(target=lambda: answers.append(_fees_as_of(database, moment)))
    reader.start()
    _await_waiting(database, 1)
    may_commit.set()
    writer.join(timeout=30)
    reader.join(timeout=30)
    assert answers == [[7, 8]] == [_fees_as_of(database, moment)]


def test_as_of__every_function__waits_in_a_statement_of_its_own_before_it_reads(database: Database) -> None:
    with database.connect() as connection:
        found = connection.execute(
            """SELECT proname, provolatile, prosrc FROM pg_proc
               WHERE pronamespace = 'public'::regnamespace AND proname LIKE '%\\_as\\_of'"""
        ).fetchall()
    assert {row["proname"] for row in found} > {f"{table.name}_as_of" for table in LAYER_TABLES}
    for row in found:
        assert row["provolatile"] == "v", row["proname"]
        assert row["prosrc"].split()[:3] == ["BEGIN", "PERFORM", "await_moment(moment);"], row["proname"]


def _fees_as_of(database: Database, moment: datetime) -> list[int]:
    with database.connect() as connection:
        found = connection.execute("SELECT fees FROM canonical_validator_fees_as_of(%s)", [moment]).fetchall()
    return sorted(int(row["fees"]) for row in found)


def _await_waiting(database: Database, count: int) -> None:
    """Return once so many sessions wait for the ledger's lock."""
    with database.autocommit() as connection:
        while True:
            row = connection.execute(
                """SELECT count(*) AS waiting FROM pg_locks
                   WHERE locktype = 'advisory' AND classid = 4717 AND NOT granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
            ).fetchone()
            if row is not None and row["waiting"] >= count:
                return


def test_as_of__reader_idle_in_its_transaction__holds_up_no_publication(database: Database) -> None:
    write_check_publish(database, [draft(1)])
    with database.connect() as reader:
        reader.execute("SELECT * FROM canonical_validator_fees_as_of(%s)", [now(database)])
        assert write_check_publish(database, [draft(2)])[0].standing is DraftStanding.PUBLISHED


def test_reading_login__in_a_transaction_that_has_read_everything__holds_up_no_publication(database: Database) -> None:
    write_check_publish(database, [draft(1)])
    reading, why_not = reader(database)
    assert why_not is None
    with reading.connect() as session:
        functions = session.execute("SELECT proname FROM pg_proc WHERE proname LIKE '%as\\_of'").fetchall()
        assert len(functions) > len(LAYER_TABLES)
        for row in functions:
            session.execute(f"SELECT * FROM {row['proname']}(%s)".encode(), [now(database)])
        for table in LAYER_TABLES:
            session.execute(f"TABLE {table.name}; TABLE layers.{table.name}".encode())
        assert write_check_publish(database, [draft(2)])[0].standing is DraftStanding.PUBLISHED
        assert session.execute("SELECT fees FROM canonical_validator_fees").fetchall()
    reading.let_go()
    withdraw_access(database)


def test_as_of__wait_is_cancelled__leaves_no_lock(database: Database) -> None:
    moment = now(database)
    with database.autocommit() as reader:
        with database.connect() as writer:
            writer.execute("SELECT record_instant()")
            reader.execute("SET statement_timeout = '50ms'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                reader.execute("SELECT * FROM in_force_as_of(%s)", [moment])
        reader.execute("SET statement_timeout = 0")
        assert write_check_publish(database, [draft(2)])[0].standing is DraftStanding.PUBLISHED


def test_publish__two_drafts__share_one_instant_and_are_numbered(database: Database) -> None:
    pnl = Draft(VALIDATOR_PNL, PeriodKey(CHAIN, EPOCH), frame_of(VALIDATOR_PNL, []), (), Completeness.FINAL)
    write_check_publish(database, [draft(1), pnl])
    write_check_publish(database, [draft(2)])
    with database.connect() as connection:
        found = connection.execute("SELECT sequence, published_at FROM publications ORDER BY sequence").fetchall()
    assert [row["sequence"] for row in found] == [1, 2, 3]
    assert found[0]["published_at"] == found[1]["published_at"] < found[2]["published_at"]


def test_record_instant__rolled_back_to_a_savepoint__takes_a_new_one(database: Database) -> None:
    with database.connect() as connection:
        with connection.transaction(force_rollback=True):
            first = _instant(connection)
        second = _instant(connection)
        assert first < second == _instant(connection)
    with database.connect() as connection:
        assert _instant(connection) > second


def _instant(connection: Connection) -> datetime:
    row = connection.execute("SELECT record_instant() AS instant").fetchone()
    assert row is not None
    return row["instant"]  # type: ignore[no-any-return]  # a timestamptz column


def test_as_of__chain_and_epochs__are_those_asked_for(database: Database) -> None:
    write_check_publish(database, [draft(1)])
    for wanted, count in [((CHAIN, EPOCH, EPOCH), 1), ((CHAIN, EPOCH + 1, None), 0), (("other", None, None), 0)]:
        with database.connect() as connection:
            found = connection.execute(
                "SELECT fees FROM canonical_validator_fees_as_of(%s, %s, %s, %s)", [now(database), *wanted]
            ).fetchall()
        assert len(found) == count, wanted


def test_as_of__future_moment__is_refused(database: Database) -> None:
    with database.connect() as connection, pytest.raises(psycopg.errors.RaiseException, match="is not past"):
        connection.execute("SELECT * FROM in_force_as_of(%s)", [datetime.now(UTC) + timedelta(hours=1)])


def test_as_of__repeatable_read__is_refused(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(psycopg.errors.RaiseException, match="READ COMMITTED"):
            connection.execute("SELECT * FROM in_force_as_of(%s)", [datetime.now(UTC) - timedelta(hours=1)])


@pytest.mark.parametrize("statement", ["UPDATE {} SET chain_id = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["snapshots", "publications", "layers.canonical_validator_fees", "staging_payloads"])
def test_append_only__any_change__is_refused(database: Database, table: str, statement: str) -> None:
    with database.connect() as connection, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        connection.execute(statement.format(table).encode())


@pytest.mark.parametrize("value", ["1.5", "1e31", "'NaN'", "-1e31", "2.0"])
def test_amount_domain__no_bounded_integer__is_refused(database: Database, value: str) -> None:
    with database.connect() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(f"SELECT {value}::amount".encode())


_CHANGING = """
CREATE FUNCTION pg_temp.change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$;
CREATE TRIGGER change BEFORE INSERT ON layers.canonical_validator_fees FOR EACH ROW EXECUTE FUNCTION pg_temp.change()
"""


@pytest.mark.parametrize(
    "change", ["new.fees := new.fees + 1; RETURN new;", "RETURN CASE WHEN new.fees > 5 THEN new END;"]
)
def test_publish__database_that_keeps_something_else__is_read_back_and_nothing_is_published(
    database: Database, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.connect() as connection:
        connection.execute(_CHANGING.replace("pg_temp", "public").format(change).encode())
    with pytest.raises(CheckFailed, match=r"but 2 rows with totals .* were checked"):
        write_check_publish(database, [draft(5, 7)])
    assert rows(database, "layers.canonical_validator_fees") == rows(database, "snapshots") == 0


def test_load__never_published__says_which_and_what_to_run(database: Database) -> None:
    with database.connect() as connection, pytest.raises(NotPublished) as refused:
        load_published(connection, FEES, PeriodKey(CHAIN, EPOCH))
    assert refused.value.message == f"canonical_validator_fees of {PeriodKey(CHAIN, EPOCH)} is not published"
    assert f"aurora backfill {CHAIN} {EPOCH}" in str(refused.value.remedy)


def test_secret__gone__is_named(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM instance_secret")
        with pytest.raises(CheckFailed, match="the instance secret is missing"):
            instance_secret(connection)
