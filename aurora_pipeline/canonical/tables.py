"""The canonical layer's tables: one meaning per column, whoever was asked."""

from __future__ import annotations

from dataclasses import replace

from aurora_pipeline.canonical.block_income import IncomeKind
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

BALANCES = Table(
    name="canonical_validator_balances",
    kind=TableKind.LAYER,
    in_ranges=True,
    version=2,
    of_some_chains=True,
    description="What each validator's own balance did in a period and what it was earned for, on chains where each has"
    " one (Ethereum). profit = balance_end - balance_start + withdrawals + queued - deposits - consolidated_in +"
    " consolidated_out = rewards - penalties, whether a client or the operator owns the validator.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        integer("validator_index", "The validator's number on its chain.", nullable=True),
        text("status", "Its status at the end, as the beacon chain names it.", nullable=True),
        text("withdrawal_address", "Where its withdrawals go; null: its credentials name a key.", nullable=True),
        Column("compounds", ColumnKind.BOOLEAN, "Whether what it earns stays and counts (0x02).", nullable=True),
        Column("slashed", ColumnKind.BOOLEAN, "Whether it was slashed, in the period or before.", nullable=True),
        money("stake", "What counted of its balance in the period (effective balance).", nullable=True, minimum=0),
        money("balance_start", "Its balance before the period's first slot.", nullable=True, minimum=0),
        money("balance_end", "Its balance after the period's last slot.", nullable=True, minimum=0),
        money("withdrawals", "What left for the withdrawal address: no income.", nullable=True, minimum=0),
        money("deposits", "What came into the chain for it: no income.", nullable=True, minimum=0),
        money("consolidated_in", "Balance moved to it from another validator.", nullable=True, minimum=0),
        money("consolidated_out", "Balance moved from it to another validator.", nullable=True, minimum=0),
        money(
            "queued",
            "By how much more of it waits to be credited at the end than at the start: deposits, and what left the"
            " balance when it began to compound. 0 where nothing moved that would have to be asked for.",
            nullable=True,
        ),
        money("profit", "What it earned less what it lost, by its balance.", nullable=True),
        integer(
            "first_attested_epoch",
            "The first epoch whose attestations count here: those are credited two epochs later. Null: none.",
            nullable=True,
        ),
        integer("last_attested_epoch", "The last epoch whose attestations count here.", nullable=True),
        money("attestation_head", "Attestations, head vote.", nullable=True, minimum=0),
        money("attestation_target", "Attestations, target vote: rewards less penalties.", nullable=True),
        money("attestation_source", "Attestations, source vote: rewards less penalties.", nullable=True),
        money("inactivity", "Attestations, inactivity penalties; never above 0.", nullable=True),
        money(
            "proposals",
            "Blocks proposed, on the consensus layer: attestations, sync bits and slashings included.",
            nullable=True,
            minimum=0,
        ),
        money("sync_committee", "Sync committee: rewards less penalties.", nullable=True),
        money("slashing_penalties", "What being slashed cost, which no endpoint tells.", nullable=True, minimum=0),
        money("residual", "What of the profit no reward explains that the node told.", nullable=True),
        text(
            "residual_of",
            "What explains the residual. SLASHING: a slashing; ROUNDING: the client rounds; SYNC_REWARDS: the client"
            " tells sync rewards that cannot be, and the balance tells them. Null: there is none, or nothing does.",
            nullable=True,
            one_of=("SLASHING", "ROUNDING", "SYNC_REWARDS"),
        ),
        money("rewards", "Everything earned on the consensus layer, before penalties.", nullable=True, minimum=0),
        money("penalties", "Everything lost there, slashings included.", nullable=True, minimum=0),
        integer("blocks_proposed", "Blocks it proposed.", nullable=True),
        integer("blocks_missed", "Slots it had to propose in that have no block; null: not known.", nullable=True),
        state(),
        reason(),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key"),
    repeated=("balance_start", "balance_end", "stake"),
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

EXECUTION_INCOME = Table(
    name="canonical_execution_income",
    kind=TableKind.LAYER,
    in_ranges=True,
    of_some_chains=True,
    description="What each block paid its proposer, on chains where a block pays one: exactly one income per block.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text(
            "row_kind",
            "SLOT: one slot that the validator had to propose a block in; VALIDATOR: all of its slots together.",
            one_of=("SLOT", "VALIDATOR"),
        ),
        integer("slot", "The slot; the period's first one on VALIDATOR rows."),
        text(
            "kind",
            "How the block paid (SLOT rows): see the glossary. Null where that is not known.",
            nullable=True,
            one_of=[kind.value for kind in IncomeKind],
        ),
        integer("block_number", "The execution block's number; null where there is no block.", nullable=True),
        text("block_hash", "Its hash, as the beacon chain has it.", nullable=True),
        text("fee_recipient", "Who received the block's tips.", nullable=True),
        money("tips", "What all transactions paid above the base fee, whoever received it.", nullable=True, minimum=0),
        money("burned_fees", "The base fees, which nobody received.", nullable=True, minimum=0),
        money("payment", "What was sent for the block beside tips.", nullable=True, minimum=0),
        text("payment_recipient", "To whom.", nullable=True),
        text("payment_hash", "In which transaction, the last of them.", nullable=True),
        money("fees", "The income that is EXEC_FEES.", nullable=True, minimum=0),
        money("mev", "The income that is MEV_TIPS. On SLOT rows one of the two is 0.", nullable=True, minimum=0),
        money(
            "claim", "What relays say was paid for the block, the most of it: never a figure.", nullable=True, minimum=0
        ),
        money("difference", "The income less the claim.", nullable=True),
        text("relays", "Who delivered the block, with | between them.", nullable=True),
        money(
            "phantom_claim",
            "What relays claim of another block of the slot, which is not there.",
            nullable=True,
            minimum=0,
        ),
        text("phantom_relays", "Who claims that.", nullable=True),
        integer("slots_proposed", "Slots it had to propose in (VALIDATOR rows).", nullable=True),
        integer("blocks_proposed", "Slots with a block of it (VALIDATOR rows).", nullable=True),
        integer("slots_missed", "Slots without (VALIDATOR rows).", nullable=True),
        state(of="the row's fees"),
        reason(),
        state("mev_state", "the row's mev"),
        reason("mev_reason", "mev_state"),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key", "row_kind", "slot"),
    repeated=(
        "tips",
        "burned_fees",
        "payment",
        "fees",
        "mev",
        "claim",
        "difference",
        "phantom_claim",
    ),
)

ACCOUNT_BALANCES = Table(
    name="canonical_account_balances",
    kind=TableKind.LAYER,
    in_ranges=True,
    of_some_chains=True,
    description="What the accounts of each validator held at both edges of a period and what moved between, by the"
    " balances the chain itself tells, where accounts earn and not validators. balance_end = balance_start + rewards"
    " - charges - fees_paid + received - sent + residual.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text(
            "account_kind",
            "VOTE: the account that its key names; COLLECTOR: the account that received its commission, where that is"
            " another one, maybe shared with other validators; IDENTITY: the key that signs its blocks and pays for its"
            " votes.",
            one_of=("VOTE", "COLLECTOR", "IDENTITY"),
        ),
        text("account_key", "The account; `unknown` where the identity is not known."),
        text(
            "method",
            "TRANSACTIONS: every block of the period was read with its transactions, the edges are before the first"
            " and after the last one that names the account; REWARD_ROWS: reward rows alone, the edges are after the"
            " last one of the period before and of this one. Null: neither.",
            one_of=("TRANSACTIONS", "REWARD_ROWS"),
            nullable=True,
        ),
        integer("start_slot", "The slot of the first edge; null where it is not known.", nullable=True),
        money("balance_start", "What it held there.", nullable=True, minimum=0),
        integer("end_slot", "The slot of the last edge; null where it is not known.", nullable=True),
        money("balance_end", "What it held there.", nullable=True, minimum=0),
        money("rewards", "Reward rows between the edges.", nullable=True, minimum=0),
        money("charges", "What the chain itself took between them.", nullable=True, minimum=0),
        money("fees_paid", "Fees of transactions it paid; null where these were not read.", nullable=True, minimum=0),
        money("received", "What came in by transactions; null where these were not read.", nullable=True, minimum=0),
        money("sent", "What went out by transactions, without fees; null the same.", nullable=True, minimum=0),
        integer("moves", "How many rows and transactions that is.", nullable=True),
        money(
            "residual",
            "What of the balance's change is none of these. With TRANSACTIONS every unit is explained where it is 0;"
            " with REWARD_ROWS it is what transactions moved. Null where an edge is not known: that is not 0.",
            nullable=True,
        ),
        state(of="the residual"),
        reason(),
        SOURCE_FETCH,
    ),
    key=("chain_id", "epoch", "validator_key", "account_kind", "account_key"),
    repeated=("balance_start", "balance_end"),
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
