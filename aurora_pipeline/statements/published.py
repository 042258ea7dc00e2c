"""The published EPOCH statements of periods, and the lines each rests on: what payable statements are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.statements.errors import InputGone
from aurora_pipeline.statements.gates.grounds import Settled
from aurora_pipeline.statements.payable import Row
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.published import snapshot_input
from aurora_pipeline.store.row_amounts import with_amounts

_PREFIX: Final = f"{PARTNER_COMMISSION_LINES.name}@"
_NAMED: Final = f"{PARTNER_COMMISSION_STATEMENTS.name}@"


@dataclass(frozen=True)
class EpochStatements:
    """A published snapshot of a period's EPOCH statements."""

    key: PeriodKey
    snapshot_id: int
    lineage_digest: str
    lines_snapshot: int
    lines_digest: str
    """The first lineage digest of the lines."""

    @property
    def as_input(self) -> Input:
        """How a lineage names it."""
        return snapshot_input(PARTNER_COMMISSION_STATEMENTS, self.key, self.lineage_digest)


def statements_in_force(
    connection: Connection, chain_id: str, epochs: Collection[EpochNumber]
) -> dict[EpochNumber, EpochStatements]:
    """By epoch, the EPOCH statements in force."""
    rows = connection.execute(
        """SELECT s.chain_id, s.epoch, s.snapshot_id, s.lineage_digest, s.inputs
           FROM in_force f JOIN snapshots s USING (snapshot_id)
           WHERE f.asset = %s AND f.chain_id = %s AND f.epoch = ANY(%s)""",
        [PARTNER_COMMISSION_STATEMENTS.name, chain_id, list(epochs)],
    ).fetchall()
    return {one.key.epoch: one for one in _with_lines(connection, rows)}


def statements_by_digest(connection: Connection, digests: Collection[str]) -> dict[str, EpochStatements]:
    """By first lineage digest, EPOCH statements that were published once."""
    rows = connection.execute(
        """SELECT chain_id, epoch, snapshot_id, lineage_digest, inputs FROM snapshots s
           WHERE asset = %s AND lineage_digest = ANY(%s)
             AND EXISTS (SELECT FROM publications p WHERE p.snapshot_id = s.snapshot_id)""",
        [PARTNER_COMMISSION_STATEMENTS.name, list(digests)],
    ).fetchall()
    return {one.lineage_digest: one for one in _with_lines(connection, rows)}


def statements_named(inputs: Iterable[Sequence[str]]) -> dict[EpochNumber, str]:
    """By epoch, the first lineage digest of the EPOCH statements that a lineage names."""
    return {
        PeriodKey.parse(name.removeprefix(_NAMED)).epoch: digest
        for kind, name, digest in inputs
        if kind == "snapshot" and name.startswith(_NAMED)
    }


def _with_lines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[EpochStatements]:
    digests = [_lines_digest(row) for row in rows]
    found = connection.execute(
        """SELECT snapshot_id, lineage_digest FROM snapshots s WHERE asset = %s AND lineage_digest = ANY(%s)
             AND EXISTS (SELECT FROM publications p WHERE p.snapshot_id = s.snapshot_id)""",
        [PARTNER_COMMISSION_LINES.name, digests],
    )
    lines = {row["lineage_digest"]: row["snapshot_id"] for row in found}
    statements = []
    for row, digest in zip(rows, digests, strict=True):
        key = PeriodKey(row["chain_id"], row["epoch"])
        if digest not in lines:
            raise InputGone(
                f"the EPOCH statements of {key} were computed from lines with lineage digest {digest}, which are gone",
                f"run `aurora verify {key.chain_id} {key.epoch}`: something was removed or changed",
            )
        statements.append(EpochStatements(key, row["snapshot_id"], row["lineage_digest"], lines[digest], digest))
    return statements


def _lines_digest(row: Mapping[str, Any]) -> str:
    return next(str(digest) for kind, name, digest in row["inputs"] if kind == "snapshot" and name.startswith(_PREFIX))


def rows_by_partner(connection: Connection, statements: Iterable[EpochStatements]) -> dict[str, list[Row]]:
    """By partner, its EPOCH statements among some snapshots, in the order of their epochs."""
    numbers = [one.snapshot_id for one in statements]
    found: dict[str, list[Row]] = {}
    for row in connection.execute(
        """SELECT epoch, partner_id, line_count, held_count, missing_count, blocked_count, known_total, held_total,
                  lines_digest, reason
           FROM layers.partner_commission_statements WHERE snapshot_id = ANY(%s) ORDER BY partner_id, epoch""",
        [numbers],
    ):
        found.setdefault(row["partner_id"], []).append(with_amounts(row, ("known_total", "held_total")))
    return found


def settled_by_partner(connection: Connection, statements: Iterable[EpochStatements]) -> dict[str, Settled]:
    """By partner, the lines of some periods as the database counts and sums them."""
    rows = connection.execute(
        """SELECT partner_id, count(*) AS lines,
                  coalesce(sum(final) FILTER (WHERE NOT held), 0) AS known,
                  coalesce(sum(final) FILTER (WHERE held), 0) AS held,
                  count(*) FILTER (WHERE final IS NULL OR held OR state <> 'final') AS unsettled
           FROM layers.partner_commission_lines WHERE snapshot_id = ANY(%s) GROUP BY partner_id""",
        [[one.lines_snapshot for one in statements]],
    )
    return {
        row["partner_id"]: Settled(
            row["lines"], stored_amount(row["known"]), stored_amount(row["held"]), row["unsettled"]
        )
        for row in rows
    }
