"""Whole epochs with something left out, doubled or mistyped in one answer: the same figures, or none; never others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest

from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.pnl.test_against_the_simulator import PROTOCOL_FEE_BPS, Epoch

SMALL = Parameters(seed=5, validators=6, stake_accounts=50, slots_per_epoch=120)
EPOCH = Epoch(851, SMALL)
FIGURES = ("fees", "total_tips", "validator_tips", "commission", "staker_rewards", "gross_rewards", "amount")
STAKES = ("active_stake", "activating_stake", "deactivating_stake")
WRONG: tuple[object, ...] = (None, "", [], {}, True, -1, 0.5)
"""What stands in the place of a value, and is of another type, or no value at all."""

Path = tuple[str | int, ...]
Layer = Callable[[Sequence[StagedFetch]], LayerResult]


@cache
def layers() -> dict[str, tuple[list[StagedFetch], Layer]]:
    """Per layer a good epoch's fetches, and what computes them."""
    observed, before = EPOCH.observed(), EPOCH.observed_before()
    return {
        "fees": (EPOCH.staged_fees(), lambda staged: canonical_fees(EPOCH.reference, staged)),
        "mev": (EPOCH.staged_mev(), lambda staged: canonical_mev(EPOCH.reference, staged, Bps(PROTOCOL_FEE_BPS))),
        "rewards": (
            EPOCH.staged_rewards(),
            lambda staged: canonical_rewards(EPOCH.reference, staged, [observed, before]),
        ),
        "positions": (EPOCH.staged_positions(), lambda staged: canonical_positions(EPOCH.reference, staged)),
        "vote fees": (EPOCH.staged_costs(), EPOCH.costs_of),
        "shared fees": (EPOCH.staged_mev(), lambda staged: EPOCH.costs_of([], staged)),
    }


@cache
def good(layer: str) -> dict[Path, dict[str, object]]:
    staged, compute = layers()[layer]
    return figures(compute(staged))


def figures(result: LayerResult) -> dict[Path, dict[str, object]]:
    """Amounts with their states by row, those that are final."""
    found: dict[Path, dict[str, object]] = {}
    for row in result.frame.to_dicts():
        key = (
            row["validator_key"],
            *(str(row[name]) for name in ("row_kind", "account_key", "entry_type") if name in row),
        )
        stakers = row.get("stakers_state") or row["state"]
        states = {"staker_rewards": stakers, "gross_rewards": stakers}
        named = [name for name in (*FIGURES, *STAKES) if name in row]
        found[key] = {name: row[name] for name in named if states.get(name, row["state"]) == "final"}
    return found


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every value inside an answer stands."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        yield from places(item, (*path, name))


def changed(body: Any, path: Path, how: object) -> Any:
    """The answer with one place dropped, doubled, or with something else in it."""
    *above, last = path
    holder = body
    for name in above:
        holder = holder[name]
    if how == "drop":
        del holder[last]
    elif how == "double":
        holder[last:last] = [holder[last]]
    elif how == "cut":
        del holder[last:]
    else:
        holder[last] = how
    return body


def mutants(staged: Sequence[StagedFetch], rounds: int, seed: int) -> Iterator[tuple[str, list[StagedFetch]]]:
    """Fetches with one answer changed in one place; lists and single values are struck equally often."""
    random = Random(seed)
    for _ in range(rounds):
        number = random.randrange(len(staged))
        position = random.randrange(len(staged[number].answers))
        answer = staged[number].answers[position]
        body = json.loads(answer.body)
        found = list(places(body.get("result", body) if isinstance(body, dict) else body))
        prefix: Path = ("result",) if isinstance(body, dict) and "result" in body else ()
        depth = random.choice(sorted({len(path) for path in found})) if found else 0
        path = (*prefix, *random.choice([one for one in found if len(one) == depth] or [()]))
        if not path:
            continue
        how = random.choice(("drop", *(("double", "cut") if isinstance(path[-1], int) else ()), *WRONG))
        said = f"{staged[number].subject} {answer.request_key} {path}: {how!r}"
        struck = replace(answer, body=json.dumps(changed(body, path, how)).encode())
        # Equal answers of several fetches are one answer that came once.
        yield (
            said,
            [
                replace(
                    one,
                    answers=tuple(struck if told.request_key == answer.request_key else told for told in one.answers),
                )
                for one in staged
            ],
        )


@pytest.mark.parametrize(
    ("layer", "rounds"),
    [("fees", 400), ("mev", 500), ("rewards", 200), ("positions", 250), ("vote fees", 60), ("shared fees", 300)],
)
def test_epoch__one_answer_lacks_something__same_figures_or_none(layer: str, rounds: int) -> None:
    staged, compute = layers()[layer]
    expected = good(layer)
    assert any(any(row.values()) or "amount" in row for row in expected.values())
    for said, struck in mutants(staged, rounds, seed=20_261_126):
        for key, row in figures(compute(struck)).items():
            known = expected.get(key, {})
            told = {name: amount for name, amount in row.items() if amount is not None}
            wrong = {name: (amount, known.get(name)) for name, amount in told.items() if amount != known.get(name)}
            assert not wrong, f"{said} made {key} final with {wrong}"
