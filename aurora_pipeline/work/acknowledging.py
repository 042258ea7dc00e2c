"""Acknowledging warnings: somebody looked, knows the cause, and says so for a time; told they are as before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg

from aurora_pipeline.decisions.gate_tables import WARNING_ACKNOWLEDGEMENTS
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.gate.rule import NOTED, Violation
from aurora_pipeline.work.errors import AcknowledgementRefused

_ABOUT: Final = ("validator_key", "partner_id", "field")
"""Whom or what a rule warns of, of the places that it names."""


@dataclass(frozen=True)
class Known:
    """What an acknowledgement is about: a layer's rule, and whom or what it warns of; empty: the whole chain."""

    asset: str
    rule: str
    subject: str

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.rule} on {self.asset}" + (f" of {self.subject}" if self.subject else "")


def known_of(asset: str, warning: Violation) -> Known:
    """By what a warning is acknowledged: its rule and whom it is about; what is told in words alone, by the words."""
    if warning.rule == NOTED:
        return Known(asset, NOTED, warning.words)
    about = next((warning.where[name] for name in _ABOUT if name in warning.where), "")
    return Known(asset, warning.rule, about)


def acknowledged_now(connection: Connection, chain_id: str) -> frozenset[Known]:
    """What somebody acknowledged on a chain, and holds now."""
    rows = connection.execute(
        """SELECT asset, rule, subject FROM warning_acknowledgements
           WHERE chain_id = %s AND valid_until > clock_timestamp()""",
        [chain_id],
    ).fetchall()
    return frozenset(Known(row["asset"], row["rule"], row["subject"]) for row in rows)


def acknowledge(
    connection: Connection, chain_id: str, known: Known, until: datetime, actor: str, reason: str
) -> Change:
    """Record that a warning is known until some moment; raises where it is acknowledged already."""
    recording = Recording.begin(connection, actor, reason)
    recording.require_reason()
    if known in acknowledged_now(connection, chain_id):
        raise AcknowledgementRefused(
            f"{known.name} is acknowledged already", "it ends by itself: `aurora warnings list` tells when"
        )
    row = {"chain_id": chain_id, "asset": known.asset, "rule": known.rule, "subject": known.subject}
    last = connection.execute(
        """SELECT count(*) AS n FROM warning_acknowledgements
           WHERE chain_id = %(chain_id)s AND asset = %(asset)s AND rule = %(rule)s AND subject = %(subject)s""",
        row,
    ).fetchone()
    assert last is not None  # an aggregate always gives a row
    try:
        recording.write(WARNING_ACKNOWLEDGEMENTS, {**row, "number": last["n"] + 1, "valid_until": until})
        return recording.note(
            f"warning/{chain_id}/{known.asset}/{known.rule}",
            "warning.acknowledged",
            None,
            {**row, "valid_until": until.isoformat()},
            [f"{known.name} is known until {until:%Y-%m-%d}"],
        )
    except psycopg.errors.RaiseException as error:
        said = error.diag.message_primary or str(error)
        raise AcknowledgementRefused(f"{said}; nothing was written", error.diag.message_hint) from None
