"""Statements with balances as people read them: where each stands, who has to do what next, and the whole document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.foundation.errors import IdAmbiguous
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber
from aurora_pipeline.statements.errors import StatementUnknown
from aurora_pipeline.statements.published import statements_by_digest, statements_named
from aurora_pipeline.statements.stated import Account, Stage, Stated, load_accounts
from aurora_pipeline.statements.tables import EPOCH_ENTRIES, EPOCH_PAYABLES, MONTHLY_ENTRIES, MONTHLY_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.row_amounts import with_amounts

Row = Mapping[str, Any]
TABLES: Final = ((MONTHLY_STATEMENTS, MONTHLY_ENTRIES), (EPOCH_PAYABLES, EPOCH_ENTRIES))


@dataclass(frozen=True)
class PayableStatement:
    """A statement from the opening to the closing balance, and where it stands."""

    row: Row
    """As it stands in its layer: as submitted where it was stated, else as it is in force. Amounts are integers."""
    table: Table
    snapshot_id: int
    entries_snapshot_id: int
    stage: Stage
    stated: Stated | None
    paid: Amount
    next_step: str
    """Who has to do what next, in words."""

    @property
    def statement_id(self) -> str:
        """Its id."""
        return str(self.row["statement_id"])

    @property
    def key(self) -> PartitionKey:
        """The month, or the epoch, that it is of."""
        if "month" in self.row:
            return MonthKey(self.row["chain_id"], self.row["month"])
        return PeriodKey(self.row["chain_id"], self.row["epoch"])

    @property
    def is_payable(self) -> bool:
        """Whether it is one of those that are paid; else it is for information."""
        return self.row["number"] is not None


def payable_statements(
    connection: Connection, chain_id: str, *, partner_id: str | None = None, as_of: datetime | None = None
) -> list[PayableStatement]:
    """The statements with balances of a chain, in the order of partners and time, now or as of a past moment."""
    accounts = load_accounts(connection, chain_id, as_of)
    found: list[PayableStatement] = []
    for table, entries in TABLES:
        rows = _rows_in_force(connection, table, entries, chain_id, as_of)
        for row in rows:
            if partner_id is None or row["partner_id"] == partner_id:
                found.append(_payable(table, row, accounts.get(row["partner_id"])))
    return sorted(found, key=lambda one: (one.row["partner_id"], one.row["ended_at"], one.key.period))


def find_statement(
    connection: Connection, text: str, chains: Sequence[str], as_of: datetime | None = None
) -> PayableStatement:
    """The payable statement that a person names; raises where there is none, or several.

    By its id or the id's beginning, or as PARTNER/CHAIN/PERIOD, where a period is a month or an epoch.
    """
    if _SEPARATOR in text:
        return _named_by_partner(connection, text, chains, as_of)
    wanted = text.strip().lower()
    every = [one for chain_id in chains for one in payable_statements(connection, chain_id, as_of=as_of)]
    found = [one for one in every if one.statement_id.startswith(wanted)]
    if len(wanted) >= _ID_MIN and len(found) == 1:
        return found[0]
    if not found or len(wanted) < _ID_MIN:
        raise StatementUnknown(
            f"there is no statement whose id begins with {text!r}",
            "`aurora statements list` shows the ids: give at least 4 characters of one, or PARTNER CHAIN MONTH",
        )
    shown = ", ".join(one.statement_id[:13] for one in found[:5])
    raise IdAmbiguous(f"{len(found)} statements have ids that begin with {text!r}", f"give more of it: {shown}")


_ID_MIN: Final = 4
_SEPARATOR: Final = "/"
_DIGITS_MAX: Final = 18


def _named_by_partner(
    connection: Connection, text: str, chains: Sequence[str], as_of: datetime | None
) -> PayableStatement:
    """The statement that is named like acme/solana-mainnet/2026-08."""
    partner_id, _, of = text.strip().partition(_SEPARATOR)
    chain_id, _, period = of.partition(_SEPARATOR)
    if not period:
        raise StatementUnknown(
            f"{text!r} names no statement", "write PARTNER/CHAIN/PERIOD, like acme/solana-mainnet/2026-08"
        )
    if chain_id not in chains:
        raise StatementUnknown(f"there is no chain {chain_id!r}", did_you_mean(chain_id, chains, "chain"))
    return statement_of(connection, partner_id, key_named(chain_id, period), as_of)


def key_named(chain_id: str, period: str) -> PartitionKey:
    """The month or the epoch of a chain that a person names; anything else is refused with an example."""
    if period.isascii() and period.isdigit() and len(period) <= _DIGITS_MAX:
        return PeriodKey(chain_id, EpochNumber(int(period)))
    return MonthKey.parse(f"{chain_id}:{period}")


def begins_so(text: str, identifiers: Iterable[str]) -> list[str]:
    """The ids that begin with what a person gave; none where that is too little to mean one."""
    wanted = text.strip().lower()
    return [one for one in identifiers if one.startswith(wanted)] if len(wanted) >= _ID_MIN else []


def statement_of(
    connection: Connection, partner_id: str, key: PartitionKey, as_of: datetime | None = None
) -> PayableStatement:
    """A partner's statement of a month or an epoch; raises where there is none, naming those there are."""
    every = payable_statements(connection, key.chain_id, partner_id=partner_id, as_of=as_of)
    found = [one for one in every if one.key == key]
    if found:
        return found[0]
    known = [one.key.period for one in every]
    raise StatementUnknown(
        f"{partner_id} has no statement of {key}",
        did_you_mean(key.period, known, "month or epoch")
        if known
        else f"compute the month first: `aurora statements compute {key.chain_id} {key.period}`",
    )


@dataclass(frozen=True)
class StatementDocument:
    """A statement with all that it holds: the lines of its periods, and its entries."""

    statement: PayableStatement
    lines: Sequence[Row]
    """By validator, component and period, with names."""
    entries: Sequence[Row]
    held: Sequence[Row]
    """The lines and top-ups that are held or missing, which have to be accepted by name."""


def document(connection: Connection, statement: PayableStatement) -> StatementDocument:
    """Everything that a statement holds, from the very snapshots it is made of."""
    lines = _lines(connection, statement)
    entries = _entries(connection, statement)
    unsettled = [line for line in lines if line["final"] is None or line["held"] or line["state"] != "final"]
    unsettled += [entry for entry in entries if entry["amount"] is None]
    return StatementDocument(statement, lines, entries, unsettled)


def unsettled_ids(found: StatementDocument) -> dict[str, str]:
    """By id, what of a statement has to be accepted by name, in words."""
    return {str(row.get("line_id") if "final" in row else row["entry_id"]): in_words(row) for row in found.held}


def in_words(row: Row) -> str:
    """A line or an entry as a person finds it again."""
    whom = row.get("validator_name") or row["validator_key"] or "all its validators"
    period = row["source_period"] if "source_period" in row else str(row["epoch"])
    kind = row["line_kind"] if "line_kind" in row else row["kind"]
    what = row["component"] if kind == "LINE" else f"{kind} on {row['component']}"
    return f"{row['agreement_id']}/{row['rule_key']} {what} of {whom}, {period}"


def _rows_in_force(
    connection: Connection, table: Table, entries: Table, chain_id: str, as_of: datetime | None
) -> list[dict[str, Any]]:
    source = "in_force" if as_of is None else "in_force_as_of(%(as_of)s, %(chain_id)s)"
    rows = connection.execute(
        f"""SELECT t.*, e.snapshot_id AS entries_snapshot_id FROM {source} f
            JOIN {source} e ON (e.asset, e.chain_id, e.period) = ('{entries.name}', f.chain_id, f.period)
            JOIN layers.{table.name} t ON t.snapshot_id = f.snapshot_id
            WHERE f.asset = '{table.name}' AND f.chain_id = %(chain_id)s""".encode(),
        {"chain_id": chain_id, "as_of": as_of},
    ).fetchall()
    return [with_amounts(row, table.amounts) for row in rows]


def _payable(table: Table, row: dict[str, Any], account: Account | None) -> PayableStatement:
    stated = next(
        (one for one in (account.stated if account else ()) if one.statement_id == str(row["statement_id"])), None
    )
    told = {name: row[name] for name in table.names}
    if stated is None:
        step = _draft_step(told, account)
        return PayableStatement(
            told, table, row["snapshot_id"], row["entries_snapshot_id"], Stage.DRAFT, None, ZERO, step
        )
    step = _next_step(stated)
    return PayableStatement(
        told, table, stated.snapshot_id, stated.entries_snapshot_id, stated.stage, stated, stated.paid, step
    )


def _draft_step(row: Row, account: Account | None) -> str:
    if row["number"] is None:
        return "nothing: for information only"
    if row["blocked_count"]:
        return "withdraw or move the overrides without a target"
    last = account.last if account else None
    if last is not None and not last.stage.is_frozen:
        return f"wait: {last.key.period} is not approved yet"
    if row["number"] != (account.last_number if account else 0) + 1:
        return "wait: an earlier statement is not submitted yet"
    if row["unsettled_count"]:
        return f"submit it, accepting {row['unsettled_count']} figure(s) by name"
    return "submit it"


def _next_step(stated: Stated) -> str:
    match stated.stage:
        case Stage.PENDING_APPROVAL:
            return f"approve or reject it (not {stated.submitter})"
        case Stage.APPROVED:
            return "release it"
        case Stage.RELEASED if stated.payable > stated.paid:
            return "pay it"
    return "nothing"


def _lines(connection: Connection, statement: PayableStatement) -> list[Row]:
    """The lines of a statement's periods, in the snapshots that its own was computed from."""
    row = connection.execute("SELECT inputs FROM snapshots WHERE snapshot_id = %s", [statement.snapshot_id]).fetchone()
    named = statements_named(row["inputs"] if row else [])
    months = connection.execute(
        "SELECT epoch, month, period_of(epoch) AS period FROM period_months WHERE chain_id = %s",
        [statement.key.chain_id],
    ).fetchall()
    own = [one["epoch"] for one in months if statement.key.period in (one["month"], one["period"])]
    snapshots = statements_by_digest(connection, [named[epoch] for epoch in own if epoch in named])
    columns = ", ".join(f"t.{name}" for name in PARTNER_COMMISSION_LINES.names)
    rows = connection.execute(
        f"""SELECT {columns}, v.validator_name FROM layers.partner_commission_lines t
            LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key
            WHERE t.snapshot_id = ANY(%s) AND t.partner_id = %s
            ORDER BY v.validator_name, t.component, t.agreement_id, t.rule_key, t.epoch, t.wallet_address, t.kind
            """.encode(),
        [[one.lines_snapshot for one in snapshots.values()], statement.row["partner_id"]],
    ).fetchall()
    return [with_amounts(one, PARTNER_COMMISSION_LINES.amounts) for one in rows]


def _entries(connection: Connection, statement: PayableStatement) -> list[Row]:
    table = {one.name: entries for one, entries in TABLES}[statement.table.name]
    columns = ", ".join(f"t.{name}" for name in table.names)
    rows = connection.execute(
        f"""SELECT {columns}, v.validator_name FROM layers.{table.name} t
            LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key
            WHERE t.snapshot_id = %s AND t.statement_id = %s
            ORDER BY t.kind DESC, length(t.source_period), t.source_period, t.agreement_id, t.rule_key, t.validator_key,
                     t.wallet_address
            """.encode(),
        [statement.entries_snapshot_id, statement.statement_id],
    ).fetchall()
    return [with_amounts(one, table.amounts) for one in rows]
