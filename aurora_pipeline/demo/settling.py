"""What the demo decides about figures: an override of one line, and a correction of terms that were typed wrongly."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.overrides import Target, record_override, recorded_overrides
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.units import chain_units, parse_amount
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.commissions.targets import line_target
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.demo.agreements import agreements_yaml
from aurora_pipeline.demo.people import CORRECTED, LEAD, SETTLED, hire, is_as_registered
from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, Database

AMOUNT = "0.01 SOL"
"""What the settled line pays."""
_AGREEMENT = "lumen-capitals"


def settled_line(parameters: Parameters, epoch: int) -> Target:
    """The line whose pay is settled: Northwind's tips of the first validator."""
    vote = Cast(parameters).operated[0].vote
    return Target(OverrideTarget.LINE, "northwind-2026", "tips", CHAIN_ID, EpochNumber(epoch), vote)


def settled_line_id(parameters: Parameters, epoch: int) -> str:
    """The id of that line."""
    line = settled_line(parameters, epoch)
    return line_id(line.agreement_id, line.rule_key, line.validator_key, "", CHAIN_ID, line.epoch, LineKind.LINE.value)


def settle(database: Database, parameters: Parameters, epoch: int) -> Change | None:
    """Override a line of an epoch, as `aurora override` does it; None where anybody decided something himself before.

    What is paid changes once the lines are computed again.
    """
    with database.connect() as connection:
        if recorded_overrides(connection, CHAIN_ID) or not is_as_registered(connection):
            return None
    hire(database, parameters, LEAD)
    with database.connect() as connection:
        found = line_target(connection, settled_line_id(parameters, epoch))
        amount = parse_amount(chain_units(connection)[CHAIN_ID], AMOUNT)
        return record_override(connection, found.target, amount, found.computed, LEAD, SETTLED)


def is_corrected(connection: Connection) -> bool:
    """Whether the terms that were typed wrongly are corrected."""
    query = "SELECT FROM agreement_versions WHERE agreement_id = %s AND corrects IS NOT NULL"
    return connection.execute(query, [_AGREEMENT]).fetchone() is not None


def is_to_be_corrected(connection: Connection, parameters: Parameters, file: Path) -> bool:
    """Whether the terms are still those that were typed, in the database and in the agreements file."""
    # Broken off last time, the file may say already what is not applied yet.
    written = [agreements_yaml(Cast(parameters), corrected=corrected) for corrected in (False, True)]
    return not is_corrected(connection) and file.exists() and file.read_text(encoding="utf-8") in written


def correct(database: Database, parameters: Parameters, file: Path) -> Change:
    """Correct the terms in the file, and apply it again: a version that covers the time of the wrong one."""
    file.write_text(agreements_yaml(Cast(parameters), corrected=True), encoding="utf-8")
    (change,) = apply(database, file, LEAD, CORRECTED).changes
    return change
