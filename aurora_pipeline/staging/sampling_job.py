"""Sampling the running period of a chain: who is observed, and the job that the sensor requests."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import dagster as dg

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.materialization import as_failure
from aurora_pipeline.orchestration.period_sensors import OBSERVE_JOB
from aurora_pipeline.periods.discovery import chain_head
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.staging.report import ObservationReport
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database


def observe_running_period(database: Database, configuration: Configuration, chain: Chain) -> ObservationReport:
    """Sample the now-only data of a chain's running period, for every validator that may be operated in it."""
    with database.connect() as connection:
        rows = registered_validators(connection, chain.chain_id)
        periods = recorded_periods(connection, chain.chain_id)
    validators = possibly_operated(rows, periods[-1].ended_at if periods else None)
    if not validators:
        raise AuroraError(f"no validator of {chain.chain_id} is registered", "aurora validators import FILE.csv")
    info = chain_head(configuration, chain)
    first_slot = info.absolute_slot - info.slot_index
    scope = FetchScope(chain.chain_id, info.epoch, first_slot, first_slot + info.slots_in_epoch - 1, tuple(validators))
    return observe(database, configuration, chain, scope, info.absolute_slot)


def possibly_operated(rows: Iterable[Mapping[str, Any]], since: datetime | None) -> list[ValidatorAsked]:
    """Validators whose registration did not end before the last known period did.

    When the running period ends is not known yet, and what is not observed now can never be: so rather one too many.
    """
    keys = [
        row["validator_key"]
        for row in rows
        if since is None or row["valid_until"] is None or row["valid_until"] > since
    ]
    return [ValidatorAsked(key, None) for key in dict.fromkeys(keys)]


class ObservedChain(dg.Config):
    """Which chain to sample."""

    chain_id: str


@dg.op(description="Sample stake, commission and leader schedule of a chain's running period.")
def observe_chain(context: dg.OpExecutionContext, config: ObservedChain, aurora: dg.ResourceParam[Aurora]) -> None:
    """One sample; what it saw is in the run's metadata."""
    with as_failure():
        chain = aurora.configuration.chain(config.chain_id)
        report = observe_running_period(aurora.database, aurora.configuration, chain)
    context.log.info("observed: %s", report.as_metadata())


@dg.job(name=OBSERVE_JOB, description="Sample now-only data of a running period; requested by observe_open_period.")
def observe_period() -> None:
    """One chain, one sample."""
    observe_chain()
