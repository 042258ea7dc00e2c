"""The pool of Dagster's storages: switched on by the URL alone, and gone from the URL before the driver sees it."""

from __future__ import annotations

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.pool import NullPool, QueuePool

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database


def test_plugin__engine_asked_for_no_pool__pools_all_the_same(server: EmbeddedPostgres) -> None:
    url = f"{server.dagster_url('postgres')}&plugin=aurora_pool&options=-c%20synchronous_commit%3Doff"
    engine = create_engine(url, poolclass=NullPool)
    assert isinstance(engine.pool, QueuePool)
    assert "plugin" not in engine.url.query
    with engine.connect() as connection:
        first = connection.execute(text("SELECT pg_backend_pid(), current_setting('synchronous_commit')")).one()
    with engine.connect() as connection:
        second = connection.execute(text("SELECT pg_backend_pid(), current_setting('synchronous_commit')")).one()
    engine.dispose()
    assert first == second
    assert first[1] == "off"


def test_plugin__server_ended_the_session__a_new_one_is_lent(server: EmbeddedPostgres, database: Database) -> None:
    engine = create_engine(f"{server.dagster_url('postgres')}&plugin=aurora_pool")
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.connect() as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
    engine.dispose()


def test_plugin__table_that_is_there__is_asked_for_once_and_one_that_is_not_again(server: EmbeddedPostgres) -> None:
    engine = create_engine(f"{server.dagster_url('postgres')}&plugin=aurora_pool")
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda connection, cursor, statement, *rest: asked.append(statement))
    with engine.begin() as connection:
        assert not engine.dialect.has_table(connection, "came_late")
        connection.execute(text("CREATE TEMPORARY TABLE came_late (told integer)"))
        assert engine.dialect.has_table(connection, "came_late")
        assert [column["name"] for column in inspect(connection).get_columns("came_late")] == ["told"]
        asked.clear()
        assert engine.dialect.has_table(connection, "came_late")
        assert [column["name"] for column in inspect(connection).get_columns("came_late")] == ["told"]
    engine.dispose()
    assert asked == []
