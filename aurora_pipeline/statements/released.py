"""Which snapshots released statements stand in: what a partner may read rests on it, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from aurora_pipeline.agreements.tables import PARTNER_ID
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.statements.tables import EPOCH_ENTRIES, EPOCH_PAYABLES, MONTHLY_ENTRIES, MONTHLY_STATEMENTS
from aurora_pipeline.store.column_rules import quoted
from aurora_pipeline.store.declaration import CHAIN_ID, EPOCH, Column, ColumnKind, Table, TableKind, text
from aurora_pipeline.store.tables import recorded_at


class StatementPart(StrEnum):
    """What of a statement a snapshot holds."""

    STATEMENT = "STATEMENT"
    ENTRIES = "ENTRIES"
    LINES = "LINES"


_HIDDEN: Final = frozenset({"reason"})
"""A reason in words may name what others claim."""
_UNDATED: Final = frozenset({"month", "epoch"})

SHOWN: Final = """
-- What a release lets the partner see: the statement as it was submitted, its entries, and the lines of its periods.
CREATE FUNCTION statement_released_from(of_statement uuid)
RETURNS TABLE (statement_id uuid, snapshot_id bigint, part text, partner_id text, chain_id text)
LANGUAGE sql STABLE AS $$
    SELECT s.statement_id, one.snapshot_id, one.part, s.partner_id, s.chain_id
    FROM statement_approvals a
    JOIN statement_submissions s ON (s.statement_id, s.attempt) = (a.statement_id, a.attempt)
    CROSS JOIN LATERAL (
        SELECT s.snapshot_id, 'STATEMENT' AS part UNION ALL SELECT s.entries_snapshot_id, 'ENTRIES'
        UNION ALL SELECT DISTINCT lines, 'LINES' FROM statement_line_snapshots(s.snapshot_id) lines) one
    WHERE a.statement_id = of_statement
$$;

CREATE FUNCTION statement_release_shown() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO released_snapshots (statement_id, snapshot_id, part, partner_id, chain_id)
        SELECT f.statement_id, f.snapshot_id, f.part, f.partner_id, f.chain_id
        FROM statement_released_from(NEW.statement_id) f;
    RETURN NULL;
END $$;
CREATE TRIGGER shown AFTER INSERT ON statement_releases FOR EACH ROW EXECUTE FUNCTION statement_release_shown();
"""


def _view(name: str, description: str, parts: Iterable[str], columns: Iterable[Column]) -> str:
    told = "\n".join(f"COMMENT ON COLUMN {name}.{one.name} IS {quoted(one.description)};" for one in columns)
    select = "\n    UNION ALL ".join(parts)
    return f"CREATE VIEW {name} AS\n    {select};\nCOMMENT ON VIEW {name} IS {quoted(description)};\n{told}\n"


def _statements(table: Table) -> str:
    period = "t.month" if table.is_monthly else "period_of(t.epoch)"
    names = [f"t.{one.name}" for one in _shown(table)]
    return (
        f"SELECT {period} AS period, t.chain_id, {', '.join(names[1:])}, r.recorded_at AS released_at\n"
        f"    FROM layers.{table.name} t JOIN released_snapshots r"
        " ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT'"
    )


def _entries(table: Table) -> str:
    names = [f"t.{one.name}" for one in _shown(table)]
    return (
        f"SELECT {', '.join(names)}\n    FROM layers.{table.name} t JOIN released_snapshots r"
        " ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'ENTRIES'"
    )


def _lines() -> str:
    names = [f"t.{one.name}" for one in _shown(PARTNER_COMMISSION_LINES)]
    return (
        f"SELECT r.statement_id, t.epoch, {', '.join(names)}\n"
        "    FROM layers.partner_commission_lines t JOIN released_snapshots r"
        " ON (r.snapshot_id, r.partner_id) = (t.snapshot_id, t.partner_id) AND r.part = 'LINES'"
    )


def _shown(table: Table) -> list[Column]:
    return [one for one in table.columns if one.name not in _HIDDEN | _UNDATED]


_PERIOD: Final = text("period", "Its month, like 2026-08, or its epoch, with zeros before it.")
_RELEASED_AT: Final = Column("released_at", ColumnKind.INSTANT, "When it was released.")
_STATEMENT_ID: Final = Column("statement_id", ColumnKind.UUID, "The statement that states the line.")

VIEWS: Final = (
    _view(
        "released_statements",
        "Statements with balances as they were released.",
        map(_statements, (MONTHLY_STATEMENTS, EPOCH_PAYABLES)),
        [*_shown(MONTHLY_STATEMENTS), _PERIOD, _RELEASED_AT],
    )
    + _view(
        "released_statement_entries",
        "The top-ups and adjustments of released statements.",
        map(_entries, (MONTHLY_ENTRIES, EPOCH_ENTRIES)),
        _shown(MONTHLY_ENTRIES),
    )
    + _view(
        "released_statement_lines",
        "The commission lines of released statements, as stated.",
        [_lines()],
        [*_shown(PARTNER_COMMISSION_LINES), _STATEMENT_ID, EPOCH],
    )
)

RELEASED_SNAPSHOTS = Table(
    name="released_snapshots",
    kind=TableKind.LEDGER,
    description="Which snapshots each released statement stands in: of these its partner sees its own rows.",
    columns=(
        Column("statement_id", ColumnKind.UUID, "The statement."),
        Column("snapshot_id", ColumnKind.INTEGER, "The snapshot.", references="snapshots"),
        text("part", "What of the statement it holds.", one_of=[part.value for part in StatementPart]),
        PARTNER_ID,
        CHAIN_ID,
        recorded_at(),
    ),
    key=("statement_id", "part", "snapshot_id"),
    indexes=(("partner_id", "part", "snapshot_id"),),
    guards=(SHOWN, VIEWS),
)

RELEASED_TABLES = (RELEASED_SNAPSHOTS,)
