"""What the simulated beacon node tells of rewards: of an epoch's attestations, of a block, of a sync committee."""

from __future__ import annotations

from typing import Any

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.beacon_answers import (
    BeaconError,
    block_slot,
    envelope,
    epoch_number,
    validator_indices,
)
from aurora_pipeline.demo.ethereum.node import SimulatedNode
from aurora_pipeline.demo.ethereum.state import SLASHED, Attested, Move, ProposedBlock, Settlement


def attestation_rewards(node: SimulatedNode, epoch_text: str, body: Any) -> Any:
    """What the attestations of an epoch come to, once the state at the end of the next one is there."""
    epoch, parameters = epoch_number(epoch_text), node.parameters
    needed = parameters.last_slot(epoch + 1)
    if needed > node.slot or not node.has_state(needed):
        raise BeaconError(404, f"NOT_FOUND: no state at slot {needed} to tell the rewards of epoch {epoch} from")
    paid = node.world.epoch(epoch + 2).paid
    assert paid is not None  # only the first two epochs pay nothing
    named = validator_indices(node, _ids(body), needed)
    asked = None if named is None else set(named)
    judged = [index for index in range(len(paid.marks)) if paid.is_judged(index)]
    data = {
        "ideal_rewards": [
            {"effective_balance": str(effective), **_row(paid.ideal(effective))}
            for effective in sorted({paid.effective[index] for index in judged})
        ],
        "total_rewards": [
            {"validator_index": str(index), **_row(_attested(node, paid, index))}
            for index in judged
            if asked is None or index in asked
        ],
    }
    return envelope(node, data, finalized=epoch + 2 <= node.finality.finalized)


def _attested(node: SimulatedNode, paid: Settlement, index: int) -> Attested:
    """What a validator's attestation came to, as this node works it out."""
    told = paid.attested(index)
    return _rounded(paid, index, told) if node.condition.rounds_rewards else told


def _rounded(paid: Settlement, index: int, told: Attested) -> Attested:
    effective, marks = paid.effective[index], paid.marks[index]
    flags = 0 if marks & SLASHED else marks
    head, target, source = (
        _to_nearest(protocol.reward_fraction(effective, flag, paid.participation))
        if flags & flag
        else -_to_nearest(protocol.penalty_fraction(effective, flag, paid.participation.base_reward_per_increment))
        for flag in (protocol.HEAD, protocol.TARGET, protocol.SOURCE)
    )
    return told._replace(head=head, target=target, source=source)


def _to_nearest(fraction: tuple[int, int]) -> int:
    return (2 * fraction[0] + fraction[1]) // (2 * fraction[1])


def _row(one: Attested) -> dict[str, str]:
    return {name: str(amount) for name, amount in one._asdict().items()}


def block_rewards(node: SimulatedNode, block_id: str) -> Any:
    """What the proposer of a block earned on the consensus layer."""
    slot, block = _block(node, block_id)
    parts = {
        "attestations": block.proposed(Move.PROPOSED_ATTESTATIONS),
        "sync_aggregate": block.proposed(Move.PROPOSED_SYNC),
        "proposer_slashings": block.proposed(Move.PROPOSED_SLASHINGS),
        "attester_slashings": 0,
    }
    data = {
        "proposer_index": str(block.proposer),
        "total": str(sum(parts.values())),
        **{name: str(amount) for name, amount in parts.items()},
    }
    return envelope(node, data, finalized=slot <= node.finalized_slot)


def sync_committee_rewards(node: SimulatedNode, block_id: str, body: Any) -> Any:
    """What a block paid or charged those who sit in the sync committee."""
    slot, block = _block(node, block_id)
    rewards = block.sync_rewards()
    if node.condition.tells_sync_balances:
        balances = node.balances(slot)
        rewards = {index: balances[index] for index in rewards}
    asked = validator_indices(node, _ids(body), slot)
    rows = [
        {"validator_index": str(index), "reward": str(reward)}
        for index, reward in rewards.items()
        if asked is None or index in asked
    ]
    return envelope(node, rows, finalized=slot <= node.finalized_slot)


def _block(node: SimulatedNode, block_id: str) -> tuple[int, ProposedBlock]:
    slot = block_slot(node, block_id)
    block = node.world.block(slot)
    if block is None or not node.has_state(slot - 1):
        raise BeaconError(404, f"NOT_FOUND: no state before slot {slot} to tell the rewards of its block from")
    return slot, block


def _ids(body: Any) -> list[Any]:
    if body is None:
        return []
    if not isinstance(body, list):
        raise BeaconError(400, "Invalid request body: expected a list of validator ids")
    return body
