"""Runs benchmarks, each in a process of its own, and prints one table: figure, raw baseline of the same run, budget.

`python -m benchmarks.run [names] [--quick] [--json FILE]`. Budgets in seconds are of the sizes that are run by default;
with `--quick` everything is small, and what is measured beside a baseline keeps its budget.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.measured import Measured, number
from benchmarks.taken import scratch

_WIDTH: Final = 190


@dataclass(frozen=True)
class Benchmark:
    """A module of this package, and how it is called: as large as budgets say, and small."""

    module: str
    usual: str = ""
    quick: str | None = ""
    """None: not run, where something smaller is in the table already."""


BENCHMARKS: Final = {
    "demo": Benchmark("demo"),
    "commands": Benchmark("commands", quick="--repeat 3 --helps status"),
    "epochs": Benchmark("epochs", quick="--epochs 6 --validators 6"),
    "mainnet_epoch": Benchmark("mainnet_epoch", quick="--validators 20 --accounts 4000"),
    "commissions": Benchmark("commissions", "--lines 1000000", "--lines 40000"),
    "commissions_10m": Benchmark("commissions", "--lines 10000000", None),
    "as_of": Benchmark("as_of", quick="--epochs 100 --stakes 1000"),
    "archives": Benchmark("archives", quick="--epochs 2 --validators 6"),
    "policies": Benchmark("policies", quick="--epochs 150 --lines 200"),
    "bundles": Benchmark("bundles", quick="--lines 400"),
    "paper_200": Benchmark("paper", "--lines 200", "--lines 200"),
    "paper_2000": Benchmark("paper", "--lines 2000", None),
    "beacon_day_1000": Benchmark("beacon_day", "--validators 1000", "--validators 100 --epochs 5"),
    "beacon_day_10000": Benchmark("beacon_day", "--validators 10000", None),
    "statements": Benchmark("statements", quick="--lines 20000 --partners 20"),
    "staging": Benchmark("staging", quick="--slots 2400"),
    "positions": Benchmark("positions", quick="--validators 5 --accounts 2000"),
}


def measured(benchmark: Benchmark, is_quick: bool) -> tuple[list[Measured], bool]:
    """What a benchmark measured, and whether it came to its end; what it tells meanwhile goes to standard error."""
    arguments = (benchmark.quick or "") if is_quick else benchmark.usual
    with scratch() as folder:
        file = folder / "figures.json"
        command = [sys.executable, "-m", f"benchmarks.{benchmark.module}", *arguments.split(), "--json", str(file)]
        ended = subprocess.run(command, stdout=sys.stderr, check=False).returncode
        told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return [Measured.from_json(one) for one in told], not ended


def report(figures: Iterable[tuple[str, Measured]], is_quick: bool) -> dict[str, Any]:
    """All figures, and on which machine."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": is_quick,
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "rows": [{"benchmark": name, **one.as_json()} for name, one in figures],
    }


def table(figures: Sequence[Measured]) -> Table:
    """One line for each figure."""
    made = Table()
    for heading in ("what", "figure", "beside", "baseline", "ratio", "budget", "", "processor", "MiB", "load"):
        made.add_column(heading, justify="left" if heading in {"what", "beside", "budget", ""} else "right")
    for one in figures:
        made.add_row(
            one.what,
            f"{number(one.figure)} {one.unit}",
            one.baseline_name,
            f"{number(one.baseline)} {one.unit}",
            f"{one.ratio:.2f}",
            one.budget.words(one.unit),
            one.verdict,
            one.worked or "",
            "" if one.peak_mib is None else str(one.peak_mib),
            f"{one.load:.1f}",
        )
    return made


def main() -> None:
    """Run the chosen benchmarks, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which ones; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes: all of them in some minutes")
    parser.add_argument("--json", type=Path, help="keep the figures in this file too")
    options = parser.parse_args()
    figures: list[tuple[str, Measured]] = []
    broken: list[str] = []
    for name in options.names or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        if options.quick and benchmark.quick is None:
            continue
        found, is_whole = measured(benchmark, options.quick)
        figures += [(name, one) for one in found]
        broken += [] if is_whole else [name]
        if options.json is not None:
            told = json.dumps(report(figures, options.quick), indent=1)
            options.json.write_text(told + "\n", encoding="utf-8")
    Console(width=_WIDTH).print(table([one for _, one in figures]))
    if broken:
        raise SystemExit(f"did not come to their end: {', '.join(broken)}")


if __name__ == "__main__":
    main()
