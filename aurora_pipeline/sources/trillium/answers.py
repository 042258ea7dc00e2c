"""Reading what Trillium answers: all validators of an epoch in one array, money as SOL floats, anything may be null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import Node, parsed, reader
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.solana.sol_text import lamports
from aurora_pipeline.store.payloads.answers import Answer

_PERCENT_BPS: Final = 100


@dataclass(frozen=True)
class TrilliumValidator:
    """A validator's epoch as Trillium computes it; amounts in lamports, None where the row does not say.

    docs/providers.md tells how each is made; `mev_to_validator` is not what the tip tree pays.
    """

    vote_key: str
    identity_key: str | None
    name: str | None
    commission_bps: Bps | None
    mev_commission_bps: Bps | None
    leader_slots: int | None
    blocks_produced: int | None
    fees: Lamports | None
    tips_total: Lamports | None
    tips_to_validator: Lamports | None
    commission: Lamports | None
    staker_rewards: Lamports | None
    """Extrapolated from its largest stake account."""
    active_stake: Lamports | None
    """In whole SOL."""
    vote_cost: Lamports | None


@reader
def read_validators(answer: Answer, provider: str, epoch: EpochNumber) -> dict[str, TrilliumValidator]:
    """/validator_rewards/{epoch} by vote key; a row of another epoch makes the whole answer unreadable."""
    root = parsed(answer, provider)
    if answer.status != 200:
        root.refuse(f"HTTP {answer.status} instead of 200")
    validators: dict[str, TrilliumValidator] = {}
    for row in root.items():
        told = row["epoch"].whole_text()
        if told != epoch:
            row.refuse(f"the row is of epoch {told}, not of {epoch}")
        key = row["vote_account_pubkey"].text()
        if key in validators:
            row.refuse(f"validator {key} is listed twice")
        validators[key] = _validator(key, row)
    return validators


def _validator(key: str, row: Node) -> TrilliumValidator:
    commission = row.get("commission")
    return TrilliumValidator(
        vote_key=key,
        identity_key=_text(row, "identity_pubkey"),
        name=_text(row, "name"),
        commission_bps=None if commission is None else _percent_bps(commission),
        mev_commission_bps=_bps(row, "mev_commission"),
        leader_slots=_whole(row, "leader_slots"),
        blocks_produced=_whole(row, "blocks_produced"),
        fees=_sol(row, "rewards"),
        tips_total=_sol(row, "mev_earned"),
        tips_to_validator=_sol(row, "mev_to_validator"),
        commission=_sol(row, "validator_inflation_reward"),
        staker_rewards=_sol(row, "delegator_inflation_reward"),
        active_stake=_sol(row, "activated_stake"),
        vote_cost=_sol(row, "vote_cost"),
    )


def _percent_bps(node: Node) -> Bps:
    bps = node.decimal() * _PERCENT_BPS
    if bps != int(bps) or not 0 <= bps <= BPS_WHOLE:
        node.refuse(f"{str(node.value)[:40]} % is no commission in whole basis points")
    return Bps(int(bps))


def _text(row: Node, key: str) -> str | None:
    node = row.get(key)
    return None if node is None or node.value == "" else node.text()


def _whole(row: Node, key: str, maximum: int = 10**9) -> int | None:
    """A count; a column of a table with gaps comes as 7.0, which is 7."""
    node = row.get(key)
    if node is None:
        return None
    number = node.decimal()
    if number != int(number) or not 0 <= number <= maximum:
        node.refuse(f"{str(number)[:40]} is no whole number from 0 to {maximum}")
    return int(number)


def _bps(row: Node, key: str) -> Bps | None:
    rate = _whole(row, key, BPS_WHOLE)
    return None if rate is None else Bps(rate)


def _sol(row: Node, key: str) -> Lamports | None:
    node = row.get(key)
    return None if node is None else lamports(node)
