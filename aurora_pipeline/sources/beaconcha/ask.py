"""beaconcha.in: the blocks that the operator's validators proposed, one question each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, Fetched, FetchScope, ProviderDown, Question
from aurora_pipeline.asking.proposals import NO_SUCH_VALIDATOR
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import down, final, pending, unavailable, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beaconcha.answers import read_block_paid

_FAMILY: Final = "ethereum-"
_NOT_KNOWN: Final = "which blocks it proposed is not known yet: the beacon node's blocks of the period are not staged"


class Beaconcha:
    """The adapter of kind beaconcha."""

    kind = "beaconcha"
    serves = frozenset({DataType.FEES.value, DataType.MEV.value})
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Fetch what each own block paid: one answer tells tips and payment."""
        if data_type not in self.serves:
            raise ValueError(f"{self.kind} does not serve {data_type}")
        return [await self._of_one(one.validator_key, scope, ask) for one in scope.validators]

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: blocks stay."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: this API says what is wrong by HTTP status."""
        return None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: a validator signs its blocks with its own key."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: it is not asked about stake."""
        return ()

    async def _of_one(self, key: str, scope: FetchScope, ask: Ask) -> Fetched:
        if key not in scope.proposals:
            return unavailable(key, NO_SUCH_VALIDATOR) if key in scope.absent else pending(key, _NOT_KNOWN)
        numbers = [one.payload.number for one in scope.proposals[key] if one.payload is not None]
        answers: list[Answer] = []
        try:
            for number in numbers:
                answers += await ask([block_rewards(number, network_of(scope.chain_id))])
                read_block_paid(answers[-1], self._provider)
        except ProviderDown as error:
            return down(key, error)
        except UnreadableAnswer as error:
            return unreadable(key, error, answers)
        return final(key, answers)


def network_of(chain_id: str) -> str:
    """What it calls a chain: ethereum-mainnet is mainnet."""
    return chain_id.removeprefix(_FAMILY)


def block_rewards(number: int, network: str) -> Question:
    """What a block paid its proposer."""

    def settles(answer: Answer) -> bool:
        try:
            read_block_paid(answer, "")
        except UnreadableAnswer:
            return False
        return True

    body = {"block": {"number": number}, "chain": network}
    return Question(f"block rewards {number}", "/block/rewards", body, accepts=settles, kind="block rewards")
