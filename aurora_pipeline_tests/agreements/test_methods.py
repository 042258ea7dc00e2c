"""What attribution methods measure: every method says it of every component, and SQL asks the same table."""

from __future__ import annotations

from itertools import product

import pytest

from aurora_pipeline.agreements.methods import Measure, measure_of
from aurora_pipeline.agreements.tables import Method
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.statements.current import CURRENT


@pytest.mark.parametrize(("method", "component"), list(product(Method, Component)))
def test_measure_of__each_method_and_component__is_said(method: Method, component: Component) -> None:
    assert measure_of(method, component) in Measure


def test_measures__of_wallets__are_all_but_the_whole() -> None:
    assert {measure for measure in Measure if not measure.is_of_wallets} == {Measure.WHOLE}
    assert {measure for measure in Measure if measure.is_of_rewards} == {Measure.STAKER_REWARDS, Measure.OWN_REWARDS}


def test_a_draft_is_current__methods_that_look_at_no_wallets__are_those_of_the_table() -> None:
    whole = [m for m in Method if all(measure_of(m, one) is Measure.WHOLE for one in Component)]
    assert f"attribution_method NOT IN ({', '.join(repr(str(m)) for m in whole)})" in CURRENT
