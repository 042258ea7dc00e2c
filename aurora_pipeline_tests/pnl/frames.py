"""Canonical rows of one validator or several, as the P&L reads them, with everything known unless a test says else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from aurora_pipeline.canonical.tables import COSTS, FEES, MEV, POSITIONS, REWARDS
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.compute import validator_pnl
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import frame_of

CHAIN, EPOCH = "solana-mainnet", EpochNumber(850)
OWN_WALLET = "OperatorWithdrawer"
FINAL = {"state": "final", "reason": None}
Row = dict[str, Any]


def missing(state: str, reason: str) -> Row:
    return {"state": state, "reason": reason}


@dataclass
class Books:
    """Rows by table; a test adds what it is about."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: Table, key: str, **values: Any) -> Books:
        row = {"chain_id": CHAIN, "epoch": EPOCH, "validator_key": key, **FINAL, **values}
        self.rows.setdefault(table.name, []).append(row)
        return self

    def fees(self, key: str, amount: int | None, **state: Any) -> Books:
        return self.add(FEES, key, fees=amount, **state)

    def mev(self, key: str, amount: int | None, **state: Any) -> Books:
        return self.add(MEV, key, validator_tips=amount, **state)

    def commission(self, key: str, amount: int | None, **state: Any) -> Books:
        return self.add(REWARDS, key, row_kind="VALIDATOR", account_key=key, commission=amount, **state)

    def reward(self, key: str, account: str, amount: int | None, **state: Any) -> Books:
        return self.add(REWARDS, key, row_kind="ACCOUNT", account_key=account, staker_rewards=amount, **state)

    def stake(self, key: str, amount: int | None, **state: Any) -> Books:
        return self.add(POSITIONS, key, row_kind="VALIDATOR", account_key=key, active_stake=amount, **state)

    def account(self, key: str, account: str, withdrawer: str | None, amount: int) -> Books:
        return self.add(
            POSITIONS,
            key,
            row_kind="ACCOUNT",
            account_key=account,
            staker_key=withdrawer,
            withdrawer_key=withdrawer,
            active_stake=amount,
        )

    def cost(self, key: str, entry_type: str, amount: int | None, **state: Any) -> Books:
        return self.add(COSTS, key, entry_type=entry_type, amount=amount, origin="CHAIN", **state)

    def frame(self, table: Table) -> pl.DataFrame:
        return frame_of(table, self.rows.get(table.name, []))

    def pnl(
        self, *keys: str, due: Sequence[CostType] = (CostType.VOTE_FEES,), wallets: Sequence[str] = (OWN_WALLET,)
    ) -> LayerResult:
        return validator_pnl(
            reference(*keys),
            self.frame(FEES),
            self.frame(MEV),
            self.frame(REWARDS),
            self.frame(POSITIONS),
            self.frame(COSTS),
            wallets,
            due,
        )


def complete(key: str = "ABC") -> Books:
    """Validator ABC of epoch 850: 1.5 fees, 0.8 tips, 2.0 on own stake, 0.1 commission, 0.5 vote fees, in SOL."""
    return everything_but(key)


def everything_but(key: str, *left_out: str) -> Books:
    """The same without some parts: fees, mev, rewards, positions or costs."""
    books = Books()
    if "fees" not in left_out:
        books.fees(key, 1_500_000_000)
    if "mev" not in left_out:
        books.mev(key, 800_000_000)
    if "rewards" not in left_out:
        books.commission(key, 100_000_000).reward(key, "own", 2_000_000_000).reward(key, "client", 500_000_000)
    if "positions" not in left_out:
        books.stake(key, 5).account(key, "own", OWN_WALLET, 4).account(key, "client", "Client", 1)
    if "costs" not in left_out:
        books.cost(key, "VOTE_FEES", 500_000_000)
    return books


def reference(*keys: str) -> Reference:
    return Reference(
        chain_id=CHAIN,
        epoch=EPOCH,
        first_slot=EPOCH * 432_000,
        last_slot=EPOCH * 432_000 + 431_999,
        started_at=datetime(2026, 9, 1, tzinfo=UTC),
        ended_at=datetime(2026, 9, 3, tzinfo=UTC),
        validators=tuple(OperatedValidator(key, f"id-{key}", f"Validator {key}", "OPERATOR") for key in keys),
    )


def only_row(result: LayerResult) -> Row:
    """The one line of a result, amounts as ints."""
    (row,) = result.frame.to_dicts()
    return {name: int(value) if name in _AMOUNTS and value is not None else value for name, value in row.items()}


_AMOUNTS = frozenset(
    ["exec_fees", "mev_tips", "vote_rewards", "commission", "other_income", "total_revenue", "known_revenue"]
    + ["total_costs", "known_costs", "net", "known_net"]
    + [cost.value.lower() for cost in CostType]
)
