"""Good rows of every layer with rules, and for every rule one change of them that it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES, EXECUTION_INCOME
from aurora_pipeline.canonical.gates import (
    account_counts_once,
    accounts_add_up,
    balance_adds_up,
    one_payment_per_block,
    paid_for_one_block,
    rows_due,
    slots_add_up,
    something_known,
    stake_adds_up,
    tips_add_up,
    validators_present,
)
from aurora_pipeline.canonical.tables import FEES, META, MEV, POSITIONS, REWARDS
from aurora_pipeline.commissions.gates import (
    held_lines,
    lines_sum_to_results,
    parts_pay_lines,
    parts_sum_to_revenue,
    revenue_has_amount,
)
from aurora_pipeline.commissions.gates.grounds import LINES, RESULTS
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.gates import final_has_amount, income_of_one_chain, pnl_adds_up
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.sources.result import ANYTHING_TOLD, VALIDATORS_DUE, LayerResult
from aurora_pipeline.statements.assemble import epoch_statements
from aurora_pipeline.statements.gates import (
    entries_stated,
    lines_as_in_force,
    lines_held_once,
    partner_has_agreement,
    statement_adds_up,
)
from aurora_pipeline.statements.gates.grounds import COMPUTED, ENTRIES, SETTLED, Settled
from aurora_pipeline.statements.gates.grounds import LINES as PUBLISHED_LINES
from aurora_pipeline.statements.tables import MONTHLY_ENTRIES, MONTHLY_STATEMENTS
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate import keys_unique, own_period, schema_holds
from aurora_pipeline.store.gate.other_chains import OTHER_CHAINS
from aurora_pipeline.store.gate.rule import Context, GateRule, Ground
from aurora_pipeline_tests.commissions.conftest import NO_STAKE, pnl_frame, rule, terms
from aurora_pipeline_tests.pnl.frames import complete

CHAIN, EPOCH = "solana-demo", 850
KEY = PeriodKey(CHAIN, EpochNumber(EPOCH))
_PLACE = {"chain_id": CHAIN, "epoch": EPOCH, "state": "final"}
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A rule, good rows, and a change of the rows or of what stands beside them that the rule finds."""

    rule: GateRule
    table: Table
    good: pl.DataFrame
    bad: pl.DataFrame | None = None
    grounds: Mapping[Ground[Any], Any] = field(default_factory=dict)
    bad_grounds: Mapping[Ground[Any], Any] | None = None
    key: PeriodKey = KEY

    def found(self, *, is_bad: bool) -> list[str]:
        """What the rule says of good or of changed rows."""
        frame = self.bad if is_bad and self.bad is not None else self.good
        grounds = self.bad_grounds if is_bad and self.bad_grounds is not None else self.grounds
        return [str(one) for one in self.rule.violations(frame, Context(self.table, self.key, grounds))]


def _amount(frame: pl.DataFrame, name: str, plus: int, where: pl.Expr | None = None) -> pl.DataFrame:
    changed = (pl.col(name) + pl.lit(plus).cast(pl.Decimal(38, 0))).cast(pl.Decimal(38, 0))
    here = pl.lit(True) if where is None else where
    return frame.with_columns(pl.when(here).then(changed).otherwise(pl.col(name)).alias(name))


def _fees() -> pl.DataFrame:
    counts = {"leader_slots": 4, "blocks_produced": 3, "slots_skipped": 1, "fees": 10}
    return frame_of(FEES, [{**_PLACE, **counts, "validator_key": key} for key in ("V1", "V2")])


def _positions() -> pl.DataFrame:
    stakes = [("VALIDATOR", "V1", 30), ("ACCOUNT", "A1", 10), ("ACCOUNT", "A2", 20)]
    rows = [
        {**_PLACE, "validator_key": "V1", "row_kind": kind, "account_key": account, "active_stake": stake}
        for kind, account, stake in stakes
    ]
    return frame_of(POSITIONS, rows)


def _tips() -> pl.DataFrame:
    parts = {"total_tips": 10, "validator_tips": 1, "protocol_tips": 2, "staker_tips": 7}
    return frame_of(MEV, [{**_PLACE, **parts, "validator_key": "V1"}])


def _balances() -> pl.DataFrame:
    moved = {"balance_start": 32, "balance_end": 33, "withdrawals": 4, "queued": 0, "deposits": 1}
    merged = {"consolidated_in": 0, "consolidated_out": 0}
    earned = {"profit": 4, "rewards": 5, "penalties": 1}
    return frame_of(BALANCES, [{**_PLACE, **moved, **merged, **earned, "validator_key": "V1"}])


def _account(**changed: int | None) -> pl.DataFrame:
    edges = {"balance_start": 10, "balance_end": 12, "rewards": 7, "charges": 1}
    row = {**_PLACE, **edges, "fees_paid": 2, "received": 3, "sent": 6, "residual": 1, "account_key": "A"}
    return frame_of(ACCOUNT_BALANCES, [{**row, **changed, "validator_key": "V1", "account_kind": "VOTE"}])


def _blocks(mev: int) -> pl.DataFrame:
    row = {**_PLACE, "validator_key": "V1", "row_kind": "SLOT", "slot": 7, "mev_state": "final"}
    return frame_of(EXECUTION_INCOME, [{**row, "fees": 5, "mev": mev}])


def _doubled(table: Table, one: dict[str, Any], other: dict[str, Any], **same: Any) -> Case:
    """Rows of two validators, which have the same where it is one's alone."""
    good = [{**_PLACE, **one, "validator_key": "V1"}, {**_PLACE, **other, "validator_key": "V2"}]
    bad = [good[0], {**good[1], **same}]
    rule = paid_for_one_block.RULE if table is EXECUTION_INCOME else account_counts_once.RULE
    return Case(rule, table, frame_of(table, good), frame_of(table, bad))


def _of_doubles() -> list[Case]:
    def slot(place: int) -> dict[str, Any]:
        hashes = {"block_hash": f"0xb{place}", "payment_hash": f"0xp{place}"}
        return {"row_kind": "SLOT", "slot": place, "mev_state": "final", "fees": 5, "mev": 0, **hashes}

    def account(key: str, **more: Any) -> dict[str, Any]:
        return {"row_kind": "ACCOUNT", "account_key": key, **more}

    def collected(recipient: str | None, key: str, method: str = "RPC") -> dict[str, Any]:
        told = {"row_kind": "VALIDATOR", "account_key": key, "commission": 3, "method": method}
        return {**told, "recipient_key": recipient}

    def divided(key: str) -> dict[str, Any]:
        return collected("C", key, "RECOMPUTED")

    return [
        _doubled(EXECUTION_INCOME, slot(7), slot(8), slot=7),
        _doubled(EXECUTION_INCOME, slot(7), slot(8), block_hash="0xb7"),
        _doubled(EXECUTION_INCOME, slot(7), slot(8), payment_hash="0xp7"),
        _doubled(POSITIONS, account("A", active_stake=5), account("A", active_stake=0), active_stake=1),
        _doubled(REWARDS, account("A", staker_rewards=5), account("B", staker_rewards=5), account_key="A"),
        _doubled(REWARDS, collected("V1", "V1"), collected(None, "V2"), recipient_key="V1"),
        Case(
            account_counts_once.RULE,
            REWARDS,
            frame_of(REWARDS, [{**_PLACE, **divided(key), "validator_key": key} for key in ("V1", "V2")]),
            frame_of(REWARDS, [{**_PLACE, **collected("C", key), "validator_key": key} for key in ("V1", "V2")]),
        ),
        _doubled(BALANCES, {"validator_index": 1}, {"validator_index": 2}, validator_index=1),
    ]


def _of_validators() -> list[Case]:
    two = _fees()
    due: dict[Ground[Any], Any] = {VALIDATORS_DUE: ("V1", "V2"), ANYTHING_TOLD: True}
    silent = frame_of(META, [{**_PLACE, "validator_key": "V1", "state": "pending", "reason": "not yet"}])
    return [
        Case(schema_holds.RULE, FEES, two, _amount(two, "fees", -11)),
        Case(schema_holds.RULE, FEES, two, two.drop("fees")),
        Case(keys_unique.RULE, FEES, two, pl.concat([two, two])),
        Case(own_period.RULE, FEES, two, two.with_columns(epoch=pl.lit(851, pl.Int64))),
        Case(own_period.RULE, FEES, two, two.with_columns(chain_id=pl.lit("another"))),
        Case(validators_present.RULE, FEES, two, two.head(1), due),
        Case(rows_due.RULE, FEES, two, two.clear(), due),
        Case(something_known.RULE, META, silent, None, {ANYTHING_TOLD: True}, {ANYTHING_TOLD: False}),
        Case(slots_add_up.RULE, FEES, two, two.with_columns(slots_skipped=pl.lit(2, pl.Int64))),
        Case(slots_add_up.RULE, FEES, two, two.with_columns(blocks_produced=pl.lit(5, pl.Int64))),
        Case(stake_adds_up.RULE, POSITIONS, _positions(), _positions().filter(pl.col("account_key") != "A2")),
        Case(stake_adds_up.RULE, POSITIONS, _positions(), _amount(_positions(), "active_stake", 1)),
        Case(tips_add_up.RULE, MEV, _tips(), _amount(_tips(), "staker_tips", 1)),
        Case(balance_adds_up.RULE, BALANCES, _balances(), _amount(_balances(), "balance_end", 1)),
        Case(balance_adds_up.RULE, BALANCES, _balances(), _amount(_balances(), "penalties", 1)),
        Case(
            balance_adds_up.RULE,
            BALANCES,
            _balances(),
            _balances().with_columns(withdrawals=pl.lit(None).cast(pl.Decimal(38, 0))),
        ),
        *(
            Case(accounts_add_up.RULE, ACCOUNT_BALANCES, _account(), _account(**{name: 1_000}))
            for name in (
                "balance_start",
                "balance_end",
                "rewards",
                "charges",
                "fees_paid",
                "received",
                "sent",
                "residual",
            )
        ),
        Case(accounts_add_up.RULE, ACCOUNT_BALANCES, _account(residual=None), _account(balance_start=None)),
        Case(one_payment_per_block.RULE, EXECUTION_INCOME, _blocks(0), _blocks(1)),
    ]


def _of_pnl() -> list[Case]:
    result = complete().pnl("ABC")
    frame = result.frame
    elsewhere = frame.with_columns(chain_id=pl.lit("another"))
    beside = {OTHER_CHAINS: _amount(elsewhere, "exec_fees", 1)}
    lacking = frame.with_columns(exec_fees=pl.lit(None).cast(pl.Decimal(38, 0)))
    return [
        Case(final_has_amount.RULE, result.table, frame, lacking),
        Case(pnl_adds_up.RULE, result.table, frame, _amount(frame, "known_net", 1)),
        Case(pnl_adds_up.RULE, result.table, frame, _amount(frame, "net", 1)),
        Case(income_of_one_chain.RULE, result.table, frame, None, beside, {OTHER_CHAINS: elsewhere}),
    ]


def _changed(rule: GateRule, result: LayerResult, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Case:
    return Case(rule, result.table, result.frame, change(result.frame), result.grounds)


def _of_commissions() -> list[Case]:
    from aurora_pipeline.commissions.compute import commission_lines

    tips = Component.MEV_TIPS
    agreed = terms({"a": [rule("r", tips, 6000)], "b": [rule("s", tips, 1000)]})
    whole = commission_lines(CHAIN, EpochNumber(EPOCH), pnl_frame({"V1": {tips: 10_000}}), *NO_STAKE, agreed)
    unknown = pnl_frame({"V1": {tips: None}}, state="final")
    contradicting = commission_lines(CHAIN, EpochNumber(EPOCH), unknown, *NO_STAKE, agreed)
    lines, parts = whole.lines, whole.allocation
    operator = pl.col("party") == "OPERATOR"
    of_line = (pl.col("party") == "LINE") & (pl.col("component") == tips.value)
    held = lines.frame.with_columns(held=pl.lit(True))
    return [
        Case(revenue_has_amount.RULE, lines.table, lines.frame, None, lines.grounds, contradicting.lines.grounds),
        _changed(lines_sum_to_results.RULE, lines, lambda frame: _amount(frame, "computed", 1)),
        _changed(lines_sum_to_results.RULE, lines, lambda frame: frame.filter(pl.col("agreement_id") == "a")),
        Case(
            lines_sum_to_results.RULE,
            lines.table,
            lines.frame,
            None,
            lines.grounds,
            {**lines.grounds, RESULTS: whole.results.frame.clear()},
        ),
        _changed(parts_sum_to_revenue.RULE, parts, lambda frame: _amount(frame, "amount", 1, operator)),
        _changed(parts_sum_to_revenue.RULE, parts, lambda frame: frame.filter(~operator)),
        Case(held_lines.RULE, parts.table, parts.frame, None, parts.grounds, {**parts.grounds, LINES: held}),
        _changed(
            parts_pay_lines.RULE,
            parts,
            lambda frame: _amount(_amount(frame, "amount", -1, of_line), "amount", 2, operator),
        ),
    ]


def _of_statements() -> list[Case]:
    from aurora_pipeline_tests.statements.test_epoch_statements import PERIOD, _salted_lines

    tips = Component.MEV_TIPS
    agreed = terms({"a": [rule("tips", tips, 1000)]})
    lines = _salted_lines({"V1": {tips: 50}}, agreed)
    result = epoch_statements(PERIOD, lines, agreed)
    stranger = lines.with_columns(partner_id=pl.lit("somebody else"))
    return [
        Case(
            partner_has_agreement.RULE,
            result.table,
            result.frame,
            None,
            result.grounds,
            {PUBLISHED_LINES: pl.concat([lines, stranger])},
        ),
        _changed(lines_held_once.RULE, result, lambda frame: _amount(frame, "known_total", 1)),
        _changed(partner_has_agreement.RULE, result, lambda frame: frame.clear()),
        Case(
            lines_held_once.RULE,
            result.table,
            result.frame,
            None,
            result.grounds,
            {PUBLISHED_LINES: pl.concat([lines, lines])},
        ),
    ]


def _month() -> pl.DataFrame:
    sums = {"opening": 1, "lines": 10, "top_ups": 2, "adjustments": -3, "known_total": 10, "payable": 4, "closing": 6}
    row = {"chain_id": CHAIN, "month": "2026-08", "partner_id": "p", "line_count": 3, "held_total": 5}
    return frame_of(MONTHLY_STATEMENTS, [{**row, **sums}])


def _of_months() -> list[Case]:
    month = _month()
    grounds: dict[Ground[Any], Any] = {
        COMPUTED: frozenset({"p"}),
        SETTLED: {"p": Settled(3, 10, 5)},  # type: ignore[arg-type]
        ENTRIES: frame_of(MONTHLY_ENTRIES, []),
    }
    of_nobody = frame_of(MONTHLY_ENTRIES, [{"partner_id": "q"}])

    def case(rule: GateRule, bad: pl.DataFrame | None = None, **beside: Any) -> Case:
        named = {ground: beside[ground.name] for ground in grounds if ground.name in beside}
        return Case(rule, MONTHLY_STATEMENTS, month, bad, grounds, {**grounds, **named})

    return [
        case(lines_as_in_force.RULE, _amount(month, "held_total", 1)),
        case(lines_as_in_force.RULE, settled={"p": Settled(4, 10, 5)}),  # type: ignore[arg-type]
        case(lines_as_in_force.RULE, settled={}),
        *(
            case(statement_adds_up.RULE, _amount(month, name, 1))
            for name in ("opening", "lines", "top_ups", "adjustments", "known_total", "payable", "closing")
        ),
        case(entries_stated.RULE, entries=of_nobody),
    ]


CASES = (*_of_validators(), *_of_doubles(), *_of_pnl(), *_of_commissions(), *_of_statements(), *_of_months())
