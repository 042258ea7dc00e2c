"""The audit log: entries chain, and whatever is done to them behind Aurora's back is found and named."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC

import psycopg
import pytest

from aurora_pipeline.decisions.log import AuditReport, Head, append, canonical_json, entries, head, verify
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import GENESIS_HASH


def _fill(database: Database, count: int = 4) -> None:
    with database.connect() as connection:
        for number in range(1, count + 1):
            before = {"version": number - 1} if number > 1 else None
            append(connection, "ada", "thing.changed", f"thing/{number}", before, {"version": number, "name": "Zoë"})


def _tamper(database: Database, statement: str) -> AuditReport:
    """Do to the log what only a superuser with the guard switched off can do, then verify it."""
    with database.connect() as connection:
        connection.execute("ALTER TABLE audit_log DISABLE TRIGGER append_only")
        connection.execute(statement.encode())
        connection.execute("ALTER TABLE audit_log ENABLE TRIGGER append_only")
    with database.connect() as connection:
        return verify(connection)


def test_verify__untouched_log__holds_and_gives_its_head(database: Database) -> None:
    _fill(database)
    with database.connect() as connection:
        report = verify(connection)
        assert report.holds
        assert (report.entries, report.head) == (4, head(connection))


def test_verify__empty_log__holds_without_a_head(database: Database) -> None:
    with database.connect() as connection:
        assert verify(connection) == AuditReport(0, None)


def test_append__the_entry__can_be_hashed_again_from_what_is_stored_alone(database: Database) -> None:
    _fill(database, 2)
    with database.connect() as connection:
        first, second = entries(connection)

    def field(letter: str, text: str | None) -> bytes:
        return b"-" if text is None else f"{letter}{len(text.encode())}:{text}".encode()

    at = second.recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    parts = [field("t", "aurora.audit.1"), field("i", "2"), field("z", at), field("t", "ada")]
    parts += [field("t", "thing.changed"), field("t", "thing/2"), field("t", '{"version":1}')]
    parts += [field("t", '{"name":"Zoë","version":2}'), field("t", first.entry_hash)]
    parts += [field("t", "postgres")]
    assert second.entry_hash == hashlib.sha256(b"".join(parts)).hexdigest()
    assert first.previous_hash == GENESIS_HASH


@pytest.mark.parametrize(
    ("statement", "broken_at", "words"),
    [
        ("UPDATE audit_log SET actor = 'eve' WHERE sequence = 2", 2, "was changed"),
        ("UPDATE audit_log SET after = replace(after, '2', '9') WHERE sequence = 2", 2, "was changed"),
        ("UPDATE audit_log SET recorded_at = recorded_at - interval '1 microsecond' WHERE sequence = 3", 3, "changed"),
        ("UPDATE audit_log SET before = '{}' WHERE sequence = 1", 1, "was changed"),
        ("DELETE FROM audit_log WHERE sequence = 2", 3, "entry 2 is missing"),
        ("DELETE FROM audit_log WHERE sequence = 1", 2, "entry 1 is missing"),
        (
            "UPDATE audit_log SET sequence = CASE sequence WHEN 2 THEN 30 ELSE 20 END WHERE sequence IN (2, 3);"
            "UPDATE audit_log SET sequence = sequence / 10 WHERE sequence >= 20",
            2,
            "was changed",
        ),
    ],
    ids=["actor", "after", "clock", "before", "removed", "first removed", "reordered"],
)
def test_verify__log_changed_behind_our_back__names_the_first_broken_entry(
    database: Database, statement: str, broken_at: int, words: str
) -> None:
    _fill(database)
    report = _tamper(database, statement)
    assert report.broken_at == broken_at
    assert words in (report.problem or "")


def test_verify__entry_rewritten_with_a_fitting_hash__the_next_one_does_not_follow(database: Database) -> None:
    _fill(database)
    with database.connect() as connection:
        second = list(entries(connection))[1]
    forged = type(second)(**{**vars(second), "actor": "eve"}).expected_hash
    report = _tamper(database, f"UPDATE audit_log SET actor = 'eve', entry_hash = '{forged}' WHERE sequence = 2")
    assert report.broken_at == 3
    assert "does not follow" in (report.problem or "")


def test_verify__newest_entries_cut_off__found_by_a_head_that_was_noted(database: Database) -> None:
    _fill(database)
    with database.connect() as connection:
        noted = head(connection)
    assert _tamper(database, "DELETE FROM audit_log WHERE sequence > 2").holds
    with database.connect() as connection:
        report = verify(connection, noted)
    assert report.broken_at == 3
    assert "entry 4 was seen" in (report.problem or "")


def test_verify__whole_history_replaced__found_by_a_head_that_was_noted(database: Database) -> None:
    _fill(database)
    with database.connect() as connection:
        report = verify(connection, Head(2, "f" * 64))
    assert report.broken_at == 2


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET actor = 'eve'", "DELETE FROM audit_log", "TRUNCATE audit_log CASCADE"]
)
def test_audit_log__changed_through_sql__refused(database: Database, statement: str) -> None:
    _fill(database, 1)
    with pytest.raises(psycopg.DatabaseError, match="append-only"), database.connect() as connection:
        connection.execute(statement.encode())


def test_append__transaction_rolled_back__leaves_no_entry(database: Database) -> None:
    def fail(connection: Connection) -> None:
        append(connection, "ada", "thing.made", "thing/1", None, {})
        raise KeyError("the decision itself failed")

    with pytest.raises(KeyError), database.connect() as connection:
        fail(connection)
    _fill(database, 1)
    with database.connect() as connection:
        assert [entry.sequence for entry in entries(connection)] == [1]


def test_append__many_writers_at_once__one_chain(database: Database) -> None:
    def write(actor: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(5):
                with database.connect() as connection:
                    append(connection, actor, "thing.made", "thing", None, {"by": actor})

        return run

    threads = [threading.Thread(target=write(f"writer{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.connect() as connection:
        report = verify(connection)
        instants = [entry.recorded_at for entry in entries(connection)]
    assert (report.problem, report.entries) == (None, 20)
    assert instants == sorted(set(instants))


def test_canonical_json__float_anywhere__refused() -> None:
    with pytest.raises(TypeError, match=r"0\.1"):
        canonical_json({"rules": [{"rate": 0.1}]})
    assert canonical_json({"b": 10**30, "a": None}) == '{"a":null,"b":1000000000000000000000000000000}'
