"""What an adapter is: it knows which questions answer a data type, and what the answers' state is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from aurora_pipeline.asking.proposals import ProposedSlot
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import RecordedAnswer
from aurora_pipeline.store.payloads.tables import EVERYONE, Verdict

NOT_PARTICIPATING: Final = "NOT_PARTICIPATING"
"""The reason of a final fetch that a complete, published source does not mention the subject: that figure is 0."""
LEADER_SCHEDULE: Final = "leader_schedule"
"""The observed data type that is no role: who leads which slot, which nodes forget soon."""


def is_ok(answer: Answer) -> bool:
    """Whether the server answered with success."""
    return answer.status == 200


@dataclass(frozen=True)
class Question:
    """One request to a provider. `key` names it in words, holds no secret, and is equal for equal questions."""

    key: str
    path: str
    body: object | None = None
    """JSON body of a POST; None makes it a GET."""
    query: Mapping[str, str | int | Sequence[str]] = field(default_factory=dict)
    """Parameters; several values of one are sent as that parameter repeated."""
    accepts: Callable[[Answer], bool] = field(default=is_ok, compare=False, repr=False)
    """Whether a stored answer settles the question; one that does not (an error, garbage) is asked again next time."""
    kind: str = ""
    """What it asks for, as its source names it, where readers tell answers apart by it: never by the words of `key`."""
    final_statuses: frozenset[int] = frozenset()
    """Failure statuses by which this API says something: after the retries they are an answer, not a provider down."""


@dataclass(frozen=True)
class ValidatorAsked:
    """A validator the operator runs, as a fetch needs it."""

    validator_key: str
    identity_key: str | None
    former_identities: tuple[str, ...] = ()
    """Identities it had earlier in the period or shortly before: schedules are drawn up before they are used."""

    @property
    def identities(self) -> tuple[str, ...]:
        """Every identity it may have led slots under; none while none is known."""
        known = () if self.identity_key is None else (self.identity_key,)
        return tuple(dict.fromkeys((*known, *self.former_identities)))


@dataclass(frozen=True)
class FetchScope:
    """The frozen reference point of a fetch: nothing in it, and nothing derived from it, reads 'latest'."""

    chain_id: str
    epoch: EpochNumber
    first_slot: int
    last_slot: int
    validators: tuple[ValidatorAsked, ...]
    stake_accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Stake accounts by validator, from the positions observed in the period."""
    stakes_in_doubt: Mapping[str, str] = field(default_factory=dict)
    """Why those may not be all of a validator's stake accounts, where their observation says so itself."""
    leader_schedule: Answer | None = None
    """The leader schedule observed while the period ran, where one was."""
    seen_duties: tuple[Answer, ...] = ()
    """The same where it is told part by part: who leads which slots, in each of them."""
    collectors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Accounts other than its own that may have collected a validator's commission, as observed."""
    scan_blocks: bool = False
    """Whether costs may ask for every block of the period, transactions and all: exact, and the dearest question."""
    family: Family = field(kw_only=True)
    network: str | None = None
    """Which network the chain's first period was recorded from; a node of another one tells nothing."""
    roots: Mapping[int, str] = field(default_factory=dict)
    """Roots of blocks, by slot, that the period's bounds were proven by; a node on another fork tells nothing."""
    split_fees: bool = False
    """Whether fees ask for the transactions of led blocks, to tell base from priority fees."""
    proposals: Mapping[str, tuple[ProposedSlot, ...]] = field(default_factory=dict)
    """By validator the slots it had to propose in, as they are staged; one that is not named is not known of."""
    absent: frozenset[str] = frozenset()
    """Validators that the chain does not have, as it is staged."""


class FileTrouble(StrEnum):
    """Why a file of the operator's tells nothing."""

    ABSENT = "absent"
    REFUSED = "refused"
    """It is there, and cannot be opened, or not be read as its mapping says."""


@dataclass(frozen=True)
class Fetched:
    """What was learned about one subject: a state, its reason, and every answer it rests on, in plan order."""

    subject: str
    state: FigureState
    reason: str | None
    answers: tuple[RecordedAnswer, ...]
    other_may_know: bool = False
    """Whether the role's next provider should be asked: this one cannot tell, which says nothing about the figure."""
    retracts: bool = False
    """Whether the provider was heard in full and no longer has it: what it said before of the subject is withdrawn."""
    verdict: Verdict = Verdict.TOLD
    """What it says beside its state."""
    file_trouble: FileTrouble | None = None
    """What is wrong with the operator's file: nothing but the operator can mend that, so it is told loudly."""
    ask_again: frozenset[str] = frozenset()
    """Request keys of the answers that did not serve: those that an earlier run stored are asked for again at once."""


class Ask(Protocol):
    """How an adapter asks. Bytes are stored before they are returned; answers stored earlier are not asked again."""

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions. Raises ProviderDown when the provider can't be had."""
        ...


class AskMany(Ask, Protocol):
    """An Ask whose answers need not fit into memory together."""

    def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        """As when called, answer by answer: asked for a little ahead of who reads them, and then let go."""
        ...


class ProviderDown(Exception):
    """A provider can't be asked right now (transient): the next one in the role takes over, or a later run does."""

    def __init__(self, provider: str, reason: str, address: str | None = None, may_pass: bool = False) -> None:
        """`address` is where it should have answered, as it may be shown; `may_pass`: without anybody's doing."""
        super().__init__(f"{provider}: {reason}" if address is None else f"{provider} ({address}): {reason}")
        self.provider = provider
        self.reason = reason
        self.may_pass = may_pass


class FileAbsent(ProviderDown):
    """A file of the operator's is not where it should be."""


class Adapter(Protocol):
    """One provider API. An adapter never stores, retries or waits; it plans questions and judges answers."""

    kind: str
    serves: frozenset[str]
    """Data types it can fetch for a final period."""
    observes: frozenset[str]
    """Data types that only can be asked while a period runs."""

    async def fetch(self, data_type: str, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Fetch a data type of a final period for every validator of the scope."""
        ...

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Sample a now-only data type of the running period; only FINAL subjects are observations.

        A subject whose sample straddles the period's end, or is incomplete, is no observation and says why.
        """
        ...

    def passing_trouble(self, answer: Answer) -> str | None:
        """Why a successful answer should be asked again after a pause (a node that is behind), or None."""
        ...

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Identity by validator, from answers about meta."""
        ...

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """The stake accounts of a validator, from answers about its positions."""
        ...


@runtime_checkable
class NamesKeyHeader(Protocol):
    """An adapter whose API wants its key as it stands in a header of its own, not as `Authorization: Bearer`."""

    key_header: str


@runtime_checkable
class SeesCollectors(Protocol):
    """An adapter whose observations of positions show where commission goes."""

    def collectors(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """The account that collects each validator's commission."""
        ...


@runtime_checkable
class WeighsStake(Protocol):
    """An adapter whose observations of positions hold a total beside the stake accounts."""

    def stake_in_doubt(self, answers: Sequence[Answer], validator_key: str, epoch: EpochNumber) -> str | None:
        """Why the stake accounts are not all of a validator's; None where they add up to its total."""
        ...


@runtime_checkable
class PromisesCosts(Protocol):
    """An adapter whose answers about some data types tell costs, so that without them a validator's net is unknown."""

    def promised_costs(self, data_type: str) -> frozenset[str]:
        """The types of cost (or other income) that its answers about a data type tell."""
        ...


@runtime_checkable
class KnowsPart(Protocol):
    """An adapter whose providers each know a part: all that a role names are asked, and what each says is kept."""

    parts: frozenset[str]
    """The data types of which that is so; an answer is about everyone at once."""


__all__ = [
    "EVERYONE",
    "LEADER_SCHEDULE",
    "NOT_PARTICIPATING",
    "Adapter",
    "Answer",
    "Ask",
    "AskMany",
    "FetchScope",
    "Fetched",
    "FileAbsent",
    "FileTrouble",
    "KnowsPart",
    "NamesKeyHeader",
    "PromisesCosts",
    "ProviderDown",
    "Question",
    "SeesCollectors",
    "ValidatorAsked",
    "is_ok",
]
