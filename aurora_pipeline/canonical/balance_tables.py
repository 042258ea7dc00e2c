"""The tables of what balances and blocks of a chain tell: of validators, of their accounts, of the blocks that paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from aurora_pipeline.canonical.block_income import IncomeKind
from aurora_pipeline.config.families.traits import FamilyTraits
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

_COUNT = "Null where not known."

BALANCES = Table(
    name="canonical_validator_balances",
    kind=TableKind.LAYER,
    in_ranges=True,
    version=2,
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

EXECUTION_INCOME = Table(
    name="canonical_execution_income",
    kind=TableKind.LAYER,
    in_ranges=True,
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

OF_SOME_FAMILIES: Final[Mapping[str, Callable[[FamilyTraits], bool]]] = MappingProxyType(
    {
        BALANCES.name: lambda traits: traits.own_balances,
        EXECUTION_INCOME.name: lambda traits: traits.income_by_block,
        ACCOUNT_BALANCES.name: lambda traits: not traits.own_balances,
    }
)
"""Layers that only chains of some families have, and of which: the others have no snapshot of one, and miss none."""
