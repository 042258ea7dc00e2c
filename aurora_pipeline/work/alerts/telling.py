"""Telling each cause once, and once that it is over: what was told stands in the database, so no restart repeats it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aurora_pipeline.foundation.log import redacted
from aurora_pipeline.store.database import Connection, Database, insert_rows
from aurora_pipeline.work.alerts.errors import NotDelivered
from aurora_pipeline.work.alerts.message import Alert, Happening
from aurora_pipeline.work.alerts.sending import Channel
from aurora_pipeline.work.alerts.settings import AlertSettings
from aurora_pipeline.work.concern import Concern

PATIENCE: Final = timedelta(minutes=5)
"""What comes and goes within so long wakes nobody up, and is not called over before it stayed away so long."""
_PER_LOOK_MAX: Final = 20
"""So many messages a channel gets in one look; the rest follows in the next one."""
_FAILED: Final = "FAILED"
_CHANNEL: Final = "alerts:"


@dataclass(frozen=True)
class Sighting:
    """When a cause was first and last seen."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class LastTold:
    """What was last told of a cause on a channel."""

    cause: str
    happening: str
    what: str
    since: datetime | None
    told_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What a look came to."""

    told: int
    failed: Sequence[str]
    """Why channels could not be used."""
    waiting: int
    """How many messages follow in the next look."""


def sightings(before: Mapping[str, Sighting], concerns: Iterable[Concern], now: datetime) -> dict[str, Sighting]:
    """What was seen when, after another look; what is long gone is forgotten."""
    seen = {cause: one for cause, one in before.items() if now - one.last < 2 * PATIENCE}
    for concern in concerns:
        known = seen.get(concern.cause)
        seen[concern.cause] = Sighting(now if known is None else known.first, now)
    return seen


def plan(
    concerns: Sequence[Concern], seen: Mapping[str, Sighting], told: Mapping[str, LastTold], now: datetime
) -> list[tuple[Happening, Concern]]:
    """What a channel has to be told now, given what it was last told of each cause."""
    due: list[tuple[Happening, Concern]] = []
    for cause, one in told.items():
        gone = cause not in seen or now - seen[cause].last >= PATIENCE
        if one.happening == Happening.OPEN and gone and all(here.cause != cause for here in concerns):
            due.append((Happening.OVER, Concern(cause, one.what, since=one.since)))
    for concern in {one.cause: one for one in concerns}.values():
        is_told = concern.cause in told and told[concern.cause].happening == Happening.OPEN
        if not is_told and now - seen[concern.cause].first >= PATIENCE:
            due.append((Happening.OPEN, concern))
    return due


def tell(
    database: Database,
    settings: AlertSettings,
    ways: Sequence[Channel],
    concerns: Sequence[Concern],
    seen: Mapping[str, Sighting],
    now: datetime,
) -> Outcome:
    """Tell what is due on each channel, and write down what was told. A channel in trouble holds up no other one.

    A message that was sent and could not be written down is sent once more: better twice than never.
    """
    count, failed, waiting = 0, [], 0
    for way in ways:
        with database.connect() as connection:
            due = plan(concerns, seen, last_told(connection, way.name), now)
        for number, (happening, concern) in enumerate(due):
            if number == _PER_LOOK_MAX:
                waiting += len(due) - number
                break
            try:
                way.send(alert(settings, happening, concern, now))
            except NotDelivered as error:
                failed.append(error.message)
                waiting += len(due) - number
                _note_failure(database, way.name, error.message)
                break
            with database.connect() as connection:
                _write(connection, way.name, concern, happening.value)
            count += 1
    return Outcome(count, failed, waiting)


def alert(settings: AlertSettings, happening: Happening, concern: Concern, now: datetime) -> Alert:
    """The message about a concern."""
    link = None if settings.ui is None else f"{settings.ui}{concern.page}"
    chain_id, what = concern.chain_id, concern.what
    return Alert(happening, settings.instance, concern.cause, chain_id, what, concern.todo, concern.since, link, now)


def last_told(connection: Connection, channel: str) -> dict[str, LastTold]:
    """What a channel was last told of each cause."""
    rows = connection.execute(
        """SELECT DISTINCT ON (cause) cause, happening, what, since, written_at FROM alert_tellings
           WHERE channel = %s AND happening <> %s ORDER BY cause, telling_id DESC""",
        [channel, _FAILED],
    ).fetchall()
    return {row["cause"]: LastTold(*row.values()) for row in rows}


def of_channels(connection: Connection) -> list[Concern]:
    """Which channels could not be used when they were last tried."""
    rows = connection.execute(
        "SELECT DISTINCT ON (channel) channel, happening, what, written_at FROM alert_tellings"
        " ORDER BY channel, telling_id DESC"
    ).fetchall()
    return [
        Concern(
            f"{_CHANNEL}{row['channel']}",
            f"alerts by {row['channel']} are not delivered: {row['what']}",
            "mend it, and try it by `aurora alerts test`",
            row["written_at"],
        )
        for row in rows
        if row["happening"] == _FAILED
    ]


def _note_failure(database: Database, channel: str, why: str) -> None:
    """Write down that a channel fails: once, not in every look."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT happening FROM alert_tellings WHERE channel = %s ORDER BY telling_id DESC LIMIT 1", [channel]
        ).fetchone()
        if row is None or row["happening"] != _FAILED:
            _write(connection, channel, Concern(f"{_CHANNEL}{channel}", why), _FAILED)


def _write(connection: Connection, channel: str, concern: Concern, happening: str) -> None:
    words = redacted(concern.where_and_what)
    row = {"channel": channel, "cause": concern.cause, "happening": happening, "what": words, "since": concern.since}
    insert_rows(connection, "alert_tellings", [row])


def as_cursor(seen: Mapping[str, Sighting]) -> str:
    """Sightings as text."""
    return json.dumps({cause: [one.first.isoformat(), one.last.isoformat()] for cause, one in sorted(seen.items())})


def from_cursor(text: str | None) -> dict[str, Sighting]:
    """Sightings from text; what cannot be read was never seen."""
    try:
        told = json.loads(text or "{}")
        return {cause: Sighting(*map(datetime.fromisoformat, times)) for cause, times in told.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
