"""Observations: what a node only tells about now, between two looks at the epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Ask, Fetched, FetchScope
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import read_stake_accounts, read_stake_history, read_vote_states
from aurora_pipeline.sources.solana.answers.epochs import read_epoch_info
from aurora_pipeline.sources.solana.answers.vote_accounts import read_vote_accounts
from aurora_pipeline.sources.solana.asks.judge import judge
from aurora_pipeline.sources.solana.asks.listing import unknown_schedule


class Observations:
    """Asks a node what is so in the running epoch."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def positions(self, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Stake accounts of every validator, with what they have to sum to."""
        before, votes = await ask([questions.epoch_info()]), await ask([questions.vote_accounts()])
        keys, size = [validator.validator_key for validator in scope.validators], questions.ACCOUNTS_MAX
        history = (await ask([questions.stake_history()]))[0]
        batches = [questions.vote_states(keys[start : start + size]) for start in range(0, len(keys), size)]
        states = await ask(batches)
        stakes = await ask([questions.stake_accounts(key) for key in keys])
        after = await ask([questions.epoch_info()])
        return [
            self._observed(
                key, scope, (before[0], votes[0], history, states[number // size], stake, after[0]), self._read_stakes
            )
            for number, (key, stake) in enumerate(zip(keys, stakes, strict=True))
        ]

    def _read_stakes(self, answers: Sequence[Answer]) -> None:
        _, votes, history, states, stakes, _ = answers
        read_vote_accounts(votes, self._provider)
        read_stake_history(history, self._provider)
        read_vote_states(states, self._provider)
        read_stake_accounts(stakes, self._provider)

    async def meta(self, scope: FetchScope, ask: Ask) -> Fetched:
        """All vote accounts."""
        before, votes = await ask([questions.epoch_info()]), await ask([questions.vote_accounts()])
        after = await ask([questions.epoch_info()])
        answers = (before[0], votes[0], after[0])
        return self._observed(EVERYONE, scope, answers, lambda seen: read_vote_accounts(seen[1], self._provider))

    async def leader_schedule(self, scope: FetchScope, ask: Ask) -> Fetched:
        """Who leads which slot."""
        answers = await ask([questions.leader_schedule(scope.first_slot)])
        return judge(self._provider, EVERYONE, answers, lambda: unknown_schedule(self._provider, answers[0], scope))

    def _observed(
        self, subject: str, scope: FetchScope, answers: Sequence[Answer], read: Callable[[Sequence[Answer]], object]
    ) -> Fetched:
        """Final if first and last answer both show the scope's epoch, and those between can be read."""

        def straddles() -> str | None:
            read(answers)
            shown = [read_epoch_info(answer, self._provider).epoch for answer in (answers[0], answers[-1])]
            if shown == [scope.epoch, scope.epoch]:
                return None
            return f"the sample is of epochs {shown[0]} to {shown[1]}, not of {scope.epoch} alone"

        return judge(self._provider, subject, answers, straddles)
