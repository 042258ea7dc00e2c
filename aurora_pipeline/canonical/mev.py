"""MEV tips per validator: its own part as told, checked by the formula, which is also the marked fallback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurora_pipeline.asking.adapter import NOT_PARTICIPATING
from aurora_pipeline.canonical.believed import believed
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.canonical.tables import MEV
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import share_bps
from aurora_pipeline.foundation.units import Amount, Bps
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import Missing, TipsTold
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

PAYMENTS: Final = "PAYMENTS"
"""The method of tips that are added up from what builders paid in blocks."""
_SPLIT: Final = ("total_tips", "validator_tips", "protocol_tips", "staker_tips")


def canonical_mev(reference: Reference, fetches: Sequence[StagedFetch], protocol_fee_bps: Bps) -> LayerResult:
    """One row per operated validator. `protocol_fee_bps` is the share that held at the period's last instant."""
    told = heard(reference, fetches, DataType.MEV, lambda source: source.tells.mev)
    found: dict[str, Row] = {}
    warnings: list[str] = []
    for key, fetch, item in told:
        row, odd = _row(fetch, item, protocol_fee_bps)
        found[key] = reference.row(key) | row
        warnings += [f"{key}: {words}" for words in odd]
    rows = [found[key] for key in reference.keys]
    return layer_result(
        MEV,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        warnings=[*warnings, *told.warnings],
    )


def mev_of_blocks(reference: Reference, validators: Sequence[Row], fetches: Sequence[StagedFetch] = ()) -> LayerResult:
    """The same where tips are what builders paid: the rows of what all blocks of each validator paid it.

    Where blocks do not tell them, what a source of the operator's says of the whole period counts (`fetches`).
    """
    told = {row["validator_key"]: row for row in validators}
    said = {key: _whole(row) for key, row in _said(reference, fetches).items()}
    rows = [
        {
            **reference.row(key),
            **(_of_blocks(told[key]) if told[key]["mev"] is not None or key not in said else said[key]),
        }
        for key in reference.keys
        if key in told
    ]
    return layer_result(
        MEV,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
    )


def _said(reference: Reference, fetches: Sequence[StagedFetch]) -> dict[str, Row]:
    """What sources say of the tips of validators that they are asked about one by one."""
    spoken_of = {fetch.subject for fetch in fetches}
    told = heard(reference, fetches, DataType.MEV, lambda source: source.tells.mev) if fetches else ()
    return {key: _row(fetch, item, Bps(0))[0] for key, fetch, item in told if key in spoken_of}


def _whole(row: Row) -> Row:
    """Tips of which nobody has a share: all of them are the validator's, and no tree or formula made them."""
    if row["state"] != FigureState.FINAL or row.get("total_tips") is not None:
        return row
    return row | {"total_tips": row["validator_tips"], "protocol_tips": 0, "staker_tips": 0, "method": None}


def _of_blocks(told: Row) -> Row:
    row: Row = {"state": told["mev_state"], "reason": told["mev_reason"], "source_fetch": told["source_fetch"]}
    tips = told["mev"]
    if tips is None:
        return row
    return row | {
        "total_tips": tips,
        "validator_tips": tips,
        "protocol_tips": 0,
        "staker_tips": 0,
        "method": PAYMENTS,
    }


def _row(fetch: StagedFetch | None, told: TipsTold | Missing, protocol_fee_bps: Bps) -> tuple[Row, list[str]]:
    source = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    if isinstance(told, Missing):
        return source | told.columns, []
    if not told.took_part:
        return source | _nothing_earned(), []
    if told.validator is None and None in (told.total, told.commission_bps):
        return source | missing(fetch, "neither its tips are told, nor what they follow from").columns, []
    said: Row = {
        "total_tips": told.total,
        "validator_tips": told.validator,
        "mev_commission_bps": told.commission_bps,
    }
    held = believed(MEV, said, tuple(said), fetch)
    if held is not said:
        return source | held, []
    if told.validator is not None and told.total is not None and told.validator > told.total:
        return source | missing(fetch, _more_than_all(told.validator, told.total)).columns, []
    row, odd = _shared(told, protocol_fee_bps)
    return source | row | {"state": FigureState.FINAL.value} | ({"reason": told.reason} if told.reason else {}), odd


def _nothing_earned() -> Row:
    amounts = dict.fromkeys(_SPLIT, 0)
    return {**amounts, "method": NOT_PARTICIPATING, "state": FigureState.FINAL.value, "reason": NOT_PARTICIPATING}


def _more_than_all(validator: Amount, total_tips: Amount) -> str:
    return f"its node claims {validator}, more than the tree's total {total_tips}"


def _shared(told: TipsTold, protocol_fee_bps: Bps) -> tuple[Row, list[str]]:
    """The total split in three, and what is odd about it; the parts always add up to the total.

    Where total or commission are not told, the other parts do not follow from the validator's own.
    """
    total_tips, commission_bps = told.total, told.commission_bps
    row: Row = {"total_tips": total_tips, "mev_commission_bps": commission_bps}
    if total_tips is None or commission_bps is None:
        return row | {"validator_tips": told.validator, "method": "NODE"}, []
    formula = formula_tips(total_tips, commission_bps, protocol_fee_bps)
    odd: list[str] = []
    if told.validator is None:
        reason = f"FORMULA: computed from total and commission, because {told.absence}"
        odd.append(reason)
        row |= {"method": "FORMULA", "reason": reason}
    else:
        row["method"] = "NODE"
        if told.validator != formula:
            odd.append(
                f"its node in the tip tree is {told.validator}, the formula gives {formula}"
                f" (total {total_tips}, commission {commission_bps} bps, protocol {protocol_fee_bps} bps)"
            )
    validator = formula if told.validator is None else told.validator
    protocol = min(share_bps(total_tips, protocol_fee_bps), total_tips - validator)
    parts = {"validator_tips": validator, "protocol_tips": protocol, "staker_tips": total_tips - protocol - validator}
    return row | parts, odd


def formula_tips(total_tips: Amount, commission_bps: Bps, protocol_fee_bps: Bps) -> Amount:
    """floor(total * commission), cut to total - protocol where both together exceed the total."""
    protocol = share_bps(total_tips, protocol_fee_bps)
    return min(share_bps(total_tips, commission_bps), total_tips - protocol)
