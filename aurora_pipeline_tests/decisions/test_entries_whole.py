"""Entries of the audit log: what they came with, the hash that the database computes itself, and the export alone."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from aurora_pipeline.decisions.came_with import coming_with
from aurora_pipeline.decisions.export import exported, log_root
from aurora_pipeline.decisions.log import Entry, append, append_all, entries, entry_record, verify
from aurora_pipeline.decisions.log import LoggedEvent as Event
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.signing import signing
from aurora_pipeline.decisions.tables import USERS, UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import GENESIS_HASH, body_hash
from aurora_pipeline_tests.store.test_digests import merkle

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def fill(database: Database) -> None:
    """Entries of every kind: from before anything was known of where they came from, and since."""
    with database.connect() as connection:
        _old(connection, Entry(1, _now(connection), "ada", "a", "s", None, '{"x":1}', GENESIS_HASH, ""))
    with database.connect() as connection:
        append(connection, "ada", "thing.changed", "thing/2", {"name": "Zoë"}, {"name": "日本\n\u2028 \"'"})
    with database.connect() as connection, coming_with("aurora agreements apply 'a b.yaml'"):
        events = [Event("thing.changed", f"thing/{number}", None, {"number": number}) for number in range(3)]
        append_all(connection, signing(connection, "bob"), events)
    with database.connect() as connection, coming_with("POST /v1/things", "7f3a-of-the-client"):
        append(connection, "eve", "thing.changed", "thing/9", {}, None)


def _now(connection: Connection) -> Any:
    row = connection.execute("SELECT record_instant() AS at").fetchone()
    assert row is not None
    return row["at"]


def _old(connection: Connection, entry: Entry) -> None:
    """As an Aurora of before wrote it: null in every later column."""
    connection.execute(
        """INSERT INTO audit_log (sequence, recorded_at, actor, action, subject, before, after, previous_hash,
                                  entry_hash, recorded_through)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)""",
        [*list(vars(entry).values())[:8], entry.expected_hash],
    )


def test_entries__of_one_command__share_its_id_and_words(database: Database) -> None:
    fill(database)
    with database.connect() as connection:
        found = list(entries(connection))
        assert verify(connection).holds
    assert [one.request for one in found] == [
        None,
        None,
        *3 * ["aurora agreements apply 'a b.yaml'"],
        "POST /v1/things",
    ]
    assert len({one.correlation_id for one in found[2:5]}) == 1
    assert found[5].correlation_id == "7f3a-of-the-client"
    assert (found[0].recorded_through, found[1].recorded_through, found[1].correlation_id) == (None, "postgres", None)


def test_request__very_long_or_with_control_characters__is_shown_short_and_safe(database: Database) -> None:
    with database.connect() as connection, coming_with("aurora \x1b[31m" + "x" * 10_000):
        entry = append(connection, "ada", "thing.changed", "thing/1", None, {})
    assert entry.request is not None
    assert "\x1b" not in entry.request
    assert len(entry.request) < 2_100


def offline(lines: Sequence[str]) -> None:
    """Verify an export with SHA-256 alone, as docs/digests.md says; nothing of Aurora's is used."""
    before = "0" * 64
    for place, line in enumerate(lines, start=1):
        told = json.loads(line)
        assert (told["sequence"], told["previous_hash"]) == (place, before)
        fields = [("t", "aurora.audit.1"), ("i", str(told["sequence"])), ("z", told["recorded_at"])]
        fields += [("t", told[name]) for name in ("actor", "action", "subject", "before", "after", "previous_hash")]
        later = [told[name] for name in ("recorded_through", "correlation_id", "request", "actor_role")]
        while later and later[-1] is None:
            later.pop()
        fields += [("t", text) for text in later]
        record = b"".join(
            b"-" if text is None else f"{letter}{len(text.encode())}:{text}".encode() for letter, text in fields
        )
        before = hashlib.sha256(record).hexdigest()
        assert told["entry_hash"] == before


def test_export__verified_with_hashlib_alone__holds_and_any_change_shows(database: Database) -> None:
    fill(database)
    with database.connect() as connection:
        lines = list(exported(connection))
        assert list(exported(connection, 4)) == lines[4:]
    offline(lines)
    for place, line in enumerate(lines):
        for name in json.loads(line):
            told = json.loads(line)
            told[name] = told[name] + 1 if isinstance(told[name], int) else f"{told[name] or ''}x"
            changed = [*lines[:place], json.dumps(told), *lines[place + 1 :]]
            with pytest.raises(AssertionError):
                offline(changed)


def test_root__of_all_entries__is_that_of_the_rfc_over_their_records(database: Database) -> None:
    with database.connect() as connection:
        assert log_root(connection) == (0, hashlib.sha256().hexdigest())
    fill(database)
    with database.connect() as connection:
        records = [one.record for one in entries(connection)]
        assert log_root(connection) == (6, merkle(records).hex())


WRONG: dict[str, dict[str, Any]] = {
    "another hash": {"entry_hash": "a" * 64},
    "another previous hash": {"previous_hash": "a" * 64},
    "a gap": {"sequence": 9},
    "another place": {"sequence": 1},
    "another subject": {"subject": "thing/else"},
    "another state": {"after": "{}"},
    "a request that is not hashed": {"request": "aurora"},
    "an id that is not hashed": {"correlation_id": "1"},
    "a login that is not hashed": {"recorded_through": "eve"},
    "a role that is not hashed": {"actor_role": "FINANCE"},
}


@pytest.mark.parametrize("what", WRONG)
def test_append__of_what_does_not_fit__is_refused_by_the_database(database: Database, what: str) -> None:
    """Whoever writes it, the owner too: the database computes the hash itself."""
    fill(database)
    with database.connect() as connection:
        last = list(entries(connection))[-1]
    with database.connect() as connection:
        row: dict[str, Any] = {
            "sequence": last.sequence + 1,
            "recorded_at": _now(connection),
            "actor": "ada",
            "action": "thing.changed",
            "subject": "thing/1",
            "before": None,
            "after": '{"x":1}',
            "previous_hash": last.entry_hash,
        }
        row["entry_hash"] = body_hash(entry_record(**row))
        row |= {"recorded_through": None, "correlation_id": None, "request": None, "actor_role": None}
        names = ", ".join(row)
        values = ", ".join(f"%({name})s" for name in row)
        statement = f"INSERT INTO audit_log ({names}) VALUES ({values})".encode()
        with connection.transaction(force_rollback=True):
            connection.execute(statement, row)  # as it is, it fits
        with pytest.raises((psycopg.errors.RaiseException, psycopg.errors.UniqueViolation)), connection.transaction():
            connection.execute(statement, row | WRONG[what])


def _roles(database: Database) -> dict[int, str | None]:
    with database.connect() as connection:
        assert verify(connection).holds
        return {one.sequence: one.actor_role for one in entries(connection)}


def test_role__is_what_the_actor_was_before__also_in_the_entry_that_changes_it(database: Database) -> None:
    told = ("Ada", UserRole.ADMIN, None, SINCE, None)
    assert record_user(database, "ada", *told, "ada", "the first")
    assert record_user(database, "bob", "Bob", *told[1:], "ada", "joined us")
    assert record_user(database, "ada", "Ada", UserRole.OPS, None, SINCE, None, "ada", "changed teams")
    assert record_user(database, "eve", "Eve", UserRole.OPS, None, SINCE, None, "ada", "joined us")
    with database.connect() as connection:
        append(connection, "nobody", "thing.changed", "thing/1", None, {})
        append(connection, "ada", "thing.changed", "thing/1", None, {})
    assert _roles(database) == {1: None, 2: "ADMIN", 3: "ADMIN", 4: "OPS", 5: None, 6: "OPS"}


def test_role__after_the_persons_time__is_none(database: Database) -> None:
    until = SINCE + timedelta(days=1)
    assert record_user(database, "bob", "Bob", UserRole.OPS, None, SINCE, until, "ada", "for a day")
    with database.connect() as connection:
        append(connection, "bob", "thing.changed", "thing/1", None, {})
    assert _roles(database) == {1: None, 2: None}


@pytest.mark.parametrize(("actor", "forged"), [("ada", "ADMIN"), ("nobody", "ADMIN"), ("ada", None)])
def test_role__that_the_actor_does_not_have__is_refused_by_the_database(
    database: Database, actor: str, forged: str | None
) -> None:
    """Whoever writes it, the owner too, with a hash that is right for what it says."""
    assert record_user(database, "bob", "Bob", UserRole.ADMIN, None, SINCE, None, "bob", "the first")
    assert record_user(database, "ada", "Ada", UserRole.OPS, None, SINCE, None, "bob", "joined us")
    with database.connect() as connection:
        by = replace(signing(connection, actor), role=forged)
        with pytest.raises(psycopg.errors.RaiseException, match="a role that it did not have"):
            append_all(connection, by, [Event("thing.changed", "thing/1", None, {})])
        connection.rollback()
    assert len(_roles(database)) == 2


def test_role__changed_by_somebody_while_one_waits_for_the_clock__is_the_newest(database: Database) -> None:
    assert record_user(database, "bob", "Bob", UserRole.ADMIN, None, SINCE, None, "bob", "the first")
    assert record_user(database, "ada", "Ada", UserRole.OPS, None, SINCE, None, "bob", "joined us")
    with ThreadPoolExecutor(1) as other:
        with database.connect() as connection:
            recording = Recording.begin(connection, "bob", "promoted")
            waiting = other.submit(_append_one, database)
            while not connection.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
                time.sleep(0.01)
            ada = {"login": "ada", "revision": 2, "name": "Ada", "role": "FINANCE", "valid_from": SINCE}
            recording.write(USERS, ada)
            recording.note("user/ada", "user.changed", None, {}, [])
        waiting.result()
    assert _roles(database) == {1: None, 2: "ADMIN", 3: "ADMIN", 4: "FINANCE"}


def _append_one(database: Database) -> None:
    with database.connect() as connection:
        append(connection, "ada", "thing.changed", "thing/1", None, {})
