"""The engine against an oracle in plain fractions that shares no code with it."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline_tests.commissions.conftest import CHAIN, EPOCH, NO_STAKE, pnl_frame, rule, terms

VALIDATORS = ("Va", "Vb", "Wa")
PATTERNS = {None: r".*", "Va": r"Va", "V*": r"V.*", "?a": r".a", "[W]a": r"Wa", "X": r"X"}

amounts = st.one_of(st.none(), st.just(0), st.integers(0, 30), st.integers(0, 10**12), st.integers(0, 10**30))
rates = st.one_of(st.integers(0, 10_000), st.sampled_from([0, 1, 3333, 5000, 9999, 10_000]))
shapes = st.tuples(st.sampled_from(list(PATTERNS)), st.sampled_from(list(Component)), rates, st.booleans())
agreements = st.lists(st.lists(shapes, min_size=1, max_size=5), max_size=4)
revenue = st.fixed_dictionaries({key: st.fixed_dictionaries(dict.fromkeys(Component, amounts)) for key in VALIDATORS})


def _oracle(
    money: dict[str, dict[Component, int | None]], agreed: list[list[tuple[Any, Component, int, bool]]]
) -> dict[tuple[str, str, str], tuple[int | None, bool]]:
    """(agreement, rule, validator) -> (amount, held)."""
    expected: dict[tuple[str, str, str], tuple[int | None, bool]] = {}
    for validator, components in money.items():
        for component, whole in components.items():
            claims: dict[tuple[str, str, str], int | None] = {}
            for a, rules in enumerate(agreed):
                matching = [
                    (r, rate, stacks)
                    for r, (pattern, about, rate, stacks) in enumerate(rules)
                    if about is component and re.fullmatch(PATTERNS[pattern], validator)
                ]
                plain = [item for item in matching if not item[2]][:1]
                for r, rate, _ in plain + [item for item in matching if item[2]]:
                    amount = None if whole is None else math.floor(Fraction(whole) * Fraction(rate, 10_000))
                    claims[f"a{a}", f"r{r}", validator] = amount
            too_much = whole is not None and sum(claim or 0 for claim in claims.values()) > whole
            expected |= {key: (claim, too_much and bool(claim)) for key, claim in claims.items()}
    return expected


@settings(max_examples=300, deadline=None)
@given(money=revenue, agreed=agreements)
def test_commission_lines__any_revenue_and_terms__equal_to_the_oracle_and_conserved(
    money: dict[str, dict[Component, int | None]], agreed: list[list[tuple[Any, Component, int, bool]]]
) -> None:
    rules: dict[str, list[Rule]] = {
        f"a{a}": [
            rule(f"r{r}", about, rate, pattern, stacks) for r, (pattern, about, rate, stacks) in enumerate(entries)
        ]
        for a, entries in enumerate(agreed)
    }
    result = commission_lines(CHAIN, EPOCH, pnl_frame(money), *NO_STAKE, terms(rules))
    lines = result.lines.frame.to_dicts()
    found = {
        (line["agreement_id"], line["rule_key"], line["validator_key"]): (
            None if line["final"] is None else int(line["final"]),
            line["held"],
        )
        for line in lines
    }
    assert found == _oracle(money, agreed)
    assert len(found) == len(lines) == len({line["line_id"] for line in lines})
    assert result.lines.violations == result.allocation.violations == ()
    parts: dict[tuple[str, str], list[int | None]] = {}
    for part in result.allocation.frame.to_dicts():
        amount = None if part["amount"] is None else int(part["amount"])
        parts.setdefault((part["validator_key"], part["component"]), []).append(amount)
    for validator, components in money.items():
        for component, whole in components.items():
            shares = parts[validator, component.value]
            assert shares == [None] if whole is None else sum(share or 0 for share in shares) == whole
            assert all(share is None or share >= 0 for share in shares)
