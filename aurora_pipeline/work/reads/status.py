"""What is known of chains and of the instance, and of one period in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.staging.observers import is_observed
from aurora_pipeline.store.access.safety import access_notes
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.alerts.telling import of_channels
from aurora_pipeline.work.asked_epochs import require_recorded
from aurora_pipeline.work.attention import ChainState, of_backup, of_chain, of_log, of_sensors
from aurora_pipeline.work.backups.last import last_backup
from aurora_pipeline.work.concern import Concern
from aurora_pipeline.work.condition import Health, condition_of, worst
from aurora_pipeline.work.epoch_status import DataTypeStatus, WarningKind, kinds, known_names
from aurora_pipeline.work.epoch_status import epoch_status as found_epoch_status
from aurora_pipeline.work.health import Contact, PartitionRun, Seen, Ticking, contacts, partition_runs, ticking
from aurora_pipeline.work.json_form import shaped
from aurora_pipeline.work.late import Pending, in_words, load_pending
from aurora_pipeline.work.log_signing import log_signing
from aurora_pipeline.work.month_end import MonthEnd, last_month
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
class OpenPeriod:
    """A period that is not published whole, or of which figures are pending: what it waits for, and since when."""

    period: str
    since: datetime
    waits_for: str
    run_id: str | None
    """Its newest run in Dagster."""
    run_status: str | None


@dataclass(frozen=True)
class ChainStatus:
    """A chain and its periods.

    `behind` counts the periods after `latest_epoch`, the newest that is published whole, up to `expected_epoch`, the
    newest that is over by what was seen and by the clock. By it the chain's `condition` is judged.
    """

    chain_id: str
    condition: str
    recorded: int
    complete: int
    partial: int
    unpublished: int
    last_ended_at: datetime | None
    head_epoch: int | None
    expected_epoch: int | None
    latest_epoch: int | None
    behind: int | None
    is_observed: bool
    """Whether anybody is asked while a period runs; else the chain's past tells everything."""
    seen: Seen | None
    periods: Sequence[PeriodStatus]
    late: Sequence[str]
    open: Sequence[OpenPeriod]
    month_end: MonthEnd | None

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
    """What is known of every chain and of the instance; `attention` is what needs a person.

    `condition` is that of the chain that is worst off, of those that are set up.
    """

    checked_at: datetime
    condition: str
    chains: Sequence[ChainStatus]
    providers: Sequence[Contact]
    sensors: Sequence[Ticking]
    attention: Sequence[str]
    access: Sequence[str]
    """What people should know of who is kept from what here."""
    last_backup_at: datetime | None
    """When `aurora backup` last ended here; None: never, or before that was noted."""
    last_checkpoint_at: datetime | None
    """When the log was last signed; None: never."""
    cannot_sign: str | None
    """Why the log cannot be signed from here: no key, or it is elsewhere; None: it can."""
    not_set_up: Sequence[str]
    """Which enabled chains are not computed because providers of theirs have no address, and what to set."""


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
    acknowledged: int
    """How many of them somebody acknowledged."""
    differences: int
    unexplained: int
    unusable: Sequence[str]
    outdated: Sequence[str]


@dataclass(frozen=True)
class Looked:
    """One look at an instance: what is told of it, and what of it needs a person."""

    status: Status
    concerns: Sequence[Concern]


def status(
    aurora: Aurora, chains: Sequence[Chain], now: datetime, *, only: str | None = None, clock_runs: bool = True
) -> Status:
    """What is known of some chains and of the instance."""
    return look(aurora, chains, now, only=only, clock_runs=clock_runs).status


def look(
    aurora: Aurora, chains: Sequence[Chain], now: datetime, *, only: str | None = None, clock_runs: bool = True
) -> Looked:
    """What is known of some chains and of the instance; `clock_runs` is false where time is simulated.

    Which chains are not set up is said of all, or of the one that was asked for (`only`).
    """
    records = aurora.dagster_records()
    runs, sensors = partition_runs(records), ticking(records)
    clock = now if clock_runs else None
    with aurora.database.connect() as connection:
        states = [_state(connection, chain, runs, clock) for chain in chains]
        heard = contacts(connection, _asked(aurora, chains), now)
        access = access_notes(connection, is_embedded=aurora.workspace.database_url is None)
        log = log_signing(connection, KeyFile(aurora.workspace.log_key_path), now)
        concerns = of_channels(connection)
    backup_at = last_backup(aurora.workspace)
    concerns += [one for state in states for one in of_chain(state, now, clock_runs)]
    concerns += [*of_sensors(sensors, now, clock_runs), *of_backup(backup_at, now, clock_runs)]
    concerns += of_log(log, now, clock_runs)
    shown = [
        _chain(
            state,
            chain,
            now,
            observed=is_observed(aurora.configuration, chain),
            month_end=last_month(aurora.database, chain, clock),
        )
        for state, chain in zip(states, chains, strict=True)
    ]
    judged = [
        Health(one.condition)
        for one, chain in zip(shown, chains, strict=True)
        if not aurora.configuration.without_address(chain)
    ]
    told = Status(
        now,
        worst(judged),
        shown,
        heard,
        sensors,
        [str(one) for one in concerns],
        access,
        backup_at,
        log.signed_at,
        "the log has no key" if not log.has_key else log.key_missing,
        aurora.configuration.not_set_up(only),
    )
    return Looked(told, concerns)


def _state(connection: Connection, chain: Chain, runs: Sequence[PartitionRun], clock: datetime | None) -> ChainState:
    periods = period_statuses(connection, chain)
    pending = load_pending(connection, chain.chain_id)
    own = [one for one in runs if one.partition.partition(":")[0] == chain.chain_id]
    return ChainState(chain_status(connection, chain, periods, clock), periods, pending, own)


def _asked(aurora: Aurora, chains: Sequence[Chain]) -> list[str]:
    """The enabled providers that some of the chains name, in the order of the file."""
    named = {
        name for chain in chains for names in (*chain.roles.values(), *chain.cross_checks.values()) for name in names
    }
    return [one.name for one in aurora.configuration.providers.values() if one.is_asked and one.name in named]


def _chain(
    state: ChainState, chain: Chain, now: datetime, *, observed: bool, month_end: MonthEnd | None
) -> ChainStatus:
    lag = state.status.lag
    return shaped(
        ChainStatus,
        vars(state.status),
        condition=condition_of(lag, chain.degraded_behind, chain.unhealthy_behind).value,
        expected_epoch=lag.expected,
        latest_epoch=lag.latest,
        behind=lag.behind,
        is_observed=observed,
        periods=[shaped(PeriodStatus, vars(one), chain_id=chain.chain_id) for one in state.periods],
        late=[in_words(one, now) for one in state.pending],
        open=_open(state),
        month_end=month_end,
    )


def _open(state: ChainState) -> list[OpenPeriod]:
    """The periods that are not whole, or that wait for figures, in order."""
    runs = {one.partition: one for one in state.runs}
    pending: dict[str, list[Pending]] = {}
    for late in state.pending:
        pending.setdefault(str(late.key), []).append(late)
    found = []
    for one in state.periods:
        waits = [f"{late.data_type} of {late.subjects}" for late in pending.get(one.period, ())]
        if one.is_whole and not waits:
            continue
        lacks = [] if one.is_whole else [f"{one.layers - one.layers_published} layers are not published"]
        since = one.recorded_at if lacks else min(late.since for late in pending[one.period])
        run = runs.get(one.period)
        words = "; ".join([*lacks, *([f"pending: {', '.join(waits)}"] if waits else [])])
        found.append(
            OpenPeriod(
                one.period, since, words, None if run is None else run.run_id, None if run is None else run.status
            )
        )
    return found


def epoch_status(connection: Connection, chain: Chain, epoch: EpochNumber, now: datetime) -> EpochStatus:
    """A period in full; raises where it is no known one."""
    key = PeriodKey(chain.chain_id, epoch)
    require_recorded(connection, key.chain_id, EpochRange(key.epoch, key.epoch + 1))
    found = found_epoch_status(connection, chain, epoch, now)
    grouped = kinds(found.oddities.warnings, known_names(connection, key.chain_id))
    return shaped(
        EpochStatus,
        vars(found.oddities),
        chain_id=key.chain_id,
        epoch=key.epoch,
        period=str(key),
        layers_published=found.published,
        layers=found.layers,
        data_types=found.data_types,
        late=found.late,
        warnings=grouped,
        acknowledged=found.oddities.acknowledged,
        outdated=[str(one) for one in found.oddities.outdated],
    )
