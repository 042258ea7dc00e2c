"""The staging assets: execute the fetch plan of a data type and keep every byte that came."""

from collections.abc import Iterator

import dagster as dg

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.materialization import as_failure
from aurora_pipeline.periods.key import PeriodKey
from aurora_pipeline.periods.partitions import ONE_PERIOD_PER_RUN, PERIODS
from aurora_pipeline.runtime import Aurora
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.payloads import FETCHES

REFETCH_TAG = "aurora/refetch"
"""Set on a run to ask again for what is complete; now-only data is never asked for a past period all the same."""

_MEANING = {
    DataType.FEES: "Leader schedule, block list and the led blocks of each validator.",
    DataType.MEV: "The tip trees' totals and each validator's own node.",
    DataType.REWARDS: "Inflation rewards of vote accounts and of the stake accounts observed on them.",
    DataType.META: "Validators' identity, commission and stake, as observed while the period ran.",
    DataType.POSITIONS: "Stake accounts and vote accounts, as observed while the period ran.",
    DataType.COSTS: "Blocks with their transactions' fees, for what votes cost.",
}
# Which stake accounts to ask about, and identities nobody registered, are known from what was observed.
_NEEDS = {
    DataType.REWARDS: [DataType.POSITIONS],
    DataType.FEES: [DataType.META],
    DataType.COSTS: [DataType.META],
}
# Transient I/O alone is tried again, and only here; a failed check is a fact. Each question was tried several times by
# then (providers.yaml: retries), so this is for a provider that restarts, not for one that is down for hours.
_RETRIES = dg.RetryPolicy(max_retries=1, delay=5, jitter=dg.Jitter.PLUS_MINUS)
_COMPLETE = "complete"


def _staging_asset(data_type: DataType) -> dg.AssetsDefinition:
    @dg.asset(
        key=f"staging_{data_type}",
        deps=[f"staging_{needed}" for needed in _NEEDS.get(data_type, [])],
        group_name="staging",
        kinds={"postgres", "json"},
        owners=["team:operations"],
        description=f"{_MEANING[data_type]} Stored byte for byte with SHA-256 before anything reads it.",
        metadata={"dagster/table_name": FETCHES.name},
        partitions_def=PERIODS,
        backfill_policy=ONE_PERIOD_PER_RUN,
        retry_policy=_RETRIES,
        check_specs=[
            dg.AssetCheckSpec(
                _COMPLETE,
                asset=f"staging_{data_type}",
                description="Every validator's answers are final. What is late or cannot be had is named here and holds"
                " nothing back: its figures are published as missing, with the reason, until they arrive.",
            )
        ],
    )
    def staging(
        context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]
    ) -> Iterator[dg.MaterializeResult[None]]:
        key = PeriodKey.parse(context.partition_key)
        refetch = context.run.tags.get(REFETCH_TAG) == "true"
        with as_failure():
            report = stage_period(aurora, key, data_type, refetch=refetch, dagster_run=context.run.run_id)
        if report.nothing_heard and context.retry_number < _RETRIES.max_retries:
            raise dg.Failure(f"{key} {data_type}: no provider can be had ({'; '.join(report.providers_down)})")
        yield dg.MaterializeResult(metadata=report.as_metadata(), check_results=[_completeness(report)])

    return staging


def _completeness(report: StagingReport) -> dg.AssetCheckResult:
    told = report.as_metadata()
    return dg.AssetCheckResult(
        check_name=_COMPLETE,
        passed=report.is_complete,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={name: told[name] for name in ("states", "reasons", "providers_down")},
    )


STAGING_ASSETS = [_staging_asset(data_type) for data_type in _MEANING]
