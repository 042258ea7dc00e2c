"""The one list of layers: their tables, what they are computed from, and by which draft.

Dagster's assets and checks, and the proofs that compute a period again, are made from this list. A new layer is a
table, a draft and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.canonical.drafts import (
    draft_balances,
    draft_costs,
    draft_fees,
    draft_meta,
    draft_mev,
    draft_positions,
    draft_rewards,
    draft_stake_events,
)
from aurora_pipeline.canonical.income_drafts import draft_execution_income
from aurora_pipeline.canonical.judging.completeness import counted
from aurora_pipeline.canonical.judging.drafts import TABLE_OF, draft_completeness, draft_cross_checks
from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.canonical.tables import (
    BALANCES,
    COSTS,
    EXECUTION_INCOME,
    FEES,
    META,
    MEV,
    POSITIONS,
    REWARDS,
    STAKE_EVENTS,
)
from aurora_pipeline.commissions.drafts import draft_lines
from aurora_pipeline.commissions.loading import BELOW as BELOW_LINES
from aurora_pipeline.commissions.tables import COMMISSION_TABLES, PARTNER_COMMISSION_LINES
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.pnl.drafts import BELOW as BELOW_PNL
from aurora_pipeline.pnl.drafts import draft_pnl
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.tables import REGISTRY_TABLES
from aurora_pipeline.statements.decided import STATEMENT_DECISIONS
from aurora_pipeline.statements.drafts import draft_statements
from aurora_pipeline.statements.payable_drafts import draft_epoch_payables, draft_month
from aurora_pipeline.statements.tables import EPOCH_PAYABLE_TABLES, MONTHLY_TABLES, PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.snapshots import Draft

OPERATIONS, FINANCE = "team:operations", "team:finance"
DraftOne = Callable[[Configuration, Connection, PeriodKey], Draft]
DraftAll = Callable[[Configuration, Connection, PartitionKey], list[Draft]]


@dataclass(frozen=True)
class Judgement:
    """A check beside the gate and the warnings: shown with its counts, it holds nothing back."""

    name: str
    description: str
    passes: Callable[[Draft], bool]
    counts: Callable[[Draft], Mapping[str, Mapping[str, int]]]


@dataclass(frozen=True)
class Layer:
    """Tables that are computed and published together, and what of. Named by the first of them."""

    tables: tuple[Table, ...]
    draft: DraftAll
    reads: tuple[str, ...]
    """The assets it is computed from."""
    decisions: tuple[Table, ...]
    """The tables of decisions it reads: nothing is computed where these are not as the audit log says."""
    group: str
    owner: str
    judgements: tuple[Judgement, ...] = ()

    @property
    def is_monthly(self) -> bool:
        """Whether it is computed month by month; else period by period."""
        return self.tables[0].is_monthly

    @property
    def name(self) -> str:
        """The layer's name: that of its first table."""
        return self.tables[0].name


def staging_asset(data_type: DataType) -> str:
    """The asset that keeps what providers answered about a data type."""
    return f"staging_{data_type}"


def _one(
    table: Table,
    draft: DraftOne,
    reads: Sequence[str],
    group: str,
    owner: str,
    *judgements: Judgement,
    decisions: tuple[Table, ...] = REGISTRY_TABLES,
) -> Layer:
    def drafts(configuration: Configuration, connection: Connection, key: PeriodKey) -> list[Draft]:
        return [draft(configuration, connection, key)]

    return Layer((table,), _of_period(drafts), tuple(reads), decisions, group, owner, judgements)


def _of_period(draft: Callable[[Configuration, Connection, PeriodKey], list[Draft]]) -> DraftAll:
    def drafts(configuration: Configuration, connection: Connection, key: PartitionKey) -> list[Draft]:
        if not isinstance(key, PeriodKey):
            raise TypeError(f"{key} is no period, which this layer is of")
        return draft(configuration, connection, key)

    return drafts


def _canonical(table: Table, draft: DraftOne, *reads: DataType, after: Sequence[Table] = ()) -> Layer:
    below = [*[staging_asset(data_type) for data_type in reads], *_names(after)]
    return _one(table, draft, below, "canonical", OPERATIONS)


def _names(tables: Sequence[Table]) -> list[str]:
    return [table.name for table in tables]


_ALL_FINAL = Judgement(
    "complete",
    "Every data type of every validator is final. What is not is counted here with its reasons and"
    " holds nothing back; the sensor late_data comes back for what is pending.",
    passes=lambda draft: draft.completeness is Completeness.FINAL,
    counts=lambda draft: counted(draft.frame.to_dicts()),
)
_STATEMENT_TERMS = (*AGREEMENT_TABLES, *STATEMENT_DECISIONS)
_CANONICAL = _names(list(TABLE_OF.values()))

LAYERS: tuple[Layer, ...] = (
    Layer(
        (EXECUTION_INCOME,),
        _of_period(draft_execution_income),
        tuple(map(staging_asset, (DataType.FEES, DataType.MEV, DataType.REWARDS))),
        REGISTRY_TABLES,
        "canonical",
        OPERATIONS,
    ),
    _canonical(FEES, draft_fees, DataType.FEES, DataType.META, after=[EXECUTION_INCOME]),
    _canonical(MEV, draft_mev, DataType.MEV, after=[EXECUTION_INCOME]),
    Layer(
        (BALANCES,),
        _of_period(draft_balances),
        (staging_asset(DataType.REWARDS),),
        REGISTRY_TABLES,
        "canonical",
        OPERATIONS,
    ),
    _canonical(REWARDS, draft_rewards, DataType.REWARDS, DataType.POSITIONS, after=[BALANCES]),
    _canonical(META, draft_meta, DataType.META),
    _canonical(POSITIONS, draft_positions, DataType.POSITIONS),
    _canonical(COSTS, draft_costs, DataType.COSTS, DataType.MEV, after=[BALANCES]),
    _one(COMPLETENESS, draft_completeness, _CANONICAL, "canonical", OPERATIONS, _ALL_FINAL),
    _one(CROSS_CHECKS, draft_cross_checks, ["staging_cross_checks", *_CANONICAL], "canonical", OPERATIONS),
    _one(STAKE_EVENTS, draft_stake_events, _names([POSITIONS]), "canonical", OPERATIONS),
    _one(VALIDATOR_PNL, draft_pnl, _names(BELOW_PNL), "pnl", FINANCE),
    Layer(
        COMMISSION_TABLES, _of_period(draft_lines), tuple(_names(BELOW_LINES)), AGREEMENT_TABLES, "commissions", FINANCE
    ),
    _one(
        PARTNER_COMMISSION_STATEMENTS,
        draft_statements,
        _names([PARTNER_COMMISSION_LINES]),
        "statements",
        FINANCE,
        decisions=AGREEMENT_TABLES,
    ),
    Layer(
        EPOCH_PAYABLE_TABLES,
        draft_epoch_payables,
        tuple(_names([PARTNER_COMMISSION_STATEMENTS])),
        _STATEMENT_TERMS,
        "statements",
        FINANCE,
    ),
)
"""Those of periods, in the order of the pipeline: a layer reads only those before it."""

MONTHLY_LAYERS: tuple[Layer, ...] = (
    Layer(
        MONTHLY_TABLES,
        draft_month,
        tuple(_names([PARTNER_COMMISSION_STATEMENTS])),
        _STATEMENT_TERMS,
        "statements",
        FINANCE,
    ),
)
"""Those of calendar months. Which periods a month is made of is decided when it is computed."""

ALL_LAYERS: tuple[Layer, ...] = (*LAYERS, *MONTHLY_LAYERS)
