"""What Dagster shows of a layer's rows: a few columns, names in place of keys, the largest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES, EXECUTION_INCOME
from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS, STAKE_EVENTS
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.money import format_coins, stored_amount
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.statements.tables import (
    EPOCH_ENTRIES,
    EPOCH_PAYABLES,
    MONTHLY_ENTRIES,
    MONTHLY_STATEMENTS,
    PARTNER_COMMISSION_STATEMENTS,
)
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Column, ColumnKind, Table

_ROWS: Final = 12
_ID_SHOWN: Final = 8
_NOTES: Final = 20
_NAMED_MAX: Final = 5
_SUBJECTS: Final = ("partner_id", "rule_key", "validator_key", "component", "data_type", "entry_type", "event_type")
_NAMED: Final = frozenset({"validator_key", "partner_id"})


@dataclass(frozen=True)
class Preview:
    """The columns that are shown, and the one by which the largest come first."""

    columns: tuple[str, ...]
    largest: str
    either_sign: bool = False
    """Whether far below 0 is as large as far above it."""


_STATEMENT: Final = ("partner_name", "opening", "lines", "adjustments", "known_total", "payable", "closing", "state")
_ENTRY: Final = ("partner_id", "kind", "source_period", "rule_key", "validator_key", "amount", "cause", "reason")

PREVIEWS: Final[Mapping[str, Preview]] = {
    FEES.name: Preview(("validator_key", "fees", "priority_fees", "leader_slots", "blocks_produced", "state"), "fees"),
    MEV.name: Preview(
        ("validator_key", "validator_tips", "total_tips", "mev_commission_bps", "state"), "validator_tips"
    ),
    BALANCES.name: Preview(
        ("validator_key", "status", "rewards", "penalties", "profit", "residual", "residual_of", "state"), "profit"
    ),
    ACCOUNT_BALANCES.name: Preview(
        ("validator_key", "account_kind", "method", "balance_start", "balance_end", "rewards", "residual", "state"),
        "residual",
        either_sign=True,
    ),
    EXECUTION_INCOME.name: Preview(
        ("validator_key", "slot", "kind", "fees", "mev", "claim", "difference", "state"), "claim"
    ),
    REWARDS.name: Preview(
        ("validator_key", "row_kind", "account_key", "commission", "staker_rewards", "state"),
        "staker_rewards",
    ),
    META.name: Preview(
        ("validator_key", "identity_key", "active_stake", "commission_bps", "mev_commission_bps", "state"),
        "active_stake",
    ),
    POSITIONS.name: Preview(
        ("validator_key", "row_kind", "account_key", "withdrawer_key", "active_stake", "state"),
        "active_stake",
    ),
    COSTS.name: Preview(("validator_key", "entry_type", "amount", "origin", "method", "state"), "amount"),
    STAKE_EVENTS.name: Preview(
        ("validator_key", "event_type", "account_key", "withdrawer_key", "amount", "state"), "amount"
    ),
    COMPLETENESS.name: Preview(
        ("validator_key", "data_type", "state", "leader_slots", "blocks_produced", "active_stake"),
        "active_stake",
    ),
    CROSS_CHECKS.name: Preview(
        ("validator_key", "figure", "provider", "stated", "other_provider", "other_stated", "difference", "known_as"),
        "difference",
        either_sign=True,
    ),
    VALIDATOR_PNL.name: Preview(("name", *(part.column for part in Component), "total_costs", "net", "state"), "net"),
    PARTNER_COMMISSION_LINES.name: Preview(
        ("line_id", "partner_id", "rule_key", "validator_key", "component", "base", "final", "state"), "final"
    ),
    COMMISSION_RULE_RESULTS.name: Preview(
        ("partner_id", "agreement_id", "rule_key", "base", "computed", "cap_reduction", "final", "state"), "final"
    ),
    REVENUE_ALLOCATION.name: Preview(
        ("validator_key", "component", "party", "partner_id", "amount", "state"), "amount"
    ),
    PARTNER_COMMISSION_STATEMENTS.name: Preview(
        ("partner_name", "lines_total", "known_total", "held_total", "line_count", "state", "statement_id"),
        "lines_total",
    ),
    MONTHLY_STATEMENTS.name: Preview(_STATEMENT, "known_total", either_sign=True),
    EPOCH_PAYABLES.name: Preview(_STATEMENT, "known_total", either_sign=True),
    MONTHLY_ENTRIES.name: Preview(_ENTRY, "amount", either_sign=True),
    EPOCH_ENTRIES.name: Preview(_ENTRY, "amount", either_sign=True),
}
"""By layer table."""


def names_of(connection: Connection, chain_id: str) -> dict[str, str]:
    """The newest names of validators and partners by their keys."""
    rows = connection.execute(
        """SELECT DISTINCT ON (key) key, name FROM (
               SELECT validator_key AS key, name, revision FROM canonical_validator_identities WHERE chain_id = %s
               UNION ALL SELECT partner_id, name, revision FROM partners
           ) named ORDER BY key, revision DESC""",
        [chain_id],
    )
    return {row["key"]: row["name"] for row in rows}


def preview(table: Table, frame: pl.DataFrame, chain: Chain, names: Mapping[str, str]) -> str:
    """The largest rows as a markdown table, money in whole coins; columns that are null throughout are left out."""
    chosen = PREVIEWS[table.name]
    size = pl.col(chosen.largest).abs() if chosen.either_sign else pl.col(chosen.largest)
    head = frame.sort(size, descending=True, nulls_last=True, maintain_order=True).head(_ROWS)
    shown = [table.column(name) for name in chosen.columns if not head[name].is_null().all()]
    heads = [f"{_head(c)} ({chain.native_unit})" if c.kind is ColumnKind.AMOUNT else _head(c) for c in shown]
    lines = [
        f"| {' | '.join(heads)} |",
        f"|{'|'.join('---:' if c.kind is ColumnKind.AMOUNT else '---' for c in shown)}|",
    ]
    for row in head.iter_rows(named=True):
        lines.append(f"| {' | '.join(_shown(column, row[column.name], chain, names) for column in shown)} |")
    more = len(frame) - len(head)
    return "\n".join(lines) + (f"\n\n... and {more} more rows, the smaller ones" if more else "")


def notes(table: Table, frame: pl.DataFrame, names: Mapping[str, str]) -> str:
    """Every reason whole, with the rows it is given for: a column of sentences would push the amounts aside."""
    if "reason" not in table.names or frame["reason"].is_null().all():
        return ""
    told: dict[str, list[str]] = {}
    for row in frame.filter(pl.col("reason").is_not_null()).iter_rows(named=True):
        told.setdefault(row["reason"], []).append(_whose(row, names))
    lines = [f"* {_some(whose)}: {_plain(reason)}" for reason, whose in list(told.items())[:_NOTES]]
    more = len(told) - len(lines)
    return "\n".join(lines) + (f"\n\n... and {more} more reasons, in the column `reason`" if more else "")


def _whose(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Who a row is about, in as many words as tell it apart for a reader."""
    keys = [str(row[name]) for name in _SUBJECTS if row.get(name)]
    return _plain(" ".join(names.get(key, key) for key in keys)) or "all"


def _some(whose: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(whose))
    more = len(distinct) - _NAMED_MAX
    return ", ".join(distinct[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _head(column: Column) -> str:
    return column.name.removesuffix("_key").removesuffix("_id").replace("_", " ")


def _shown(column: Column, value: Any, chain: Chain, names: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if column.kind is ColumnKind.AMOUNT:
        return format_coins(stored_amount(value, column.name), chain.native_decimals)
    if column.kind is ColumnKind.UUID:
        return str(value)[:_ID_SHOWN]
    return _plain(names.get(value, str(value)) if column.name in _NAMED else str(value))
