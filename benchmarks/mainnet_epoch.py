"""An epoch of Solana of mainnet's size, from staged bytes to statements.

`python -m benchmarks.mainnet_epoch [--validators 1000] [--accounts 1200000]`. `aurora recompute` in a process of its
own; beside it the same bytes parsed by json.loads and the same rows by COPY into indexed tables. That the simulated
chain is lived through and staged before takes longer than what is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from aurora_pipeline.demo.solana.parameters import CHAIN_ID, SLOTS_PER_TURN, Parameters
from aurora_pipeline.layers import LAYERS
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.raw import BYTES_AND_ROWS, copied, parsed, together
from benchmarks.staged_chain import living, run, served
from benchmarks.taken import peak_of_started_mib, scratch, took

_BUDGET: Final = {(1_000, 1_200_000): Budget(at_most=60, times=3, mib=4 * 1024)}


def rows(folder: Path, validators: int, accounts: int) -> Iterator[Measured]:
    """One epoch."""
    home = folder / "home"
    # Everybody leads: those of the cluster who are not ours too.
    slots = max(240, 2 * SLOTS_PER_TURN * (validators + validators // 4))
    parameters = Parameters(validators=validators, stake_accounts=accounts, slots_per_epoch=slots)
    epoch = parameters.first_epoch
    with living(home, parameters, range(epoch, epoch + 1)) as chain:
        chain.let_pass(epoch)
        chain.stage(epoch)
    with served(home) as aurora:
        ours = took(partial(run, home, "recompute", CHAIN_ID, str(epoch)), folder)
        peak = peak_of_started_mib()
        names = [f"layers.{table.name}" for layer in LAYERS for table in layer.tables]
        queries = {name: f"SELECT * FROM {name}" for name in names}
        raw = together([parsed(aurora.database), copied(aurora.database, queries, folder)])
        with aurora.database.connect() as connection:
            [row] = connection.execute("SELECT count(*) AS n FROM canonical_stake_positions").fetchall()
    what = f"an epoch of {validators:,} validators and {accounts:,} stake accounts, staged bytes to statements"
    told = f"{what} ({row['n']:,} positions)"
    yield Measured.of(told, ours, raw, BYTES_AND_ROWS, _BUDGET.get((validators, accounts), NONE), peak)


def main() -> None:
    """Measure on a chain that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--validators", type=int, default=1_000)
    parser.add_argument("--accounts", type=int, default=1_200_000)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.validators, options.accounts), options)


if __name__ == "__main__":
    main()
