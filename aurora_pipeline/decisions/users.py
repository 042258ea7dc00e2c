"""The people who work with Aurora: their logins and what each may do, dated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.errors import LastDecider, PartnerUnknown, RoleNotFit
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.decisions.tables import USERS, UserRole
from aurora_pipeline.foundation import free_text
from aurora_pipeline.foundation.csv_file import instant_text
from aurora_pipeline.foundation.errors import RangeBackwards
from aurora_pipeline.store.database import Connection, Database

DECIDING: Final = frozenset({UserRole.ADMIN, UserRole.FINANCE, UserRole.OPS})
"""Who decides anything at all; the others read."""


def record_user(
    database: Database,
    login: str,
    name: str,
    role: UserRole,
    partner_id: str | None,
    valid_from: datetime,
    valid_until: datetime | None,
    actor: str,
    reason: str,
) -> Change | None:
    """Add a person, or say of a known one what holds now; None where just that is recorded."""
    login, name = free_text.name(login, "login"), free_text.name(name)
    if valid_until is not None and valid_until <= valid_from:
        raise RangeBackwards(
            f"{login} would end on {instant_text(valid_until)}, not after {instant_text(valid_from)}",
            "give a later day",
        )
    if (role is UserRole.PARTNER) != (partner_id is not None):
        raise RoleNotFit(
            f"{login} has the role {role} and {'no partner' if partner_id is None else f'the partner {partner_id}'}",
            "the role PARTNER needs --partner, every other role goes without",
        )
    told = {
        "login": login,
        "name": name,
        "role": role,
        "partner_id": partner_id,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        if partner_id is not None:
            _require_partner(connection, partner_id)
        return _record(recording, told)


def register_first(database: Database, login: str, valid_from: datetime, reason: str) -> None:
    """Make somebody the ADMIN of an instance that has no users; where another one was faster, nothing is recorded."""
    with database.connect() as connection:
        # Whoever decides at the same time waits here, and then sees who was first.
        recording = Recording.begin(connection, login, reason)
        if not users(connection):
            admin = {"login": login, "name": login, "role": UserRole.ADMIN, "partner_id": None}
            _record(recording, {**admin, "valid_from": valid_from, "valid_until": None})


def _record(recording: Recording, told: Mapping[str, Any]) -> Change | None:
    known = next((row for row in users(recording.connection) if row["login"] == told["login"]), None)
    if known is not None and all(known[key] == value for key, value in told.items()):
        return None
    recording.require_reason()
    _refuse_nobody_left(recording, told)
    row = {**told, "revision": 1 if known is None else known["revision"] + 1}
    recording.write(USERS, row)
    until = "" if told["valid_until"] is None else f" until {instant_text(told['valid_until'])}"
    words = [f"{told['name']} is {told['role']} from {instant_text(told['valid_from'])}{until}"]
    before = None if known is None else _state(known)
    action = "user.added" if known is None else "user.changed"
    return recording.note(f"user/{told['login']}", action, before, _state(row), words)


def may_decide(row: Mapping[str, Any], instant: datetime) -> bool:
    """Whether a user may decide anything at an instant; what of it, the database's own roles say."""
    is_user = row["valid_from"] <= instant and (row["valid_until"] is None or instant < row["valid_until"])
    return row["role"] in DECIDING and is_user


def _refuse_nobody_left(recording: Recording, told: Mapping[str, Any]) -> None:
    """Refuse a change after which nobody could decide anything any more, the next change among it."""
    known = {row["login"]: row for row in users(recording.connection)}
    after = {**known, told["login"]: told}
    could, can = (
        any(may_decide(row, recording.recorded_at) and row["valid_until"] is None for row in people.values())
        for people in (known, after)
    )
    if could and not can:
        raise LastDecider(
            f"without {told['login']} nobody would be left who may decide anything; nothing was written",
            f"add another user first, as {' or '.join(sorted(DECIDING))}, from today on or earlier and without an end",
        )


def _require_partner(connection: Connection, partner_id: str) -> None:
    partners = {row["partner_id"] for row in connection.execute("SELECT DISTINCT partner_id FROM partners")}
    if partner_id not in partners:
        raise PartnerUnknown(f"there is no partner {partner_id!r}", did_you_mean(partner_id, partners, "partner"))


def users(connection: Connection) -> list[dict[str, Any]]:
    """The newest revision of every login."""
    return connection.execute("SELECT DISTINCT ON (login) * FROM users ORDER BY login, revision DESC").fetchall()


def _state(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: instant_text(value) if isinstance(value, datetime) else value
        for key, value in row.items()
        if key in ("revision", "name", "role", "partner_id", "valid_from", "valid_until")
    }
