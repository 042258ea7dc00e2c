"""Validators in the states at a window's ends: one that a state leaves out is named, and its stake is not 0."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.ask import BeaconApi
from aurora_pipeline.sources.beacon.tells import balances, positions
from aurora_pipeline.sources.told import Missing, StagedFetches
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.devchain.ask import SmallChain
from aurora_pipeline_tests.devchain.scopes import scope
from aurora_pipeline_tests.devchain.server import pubkeys
from aurora_pipeline_tests.devchain.staged import reference

LEAVES = "21"
"""The index of a validator that left in the window and was paid out: what counted of it, only the start tells."""


def without(index: str) -> Any:
    """An answer about validators that leaves one out."""
    return lambda told: {**told, "data": [one for one in told["data"] if one["index"] != index]}


def fetched(role: DataType, **spoiled: Any) -> StagedFetch:
    names = {"start": questions.START, "end": questions.END}
    ask = SmallChain(spoil={names[end]: change for end, change in spoiled.items()})
    [one] = ask.fetched(BeaconApi("small"), role, scope())
    return one


def as_final(fetch: StagedFetch) -> StagedFetches:
    """The same as a version stored it that did not look."""
    final = StagedFetch(1, fetch.data_type, fetch.provider, fetch.kind, "*", FigureState.FINAL, None, fetch.answers)
    return StagedFetches(reference(), dict.fromkeys(reference().keys, final))


@pytest.mark.parametrize("role", [DataType.POSITIONS, DataType.REWARDS])
def test_fetch__a_state_at_the_start_without_one_that_was_active__names_it_and_is_not_final(role: DataType) -> None:
    assert fetched(role).state is FigureState.FINAL
    one = fetched(role, start=without(LEAVES))
    assert one.state is FigureState.PENDING
    assert f"of validator {pubkeys()[LEAVES]} at the start, though it was active by then" in str(one.reason)


def test_positions__of_such_a_state__no_stake_of_0() -> None:
    rows = dict(positions(as_final(fetched(DataType.POSITIONS, start=without(LEAVES)))).rows)
    assert isinstance(rows[pubkeys()[LEAVES]].accounts, Missing)


def test_balances__of_such_a_state__are_not_told() -> None:
    told = dict(balances(as_final(fetched(DataType.REWARDS, start=without(LEAVES)))).rows)
    assert isinstance(told[pubkeys()[LEAVES]], Missing)


@pytest.mark.parametrize("role", [DataType.META, DataType.POSITIONS])
def test_fetch__an_answer_that_cannot_be_read__is_not_final(role: DataType) -> None:
    one = fetched(role, end=lambda told: {**told, "data": {}})
    assert (one.state, "expected a list" in str(one.reason)) == (FigureState.PENDING, True)
