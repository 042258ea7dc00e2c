"""A line's amount as one line of arithmetic that a person can redo with a calculator; derived when read, not stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aurora_pipeline.commissions.tables import LineKind


def formula(line: Mapping[str, Any]) -> str:
    """How a row of partner_commission_lines came to its amount, like `floor(800000000 x 500 / 10000) = 40000000`.

    Sharing is by largest remainder: `60 of 101 share 10 -> 6` is the floor of 10 x 60 / 101, or one unit more.
    """
    steps = [_base(line), *_amount(line), *_wallet(line)]
    text = "; ".join(step for step in steps if step)
    if line["computed"] is None:
        return f"{text}: {line['reason']}"
    if line["override"] is not None:
        text += f", overridden with {_number(line['override'])}"
    return f"{text}, held" if line["held"] else text


def _base(line: Mapping[str, Any]) -> str:
    """How the base follows from the component; nothing where it is the component, as P&L has it, or a cut's."""
    if line["base"] is None or line["kind"] != LineKind.LINE:
        return ""
    base, weight, whole = (line.get(name) for name in ("base", "weight", "weight_whole"))
    source = _number(line.get("revenue"))
    if line.get("costs") is not None:
        losses = "" if line.get("loss_before") is None else f" - {_number(line['loss_before'])}"
        source = f"max(0, {source} - {_number(line['costs'])}{losses})"
        if weight is None:
            return f"base {source} = {_number(base)}"
    if weight is None:
        return ""
    if whole is None:
        return f"base = {_number(weight)} {line['weighted_by']}"
    if int(whole) == 0:
        return f"base = 0: no {line['weighted_by']}"
    return f"base floor({source} x {_number(weight)} / {_number(whole)}) = {_number(base)}"


def _amount(line: Mapping[str, Any]) -> list[str]:
    """The validator's amount."""
    if line["kind"] == LineKind.FLOOR_TOP_UP:
        return [line["rule_trace"] or "top-up"]
    amount = _number(line["computed"] if line.get("validator_amount") is None else line["validator_amount"])
    base = line["component"] if line["base"] is None else _number(line["base"])
    if line.get("rule_trace") is None:
        flat = f"floor({base} x {line['rate_bps']} / 10000)"
        return [flat if line["computed"] is None else f"{flat} = {amount}"]
    if line["computed"] is None:
        return [f"{line['rule_trace']} without {base}"]
    return [
        line["rule_trace"],
        f"{base} of {_number(line['rule_base'])} share {_number(line['rule_amount'])} -> {amount}",
    ]


def _wallet(line: Mapping[str, Any]) -> list[str]:
    """The wallet's part of the validator's amount."""
    if line.get("validator_amount") is None:
        return []
    whole = line["base"] if line["kind"] == LineKind.CAP_REDUCTION else line["weight"]
    return [
        f"{_number(line['wallet_weight'])} of {_number(whole)} share {_number(line['validator_amount'])}"
        f" -> {_number(line['computed'])}"
    ]


def _number(value: Any) -> str:
    return "?" if value is None else str(int(value))
