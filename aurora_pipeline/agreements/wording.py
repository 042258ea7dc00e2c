"""Terms as sentences: a rule as a person would say it, and how rules differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aurora_pipeline.agreements.tables import Basis
from aurora_pipeline.agreements.terms import Clamp, Rule, Tier, Tiers
from aurora_pipeline.agreements.units import ChainUnits
from aurora_pipeline.foundation.units import Amount

Units = Mapping[str, ChainUnits]
Write = Callable[[Amount], str]
"""How an amount is written with its unit."""


def differences(before: Sequence[Rule], after: Sequence[Rule], units: Units) -> list[str]:
    """How the rules changed, one sentence per rule and field; empty when the terms are equal."""
    old, new = ({rule.rule_key: rule for rule in rules} for rules in (before, after))
    words = [f"rule {key} is gone" for key in old if key not in new]
    for key, rule in new.items():
        if key not in old:
            words.append(f"rule {key} is new: {in_words(rule, units)}")
            continue
        was, now = vars(old[key]), vars(rule)
        write_was, write_now = _writing(old[key], units), _writing(rule, units)
        words += [
            f"rule {key}: {field} {_shown(was[field], write_was, field)} -> {_shown(now[field], write_now, field)}"
            for field in was
            if was[field] != now[field]
        ]
    return words


def in_words(rule: Rule, units: Units) -> str:
    """A rule as a person would say it."""
    write = _writing(rule, units)
    whom = "every validator" if rule.validator_key is None else f"validators {rule.validator_key}"
    where = "every chain" if rule.chain_id is None else rule.chain_id
    rate = f"{rule.commission_rate_bps} bps" if rule.tiers is None else _shown(rule.tiers, write)
    how = "" if not rule.measure.is_of_wallets else f" by {rule.attribution_method}"
    net = " less costs" + (" and losses" if rule.carry_losses else "") if rule.basis is Basis.NET else ""
    clamps = [("at least", rule.floor), ("at most", rule.cap)]
    extras = [f", {name} {_shown(clamp, write)}" for name, clamp in clamps if clamp is not None]
    if rule.funding is not rule.revenue_component:
        extras.append(f", paid from {rule.funding}")
    if rule.stacks:
        extras.append(", in addition to other rules")
    if rule.wallet_attribution:
        extras.append(", with a line per wallet")
    return f"{rate} of {rule.revenue_component}{how}{net} of {whom} on {where}{''.join(extras)}"


def _writing(rule: Rule, units: Units) -> Write:
    """Rules with amounts name a chain."""
    return str if rule.chain_id is None else units[rule.chain_id].write


def _shown(value: object, write: Write, field: str = "") -> str:
    match value:
        case None:
            return {"validator_key": "every validator", "chain_id": "every chain"}.get(field, "none")
        case bool():
            return str(value).lower()
        case Tiers():
            return f"{value.mode} over {value.metric} ({', '.join(_shown(step, write) for step in value.steps)})"
        case Tier():
            reach = "above" if value.up_to is None else f"to {write(value.up_to)}"
            return f"{value.rate_bps} bps {reach}"
        case Clamp():
            return f"{write(value.amount)} per {value.window}"
    return str(value)
