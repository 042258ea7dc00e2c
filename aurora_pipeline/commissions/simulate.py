"""What if: proposed terms over past periods, computed and compared with what was paid, and written nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from aurora_pipeline.agreements.in_force import TermsHistory
from aurora_pipeline.agreements.proposed import Proposal, as_if_in_force
from aurora_pipeline.agreements.terms import Terms
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.commissions.earlier_periods import CarriedLoss, Earlier, Losses, RuleTotals, look_back
from aurora_pipeline.commissions.loading import BELOW, ChainInForce
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, LineKind
from aurora_pipeline.commissions.windows import RuleKey
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber, EpochRange
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import whole_numbers
from aurora_pipeline.store.published import load_published


@dataclass(frozen=True)
class Sums:
    """What a partner's lines of a period come to."""

    due: Amount = ZERO
    """The sum of those that have an amount and are not held."""
    held: Amount = ZERO
    """The sum of the held ones, which is not paid until the terms are settled."""
    missing: int = 0
    """How many have no amount yet."""


@dataclass(frozen=True)
class SetAside:
    """Overrides of the proposal's agreements: decided on other terms, they are part of what was paid only."""

    count: int = 0
    amount: Amount = ZERO
    """How much more than computed they paid; below 0: less."""


@dataclass(frozen=True)
class PeriodComparison:
    """A partner's period: as it was paid, and as the proposed terms would have paid it."""

    key: PeriodKey
    partner_id: str
    was: Sums
    would: Sums
    overrides: SetAside = SetAside()

    @property
    def difference(self) -> Amount:
        """How much more the proposed terms would have paid."""
        return self.would.due - self.was.due

    @property
    def by_terms(self) -> Amount:
        """The difference to what would have been paid without the overrides that are set aside."""
        return self.difference + self.overrides.amount


def simulate(
    connection: Connection, chain: Chain, proposal: Proposal, epochs: Sequence[EpochNumber]
) -> list[PeriodComparison]:
    """Compare, per partner and period, the lines in force with those that the proposed terms would have given.

    The terms count as if they had been in force in all of these periods, whatever dates the file says. Windows that
    began earlier start from what was published then. Overrides of the proposal's agreements are set aside, and named.
    Only reads; raises where a period is not published.
    """
    known, history = ChainInForce(connection, chain), TermsHistory(connection, chain.chain_id)
    keys = [PeriodKey(chain.chain_id, epoch) for epoch in epochs]
    begins = load_period(connection, keys[0]).started_at
    since = dict(known.active_since())
    for agreement_id in proposal.keys:
        since[agreement_id] = min(begins, since.get(agreement_id, begins))
    published = known.earlier(EpochRange(chain.first_period, epochs[-1], chain.period_step))
    totals, losses = dict(published.totals), dict[EpochNumber, Losses]()
    earlier = Earlier(
        published.published, totals, lambda epoch: losses[epoch] if epoch in losses else published.losses(epoch)
    )
    found: list[PeriodComparison] = []
    for key in keys:
        period = load_period(connection, key)
        pnl, positions, rewards = (load_published(connection, table, key) for table in BELOW)
        known.input(PARTNER_COMMISSION_LINES, key.epoch)  # raises where nothing is paid yet
        recorded = history.at(period.last_instant, key.epoch)
        terms = as_if_in_force(connection, recorded, proposal)
        back = look_back(period, terms, pnl.frame["validator_key"].to_list(), known.timeline, since, earlier)
        frames = (pnl.frame, positions.frame, rewards.frame)
        result = commission_lines(key.chain_id, key.epoch, *frames, terms, back.windows)
        # Later periods of the range go on from what is simulated, not from what was published.
        totals[key.epoch] = _totals(result.results.frame)
        losses[key.epoch] = _losses(result.lines.frame)
        overrides = _set_aside(connection, key, recorded, proposal)
        found += _compared(key, _paid(connection, key), _sums(result.lines.frame), overrides)
    return found


def _compared(
    key: PeriodKey, was: Mapping[str, Sums], would: Mapping[str, Sums], overrides: Mapping[str, SetAside]
) -> Iterator[PeriodComparison]:
    for partner_id in sorted(was.keys() | would.keys() | overrides.keys()):
        aside = overrides.get(partner_id, SetAside())
        yield PeriodComparison(key, partner_id, was.get(partner_id, Sums()), would.get(partner_id, Sums()), aside)


def _set_aside(connection: Connection, key: PeriodKey, recorded: Terms, proposal: Proposal) -> dict[str, SetAside]:
    """By partner, the overrides that the proposal's terms are computed without, and what they changed."""
    partners = {agreement.agreement_id: agreement.partner_id for agreement in proposal.agreements}
    counts = Counter(partners[one.agreement_id] for one in recorded.overrides if one.agreement_id in partners)
    if not counts:
        return {}
    rows = connection.execute(
        """SELECT partner_id, sum(final - coalesce(computed, 0)) AS amount FROM partner_commission_lines
           WHERE chain_id = %s AND epoch = %s AND agreement_id = ANY(%s) AND override IS NOT NULL AND NOT held
           GROUP BY partner_id""",
        [key.chain_id, key.epoch, list(partners)],
    )
    amounts = {row["partner_id"]: stored_amount(row["amount"]) for row in rows}
    return {partner_id: SetAside(count, amounts.get(partner_id, ZERO)) for partner_id, count in counts.items()}


def _paid(connection: Connection, key: PeriodKey) -> dict[str, Sums]:
    """By partner, what the lines in force come to."""
    rows = connection.execute(
        """SELECT partner_id, coalesce(sum(final) FILTER (WHERE NOT held), 0) AS due,
                  coalesce(sum(final) FILTER (WHERE held), 0) AS held, count(*) FILTER (WHERE final IS NULL) AS missing
           FROM partner_commission_lines WHERE chain_id = %s AND epoch = %s GROUP BY partner_id""",
        [key.chain_id, key.epoch],
    )
    return {
        row["partner_id"]: Sums(stored_amount(row["due"]), stored_amount(row["held"]), row["missing"]) for row in rows
    }


def _sums(lines: pl.DataFrame) -> dict[str, Sums]:
    """By partner, what computed lines come to."""
    final = pl.col("final").cast(pl.Int128)
    grouped = lines.group_by("partner_id").agg(
        due=final.filter(~pl.col("held")).sum(), held=final.filter("held").sum(), missing=final.null_count()
    )
    return {partner_id: Sums(due, held, missing) for partner_id, due, held, missing in grouped.iter_rows()}


def _totals(results: pl.DataFrame) -> dict[RuleKey, RuleTotals]:
    """What simulated rule results hand to the periods after them."""
    columns = (results["agreement_id"], results["rule_key"], whole_numbers(results["base"]), results["missing_count"])
    rows = zip(*columns, whole_numbers(results["computed"]), results["state"], strict=True)
    return {
        (agreement_id, rule_key): RuleTotals(base, missing, computed, state == FigureState.FINAL)
        for agreement_id, rule_key, base, missing, computed, state in rows
    }


def _losses(lines: pl.DataFrame) -> Losses:
    """What simulated lines hand to the periods after them."""
    printing = lines.filter((pl.col("kind") == LineKind.LINE.value) & pl.col("loss_after").is_not_null())
    names = zip(*(printing[name] for name in ("agreement_id", "rule_key", "validator_key")), strict=True)
    losses = zip(names, whole_numbers(printing["loss_after"]), printing["state"], strict=True)
    return {key: CarriedLoss(amount, state == FigureState.FINAL) for key, amount, state in losses}
