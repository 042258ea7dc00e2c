"""The drafts that judge the other canonical layers: completeness, and what cross-checking providers say."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.canonical.drafts import DRAFTS
from aurora_pipeline.canonical.judging.completeness import canonical_completeness
from aurora_pipeline.canonical.judging.cross_check_figures import as_told
from aurora_pipeline.canonical.judging.cross_checks import RoleComparison, canonical_cross_checks
from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.canonical.loading import load_reference
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.unknown_fields import UNKNOWN_FIELDS, UnknownField, unknown_fields
from aurora_pipeline.staging.plan import checked_by
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.payloads.fetches import fetch_identities, load_fetches, staged_providers
from aurora_pipeline.store.payloads.samples import samples
from aurora_pipeline.store.published import Published, load_published

TABLE_OF: Final = {
    DataType.FEES: FEES,
    DataType.MEV: MEV,
    DataType.REWARDS: REWARDS,
    DataType.META: META,
    DataType.POSITIONS: POSITIONS,
    DataType.COSTS: COSTS,
}
"""The canonical table of each data type."""


def draft_completeness(configuration: Configuration, connection: Connection, key: PeriodKey) -> Draft:
    """How complete each figure of each validator is, from the layers in force."""
    loaded = load_reference(connection, key)
    published = {data_type: load_published(connection, table, key) for data_type, table in TABLE_OF.items()}
    result = canonical_completeness(loaded.reference, {name: layer.frame for name, layer in published.items()})
    inputs = (*loaded.inputs, *(layer.as_input for layer in published.values()))
    return Draft(
        COMPLETENESS,
        key,
        result.frame,
        inputs,
        result.completeness,
        {**result.grounds, UNKNOWN_FIELDS: _unknown_fields(connection, key)},
        result.warnings,
    )


def _unknown_fields(connection: Connection, key: PeriodKey) -> tuple[UnknownField, ...]:
    """What the nodes' answers of a period say that their readers do not know."""
    known = {kind: source.known_fields for kind, source in SOURCES.items() if source.known_fields}
    found = [
        unknown_fields(known[kind], provider, answers)
        for provider, kind, answers in samples(connection, key.chain_id, key.epoch, known)
    ]
    return tuple(sorted({one for fields in found for one in fields}))


def draft_cross_checks(configuration: Configuration, connection: Connection, key: PeriodKey) -> Draft:
    """What other providers say of the figures in force, from whatever of theirs was staged."""
    loaded = load_reference(connection, key)
    inputs: list[Input] = list(loaded.inputs)
    comparisons = []
    for role, table in TABLE_OF.items():
        checkers = staged_providers(connection, key.chain_id, key.epoch, checked_by(role, "%"))
        if not checkers:
            continue
        layer = load_published(connection, table, key)
        inputs.append(layer.as_input)
        for provider, kind in checkers:
            other = DRAFTS[table](configuration, connection, key, checked_by(role, provider))
            inputs += other.inputs
            numbers = {*layer.frame["source_fetch"].unique(), *other.frame["source_fetch"].unique()} - {None}
            fetches = fetch_identities(connection, numbers)
            inputs += [fetch.as_input for fetch in fetches.values()]
            staged = load_fetches(connection, key.chain_id, key.epoch, checked_by(role, provider))
            frame = as_told(role, other.frame, loaded.reference, staged)
            comparisons.append(RoleComparison(role, table, layer.frame, frame, provider, kind, fetches))
    stakes: dict[str, int] = {}
    if any(comparison.role in (DataType.META, DataType.POSITIONS) for comparison in comparisons):
        positions = load_published(connection, POSITIONS, key)
        inputs.append(positions.as_input)
        stakes = _stakes_next(positions)
    result = canonical_cross_checks(loaded.reference, comparisons, stakes)
    return Draft(
        CROSS_CHECKS,
        key,
        result.frame,
        tuple(inputs),
        Completeness.FINAL,
        result.grounds,
        result.warnings,
    )


def _stakes_next(positions: Published) -> dict[str, int]:
    """Active stake of the following epoch by validator and stake account, where all parts of it are known."""
    known = positions.frame.drop_nulls(["active_stake", "activating_stake", "deactivating_stake"])
    stakes = known["active_stake"] + known["activating_stake"] - known["deactivating_stake"]
    return dict(zip(known["account_key"], map(int, stakes), strict=True))
