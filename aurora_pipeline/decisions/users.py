"""The people who work with Aurora: their logins and what each may do, dated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.errors import LastDecider, PartnerUnknown, RoleNotFit, UserUnknown
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.decisions.tables import USERS, UserRole
from aurora_pipeline.foundation import free_text
from aurora_pipeline.foundation.csv_file import instant_text
from aurora_pipeline.foundation.errors import RangeBackwards
from aurora_pipeline.store.access.logins import follow, logins
from aurora_pipeline.store.database import Connection, Database

DECIDING: Final = frozenset({UserRole.ADMIN, UserRole.FINANCE, UserRole.OPS})
"""Who decides anything at all; the others read."""
_TELLING: Final = 4
"""A word of so many letters in a login tells whose it is."""
_TOLD: Final = ("login", "name", "role", "partner_id", "valid_from", "valid_until", "chains", "validators")


@dataclass(frozen=True)
class Narrowed:
    """The only chains and validators that a person sees; null: every one."""

    chains: Sequence[str] | None = None
    validators: Sequence[str] | None = None

    @property
    def columns(self) -> dict[str, str | None]:
        """As they stand in the table of users."""
        return {"chains": _listed(self.chains), "validators": _listed(self.validators)}


def _listed(names: Sequence[str] | None) -> str | None:
    return None if names is None else json.dumps(sorted(set(names)), separators=(",", ":"), ensure_ascii=False)


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
    *,
    narrowed: Narrowed = Narrowed(),
    password: str | None = None,
) -> Change | None:
    """Add a person, or say of a known one what holds now; None where just that is recorded.

    With a password the person has a login on the server, which from then on follows what is recorded.
    """
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
    if role is UserRole.PARTNER and narrowed != Narrowed():
        raise RoleNotFit(f"{login} is of a partner, who sees its own alone", "leave out --chain and --validator")
    told = {
        "login": login,
        "name": name,
        "role": role,
        "partner_id": partner_id,
        "valid_from": valid_from,
        "valid_until": valid_until,
        **narrowed.columns,
    }
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        if partner_id is not None:
            _require_partner(connection, partner_id)
        change = _record(recording, told)
        if password is not None:
            _require_fit_login(connection, told)
            change = change or _password_noted(recording, login)
        if password is not None or login in logins(connection):
            follow(connection, login, password)
        return change


def end_user(database: Database, login: str, actor: str, reason: str) -> Change | None:
    """From now on a person is no user any more, and the login is closed; None where it is so already."""
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        known = find_user(connection, login)
        if known["valid_until"] is not None and known["valid_until"] <= recording.recorded_at:
            return None
        until = max(recording.recorded_at, known["valid_from"] + timedelta(microseconds=1))
        told = {name: known[name] for name in _TOLD} | {"valid_until": until}
        change = _record(recording, told)
        if login in logins(connection):
            follow(connection, login, None)
        return change


def find_user(connection: Connection, login: str) -> dict[str, Any]:
    """What holds of a person; raises where nobody has the login."""
    known = {row["login"]: row for row in users(connection)}
    if login not in known:
        raise UserUnknown(f"there is no user {login!r}", did_you_mean(login, known, "user"))
    return known[login]


def narrowed_to(row: Mapping[str, Any]) -> Narrowed:
    """What a user is narrowed to."""
    chains, validators = (None if row[name] is None else json.loads(row[name]) for name in ("chains", "validators"))
    return Narrowed(chains, validators)


def _password_noted(recording: Recording, login: str) -> Change:
    recording.require_reason()
    return recording.note(f"user/{login}", "user.password_set", None, {"login": login}, [f"{login} has a new password"])


def _require_fit_login(connection: Connection, told: Mapping[str, Any]) -> None:
    """An auditor's login ends; a partner's tells nobody on the server whose it is."""
    login, role = told["login"], told["role"]
    if role is UserRole.AUDITOR and told["valid_until"] is None:
        raise RoleNotFit(f"{login} is an auditor, and no day is given on which that ends", "give --until")
    if role is UserRole.PARTNER:
        names = connection.execute("SELECT name FROM partners WHERE partner_id = %s", [told["partner_id"]]).fetchall()
        words = {told["partner_id"], *(word for row in names for word in row["name"].split()), *told["name"].split()}
        shown = [word for word in words if len(word) >= _TELLING and word.casefold() in login.casefold()]
        if shown:
            raise RoleNotFit(
                f"the login {login} names {shown[0]}, and every login of the server sees which others there are",
                "give one that tells nothing, like p_7f3a",
            )


def register_first(database: Database, login: str, valid_from: datetime, reason: str) -> None:
    """Make somebody the ADMIN of an instance that has no users; where another one was faster, nothing is recorded."""
    with database.connect() as connection:
        # Whoever decides at the same time waits here, and then sees who was first.
        recording = Recording.begin(connection, login, reason)
        if not users(connection):
            admin = {"login": login, "name": login, "role": UserRole.ADMIN, "partner_id": None}
            _record(recording, {**admin, "valid_from": valid_from, "valid_until": None, **Narrowed().columns})


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
    told = ("revision", "name", "role", "partner_id", "valid_from", "valid_until")
    later = [name for name in ("chains", "validators") if row[name] is not None]
    shown = {name: row[name] for name in (*told, *later)}
    return {name: instant_text(value) if isinstance(value, datetime) else value for name, value in shown.items()}
