"""What every benchmark says: a figure beside a raw baseline of the same run, and whether it is within its budget.

Machines differ by a factor of three, and one machine from hour to hour: so a figure never stands alone. By the clock it
says what somebody waits for; the processor's seconds beside it say what was worked for that, whatever else was running.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.taken import Took


@dataclass(frozen=True)
class Budget:
    """What a figure may be: all that is given has to hold."""

    at_most: float | None = None
    """In the figure's unit."""
    times: float | None = None
    """So many times the baseline."""
    longer: float | None = None
    """So much above the baseline, in the figure's unit, will do too where it is more than so many times."""
    mib: int | None = None
    """Of memory."""

    def words(self, unit: str) -> str:
        """As it is written in a table."""
        times = None if self.times is None else f"{self.times:g}x"
        if times is not None and self.longer is not None:
            times += f" or {self.longer:g} {unit} more"
        at_most = None if self.at_most is None else f"{self.at_most:g} {unit}"
        memory = None if self.mib is None else f"{self.mib / 1024:g} GiB"
        return ", ".join(filter(None, [at_most, times, memory]))


NONE: Final = Budget()


@dataclass(frozen=True)
class Measured:
    """One figure."""

    what: str
    figure: float
    unit: str
    baseline: float
    baseline_name: str
    budget: Budget = NONE
    peak_mib: int | None = None
    """The most memory that one process of Aurora held."""
    processor: float | None = None
    """The processor's seconds for the figure, where they were counted, and those for the baseline."""
    baseline_processor: float | None = None
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """How many were at work or waiting for a processor when it was measured, this benchmark among them."""

    @classmethod
    def of(
        cls, what: str, ours: Took, raw: Took, raw_name: str, budget: Budget = NONE, peak_mib: int | None = None
    ) -> Measured:
        """Seconds by the clock, with the processor's beside them."""
        return cls(what, ours.seconds, "s", raw.seconds, raw_name, budget, peak_mib, ours.processor, raw.processor)

    @property
    def ratio(self) -> float:
        """How many times the baseline the figure is."""
        return self.figure / self.baseline

    @property
    def worked(self) -> str | None:
        """The processor's seconds, and how many times those of the baseline they are."""
        if self.processor is None or not self.baseline_processor:
            return None
        return f"{number(self.processor)} s, {self.processor / self.baseline_processor:.2f}x"

    @property
    def verdict(self) -> str:
        """Whether it is within the budget; nothing where it has none."""
        limits = []
        if self.budget.at_most is not None:
            limits.append(self.figure <= self.budget.at_most)
        if self.budget.times is not None:
            allowed = self.budget.times * self.baseline
            if self.budget.longer is not None:
                allowed = max(allowed, self.baseline + self.budget.longer)
            limits.append(self.figure <= allowed)
        if self.budget.mib is not None and self.peak_mib is not None:
            limits.append(self.peak_mib <= self.budget.mib)
        return "" if not limits else "within" if all(limits) else "over"

    def as_json(self) -> dict[str, Any]:
        """Everything about it."""
        told = vars(self) | {"budget": vars(self.budget)}
        return {**told, "ratio": self.ratio, "verdict": self.verdict}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Measured:
        """What `as_json` wrote."""
        known = {name: value for name, value in told.items() if name not in {"ratio", "verdict", "budget"}}
        return cls(**known, budget=Budget(**told["budget"]))

    def words(self) -> str:
        """All of it in one line."""
        figure, baseline = (f"{number(one)} {self.unit}" for one in (self.figure, self.baseline))
        told = f"{self.what}: {figure}; {self.baseline_name}: {baseline}, {self.ratio:.2f} times"
        told += "" if self.worked is None else f" (processor: {self.worked})"
        told += "" if self.peak_mib is None else f"; {self.peak_mib} MiB"
        budget = f"; budget {self.budget.words(self.unit)}: {self.verdict}" if self.verdict else ""
        return f"{told}{budget}; load {self.load:.1f}"


def number(value: float) -> str:
    """A figure with about three digits that say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 0.001 else f"{value:.1g}"


def program(description: str | None) -> argparse.ArgumentParser:
    """The options of a benchmark that is run by itself."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, help="keep the figures in this file too")
    return parser


def tell(rows: Iterable[Measured], options: argparse.Namespace) -> None:
    """Print every figure when it is taken: a run that is ended tells what it knows by then."""
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    # Whoever ends it ends its servers too: they stop where the program leaves what it began.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console, taken = Console(soft_wrap=True, highlight=False, markup=False), []
    for one in rows:
        console.print(one.words())
        taken.append(one)
        if options.json is not None:
            options.json.write_text(json.dumps([one.as_json() for one in taken], indent=1) + "\n", encoding="utf-8")
