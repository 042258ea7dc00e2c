"""What a node tells of stake: the accounts delegated to a validator, and its vote account's own total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber, Lamports
from aurora_pipeline.sources.fetch_choice import because, missing
from aurora_pipeline.sources.json_rpc import answers_to, asked_params
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, StakeHistory
from aurora_pipeline.sources.solana.answers.vote_accounts import read_vote_accounts
from aurora_pipeline.sources.solana.stake_activation import activation, observed_stake_history
from aurora_pipeline.sources.solana.stakes_read import stake_accounts
from aurora_pipeline.sources.told import AccountStake, Missing, PositionsTold, StagedFetches, StakeTotal, Told
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch

VOTE_ACCOUNT: Final = "the vote account"
"""Who says how much stake a validator has."""
_VOTER_OFFSET: Final = 124
"""Where the voter stands in a stake account: a question that filters there is about one validator."""


def positions(staged: StagedFetches) -> Told[PositionsTold]:
    """Each validator's stake accounts, with its vote account's total; read one validator at a time."""
    return Told(_each(staged))


def _each(staged: StagedFetches) -> Iterator[tuple[str, PositionsTold]]:
    once, epoch = Once(), staged.reference.epoch
    for key, fetch in staged.fetches.items():
        accounts = _delegated(key, fetch)
        total = StakeTotal(_vote_stake(key, fetch, once), VOTE_ACCOUNT)
        if isinstance(accounts, Missing):
            yield key, PositionsTold(accounts, total)
        else:
            history = observed_stake_history(fetch, once)
            yield key, PositionsTold([stake_of(account, epoch, history) for account in accounts], total)


def stake_of(account: StakeAccount, epoch: EpochNumber, history: StakeHistory) -> AccountStake:
    """How much of an account's delegation counts in an epoch."""
    seen = activation(account.stake, account.activation_epoch, account.deactivation_epoch, epoch, history)
    return AccountStake(
        account.stake_key, account.staker_key, account.withdrawer_key, seen.active, seen.activating, seen.deactivating
    )


def _delegated(key: str, fetch: StagedFetch) -> list[StakeAccount] | Missing:
    """The stake accounts delegated to a validator, from an answer that would hold all of them."""
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getProgramAccounts"):
        if not _asks_for_all_of(answer, key):
            continue
        try:
            accounts = stake_accounts(answer, fetch.provider)
        except UnreadableAnswer as error:
            problems.append(error.problem)
        else:
            return [account for account in accounts if account.voter_key == key]
    return missing(fetch, f"its stake accounts are not known{because(problems)}")


def _asks_for_all_of(answer: Answer, key: str) -> bool:
    """Whether a question selects by nothing else than the size of stake accounts and this validator as voter."""
    params = asked_params(answer)
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    return all(_keeps(item, key) for item in _mappings(options.get("filters")))


def _keeps(item: Mapping[str, Any], key: str) -> bool:
    memcmp = item.get("memcmp")
    if not isinstance(memcmp, Mapping):
        return "dataSize" in item
    return memcmp.get("offset") == _VOTER_OFFSET and memcmp.get("bytes") == key


def _mappings(items: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _vote_stake(key: str, fetch: StagedFetch, once: Once) -> Lamports | Missing | None:
    """The vote account's active stake; None where the list does not have it, which an unstaked one may mean."""
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getVoteAccounts"):
        accounts = once.read(read_vote_accounts, answer, fetch.provider)
        if not isinstance(accounts, UnreadableAnswer):
            return accounts[key].active_stake if key in accounts else None
        problems.append(accounts.problem)
    return missing(fetch, f"the vote account's stake is not known{because(problems)}")
