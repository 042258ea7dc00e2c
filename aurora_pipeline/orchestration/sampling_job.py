"""The job that samples the running period of a chain; the sensor observe_open_period requests it."""

import dagster as dg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import as_failure
from aurora_pipeline.orchestration.period_sensors import OBSERVE_JOB
from aurora_pipeline.staging.report import NothingObserved
from aurora_pipeline.staging.running_period import observe_running_period


class ObservedChain(dg.Config):
    """Which chain to sample."""

    chain_id: str


@dg.op(description="Sample stake, commission and leader schedule of a chain's running period.")
def observe_chain(context: dg.OpExecutionContext, config: ObservedChain, aurora: dg.ResourceParam[Aurora]) -> None:
    """One sample; what it saw is in the run's metadata."""
    with as_failure():
        chain = aurora.configuration.chain(config.chain_id)
        try:
            report = observe_running_period(aurora.database, aurora.configuration, chain)
        except NothingObserved:
            raise
        except AuroraError as error:
            raise NothingObserved(
                f"{chain.chain_id}: the running period could not be sampled: {error.message}",
                "mend that before the period ends: its stake, commission and leaders can be asked for now or never",
            ) from error
    context.log.info("observed: %s", report.as_metadata())


@dg.job(name=OBSERVE_JOB, description="Sample now-only data of a running period; requested by observe_open_period.")
def observe_period() -> None:
    """One chain, one sample."""
    observe_chain()
