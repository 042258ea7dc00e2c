"""JSON schemas of what the nodes and relays answer.

Our own words for what ethereum/beacon-APIs (types/, apis/beacon/), ethereum/execution-apis (src/schemas/) and
flashbots/relay-specs (types/bids.yaml) say; all three are CC0. They are strict: a key that is not named is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator

Schema = dict[str, Any]


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


def _bytes(count: int) -> Schema:
    return _text(f"^0x[0-9a-f]{{{2 * count}}}$")


def _object(keys: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**keys, **(optional or {})},
        "required": list(keys),
        "additionalProperties": False,
    }


def _list(items: Schema, most: int = 10**6) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _all(of: Schema, *names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, of)


BOOLEAN: Final[Schema] = {"type": "boolean"}
UINT: Final = _text("^(0|[1-9][0-9]{0,19})$")
"""A number of a beacon node or relay: decimal text."""
INT: Final = _text("^(0|-?[1-9][0-9]{0,18})$")
WEI: Final = _text("^(0|[1-9][0-9]{0,77})$")
ROOT, PUBKEY, SIGNATURE = _bytes(32), _bytes(48), _bytes(96)
BITS: Final = _text("^0x([0-9a-f]{2})+$")
ANY_CASE_ADDRESS: Final = _text("^0x[0-9a-fA-F]{40}$")
QUANTITY: Final = _text("^0x([1-9a-f][0-9a-f]*|0)$")
"""A number of an execution node: hexadecimal without leading zeros."""
DATA: Final = _text("^0x([0-9a-f]{2})*$")
ADDRESS: Final = _bytes(20)


def _envelope(data: Schema, *, version: bool = False) -> Schema:
    flags = {**_all(BOOLEAN, "execution_optimistic", "finalized"), "data": data}
    return _object({"version": {"enum": ["electra"]}, **flags} if version else flags)


_CHECKPOINT: Final = _object({"epoch": UINT, "root": ROOT})
_HEADER_MESSAGE: Final = _object(
    {**_all(UINT, "slot", "proposer_index"), **_all(ROOT, "parent_root", "state_root", "body_root")}
)
_SIGNED_HEADER: Final = _object({"message": _HEADER_MESSAGE, "signature": SIGNATURE})
_HEADER: Final = _object({"root": ROOT, "canonical": BOOLEAN, "header": _SIGNED_HEADER})
_VALIDATOR: Final = _object(
    {
        **_all(UINT, "index", "balance"),
        "status": {
            "enum": [
                *("pending_initialized", "pending_queued", "active_ongoing", "active_exiting", "active_slashed"),
                *("exited_unslashed", "exited_slashed", "withdrawal_possible", "withdrawal_done"),
            ]
        },
        "validator": _object(
            {
                "pubkey": PUBKEY,
                "withdrawal_credentials": _text("^0x0[12]0{22}[0-9a-f]{40}$"),
                "slashed": BOOLEAN,
                **_all(UINT, "effective_balance", "activation_eligibility_epoch", "activation_epoch", "exit_epoch"),
                "withdrawable_epoch": UINT,
            }
        ),
    }
)
_ATTESTED: Final = _all(INT, "head", "target", "source", "inactivity")
_ATTESTATION: Final = _object(
    {
        "aggregation_bits": BITS,
        "data": _object(
            {
                **_all(UINT, "slot", "index"),
                "beacon_block_root": ROOT,
                **_all(_CHECKPOINT, "source", "target"),
            }
        ),
        "signature": SIGNATURE,
        "committee_bits": BITS,
    }
)
_REQUESTS: Final = _object(
    {
        "deposits": _list(
            _object(
                {
                    "pubkey": PUBKEY,
                    "withdrawal_credentials": ROOT,
                    "amount": UINT,
                    "signature": SIGNATURE,
                    "index": UINT,
                }
            ),
            8192,
        ),
        "withdrawals": _list(
            _object({"source_address": ANY_CASE_ADDRESS, "validator_pubkey": PUBKEY, "amount": UINT}), 16
        ),
        "consolidations": _list(
            _object({"source_address": ANY_CASE_ADDRESS, **_all(PUBKEY, "source_pubkey", "target_pubkey")}), 2
        ),
    }
)
_PAYLOAD: Final = _object(
    {
        **_all(ROOT, "parent_hash", "state_root", "receipts_root", "prev_randao", "block_hash"),
        "fee_recipient": ANY_CASE_ADDRESS,
        "logs_bloom": _bytes(256),
        **_all(UINT, "block_number", "gas_limit", "gas_used", "timestamp", "blob_gas_used", "excess_blob_gas"),
        "extra_data": _text("^0x([0-9a-f]{2}){0,32}$"),
        "base_fee_per_gas": WEI,
        "transactions": _list(DATA),
        "withdrawals": _list(
            _object({**_all(UINT, "index", "validator_index", "amount"), "address": ANY_CASE_ADDRESS}), 16
        ),
    }
)
_BODY: Final = _object(
    {
        "randao_reveal": SIGNATURE,
        "eth1_data": _object({**_all(ROOT, "deposit_root", "block_hash"), "deposit_count": UINT}),
        "graffiti": ROOT,
        "proposer_slashings": _list(_object(_all(_SIGNED_HEADER, "signed_header_1", "signed_header_2")), 16),
        "attester_slashings": _list({}, 0),
        "attestations": _list(_ATTESTATION),
        "deposits": _list({}, 0),
        "voluntary_exits": _list(
            _object({"message": _object(_all(UINT, "epoch", "validator_index")), "signature": SIGNATURE}), 16
        ),
        "sync_aggregate": _object({"sync_committee_bits": BITS, "sync_committee_signature": SIGNATURE}),
        "execution_payload": _PAYLOAD,
        "bls_to_execution_changes": _list({}, 0),
        "blob_kzg_commitments": _list(PUBKEY),
        "execution_requests": _REQUESTS,
    }
)
_WITHDRAWAL: Final = _object({**_all(QUANTITY, "index", "validatorIndex", "amount"), "address": ADDRESS})
_OF_ALL_TYPES: Final = {
    **_all(QUANTITY, "blockNumber", "blockTimestamp", "transactionIndex", "nonce", "gas", "value", "gasPrice"),
    **_all(QUANTITY, "v", "r", "s"),
    **_all(ROOT, "hash", "blockHash"),
    "from": ADDRESS,
    "to": {"anyOf": [{"type": "null"}, ADDRESS]},
    "input": DATA,
}
_TYPED: Final = {**_OF_ALL_TYPES, "chainId": QUANTITY, "accessList": _list({}), "yParity": {"enum": ["0x0", "0x1"]}}
_PRICED: Final = {**_TYPED, **_all(QUANTITY, "maxFeePerGas", "maxPriorityFeePerGas")}
_TRANSACTION: Final[Schema] = {
    "oneOf": [
        _object({**_OF_ALL_TYPES, "type": {"const": "0x0"}}),
        _object({**_TYPED, "type": {"const": "0x1"}}),
        _object({**_PRICED, "type": {"const": "0x2"}}),
        _object(
            {
                **_PRICED,
                "to": ADDRESS,
                "type": {"const": "0x3"},
                "maxFeePerBlobGas": QUANTITY,
                "blobVersionedHashes": _list(ROOT, 6),
            }
        ),
    ]
}
_RECEIPT: Final = _object(
    {
        "type": {"enum": ["0x0", "0x1", "0x2", "0x3"]},
        "status": {"enum": ["0x0", "0x1"]},
        **_all(ROOT, "transactionHash", "blockHash"),
        **_all(QUANTITY, "transactionIndex", "blockNumber", "gasUsed", "cumulativeGasUsed", "effectiveGasPrice"),
        "from": ADDRESS,
        **_all({"anyOf": [{"type": "null"}, ADDRESS]}, "to", "contractAddress"),
        "logs": _list({}),
        "logsBloom": _bytes(256),
    },
    _all(QUANTITY, "blobGasUsed", "blobGasPrice"),
)
_EXECUTION_BLOCK: Final = {
    **_all(ROOT, "hash", "parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "receiptsRoot", "mixHash"),
    **_all(ROOT, "withdrawalsRoot", "parentBeaconBlockRoot", "requestsHash"),
    **_all(QUANTITY, "number", "difficulty", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "size"),
    **_all(QUANTITY, "blobGasUsed", "excessBlobGas"),
    "miner": ADDRESS,
    "logsBloom": _bytes(256),
    "extraData": DATA,
    "nonce": _bytes(8),
    "uncles": _list(ROOT, 0),
    "withdrawals": _list(_WITHDRAWAL, 16),
}
_RELAYED: Final = _object(
    {
        **_all(UINT, "slot", "gas_limit", "gas_used", "num_tx", "block_number"),
        **_all(ROOT, "parent_hash", "block_hash"),
        **_all(PUBKEY, "builder_pubkey", "proposer_pubkey"),
        "proposer_fee_recipient": ADDRESS,
        "value": WEI,
    }
)

SCHEMAS: Final[Mapping[str, Schema]] = {
    "error": _object({"code": {"type": "integer", "minimum": 400}, "message": {"type": "string"}}),
    "genesis": _object(
        {"data": _object({"genesis_time": UINT, "genesis_validators_root": ROOT, "genesis_fork_version": _bytes(4)})}
    ),
    "spec": _object(
        {
            "data": {
                "type": "object",
                "required": ["SLOTS_PER_EPOCH", "SECONDS_PER_SLOT", "ELECTRA_FORK_EPOCH"],
                "additionalProperties": {
                    "anyOf": [{"type": "string"}, _list({"type": "object", "additionalProperties": UINT})]
                },
            }
        }
    ),
    "syncing": _object(
        {
            "data": _object(
                {
                    **_all(UINT, "head_slot", "sync_distance"),
                    **_all(BOOLEAN, "is_syncing", "is_optimistic", "el_offline"),
                }
            )
        }
    ),
    "version": _object({"data": _object({"version": {"type": "string"}})}),
    "header": _envelope(_HEADER),
    "headers": _envelope(_list(_HEADER)),
    "root": _envelope(_object({"root": ROOT})),
    "block": _envelope(
        _object(
            {
                "message": _object(
                    {
                        **_all(UINT, "slot", "proposer_index"),
                        **_all(ROOT, "parent_root", "state_root"),
                        "body": _BODY,
                    }
                ),
                "signature": SIGNATURE,
            }
        ),
        version=True,
    ),
    "finality": _envelope(_object(_all(_CHECKPOINT, "previous_justified", "current_justified", "finalized"))),
    "validators": _envelope(_list(_VALIDATOR)),
    "validator": _envelope(_VALIDATOR),
    "balances": _envelope(_list(_object(_all(UINT, "index", "balance")))),
    "sync_committees": _envelope(_object({"validators": _list(UINT), "validator_aggregates": _list(_list(UINT))})),
    "duties": _object(
        {
            "dependent_root": ROOT,
            "execution_optimistic": BOOLEAN,
            "data": _list(_object({"pubkey": PUBKEY, **_all(UINT, "validator_index", "slot")})),
        }
    ),
    "attestation_rewards": _envelope(
        _object(
            {
                "ideal_rewards": _list(_object({"effective_balance": UINT, **_ATTESTED})),
                "total_rewards": _list(_object({"validator_index": UINT, **_ATTESTED})),
            }
        )
    ),
    "block_rewards": _envelope(
        _object(_all(UINT, "proposer_index", "total", "attestations", "sync_aggregate", "proposer_slashings"))
        | {"additionalProperties": UINT}
    ),
    "sync_rewards": _envelope(_list(_object({"validator_index": UINT, "reward": INT}))),
    "pending_deposits": _envelope(
        _list(
            _object(
                {
                    "pubkey": PUBKEY,
                    "withdrawal_credentials": ROOT,
                    "amount": UINT,
                    "signature": SIGNATURE,
                    "slot": UINT,
                }
            )
        ),
        version=True,
    ),
    "pending_partial_withdrawals": _envelope(
        _list(_object(_all(UINT, "validator_index", "amount", "withdrawable_epoch"))), version=True
    ),
    "pending_consolidations": _envelope(_list(_object(_all(UINT, "source_index", "target_index"))), version=True),
    "rpc_error": _object(
        {
            "jsonrpc": {"const": "2.0"},
            "id": {},
            "error": _object({"code": {"type": "integer", "maximum": -1}, "message": {"type": "string"}}),
        }
    ),
    "quantity": QUANTITY,
    "execution_block": _object({**_EXECUTION_BLOCK, "transactions": _list(_TRANSACTION)}),
    "execution_block_of_hashes": _object({**_EXECUTION_BLOCK, "transactions": _list(ROOT)}),
    "receipts": _list(_RECEIPT),
    "delivered": _list(_RELAYED, 200),
}
_VALIDATORS: Final = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


def check(name: str, answer: object) -> None:
    """Fail with the first thing in an answer that is not as its schema has it."""
    problem = next(_VALIDATORS[name].iter_errors(answer), None)
    assert problem is None, f"{name} {problem.json_path}: {problem.message}"
