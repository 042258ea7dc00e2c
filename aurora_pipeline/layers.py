"""The one list of layers: their tables, what they are computed from, and by which draft.

Dagster's assets and checks, and the proofs that compute a period again, are made from this list. A new layer is a
table, a draft and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES, EXECUTION_INCOME
from aurora_pipeline.canonical.drafts import (
    draft_account_balances,
    draft_balances,
    draft_costs,
    draft_fees,
    draft_meta,
    draft_mev,
    draft_positions,
    draft_rewards,
    draft_stake_events,
)
from aurora_pipeline.canonical.gates import (
    account_counts_once,
    accounts_add_up,
    balance_adds_up,
    balance_jumps,
    balance_unexplained,
    collector_changed,
    commission_changed,
    holds_less_often,
    missing_rate,
    not_attesting,
    not_voting,
    one_payment_per_block,
    paid_for_one_block,
    period_length,
    providers_disagree,
    rows_due,
    slots_add_up,
    something_known,
    stake_adds_up,
    stake_cliff,
    tips_add_up,
    unknown_field,
    validators_present,
)
from aurora_pipeline.canonical.income_drafts import draft_execution_income
from aurora_pipeline.canonical.judging.completeness import counted
from aurora_pipeline.canonical.judging.drafts import TABLE_OF, draft_completeness, draft_cross_checks
from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS, STAKE_EVENTS
from aurora_pipeline.commissions.drafts import draft_lines
from aurora_pipeline.commissions.gates import (
    held_lines,
    lines_sum_to_results,
    parts_pay_lines,
    parts_sum_to_revenue,
    revenue_has_amount,
    two_agreements,
)
from aurora_pipeline.commissions.loading import BELOW as BELOW_LINES
from aurora_pipeline.commissions.tables import (
    COMMISSION_RULE_RESULTS,
    COMMISSION_TABLES,
    PARTNER_COMMISSION_LINES,
    REVENUE_ALLOCATION,
)
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.pnl.drafts import BELOW as BELOW_PNL
from aurora_pipeline.pnl.drafts import draft_pnl
from aurora_pipeline.pnl.gates import (
    chain_drift,
    drift,
    final_has_amount,
    income_of_one_chain,
    pnl_adds_up,
    same_income,
    zero_income,
)
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.tables import REGISTRY_TABLES
from aurora_pipeline.statements.decided import STATEMENT_DECISIONS
from aurora_pipeline.statements.drafts import draft_statements
from aurora_pipeline.statements.gates import (
    entries_stated,
    lines_as_in_force,
    lines_held_once,
    partner_has_agreement,
    statement_adds_up,
)
from aurora_pipeline.statements.payable_drafts import draft_epoch_payables, draft_month
from aurora_pipeline.statements.tables import EPOCH_PAYABLE_TABLES, MONTHLY_TABLES, PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.gate.page import page
from aurora_pipeline.store.gate.rule import Gate, GateRule

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
    rules: Mapping[str, tuple[GateRule, ...]]
    """What the rows of each of its tables have to keep, beside what those of any table have to (store/gate/)."""
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
    rules: tuple[GateRule, ...] = (),
    decisions: tuple[Table, ...] = REGISTRY_TABLES,
) -> Layer:
    def drafts(configuration: Configuration, connection: Connection, key: PeriodKey) -> list[Draft]:
        return [draft(configuration, connection, key)]

    return Layer((table,), _of_period(drafts), tuple(reads), decisions, group, owner, {table.name: rules}, judgements)


def _of_period(draft: Callable[[Configuration, Connection, PeriodKey], list[Draft]]) -> DraftAll:
    def drafts(configuration: Configuration, connection: Connection, key: PartitionKey) -> list[Draft]:
        if not isinstance(key, PeriodKey):
            raise TypeError(f"{key} is no period, which this layer is of")
        return draft(configuration, connection, key)

    return drafts


def _canonical(
    table: Table, draft: DraftOne, *reads: DataType, rules: tuple[GateRule, ...], after: Sequence[Table] = ()
) -> Layer:
    below = [*[staging_asset(data_type) for data_type in reads], *_names(after)]
    return _one(table, draft, below, "canonical", OPERATIONS, rules=rules)


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
_OF_VALIDATORS = (rows_due.RULE, validators_present.RULE, something_known.RULE)
"""The rules of layers in which every operated validator has a row."""


def _of_payables(tables: Sequence[Table]) -> Mapping[str, tuple[GateRule, ...]]:
    statements, entries = tables
    return {
        statements.name: (lines_as_in_force.RULE, statement_adds_up.RULE, entries_stated.RULE),
        entries.name: (),
    }


LAYERS: tuple[Layer, ...] = (
    Layer(
        (EXECUTION_INCOME,),
        _of_period(draft_execution_income),
        tuple(map(staging_asset, (DataType.FEES, DataType.MEV, DataType.REWARDS))),
        REGISTRY_TABLES,
        "canonical",
        OPERATIONS,
        {EXECUTION_INCOME.name: (*_OF_VALIDATORS, one_payment_per_block.RULE, paid_for_one_block.RULE)},
    ),
    _canonical(
        FEES,
        draft_fees,
        DataType.FEES,
        DataType.META,
        rules=(*_OF_VALIDATORS, slots_add_up.RULE, holds_less_often.RULE),
        after=[EXECUTION_INCOME],
    ),
    _canonical(
        MEV,
        draft_mev,
        DataType.MEV,
        rules=(*_OF_VALIDATORS, tips_add_up.RULE, holds_less_often.RULE),
        after=[EXECUTION_INCOME],
    ),
    Layer(
        (BALANCES,),
        _of_period(draft_balances),
        (staging_asset(DataType.REWARDS),),
        REGISTRY_TABLES,
        "canonical",
        OPERATIONS,
        {
            BALANCES.name: (
                *_OF_VALIDATORS,
                balance_adds_up.RULE,
                account_counts_once.RULE,
                not_attesting.RULE,
                holds_less_often.RULE,
            )
        },
    ),
    _canonical(
        REWARDS,
        draft_rewards,
        DataType.REWARDS,
        DataType.POSITIONS,
        rules=(*_OF_VALIDATORS, account_counts_once.RULE, collector_changed.RULE),
        after=[BALANCES],
    ),
    _canonical(
        META,
        draft_meta,
        DataType.META,
        rules=(*_OF_VALIDATORS, commission_changed.RULE, stake_cliff.RULE, not_voting.RULE),
    ),
    _canonical(
        POSITIONS,
        draft_positions,
        DataType.POSITIONS,
        rules=(*_OF_VALIDATORS, stake_adds_up.RULE, account_counts_once.RULE),
    ),
    # A validator without costs has no row.
    _canonical(COSTS, draft_costs, DataType.COSTS, DataType.MEV, rules=(something_known.RULE,), after=[BALANCES]),
    Layer(
        (ACCOUNT_BALANCES,),
        _of_period(draft_account_balances),
        (*map(staging_asset, (DataType.FEES, DataType.REWARDS, DataType.COSTS)), *_names([FEES, REWARDS, COSTS])),
        REGISTRY_TABLES,
        "canonical",
        OPERATIONS,
        {
            ACCOUNT_BALANCES.name: (
                *_OF_VALIDATORS,
                accounts_add_up.RULE,
                balance_unexplained.RULE,
                balance_jumps.RULE,
                holds_less_often.RULE,
            )
        },
    ),
    _one(
        COMPLETENESS,
        draft_completeness,
        _CANONICAL,
        "canonical",
        OPERATIONS,
        _ALL_FINAL,
        rules=(*_OF_VALIDATORS, missing_rate.RULE, period_length.RULE, unknown_field.RULE),
    ),
    # Where nobody tells anything else there is no difference, and no row.
    _one(
        CROSS_CHECKS,
        draft_cross_checks,
        ["staging_cross_checks", *_CANONICAL],
        "canonical",
        OPERATIONS,
        rules=(providers_disagree.RULE,),
    ),
    _one(STAKE_EVENTS, draft_stake_events, _names([POSITIONS]), "canonical", OPERATIONS, rules=_OF_VALIDATORS),
    _one(
        VALIDATOR_PNL,
        draft_pnl,
        _names(BELOW_PNL),
        "pnl",
        FINANCE,
        rules=(
            *_OF_VALIDATORS,
            final_has_amount.RULE,
            pnl_adds_up.RULE,
            income_of_one_chain.RULE,
            drift.RULE,
            chain_drift.RULE,
            zero_income.RULE,
            same_income.RULE,
        ),
    ),
    Layer(
        COMMISSION_TABLES,
        _of_period(draft_lines),
        tuple(_names(BELOW_LINES)),
        AGREEMENT_TABLES,
        "commissions",
        FINANCE,
        {
            PARTNER_COMMISSION_LINES.name: (revenue_has_amount.RULE, lines_sum_to_results.RULE, two_agreements.RULE),
            COMMISSION_RULE_RESULTS.name: (),
            REVENUE_ALLOCATION.name: (parts_sum_to_revenue.RULE, held_lines.RULE, parts_pay_lines.RULE),
        },
    ),
    _one(
        PARTNER_COMMISSION_STATEMENTS,
        draft_statements,
        _names([PARTNER_COMMISSION_LINES]),
        "statements",
        FINANCE,
        rules=(partner_has_agreement.RULE, lines_held_once.RULE),
        decisions=AGREEMENT_TABLES,
    ),
    Layer(
        EPOCH_PAYABLE_TABLES,
        draft_epoch_payables,
        tuple(_names([PARTNER_COMMISSION_STATEMENTS])),
        _STATEMENT_TERMS,
        "statements",
        FINANCE,
        _of_payables(EPOCH_PAYABLE_TABLES),
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
        _of_payables(MONTHLY_TABLES),
    ),
)
"""Those of calendar months. Which periods a month is made of is decided when it is computed."""

ALL_LAYERS: tuple[Layer, ...] = (*LAYERS, *MONTHLY_LAYERS)
GATE = Gate({name: rules for layer in ALL_LAYERS for name, rules in layer.rules.items()})
"""The rules of every layer table: whoever writes into one hands this over."""


if __name__ == "__main__":
    print(page(GATE), end="")  # noqa: T201
