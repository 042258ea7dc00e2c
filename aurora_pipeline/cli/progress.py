"""How computing goes on, shown on standard error: a bar while runs run, and a sentence for what happens."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from aurora_pipeline.cli.terminal import err
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.periods.record import Period
from aurora_pipeline.work.computing import (
    Begun,
    ComputingStep,
    Ended,
    Explained,
    FiguresRestated,
    FoundFinal,
    PartnersRestated,
)
from aurora_pipeline.work.run_changes import in_lines, partner_lines
from aurora_pipeline.work.runs import RunEnd

_LACKING_SHOWN: Final = 300


def bar() -> Progress:
    """A bar that vanishes when what it counts is done."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    return Progress(*columns, console=err, transient=True)


class Steps(AbstractContextManager["Steps"]):
    """Shows each step of computing a chain as it happens; no bar is left over when the block ends."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._left = 0
        self._said: set[tuple[str, tuple[str, ...]]] = set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __call__(self, step: ComputingStep) -> None:
        """Show one step."""
        decimals = self._chain.native_decimals
        match step:
            case FoundFinal(period):
                tell_of_period(period)
            case Begun():
                self._begin(step)
            case Ended():
                self._end(step)
            case Explained(key, why, is_left):
                _say([f"{key} is left as it is: {why}" if is_left else f"{key}: {why}"])
            case FiguresRestated(changes):
                _say(in_lines(changes, decimals))
                periods = dict.fromkeys((one.chain_id, one.epoch) for one in changes)
                _say(f"all that changed: `aurora diff {chain_id} {epoch}`" for chain_id, epoch in periods)
            case PartnersRestated(changes):
                _say(partner_lines(changes, decimals))

    def _begin(self, step: Begun) -> None:
        if self._progress is None:
            self._progress = bar()
            self._progress.start()
            self._task = self._progress.add_task(step.job, total=step.count)
        self._progress.update(self._task, description=f"{step.job} {step.key}", completed=step.number - 1)
        self._left = step.count - step.number

    def _end(self, step: Ended) -> None:
        if self._progress is not None:
            self._progress.advance(self._task)
        _say([step.end.in_words(step.seconds)])
        # What lacks in every period of a range is said with the first of them.
        lacking = [one for one in step.end.lacking if one not in self._said]
        self._said.update(lacking)
        _say(f"  {', '.join(assets)}: {_bounded(text, step.end)}" for text, assets in lacking)
        if not self._left:
            self._stop()

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _bounded(text: str, end: RunEnd) -> str:
    """The text; of a long one the beginning, and where all of it is."""
    if len(text) <= _LACKING_SHOWN:
        return text
    where = f" (all of it: `aurora status {end.chain_id} {end.epoch}`)" if end.epoch is not None else ""
    return textwrap.shorten(text, _LACKING_SHOWN, placeholder=" ...") + where


def tell_of_period(period: Period) -> None:
    """Say that a period was found to be final."""
    _say([f"{period.key} is final: {period.started_at} to {period.ended_at}"])


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        err.print(f"  {line}", markup=False)
