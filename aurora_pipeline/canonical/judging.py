"""The assets that judge the other canonical ones: completeness, and what cross-checking providers say."""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from aurora_pipeline.canonical.as_told import as_told
from aurora_pipeline.canonical.assets import DRAFTS
from aurora_pipeline.canonical.completeness import canonical_completeness, counted
from aurora_pipeline.canonical.cross_checks import Comparison, canonical_cross_checks
from aurora_pipeline.canonical.judging_tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.canonical.loading import load_reference
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.materialization import Event, as_failure, layer_asset, publish
from aurora_pipeline.staging.plan import checked_by
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.payloads import fetch_identities, load_fetches, staged_providers
from aurora_pipeline.store.snapshots import Draft, Published, load_published

TABLE_OF: Final = {
    DataType.FEES: FEES,
    DataType.MEV: MEV,
    DataType.REWARDS: REWARDS,
    DataType.META: META,
    DataType.POSITIONS: POSITIONS,
    DataType.COSTS: COSTS,
}
"""The canonical table of each data type."""
_ALL_FINAL = "complete"


def draft_completeness(aurora: Aurora, connection: Connection, key: PeriodKey) -> Draft:
    """How complete each figure of each validator is, from the layers in force."""
    loaded = load_reference(connection, key)
    published = {
        data_type: load_published(connection, table, key.chain_id, key.epoch) for data_type, table in TABLE_OF.items()
    }
    result = canonical_completeness(loaded.reference, {name: layer.frame for name, layer in published.items()})
    inputs = (*loaded.inputs, *(layer.as_input for layer in published.values()))
    return Draft(
        COMPLETENESS,
        key.chain_id,
        key.epoch,
        result.frame,
        inputs,
        result.completeness,
        result.violations,
        result.warnings,
    )


def draft_cross_checks(aurora: Aurora, connection: Connection, key: PeriodKey) -> Draft:
    """What other providers say of the figures in force, from whatever of theirs was staged."""
    loaded = load_reference(connection, key)
    inputs: list[Input] = list(loaded.inputs)
    comparisons = []
    for role, table in TABLE_OF.items():
        checkers = staged_providers(connection, key.chain_id, key.epoch, checked_by(role, "%"))
        if not checkers:
            continue
        layer = load_published(connection, table, key.chain_id, key.epoch)
        inputs.append(layer.as_input)
        for provider, kind in checkers:
            other = DRAFTS[table](aurora, connection, key, checked_by(role, provider))
            inputs += other.inputs
            numbers = {*layer.frame["source_fetch"].unique(), *other.frame["source_fetch"].unique()} - {None}
            fetches = fetch_identities(connection, numbers)
            inputs += [fetch.as_input for fetch in fetches.values()]
            staged = load_fetches(connection, key.chain_id, key.epoch, checked_by(role, provider))
            frame = as_told(role, other.frame, loaded.reference, staged)
            comparisons.append(Comparison(role, table, layer.frame, frame, provider, kind, fetches))
    stakes: dict[str, int] = {}
    if any(comparison.role in (DataType.META, DataType.POSITIONS) for comparison in comparisons):
        positions = load_published(connection, POSITIONS, key.chain_id, key.epoch)
        inputs.append(positions.as_input)
        stakes = _stakes_next(positions)
    result = canonical_cross_checks(loaded.reference, comparisons, stakes)
    return Draft(
        CROSS_CHECKS,
        key.chain_id,
        key.epoch,
        result.frame,
        tuple(inputs),
        Completeness.FINAL,
        result.violations,
        result.warnings,
    )


def _stakes_next(positions: Published) -> dict[str, int]:
    """Active stake of the following epoch by validator and stake account, where all parts of it are known."""
    known = positions.frame.drop_nulls(["active_stake", "activating_stake", "deactivating_stake"])
    stakes = known["active_stake"] + known["activating_stake"] - known["deactivating_stake"]
    return dict(zip(known["account_key"], map(int, stakes), strict=True))


JUDGING_DRAFTS: Final = {COMPLETENESS: draft_completeness, CROSS_CHECKS: draft_cross_checks}
"""How each of them is computed from what is stored; proofs compute them again."""
_CANONICAL = [table.name for table in TABLE_OF.values()]


@layer_asset(
    COMPLETENESS,
    group="canonical",
    owner="team:operations",
    deps=_CANONICAL,
    checks=[
        dg.AssetCheckSpec(
            _ALL_FINAL,
            asset=COMPLETENESS.name,
            description="Every data type of every validator is final. What is not is counted here with its reasons and"
            " holds nothing back; the sensor late_data comes back for what is pending.",
        )
    ],
)
def completeness(context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]) -> Iterator[Event]:
    """Judge the layers in force and publish the judgement."""
    with as_failure():
        draft = _drafted(aurora, COMPLETENESS, context.partition_key)
        yield dg.AssetCheckResult(
            asset_key=COMPLETENESS.name,
            check_name=_ALL_FINAL,
            passed=draft.completeness is Completeness.FINAL,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={name: dg.MetadataValue.json(counts) for name, counts in counted(draft.frame.to_dicts()).items()},
        )
        yield from publish(context, aurora, [draft])


@layer_asset(CROSS_CHECKS, group="canonical", owner="team:operations", deps=["staging_cross_checks", *_CANONICAL])
def cross_checks(context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]) -> Iterator[Event]:
    """Compare and publish every difference; the check `warnings` counts them by name."""
    with as_failure():
        draft = _drafted(aurora, CROSS_CHECKS, context.partition_key)
        yield from publish(context, aurora, [draft])


def _drafted(aurora: Aurora, table: Table, partition: str) -> Draft:
    with aurora.database.connect() as connection:
        return JUDGING_DRAFTS[table](aurora, connection, PeriodKey.parse(partition))


JUDGING_ASSETS = [completeness, cross_checks]
