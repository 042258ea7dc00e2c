"""What changed of what was stated: reads the lines that were stated and those in force, and says the adjustments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from aurora_pipeline.agreements.in_force import TermsHistory
from aurora_pipeline.commissions.identity import adjustment_ids, top_up_id
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES, LineKind
from aurora_pipeline.commissions.windows import RuleKey
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.statements.adjustments import (
    EARLIER,
    LINE_COLUMNS,
    Origins,
    adjustments,
    causes_of,
    without_amount,
)
from aurora_pipeline.statements.causes import NEVER_STATED, Causes
from aurora_pipeline.statements.decided import STATEMENT_DISPUTE_ANSWERS
from aurora_pipeline.statements.published import EpochStatements, statements_by_digest, statements_named
from aurora_pipeline.statements.stated import Account, Stage, Stated
from aurora_pipeline.statements.tables import EPOCH_ENTRIES, MONTHLY_ENTRIES, Cause, EntryKind
from aurora_pipeline.statements.top_ups import RuleMonth, summed, top_ups
from aurora_pipeline.store.database import Connection, read_frame
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.published import snapshot_input

_LINES_READ: Final = """
SELECT {columns} FROM layers.partner_commission_lines
WHERE (snapshot_id, partner_id) IN (SELECT * FROM unnest(%s::bigint[], %s::text[]))
"""
_ENTRIES_READ: Final = """
SELECT partner_id, line_id::text AS line_id, source_period, coalesce(sum(amount), 0) AS amount,
       count(*) FILTER (WHERE kind = 'ADJUSTMENT') AS entries, min(agreement_id) AS agreement_id,
       min(rule_key) AS rule_key, min(validator_key) AS validator_key, min(wallet_address) AS wallet_address,
       min(line_kind) AS kind, min(component) AS component
FROM layers.{} WHERE (snapshot_id, statement_id) IN (SELECT * FROM unnest(%s::bigint[], %s::uuid[]))
GROUP BY 1, 2, 3
"""
_SETTLED_DISPUTES: Final = """
SELECT s.partner_id, coalesce(m.line_id, e.line_id, a.line_id)::text AS told_line, a.*
FROM statement_dispute_answers a
JOIN statement_approvals p ON p.statement_id = a.statement_id
JOIN statement_submissions s ON (s.statement_id, s.attempt) = (p.statement_id, p.attempt)
LEFT JOIN layers.monthly_statement_entries m ON m.snapshot_id = s.entries_snapshot_id AND m.entry_id = a.line_id
LEFT JOIN layers.epoch_payable_entries e ON e.snapshot_id = s.entries_snapshot_id AND e.entry_id = a.line_id
WHERE s.chain_id = %s AND a.verdict = 'ACCEPTED' AND s.partner_id = ANY(%s)
ORDER BY a.recorded_at
"""
_NAMES: Final = (
    "partner_id",
    "line_id",
    "agreement_id",
    "rule_key",
    "validator_key",
    "wallet_address",
    "kind",
    "component",
)
Row = dict[str, Any]
Pair = tuple[str, EpochNumber]
"""(partner, epoch)."""


@dataclass(frozen=True)
class ChainTimeline:
    """A chain's recorded periods, and what is published of them."""

    chain_id: str
    periods: Mapping[EpochNumber, Period]
    months: Mapping[EpochNumber, str]
    """By epoch, the month in which it ended."""
    in_force: Mapping[EpochNumber, EpochStatements]

    def of_month(self, month: str) -> list[EpochNumber]:
        """The epochs that ended in a month."""
        return [epoch for epoch, its_month in self.months.items() if its_month == month]


@dataclass(frozen=True)
class Differences:
    """Adjustments as entries that are on nobody's statement yet, what they were read from, and what has to wait."""

    entries: pl.DataFrame
    inputs: tuple[Input, ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    """By partner, how many stated lines have no amount now."""


@dataclass(frozen=True)
class _Earlier:
    """What statements adjusted, by partner and line."""

    amount: Mapping[tuple[str, str], Amount]
    entries: Mapping[tuple[str, str], int]
    lines: Mapping[tuple[str, str], Row]
    """What names each line of an epoch."""
    epochs: frozenset[Pair]
    months: frozenset[tuple[str, str]]


def restated(connection: Connection, timeline: ChainTimeline, accounts: Sequence[Account]) -> Differences:
    """What is to be adjusted in the earliest drafts of some partners."""
    closed = {
        (account.partner_id, epoch)
        for account in accounts
        for epoch, month in timeline.months.items()
        if account.is_closed(month, epoch) and not account.was_paid_elsewhere(month)
    }
    if not closed:
        return Differences(pl.DataFrame())
    pinned = _pinned(connection, timeline, accounts)
    pending = _pending(timeline, accounts)
    earlier = _earlier(connection, accounts)
    without_lines = _without_lines(connection, timeline, closed - pinned.keys() - pending)
    moved = {
        pair
        for pair in closed - pending - without_lines
        if pair[1] in timeline.in_force
        and (pair in earlier.epochs or _lines(pinned.get(pair)) != _lines(timeline.in_force[pair[1]]))
    }
    frames: list[pl.DataFrame] = []
    waiting: Mapping[str, int] = {}
    inputs: list[Input] = []
    if moved:
        lines, waiting = _line_entries(connection, timeline, pinned, moved, earlier)
        frames.append(lines)
    top_up_entries, read = _top_up_entries(connection, timeline, accounts, earlier)
    frames.append(top_up_entries)
    entries = pl.concat([frame for frame in frames if len(frame)], how="diagonal") if any(map(len, frames)) else None
    if entries is not None:
        entries, answers = _naming_disputes(connection, timeline.chain_id, accounts, entries)
        inputs += answers
    epochs = {epoch for _, epoch in closed if epoch in timeline.in_force}
    inputs += [timeline.in_force[epoch].as_input for epoch in sorted(epochs)]
    return Differences(pl.DataFrame() if entries is None else entries, (*inputs, *read), waiting)


def _lines(statements: EpochStatements | None) -> int | None:
    return None if statements is None else statements.lines_snapshot


def _own_epochs(timeline: ChainTimeline, stated: Stated) -> list[EpochNumber]:
    return [stated.key.epoch] if isinstance(stated.key, PeriodKey) else timeline.of_month(stated.month)


def _pending(timeline: ChainTimeline, accounts: Iterable[Account]) -> set[Pair]:
    """Periods of a statement that is pending: for it, what was submitted is what is so."""
    return {
        (one.partner_id, epoch)
        for account in accounts
        for one in account.stated
        if one.stage is Stage.PENDING_APPROVAL
        for epoch in _own_epochs(timeline, one)
    }


def _pinned(
    connection: Connection, timeline: ChainTimeline, accounts: Sequence[Account]
) -> dict[Pair, EpochStatements]:
    """By partner and epoch, the EPOCH statements that a stated statement is made of."""
    stated = [one for account in accounts for one in account.stated]
    rows = connection.execute(
        "SELECT snapshot_id, inputs FROM snapshots WHERE snapshot_id = ANY(%s)", [[one.snapshot_id for one in stated]]
    )
    named = {row["snapshot_id"]: statements_named(row["inputs"]) for row in rows}
    wanted = {
        (one.partner_id, epoch): named[one.snapshot_id][epoch]
        for one in stated
        for epoch in _own_epochs(timeline, one)
        if epoch in named[one.snapshot_id]
    }
    found = statements_by_digest(connection, set(wanted.values()))
    return {pair: found[digest] for pair, digest in wanted.items()}


def _without_lines(connection: Connection, timeline: ChainTimeline, pairs: set[Pair]) -> set[Pair]:
    """Of periods of which nothing was stated, those in which the partner has no line now either."""
    numbers = {timeline.in_force[epoch].snapshot_id for _, epoch in pairs if epoch in timeline.in_force}
    rows = connection.execute(
        """SELECT partner_id, epoch FROM layers.partner_commission_statements
           WHERE snapshot_id = ANY(%s) AND line_count > 0 AND partner_id = ANY(%s)""",
        [list(numbers), sorted({partner_id for partner_id, _ in pairs})],
    )
    return pairs - {(row["partner_id"], row["epoch"]) for row in rows}


def _earlier(connection: Connection, accounts: Sequence[Account]) -> _Earlier:
    amount: dict[tuple[str, str], Amount] = defaultdict(lambda: ZERO)
    entries: dict[tuple[str, str], int] = defaultdict(int)
    lines: dict[tuple[str, str], Row] = {}
    epochs, months = set(), set()
    for table in (MONTHLY_ENTRIES, EPOCH_ENTRIES):
        statements = MONTHLY_STATEMENT_OF[table.name]
        stated = [one for account in accounts for one in account.stated if one.asset == statements]
        numbers = [one.entries_snapshot_id for one in stated]
        ids = [one.statement_id for one in stated]
        for row in connection.execute(_ENTRIES_READ.format(table.name).encode(), [numbers, ids]):
            key = (row["partner_id"], row["line_id"])
            amount[key] += stored_amount(row["amount"])
            entries[key] += row["entries"]
            if row["source_period"].isdigit():
                epoch = EpochNumber(int(row["source_period"]))
                epochs.add((row["partner_id"], epoch))
                lines[key] = {name: row[name] for name in _NAMES} | {"epoch": epoch}
            else:
                months.add((row["partner_id"], row["source_period"]))
    return _Earlier(amount, entries, lines, frozenset(epochs), frozenset(months))


MONTHLY_STATEMENT_OF: Final = {MONTHLY_ENTRIES.name: "monthly_statements", EPOCH_ENTRIES.name: "epoch_payables"}
"""By the table of entries, that of the statements they are on."""


def _line_entries(
    connection: Connection,
    timeline: ChainTimeline,
    pinned: Mapping[Pair, EpochStatements],
    moved: set[Pair],
    earlier: _Earlier,
) -> tuple[pl.DataFrame, dict[str, int]]:
    stated = _read_lines(connection, {pair: pinned[pair].lines_snapshot for pair in moved if pair in pinned})
    now = _read_lines(connection, {pair: timeline.in_force[pair[1]].lines_snapshot for pair in moved})
    stated = pl.concat([stated, _only_adjusted(earlier, moved, stated, now)], how="diagonal")
    causes = Causes(connection)
    origins: dict[Pair, Origins] = {}
    for pair in moved:
        was, is_now = pinned.get(pair), timeline.in_force[pair[1]]
        origins[pair] = NEVER_STATED if was is None else causes.between(was.lines_digest, is_now.lines_digest)
    keys = [key for key in earlier.amount if key in earlier.entries]
    adjusted = pl.DataFrame(
        {
            "partner_id": [partner_id for partner_id, _ in keys],
            "line_id": [line_id for _, line_id in keys],
            "adjusted": pl.Series([earlier.amount[key] for key in keys], dtype=pl.Int128).cast(pl.Decimal(38, 0)),
            "entries": [earlier.entries[key] for key in keys],
        },
        schema=EARLIER,
    )
    return adjustments(stated, now, adjusted, causes_of(origins)), without_amount(stated, now)


def _only_adjusted(earlier: _Earlier, moved: set[Pair], stated: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Lines that are gone and that only adjustments told of: stated without an amount of their own."""
    rows = [row for (partner_id, _), row in earlier.lines.items() if (partner_id, row["epoch"]) in moved]
    told = pl.DataFrame(rows, schema={name: stated.schema[name] for name in (*_NAMES, "epoch")})
    for lines in (stated, now):
        told = told.join(lines, on=["partner_id", "line_id"], how="anti")
    return told


def _read_lines(connection: Connection, snapshots: Mapping[Pair, int]) -> pl.DataFrame:
    kinds = {name: PARTNER_COMMISSION_LINES.column(name).kind for name in LINE_COLUMNS}
    query = _LINES_READ.format(columns=", ".join(LINE_COLUMNS))
    partners = [partner_id for partner_id, _ in snapshots]
    return read_frame(connection, query, kinds, [list(snapshots.values()), partners])


def _top_up_entries(
    connection: Connection, timeline: ChainTimeline, accounts: Sequence[Account], earlier: _Earlier
) -> tuple[pl.DataFrame, tuple[Input, ...]]:
    """Adjustments of what floors per MONTH added to stated months."""
    stated = {
        (one.partner_id, one.month)
        for account in accounts
        for one in account.stated
        if one.stage is not Stage.PENDING_APPROVAL and not isinstance(one.key, PeriodKey)
    }
    if not stated or not has_monthly_floors(connection):
        return pl.DataFrame(), ()
    terms = TermsHistory(connection, timeline.chain_id)
    rows: list[Row] = []
    inputs: list[Input] = []
    for month in sorted({month for _, month in stated}):
        partners = {partner_id for partner_id, of in stated if of == month}
        epochs = timeline.of_month(month)
        in_force = terms.at(timeline.periods[max(epochs)].last_instant)
        results, read = rule_months(connection, timeline.chain_id, epochs)
        inputs += [*in_force.inputs, *read]
        now = {
            (one.partner_id, top_up_id(one.agreement_id, one.rule_key, timeline.chain_id, month)): one
            for one in top_ups(in_force, results, partners)
        }
        known = {key: one for key, one in _stated_top_ups(connection, accounts, month).items() if key[0] in partners}
        for key in sorted({*now, *known}):
            row = _top_up_row(key, month, known.get(key), now.get(key), earlier)
            if row is not None:
                rows.append(row)
    if not rows:
        return pl.DataFrame(), tuple(dict.fromkeys(inputs))
    frame = frame_of(MONTHLY_ENTRIES, rows).select(list(rows[0]))
    return frame, tuple(dict.fromkeys(inputs))


def _stated_top_ups(connection: Connection, accounts: Sequence[Account], month: str) -> dict[tuple[str, str], Row]:
    """By partner and line, the rule of every top-up that was stated of a month."""
    ids = [one.statement_id for account in accounts for one in account.stated]
    rows = connection.execute(
        """SELECT DISTINCT ON (e.partner_id, e.line_id) e.partner_id, e.line_id::text AS line_id, e.agreement_id,
                  e.agreement_version, e.rule_key, e.component
           FROM layers.monthly_statement_entries e
           WHERE e.source_period = %s AND e.statement_id = ANY(%s::uuid[]) ORDER BY e.partner_id, e.line_id""",
        [month, ids],
    )
    return {(row["partner_id"], row["line_id"]): row for row in rows}


def _top_up_row(key: tuple[str, str], month: str, known: Row | None, now: Any, earlier: _Earlier) -> Row | None:
    stated, number = earlier.amount.get(key, 0), earlier.entries.get(key, 0) + 1
    due = 0 if now is None else now.amount
    if due is None or due == stated:
        return None
    same_version = known is not None and now is not None and known["agreement_version"] == now.agreement_version
    (entry_id,) = adjustment_ids([key[1]], [number])
    return {
        "entry_id": entry_id,
        "partner_id": key[0],
        "kind": EntryKind.ADJUSTMENT.value,
        "source_period": month,
        "line_id": key[1],
        "number": number,
        "agreement_id": now.agreement_id if now is not None else known["agreement_id"] if known else "",
        "agreement_version": None if now is None else now.agreement_version,
        "rule_key": now.rule_key if now is not None else known["rule_key"] if known else "",
        "validator_key": "",
        "wallet_address": "",
        "line_kind": LineKind.FLOOR_TOP_UP.value,
        "component": now.component.value if now is not None else known["component"] if known else "",
        "stated": stated,
        "now": due,
        "amount": due - stated,
        "cause": (Cause.DATA if same_version or (known is None and now is not None) else Cause.RULE).value,
        "state": FigureState.FINAL.value,
        "reason": "what the month's periods came to changed" if same_version else "the month's floor changed",
    }


def has_monthly_floors(connection: Connection) -> bool:
    """Whether any rule ever had a floor per MONTH."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM agreement_rules WHERE floor_window = 'MONTH') AS has"
    ).fetchone()
    return row is not None and bool(row["has"])


def rule_months(
    connection: Connection, chain_id: str, epochs: Sequence[EpochNumber]
) -> tuple[dict[RuleKey, RuleMonth], tuple[Input, ...]]:
    """What each rule came to in the published results of some periods, and the snapshots it was read from."""
    snapshots = connection.execute(
        """SELECT epoch, snapshot_id, lineage_digest FROM in_force
           WHERE asset = %s AND chain_id = %s AND epoch = ANY(%s)""",
        [COMMISSION_RULE_RESULTS.name, chain_id, list(epochs)],
    ).fetchall()
    rows = connection.execute(
        """SELECT agreement_id, rule_key, base, computed + cap_reduction AS computed, missing_count
           FROM layers.commission_rule_results WHERE snapshot_id = ANY(%s)""",
        [[row["snapshot_id"] for row in snapshots]],
    )
    found = summed(
        {
            (row["agreement_id"], row["rule_key"]): RuleMonth(
                stored_amount(row["base"]), stored_amount(row["computed"]), row["missing_count"]
            )
        }
        for row in rows
    )
    read = [
        snapshot_input(COMMISSION_RULE_RESULTS, PeriodKey(chain_id, row["epoch"]), row["lineage_digest"])
        for row in snapshots
    ]
    return found, tuple(read)


def _naming_disputes(
    connection: Connection, chain_id: str, accounts: Sequence[Account], entries: pl.DataFrame
) -> tuple[pl.DataFrame, list[Input]]:
    """Each adjustment with the statement whose accepted dispute it settles: the newest that none settled yet."""
    partners = [account.partner_id for account in accounts]
    answered = connection.execute(_SETTLED_DISPUTES.encode(), [chain_id, partners]).fetchall()
    named = {
        (row["partner_id"], row["disputed_on"])
        for table in (MONTHLY_ENTRIES, EPOCH_ENTRIES)
        for row in connection.execute(
            f"""SELECT partner_id, line_id::text || '/' || disputed_on AS disputed_on FROM layers.{table.name}
                WHERE disputed_on IS NOT NULL AND statement_id = ANY(%s::uuid[])""".encode(),
            [[one.statement_id for account in accounts for one in account.stated]],
        )
    }
    open_answers = {
        (row["partner_id"], row["told_line"]): row
        for row in answered
        if (row["partner_id"], f"{row['told_line']}/{row['statement_id']}") not in named
    }
    keys = zip(entries["partner_id"], entries["line_id"], strict=True)
    settled = [open_answers.get(key) for key in keys]
    on = [None if row is None else str(row["statement_id"]) for row in settled]
    used = [decision_input(STATEMENT_DISPUTE_ANSWERS, row) for row in settled if row is not None]
    return entries.with_columns(pl.Series("disputed_on", on, dtype=pl.String)), used
