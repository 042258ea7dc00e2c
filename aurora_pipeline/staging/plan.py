"""Pure decisions of staging: who still needs asking, which observation counts, which of two outcomes is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aurora_pipeline.asking.adapter import EVERYONE, Fetched, FileTrouble, ValidatorAsked
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import FetchInForce
from aurora_pipeline.store.payloads.tables import NO_PROVIDER, Verdict

NOW_ONLY: Final = frozenset({DataType.POSITIONS.value, DataType.META.value})
"""Data types a chain tells about only while a period runs: they are taken from observations, never asked later."""
TOGETHER: Final = frozenset({DataType.COSTS.value, DataType.META.value})
"""Data types whose answers cover all validators at once, so that their fetches have one subject."""
NOBODY: Final = (NO_PROVIDER, NO_PROVIDER)
"""Name and kind of who is recorded where there was nobody to ask."""
NOT_OBSERVED: Final = "not observed while the period ran"

_SHOWN: Final = 5
_REASONS_SHOWN: Final = 20
_RANK: Final = {
    FigureState.UNAVAILABLE: 0,
    FigureState.PENDING: 1,
    FigureState.PARTIAL: 2,
    FigureState.FINAL: 3,
}


@dataclass(frozen=True)
class Observation:
    """One recorded sample of now-only data."""

    observation_id: int
    provider: str
    kind: str
    subject: str
    slot: int
    payload_ids: tuple[int, ...]


@dataclass(frozen=True)
class ProviderOutcome:
    """What one provider said about one subject."""

    provider: str
    kind: str
    fetched: Fetched

    @property
    def is_unheard(self) -> bool:
        """Whether the provider was down before it said anything about the subject."""
        return self.fetched.other_may_know and not self.fetched.answers

    @property
    def may_come_back(self) -> bool:
        """Whether asking again soon may help: a file does not change by waiting."""
        return self.fetched.file_trouble is None


def checked_by(role: str, provider: str) -> str:
    """The data type under which a cross-checker's answers are stored, apart from those that count."""
    return f"{role}@{provider}"


def part_of(role: str, provider: str) -> str:
    """The data type under which what one provider knows of a role is stored, where each knows a part."""
    return f"{role}+{provider}"


def subjects_of(data_type: str, validators: Sequence[ValidatorAsked], is_part: bool = False) -> tuple[str, ...]:
    """What the fetches of a data type are about; `is_part`: of providers that each know a part of it."""
    if is_part or data_type in TOGETHER:
        return (EVERYONE,)
    return tuple(one.validator_key for one in validators)


def still_to_ask(
    validators: Sequence[ValidatorAsked], states: Mapping[str, FigureState], refetch: bool
) -> tuple[ValidatorAsked, ...]:
    """The validators about whom something is missing; all of them on refetch."""
    if refetch:
        return tuple(validators)
    if states.get(EVERYONE) is FigureState.FINAL:
        return ()
    return tuple(one for one in validators if states.get(one.validator_key) is not FigureState.FINAL)


def kept(outcomes: Iterable[ProviderOutcome]) -> dict[str, ProviderOutcome]:
    """Per subject the outcome that says most; among equals the first, which is that of the provider asked first."""
    best: dict[str, ProviderOutcome] = {}
    for outcome in outcomes:
        known = best.get(outcome.fetched.subject)
        if known is None or _standing(outcome) > _standing(known):
            best[outcome.fetched.subject] = outcome
    return best


def answered_anew(before: Sequence[Fetched], anew: Sequence[Fetched]) -> list[Fetched]:
    """What was learned by asking again; of a provider that went away meanwhile, what was known before."""
    known = {one.subject: one for one in before}
    return [one if one.answers else known.get(one.subject, one) for one in anew]


def with_what_others_said(
    best: Mapping[str, ProviderOutcome], outcomes: Sequence[ProviderOutcome]
) -> dict[str, ProviderOutcome]:
    """The outcomes that are kept; those that lack something also say why the role's other providers did not help."""
    about = _by_subject(outcomes)

    def explained(outcome: ProviderOutcome) -> ProviderOutcome:
        fetched = outcome.fetched
        said = fetched.reason or ""
        others = [
            # That nobody observed it is said once, by the one that is kept.
            one.fetched.reason.removeprefix(f"{NOT_OBSERVED}; " if said.startswith(NOT_OBSERVED) else "")
            for one in about(fetched.subject)
            if one is not outcome and one.fetched.reason
        ]
        told = [text for text in dict.fromkeys(others) if text not in said]
        if fetched.state is FigureState.FINAL or not told:
            return outcome
        return replace(outcome, fetched=replace(fetched, reason="; ".join([said, *told]).lstrip("; ")))

    return {subject: explained(outcome) for subject, outcome in best.items()}


def lacking(best: Mapping[str, ProviderOutcome], counting: Collection[str]) -> dict[str, int]:
    """Why subjects are not final, and how many; `counting` are those whose states count."""
    reasons = Counter(
        f"{one.fetched.state.value}: {one.fetched.reason}"
        for subject, one in best.items()
        # The word about everybody counts no more where each validator has one of its own.
        if subject in counting and one.fetched.state is not FigureState.FINAL
    )
    return dict(reasons.most_common(_REASONS_SHOWN))


def replaced(best: Mapping[str, ProviderOutcome], outcomes: Sequence[ProviderOutcome]) -> tuple[str, ...]:
    """Which providers answered in the place of others that were asked before them, and why, with how many subjects."""
    about = _by_subject(outcomes)
    told = Counter(
        f"{kept_one.provider} instead of {one.provider} ({one.fetched.reason})"
        for subject, kept_one in best.items()
        for one in about(subject)
        if one.provider != kept_one.provider
        and kept_one.fetched.state is FigureState.FINAL
        and one.fetched.state is not FigureState.FINAL
    )
    return tuple(f"{words}: {count}" for words, count in told.items())


def _by_subject(outcomes: Sequence[ProviderOutcome]) -> Callable[[str], list[ProviderOutcome]]:
    """What was learned about a subject, or about everyone, in the order in which it was learned."""
    places: dict[str, list[int]] = {}
    for place, outcome in enumerate(outcomes):
        places.setdefault(outcome.fetched.subject, []).append(place)

    def about(subject: str) -> list[ProviderOutcome]:
        return [outcomes[place] for place in sorted({*places.get(subject, ()), *places.get(EVERYONE, ())})]

    return about


def _standing(outcome: ProviderOutcome) -> tuple[int, bool]:
    return _RANK[outcome.fetched.state], not outcome.is_unheard


def unresolved(validators: Sequence[ValidatorAsked], best: Mapping[str, ProviderOutcome]) -> tuple[ValidatorAsked, ...]:
    """The validators about whom the role's next provider should be asked."""

    def is_open(key: str) -> bool:
        outcome = best.get(key) or best.get(EVERYONE)
        return outcome is None or outcome.fetched.other_may_know

    return tuple(one for one in validators if is_open(one.validator_key))


def with_not_observed(
    data_type: str, validators: Sequence[ValidatorAsked], outcomes: Sequence[ProviderOutcome], nobody: tuple[str, str]
) -> list[ProviderOutcome]:
    """The outcomes of now-only data with those added that nobody observed; `nobody` is who should have (name, kind).

    What an archive could not tell either says first that it was not observed: that is why it was asked.
    """
    told = [
        outcome
        if outcome.fetched.state is FigureState.FINAL
        else replace(outcome, fetched=replace(outcome.fetched, reason=f"{NOT_OBSERVED}; {outcome.fetched.reason}"))
        for outcome in outcomes
    ]
    subjects = {outcome.fetched.subject for outcome in told}
    left = [one for one in validators if EVERYONE not in subjects and one.validator_key not in subjects]
    if not left:
        return told
    # Beside single answers of an archive, one word about everybody would contradict them.
    names = subjects_of(data_type, left) if len(left) == len(validators) else [one.validator_key for one in left]
    lacking = [Fetched(name, FigureState.UNAVAILABLE, NOT_OBSERVED, ()) for name in names]
    return [*told, *(ProviderOutcome(*nobody, one) for one in lacking)]


def nobody_named(
    role: str, validators: Sequence[ValidatorAsked], outcomes: Sequence[ProviderOutcome]
) -> list[ProviderOutcome]:
    """What is recorded of a role that the operator left to nobody, where nothing was observed either."""
    told = {outcome.fetched.subject for outcome in outcomes}
    reason = f"no provider is named for the role {role} in chains.yaml"
    lacking = [subject for subject in subjects_of(role, validators) if subject not in told]
    return [ProviderOutcome(*NOBODY, Fetched(subject, FigureState.UNAVAILABLE, reason, ())) for subject in lacking]


def as_fallback(
    outcome: ProviderOutcome, before: Iterable[ProviderOutcome], promises: Mapping[str, frozenset[str]]
) -> ProviderOutcome:
    """An outcome as it counts after those of the providers asked before; `promises` are costs by provider.

    What only says part of what those would have said is partial, so that they are asked again.
    """
    fetched = outcome.fetched
    if fetched.state is not FigureState.FINAL:
        return outcome
    for earlier in before:
        untold = promises.get(earlier.provider, frozenset()) - promises.get(outcome.provider, frozenset())
        if untold and earlier.fetched.subject in (fetched.subject, EVERYONE):
            reason = f"{outcome.provider} does not tell {', '.join(sorted(untold))}; {earlier.fetched.reason}"
            is_late = earlier.fetched.state is FigureState.PENDING
            verdict = Verdict.AWAITS_MORE if is_late else Verdict.TOLD
            reason = f"AWAITED: {reason}" if is_late else reason
            told = replace(fetched, state=FigureState.PARTIAL, verdict=verdict, reason=reason)
            return replace(outcome, fetched=told)
    return outcome


def states_that_count(
    validators: Sequence[ValidatorAsked], states: Mapping[str, FigureState]
) -> dict[str, FigureState]:
    """The states without the word about everybody, once every validator has one of its own."""
    if validators and all(one.validator_key in states for one in validators):
        return {subject: state for subject, state in states.items() if subject != EVERYONE}
    return dict(states)


def worth_recording(outcome: ProviderOutcome, earlier: FigureState | None) -> bool:
    """Whether an outcome may take the place of what was known: a provider that is down takes nothing away."""
    if earlier is None:
        return True
    if outcome.is_unheard:
        # A file that is gone takes nothing away; where nothing was known, it is the reason now.
        return outcome.fetched.file_trouble is not None and earlier in (FigureState.PENDING, FigureState.UNAVAILABLE)
    # What is partly known stays so until more is known; anything else is replaced by the newer word.
    return earlier is not FigureState.PARTIAL or _RANK[outcome.fetched.state] >= _RANK[earlier]


def retractions(outcomes: Iterable[ProviderOutcome], in_force: Mapping[str, FetchInForce]) -> list[ProviderOutcome]:
    """The outcomes whose provider withdraws what counts: it said that itself, and no longer has it.

    What another provider said stays: not knowing of it is no word against it.
    """
    known = (FigureState.FINAL, FigureState.PARTIAL)
    return [
        outcome
        for outcome in outcomes
        if outcome.fetched.retracts
        and (counting := in_force.get(outcome.fetched.subject)) is not None
        and counting.provider == outcome.provider
        and counting.state in known
        and _RANK[outcome.fetched.state] < _RANK[counting.state]
    ]


def as_retraction(outcome: ProviderOutcome) -> ProviderOutcome:
    """An outcome as the record that the provider's earlier word about the subject counts no more."""
    reason = f"RETRACTED: {outcome.fetched.reason}"
    return replace(outcome, fetched=replace(outcome.fetched, verdict=Verdict.RETRACTS, reason=reason))


def retracted_in_words(withdrawn: Iterable[ProviderOutcome]) -> tuple[str, ...]:
    """Who withdrew what about whom; of a word about everybody, the reason says who is not in it any more."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for one in withdrawn:
        by_reason.setdefault((one.provider, _itself(one.fetched.reason)), []).append(one.fetched.subject)
    return tuple(
        f"{provider} no longer has all it had ({reason})"
        if subjects == [EVERYONE]
        else f"{provider} has it no longer ({reason}): {listed(subjects, _SHOWN)}"
        for (provider, reason), subjects in by_reason.items()
    )


def _itself(reason: str | None) -> str:
    """What an archive said, without that nobody had observed it."""
    return (reason or "").removeprefix(f"{NOT_OBSERVED}; ")


def without(states: Mapping[str, FigureState], subjects: Collection[str]) -> dict[str, FigureState]:
    """The states without those of some subjects."""
    return {subject: state for subject, state in states.items() if subject not in subjects}


def files_refused(
    outcomes: Iterable[ProviderOutcome], in_force: Mapping[str, FetchInForce], refetch: bool
) -> tuple[str, ...]:
    """What is wrong with files of the operator's: those that can't be read, and on refetch those that are gone.

    A file that never was there is only one that does not tell; the role's next provider is asked.
    """

    def was_there(outcome: ProviderOutcome) -> bool:
        counting = in_force.get(outcome.fetched.subject)
        return counting is not None and counting.provider == outcome.provider and bool(counting.payload_ids)

    told = [
        _itself(outcome.fetched.reason)
        for outcome in outcomes
        if outcome.fetched.file_trouble is FileTrouble.REFUSED
        or (outcome.fetched.file_trouble is FileTrouble.ABSENT and refetch and was_there(outcome))
    ]
    return tuple(dict.fromkeys(told))


def observations_that_count(
    observations: Iterable[Observation], providers: Sequence[str], first_slot: int, last_slot: int
) -> dict[str, Observation]:
    """Per subject the last sample inside the period of the first provider of the role that has one.

    Providers that are configured no more come last: what they said while the period ran is still true.
    """
    order = {name: number for number, name in enumerate(providers)}
    best: dict[str, Observation] = {}
    for seen in sorted(observations, key=lambda one: (one.slot, one.observation_id)):
        if not first_slot <= seen.slot <= last_slot:
            continue
        known = best.get(seen.subject)
        if known is None or order.get(seen.provider, len(order)) <= order.get(known.provider, len(order)):
            best[seen.subject] = seen
    return best


def tally(states: Iterable[FigureState]) -> dict[str, int]:
    """How many subjects are in which state."""
    return dict(sorted(Counter(state.value for state in states).items()))
