"""The fields of a Solana node's answers that figures are read from, as of Agave 4.2."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.sources.unknown_fields import KnownFields

_RATES: Final = frozenset(("commission", "commissionBps"))
_VOTE_ACCOUNT: Final = frozenset(
    (
        "votePubkey",
        "nodePubkey",
        "activatedStake",
        "epochVoteAccount",
        "epochCredits",
        "commission",
        "inflationRewardsCommissionBps",
        "lastVote",
        "rootSlot",
    )
)
_VOTE_STATE: Final = frozenset(
    (
        "nodePubkey",
        "authorizedWithdrawer",
        "authorizedVoters",
        "priorVoters",
        "commission",
        "inflationRewardsCommissionBps",
        "inflationRewardsCollector",
        "blockRevenueCommissionBps",
        "blockRevenueCollector",
        "pendingDelegatorRewards",
        "blsPubkeyCompressed",
        "votes",
        "rootSlot",
        "epochCredits",
        "lastTimestamp",
    )
)
_STAKE_STATE: Final = frozenset(("meta", "stake"))
_ACCOUNT_STATE: Final = _VOTE_STATE | _STAKE_STATE
"""Vote accounts and stake accounts are asked for by the same method."""
_DELEGATION: Final = frozenset(("voter", "stake", "activationEpoch", "deactivationEpoch", "warmupCooldownRate"))

KNOWN_FIELDS: Final[KnownFields] = {
    "getBlock": {
        "result": frozenset(
            (
                "blockHeight",
                "blockTime",
                "blockhash",
                "parentSlot",
                "previousBlockhash",
                "rewards",
                "numRewardPartitions",
                "transactions",
                "signatures",
            )
        ),
        "result.rewards[]": frozenset(("pubkey", "lamports", "postBalance", "rewardType")) | _RATES,
    },
    "getInflationReward": {
        "result[]": frozenset(("epoch", "effectiveSlot", "amount", "postBalance")) | _RATES,
    },
    "getVoteAccounts": {
        "result": frozenset(("current", "delinquent")),
        "result.current[]": _VOTE_ACCOUNT,
        "result.delinquent[]": _VOTE_ACCOUNT,
    },
    "getProgramAccounts": {
        "result[].account.data.parsed.info": _STAKE_STATE,
        "result[].account.data.parsed.info.stake": frozenset(("creditsObserved", "delegation")),
        "result[].account.data.parsed.info.stake.delegation": _DELEGATION,
    },
    "getMultipleAccounts": {
        "result.value[].data.parsed.info": _ACCOUNT_STATE,
        "result.value[].data.parsed.info.stake": frozenset(("creditsObserved", "delegation")),
        "result.value[].data.parsed.info.stake.delegation": _DELEGATION,
    },
}
