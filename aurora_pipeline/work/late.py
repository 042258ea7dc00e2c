"""Late data: which pending figures are asked for again when, and when that is given up. Decisions are pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from aurora_pipeline.asking.adapter import EVERYONE
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.registry.validators import operated_at
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import COUNTING_FIRST, NOT_RETRACTED
from aurora_pipeline.store.payloads.tables import Verdict

PAUSES: Final = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    *(timedelta(days=1) for _ in range(9)),
)
"""The pauses between attempts: tip trees and rewards come within hours, a provider may be down for days."""
_DUE: Final = tuple(accumulate(PAUSES))
_NEAR: Final = timedelta(minutes=5)
"""Asked so shortly before an attempt is due, it counts as made: a run asks for all data types of a period at once."""


@dataclass(frozen=True)
class Pending:
    """A data type of a period of which something is pending, as the staging runs tell."""

    key: PeriodKey
    data_type: str
    since: datetime
    """When the first run of the present series ended with something pending."""
    last_asked: datetime
    subjects: int
    """How many validators (or all at once: 1) are pending."""


@dataclass(frozen=True)
class Attempt:
    """One request of a period's run for its late figures."""

    key: PeriodKey
    since: datetime
    number: int
    data_types: tuple[str, ...]

    @property
    def run_key(self) -> str:
        """Dagster starts one run per run key, however often a tick sees the attempt due."""
        # With the series' beginning: figures that were final in between are pending anew, and counted anew.
        return f"late:{self.key}:{self.since:%Y%m%dT%H%M%S}:{self.number}"


@dataclass(frozen=True)
class LatePlan:
    """What a tick of `late_data` should do."""

    attempts: tuple[Attempt, ...]
    waiting: tuple[Pending, ...]
    given_up: tuple[Pending, ...]


def plan_late(pending: Iterable[Pending], now: datetime) -> LatePlan:
    """Which periods to run again now. An attempt is due once its time has come and nobody asked since then.

    One run asks for everything that a period lacks, so its data types share an attempt. However long nobody was
    there to ask, only the newest attempt is made.
    """
    due: dict[PeriodKey, list[Pending]] = {}
    waiting, given_up = [], []
    for one in pending:
        when = next_attempt(one, now)
        if when is None:
            given_up.append(one)
        elif when <= now:
            due.setdefault(one.key, []).append(one)
        else:
            waiting.append(one)
    return LatePlan(tuple(_attempt(found, now) for _, found in sorted(due.items())), tuple(waiting), tuple(given_up))


def _attempt(found: Sequence[Pending], now: datetime) -> Attempt:
    newest = max(found, key=lambda one: one.since)
    names = tuple(sorted(one.data_type for one in found))
    return Attempt(newest.key, newest.since, attempt_number(newest.since, now), names)


def attempt_number(since: datetime, now: datetime) -> int:
    """How many attempts were due by now; 0 before the first."""
    return sum(now - since >= due for due in _DUE)


def next_attempt(one: Pending, now: datetime) -> datetime | None:
    """When a pending figure is asked for next; None where that was given up."""
    number = attempt_number(one.since, now)
    if number and one.last_asked < one.since + _DUE[number - 1] - _NEAR:
        return now
    return one.since + _DUE[number] if number < len(_DUE) else None


def in_words(one: Pending, now: datetime) -> str:
    """What becomes of a pending figure, for people."""
    when = next_attempt(one, now)
    start = f"{one.key} {one.data_type}: pending since {one.since:%Y-%m-%d %H:%M} UTC"
    if when is None:
        return f"{start}; given up: `aurora backfill {one.key.chain_id} {one.key.epoch}` asks once more"
    return f"{start}; asked again {'now' if when <= now else f'at {when:%Y-%m-%d %H:%M} UTC'}"


def pending_since(
    runs: Sequence[Mapping[str, Any]], waiting: Iterable[str] = (FigureState.PENDING.value,)
) -> datetime | None:
    """When the present series of runs with something pending began; None where the newest run has none.

    `runs` are those of one data type of one period in order, each with its states and when it ended; `waiting` are the
    states of what is pending, which is partly known where a fallback told some of it.
    """
    since, states = None, set(waiting)
    for run in runs:
        if states.isdisjoint(run["states"]):
            since = None
        elif since is None:
            since = run["written_at"]
    return since


def load_pending(connection: Connection, chain_id: str) -> list[Pending]:
    """What is pending of a chain's periods for the validators operated in each, whatever became of the layers."""
    periods = {period.key.epoch: period for period in recorded_periods(connection, chain_id)}
    found = []
    for epoch, by_type in _pending_subjects(connection, chain_id).items():
        if epoch not in periods:
            continue
        operated = operated_at(connection, chain_id, periods[epoch].last_instant)
        concerned = {EVERYONE, *(one.validator_key for one in operated.validators)}
        for data_type, subjects in by_type.items():
            runs = connection.execute(
                """SELECT states, written_at FROM ingestion_runs
                   WHERE chain_id = %s AND epoch = %s AND data_type = %s ORDER BY ingestion_run_id""",
                [chain_id, epoch, data_type],
            ).fetchall()
            since = pending_since(runs, subjects.values())
            if since is not None and subjects.keys() & concerned:
                last, count = runs[-1]["written_at"], len(subjects.keys() & concerned)
                found.append(Pending(periods[epoch].key, data_type, since, last, count))
    return found


def _pending_subjects(connection: Connection, chain_id: str) -> dict[EpochNumber, dict[str, dict[str, str]]]:
    """The subjects whose fetch that counts is pending, or awaits what a fallback could not tell, with its state."""
    rows = connection.execute(
        f"""SELECT epoch, data_type, subject, state FROM (
               SELECT DISTINCT ON (epoch, data_type, subject) epoch, data_type, subject, state, verdict
               FROM (SELECT *, {NOT_RETRACTED} FROM staging_fetches WHERE chain_id = %s) fetches
               ORDER BY epoch, data_type, subject, {COUNTING_FIRST}
           ) counting WHERE state = 'pending' OR verdict = %s
           ORDER BY epoch, data_type, subject""".encode(),
        [chain_id, Verdict.AWAITS_MORE],
    ).fetchall()
    found: dict[EpochNumber, dict[str, dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row["epoch"], {}).setdefault(row["data_type"], {})[row["subject"]] = row["state"]
    return found
