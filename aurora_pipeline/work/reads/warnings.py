"""Warnings of published layers, and which of them somebody acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.period_key import DIGITS_MIN, parse_key
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.gate.rule import stored
from aurora_pipeline.store.published import NotPublished
from aurora_pipeline.store.tables import WARNINGS_NOW
from aurora_pipeline.work.acknowledging import Known, known_of
from aurora_pipeline.work.errors import AcknowledgementRefused


@dataclass(frozen=True)
class WarningShape:
    """A warning of a layer in force, and until when it is acknowledged."""

    chain_id: str
    period: str
    asset: str
    rule: str
    subject: str
    words: str
    acknowledged_until: datetime | None
    acknowledged_by: str | None
    because: str | None


def warnings(connection: Connection, chain_id: str, period: str | None) -> Sequence[WarningShape]:
    """The warnings of a period's layers in force, or of each layer's newest period. An epoch's number names its period.

    Raises where nothing of the period is published: that it has no warning would be no comfort.
    """
    named = period.zfill(DIGITS_MIN) if period is not None and period.isdigit() else period
    key = None if named is None else parse_key(f"{chain_id}:{named}")
    rows = connection.execute(
        f"""SELECT DISTINCT ON (f.asset) f.asset, f.period, {WARNINGS_NOW} AS warnings
            FROM in_force f JOIN snapshot_reports r USING (snapshot_id)
            WHERE f.chain_id = %(chain)s AND (%(period)s::text IS NULL OR f.period = %(period)s)
            ORDER BY f.asset, f.epoch DESC NULLS LAST, f.period DESC""".encode(),
        {"chain": chain_id, "period": None if key is None else key.period},
    ).fetchall()
    if key is not None and not rows:
        raise NotPublished(f"nothing of {key} is published", f"`aurora status {chain_id}` tells what is")
    known = _acknowledged(connection, chain_id)
    told = []
    for row in rows:
        for one in map(stored, row["warnings"]):
            about = known_of(row["asset"], one)
            until = known.get(about, (None, None, None))
            told.append(WarningShape(chain_id, row["period"], row["asset"], one.rule, about.subject, one.words, *until))
    return told


def _acknowledged(connection: Connection, chain_id: str) -> dict[Known, tuple[datetime, str, str]]:
    rows = connection.execute(
        """SELECT asset, rule, subject, valid_until, recorded_by, reason FROM warning_acknowledgements
           WHERE chain_id = %s AND valid_until > clock_timestamp()""",
        [chain_id],
    ).fetchall()
    return {
        Known(row["asset"], row["rule"], row["subject"]): (row["valid_until"], row["recorded_by"], row["reason"])
        for row in rows
    }


def one_warned_of(
    connection: Connection, chain_id: str, period: str | None, rule: str, asset: str | None, about: str | None
) -> Known:
    """The one warning that is meant; raises where there is none, or where several may be."""
    found = {
        Known(one.asset, one.rule, one.subject)
        for one in warnings(connection, chain_id, period)
        if one.rule == rule and asset in (None, one.asset) and (about is None or one.subject.startswith(about))
    }
    if len(found) == 1:
        return found.pop()
    if not found:
        raise AcknowledgementRefused(
            f"{rule} warns of nothing of that on {chain_id}", f"`aurora warnings list {chain_id}` tells what is odd"
        )
    names = listed(sorted(one.name for one in found))
    raise AcknowledgementRefused(f"{rule} warns of {len(found)}: {names}", "say which with --about and --layer")
