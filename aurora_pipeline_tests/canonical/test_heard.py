"""A source that says nothing of a validator, or speaks of one twice: neither makes a figure appear or vanish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.contract import Tells
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.sources.told import FeesTold, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.tables import EVERYONE, NO_PROVIDER
from aurora_pipeline_tests.canonical.answers import fetch, reference, row_of
from aurora_pipeline_tests.sources.good import registered
from aurora_pipeline_tests.sources.tally.source import TALLY

ASKED: list[StagedFetches] = []


@pytest.fixture
def telling(request: pytest.FixtureRequest) -> Iterator[None]:
    """A source that tells of just the validators of the test's parameter, one lamport each."""
    keys: Sequence[str] = request.param

    def fees(staged: StagedFetches) -> Told[FeesTold]:
        ASKED.append(staged)
        return Told((key, FeesTold(FigureState.FINAL, fees=Amount(1))) for key in keys)

    ASKED.clear()
    with registered(replace(TALLY, tells=Tells(fees=fees))):
        yield


@pytest.mark.parametrize("telling", [("V",)], indirect=True)
def test_source__leaves_out_a_validator__its_row_says_so_and_is_no_zero(telling: None) -> None:
    result = canonical_fees(reference("V", "W"), [fetch("fees", [], subject=EVERYONE, kind="tally")])
    assert (row_of(result)["fees"], row_of(result)["state"]) == (1, "final")
    row = row_of(result, "W")
    assert (row["fees"], row["state"], row["source_fetch"]) == (None, "unavailable", 7)
    assert row["reason"] == "what reads the answers of the-provider says nothing of it; please report it"


@pytest.mark.parametrize("telling", [("V", "V"), ("V", "X")], indirect=True, ids=["twice", "unasked"])
def test_source__speaks_twice_or_of_a_stranger__nothing_is_computed(telling: None) -> None:
    with pytest.raises(ValueError, match="twice, or without having been asked"):
        canonical_fees(reference("V"), [fetch("fees", [], kind="tally")])


@pytest.mark.parametrize("telling", [("V", "W")], indirect=True)
def test_sources__fetches_of_several_kinds__each_is_asked_once_with_all_of_its_own(telling: None) -> None:
    fetches = [
        fetch("fees", [], subject="V", kind="tally"),
        fetch("fees", [], subject=EVERYONE, kind="tally"),
        fetch("fees", [], subject="N", kind=NO_PROVIDER, state=FigureState.UNAVAILABLE, reason="nobody to ask"),
        fetch("fees", [], subject="O", kind="of old"),
    ]
    result = canonical_fees(reference("V", "N", "W", "O"), fetches)
    (asked,) = ASKED
    assert {key: one.subject for key, one in asked.fetches.items()} == {"V": "V", "W": EVERYONE}
    assert list(result.frame["validator_key"]) == ["V", "N", "W", "O"]
    assert row_of(result, "N")["reason"] == "nobody to ask"
    known = ", ".join(sorted(kind for kind, roles in KINDS.items() if "fees" in roles))
    said = f"answers of kind of old (the-provider) are not read for fees; read are: {known}"
    assert row_of(result, "O")["reason"] == said
