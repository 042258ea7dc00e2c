"""Staging's decisions: who is asked, which sample counts, which outcome is kept."""

from __future__ import annotations

import pytest

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Fetched, ValidatorAsked
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.staging.plan import (
    NOT_OBSERVED,
    Observation,
    ProviderOutcome,
    as_fallback,
    kept,
    lacking,
    observations_that_count,
    replaced,
    states_that_count,
    still_to_ask,
    tally,
    unresolved,
    with_not_observed,
    with_what_others_said,
    worth_recording,
)
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.tables import Verdict
from aurora_pipeline_tests.asking.asked import answer_to

FINAL, PENDING, PARTIAL, UNAVAILABLE = (
    FigureState.FINAL,
    FigureState.PENDING,
    FigureState.PARTIAL,
    FigureState.UNAVAILABLE,
)
A, B = ValidatorAsked("a", None), ValidatorAsked("b", None)
ANSWER: Answer = answer_to(questions.epoch_info(), {})


def outcome(
    subject: str, state: FigureState, provider: str = "one", other: bool = False, heard: bool = True
) -> ProviderOutcome:
    return ProviderOutcome(provider, "kind", Fetched(subject, state, "why", (ANSWER,) if heard else (), other))


@pytest.mark.parametrize(
    ("states", "refetch", "expected"),
    [
        ({}, False, ["a", "b"]),
        ({"a": FINAL}, False, ["b"]),
        ({"a": FINAL, "b": FINAL}, False, []),
        ({"a": FINAL, "b": FINAL}, True, ["a", "b"]),
        ({"a": PARTIAL, "b": PENDING}, False, ["a", "b"]),
        ({"a": UNAVAILABLE}, False, ["a", "b"]),
        ({EVERYONE: FINAL}, False, []),
        ({EVERYONE: FINAL}, True, ["a", "b"]),
        ({EVERYONE: PENDING}, False, ["a", "b"]),
    ],
)
def test_still_to_ask__states__only_what_is_not_final(
    states: dict[str, FigureState], refetch: bool, expected: list[str]
) -> None:
    assert [one.validator_key for one in still_to_ask([A, B], states, refetch)] == expected


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        (outcome("a", PENDING), outcome("a", FINAL, "two"), "two"),
        (outcome("a", FINAL), outcome("a", FINAL, "two"), "one"),
        (outcome("a", PARTIAL), outcome("a", PENDING, "two"), "one"),
        (outcome("a", UNAVAILABLE), outcome("a", PENDING, "two"), "two"),
        (outcome("a", PENDING, other=True, heard=False), outcome("a", PENDING, "two"), "two"),
        (outcome("a", PENDING), outcome("a", PENDING, "two", other=True, heard=False), "one"),
    ],
)
def test_kept__two_providers__the_one_that_says_more(
    first: ProviderOutcome, second: ProviderOutcome, winner: str
) -> None:
    assert kept([first, second])["a"].provider == winner


def test_unresolved__who_needs_the_next_provider() -> None:
    best = kept([outcome("a", PENDING)])
    assert unresolved([A, B], best) == (B,)
    assert unresolved([A, B], kept([outcome("a", UNAVAILABLE, other=True)])) == (A, B)
    assert unresolved([A, B], kept([outcome(EVERYONE, FINAL)])) == ()


@pytest.mark.parametrize(
    ("found", "earlier", "expected"),
    [
        (outcome("a", PENDING, other=True, heard=False), None, True),
        (outcome("a", PENDING, other=True, heard=False), UNAVAILABLE, False),
        (outcome("a", PENDING), PARTIAL, False),
        (outcome("a", PARTIAL), PARTIAL, True),
        (outcome("a", UNAVAILABLE), PENDING, True),
        (outcome("a", FINAL), FINAL, True),
    ],
)
def test_worth_recording__never_takes_away_what_is_known(
    found: ProviderOutcome, earlier: FigureState | None, expected: bool
) -> None:
    assert worth_recording(found, earlier) is expected


def seen(number: int, provider: str, slot: int, subject: str = "a") -> Observation:
    return Observation(number, provider, "kind", subject, slot, ())


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        ([seen(1, "one", 100), seen(2, "one", 150)], 2),
        ([seen(2, "one", 150), seen(1, "one", 100)], 2),
        ([seen(1, "one", 150), seen(2, "one", 150)], 2),
        ([seen(1, "one", 100), seen(2, "two", 150)], 1),
        ([seen(1, "two", 100), seen(2, "one", 90)], 1),
        ([seen(1, "two", 150), seen(2, "one", 100)], 2),
        ([seen(1, "one", 100), seen(2, "one", 200)], 1),
        ([seen(1, "one", 99), seen(2, "two", 199)], 2),
        ([seen(1, "gone", 120)], 1),
        ([seen(1, "gone", 120), seen(2, "two", 100)], 2),
        ([], None),
    ],
)
def test_observations_that_count__last_inside_the_period_of_the_first_provider(
    observations: list[Observation], expected: int | None
) -> None:
    best = observations_that_count(observations, ["one", "two"], 100, 199)
    assert (best["a"].observation_id if best else None) == expected


def test_tally__states__counted_by_name() -> None:
    assert tally([FINAL, PENDING, FINAL]) == {"final": 2, "pending": 1}


PROMISES = {"jito": frozenset({"PRIORITY_FEE_SHARING"}), "archive": frozenset({"NETWORK_FEE"})}


@pytest.mark.parametrize(
    ("first", "fallback", "state", "reason"),
    [
        (
            outcome("a", PENDING, "jito", True),
            "trillium",
            PARTIAL,
            "AWAITED: trillium does not tell PRIORITY_FEE_SHARING; why",
        ),
        (outcome(EVERYONE, UNAVAILABLE, "archive", True), "node", PARTIAL, "node does not tell NETWORK_FEE; why"),
        (outcome("a", PENDING, "jito", True), "jito", FINAL, "why"),
        (outcome("b", PENDING, "jito", True), "trillium", FINAL, "why"),
        (outcome("a", PENDING, "node", True), "trillium", FINAL, "why"),
    ],
    ids=["late", "cannot tell", "tells it too", "about another", "promised nothing"],
)
def test_as_fallback__says_less_than_the_one_before_promised__partial(
    first: ProviderOutcome, fallback: str, state: FigureState, reason: str
) -> None:
    answered = as_fallback(outcome("a", FINAL, fallback), [first], PROMISES).fetched
    assert (answered.state, answered.reason) == (state, reason)
    assert answered.verdict is (Verdict.AWAITS_MORE if reason.startswith("AWAITED") else Verdict.TOLD)


def test_as_fallback__tells_nothing_itself__stays_what_it_is() -> None:
    pending = outcome("a", PENDING, "trillium", True)
    assert as_fallback(pending, [outcome("a", PENDING, "jito", True)], PROMISES) is pending


def said(subject: str, state: FigureState, provider: str, reason: str | None) -> ProviderOutcome:
    return ProviderOutcome(provider, "kind", Fetched(subject, state, reason, (), True))


NOBODY = ("node", "solana_rpc")


def told_of(outcomes: list[ProviderOutcome]) -> list[tuple[str, str, FigureState, str | None]]:
    return [(one.provider, one.fetched.subject, one.fetched.state, one.fetched.reason) for one in outcomes]


def test_with_not_observed__an_archive_told_some__the_others_were_not_observed() -> None:
    archive = said("a", FINAL, "books", None)
    assert told_of(with_not_observed("positions", (A, B), [archive], NOBODY)) == [
        ("books", "a", FINAL, None),
        ("node", "b", UNAVAILABLE, NOT_OBSERVED),
    ]
    # Even where they are observed together, one word about everybody would contradict what an archive told.
    assert told_of(with_not_observed("meta", (A, B), [archive], NOBODY))[1:] == [
        ("node", "b", UNAVAILABLE, NOT_OBSERVED)
    ]


def test_with_not_observed__nobody_told_anything__said_once_of_each_subject() -> None:
    assert told_of(with_not_observed("meta", (A, B), [], NOBODY)) == [("node", EVERYONE, UNAVAILABLE, NOT_OBSERVED)]
    assert [one[1] for one in told_of(with_not_observed("positions", (A, B), [], NOBODY))] == ["a", "b"]


def test_with_not_observed__an_archive_could_not_tell_either__both_reasons_and_nobody_else_is_named() -> None:
    outcomes = [said(EVERYONE, UNAVAILABLE, "books", "there is no file")]
    assert told_of(with_not_observed("meta", (A, B), outcomes, NOBODY)) == [
        ("books", EVERYONE, UNAVAILABLE, f"{NOT_OBSERVED}; there is no file")
    ]


def test_with_what_others_said__nobody_could_tell__every_reason_once_the_kept_one_first() -> None:
    outcomes = [
        said("a", UNAVAILABLE, "books", "there is no file fees842.csv"),
        said("a", PENDING, "node", "its identity is not known"),
        said("a", UNAVAILABLE, "other", "there is no file fees842.csv"),
        said("b", UNAVAILABLE, "books", "another validator's"),
    ]
    told = with_what_others_said(kept(outcomes), outcomes)
    assert told["a"].provider == "node"
    assert told["a"].fetched.reason == "its identity is not known; there is no file fees842.csv"
    assert told["b"].fetched.reason == "another validator's"


def test_with_what_others_said__two_archives_of_what_nobody_observed__that_is_said_once() -> None:
    outcomes = [
        said(EVERYONE, UNAVAILABLE, "reports", f"{NOT_OBSERVED}; reports does not list it"),
        said(EVERYONE, UNAVAILABLE, "books", f"{NOT_OBSERVED}; there is no file"),
    ]
    told = with_what_others_said(kept(outcomes), outcomes)
    assert told[EVERYONE].fetched.reason == f"{NOT_OBSERVED}; reports does not list it; there is no file"


def test_lacking__each_validator_has_a_word_of_its_own__that_about_everybody_is_none() -> None:
    everybody, a = said(EVERYONE, UNAVAILABLE, "books", "there is no file"), said("a", FINAL, "reports", None)
    best, states = kept([everybody, a]), {EVERYONE: UNAVAILABLE, "a": FINAL}
    assert lacking(best, states_that_count((A,), states)) == {}
    assert lacking(best, states_that_count((A, B), states)) == {"unavailable: there is no file": 1}


def test_with_what_others_said__the_kept_one_said_nothing__the_others_words_alone() -> None:
    outcomes = [said("a", PARTIAL, "books", None), said("a", UNAVAILABLE, "node", "it has no such validator")]
    told = with_what_others_said(kept(outcomes), outcomes)
    assert told["a"].fetched.reason == "it has no such validator"


def test_with_what_others_said__one_could_tell__its_own_word_alone() -> None:
    outcomes = [said("a", UNAVAILABLE, "books", "no file"), said("a", FINAL, "node", None)]
    assert with_what_others_said(kept(outcomes), outcomes)["a"].fetched.reason is None


def test_replaced__fallbacks_that_answered__named_with_the_reason_and_counted() -> None:
    outcomes = [
        said("a", PENDING, "kobe", "no JSON"),
        said("b", PENDING, "kobe", "no JSON"),
        said("c", FINAL, "kobe", None),
        said("d", PENDING, "kobe", "no JSON"),
        said("a", FINAL, "trillium", "FORMULA"),
        said("b", FINAL, "trillium", "FORMULA"),
        said("d", UNAVAILABLE, "trillium", "not listed"),
    ]
    assert replaced(kept(outcomes), outcomes) == ("trillium instead of kobe (no JSON): 2",)
