"""The tables that judge the other canonical ones: how complete each figure is, and what a second provider says."""

from __future__ import annotations

from aurora_pipeline.config.vocabulary import ROLES
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
    reason,
    state,
    text,
)

_DATA_TYPE = text("data_type", "fees, mev, rewards, meta, positions or costs.", one_of=[role.value for role in ROLES])

COMPLETENESS = Table(
    name="canonical_completeness",
    kind=TableKind.LAYER,
    description="How much is known of each data type of each validator, why, and the facts that were checked.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        _DATA_TYPE,
        state(of="the data type; pending: waiting will help"),
        reason(),
        integer("leader_slots", "Slots the leader schedule gave it (fees).", nullable=True),
        integer("blocks_produced", "Led slots with a block that was read (fees).", nullable=True),
        integer("slots_skipped", "Led slots proven to have no block (fees).", nullable=True),
        money("active_stake", "The validator's active stake (positions).", nullable=True, minimum=0),
        money("accounts_stake", "What its stake accounts hold of it together (positions).", nullable=True, minimum=0),
    ),
    key=("chain_id", "epoch", "validator_key", "data_type"),
)

CROSS_CHECKS = Table(
    name="cross_check_differences",
    kind=TableKind.LAYER,
    description="Figures of which a second provider says something else. Equal figures have no row; nothing is rounded"
    " away.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        _DATA_TYPE,
        text("subject", "What the figure is about: the validator's key, a stake account, or a type of cost."),
        text("figure", "The column of the canonical table."),
        text("provider", "The provider whose figure counts."),
        text("other_provider", "The provider it was compared with."),
        text("stated", "The figure that counts; null: not known, or no such row.", nullable=True),
        text("other_stated", "The other provider's figure; null: no such row.", nullable=True),
        money("difference", "The other figure less the one that counts, where both are amounts.", nullable=True),
        text("known_as", "The named systematic difference it is (docs/cross-checks.md); null: none.", nullable=True),
        Column("fetch_digest", ColumnKind.DIGEST, "Commits to the hashes of the payloads that count.", nullable=True),
        Column("other_fetch_digest", ColumnKind.DIGEST, "Commits to the hashes of the other payloads."),
        Column("source_fetch", ColumnKind.INTEGER, "The staging fetch that counts.", nullable=True, digested=False),
        Column("other_fetch", ColumnKind.INTEGER, "The staging fetch of the other provider.", digested=False),
    ),
    key=("chain_id", "epoch", "validator_key", "data_type", "subject", "figure", "other_provider"),
    repeated=("difference",),
)
