"""What a node's list of vote accounts says of a validator, and who else runs under its identity."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.fetch_choice import Once, answers_to, because, missing
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import Row, listed
from aurora_pipeline.sources.solana.answers import read_vote_accounts
from aurora_pipeline.store.payloads import StagedFetch


def meta_from_node(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    """Identity, commission, stake and whether it votes, as the node saw it."""
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getVoteAccounts"):
        accounts = once.read(read_vote_accounts, answer, fetch.provider)
        if isinstance(accounts, UnreadableAnswer):
            problems.append(accounts.problem)
        elif key in accounts:
            seen = accounts[key]
            return {
                "identity_key": seen.identity_key,
                "commission_bps": seen.commission_bps,
                "commission_source": seen.commission_source.value,
                "active_stake": seen.active_stake,
                "delinquent": seen.delinquent,
            }
    return missing(fetch, f"{fetch.provider} lists no such vote account{because(problems)}").columns


def shared_identities(reference: Reference, fetches: Sequence[StagedFetch], once: Once) -> list[str]:
    """Identities of operated validators under which other vote accounts have stake, too: they lead slots as well."""
    told = []
    for fetch in fetches:
        for answer in answers_to(fetch.answers, "getVoteAccounts"):
            accounts = once.read(read_vote_accounts, answer, fetch.provider)
            if isinstance(accounts, UnreadableAnswer):
                continue
            for key in reference.keys:
                identity = accounts[key].identity_key if key in accounts else None
                others = [
                    other.vote_key
                    for other in accounts.values()
                    if other.identity_key == identity and other.vote_key != key and other.active_stake
                ]
                if others:
                    told.append(
                        f"{key}: its identity {identity} also runs {listed(others)}; what that identity led is counted"
                        " as this validator's"
                    )
    return told
