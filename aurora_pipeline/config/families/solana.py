"""Chains that speak Solana's protocol: lamports, keys of 32 bytes in base58, one period per epoch."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from aurora_pipeline.config.families.traits import FamilyTraits
from aurora_pipeline.config.vocabulary import CostType, DataType, PeriodType
from aurora_pipeline.foundation.addresses import key_problem


def check_key(text: str) -> str:
    """Return `text` if it is base58 of 32 bytes, else raise ValueError saying what is wrong with it."""
    problem = key_problem(text)
    if problem is not None:
        raise ValueError(f"{text!r} is no Solana key: {problem}")
    return text


SOLANA: Final = FamilyTraits(
    title="Solana",
    base_unit="lamport",
    units=MappingProxyType({"lamports": 0, "SOL": 9}),
    period_types=frozenset({PeriodType.EPOCH}),
    why_period_types="Solana pays rewards once per epoch",
    spans_epochs=False,
    period_epochs=1,
    validator_key_is="vote account",
    numbers_validators=False,
    check_validator_key=check_key,
    check_address=check_key,
    address_pattern="^[1-9A-HJ-NP-Za-km-z]{32,44}$",
    options=frozenset({"protocol_fee_bps", "exact_vote_fees", "split_fees"}),
    shares_tips=True,
    own_balances=False,
    forgets_states=True,
    leaders_told_with=DataType.FEES,
    always_costs=frozenset({CostType.VOTE_FEES}),
    income_by_block=False,
)
