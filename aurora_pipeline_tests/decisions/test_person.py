"""Who may decide: the first person of an instance, and after that registered people alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aurora_pipeline.decisions import person
from aurora_pipeline.decisions.log import entries
from aurora_pipeline.decisions.users import users
from aurora_pipeline.foundation.errors import AuroraError, CheckFailed
from aurora_pipeline.store.database import Database


def test_deciding__somebody_who_was_slipped_in_as_a_user__refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "actor", lambda: "ada")
    assert person.deciding(database) == "ada"
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            """INSERT INTO users SELECT 'mallory', revision, name, role, partner_id, valid_from, valid_until, reason,
                                        recorded_by, recorded_at FROM users"""
        )
    monkeypatch.setattr(person, "actor", lambda: "mallory")
    with pytest.raises(CheckFailed, match="users:mallory/1"):
        person.deciding(database)


def test_deciding__several_people_at_once_on_a_new_instance__one_becomes_its_admin(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person, "actor", lambda: threading.current_thread().name)
    together = threading.Barrier(6)
    read = person._users

    def read_together(database: Database) -> dict[str, dict[str, object]]:
        """What everybody read before anybody was registered."""
        found = read(database)
        if not found:
            together.wait()
        return found

    monkeypatch.setattr(person, "_users", read_together)

    def decides(_: int) -> str:
        try:
            return f"as {person.deciding(database)}"
        except AuroraError as error:
            return error.message

    with ThreadPoolExecutor(6, thread_name_prefix="person") as pool:
        ended = list(pool.map(decides, range(6)))
    assert len([one for one in ended if one.startswith("as person")]) == 1
    assert len([one for one in ended if "is not a user of this instance" in one]) == 5
    with database.connect() as connection:
        (admin,) = users(connection)
        assert (admin["role"], [entry.action for entry in entries(connection)]) == ("ADMIN", ["user.added"])
