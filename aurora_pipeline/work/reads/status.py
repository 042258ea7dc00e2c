"""What is known of chains and of the instance, and of one period in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochRange
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.staging.sampling import is_observed
from aurora_pipeline.store.access.safety import access_notes
from aurora_pipeline.store.database import Connection
from aurora_pipeline.tables import PERIOD_LAYER_TABLES
from aurora_pipeline.work.asked_epochs import require_recorded
from aurora_pipeline.work.attention import ChainState, of_chain, of_sensors
from aurora_pipeline.work.epoch_status import DataTypeStatus, WarningKind, kinds, known_names
from aurora_pipeline.work.epoch_status import epoch_status as found_epoch_status
from aurora_pipeline.work.health import Contact, Seen, Ticking, contacts, ticking
from aurora_pipeline.work.json_form import shaped
from aurora_pipeline.work.late import in_words, load_pending
from aurora_pipeline.work.status import chain_status, period_statuses


@dataclass(frozen=True)
class PeriodStatus:
    """A period in one line: of its layers how many are in force, why it is stale, and what is not final."""

    chain_id: str
    epoch: int
    period: str
    ended_at: datetime
    recorded_at: datetime
    layers_published: int
    layers: int
    completeness: str | None
    stale: str | None
    lacking: str | None
    missing: str | None

    @property
    def is_published(self) -> bool:
        """Whether anything of it is."""
        return self.layers_published > 0


@dataclass(frozen=True)
class ChainStatus:
    """A chain and its periods; `behind` counts the ended epochs that are later than the newest published one."""

    chain_id: str
    recorded: int
    complete: int
    partial: int
    unpublished: int
    last_ended_at: datetime | None
    head_epoch: int | None
    behind: int | None
    is_observed: bool
    """Whether anybody is asked while a period runs; else the chain's past tells everything."""
    seen: Seen | None
    periods: Sequence[PeriodStatus]
    late: Sequence[str]

    @property
    def in_words(self) -> str:
        """How its periods are, for people."""
        if not self.recorded:
            return "no finalized period is known yet"
        parts = [f"{self.recorded} finalized period(s)", f"{self.complete} complete"]
        if self.partial:
            parts.append(f"{self.partial} with missing figures")
        if self.unpublished:
            parts.append(f"{self.unpublished} not fully published")
        return ", ".join(parts)


@dataclass(frozen=True)
class Status:
    """What is known of every chain and of the instance; `attention` is what needs a person."""

    chains: Sequence[ChainStatus]
    providers: Sequence[Contact]
    sensors: Sequence[Ticking]
    attention: Sequence[str]
    access: Sequence[str]
    """What people should know of who is kept from what here."""


@dataclass(frozen=True)
class EpochStatus:
    """A period in full."""

    chain_id: str
    epoch: int
    period: str
    layers_published: int
    layers: int
    data_types: Sequence[DataTypeStatus]
    late: Sequence[str]
    warnings: Sequence[WarningKind]
    differences: int
    unexplained: int
    unusable: Sequence[str]
    outdated: Sequence[str]


def status(aurora: Aurora, chains: Sequence[Chain], now: datetime, *, clock_runs: bool = True) -> Status:
    """What is known of some chains and of the instance; `clock_runs` is false where time is simulated."""
    with aurora.database.connect() as connection:
        states = [_state(connection, chain) for chain in chains]
        heard = contacts(connection, _asked(aurora, chains))
        access = access_notes(connection, is_embedded=aurora.workspace.database_url is None)
    sensors = ticking(aurora.dagster_records())
    attention = [text for state in states for text in of_chain(state, now, clock_runs)]
    attention += of_sensors(sensors, now, clock_runs)
    shown = [
        _chain(state, now, observed=is_observed(aurora.configuration, chain))
        for state, chain in zip(states, chains, strict=True)
    ]
    return Status(shown, heard, sensors, attention, access)


def _state(connection: Connection, chain: Chain) -> ChainState:
    periods = period_statuses(connection, chain)
    pending = load_pending(connection, chain.chain_id)
    return ChainState(chain_status(connection, chain, periods), periods, pending)


def _asked(aurora: Aurora, chains: Sequence[Chain]) -> list[str]:
    """The enabled providers that some of the chains name, in the order of the file."""
    named = {
        name for chain in chains for names in (*chain.roles.values(), *chain.cross_checks.values()) for name in names
    }
    return [one.name for one in aurora.configuration.providers.values() if one.enabled and one.name in named]


def _chain(state: ChainState, now: datetime, *, observed: bool) -> ChainStatus:
    chain_id, layers = state.status.chain_id, len(PERIOD_LAYER_TABLES)
    return shaped(
        ChainStatus,
        vars(state.status),
        is_observed=observed,
        periods=[shaped(PeriodStatus, vars(one), chain_id=chain_id, layers=layers) for one in state.periods],
        late=[in_words(one, now) for one in state.pending],
    )


def epoch_status(connection: Connection, key: PeriodKey, now: datetime) -> EpochStatus:
    """A period in full; raises where it is no known one."""
    require_recorded(connection, key.chain_id, EpochRange(key.epoch, key.epoch + 1))
    found = found_epoch_status(connection, key, now)
    grouped = kinds(found.oddities.warnings, known_names(connection, key.chain_id))
    return shaped(
        EpochStatus,
        vars(found.oddities),
        chain_id=key.chain_id,
        epoch=key.epoch,
        period=str(key),
        layers_published=found.published,
        layers=len(PERIOD_LAYER_TABLES),
        data_types=found.data_types,
        late=found.late,
        warnings=grouped,
        outdated=[str(one) for one in found.oddities.outdated],
    )
