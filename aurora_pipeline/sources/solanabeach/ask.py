"""Solana Beach: block fees by epoch and node, the history of active stake, and stake accounts as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    Answer,
    Ask,
    Fetched,
    FetchScope,
    ProviderDown,
    Question,
    ValidatorAsked,
)
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import down, final, not_listed, not_yet_listed, unavailable, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solanabeach.answers import (
    BLOCK_REWARDS,
    STAKE,
    STAKE_ACCOUNTS,
    SUCCESS_RATE,
    about,
    is_left_out,
    lack_of,
    of_identities,
    path_of,
    read_accounts,
    read_epoch,
    read_fees,
    read_page,
    read_slots,
    read_stake,
)
from aurora_pipeline.store.declaration import FigureState

PAGE_ROWS: Final = 1_000
_PAGES_MAX: Final = 2_000
_HISTORIES: Final[Mapping[str, Callable[[Iterable[Answer], str, EpochNumber], object]]] = MappingProxyType(
    {BLOCK_REWARDS: read_fees, SUCCESS_RATE: read_slots, STAKE: read_stake}
)
_EPOCH_INFO: Final = Question(key="epoch-info", path="/epoch-info")


class SolanaBeach:
    """The adapter of kind solanabeach."""

    kind = "solanabeach"
    serves = frozenset({DataType.FEES.value, DataType.META.value})
    observes = frozenset({DataType.POSITIONS.value})

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Fetch fees (per validator) or, for an epoch nobody observed, the active stake (for everyone at once)."""
        match data_type:
            case DataType.FEES:
                return [await self._fees(one, scope.epoch, ask) for one in scope.validators]
            case DataType.META:
                return [await self._stakes(scope, ask)]
        raise ValueError(f"{self.kind} does not serve {data_type}")

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Sample stake accounts (per validator) between two looks at the epoch."""
        if data_type != DataType.POSITIONS:
            raise ValueError(f"{self.kind} does not observe {data_type}")
        return [await self._positions(one.validator_key, scope.epoch, ask) for one in scope.validators]

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: this API says what is wrong by HTTP status."""
        return None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: its histories name one key only."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """The stake accounts of a validator, from a positions observation."""
        pages = about(answers, validator_key, STAKE_ACCOUNTS)
        return tuple(one.stake_key for one in read_accounts(pages, self._provider, validator_key))

    async def _fees(self, validator: ValidatorAsked, epoch: EpochNumber, ask: Ask) -> Fetched:
        subject, nodes = validator.validator_key, validator.identities
        if not nodes:
            return unavailable(subject, "its identity is not known, by which fees are listed")
        answers: list[Answer] = []
        lacking: list[str] = []
        try:
            for node in nodes:
                answers += await self._history(node, BLOCK_REWARDS, epoch, ask)
                answers += await self._history(node, SUCCESS_RATE, epoch, ask)
                read_slots(about(answers, node, SUCCESS_RATE), self._provider, epoch)
                if read_fees(about(answers, node, BLOCK_REWARDS), self._provider, epoch) is None:
                    lacking.append(node)
        except ProviderDown as error:
            return down(subject, error)
        except UnreadableAnswer as error:
            return unreadable(subject, error, answers)
        if lacking:
            reason = f"{self._provider} has no fees of epoch {epoch} for {', '.join(lacking)}"
            lost = all(is_left_out(about(answers, node, BLOCK_REWARDS), self._provider, epoch) for node in lacking)
            return not_listed(subject, reason, answers) if lost else unavailable(subject, reason, answers)
        fees, slots = of_identities(answers, self._provider, epoch, nodes)
        problem = None if fees is None else lack_of(fees, slots, self._provider)
        # Two histories that are not of one moment, or a row that is filled in later.
        return final(subject, answers) if problem is None else not_yet_listed(subject, problem, answers)

    async def _stakes(self, scope: FetchScope, ask: Ask) -> Fetched:
        answers: list[Answer] = []
        try:
            for validator in scope.validators:
                answers += await self._history(validator.validator_key, STAKE, scope.epoch, ask)
            known = [
                one.validator_key
                for one in scope.validators
                if read_stake(about(answers, one.validator_key, STAKE), self._provider, scope.epoch) is not None
            ]
        except ProviderDown as error:
            return down(EVERYONE, error)
        except UnreadableAnswer as error:
            return unreadable(EVERYONE, error, answers)
        if not known:
            return unavailable(EVERYONE, f"{self._provider} has no stake of epoch {scope.epoch}", answers)
        reason = f"{self._provider} knows the active stake of a past epoch, and nothing else of it"
        return Fetched(EVERYONE, FigureState.PARTIAL, reason, tuple(answers), other_may_know=True)

    async def _positions(self, vote_key: str, epoch: EpochNumber, ask: Ask) -> Fetched:
        answers: list[Answer] = []
        try:
            answers += await ask([_EPOCH_INFO])
            answers += await self._pages(vote_key, STAKE_ACCOUNTS, epoch, ask)
            answers += await self._history(vote_key, STAKE, epoch, ask)
            answers += await ask([_EPOCH_INFO])
            shown = [read_epoch(answer, self._provider) for answer in (answers[0], answers[-1])]
            read_accounts(about(answers, vote_key, STAKE_ACCOUNTS), self._provider, vote_key)
            read_stake(about(answers, vote_key, STAKE), self._provider, epoch)
        except ProviderDown as error:
            return down(vote_key, error)
        except UnreadableAnswer as error:
            return unreadable(vote_key, error, answers)
        if shown != [epoch, epoch]:
            reason = f"the sample is of epochs {shown[0]} to {shown[1]}, not of {epoch} alone"
            return unavailable(vote_key, reason, answers)
        return final(vote_key, answers)

    async def _history(self, key: str, endpoint: str, epoch: EpochNumber, ask: Ask) -> list[Answer]:
        """Pages of a history, until one has the epoch."""
        return await self._pages(key, endpoint, epoch, ask, until_found=True)

    async def _pages(
        self, key: str, endpoint: str, epoch: EpochNumber, ask: Ask, *, until_found: bool = False
    ) -> list[Answer]:
        answers: list[Answer] = []
        for number in range(_PAGES_MAX):
            question = self._question(key, endpoint, epoch, number * PAGE_ROWS)
            answers += await ask([question])
            is_last = answers[-1].status != 200 or read_page(answers[-1], self._provider).is_last
            if is_last or (until_found and question.accepts(answers[-1])):
                break
        return answers

    def _question(self, key: str, endpoint: str, epoch: EpochNumber, offset: int) -> Question:
        def settles(answer: Answer) -> bool:
            # A history grows: only a page that has the epoch needs no second look.
            reader = _HISTORIES.get(endpoint)
            try:
                return reader is not None and reader([answer], self._provider, epoch) is not None
            except UnreadableAnswer:
                return False

        return Question(
            key=f"{endpoint} {key} epoch {epoch} from {offset}",
            path=path_of(key, endpoint),
            query={"offset": offset, "limit": PAGE_ROWS},
            accepts=settles,
        )
