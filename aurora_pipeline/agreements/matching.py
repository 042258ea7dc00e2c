"""Which rules of an agreement pay for a validator's component."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import translate
from functools import lru_cache

from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.pnl.tables import Component


def paying_rules(rules: Sequence[Rule], chain_id: str, validator_key: str, component: Component) -> Iterator[Rule]:
    """The first rule in order that matches and does not stack, and every stacking rule that matches.

    A match needs validator and component only: a rule whose base turns out to be zero is used up all the same.
    """
    is_paid = False
    for rule in sorted(rules, key=lambda rule: rule.rule_order):
        if rule.revenue_component is not component or not matches(rule, chain_id, validator_key):
            continue
        if rule.stacks:
            yield rule
        elif not is_paid:
            is_paid = True
            yield rule


def validators_paid_for(
    rules: Sequence[Rule], chain_id: str, validators: Sequence[str]
) -> list[tuple[Rule, list[str]]]:
    """`paying_rules` for many validators at once: each rule in order with the validators that it pays for."""
    used: dict[Component, set[str]] = {component: set() for component in Component}
    found: list[tuple[Rule, list[str]]] = []
    for rule in sorted(rules, key=lambda rule: rule.rule_order):
        matched = matching(rule, chain_id, validators)
        if not rule.stacks:
            matched = [key for key in matched if key not in used[rule.revenue_component]]
            used[rule.revenue_component].update(matched)
        found.append((rule, matched))
    return found


def matches(rule: Rule, chain_id: str, validator_key: str) -> bool:
    """Whether a rule is about a validator: by exact key, by glob (case counts), or because it is about all."""
    if rule.chain_id is not None and rule.chain_id != chain_id:
        return False
    key = rule.validator_key
    if key is None or key == validator_key:
        return True
    return is_glob(key) and _pattern(key).match(validator_key) is not None


def matching(rule: Rule, chain_id: str, validators: Sequence[str]) -> list[str]:
    """Those of many validators that a rule is about, in their order."""
    if rule.chain_id is not None and rule.chain_id != chain_id:
        return []
    key = rule.validator_key
    if key is None:
        return list(validators)
    if not is_glob(key):
        return [key] if key in validators else []
    match = _pattern(key).match
    return [validator for validator in validators if match(validator) or validator == key]


@lru_cache(maxsize=10_000)
def is_glob(validator: str) -> bool:
    """Whether a validator is named by a pattern, not by its key."""
    return any(letter in validator for letter in "*?[")


@lru_cache(maxsize=10_000)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))
