"""Final figures by row, out of what sources tell: what is not final, or not told, is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aurora_pipeline.asking.proposals import Proposals
from aurora_pipeline.sources.account_moves import AccountMoves
from aurora_pipeline.sources.blocks_told import BlocksTold, DeliveredTold
from aurora_pipeline.sources.told import (
    BalanceTold,
    CostsTold,
    FeesTold,
    MetaTold,
    Missing,
    PositionsTold,
    RewardsTold,
    TipsTold,
    Told,
)
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.sources.storm.plain import plain

Row = dict[str, Any]
Rows = dict[str, Row]
_WORDS: Final = frozenset({"state", "stakers_state", "reason", "stakers_reason", "absence", "method", "zero_is_proven"})
"""What is said about figures."""
_OF_STAKERS: Final = ("staker_rewards", "gross_rewards")


def rows_of(told: object) -> Rows:
    """The rows of whatever a source tells, with their final figures."""
    match told:
        case Told():
            return {place: row for key, item in told.rows for place, row in _rows(key, item)}
        case DeliveredTold():
            return _delivered(told)
        case AccountMoves():
            return {" ".join(map(str, plain(one).values())): {"moved": True} for one in told.rows}
        case Proposals():
            return {
                key: {
                    "blocks": plain([one for one in slots if not one.is_missed]),
                    "missed": [one.slot for one in slots if one.is_missed] if told.tells_missed else None,
                }
                for key, slots in told.slots.items()
            }
    assert isinstance(told, Mapping)
    return {f"{key} {column}": {"said": amount} for column, said in told.items() for key, amount in said.items()}


def _rows(key: str, item: object) -> list[tuple[str, Row]]:
    """A validator's rows."""
    match item:
        case Missing():
            return []
        case FeesTold() | TipsTold():
            is_final = isinstance(item, TipsTold) or item.state is FigureState.FINAL
            return [(key, _figures(item))] if is_final else []
        case RewardsTold():
            return _rewards(key, item)
        case BalanceTold():
            return [] if item.rewards is None else [(key, _figures(item))]
        case MetaTold():
            return [(key, _figures(item))]
        case PositionsTold():
            return _positions(key, item)
        case CostsTold():
            final = {name: one for name, one in item.costs.items() if one.state is FigureState.FINAL}
            return [(f"{key} {name}", {"amount": one.amount}) for name, one in final.items()]
        case BlocksTold():
            return [
                (f"{key} {number}", plain(block))
                for number, block in item.blocks.items()
                if not isinstance(block, Missing)
            ]
    raise TypeError(f"a source tells a {type(item).__name__}")


def _figures(item: Any) -> Row:
    return {name: value for name, value in plain(item).items() if name not in _WORDS}


def _rewards(key: str, item: RewardsTold) -> list[tuple[str, Row]]:
    own = {name: value for name, value in _figures(item).items() if name != "accounts"}
    stakers = {name: own.pop(name) for name in _OF_STAKERS}
    rows = [(key, own)] if item.state is FigureState.FINAL else []
    rows += [(f"{key} stakers", stakers)] if item.stakers_state is FigureState.FINAL else []
    return rows + [
        (f"{key} {one.account_key}", _figures(one)) for one in item.accounts if one.state is FigureState.FINAL
    ]


def _positions(key: str, item: PositionsTold) -> list[tuple[str, Row]]:
    """Stake accounts, where they are all that there are: else the layer's row is partial."""
    if isinstance(item.accounts, Missing):
        return []
    due = None if item.total is None else item.total.active
    if isinstance(due, int) and sum(int(one.active) for one in item.accounts) != due:
        return []
    return [(f"{key} {one.account_key}", _figures(one)) for one in item.accounts]


def _delivered(told: DeliveredTold) -> Rows:
    if isinstance(told.rows, Missing):
        return {}
    return {f"{one.slot} {one.block_hash}": plain(one) for one in told.rows}
