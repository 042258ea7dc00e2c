"""What a node tells of stake: the accounts delegated to a validator, and its vote account's own total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.fetch_choice import Missing, Once, answers_to, because, missing
from aurora_pipeline.sources.solana.accounts import StakeAccount, read_stake_accounts
from aurora_pipeline.sources.solana.answers import asked_params, read_vote_accounts
from aurora_pipeline.store.payloads import Answer, StagedFetch

_VOTER_OFFSET = 124
"""Where the voter stands in a stake account: a question that filters there is about one validator."""


def delegated(key: str, fetch: StagedFetch, once: Once) -> list[StakeAccount] | Missing:
    """The stake accounts delegated to a validator, from an answer that would hold all of them."""
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getProgramAccounts"):
        if not _asks_for_all_of(answer, key):
            continue
        try:
            # Not kept: each list is about one validator, and all of them together are large.
            accounts = read_stake_accounts(answer, fetch.provider)
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


def vote_stake(key: str, fetch: StagedFetch, once: Once) -> int | Missing | None:
    """The vote account's active stake; None where the list does not have it, which an unstaked one may mean."""
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getVoteAccounts"):
        accounts = once.read(read_vote_accounts, answer, fetch.provider)
        if not isinstance(accounts, UnreadableAnswer):
            return accounts[key].active_stake if key in accounts else None
        problems.append(accounts.problem)
    return missing(fetch, f"the vote account's stake is not known{because(problems)}")
