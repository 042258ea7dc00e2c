"""The sensors that discover: which periods became final, and when to sample the running one. They only request."""

import time

import dagster as dg

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.failing import Said
from aurora_pipeline.periods.discovery import chain_now, discover_periods
from aurora_pipeline.periods.partitions import register, reorder
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.registry.errors import NoValidators
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.sources.family import ChainHead
from aurora_pipeline.staging.observers import is_observed
from aurora_pipeline.work.runs import Job

# A tick asks each chain one question and a new period about eight: few enough to stay far below a tick's time limit.
PERIODS_PER_TICK = 5
SECONDS_BETWEEN_TRIES = 900
"""So often a sample whose run failed is tried again."""
OBSERVE_JOB = "observe_open_period_job"
_RUN_KEY_TAG = "dagster/run_key"
CHAIN_TAG = "chain"
SAMPLE_TAG = "aurora/sample"
"""On runs that sample: which sample it is, however often it is tried."""


def sample_number(head: ChainHead) -> int:
    """Which of the period's samples is due at this point of it, from 0 on."""
    return head.slots_gone * head.looks // head.slots_in_period


def observation_key(chain_id: str, head: ChainHead) -> str:
    """The run key of a sample: each is requested once, however often a tick sees it due."""
    return f"observe:{PeriodKey(chain_id, head.epoch)}:{sample_number(head)}"


@dg.sensor(
    job_name=Job.PERIOD.value,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers periods that became final, as partitions in order, and requests their runs.",
)
def finalized_periods(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at each enabled chain; a chain whose node is down does not hold up the others."""
    recorded: list[PeriodKey] = []
    to_run: list[PeriodKey] = []
    trouble = []
    for chain in aurora.configuration.enabled_chains():
        try:
            known, computed = _known(context, aurora, chain)
        except AuroraError as error:
            trouble.append(f"{chain.chain_id}: {error}")
            context.log.error("%s: %s", chain.chain_id, error)
            continue
        recorded += known
        # Their run keys make Dagster start each one once, also where a tick died between registering and requesting.
        to_run += [key for key in known if key not in computed]
    if trouble and len(trouble) == len(aurora.configuration.enabled_chains()):
        raise Said("\n".join(trouble))
    # Not as a request to Dagster: that would put older periods behind newer ones, where ranges do not find them.
    register(context.instance, recorded)
    if reorder(context.instance):
        context.log.warning("the partition keys were out of order and have been put in order")
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=f"final:{key}", partition_key=str(key), tags={CHAIN_TAG: key.chain_id})
            for key in to_run
        ]
    )


def _known(context: dg.SensorEvaluationContext, aurora: Aurora, chain: Chain) -> tuple[list[PeriodKey], set[PeriodKey]]:
    """The recorded periods of a chain after another look at it, and those of which something was published."""
    with aurora.database.connect() as connection:
        if not registered_validators(connection, chain.chain_id):
            raise NoValidators("no validator is registered", "aurora validators import FILE.csv")
    found = discover_periods(aurora.database, aurora.configuration, chain, at_most=PERIODS_PER_TICK)
    for error in found.troubles:
        context.log.error("%s: %s", chain.chain_id, error)
    with aurora.database.connect() as connection:
        published = connection.execute(
            "SELECT DISTINCT epoch FROM publications WHERE chain_id = %s", [chain.chain_id]
        ).fetchall()
        recorded = [period.key for period in recorded_periods(connection, chain.chain_id)]
    return recorded, {PeriodKey(chain.chain_id, row["epoch"]) for row in published}


@dg.sensor(
    job_name=OBSERVE_JOB,
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests samples of now-only data (stake, commission, who leads which slots) in every running period:"
    " what a chain does not tell about the past.",
)
def observe_open_period(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One question to each enabled chain that forgets; the sampling itself is a run's work. Every tick asks anew."""
    requests: list[dg.RunRequest] = []
    trouble: list[str] = []
    for chain in aurora.configuration.enabled_chains():
        if not (is_observed(aurora.configuration, chain) and _has_validators(aurora, chain)):
            continue
        try:
            sample = observation_key(chain.chain_id, chain_now(aurora.configuration, chain))
        except AuroraError as error:
            context.log.error("%s: %s", chain.chain_id, error)
            trouble.append(
                f"{chain.chain_id}: the running period cannot be sampled: {error.message}\n  -> mend that before the"
                " period ends: its stake, commission and leaders can be asked for now or never"
            )
            continue
        requests += _due(context.instance, sample, chain.chain_id)
    # A tick either fails or requests: what other chains need goes first, and the next tick fails.
    if trouble and not requests:
        raise Said("\n".join(trouble))
    return dg.SensorResult(run_requests=requests)


def _has_validators(aurora: Aurora, chain: Chain) -> bool:
    """Whether there is anybody to sample; where not, `finalized_periods` says so at each of its ticks."""
    with aurora.database.connect() as connection:
        return bool(registered_validators(connection, chain.chain_id))


def _due(instance: dg.DagsterInstance, sample: str, chain_id: str) -> list[dg.RunRequest]:
    """The run of a sample: the first, or another one some time after one that failed; none where one did not."""
    (newest,) = instance.get_runs(dg.RunsFilter(tags={SAMPLE_TAG: sample}), limit=1) or (None,)
    if newest is None:
        run_key = sample
    elif newest.status is dg.DagsterRunStatus.FAILURE:
        run_key = f"{sample}:again:{int(time.time()) // SECONDS_BETWEEN_TRIES}"
    else:
        return []
    if instance.get_runs(dg.RunsFilter(tags={_RUN_KEY_TAG: run_key}), limit=1):
        return []
    run_config = dg.RunConfig(ops={"observe_chain": {"config": {"chain_id": chain_id}}})
    tags = {CHAIN_TAG: chain_id, SAMPLE_TAG: sample}
    return [dg.RunRequest(run_key=run_key, run_config=run_config, tags=tags)]
