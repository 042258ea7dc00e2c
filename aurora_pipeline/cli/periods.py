"""`aurora periods`: which periods are known to be final, and the order of their partitions.

Dagster is imported only where partitions are touched: it takes longer than everything else here.
"""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.progress import tell_of_period
from aurora_pipeline.cli.terminal import err, opened, out, print_table
from aurora_pipeline.orchestration.dagster_home import enter_dagster_home
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.errors import PartitionInUse, PartitionUnknown
from aurora_pipeline.work.reads import registry as reads

periods = typer.Typer(help="Finalized periods and their partitions.", no_args_is_help=True)


@periods.command("list")
def periods_list(
    chain_id: Annotated[str, typer.Argument(help="A chain of chains.yaml.", show_default=False)],
    discover: Annotated[bool, typer.Option("--discover", help="Ask the chain for new ones first.")] = False,
    as_json: Json = False,
) -> None:
    """Show a chain's finalized periods with their slots and instants."""
    with opened(reads_only=not discover, asks_providers=discover) as aurora:
        if discover:
            from dagster import DagsterInstance

            from aurora_pipeline.periods.partitions import register

            chain = aurora.configuration.usable_chain(chain_id)
            found = discover_periods(aurora.database, aurora.configuration, chain, tell=tell_of_period)
            enter_dagster_home(aurora)
            register(DagsterInstance.get(), [period.key for period in found.recorded])
            for error in found.troubles:
                err.print(str(error), markup=False)
        with aurora.database.connect() as connection:
            known = reads.periods(connection, aurora.configuration.chain(chain_id).chain_id)
    if as_json:
        print_json("periods_list", known)
        return
    if not known:
        out.print(f"no finalized period of {chain_id} is known yet; --discover asks the chain", markup=False)
        return
    rows = [
        [p.period, p.first_slot, p.last_slot, p.started_at, p.ended_at, p.digest[:12], p.told_by or ""] for p in known
    ]
    columns = ["period", "first slot", "last slot", "started", "ended", "digest", "told by a file of"]
    print_table(f"{len(known)} finalized periods of {chain_id}", columns, rows, right=["first slot", "last slot"])


@periods.command("remove")
def periods_remove(
    key: Annotated[str, typer.Argument(help="A partition key, like solana-mainnet:0000999.", show_default=False)],
) -> None:
    """Remove a partition that is not a finalized period, such as one with a typing error from the launch dialog."""
    from dagster import DagsterInstance

    from aurora_pipeline.orchestration.known_partitions import is_recorded
    from aurora_pipeline.periods.partitions import remove

    with opened() as aurora:
        with aurora.database.connect() as connection:
            recorded = is_recorded(connection, key)
        if recorded:
            raise PartitionInUse(f"{key} is a finalized period", "its partition stays; nothing was removed")
        enter_dagster_home(aurora)
        removed = remove(DagsterInstance.get(), key)
    if not removed:
        raise PartitionUnknown(
            f"there is no partition {key!r}", "the keys are those of the Dagster UI, under Partitions"
        )
    out.print(f"{key} is not a partition any more.", markup=False)


@periods.command("reorder")
def periods_reorder() -> None:
    """Put the partition keys in order, should they not be: ranges over disordered keys are silently wrong."""
    from dagster import DagsterInstance

    from aurora_pipeline.periods.partitions import reorder

    with opened() as aurora:
        enter_dagster_home(aurora)
        changed = reorder(DagsterInstance.get())
    out.print(
        "The partition keys were put in order." if changed else "The partition keys are in order: nothing changed."
    )
