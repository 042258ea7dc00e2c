"""The fields of a beacon node's answers that figures are read from, as of the fork Fulu."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.sources.unknown_fields import KnownFields

_VALIDATORS: Final = {
    "data[]": frozenset(("index", "balance", "status", "validator")),
    "data[].validator": frozenset(
        (
            "pubkey",
            "withdrawal_credentials",
            "effective_balance",
            "slashed",
            "activation_eligibility_epoch",
            "activation_epoch",
            "exit_epoch",
            "withdrawable_epoch",
        )
    ),
}
_CONSOLIDATIONS: Final = {"data[]": frozenset(("source_index", "target_index"))}
_DEPOSITS: Final = {"data[]": frozenset(("pubkey", "withdrawal_credentials", "amount", "signature", "slot"))}
_REQUESTS: Final = "data.message.body.execution_requests"

KNOWN_FIELDS: Final[KnownFields] = {
    "attestation rewards": {
        "data": frozenset(("ideal_rewards", "total_rewards")),
        "data.total_rewards[]": frozenset(
            ("validator_index", "head", "target", "source", "inactivity", "inclusion_delay")
        ),
    },
    "block rewards": {
        "data": frozenset(
            ("proposer_index", "total", "attestations", "sync_aggregate", "proposer_slashings", "attester_slashings")
        ),
    },
    "sync rewards": {"data[]": frozenset(("validator_index", "reward"))},
    "validators at the start": _VALIDATORS,
    "validators at the end": _VALIDATORS,
    "pending consolidations at the start": _CONSOLIDATIONS,
    "pending consolidations at the end": _CONSOLIDATIONS,
    "pending deposits at the start": _DEPOSITS,
    "pending deposits at the end": _DEPOSITS,
    "block": {
        "data.message": frozenset(("slot", "proposer_index", "parent_root", "state_root", "body")),
        "data.message.body": frozenset(
            (
                "randao_reveal",
                "eth1_data",
                "graffiti",
                "proposer_slashings",
                "attester_slashings",
                "attestations",
                "deposits",
                "voluntary_exits",
                "sync_aggregate",
                "execution_payload",
                "bls_to_execution_changes",
                "blob_kzg_commitments",
                "execution_requests",
            )
        ),
        "data.message.body.execution_payload": frozenset(
            (
                "parent_hash",
                "fee_recipient",
                "state_root",
                "receipts_root",
                "logs_bloom",
                "prev_randao",
                "block_number",
                "gas_limit",
                "gas_used",
                "timestamp",
                "extra_data",
                "base_fee_per_gas",
                "block_hash",
                "transactions",
                "withdrawals",
                "blob_gas_used",
                "excess_blob_gas",
            )
        ),
        "data.message.body.execution_payload.withdrawals[]": frozenset(
            ("index", "validator_index", "address", "amount")
        ),
        _REQUESTS: frozenset(("deposits", "withdrawals", "consolidations")),
    },
}
