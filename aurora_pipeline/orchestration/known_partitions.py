"""Runs of partitions that nobody recorded are refused before their first step, and leave nothing red behind.

The launch dialog takes any text as a partition; Dagster then plans every check of every asset for it.
"""

from __future__ import annotations

import dagster as dg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import as_failure
from aurora_pipeline.periods.partitions import PARTITION_TAG, remove
from aurora_pipeline.store.database import Connection


def resource_of(aurora: Aurora) -> dg.ResourceDefinition:
    """The opened instance as runs get it: a run of an invented partition does not get it, and ends there."""

    @dg.resource(description="Configuration and ledger of this workspace.")
    def opened(context: dg.InitResourceContext) -> Aurora:
        key = context.run.tags.get(PARTITION_TAG) if context.run else None
        if key is not None and context.instance is not None:
            with as_failure():
                require_recorded(aurora, context.instance, key)
        return aurora

    return opened


def require_recorded(aurora: Aurora, instance: dg.DagsterInstance, key: str) -> None:
    """Raise where a partition is no finalized period, and take it out with what its runs planned."""
    with aurora.database.connect() as connection:
        recorded = is_recorded(connection, key)
    if recorded:
        return
    remove(instance, key)
    raise AuroraError(
        f"{key!r} is not a known finalized period, so nothing was run and the partition was taken out again",
        "launch one that `aurora periods list CHAIN` shows; new ones are added by themselves once they are final",
    )


def is_recorded(connection: Connection, key: str) -> bool:
    """Whether a partition is a finalized period that was recorded."""
    return connection.execute("SELECT FROM canonical_periods WHERE period_key = %s", [key]).fetchone() is not None
