"""What the canonical layer reads besides payloads: the period, its validators, configuration; each with its digest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period, load_period
from aurora_pipeline.registry.errors import NoValidators
from aurora_pipeline.registry.validators import identities_between, operated_at
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input, record_digest
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches, load_fetches_in_slices
from aurora_pipeline.store.payloads.tables import EVERYONE

CONFIG_TAG = "aurora.config.1"


@dataclass(frozen=True)
class LoadedFetches:
    """A period's reference point, the fetches of one data type, and everything the lineage must name."""

    period: Period
    reference: Reference
    fetches: list[StagedFetch]
    inputs: tuple[Input, ...]


def load_reference(connection: Connection, key: PeriodKey) -> LoadedFetches:
    """The period and the validators the operator ran at its last instant; no payloads."""
    period = load_period(connection, key)
    operated = operated_at(connection, key.chain_id, period.last_instant)
    identities = identities_between(connection, key.chain_id, period.schedule_drawn_from, period.ended_at)
    known = identities.by_validator
    if not operated.validators:
        raise NoValidators(
            f"no validator of {key.chain_id} is registered at the end of {key} ({period.ended_at})",
            "register yours: aurora validators import FILE.csv",
        )
    reference = Reference(
        key.chain_id,
        key.epoch,
        period.first_slot,
        period.last_slot,
        period.started_at,
        period.ended_at,
        tuple(
            OperatedValidator(
                v.validator_key, v.identity_key, v.name, v.ownership, v.operator_fee_bps, known.get(v.validator_key, ())
            )
            for v in operated.validators
        ),
    )
    inputs = dict.fromkeys((period.as_input, *operated.inputs, *identities.inputs))
    return LoadedFetches(period, reference, [], tuple(inputs))


def load_staged(
    connection: Connection,
    key: PeriodKey,
    data_type: str,
    load: Callable[[Connection, str, EpochNumber, str], list[StagedFetch]] = load_fetches,
) -> LoadedFetches:
    """As `load_reference`, with the fetches of a data type that are about these validators."""
    loaded = load_reference(connection, key)
    concerned = loaded.reference.operated | {EVERYONE}
    fetches = [fetch for fetch in load(connection, key.chain_id, key.epoch, data_type) if fetch.subject in concerned]
    return replace(loaded, fetches=fetches, inputs=(*loaded.inputs, *[fetch.as_input for fetch in fetches]))


def load_with_balances(connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str) -> list[StagedFetch]:
    """As `load_fetches`; where they tell balances, answers are every block of a period, and stay in the database."""
    fetches = load_fetches_in_slices(connection, chain_id, epoch, data_type)
    if any(fetch.kind in SOURCES and SOURCES[fetch.kind].tells.balances is not None for fetch in fetches):
        return fetches
    return load_fetches(connection, chain_id, epoch, data_type)


def load_observed(
    connection: Connection,
    loaded: LoadedFetches,
    data_type: str,
    epoch: EpochNumber,
    questions: Collection[str] | None = None,
) -> list[StagedFetch]:
    """Fetches of another data type, or of another epoch, about the same validators; of their answers those needed."""
    concerned = loaded.reference.operated | {EVERYONE}
    fetches = load_fetches(connection, loaded.reference.chain_id, epoch, data_type, questions)
    return [fetch for fetch in fetches if fetch.subject in concerned]


def glance_at(
    connection: Connection, loaded: LoadedFetches, data_type: DataType, epoch: EpochNumber
) -> list[StagedFetch]:
    """As `load_observed`, of the answers those that sources name for whoever looks at the data type in passing."""
    wanted = [source.glances[data_type] for source in SOURCES.values() if data_type in source.glances]
    return load_observed(connection, loaded, data_type, epoch, wanted)


def with_identities(
    loaded: LoadedFetches, observed: Mapping[str, str | None], inputs: Sequence[Input]
) -> LoadedFetches:
    """Fill in identities that are not registered from what was observed; `inputs` name the observation."""
    if all(validator.identities for validator in loaded.reference.validators):
        return loaded
    validators = tuple(
        validator if validator.identity_key else replace(validator, identity_key=observed.get(validator.validator_key))
        for validator in loaded.reference.validators
    )
    return replace(loaded, reference=replace(loaded.reference, validators=validators), inputs=(*loaded.inputs, *inputs))


def config_inputs(chain: Chain, period: Period, *paths: str) -> tuple[Input, ...]:
    """The configuration values a computation reads, as they held at the period's last instant."""
    values = chain.values_read(*paths, at=period.last_instant)
    return tuple(
        Input("config", f"chains.{chain.chain_id}.{path}", record_digest(CONFIG_TAG, path, text))
        for path, text in values.items()
    )
