"""Runs of the pipeline as they are asked for and as they ended; who runs them is handed in by whoever can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from aurora_pipeline.foundation.errors import CheckFailed, Outage
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.errors import FilesRefused, RunsFailed, RunsMayPass


class Job(StrEnum):
    """What can be run of a period or month."""

    PERIOD = "period"
    """Fetch what is missing, then compute every layer."""
    RECOMPUTE = "recompute"
    """Every layer again, from what is stored."""
    COMMISSIONS = "commissions"
    """The lines and statements of a period again."""
    STAKE_EVENTS = "stake_events"
    """The stake events of a period again."""
    MONTH = "month"
    """The statements of a month."""


@dataclass(frozen=True)
class AssetEnd:
    """How one asset of a run ended."""

    asset: str
    standing: str
    completeness: str | None
    rows: int | None
    lacking: str | None
    """Of a staging asset: what is late or cannot be had, and why."""
    files_refused: str | None
    """Of a staging asset: what is wrong with the operator's files."""


@dataclass(frozen=True)
class RunEnd:
    """How a period's run ended: the assets that were materialized and the messages of those that failed."""

    chain_id: str
    epoch: EpochNumber | None
    period: str
    run_id: str
    assets: tuple[AssetEnd, ...]
    failures: tuple[str, ...]
    may_pass: bool
    """Whether all that failed may pass by itself."""

    @classmethod
    def of(
        cls,
        key: PartitionKey,
        run_id: str,
        assets: Sequence[AssetEnd] = (),
        failures: Sequence[str] = (),
        may_pass: bool = False,
    ) -> RunEnd:
        """The end of the run of a period or month."""
        epoch = key.epoch if isinstance(key, PeriodKey) else None
        return cls(key.chain_id, epoch, str(key), run_id, tuple(assets), tuple(failures), may_pass)

    @property
    def key(self) -> PartitionKey:
        """The period or month."""
        return MonthKey.parse(self.period) if self.epoch is None else PeriodKey(self.chain_id, self.epoch)

    @property
    def succeeded(self) -> bool:
        """Whether every asset was materialized."""
        return not self.failures

    @property
    def files_refused(self) -> tuple[str, ...]:
        """What is wrong with the operator's files, each once."""
        return tuple(dict.fromkeys(one.files_refused for one in self.assets if one.files_refused is not None))

    @property
    def lacking(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is late or cannot be had, each sentence once with the assets that say it."""
        by_text: dict[str, list[str]] = {}
        for one in self.assets:
            if one.lacking is not None:
                by_text.setdefault(one.lacking, []).append(one.asset)
        return [(text, tuple(assets)) for text, assets in by_text.items()]

    def count(self, standing: str) -> int:
        """How many assets ended so."""
        return sum(asset.standing == standing for asset in self.assets)

    def in_words(self, seconds: float | None = None) -> str:
        """How it ended, in one line, and how long it took."""
        counts = [
            f"{self.count(standing)} {standing}"
            for standing in ("published", "attested", "unchanged")
            if self.count(standing)
        ]
        partial = [asset.asset for asset in self.assets if asset.completeness == "PARTIAL"]
        told = ", ".join(counts) or "nothing computed"
        told += "" if seconds is None else f" in {seconds:.1f} s"
        missing = f"; PARTIAL: {', '.join(partial)}" if partial else ""
        failed = f"; FAILED: {len(self.failures)} asset(s)" if self.failures else ""
        return f"{self.period}  {told}{missing}{failed}"


class Runner(Protocol):
    """Whoever runs jobs, and waits for each to end."""

    def register_periods(self, chain_id: str) -> object:
        """Make every recorded period of a chain one that can be run."""

    def register_month(self, key: MonthKey) -> None:
        """Make a month one that can be run."""

    def run(self, job: Job, key: PartitionKey, *, refetch: bool = False) -> RunEnd:
        """Run a job for one period or month; with `refetch` what is complete is asked again."""


def failed(what: str, ends: Sequence[RunEnd], remedy: str, also: Sequence[str] = ()) -> CheckFailed | Outage | None:
    """What failed in some runs as one error, which may pass by itself if all of it may; None: nothing did.

    `also` is what somebody has to correct in any case, and is told with it.
    """
    told = [f"{end.period}  {failure}" for end in ends for failure in end.failures]
    if not told:
        return None
    kind = RunsMayPass if all(end.may_pass for end in ends if end.failures) and not also else RunsFailed
    # Those that come with a remedy of their own need no second one.
    return kind("\n  ".join([what, *told, *also]), None if any("\n  -> " in one for one in told) else remedy)


def require_published(ends: Sequence[RunEnd]) -> None:
    """Raise where some run failed or could not read the operator's files, with what each said."""
    refused = [f"{end.period}  {problem}" for end in ends for problem in end.files_refused]
    problem = failed("some assets were not published:", ends, "correct the cause and repeat", also=refused)
    if problem is not None:
        raise problem
    if refused:
        raise FilesRefused(
            "\n  ".join(["files could not be read, and figures that rest on what they said before stay:", *refused]),
            "put them back or correct them (or their columns in providers.yaml), and repeat",
        )
