"""Having periods computed, in the order that counts, and saying what came of it step by step and in the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.record import Period
from aurora_pipeline.work.run_changes import (
    Restated,
    RestatedPartner,
    owed_to_partners,
    published_figures,
    restated,
    restated_partners,
)
from aurora_pipeline.work.runs import Job, RunEnd, Runner
from aurora_pipeline.work.stale_events import stale_stake_events
from aurora_pipeline.work.stale_lines import Stale, present_periods, ready, stale_periods
from aurora_pipeline.work.what_is_next import outdated_entries, outdated_evidence


@dataclass(frozen=True)
class FoundFinal:
    """A period was found to be final."""

    period: Period


@dataclass(frozen=True)
class Begun:
    """A run begins; it is the one of this number in a row of so many."""

    job: Job
    key: PeriodKey
    number: int
    count: int


@dataclass(frozen=True)
class Ended:
    """A run ended."""

    end: RunEnd
    seconds: float


@dataclass(frozen=True)
class Explained:
    """Why a period is computed again, or is left as it is."""

    key: PeriodKey
    why: str
    is_left: bool


@dataclass(frozen=True)
class FiguresRestated:
    """Published figures that are others now."""

    changes: tuple[Restated, ...]


@dataclass(frozen=True)
class PartnersRestated:
    """What partners are owed otherwise than before."""

    changes: tuple[RestatedPartner, ...]


ComputingStep = FoundFinal | Begun | Ended | Explained | FiguresRestated | PartnersRestated
Tell = Callable[[ComputingStep], None]
"""Whoever shows how it goes on is told every step as it happens."""


@dataclass(frozen=True)
class Computed:
    """What computing periods came to."""

    runs: tuple[RunEnd, ...]
    restated: tuple[Restated, ...]
    restated_partners: tuple[RestatedPartner, ...]


def untold(step: ComputingStep) -> None:
    """For whoever wants to hear of no step."""


@dataclass(frozen=True)
class Computing:
    """One go at a chain: with whose instance, by whom it is run, and who is told."""

    aurora: Aurora
    runner: Runner
    chain: Chain
    tell: Tell = untold

    def periods(self, job: Job, keys: Sequence[PeriodKey], *, refetch: bool = False) -> Computed:
        """Run a job for some periods, then what goes on from them, and say which published figures changed."""
        after = [PeriodKey(key.chain_id, self.chain.period_after(key.epoch)) for key in keys]
        concerned = sorted({*keys, *after})
        with self.aurora.database.connect() as connection:
            before, owed = published_figures(connection, concerned), owed_to_partners(connection, self.chain.chain_id)
        ends = self.run_all(job, keys, refetch=refetch)
        again = self.stale_evidence([key.epoch for key in after])
        ends += again
        with self.aurora.database.connect() as connection:
            changed = restated(before, published_figures(connection, concerned), self.chain.base_unit)
        self.tell(FiguresRestated(tuple(changed)))
        ends += self.following([*keys, *(end.key for end in again if isinstance(end.key, PeriodKey))])
        ends += self.stale_events(keys)
        with self.aurora.database.connect() as connection:
            now = owed_to_partners(connection, self.chain.chain_id)
        partners = restated_partners(self.chain, owed, now)
        self.tell(PartnersRestated(tuple(partners)))
        return Computed(tuple(ends), tuple(changed), tuple(partners))

    def stale(self) -> Computed:
        """Compute what rests on what no longer counts: on entries of the operator, on terms, on periods before."""
        with self.aurora.database.connect() as connection:
            owed = owed_to_partners(connection, self.chain.chain_id)
            due = [*outdated_entries(connection, self.chain), *outdated_evidence(connection, self.chain)]
            keys = sorted({one.key for one in due})
            before = published_figures(connection, keys)
        for one in due:
            self.tell(Explained(one.key, one.why, is_left=False))
        ends = self.run_all(Job.RECOMPUTE, keys)
        with self.aurora.database.connect() as connection:
            changed = restated(before, published_figures(connection, keys), self.chain.base_unit)
        if keys:
            self.tell(FiguresRestated(tuple(changed)))
        ends += self.stale_lines() + self.stale_events()
        with self.aurora.database.connect() as connection:
            partners = restated_partners(self.chain, owed, owed_to_partners(connection, self.chain.chain_id))
        self.tell(PartnersRestated(tuple(partners)))
        return Computed(tuple(ends), tuple(changed), tuple(partners))

    def run_all(self, job: Job, keys: Iterable[PeriodKey], *, refetch: bool = False) -> list[RunEnd]:
        """Run a job for each period in order; a failed period does not stop the others."""
        ordered, ends = list(keys), []
        for number, key in enumerate(ordered, 1):
            self.tell(Begun(job, key, number, len(ordered)))
            started = time.monotonic()
            end = self.runner.run(job, key, refetch=refetch)
            ends.append(end)
            self.tell(Ended(end, time.monotonic() - started))
        return ends

    def stale_lines(self) -> list[RunEnd]:
        """Compute the lines and statements of every stale period, those first that others read, and say why."""
        return self._run_ready(0, lambda stale: True)

    def following(self, done: Sequence[PeriodKey]) -> list[RunEnd]:
        """Compute the later periods whose windows go on from some periods that were just computed, in order."""
        computed = {key.epoch for key in done}

        def follows(stale: Stale) -> bool:
            is_due = stale.key.epoch not in computed and not computed.isdisjoint(stale.reads)
            computed.update([stale.key.epoch] if is_due else [])
            return is_due

        return self._run_ready(min(computed) + 1, follows)

    def stale_evidence(self, epochs: Collection[EpochNumber]) -> list[RunEnd]:
        """Compute periods again, of some, that rest on other answers about the period before than count now."""
        with self.aurora.database.connect() as connection:
            stale = outdated_evidence(connection, self.chain, epochs)
        for one in stale:
            self.tell(Explained(one.key, one.why, is_left=False))
        return self.run_all(Job.RECOMPUTE, [one.key for one in stale])

    def stale_events(self, done: Sequence[PeriodKey] | None = None) -> list[RunEnd]:
        """Compute stake events again that rest on outdated positions: all of them, or those after some periods."""
        epochs = None if done is None else {self.chain.period_after(key.epoch) for key in done}
        with self.aurora.database.connect() as connection:
            stale = [one.key for one in stale_stake_events(connection, self.chain)]
        return self.run_all(Job.STAKE_EVENTS, [key for key in stale if epochs is None or key.epoch in epochs])

    def _run_ready(self, since: int, is_due: Callable[[Stale], bool]) -> list[RunEnd]:
        """Run what can be computed at once, look again, until nothing is left that was not tried yet."""
        ends: list[RunEnd] = []
        tried: set[PeriodKey] = set()
        while True:
            with self.aurora.database.connect() as connection:
                stale = stale_periods(present_periods(connection, self.chain, since))
            due = [one for one in ready(stale) if one.key not in tried and is_due(one)]
            if not due:
                break
            tried.update(one.key for one in due)
            for one in due:
                self.tell(Explained(one.key, one.why, is_left=False))
            ends += self.run_all(Job.COMMISSIONS, [one.key for one in due])
        for one in stale:
            if one.key in tried or (one.after and is_due(one)):
                self.tell(Explained(one.key, one.why, is_left=True))
        return ends
