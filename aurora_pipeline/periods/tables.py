"""The registry: chains and providers as configured, finalized periods, the operator's validators and wallets."""

from __future__ import annotations

from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    VALIDATOR_KEY,
    Column,
    ColumnKind,
    Role,
    Table,
    integer,
    text,
)
from aurora_pipeline.store.tables import recorded_at

VALID_FROM = Column("valid_from", ColumnKind.INSTANT, "From when on it holds (included).")
VALID_UNTIL = Column("valid_until", ColumnKind.INSTANT, "Until when it holds (excluded); null: open.", nullable=True)
REVISION = integer("revision", "The newest revision counts as a whole; earlier ones are history.", minimum=1)
RECORDED_BY = Column("recorded_by", ColumnKind.TEXT, "Who recorded it.", digested=False)

CHAINS = Table(
    name="chains",
    role=Role.REGISTRY,
    description="The chains of chains.yaml, which wins.",
    columns=(
        CHAIN_ID,
        text("name", "The chain's name for people."),
        Column("enabled", ColumnKind.BOOLEAN, "Whether periods of it are computed."),
        text("family", "solana or ethereum."),
        text("period_type", "EPOCH, BLOCK_WINDOW or SLOT_RANGE."),
        integer("first_period", "The first period that is computed."),
        text("native_unit", "The whole coin (SOL, ETH)."),
        integer("native_decimals", "How many decimals a whole coin has."),
        integer("finality_lag", "Slots after a period's end before it counts as final."),
    ),
    key=("chain_id",),
)

PROVIDERS = Table(
    name="providers",
    role=Role.REGISTRY,
    description="The providers of providers.yaml, which wins; addresses without keys.",
    columns=(
        text("provider", "The provider's name."),
        Column("enabled", ColumnKind.BOOLEAN, "Whether it may be asked."),
        text("kind", "The adapter that speaks to it."),
        text("base_url", "Its address without credentials."),
    ),
    key=("provider",),
)

CHAIN_PROVIDER_MAPPINGS = Table(
    name="chain_provider_mappings",
    role=Role.REGISTRY,
    description="Who is asked for what, and who next when the first is down.",
    columns=(
        CHAIN_ID,
        text("role", "The data type."),
        integer("priority", "0 is asked first."),
        text("provider", "The provider's name."),
    ),
    key=("chain_id", "role", "priority"),
)

CANONICAL_PERIODS = Table(
    name="canonical_periods",
    role=Role.LEDGER,
    description="Finalized periods: their slots and instants, read from staged answers.",
    columns=(
        CHAIN_ID,
        EPOCH,
        text("period_key", "The partition key, chain:epoch."),
        integer("first_slot", "The period's first slot."),
        integer("last_slot", "The period's last slot."),
        integer("first_block_slot", "The first slot with a block."),
        integer("last_block_slot", "The last slot with a block."),
        Column("started_at", ColumnKind.INSTANT, "Block time of the first block."),
        Column("ended_at", ColumnKind.INSTANT, "Block time of the last block."),
        Column("period_digest", ColumnKind.DIGEST, "Commits to slots and instants.", digested=False),
        Column("payload_ids", ColumnKind.INTEGERS, "The answers they were read from.", digested=False),
        recorded_at(),
    ),
    key=("chain_id", "epoch"),
    unique=(("period_key",),),
)

VALIDATOR_IDENTITIES = Table(
    name="canonical_validator_identities",
    role=Role.LEDGER,
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
        RECORDED_BY,
        recorded_at(),
    ),
    key=("chain_id", "validator_key", "revision", "valid_from"),
)

OPERATOR_WALLETS = Table(
    name="operator_wallets",
    role=Role.LEDGER,
    description="Withdraw authorities whose stake is the operator's own, dated. Only the newest revision counts.",
    columns=(
        CHAIN_ID,
        text("wallet_address", "The withdraw authority."),
        REVISION,
        VALID_FROM,
        VALID_UNTIL,
        Column("notes", ColumnKind.TEXT, "What the operator noted.", nullable=True, digested=False),
        RECORDED_BY,
        recorded_at(),
    ),
    key=("chain_id", "wallet_address", "revision", "valid_from"),
)

PERIOD_TABLES = (
    CHAINS,
    PROVIDERS,
    CHAIN_PROVIDER_MAPPINGS,
    CANONICAL_PERIODS,
    VALIDATOR_IDENTITIES,
    OPERATOR_WALLETS,
)
