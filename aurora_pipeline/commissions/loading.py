"""What the commission lines of a period are computed from, read from what is in force, and how a lineage names it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.terms import Terms
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.earlier_periods import (
    CarriedLoss,
    Earlier,
    LookBack,
    Losses,
    LossKey,
    Reads,
    RuleTotals,
    Timeline,
    look_back,
    looks_back,
    reads,
    totals_since,
)
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES, LineKind
from aurora_pipeline.commissions.windows import NO_EARLIER_PERIODS, RuleKey
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.periods.record import Period, recorded_periods
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState, Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.published import NotPublished, Published, load_published, snapshot_input

BELOW = (VALIDATOR_PNL, POSITIONS, REWARDS)
"""The layers whose snapshots of the same period are read."""
_EARLIER = (COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES)
_NOTHING_READ = LookBack(NO_EARLIER_PERIODS, (), ())


@dataclass(frozen=True)
class CommissionInputs:
    """Everything a period's lines are computed from."""

    period: Period
    pnl: Published
    positions: Published
    rewards: Published
    terms: Terms
    back: LookBack
    inputs: tuple[Input, ...]


class ChainInForce:
    """What is in force of a chain, read once: snapshots by layer and epoch, recorded periods, what later ones read."""

    def __init__(self, connection: Connection, chain: Chain) -> None:
        self._connection = connection
        self.chain = chain
        periods = recorded_periods(connection, chain.chain_id)
        known = {period.key.epoch: period for period in periods}
        self.timeline = Timeline(chain.first_period, known, chain.period_step)
        self._snapshots: dict[str, dict[EpochNumber, tuple[int, str]]] = defaultdict(dict)
        self._lines: dict[EpochNumber, tuple[int, str]] = {}
        for row in connection.execute(
            """SELECT asset, epoch, snapshot_id, lineage_digest, content_digest, sequence FROM in_force
               WHERE chain_id = %s AND asset = ANY(%s)""",
            [chain.chain_id, [table.name for table in (*BELOW, *_EARLIER)]],
        ):
            self._snapshots[row["asset"]][row["epoch"]] = (row["snapshot_id"], row["lineage_digest"])
            if row["asset"] == PARTNER_COMMISSION_LINES.name:
                self._lines[row["epoch"]] = (row["sequence"], row["content_digest"])
        self._active_since: dict[str, datetime] | None = None
        self._inputs: dict[tuple[str, EpochNumber], Input] = {}

    def published(self, table: Table) -> Mapping[EpochNumber, tuple[int, str]]:
        """Snapshot and lineage digest of a layer by epoch."""
        return self._snapshots[table.name]

    def lines(self, epoch: EpochNumber) -> tuple[int, str] | None:
        """The publication that brought an epoch's lines into force, and their content digest; None: there are none."""
        return self._lines.get(epoch)

    def input(self, table: Table, epoch: EpochNumber) -> Input:
        """How a lineage names a layer's snapshot of an epoch; raises NotPublished where there is none."""
        named = self._inputs.get((table.name, epoch))
        if named is None:
            named = self._inputs[table.name, epoch] = self._named(table, epoch)
        return named

    def _named(self, table: Table, epoch: EpochNumber) -> Input:
        found = self._snapshots[table.name].get(epoch)
        if found is None:
            raise NotPublished(
                f"{table.name} of {PeriodKey(self.chain.chain_id, epoch)} is not published",
                f"run `aurora backfill {self.chain.chain_id} {epoch}`, or see in the Dagster UI why it failed",
            )
        return snapshot_input(table, PeriodKey(self.chain.chain_id, epoch), found[1])

    def below(self, epoch: EpochNumber) -> list[Input]:
        """The snapshots of the same period that its lines are computed from."""
        return [self.input(table, epoch) for table in BELOW]

    def inputs(self, period: Period, terms: Terms, back: LookBack | Reads, below: Iterable[Input]) -> tuple[Input, ...]:
        """Everything the lines of a period are computed from, as their lineage names it."""
        return (
            *below,
            period.as_input,
            *terms.inputs,
            *[self.input(COMMISSION_RULE_RESULTS, epoch) for epoch in back.totals_of],
            *[self.input(PARTNER_COMMISSION_LINES, epoch) for epoch in back.losses_of],
        )

    def look_back(self, period: Period, terms: Terms, validators: Sequence[str]) -> LookBack:
        """What the terms need of earlier periods. Raises EarlierMissing where one of these is not published."""
        if not looks_back(terms):
            return _NOTHING_READ
        first = totals_since(period, terms, self.timeline, self.active_since())
        earlier = self.earlier(EpochRange(first, period.key.epoch, self.timeline.step))
        return look_back(period, terms, validators, self.timeline, self.active_since(), earlier)

    def reads(self, period: Period, terms: Terms) -> Reads:
        """Which earlier periods that is, without reading them; asks the same few questions for any number of periods.

        Raises EarlierMissing where one of these is not published.
        """
        if not looks_back(terms):
            return Reads(())
        has_losses = any(rule.carry_losses for agreement in terms.agreements for rule in agreement.rules)
        validators = self._validators_by_epoch.get(period.key.epoch, ()) if has_losses else ()
        published, since = self._told_by.keys(), self.active_since()
        return reads(period, terms, validators, self.timeline, since, published, self._printed_losses)

    def active_since(self) -> Mapping[str, datetime]:
        """When each agreement was first activated."""
        if self._active_since is None:
            rows = self._connection.execute(
                "SELECT agreement_id, min(effective_from) AS since FROM agreement_events WHERE status = 'ACTIVE'"
                " GROUP BY agreement_id"
            )
            self._active_since = {row["agreement_id"]: row["since"] for row in rows}
        return self._active_since

    def earlier(self, epochs: Iterable[EpochNumber]) -> Earlier:
        """What published periods hand to later ones; the totals of some epochs only, which are read at once."""
        totals, lines = (self._snapshots[table.name] for table in _EARLIER)
        numbers = {totals[epoch][0]: epoch for epoch in epochs if epoch in totals}
        found = _totals(self._connection, numbers) if numbers else {}
        return Earlier(self._told_by.keys(), found, cache(lambda epoch: _losses(self._connection, lines[epoch][0])))

    @cached_property
    def _told_by(self) -> Mapping[EpochNumber, int]:
        """By epoch whose rule results and lines are both published, the snapshot of its lines."""
        totals, lines = (self._snapshots[table.name] for table in _EARLIER)
        return {epoch: number for epoch, (number, _) in lines.items() if epoch in totals}

    def _printed_losses(self, epoch: EpochNumber) -> Container[LossKey]:
        return self._losses_by_snapshot.get(self._told_by[epoch], frozenset())

    @cached_property
    def _losses_by_snapshot(self) -> Mapping[int, frozenset[LossKey]]:
        """Of every snapshot of lines in force, whose losses it prints."""
        rows = self._connection.execute(
            """SELECT snapshot_id, agreement_id, rule_key, array_agg(DISTINCT validator_key) AS validators
               FROM layers.partner_commission_lines
               WHERE snapshot_id = ANY(%s) AND kind = %s AND loss_after IS NOT NULL GROUP BY 1, 2, 3""",
            [list(self._told_by.values()), LineKind.LINE],
        )
        found: dict[int, set[LossKey]] = defaultdict(set)
        for row in rows:
            found[row["snapshot_id"]] |= {(row["agreement_id"], row["rule_key"], key) for key in row["validators"]}
        return {number: frozenset(keys) for number, keys in found.items()}

    @cached_property
    def _validators_by_epoch(self) -> Mapping[EpochNumber, Sequence[str]]:
        numbers = {number: epoch for epoch, (number, _) in self._snapshots[VALIDATOR_PNL.name].items()}
        rows = self._connection.execute(
            """SELECT snapshot_id, array_agg(validator_key ORDER BY validator_key) AS validators
               FROM layers.validator_pnl WHERE snapshot_id = ANY(%s) GROUP BY 1""",
            [list(numbers)],
        )
        return {numbers[row["snapshot_id"]]: row["validators"] for row in rows}


def load(connection: Connection, chain: Chain, key: PeriodKey) -> CommissionInputs:
    """Everything the lines of a period are computed from; raises where something of it is not published."""
    known = ChainInForce(connection, chain)
    pnl, positions, rewards = (load_published(connection, table, key) for table in BELOW)
    # Published means recorded.
    period = known.timeline.periods[key.epoch]
    terms = terms_in_force(connection, key.chain_id, period.last_instant, epoch=key.epoch)
    back = known.look_back(period, terms, pnl.frame["validator_key"].to_list())
    # What was read is named, also where somebody publishes meanwhile.
    below = [snapshot.as_input for snapshot in (pnl, positions, rewards)]
    return CommissionInputs(period, pnl, positions, rewards, terms, back, known.inputs(period, terms, back, below))


def _totals(connection: Connection, numbers: Mapping[int, EpochNumber]) -> dict[EpochNumber, dict[RuleKey, RuleTotals]]:
    """Rule results by epoch, of the snapshots in force."""
    rows = connection.execute(
        """SELECT snapshot_id, agreement_id, rule_key, base, missing_count, computed, state
           FROM layers.commission_rule_results WHERE snapshot_id = ANY(%s)""",
        [list(numbers)],
    )
    found: dict[EpochNumber, dict[RuleKey, RuleTotals]] = defaultdict(dict)
    for row in rows:
        found[numbers[row["snapshot_id"]]][row["agreement_id"], row["rule_key"]] = RuleTotals(
            stored_amount(row["base"]),
            row["missing_count"],
            stored_amount(row["computed"]),
            row["state"] == FigureState.FINAL,
        )
    return found


def _losses(connection: Connection, snapshot_id: int) -> Losses:
    """By rule and validator; every wallet's line of a validator prints the same."""
    rows = connection.execute(
        """SELECT agreement_id, rule_key, validator_key, max(loss_after) AS loss, bool_and(state = %s) AS is_final
           FROM layers.partner_commission_lines
           WHERE snapshot_id = %s AND kind = %s AND loss_after IS NOT NULL GROUP BY 1, 2, 3""",
        [FigureState.FINAL, snapshot_id, LineKind.LINE],
    )
    return {
        (row["agreement_id"], row["rule_key"], row["validator_key"]): CarriedLoss(
            stored_amount(row["loss"]), row["is_final"]
        )
        for row in rows
    }
