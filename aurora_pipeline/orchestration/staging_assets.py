"""The staging assets: execute the fetch plan of a data type and keep every byte that came."""

from collections.abc import Iterable, Iterator

import dagster as dg

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import as_failure, told_of
from aurora_pipeline.orchestration.freshness import OF_PERIODS
from aurora_pipeline.periods.partitions import ONE_PERIOD_PER_RUN, PERIODS
from aurora_pipeline.staging.cross_checks import stage_cross_checks
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.payloads.tables import FETCHES

REFETCH_TAG = "aurora/refetch"
"""Set on a run to ask again for what is complete; now-only data is never asked for a past period all the same."""

_MEANING = {
    DataType.FEES: "Leader schedule, block list and the led blocks of each validator.",
    DataType.MEV: "The tip trees' totals and each validator's own node.",
    DataType.REWARDS: "Rewards of validators and of the stake accounts observed on them.",
    DataType.META: "Validators' identity, commission and stake, as observed while the period ran.",
    DataType.POSITIONS: "Stake accounts and validators' totals, as observed while the period ran.",
    DataType.COSTS: "Blocks with their transactions' fees, for what votes cost.",
}
# Which stake accounts to ask about, and identities nobody registered, are known from what was observed; which blocks,
# on chains where each pays one proposer, from what was told of rewards.
_NEEDS = {
    DataType.REWARDS: [DataType.POSITIONS],
    DataType.FEES: [DataType.META, DataType.REWARDS],
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
        freshness_policy=OF_PERIODS,
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
        tries_left = context.retry_number < _RETRIES.max_retries
        with as_failure(tries_left), told_of(f"stage {data_type}", context.run.run_id, key):
            report = stage_period(aurora, key, data_type, refetch=refetch, dagster_run=context.run.run_id)
        if report.nothing_heard and tries_left:
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


@dg.asset(
    key="staging_cross_checks",
    # After the answers that count: what they need is known by then, and a slow checker holds up nothing.
    deps=[f"staging_{data_type}" for data_type in _MEANING],
    group_name="staging",
    kinds={"postgres", "json"},
    owners=["team:operations"],
    description="What the providers named under cross_checks in chains.yaml say of the same period, stored apart.",
    metadata={"dagster/table_name": FETCHES.name},
    partitions_def=PERIODS,
    freshness_policy=OF_PERIODS,
    backfill_policy=ONE_PERIOD_PER_RUN,
    check_specs=[
        dg.AssetCheckSpec(
            _COMPLETE, asset="staging_cross_checks", description="Every cross-checker answered about every validator."
        )
    ],
)
def staging_cross_checks(
    context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]
) -> Iterator[dg.MaterializeResult[None]]:
    """Ask every cross-checker; one that is down holds nothing back."""
    key = PeriodKey.parse(context.partition_key)
    refetch = context.run.tags.get(REFETCH_TAG) == "true"
    with as_failure(), told_of("stage cross-checks", context.run.run_id, key):
        reports = stage_cross_checks(aurora, key, refetch=refetch, dagster_run=context.run.run_id)
    lacking = {name: text for name, text in _lacking(reports).items() if text}
    told = {
        report.data_type: "; ".join(f"{name} {of}" for name, of in report.as_metadata().items()) for report in reports
    }
    yield dg.MaterializeResult(
        metadata=told | lacking,
        check_results=[
            dg.AssetCheckResult(
                check_name=_COMPLETE,
                passed=all(report.is_complete for report in reports),
                severity=dg.AssetCheckSeverity.WARN,
                metadata=lacking,
            )
        ],
    )


def _lacking(reports: Iterable[StagingReport]) -> dict[str, str]:
    """Why cross-checkers did not say everything, under the names that runs of staging assets are told by."""
    reasons = [f"{report.data_type}: {reason}" for report in reports for reason in report.reasons]
    down = [text for report in reports for text in report.providers_down]
    return {"reasons": "; ".join(reasons), "providers_down": "; ".join(dict.fromkeys(down))}


STAGING_ASSETS = [*(_staging_asset(data_type) for data_type in _MEANING), staging_cross_checks]
