"""The tables of what the operator runs and enters: validators, own wallets, costs."""

from __future__ import annotations

from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.decisions.tables import REASON, RECORDED_BY, RECORDED_THROUGH, REVISION, VALID_FROM, VALID_UNTIL
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    VALIDATOR_KEY,
    Column,
    ColumnKind,
    Table,
    TableKind,
    integer,
    money,
    text,
)
from aurora_pipeline.store.tables import recorded_at

ENTRY_TYPES = (*(member.value for member in CostType), "OTHER_INCOME")

VALIDATOR_IDENTITIES = Table(
    name="canonical_validator_identities",
    kind=TableKind.DECISION,
    description="Which validators the operator runs, their keys and ownership, dated. Only the newest revision counts.",
    columns=(
        CHAIN_ID,
        VALIDATOR_KEY,
        REVISION,
        VALID_FROM,
        VALID_UNTIL,
        text(
            "identity_key", "The key that signs blocks and pays vote fees; null: taken from the chain.", nullable=True
        ),
        text("name", "The validator's name for people."),
        text("ownership", "OPERATOR: its own; CLIENT: run for somebody.", one_of=("OPERATOR", "CLIENT")),
        integer("operator_fee_bps", "The operator's fee on client-owned validators.", nullable=True, maximum=10_000),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("chain_id", "validator_key", "revision", "valid_from"),
)

OPERATOR_WALLETS = Table(
    name="operator_wallets",
    kind=TableKind.DECISION,
    description="Withdraw authorities whose stake is the operator's own, dated. Only the newest revision counts.",
    columns=(
        CHAIN_ID,
        text("wallet_address", "The withdraw authority."),
        REVISION,
        VALID_FROM,
        VALID_UNTIL,
        Column("notes", ColumnKind.TEXT, "What the operator noted.", nullable=True, digested=False),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("chain_id", "wallet_address", "revision", "valid_from"),
)

COST_ENTRIES = Table(
    name="cost_entries",
    kind=TableKind.DECISION,
    description="Costs and other income entered by the operator from files. Only the newest revision counts.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text("entry_type", "The type of cost, or OTHER_INCOME.", one_of=ENTRY_TYPES),
        integer("revision", "The newest revision counts.", minimum=1),
        money("amount", "The amount; null withdraws the entry.", nullable=True, minimum=0),
        Column("notes", ColumnKind.TEXT, "What the operator noted.", nullable=True, digested=False),
        Column("file_hash", ColumnKind.DIGEST, "SHA-256 of the imported file.", digested=False),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("chain_id", "epoch", "validator_key", "entry_type", "revision"),
)

FEE_RECIPIENTS = Table(
    name="fee_recipients",
    kind=TableKind.DECISION,
    description="The address that receives what a validator's blocks earn, dated. Only the newest revision counts.",
    columns=(
        CHAIN_ID,
        text("validator_key", "The validator; * is every validator of the chain that has no row of its own."),
        REVISION,
        VALID_FROM,
        VALID_UNTIL,
        text("fee_recipient", "The address."),
        Column("notes", ColumnKind.TEXT, "What the operator noted.", nullable=True, digested=False),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("chain_id", "validator_key", "revision", "valid_from"),
)

REGISTRY_TABLES = (VALIDATOR_IDENTITIES, OPERATOR_WALLETS, COST_ENTRIES, FEE_RECIPIENTS)
