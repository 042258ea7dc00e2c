"""Sessions that are used again: as good as new ones, and never one that the server has ended."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from aurora_pipeline.foundation.errors import Conflict
from aurora_pipeline.store import idle_sessions
from aurora_pipeline.store.database import Connection, Database


def pid(connection: Connection) -> int:
    """Which session of the server this is."""
    return connection.info.backend_pid


def test_session__used_before__is_used_again_with_what_was_asked_for(database: Database) -> None:
    with database.autocommit() as connection:
        first = pid(connection)
        assert connection.info.transaction_status is TransactionStatus.IDLE
    with database.connect() as connection:
        assert pid(connection) == first
        assert not connection.autocommit
        connection.execute("SELECT 1")
        assert connection.info.transaction_status is TransactionStatus.INTRANS
    with database.autocommit() as connection:
        assert pid(connection) == first
        connection.execute("SELECT 1")
        assert connection.info.transaction_status is TransactionStatus.IDLE


def test_session__ended_by_the_server__a_new_one_is_begun(database: Database) -> None:
    with database.connect() as connection:
        waiting = pid(connection)
    with Database(f"{database.conninfo} application_name=admin").connect() as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [waiting])
    with database.connect() as connection:
        assert pid(connection) != waiting
        assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_session__block_raised__is_not_used_again_and_nothing_is_committed(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE told (number integer)")
    failed = []

    def insert_and_fail() -> None:
        with database.connect() as connection:
            failed.append(pid(connection))
            connection.execute("INSERT INTO told VALUES (1)")
            raise KeyError

    with pytest.raises(KeyError):
        insert_and_fail()
    with database.connect() as connection:
        assert [pid(connection)] != failed
        assert connection.execute("SELECT * FROM told").fetchall() == []


def test_session__aurora_refused__is_used_again_and_nothing_is_committed(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE TABLE told (number integer)")
        first = pid(connection)

    def insert_and_refuse(*, by_the_database: bool) -> None:
        with database.connect() as connection:
            connection.execute("INSERT INTO told VALUES (1)")
            with suppress(psycopg.DatabaseError):
                connection.execute("SELECT 1 / 0" if by_the_database else "SELECT 1")
            raise Conflict("not now", "later")

    for by_the_database in (False, True):
        with pytest.raises(Conflict):
            insert_and_refuse(by_the_database=by_the_database)
        with database.connect() as connection:
            assert pid(connection) == first
            assert connection.execute("SELECT * FROM told").fetchall() == []


def test_session__ended_while_aurora_refused__is_not_used_again(database: Database) -> None:
    def end_and_refuse() -> None:
        with database.connect() as connection:
            with Database(f"{database.conninfo} application_name=admin").connect() as admin:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid(connection)])
            raise Conflict("not now", "later")

    with pytest.raises(Conflict, match="not now"):
        end_and_refuse()
    with database.connect() as connection:
        assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_sessions__many__few_wait(database: Database) -> None:
    places = [Database(f"{database.conninfo} application_name=place_{number}") for number in range(9)]
    for place in places:
        with place.connect() as connection:
            connection.execute("SELECT 1")
    assert idle_sessions.taken(places[0].kind) is None
    kept = idle_sessions.taken(places[-1].kind)
    assert kept is not None
    kept.close()
    for place in places:
        place.let_go()
        assert idle_sessions.taken(place.kind) is None
