"""Answers of getVoteAccounts: every vote account as the node sees it now."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.asking.reading import Node, reader
from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.json_rpc import rpc_result
from aurora_pipeline.sources.solana.amounts import staked
from aurora_pipeline.sources.solana.answers.commissions import CommissionSource, commission_of
from aurora_pipeline.store.payloads.answers import Answer


@dataclass(frozen=True)
class VoteAccount:
    """A vote account as the node sees it now."""

    vote_key: str
    identity_key: str
    active_stake: Lamports
    commission_bps: Bps
    commission_source: CommissionSource
    delinquent: bool


@reader
def read_vote_accounts(answer: Answer, provider: str) -> dict[str, VoteAccount]:
    """getVoteAccounts: current and delinquent vote accounts by vote key; several may share an identity."""
    result = rpc_result(answer, provider)
    accounts: dict[str, VoteAccount] = {}
    for group in ("current", "delinquent"):
        for row in result[group].items():
            account = _vote_account(row, group == "delinquent")
            if account.vote_key in accounts:
                row.refuse(f"vote account {account.vote_key} is listed twice")
            accounts[account.vote_key] = account
    if not accounts:
        result.refuse("it lists no vote account at all")
    return accounts


def _vote_account(row: Node, delinquent: bool) -> VoteAccount:
    commission = commission_of(row, "inflationRewardsCommissionBps", "commission")
    if commission is None:
        row.refuse("it has neither commission nor inflationRewardsCommissionBps")
    return VoteAccount(
        vote_key=row["votePubkey"].text(),
        identity_key=row["nodePubkey"].text(),
        active_stake=staked(row["activatedStake"]),
        commission_bps=commission[0],
        commission_source=commission[1],
        delinquent=delinquent,
    )
