"""Terms as values: partners, agreements in force and their ordered rules, and how two sets of terms differ in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aurora_pipeline.agreements.tables import Basis, Method
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.digests import Input


@dataclass(frozen=True)
class Rule:
    """One rule of one version of an agreement."""

    rule_key: str
    rule_order: int
    chain_id: str
    validator_key: str | None
    revenue_component: Component
    attribution_method: Method
    commission_rate_bps: int
    basis: Basis
    stacks: bool

    @property
    def funded_by(self) -> Component:
        """The component that pays what the rule claims."""
        return self.revenue_component

    def as_json(self) -> dict[str, Any]:
        """The rule for the audit log."""
        return asdict(self)


@dataclass(frozen=True)
class Partner:
    """Somebody who is paid."""

    partner_id: str
    name: str


@dataclass(frozen=True)
class AgreementInForce:
    """An ACTIVE agreement with the version of its terms that is in force, its rules in their order."""

    agreement_id: str
    partner_id: str
    version: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Terms:
    """All that was agreed for a chain at an instant, and the decision rows it was read from, for lineage."""

    chain_id: str
    instant: datetime
    partners: tuple[Partner, ...]
    agreements: tuple[AgreementInForce, ...]
    inputs: tuple[Input, ...]


def differences(before: Sequence[Rule], after: Sequence[Rule]) -> list[str]:
    """How the rules changed, one sentence per rule and field; empty when the terms are equal."""
    old, new = ({rule.rule_key: rule for rule in rules} for rules in (before, after))
    words = [f"rule {key} is gone" for key in old if key not in new]
    for key, rule in new.items():
        if key not in old:
            words.append(f"rule {key} is new: {in_words(rule)}")
            continue
        was, now = asdict(old[key]), asdict(rule)
        words += [
            f"rule {key}: {field} {_shown(was[field])} -> {_shown(now[field])}"
            for field in was
            if was[field] != now[field]
        ]
    return words


def in_words(rule: Rule) -> str:
    """A rule as a person would say it."""
    whom = "every validator" if rule.validator_key is None else f"validators {rule.validator_key}"
    addition = ", in addition to other rules" if rule.stacks else ""
    return f"{rule.commission_rate_bps} bps of {rule.revenue_component} of {whom} on {rule.chain_id}{addition}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "every validator" if value is None else str(value)
