"""An execution node: the blocks that the operator's validators proposed, with what each transaction paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress

from aurora_pipeline.asking.adapter import Answer, Ask, AskMany, Fetched, FetchScope, ProviderDown, Question
from aurora_pipeline.asking.proposals import NO_SUCH_VALIDATOR, Payload, ProposedSlot
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import down, final, pending, unavailable, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.evm import questions
from aurora_pipeline.sources.evm.blocks import blocks_in, lack_of
from aurora_pipeline.sources.evm.errors import passing_trouble
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import RecordedAnswer

_NOT_KNOWN = "which blocks it proposed is not known yet: the beacon node's blocks of the period are not staged"


class EvmRpc:
    """The adapter of kind evm_rpc."""

    kind = "evm_rpc"
    serves = frozenset({DataType.FEES.value})
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Fetch the blocks that the scope's validators proposed, with all receipts."""
        if data_type != DataType.FEES:
            raise ValueError(f"{self.kind} does not serve {data_type}")
        plans = {one.validator_key: _payloads(scope.proposals.get(one.validator_key, ())) for one in scope.validators}
        # All in a row, so that no connection idles; where the node goes away, each validator ends for itself below.
        with suppress(ProviderDown):
            async with aclosing(ask.each(_questions([one for plan in plans.values() for one in plan]))) as answers:
                async for _ in answers:
                    pass
        return [
            await self._blocks(key, plan, ask) if key in scope.proposals else _not_known(key, scope)
            for key, plan in plans.items()
        ]

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: blocks stay."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """Why an answer should be asked again after a pause, or None."""
        return passing_trouble(answer, self._provider)

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: an execution node knows no validators."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: an execution node knows no stake."""
        return ()

    async def _blocks(self, subject: str, plan: Sequence[Payload], ask: AskMany) -> Fetched:
        if not plan:
            return final(subject, ())
        answers: list[Answer] = []
        try:
            answers += await ask(_questions(plan))
            lacking = self._lacking(plan, answers)
            if lacking:
                # What says why: how far the node is, and of which chain.
                answers += await ask([questions.head(), questions.chain_id()])
                lacking = self._lacking(plan, answers)
        except ProviderDown as error:
            return down(subject, error)
        except UnreadableAnswer as error:
            return unreadable(subject, error, answers)
        # Of all validators' blocks together only what commits to them is kept.
        kept = [answer.kept for answer in answers]
        return _not_all(subject, lacking, kept) if lacking else final(subject, kept)

    def _lacking(self, plan: Sequence[Payload], answers: Sequence[Answer]) -> dict[int, Missing]:
        found = blocks_in(answers, self._provider)
        lacks = {one.number: lack_of(one, found.get(one.number), answers, self._provider) for one in plan}
        return {number: lack for number, lack in lacks.items() if lack is not None}


def _not_known(subject: str, scope: FetchScope) -> Fetched:
    return unavailable(subject, NO_SUCH_VALIDATOR) if subject in scope.absent else pending(subject, _NOT_KNOWN)


def _payloads(proposals: Sequence[ProposedSlot]) -> list[Payload]:
    return [one.payload for one in proposals if one.payload is not None]


def _questions(plan: Sequence[Payload]) -> list[Question]:
    return [ask(one.number) for one in plan for ask in (questions.block, questions.receipts)]


def _not_all(subject: str, lacking: Mapping[int, Missing], answers: Sequence[RecordedAnswer]) -> Fetched:
    """Pending while waiting may help with one of the blocks; those that are not told are asked for again."""
    waits = [lack for lack in lacking.values() if lack.state is FigureState.PENDING]
    first = next(iter(waits or lacking.values()))
    more = f"; {len(lacking) - 1} more of its blocks are not told either" if len(lacking) > 1 else ""
    keys = frozenset(
        question.key for number in lacking for question in (questions.block(number), questions.receipts(number))
    )
    return Fetched(subject, first.state, first.reason + more, tuple(answers), other_may_know=True, ask_again=keys)
