"""Sampling the running period of a chain: whom to observe in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.periods.discovery import chain_now
from aurora_pipeline.periods.networks import recorded_network
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.registry.errors import NoValidators
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.staging.report import ObservationReport
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database


def observe_running_period(database: Database, configuration: Configuration, chain: Chain) -> ObservationReport:
    """Sample the now-only data of a chain's running period, for every validator that may be operated in it."""
    with database.connect() as connection:
        rows = registered_validators(connection, chain.chain_id)
        periods = recorded_periods(connection, chain.chain_id)
        network = recorded_network(connection, chain)
    validators = possibly_operated(rows, periods[-1].ended_at if periods else None)
    if not validators:
        raise NoValidators(f"no validator of {chain.chain_id} is registered", "aurora validators import FILE.csv")
    head = chain_now(configuration, chain)
    scope = FetchScope(
        chain.chain_id,
        head.epoch,
        head.first_slot,
        head.last_slot,
        tuple(validators),
        family=chain.family,
        network=network,
    )
    return observe(database, configuration, chain, scope, head.slot)


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
