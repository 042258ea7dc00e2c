"""What the simulated beacon node tells of itself and of its chain's constants."""

from __future__ import annotations

from typing import Any

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.node import SimulatedNode
from aurora_pipeline.demo.ethereum.parameters import FAR_FUTURE_EPOCH, GENESIS_TIME, NETWORK_ID

FORK_VERSION = "0x50000038"
_FORKS = ("ALTAIR", "BELLATRIX", "CAPELLA", "DENEB", "ELECTRA")


def genesis(node: SimulatedNode) -> Any:
    """When the chain began, and which one it is."""
    return {
        "data": {
            "genesis_time": str(GENESIS_TIME),
            "genesis_validators_root": node.parameters.hex("genesis validators"),
            "genesis_fork_version": FORK_VERSION,
        }
    }


def spec(node: SimulatedNode) -> Any:
    """The constants of the chain, as far as anybody needs them."""
    parameters = node.parameters
    forks = {f"{fork}_FORK_EPOCH": "0" for fork in _FORKS} | {"FULU_FORK_EPOCH": str(FAR_FUTURE_EPOCH)}
    numbers = {
        "SLOTS_PER_EPOCH": parameters.slots_per_epoch,
        "SECONDS_PER_SLOT": parameters.seconds_per_slot,
        "SLOT_DURATION_MS": parameters.seconds_per_slot * 1_000,
        "SYNC_COMMITTEE_SIZE": parameters.sync_committee_size,
        "EPOCHS_PER_SYNC_COMMITTEE_PERIOD": parameters.epochs_per_sync_committee_period,
        "EPOCHS_PER_SLASHINGS_VECTOR": parameters.epochs_per_slashings_vector,
        "MIN_VALIDATOR_WITHDRAWABILITY_DELAY": parameters.withdrawability_delay,
        "MAX_SEED_LOOKAHEAD": parameters.max_seed_lookahead,
        "MAX_WITHDRAWALS_PER_PAYLOAD": parameters.max_withdrawals_per_payload,
        "MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP": parameters.max_validators_per_withdrawals_sweep,
        "MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP": parameters.max_pending_partials_per_withdrawals_sweep,
        "MIN_ACTIVATION_BALANCE": protocol.MIN_ACTIVATION_BALANCE,
        "MAX_EFFECTIVE_BALANCE": protocol.MIN_ACTIVATION_BALANCE,
        "MAX_EFFECTIVE_BALANCE_ELECTRA": protocol.MAX_EFFECTIVE_BALANCE,
        "EFFECTIVE_BALANCE_INCREMENT": protocol.INCREMENT,
        "SHARD_COMMITTEE_PERIOD": 2,
        "MIN_GENESIS_TIME": GENESIS_TIME,
        "GENESIS_DELAY": 0,
        "DEPOSIT_CHAIN_ID": NETWORK_ID,
        "DEPOSIT_NETWORK_ID": NETWORK_ID,
    }
    return {
        "data": {
            "CONFIG_NAME": "aurora-demo",
            "PRESET_BASE": "minimal" if parameters.is_minimal else "mainnet",
            "GENESIS_FORK_VERSION": FORK_VERSION,
            **forks,
            **{name: str(number) for name, number in numbers.items()},
            "BLOB_SCHEDULE": [{"EPOCH": str(FAR_FUTURE_EPOCH), "MAX_BLOBS_PER_BLOCK": "9"}],
        }
    }


def syncing(node: SimulatedNode) -> Any:
    condition = node.condition
    distance = node.wall_slot - node.slot if condition.syncing else 0
    return {
        "data": {
            "head_slot": str(node.head_slot),
            "sync_distance": str(distance),
            "is_syncing": bool(distance),
            "is_optimistic": condition.is_optimistic,
            "el_offline": condition.is_execution_offline,
        }
    }


def version(node: SimulatedNode) -> Any:
    return {"data": {"version": "Lodestar/v1.5.1/simulated" if node.condition.is_lodestar else "Simulator/v1.0.0"}}
