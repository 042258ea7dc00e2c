"""The canonical layer's tables: one meaning per column, whoever was asked."""

from __future__ import annotations

from dataclasses import replace

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES, EXECUTION_INCOME
from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.registry.tables import ENTRY_TYPES
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    SOURCE_FETCH,
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

IDENTITY_KEY = text(
    "identity_key", "The key that signs blocks, and pays vote fees where there are any; null: not known.", nullable=True
)
_COUNT = "Null where not known."

FEES = Table(
    name="canonical_validator_fees",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="Block fees per validator: the Fee rewards of the blocks in the slots it led.",
    version=4,
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        IDENTITY_KEY,
        integer("leader_slots", f"Slots the leader schedule gave it. {_COUNT}", nullable=True),
        integer("blocks_produced", f"Led slots with a block. {_COUNT}", nullable=True),
        integer("slots_skipped", f"Led slots confirmed to have none. {_COUNT}", nullable=True),
        money("fees", "Fee rewards: all priority fees and half of the base fees.", nullable=True, minimum=0),
        money(
            "base_fees",
            "The part of `fees` from signatures, after half of them was burned; null where blocks were asked for"
            " without transactions (split_fees in chains.yaml).",
            nullable=True,
            minimum=0,
        ),
        money("priority_fees", "The rest of `fees`; null where base_fees is.", nullable=True, minimum=0),
        state(),
        reason(),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key"),
)

MEV = Table(
    name="canonical_validator_mev",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="What validators were paid for what their blocks hold, beside fees: all of it, and who gets what.",
    version=2,
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        money("total_tips", "The whole of it: the tip tree's total, or what builders paid.", nullable=True, minimum=0),
        integer("mev_commission_bps", "The validator's MEV commission of the period.", nullable=True, maximum=10_000),
        money("validator_tips", "The validator's part.", nullable=True, minimum=0),
        money("protocol_tips", "The protocol's part.", nullable=True, minimum=0),
        money("staker_tips", "What is left for stakers.", nullable=True, minimum=0),
        text(
            "method",
            "NODE: the validator's own node in the tip tree; FORMULA: computed, because the node was not to be had;"
            " NOT_PARTICIPATING: no MEV client, nothing earned; PAYMENTS: what builders paid it, block by block"
            " (canonical_execution_income).",
            nullable=True,
            one_of=("NODE", "FORMULA", "NOT_PARTICIPATING", "PAYMENTS"),
        ),
        state(),
        reason(),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key"),
)


REWARDS = Table(
    name="canonical_stake_rewards",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="What staking earned: per validator the operator's commission or fee, per stake account its part.",
    version=3,
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text(
            "row_kind",
            "VALIDATOR: commission received; ACCOUNT: a stake account's part.",
            one_of=("VALIDATOR", "ACCOUNT"),
        ),
        text("account_key", "The stake account; the validator's own key on VALIDATOR rows."),
        money("commission", "Commission the validator received (VALIDATOR rows).", nullable=True, minimum=0),
        money(
            "staker_rewards",
            "What the stake account received (ACCOUNT rows) or all of them together (VALIDATOR rows).",
            nullable=True,
            minimum=0,
        ),
        money(
            "gross_rewards",
            "VALIDATOR rows: commission and stakers' parts together; what the protocol lost by flooring, at most one"
            " unit per stake account, is in neither. ACCOUNT rows: the least gross reward from which its part follows"
            " at the applied commission; null where that is not known or 100 %.",
            nullable=True,
            minimum=0,
        ),
        text("recipient_key", "The account that received the commission (VALIDATOR rows).", nullable=True),
        integer(
            "commission_bps",
            "The commission, or the operator's fee on a client's validator (VALIDATOR rows).",
            nullable=True,
            maximum=10_000,
        ),
        text(
            "commission_source",
            "How the node told commission_bps: in basis points or whole percents; ROW: the reward row itself says so.",
            nullable=True,
            one_of=("BPS", "PERCENT", "ROW"),
        ),
        integer(
            "applied_commission_bps",
            "The commission the rewards were split by, as the amounts imply (VALIDATOR rows); the chain applies it"
            " about two epochs late (SIMD-0249). Null where the amounts do not tell.",
            nullable=True,
            maximum=10_000,
        ),
        text(
            "method",
            "RPC: the node's answer about the address; FIRST_BLOCKS: the reward rows of the blocks after the epoch;"
            " RECOMPUTED: the collector's row is shared by several validators, and its split is computed from their"
            " stakers' parts.",
            nullable=True,
            one_of=("RPC", "FIRST_BLOCKS", "RECOMPUTED"),
        ),
        state(of="the commission (VALIDATOR rows) or of the account's rewards"),
        reason(),
        text("stakers_state", "How much is known of staker_rewards on VALIDATOR rows; null on others.", nullable=True),
        text("stakers_reason", "The reason of stakers_state.", nullable=True),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key", "row_kind", "account_key"),
    repeated=("staker_rewards", "gross_rewards"),
)


def _of_states(column: Column) -> Column:
    """A column of META that came with its third version: what states of a chain tell, where validators are in them."""
    return replace(column, since=3)


META = Table(
    name="canonical_validator_meta",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="What a validator was: identity, commission, stake; as observed, or as the chain's states tell it.",
    version=3,
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        IDENTITY_KEY,
        text("name", "The validator's name as published.", nullable=True),
        integer("commission_bps", "Inflation commission as observed.", nullable=True, maximum=10_000),
        text(
            "commission_source",
            "How it was told: in basis points or in whole percents (which hide up to 99 bps).",
            nullable=True,
            one_of=("BPS", "PERCENT"),
        ),
        integer("mev_commission_bps", "MEV commission as observed.", nullable=True, maximum=10_000),
        money("active_stake", "Active stake as observed.", nullable=True, minimum=0),
        Column("delinquent", ColumnKind.BOOLEAN, "Whether it was delinquent when observed.", nullable=True),
        state(),
        reason(),
        SOURCE_FETCH,
        _of_states(text("status", "Its status at the period's end, as its chain names it.", nullable=True)),
        _of_states(
            text(
                "withdrawal_credentials",
                "What its withdrawals are bound to, as the chain has it: a kind, and a key or an address.",
                nullable=True,
            )
        ),
        _of_states(
            text(
                "fee_recipient",
                "The address registered for what its blocks earn, at the period's last instant; several have | between"
                " them. Null: none is registered.",
                nullable=True,
            )
        ),
        _of_states(
            integer("activation_epoch", "The first epoch in which it has duties; null: not known yet.", nullable=True)
        ),
        _of_states(
            integer("exit_epoch", "The first epoch in which it has none any more; null: it has no end.", nullable=True)
        ),
    ),
    key=("chain_id", "epoch", "validator_key"),
)

POSITIONS = Table(
    name="canonical_stake_positions",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="Stake on each validator: a row per stake account (or for its own balance), and one with the total.",
    version=2,
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text(
            "row_kind",
            "VALIDATOR: its active stake as the chain says it; ACCOUNT: one account.",
            one_of=("VALIDATOR", "ACCOUNT"),
        ),
        text("account_key", "The stake account; the validator's own key on VALIDATOR rows."),
        text("staker_key", "Who may delegate it (ACCOUNT rows).", nullable=True),
        text("withdrawer_key", "Who may withdraw it: the economic beneficiary (ACCOUNT rows).", nullable=True),
        money("active_stake", "Stake that counts in this period.", nullable=True, minimum=0),
        money(
            "activating_stake",
            "Stake on its way to count: from the next period on, or later where the cluster's warm-up limit bites.",
            nullable=True,
            minimum=0,
        ),
        money(
            "deactivating_stake",
            "Part of the active stake that is leaving: at the period's end, or later where the cool-down limit bites.",
            nullable=True,
            minimum=0,
        ),
        state(),
        reason(),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key", "row_kind", "account_key"),
    repeated=("active_stake", "activating_stake", "deactivating_stake"),
)

STAKE_EVENTS = Table(
    name="canonical_stake_events",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="What changed in the stake on each validator since the period before; derived from both positions.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text(
            "event_type",
            "STAKE: new stake; UNSTAKE: stake begins to leave, or was split away; MOVE_IN and MOVE_OUT: a stake account"
            " now on another operated validator; WITHDRAW: an account that had left is gone; OWNER: another withdrawer;"
            " SUMMARY: one row per validator that says how far the events are known.",
            one_of=("STAKE", "UNSTAKE", "MOVE_IN", "MOVE_OUT", "WITHDRAW", "OWNER", "SUMMARY"),
        ),
        text("account_key", "The stake account; the validator's own key on SUMMARY rows."),
        text("withdrawer_key", "Who may withdraw it (after the event, where it still is).", nullable=True),
        text("other_key", "The other validator of a move, or the former withdrawer of OWNER.", nullable=True),
        money("amount", "The stake it is about; null where not known.", nullable=True, minimum=0),
        state(of="the event, or of all events of the validator (SUMMARY)"),
        reason(),
    ),
    key=("chain_id", "epoch", "validator_key", "event_type", "account_key"),
    repeated=("amount",),
)


COSTS = Table(
    name="canonical_validator_costs",
    kind=TableKind.LAYER,
    in_ranges=True,
    description="Typed costs and other income per validator, never negative. A cost that is due, or that a configured"
    " source should tell, and is unknown is a row too.",
    version=4,
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text("entry_type", "The type of cost, or OTHER_INCOME.", one_of=ENTRY_TYPES),
        money("amount", "What it cost.", nullable=True, minimum=0),
        text(
            "origin",
            "CHAIN: from the chain or the tip trees; PROVIDER: as another's program has it; FILE: from a file the"
            " operator has; OPERATOR: entered.",
            one_of=("CHAIN", "PROVIDER", "FILE", "OPERATOR"),
            nullable=True,
        ),
        text(
            "method",
            "EXACT: every payment was seen; ESTIMATE: computed from vote credits, as the reason says; null: as entered"
            " or as the file has it.",
            one_of=("EXACT", "ESTIMATE"),
            nullable=True,
        ),
        state(),
        reason(),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key", "entry_type"),
)


CANONICAL_LAYERS = (
    EXECUTION_INCOME,
    FEES,
    MEV,
    BALANCES,
    REWARDS,
    META,
    POSITIONS,
    COSTS,
    ACCOUNT_BALANCES,
    STAKE_EVENTS,
    COMPLETENESS,
    CROSS_CHECKS,
)
CANONICAL_TABLES = CANONICAL_LAYERS
