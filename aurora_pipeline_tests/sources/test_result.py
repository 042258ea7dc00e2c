"""Every canonical layer: a row for every operated validator, and what separates "pending" from "nobody asked"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, EXECUTION_INCOME
from aurora_pipeline.canonical.balances import canonical_balances
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.canonical.tables import CANONICAL_LAYERS
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import PENDING, UNAVAILABLE, fetch, reference
from aurora_pipeline_tests.gated import broken, schema_violations

VALIDATORS = reference("V", "W")
LAYERS: dict[str, tuple[str, Callable[[Sequence[StagedFetch]], LayerResult]]] = {
    "canonical_validator_fees": ("solana_rpc", lambda fetches: canonical_fees(VALIDATORS, fetches)),
    "canonical_validator_mev": ("jito", lambda fetches: canonical_mev(VALIDATORS, fetches, Bps(309))),
    "canonical_validator_balances": ("beacon_api", lambda fetches: canonical_balances(VALIDATORS, fetches)),
    "canonical_stake_rewards": ("solana_rpc", lambda fetches: canonical_rewards(VALIDATORS, fetches)),
    "canonical_validator_meta": ("stakewiz", lambda fetches: canonical_meta(VALIDATORS, fetches)),
    "canonical_stake_positions": ("solana_rpc", lambda fetches: canonical_positions(VALIDATORS, fetches)),
    "canonical_validator_costs": (
        "solana_rpc",
        lambda fetches: canonical_costs(VALIDATORS, fetches, frame_of(COST_ENTRIES, []), [CostType.VOTE_FEES]),
    ),
}
TABLES = {
    table.name: table
    for table in CANONICAL_LAYERS
    if {"source_fetch", "state"} <= {*table.names} and table not in (EXECUTION_INCOME, ACCOUNT_BALANCES)
}
"""The layers that are read from fetches of one data type; the others are derived from them, or joined from several."""


def test_layers__all_declared__are_tested_here() -> None:
    assert set(LAYERS) == set(TABLES)


@pytest.mark.parametrize("name", LAYERS)
def test_layer__nothing_staged_about_anybody__is_a_violation(name: str) -> None:
    result = LAYERS[name][1]([])
    (violation,) = broken(result)
    assert violation.startswith(f"nothing is known of {name}")
    assert "nothing staged" in violation
    assert sorted(result.frame["validator_key"]) == ["V", "W"]


@pytest.mark.parametrize("state", [PENDING, UNAVAILABLE])
@pytest.mark.parametrize("name", LAYERS)
def test_layer__everything_pending_for_a_stated_reason__is_published_partial_without_figures(
    name: str, state: FigureState
) -> None:
    kind, compute = LAYERS[name]
    result = compute([fetch("any", [], kind=kind, subject=EVERYONE, state=state, reason="not there yet")])
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())
    assert schema_violations(TABLES[name], result.frame) == []
    assert result.frame["state"].to_list() == [state.value] * 2
    assert all("not there yet" in reason for reason in result.frame["reason"])
    for amount in TABLES[name].amounts:
        assert result.frame[amount].null_count() == 2


@pytest.mark.parametrize("name", LAYERS)
def test_layer__fetch_of_an_unknown_kind_of_provider__row_without_figures_that_says_so(name: str) -> None:
    result = LAYERS[name][1]([fetch("any", [], kind="oracle", subject=EVERYONE)])
    assert result.frame["state"].to_list() == ["unavailable"] * 2
    assert all("oracle" in reason for reason in result.frame["reason"])
    for amount in TABLES[name].amounts:
        assert result.frame[amount].null_count() == 2


@pytest.mark.parametrize("name", LAYERS)
def test_layer__validators_own_fetch_beside_one_about_everyone__its_own_counts(name: str) -> None:
    kind, compute = LAYERS[name]
    everyone = fetch("any", [], kind=kind, subject=EVERYONE, state=UNAVAILABLE, reason="of all", fetch_id=1)
    own = fetch("any", [], kind=kind, subject="W", state=PENDING, reason="of W", fetch_id=2)
    rows = {row["validator_key"]: row for row in compute([everyone, own]).frame.to_dicts()}
    assert (rows["V"]["state"], rows["V"]["source_fetch"]) == ("unavailable", 1)
    assert (rows["W"]["state"], rows["W"]["source_fetch"]) == ("pending", 2)
