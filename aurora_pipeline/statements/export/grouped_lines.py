"""The lines of a statement as its pages group them: by validator, then by component, rule and kind, with sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.said_amounts import said_in_coins
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.statements.documents import Row

_ALL: Final = "All validators of the rule"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Coin:
    """How amounts are said."""

    unit: str
    decimals: int
    said: Callable[[Amount | None], str]
    """With every decimal, or that it is not known."""
    short: Callable[[Amount], str]
    """Without zeros at its end."""


def counted(lines: Sequence[Row]) -> Amount:
    """What lines add to the statement: those that are held or not known count 0."""
    return total([Amount(line["final"]) for line in lines if line["final"] is not None and not line["held"]])


def validators(lines: Sequence[Row], coin: Coin) -> list[Json]:
    """Each validator with its lines, grouped, and their sum; in the order of the lines."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in lines:
        groups[line["validator_name"] or "", line["validator_key"]].append(line)
    return [
        {
            "name": name or key or _ALL,
            "key": key if name else "",
            "sum": coin.said(counted(every)),
            "parts": [_part(part, coin) for part in _parts(every)],
        }
        for (name, key), every in groups.items()
    ]


def components(lines: Sequence[Row]) -> list[str]:
    """The components that lines are of, in the order of their names."""
    return sorted({line["component"] for line in lines})


def summary(lines: Sequence[Row], coin: Coin) -> list[list[str]]:
    """Per validator what its lines come to by component and together, and at the end the same of all."""
    columns = components(lines)
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for line in lines:
        groups[line["validator_name"] or line["validator_key"] or _ALL, line["validator_key"]].append(line)
    rows = [[name, *_sums(every, columns, coin)] for (name, _), every in groups.items()]
    return [*rows, ["All", *_sums(lines, columns, coin)]]


def _sums(lines: Sequence[Row], columns: Sequence[str], coin: Coin) -> list[str]:
    by_component = [[line for line in lines if line["component"] == column] for column in columns]
    return [*(coin.said(counted(every)) if every else "" for every in by_component), coin.said(counted(lines))]


def _parts(lines: Sequence[Row]) -> Iterator[list[Row]]:
    groups: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for line in lines:
        groups[line["component"], line["agreement_id"], line["rule_key"], line["kind"]].append(line)
    yield from groups.values()


def _part(lines: Sequence[Row], coin: Coin) -> Json:
    first = lines[0]
    versions = sorted({line["agreement_version"] for line in lines})
    return {
        "component": first["component"],
        "kind": "" if first["kind"] == "LINE" else first["kind"],
        "rule": f"{first['agreement_id']}/{first['rule_key']}",
        "version": ", ".join(map(str, versions)),
        "sum": coin.said(counted(lines)),
        "rows": [_row(line, coin) for line in lines],
    }


def _row(line: Row, coin: Coin) -> Json:
    return {
        "epoch": str(line["epoch"]),
        "of": coin.said(line["revenue"]) if line["revenue"] is not None else "",
        "weight": _weight(line, coin),
        "base": coin.said(line["base"]),
        "rate": rate(line["rate_bps"]) if line["kind"] == "LINE" else "",
        "amount": coin.said(line["final"]),
        "mark": _mark(line),
        "more": "; ".join(_more(line, coin)),
    }


def rate(bps: int | None) -> str:
    """A flat rate in percent; tiers have none."""
    return "tiers" if bps is None else f"{bps // 100}.{bps % 100:02d} %"


def _mark(line: Row) -> str:
    if line["held"]:
        return "held"
    return "missing" if line["final"] is None else "overridden" if line["override"] is not None else ""


def _more(line: Row, coin: Coin) -> Iterator[str]:
    """What else made the line's amount: wallet, costs, losses, its wallet's part, the override, why it counts 0."""
    if line["wallet_address"]:
        yield f"wallet {line['wallet_address']}"
    if line["costs"] is not None:
        yield f"less costs {coin.short(line['costs'])}"
    if line["loss_before"] is not None:
        yield f"loss carried in {coin.short(line['loss_before'])}"
    if line["wallet_weight"] is not None:
        yield f"the wallet's part {coin.short(line['wallet_weight'])}"
    if line["override"] is not None:
        yield f"overridden: computed {coin.said(line['computed'])}"
    if line["reason"] and (_mark(line) in ("held", "missing") or line["state"] != "final"):
        why = "held" if line["held"] else line["state"]
        yield f"{why}: {said_in_coins(line['reason'], coin.decimals, coin.unit)}"


def _weight(line: Row, coin: Coin) -> str:
    """What the partner's wallets have on the validator, of what all have."""
    if line["weight"] is None or line["weight_whole"] is None or line["kind"] != "LINE":
        return ""
    return f"{coin.short(line['weight'])} of {coin.short(line['weight_whole'])}"
