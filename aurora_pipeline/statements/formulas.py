"""How the lines of a statement came about: per rule its terms and the formula of its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aurora_pipeline.statements.documents import Row


def formulas(lines: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Rule, of what, terms and formula: of a flat rate one for all periods, of tiers and clamps each period's."""
    return list(dict.fromkeys(_every(lines)))


def _every(lines: Sequence[Row]) -> Iterator[tuple[str, str, str, str]]:
    """In the order of rules and periods; a flat rule says the same in each of them."""
    for line in sorted(lines, key=_order):
        rule = f"{line['agreement_id']}/{line['rule_key']} version {line['agreement_version']}"
        if line["rule_trace"] is not None:
            yield rule, str(line["epoch"]), _terms(line), f"{line['rule_trace']}{_shared(line)}"
        elif line["rate_bps"] is not None:
            yield rule, "each validator and epoch", _terms(line), f"floor(base x {line['rate_bps']} / 10000)"


def _order(line: Row) -> tuple[str, int, str, int, str]:
    kind = "" if line["kind"] == "LINE" else line["kind"]
    return line["agreement_id"], line["rule_order"], line["rule_key"], line["epoch"], kind


def _terms(line: Row) -> str:
    """What the base is."""
    if line["kind"] != "LINE":
        return str(line["kind"])
    component = line["component"]
    source = component if line["basis"] == "GROSS" else f"max(0, {component} - its costs{_losses(line)})"
    base = f"{source} x weight / all weight" if line["weight"] is not None else source
    return f"{line['attribution_method']}, {line['basis']}: base = {base}"


def _losses(line: Row) -> str:
    return "" if line["loss_before"] is None else " - losses carried on"


def _shared(line: Row) -> str:
    """Whose amount it is before it is shared: that of all the rule's validators."""
    return "" if line["rule_amount"] is None else f", shared by {'amount' if line['kind'] != 'LINE' else 'base'}"
