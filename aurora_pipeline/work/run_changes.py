"""What a run changed in figures that were published before: of which validator, what the amount was, what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation import units
from aurora_pipeline.foundation.money import format_coins, stored_amount, stored_amount_or_none
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, amount, known_amount

_SHOWN: Final = 50
_STATE: Final = r"(?:unavailable|pending|partial): "
_INCOME: Final = "other_income"
_FIGURES: Final = (*(part.column for part in Component), *(cost.value.lower() for cost in CostType), _INCOME)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Restated:
    """A published figure that is another now; an amount that is not known is null."""

    chain_id: str
    epoch: EpochNumber
    period: str
    validator_key: str
    name: str
    figure: str
    was: Amount | None
    now: Amount | None
    reason: str | None
    """Why it is not known any more."""


def published_figures(connection: Connection, keys: Iterable[PeriodKey]) -> dict[PeriodKey, dict[str, Row]]:
    """The P&L in force of some periods by validator; of those only that have any."""
    found: dict[PeriodKey, dict[str, Row]] = {}
    for key in keys:
        rows = connection.execute(
            "SELECT * FROM validator_pnl WHERE chain_id = %s AND epoch = %s", [key.chain_id, key.epoch]
        ).fetchall()
        if rows:
            found[key] = {row["validator_key"]: row for row in rows}
    return found


def restated(
    before: Mapping[PeriodKey, Mapping[str, Row]], after: Mapping[PeriodKey, Mapping[str, Row]], unit: str
) -> list[Restated]:
    """Every amount that was known and is another, or not known, or of a validator without a line now."""
    return [
        Restated(
            key.chain_id,
            key.epoch,
            str(key),
            validator,
            row["name"],
            figure,
            amount(was, unit),
            amount(_amount(now, figure), unit),
            _reason(now, figure),
        )
        for key, rows in before.items()
        for validator, row in rows.items()
        for now in [after.get(key, {}).get(validator)]
        for figure in _FIGURES
        if (was := _amount(row, figure)) is not None and was != _amount(now, figure)
    ]


@dataclass(frozen=True)
class RestatedPartner:
    """What a partner is owed for a period, as far as known, where that is another amount now."""

    chain_id: str
    epoch: EpochNumber
    period: str
    partner_id: str
    partner_name: str
    was: Amount
    now: Amount


OwedNow = Mapping[tuple[EpochNumber, str], tuple[str, units.Amount]]
"""By epoch and partner, its name and what it is owed as far as known."""


def owed_to_partners(connection: Connection, chain_id: str) -> OwedNow:
    """What every partner is owed for every published period of a chain."""
    rows = connection.execute(
        "SELECT epoch, partner_id, partner_name, known_total FROM partner_commission_statements WHERE chain_id = %s",
        [chain_id],
    )
    return {(row["epoch"], row["partner_id"]): (row["partner_name"], stored_amount(row["known_total"])) for row in rows}


def restated_partners(chain: Chain, before: OwedNow, after: OwedNow) -> list[RestatedPartner]:
    """Of periods that had statements before, what partners are owed otherwise now."""
    published = {epoch for epoch, _ in before}
    found = []
    for epoch, partner in sorted(before.keys() | after.keys()):
        name, now = after.get((epoch, partner), ("", units.ZERO))
        known_as, was = before.get((epoch, partner), (name, units.ZERO))
        if epoch in published and was != now:
            period, unit = str(PeriodKey(chain.chain_id, epoch)), chain.base_unit
            amounts = known_amount(was, unit), known_amount(now, unit)
            found.append(RestatedPartner(chain.chain_id, epoch, period, partner, name or known_as, *amounts))
    return found


def partner_lines(changes: Sequence[RestatedPartner], decimals: int) -> list[str]:
    """A line for each partner and period, or for the first of very many; amounts in whole coins."""
    lines = [
        f"{one.period}: {one.partner_name} is owed {format_coins(one.now.base_units, decimals)},"
        f" was {format_coins(one.was.base_units, decimals)}"
        for one in changes[:_SHOWN]
    ]
    more = len(changes) - _SHOWN
    return [*lines, f"and {more} more"] if more > 0 else lines


def in_lines(changes: Sequence[Restated], decimals: int) -> list[str]:
    """A line for each figure, or for the first of very many; amounts in whole coins."""
    lines = [_in_words(one, decimals) for one in changes[:_SHOWN]]
    more = len(changes) - _SHOWN
    return [*lines, f"and {more} more figures are others now: each layer keeps both"] if more > 0 else lines


def _in_words(one: Restated, decimals: int) -> str:
    is_now = f"is not known: {one.reason}" if one.now is None else f"is {format_coins(one.now.base_units, decimals)}"
    was = format_coins(one.was.base_units, decimals) if one.was is not None else "not known"
    return f"{one.period}: {one.figure} of {one.name} ({one.validator_key}) was {was}, {is_now}"


def _amount(row: Row | None, figure: str) -> units.Amount | None:
    return None if row is None else stored_amount_or_none(row[figure], figure)


def _reason(row: Row | None, figure: str) -> str | None:
    if row is None:
        return "it has no line any more"
    if row[figure] is not None:
        return None
    told: Sequence[str | None] = (row.get(f"{figure}_reason"), _part_about(figure, row["reason"]), row["reason"])
    return next((text for text in told if text), None)


def _part_about(figure: str, reason: str | None) -> str | None:
    """What the reason of a whole row says of one of its figures; None where it does not single it out."""
    found = re.search(rf"(?:\A|; ){figure.upper()} {_STATE}(.*?)(?=; [A-Z_]+ {_STATE}|\Z)", reason or "", re.DOTALL)
    return None if found is None else found[1]
