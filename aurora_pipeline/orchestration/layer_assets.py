"""The assets of the layers, made from the one list of layers: load, compute, check, publish, tell Dagster."""

from collections.abc import Iterator

import dagster as dg

from aurora_pipeline.decisions.unlogged_rows import require_logged, require_whole
from aurora_pipeline.foundation.period_key import parse_key
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import ALL_LAYERS, Judgement, Layer
from aurora_pipeline.orchestration.failing import as_failure, told_of
from aurora_pipeline.orchestration.freshness import OF_MONTHS, OF_PERIODS
from aurora_pipeline.orchestration.materialization import AssetEvent, drift, gate, layer_spec, nothing_due, publish
from aurora_pipeline.periods.partitions import MONTHS, ONE_PERIOD_PER_RUN, PERIODS
from aurora_pipeline.store.drafts import Draft


def layer_asset(layer: Layer) -> dg.AssetsDefinition:
    """The asset of a layer, or the assets where several tables are published together."""
    # Of a month for lineage only: which periods it is made of is decided when it is computed.
    mapping = dg.AllPartitionMapping() if layer.is_monthly else None

    @dg.multi_asset(
        name=layer.name,
        specs=[
            dg.AssetSpec(
                **layer_spec(table, layer.group, layer.owner),
                deps=[dg.AssetDep(name, partition_mapping=mapping) for name in layer.reads],
                partitions_def=MONTHS if layer.is_monthly else PERIODS,
                freshness_policy=OF_MONTHS if layer.is_monthly else OF_PERIODS,
            )
            for table in layer.tables
        ],
        backfill_policy=ONE_PERIOD_PER_RUN,
        check_specs=[
            *(check for table in layer.tables for check in (gate(table), drift(table))),
            *(_judgement_spec(layer, judgement) for judgement in layer.judgements),
        ],
    )
    def compute(context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]) -> Iterator[AssetEvent]:
        with as_failure():
            key = parse_key(context.partition_key)
            with told_of(f"compute {layer.name}", context.run.run_id, key):
                require_whole(aurora.database, layer.decisions)
                with aurora.database.connect() as connection:
                    drafts = layer.draft(aurora.configuration, connection, key)
                    require_logged(connection, [item for draft in drafts for item in draft.inputs])
            if not drafts:
                yield from nothing_due(layer.tables)
                return
            for judgement in layer.judgements:
                yield _judged(layer, judgement, drafts[0])
            yield from publish(context, aurora, drafts)

    return compute


def _judgement_spec(layer: Layer, judgement: Judgement) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(judgement.name, asset=layer.name, description=judgement.description)


def _judged(layer: Layer, judgement: Judgement, draft: Draft) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=layer.name,
        check_name=judgement.name,
        passed=judgement.passes(draft),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={name: dg.MetadataValue.json(counts) for name, counts in judgement.counts(draft).items()},
    )


LAYER_ASSETS = [layer_asset(layer) for layer in ALL_LAYERS]
