"""What the simulated beacon node tells of its states: checkpoints, validators, balances, queues and duties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aurora_pipeline.demo.ethereum.beacon_answers import (
    BeaconError,
    envelope,
    epoch_number,
    state_slot,
    validator_indices,
)
from aurora_pipeline.demo.ethereum.node import ZERO_ROOT, SimulatedNode
from aurora_pipeline.demo.ethereum.registry import Record

_MOST_IDS = 64
_SYNC_SUBNETS = 4
_GENERAL: Mapping[str, tuple[str, ...]] = {
    "active": ("active_ongoing", "active_exiting", "active_slashed"),
    "pending": ("pending_initialized", "pending_queued"),
    "exited": ("exited_unslashed", "exited_slashed"),
    "withdrawal": ("withdrawal_possible", "withdrawal_done"),
}
_STATUSES = {name for names in _GENERAL.values() for name in names}


def finality_checkpoints(node: SimulatedNode, state_id: str) -> Any:
    slot = state_slot(node, state_id)
    finality = node.finality_in(slot)
    data = {name: _checkpoint(node, epoch) for name, epoch in finality._asdict().items()}
    return envelope(node, data, finalized=slot <= node.finalized_slot)


def _checkpoint(node: SimulatedNode, epoch: int) -> dict[str, str]:
    return {"epoch": str(epoch), "root": node.checkpoint_root(epoch) if epoch else ZERO_ROOT}


def validators_by_query(node: SimulatedNode, state_id: str, ids: Sequence[str], statuses: Sequence[str]) -> Any:
    """The answer to a GET."""
    return validators(node, state_id, asked_ids(node, ids), [name for part in statuses for name in part.split(",")])


def asked_ids(node: SimulatedNode, ids: Sequence[str]) -> list[str]:
    """The ids of a query, repeated or with commas between."""
    # Old Lodestar takes what has commas for the key of somebody it does not know.
    found = [f"{2**63}" if node.condition.is_lodestar and "," in part else part for part in ids]
    found = [one for part in found for one in part.split(",")]
    if len(found) > _MOST_IDS:
        raise BeaconError(414, f"Too many validator IDs: {len(found)}, at most {_MOST_IDS} fit into one request")
    return found


def validators_by_body(node: SimulatedNode, state_id: str, body: Any) -> Any:
    """The answer to a POST."""
    if body is not None and not isinstance(body, dict):
        raise BeaconError(400, "Invalid request body: expected an object with ids and statuses")
    given = body or {}
    return validators(node, state_id, _listed(given.get("ids")), _listed(given.get("statuses")))


def validators(node: SimulatedNode, state_id: str, ids: Iterable[Any], statuses: Iterable[str]) -> Any:
    slot = state_slot(node, state_id)
    wanted = {name for status in statuses for name in _GENERAL.get(status, (status,))}
    if wanted - _STATUSES:
        raise BeaconError(400, f"Invalid validator status: {sorted(wanted - _STATUSES)[0]}")
    balances, effective = node.balances(slot), node.effective(slot)
    asked = validator_indices(node, ids, slot)
    rows = []
    for index in range(len(balances)) if asked is None else asked:
        record = node.record(slot, index)
        status = record.status(node.parameters.epoch_of(slot), balances[index]) if record else ""
        if record is not None and (not wanted or status in wanted):
            rows.append(_validator(index, record, status, balances[index], effective[index]))
    return envelope(node, rows, finalized=slot <= node.finalized_slot)


def validator(node: SimulatedNode, state_id: str, validator_id: str) -> Any:
    """One validator by its index or key."""
    told: dict[str, Any] = validators(node, state_id, [validator_id], [])
    if not told["data"]:
        raise BeaconError(404, f"NOT_FOUND: validator {validator_id}")
    return {**told, "data": told["data"][0]}


def _validator(index: int, record: Record, status: str, balance: int, effective: int) -> dict[str, Any]:
    return {
        "index": str(index),
        "balance": str(balance),
        "status": status,
        "validator": {
            "pubkey": record.pubkey,
            "withdrawal_credentials": record.credentials,
            "effective_balance": str(effective),
            "slashed": record.slashed,
            "activation_eligibility_epoch": str(record.activation_eligibility_epoch),
            "activation_epoch": str(record.activation_epoch),
            "exit_epoch": str(record.exit_epoch),
            "withdrawable_epoch": str(record.withdrawable_epoch),
        },
    }


def validator_balances(node: SimulatedNode, state_id: str, ids: Iterable[Any]) -> Any:
    slot = state_slot(node, state_id)
    balances = node.balances(slot)
    asked = validator_indices(node, ids, slot)
    rows = [
        {"index": str(index), "balance": str(balances[index])}
        for index in (range(len(balances)) if asked is None else asked)
    ]
    return envelope(node, rows, finalized=slot <= node.finalized_slot)


def balances_by_body(node: SimulatedNode, state_id: str, body: Any) -> Any:
    return validator_balances(node, state_id, _listed(body))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BeaconError(400, f"Invalid request body: expected a list, got {value!r}")
    return value


def sync_committees(node: SimulatedNode, state_id: str, epoch_text: str | None) -> Any:
    """Who sits in the sync committee of a state's epoch, or of another one in the same term."""
    slot = state_slot(node, state_id)
    here = node.parameters.epoch_of(slot)
    epoch, term = epoch_number(epoch_text or str(here)), node.parameters.epochs_per_sync_committee_period
    if epoch // term != here // term:
        raise BeaconError(400, f"epoch {epoch} is not in the sync committee period of the state's epoch {here}")
    seats = [str(index) for index in node.world.epoch(here).committee]
    size = max(len(seats) // _SYNC_SUBNETS, 1)
    data = {"validators": seats, "validator_aggregates": [seats[at : at + size] for at in range(0, len(seats), size)]}
    return envelope(node, data, finalized=slot <= node.finalized_slot)


def proposer_duties(node: SimulatedNode, epoch_text: str) -> Any:
    """Who is to propose in an epoch; of those to come the next one only."""
    epoch, current = epoch_number(epoch_text), node.parameters.epoch_of(node.slot)
    if epoch > current + 1:
        raise BeaconError(400, f"Request epoch {epoch} is more than one epoch past the current epoch {current}")
    is_kept = node.condition.knows_old_duties and node.has_state(node.parameters.first_slot(epoch))
    if epoch < current and not is_kept:
        if node.condition.is_lodestar:
            raise BeaconError(500, f"Requested epoch {epoch} must equal current {current} or next epoch {current + 1}")
        raise BeaconError(404, f"NOT_FOUND: no state to tell the duties of epoch {epoch} from")
    if node.condition.syncing:
        raise BeaconError(503, f"Beacon node is currently syncing: {node.condition.syncing} slots behind")
    first = node.parameters.first_slot(epoch)
    rows = [
        {
            "pubkey": node.world.cast.by_index[proposer].pubkey,
            "validator_index": str(proposer),
            "slot": str(first + offset),
        }
        for offset, proposer in enumerate(node.world.proposers(epoch))
    ]
    told: dict[str, Any] = {"dependent_root": node.root(node.block_slot_until(max(first - 1, 0)))}
    if not node.condition.is_lodestar:
        told["execution_optimistic"] = node.condition.is_optimistic
    return {**told, "data": rows}


def pending_deposits(node: SimulatedNode, state_id: str) -> Any:
    slot = state_slot(node, state_id)
    rows = [
        {
            "pubkey": one.pubkey,
            "withdrawal_credentials": Record(one.pubkey, one.withdrawal_address, one.is_compounding).credentials,
            "amount": str(one.amount),
            "signature": node.parameters.hex("deposit", one.pubkey, one.slot, size=96),
            "slot": str(one.slot),
        }
        for one in node.world.state.deposits.at(slot)
    ]
    return envelope(node, rows, finalized=slot <= node.finalized_slot, version=True)


def pending_partial_withdrawals(node: SimulatedNode, state_id: str) -> Any:
    slot = state_slot(node, state_id)
    rows = [
        {
            "validator_index": str(one.validator),
            "amount": str(one.amount),
            "withdrawable_epoch": str(one.withdrawable_epoch),
        }
        for one in node.world.state.partials.at(slot)
    ]
    return envelope(node, rows, finalized=slot <= node.finalized_slot, version=True)


def pending_consolidations(node: SimulatedNode, state_id: str) -> Any:
    slot = state_slot(node, state_id)
    rows = [
        {"source_index": str(one.source), "target_index": str(one.target)}
        for one in node.world.state.consolidations.at(slot)
    ]
    return envelope(node, rows, finalized=slot <= node.finalized_slot, version=True)
