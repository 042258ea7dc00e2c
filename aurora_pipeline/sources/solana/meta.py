"""What a node's list of vote accounts says of a validator, and who else runs under its identity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.sources.fetch_choice import because, missing
from aurora_pipeline.sources.json_rpc import answers_to
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.solana.answers.vote_accounts import VoteAccount, read_vote_accounts
from aurora_pipeline.sources.told import MetaTold, Missing, StagedFetches, Told
from aurora_pipeline.store.payloads.fetches import StagedFetch

_Listed = Mapping[str, VoteAccount] | UnreadableAnswer


def meta(staged: StagedFetches) -> Told[MetaTold | Missing]:
    """Identity, commission, stake and whether it votes, as the node saw it."""
    once = Once()
    rows = [(key, _vote_account(key, fetch, once)) for key, fetch in staged.fetches.items()]
    shared = [
        warning
        for fetch in staged.each
        for accounts in _lists_in(fetch, once)
        if not isinstance(accounts, UnreadableAnswer)
        for warning in _shared_identities(staged.reference.keys, accounts)
    ]
    return Told(rows, shared)


def _lists_in(fetch: StagedFetch, once: Once) -> Iterator[_Listed]:
    for answer in answers_to(fetch.answers, "getVoteAccounts"):
        yield once.read(read_vote_accounts, answer, fetch.provider)


def _vote_account(key: str, fetch: StagedFetch, once: Once) -> MetaTold | Missing:
    problems: list[str] = []
    for accounts in _lists_in(fetch, once):
        if isinstance(accounts, UnreadableAnswer):
            problems.append(accounts.problem)
        elif key in accounts:
            seen = accounts[key]
            return MetaTold(
                identity_key=seen.identity_key,
                commission_bps=seen.commission_bps,
                commission_source=seen.commission_source.value,
                active_stake=seen.active_stake,
                delinquent=seen.delinquent,
            )
    return missing(fetch, f"{fetch.provider} lists no such vote account{because(problems)}")


def _shared_identities(keys: Iterable[str], accounts: Mapping[str, VoteAccount]) -> Iterator[str]:
    """Identities of operated validators under which other vote accounts have stake, too: they lead slots as well."""
    for key in keys:
        identity = accounts[key].identity_key if key in accounts else None
        others = [
            other.vote_key
            for other in accounts.values()
            if other.identity_key == identity and other.vote_key != key and other.active_stake
        ]
        if others:
            yield (
                f"{key}: its identity {identity} also runs {listed(others)}; what that identity led is counted"
                " as this validator's"
            )
