"""Who may decide: the first person of an instance, and after that registered people alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.agreements.tables import PARTNERS
from aurora_pipeline.decisions import person
from aurora_pipeline.decisions.log import entries
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user, users
from aurora_pipeline.foundation.errors import AuroraError, CheckFailed
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.decided import decide


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


SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("role", "until", "words"),
    [
        (UserRole.AUDITOR, None, "ola is of the role AUDITOR of this instance"),
        (UserRole.ANALYST, None, "ola is of the role ANALYST of this instance"),
        (UserRole.OPS, SINCE + timedelta(days=1), "ola is no user at this time of this instance"),
        (UserRole.OPS, None, None),
    ],
)
def test_deciding__registered_person__by_role_and_time(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    role: UserRole,
    until: datetime | None,
    words: str | None,
) -> None:
    monkeypatch.setattr(person, "actor", lambda: "ada")
    record_user(database, "ola", "Ola", role, None, SINCE, until, person.deciding(database), "hired")
    monkeypatch.setattr(person, "actor", lambda: "ola")
    if words is None:
        assert person.deciding(database) == "ola"
        return
    with pytest.raises(AuroraError, match=words):
        person.deciding(database)


@pytest.mark.parametrize(("role", "since"), [(UserRole.AUDITOR, SINCE), (UserRole.ADMIN, SINCE.replace(year=2990))])
def test_users__the_last_who_decides__stays(
    database: Database, monkeypatch: pytest.MonkeyPatch, role: UserRole, since: datetime
) -> None:
    monkeypatch.setattr(person, "actor", lambda: "ada")
    ada = person.deciding(database)
    with pytest.raises(AuroraError, match="without ada nobody would be left"):
        record_user(database, "ada", "Ada", role, None, since, None, ada, "moved")
    record_user(database, "ola", "Ola", UserRole.OPS, None, SINCE, None, ada, "hired")
    assert record_user(database, "ada", "Ada", role, None, since, None, ada, "moved") is not None


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


@pytest.mark.parametrize(("until", "speaks"), [(None, True), (SINCE + timedelta(days=1), False)])
def test_speaking__a_person_of_a_partners__speaks_and_decides_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, until: datetime | None, speaks: bool
) -> None:
    with database.connect() as connection:
        decide(connection, PARTNERS, {"partner_id": "acme", "revision": 1, "name": "Acme"})
    monkeypatch.setattr(person, "actor", lambda: "ada")
    record_user(database, "ola", "Ola", UserRole.PARTNER, "acme", SINCE, until, person.deciding(database), "theirs")
    assert person.speaking(database) == "ada"
    monkeypatch.setattr(person, "actor", lambda: "ola")
    with pytest.raises(AuroraError, match="ola is of the role PARTNER"):
        person.deciding(database)
    if speaks:
        assert person.speaking(database) == "ola"
    else:
        with pytest.raises(AuroraError, match="ola is"):
            person.speaking(database)
