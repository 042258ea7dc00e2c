"""Runs of partitions that nobody recorded are refused before their first step, and leave nothing red behind.

The launch dialog takes any text as a partition; Dagster then plans every check of every asset for it.
"""

from __future__ import annotations

import dagster as dg

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import as_failure
from aurora_pipeline.periods.errors import PartitionUnknown
from aurora_pipeline.periods.partitions import PARTITION_TAG, remove
from aurora_pipeline.store.database import Connection

_RETRIES_TAG = "dagster/max_retries"


def resource_of(aurora: Aurora) -> dg.ResourceDefinition:
    """The opened instance as runs get it: a run of an invented partition does not get it, and ends there."""

    @dg.resource(description="Configuration and ledger of this workspace.")
    def opened(context: dg.InitResourceContext) -> Aurora:
        run, instance = context.run, context.instance
        key = run.tags.get(PARTITION_TAG) if run else None
        if run is not None and key is not None and instance is not None:
            with as_failure():
                require_recorded(aurora, instance, key, run.run_id)
        return aurora

    return opened


def require_recorded(aurora: Aurora, instance: dg.DagsterInstance, key: str, run_id: str) -> None:
    """Raise where a partition is no finalized period, and take it out with what its runs planned."""
    with aurora.database.connect() as connection:
        recorded = is_recorded(connection, key)
    if recorded:
        return
    remove(instance, key)
    # Dagster starts a run again that failed outside of its steps, as if its process had died.
    instance.add_run_tags(run_id, {_RETRIES_TAG: "0"})
    raise PartitionUnknown(
        f"{key!r} is no known finalized period and no month of one: nothing was run, and the partition was taken out",
        "launch one that `aurora periods list CHAIN` shows; new ones are added by themselves once they are final",
    )


def is_recorded(connection: Connection, key: str) -> bool:
    """Whether a partition is a finalized period that was recorded, or a month in which one ended."""
    query = """SELECT FROM canonical_periods WHERE period_key = %(key)s
               UNION ALL SELECT FROM period_months WHERE chain_id || ':' || month = %(key)s LIMIT 1"""
    return connection.execute(query, {"key": key}).fetchone() is not None
