"""The use-cases backfill and recompute: which periods that concerns, and having them computed."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.listing import spans
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.errors import PeriodBeforeFirst, PeriodNotFinal, PeriodUnknown
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.store.ranges import require_here
from aurora_pipeline.work.computing import Computed, Computing, FoundFinal, Tell, untold
from aurora_pipeline.work.runs import Job, Runner


def backfill(
    aurora: Aurora,
    runner: Runner,
    chain: Chain,
    wanted: Sequence[EpochNumber],
    *,
    refetch: bool = False,
    tell: Tell = untold,
) -> Computed:
    """Fetch what is missing of some epochs and compute every layer, and the later ones that go on from these."""
    keys = final_keys(aurora, chain, wanted, tell)
    _require_evidence(aurora, keys)
    runner.register_periods(chain.chain_id)
    return Computing(aurora, runner, chain, tell).periods(Job.PERIOD, keys, refetch=refetch)


def recompute(
    aurora: Aurora, runner: Runner, chain: Chain, wanted: Sequence[EpochNumber], *, tell: Tell = untold
) -> Computed:
    """Compute every layer of some epochs again from what is stored, and the later ones that go on from these."""
    require_stored(aurora, chain, wanted)
    keys = [PeriodKey(chain.chain_id, epoch) for epoch in wanted]
    _require_evidence(aurora, keys)
    runner.register_periods(chain.chain_id)
    return Computing(aurora, runner, chain, tell).periods(Job.RECOMPUTE, keys)


def _require_evidence(aurora: Aurora, keys: Sequence[PeriodKey]) -> None:
    """Raise where the evidence of a period is outside the database: every layer of its run would fail by it."""
    with aurora.database.connect() as connection:
        for key in keys:
            require_here(connection, key.chain_id, key.epoch)


def require_stored(aurora: Aurora, chain: Chain, wanted: Sequence[EpochNumber]) -> None:
    """Raise where nothing is stored of some of the epochs."""
    with aurora.database.connect() as connection:
        known = {period.key.epoch for period in recorded_periods(connection, chain.chain_id)}
    missing = [epoch for epoch in wanted if epoch not in known]
    if missing:
        raise PeriodUnknown(
            f"nothing is stored of {chain.chain_id} epoch {spans(missing, chain.period_step)}",
            f"run `aurora backfill {chain.chain_id} {spans(wanted, chain.period_step)}`",
        )


def recompute_stale(aurora: Aurora, runner: Runner, chain: Chain, *, tell: Tell = untold) -> Computed:
    """Compute what of a chain rests on what no longer counts: on entries, terms or periods before; in order."""
    runner.register_periods(chain.chain_id)
    return Computing(aurora, runner, chain, tell).stale()


def final_keys(aurora: Aurora, chain: Chain, wanted: Sequence[EpochNumber], tell: Tell = untold) -> list[PeriodKey]:
    """The keys of epochs that are known to be final, asking the chain about those that are not known yet."""
    early = [epoch for epoch in wanted if epoch < chain.first_period]
    if early:
        raise PeriodBeforeFirst(
            f"{chain.chain_id} is computed from epoch {chain.first_period} on, not {spans(early, chain.period_step)}",
            "lower first_period in chains.yaml",
        )
    with aurora.database.connect() as connection:
        known = {period.key.epoch for period in recorded_periods(connection, chain.chain_id)}
    if not known.issuperset(wanted):
        found = discover_periods(
            aurora.database, aurora.configuration, chain, wanted=wanted, tell=lambda period: tell(FoundFinal(period))
        )
        if found.troubles:
            raise found.troubles[0]
        known |= {period.key.epoch for period in found.recorded}
        open_epochs = [epoch for epoch in wanted if epoch not in known]
        if open_epochs:
            raise PeriodNotFinal(
                f"{chain.chain_id} epoch {spans(open_epochs, chain.period_step)} is not final: the chain is in epoch"
                f" {found.head_epoch} and periods count {chain.finality_lag} slots after their end",
                "wait for its end; the sensor finalized_periods starts it by itself",
            )
    return [PeriodKey(chain.chain_id, epoch) for epoch in wanted]
