"""The one partition set of all chains, and keeping its keys in order.

Dynamic keys keep insertion order, and Dagster's ranges over keys that are out of order are silently empty or wrong;
so keys are only ever added in ascending order per chain, and `reorder` mends a set that isn't.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import dagster as dg
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey

# Dagster calls an explicit backfill policy a beta feature, at every asset that states one.
warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*backfill_policy.*")

PARTITION_TAG = "dagster/partition"
"""By which Dagster marks the runs of a partition."""
PERIODS = dg.DynamicPartitionsDefinition(name="periods")
MONTHS = dg.DynamicPartitionsDefinition(name="months")
ONE_PERIOD_PER_RUN = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


def keys_to_add(present: Sequence[str], recorded: Iterable[PeriodKey]) -> list[str]:
    """The keys of recorded periods that are no partitions yet, in ascending order."""
    known = set(present)
    return [str(key) for key in sorted(recorded) if str(key) not in known]


def is_in_order(present: Sequence[str]) -> bool:
    """Whether the keys of every chain ascend; keys of different chains may interleave, and so may what is no key."""
    last: dict[str, int] = {}
    for key in filter(None, map(_read, present)):
        if key.epoch < last.get(key.chain_id, -1):
            return False
        last[key.chain_id] = key.epoch
    return True


def register(instance: dg.DagsterInstance, recorded: Iterable[PeriodKey]) -> list[str]:
    """Add the keys of recorded periods that are missing; mends the order if an older one came late."""
    present = instance.get_dynamic_partitions(_name())
    new = keys_to_add(present, recorded)
    if new:
        instance.add_dynamic_partitions(_name(), new)
        reorder(instance)
    return new


def reorder(instance: dg.DagsterInstance) -> bool:
    """Put the whole set in order, chain by chain; materializations are kept. False if it was in order."""
    present = list(instance.get_dynamic_partitions(_name()))
    if is_in_order(present):
        return False
    for key in present:
        instance.delete_dynamic_partition(_name(), key)
    read = {text: _read(text) for text in present}
    keys = sorted((key, text) for text, key in read.items() if key is not None)
    # What somebody typed and is no key is kept, last: it holds up no period, and `aurora periods remove` takes it out.
    ordered = [*(text for _, text in keys), *(text for text, key in read.items() if key is None)]
    instance.add_dynamic_partitions(_name(), ordered)
    return True


def _read(text: str) -> PeriodKey | None:
    """A partition as the key of a period; the launch dialog takes any text, so it may be none."""
    try:
        return PeriodKey.parse(text)
    except AuroraError:
        return None


def remove(instance: dg.DagsterInstance, key: str) -> bool:
    """Take a key out that somebody typed and no period has, with its runs' checks. False if nothing was known of it."""
    unplanned = _forget_checks(instance, key)
    sets = [name for name in (PERIODS.name, MONTHS.name) if name and key in instance.get_dynamic_partitions(name)]
    for name in sets:
        instance.delete_dynamic_partition(name, key)
    return unplanned or bool(sets)


def _forget_checks(instance: dg.DagsterInstance, key: str) -> bool:
    """Delete what the runs of a key planned or found of asset checks.

    Dagster shows of each check the newest outcome over all partitions, also of a run that ended before it; it has no
    command for taking one back, and a deleted run leaves its checks behind.
    """
    runs = [run.run_id for run in instance.get_runs(dg.RunsFilter(tags={PARTITION_TAG: key}))]
    storage = instance.event_log_storage
    if not runs or not isinstance(storage, SqlEventLogStorage):
        return False
    records = AssetCheckExecutionsTable
    with storage.index_connection() as connection:
        deleted = connection.execute(records.delete().where(records.c.run_id.in_(runs)))
    return bool(deleted.rowcount)


def _name() -> str:
    assert PERIODS.name is not None  # given above
    return PERIODS.name


def register_months(instance: dg.DagsterInstance, months: Iterable[MonthKey]) -> list[str]:
    """Add the keys of months that are no partitions yet, in order."""
    name = MONTHS.name
    assert name is not None  # it is given one above
    present = set(instance.get_dynamic_partitions(name))
    new = [str(key) for key in sorted(months) if str(key) not in present]
    if new:
        instance.add_dynamic_partitions(name, new)
    return new
