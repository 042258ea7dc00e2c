"""Answers of getInflationReward: the reward row of each address that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aurora_pipeline.asking.reading import Node, reader
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.json_rpc import asked_params, rpc_result
from aurora_pipeline.sources.solana.amounts import paid
from aurora_pipeline.sources.solana.answers.commissions import commission_bps_of
from aurora_pipeline.sources.solana.answers.epochs import SLOT_MAX
from aurora_pipeline.store.payloads.answers import Answer


@dataclass(frozen=True)
class InflationReward:
    """What an address received for an epoch. Commission is that of the row and null since SIMD-0232."""

    address: str
    epoch: EpochNumber
    effective_slot: int
    lamports: Lamports
    commission_bps: Bps | None


@reader
def read_inflation_rewards(answer: Answer, provider: str) -> dict[str, InflationReward | None]:
    """getInflationReward: the row of each address that was asked for; None where the chain has no row for it.

    Refuses a list of another length and rows of another epoch than the one asked for.
    """
    result = rpc_result(answer, provider)
    params = asked_params(answer)
    addresses = params[0] if params and isinstance(params[0], list) else []
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    rows = result.items()
    if len(rows) != len(addresses):
        result.refuse(f"{len(rows)} rows for {len(addresses)} addresses")
    rewards: dict[str, InflationReward | None] = {}
    for address, row in zip(addresses, rows, strict=True):
        rewards[address] = None if row.value is None else _inflation_reward(address, row, options.get("epoch"))
    return rewards


def _inflation_reward(address: str, row: Node, epoch_asked: EpochNumber | None) -> InflationReward:
    epoch = EpochNumber(row["epoch"].whole())
    if epoch_asked is not None and epoch != epoch_asked:
        row["epoch"].refuse(f"epoch {epoch} was answered where {epoch_asked} was asked")
    lamports, balance = paid(row["amount"]), row["postBalance"].whole()
    if lamports > balance:
        row["amount"].refuse(f"{lamports} lamports were paid into an account that then held {balance}")
    return InflationReward(
        address=address,
        epoch=epoch,
        effective_slot=row["effectiveSlot"].whole(0, SLOT_MAX),
        lamports=lamports,
        commission_bps=commission_bps_of(row, "commissionBps", "commission"),
    )
