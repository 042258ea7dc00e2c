"""How long commands take that compute nothing, beside the bare start of Python with the packages each has to import.

`python -m benchmarks.commands [--repeat 9]`. The fastest run of each counts, and they take turns with what they are
measured beside. The server of the database runs already.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from aurora_pipeline.cli.app import COMMANDS
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from benchmarks.measured import Budget, Measured, program, tell
from benchmarks.staged_chain import living, run, served
from benchmarks.taken import fastest, scratch, took

_FOR_HELP: Final = "typer, rich.console"
_FOR_READING: Final = "typer, rich.console, rich.table, psycopg, pydantic, yaml, polars"
"""The command line, the database, the configuration, and frames, in which rows are read."""
_EPOCHS: Final = 3


def bare_start(packages: str = "") -> None:
    """Start Python, import some packages, end."""
    subprocess.run([sys.executable, "-c", f"import {packages}" if packages else ""], check=True)


def rows(folder: Path, repeat: int, helps: Sequence[str]) -> Iterator[Measured]:
    """Help and version, then what reads the database of a few epochs."""
    home = folder / "home"
    home.mkdir()
    front, of_command = Budget(at_most=0.3), Budget(at_most=1)
    slowest = max(helps, key=lambda name: took(partial(run, home, name, "--help")).processor)
    for arguments, budget in ((["--version"], front), (["--help"], front), ([slowest, "--help"], of_command)):
        what = f"`aurora {' '.join(arguments)}`" + (f", the slowest of {len(helps)}" if len(arguments) > 1 else "")
        yield _beside(what, partial(run, home, *arguments), _FOR_HELP, repeat, budget)
    parameters = Parameters(validators=6, stake_accounts=300)
    span = range(parameters.first_epoch, parameters.first_epoch + _EPOCHS)
    with living(home, parameters, span) as chain:
        for epoch in span:
            chain.let_pass(epoch)
            chain.stage(epoch)
    with served(home):
        run(home, "recompute", CHAIN_ID, f"{span[0]}..{span[-1]}")
        for arguments in (["status"], ["statements", "list"]):
            action = partial(run, home, *arguments)
            budget = Budget(at_most=1, times=1.2)
            yield _beside(f"`aurora {' '.join(arguments)}`, {_EPOCHS} epochs", action, _FOR_READING, repeat, budget)


def _beside(what: str, action: Callable[[], None], packages: str, repeat: int, budget: Budget) -> Measured:
    ours, raw = fastest(repeat, [action, partial(bare_start, packages)])
    return Measured.of(what, ours, raw, f"Python with {packages}", budget)


def main() -> None:
    """Measure in a workspace that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--helps", nargs="+", default=list(COMMANDS), choices=COMMANDS, help="whose help is tried")
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.repeat, options.helps), options)


if __name__ == "__main__":
    main()
