"""A Solana node (JSON-RPC): fees, rewards and costs of final epochs; positions, meta and leaders of the running one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.asking.adapter import LEADER_SCHEDULE, Answer, Ask, AskMany, Fetched, FetchScope
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import (
    NO_HISTORY,
    VoteState,
    read_stake_history,
    read_vote_states,
)
from aurora_pipeline.sources.solana.answers.vote_accounts import read_vote_accounts
from aurora_pipeline.sources.solana.asks.costs import CostsFetch
from aurora_pipeline.sources.solana.asks.fees import FeesFetch
from aurora_pipeline.sources.solana.asks.observations import Observations
from aurora_pipeline.sources.solana.asks.rewards import RewardsFetch
from aurora_pipeline.sources.solana.errors import passing_trouble
from aurora_pipeline.sources.solana.stake_activation import activation
from aurora_pipeline.sources.solana.stakes_read import stake_accounts


class SolanaRpc:
    """The adapter of kind solana_rpc."""

    kind = "solana_rpc"
    serves = frozenset({DataType.FEES.value, DataType.REWARDS.value, DataType.COSTS.value})
    observes = frozenset({DataType.POSITIONS.value, DataType.META.value, LEADER_SCHEDULE})

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Fetch fees, rewards (per validator) or costs (for everyone at once)."""
        match data_type:
            case DataType.FEES:
                return await FeesFetch(self._provider).fetch(scope, ask)
            case DataType.REWARDS:
                return await RewardsFetch(self._provider).fetch(scope, ask)
            case DataType.COSTS:
                return [await CostsFetch(self._provider).fetch(scope, ask)]
        raise ValueError(f"{self.kind} does not serve {data_type}")

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Sample positions (per validator), meta or the leader schedule (for everyone at once)."""
        match data_type:
            case DataType.POSITIONS:
                return await Observations(self._provider).positions(scope, ask)
            case DataType.META:
                return [await Observations(self._provider).meta(scope, ask)]
            case _ if data_type == LEADER_SCHEDULE:
                return [await Observations(self._provider).leader_schedule(scope, ask)]
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """Why an answer should be asked again after a pause, or None."""
        return passing_trouble(answer, self._provider)

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Identity by vote account, from a meta observation."""
        listed = [answer for answer in answers if asked_method(answer) == "getVoteAccounts"]
        accounts = read_vote_accounts(listed[0], self._provider) if listed else {}
        return {vote_key: account.identity_key for vote_key, account in accounts.items()}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """The stake accounts of a validator, from a positions observation."""
        listed = [answer for answer in answers if asked_method(answer) == "getProgramAccounts"]
        accounts = stake_accounts(listed[0], self._provider) if listed else ()
        return tuple(account.stake_key for account in accounts)

    def stake_in_doubt(self, answers: Sequence[Answer], validator_key: str, epoch: EpochNumber) -> str | None:
        """Why the stake accounts of a positions observation do not add up to what the vote account says."""
        votes, listed = (
            [answer for answer in answers if asked_method(answer) == method]
            for method in ("getVoteAccounts", "getProgramAccounts")
        )
        history = [answer for answer in answers if answer.question == questions.STAKE_PAST]
        account = read_vote_accounts(votes[0], self._provider).get(validator_key) if votes else None
        if account is None or not listed:
            return None
        cluster = read_stake_history(history[0], self._provider) if history else NO_HISTORY
        held = total(
            [
                activation(one.stake, one.activation_epoch, one.deactivation_epoch, epoch, cluster).active
                for one in stake_accounts(listed[0], self._provider)
                if one.voter_key == validator_key
            ]
        )
        if held == account.active_stake:
            return None
        return f"its stake accounts hold {held} of active stake, the vote account says {account.active_stake}"

    def collectors(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Where commission goes by vote account, from a positions observation."""
        states = self._vote_states(answers)
        return {vote_key: state.collector_key for vote_key, state in states.items() if state is not None}

    def _vote_states(self, answers: Sequence[Answer]) -> dict[str, VoteState | None]:
        listed = [answer for answer in answers if answer.question == questions.VOTE_STATES]
        return {key: state for answer in listed for key, state in read_vote_states(answer, self._provider).items()}
