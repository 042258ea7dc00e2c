"""Cut-over: opening balances, and what was stated elsewhere, are imported once, before anything is submitted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation.csv_file import read_lines, read_text
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.statements.decided import STATEMENT_BALANCES, STATEMENT_OPENINGS
from aurora_pipeline.statements.errors import OpeningsEmpty
from aurora_pipeline.statements.transitions.step import refusing
from aurora_pipeline.store.database import Connection, Database

COLUMNS: Final = ("partner", "chain_id", "opening", "paid_through")
_BEGUN: Final = "an opening or a submitted statement already: an opening is imported once, before the first submission"
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")


@dataclass(frozen=True)
class Opened:
    """One line of the file."""

    partner_id: str
    chain_id: str
    opening: Amount
    paid_through: str | None


def import_openings(database: Database, file: Path, actor: str, reason: str) -> list[Change]:
    """Record the opening balances of a CSV file with the columns partner, chain_id, opening and paid_through."""
    text = read_text(file)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with refusing(), database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        units = chain_units(connection)
        openings = _read(connection, text, file.name, units, recording.recorded_at)
        recording.require_reason()
        return [_record(recording, one, file.name, digest, units) for one in openings]


def _record(recording: Recording, one: Opened, evidence: str, digest: str, units: dict[str, ChainUnits]) -> Change:
    key = {"partner_id": one.partner_id, "chain_id": one.chain_id}
    recording.write(
        STATEMENT_OPENINGS,
        {
            **key,
            "opening": one.opening,
            "paid_through": one.paid_through,
            "evidence": evidence,
            "evidence_hash": digest,
        },
    )
    recording.write(
        STATEMENT_BALANCES,
        {
            **key,
            "number": 0,
            "statement_id": None,
            "previous_number": None,
            "opening": one.opening,
            "total": one.opening,
            "payable": 0,
            "closing": one.opening,
        },
    )
    through = "" if one.paid_through is None else f", stated elsewhere through {one.paid_through}"
    words = [f"opens with {units[one.chain_id].write(one.opening)}{through}"]
    after = {"opening": str(one.opening), "paid_through": one.paid_through, "evidence_hash": digest}
    return recording.note(f"balance/{one.partner_id}/{one.chain_id}", "balance.opened", None, after, words)


def _read(
    connection: Connection, text: str, name: str, units: dict[str, ChainUnits], recorded_at: datetime
) -> Sequence[Opened]:
    partners = {row["partner_id"] for row in connection.execute("SELECT DISTINCT partner_id FROM partners")}
    begun = {
        (row["partner_id"], row["chain_id"])
        for row in connection.execute(
            "SELECT partner_id, chain_id FROM statement_openings UNION SELECT partner_id, chain_id"
            " FROM statement_submissions"
        )
    }
    known = {
        row["chain_id"]: row["until"]
        for row in connection.execute(
            "SELECT chain_id, max(period_ended_at) AS until FROM period_months GROUP BY chain_id"
        )
    }
    lines, mistakes = read_lines(text, name, COLUMNS)
    found: list[Opened] = []
    for line in lines:
        partner, chain, through = (line.cells[column] for column in ("partner", "chain_id", "paid_through"))
        before = len(mistakes.found)
        if partner not in partners:
            mistakes.add(line.number, f"there is no partner {partner!r}")
        if chain not in units:
            mistakes.add(line.number, f"there is no chain {chain!r}")
        if through and not _MONTH.match(through):
            mistakes.add(line.number, f"paid_through {through!r} is no month: write it like 2026-07, or leave it empty")
        elif through and MonthKey(chain, through).ended_at > known.get(chain, recorded_at):
            mistakes.add(line.number, f"{through} is not over on {chain}: it can't have been stated elsewhere")
        if (partner, chain) in begun or any((one.partner_id, one.chain_id) == (partner, chain) for one in found):
            mistakes.add(line.number, f"{partner} on {chain} has {_BEGUN}")
        amount = mistakes.parse(line, "opening", units[chain].parse_signed) if len(mistakes.found) == before else None
        if amount is not None:
            found.append(Opened(partner, chain, amount, through or None))
    mistakes.raise_if_any()
    if not found:
        raise OpeningsEmpty(f"{name} holds no opening", f"write a line per partner and chain: {','.join(COLUMNS)}")
    return found
