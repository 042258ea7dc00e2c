"""Signing what was recorded, when that is due, and holding today's log against a checkpoint that somebody kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.proof.findings import Checked, Findings, VerifyReport
from aurora_pipeline.proof.signing.evidence import write_evidence
from aurora_pipeline.proof.signing.signed_log import signs_otherwise
from aurora_pipeline.signed_log.checkpoint_text import SignedHead
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.log import known_keys, leaf_hashes, newest_checkpoint
from aurora_pipeline.signed_log.notes import PublicKey
from aurora_pipeline.signed_log.signing import Signed, is_at_hand, sign
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.merkle import Tree

DAILY: Final = timedelta(hours=24)
_STATE: Final = """
SELECT (SELECT max(recorded_at) FROM statement_releases) AS released_at,
       (SELECT max(recorded_at) FROM audit_log) AS decided_at,
       (SELECT max(published_at) FROM publications) AS published_at
"""


def checkpoint(database: Database, file: KeyFile) -> Signed:
    """Write the evidence that released statements lack, then sign all that is recorded."""
    with database.connect() as connection:
        write_evidence(connection)
    return sign(database, file)


def checkpoint_where_possible(database: Database, file: KeyFile) -> tuple[Signed | None, str]:
    """Sign now where the key is at hand, and say what became of it; what was recorded before stands either way."""
    try:
        with database.connect() as connection:
            missing = _missing(connection, file)
        if missing is not None:
            return None, missing
        signed = checkpoint(database, file)
    except AuroraError as error:
        return None, f"no checkpoint was signed: {error.message}"
    return signed, f"signed under the checkpoint of {signed.at.size} leaves"


def _missing(connection: Connection, file: KeyFile) -> str | None:
    known = known_keys(connection)
    if not known:
        return "no checkpoint was signed, for the log has no key yet: make one with `aurora keys new NAME`"
    if not may_sign(connection):
        return "no checkpoint was signed through this login; Aurora's service signs the next one"
    if not is_at_hand(known[-1].key, file):
        return f"no checkpoint was signed, for the key is not in {file.path}; the next one where it is covers this too"
    return None


def may_sign(connection: Connection) -> bool:
    """Whether who is connected may write the log."""
    row = connection.execute(
        """SELECT has_table_privilege('log_leaves', 'INSERT') AND has_table_privilege('log_checkpoints', 'INSERT')
                  AND has_table_privilege('instance_secret', 'SELECT') AS it"""
    ).fetchone()
    return row is not None and bool(row["it"])


def due_because(connection: Connection, now: datetime) -> tuple[str, datetime] | None:
    """Why a checkpoint is due, and since when; None where none is: after a release, and daily where anything is new."""
    newest = newest_checkpoint(connection)
    state = connection.execute(_STATE.encode()).fetchone()
    assert state is not None  # a list of single values
    signed_at = None if newest is None else newest.signed_at
    released = state["released_at"]
    if released is not None and (signed_at is None or released > signed_at):
        return "a statement was released", released
    news = [at for at in (state["decided_at"], state["published_at"]) if at is not None]
    if not news or (signed_at is not None and max(news) <= signed_at):
        return None
    if signed_at is not None and now < signed_at + DAILY:
        return None
    return "a day is over", now


def verify_kept(connection: Connection, kept: SignedHead, pinned: PublicKey | None = None) -> VerifyReport:
    """Hold today's log against a checkpoint that was kept outside: whether it is Aurora's, and a beginning of the log.

    With a `pinned` key nothing that the database says of keys is believed.
    """
    findings = Findings()
    where = f"checkpoint of {kept.head.size} leaves"
    try:
        keys = [pinned] if pinned is not None else [one.key for one in known_keys(connection)]
        kept.verified_by(keys)
        findings.ok(Checked.CHECKPOINT)
    except AuroraError as error:
        findings.fail(Checked.CHECKPOINT, where, error.message)
    tree = Tree(leaf_hashes(connection))
    problem = signs_otherwise(kept, tree)
    if problem is None:
        findings.ok(Checked.LEAF, kept.head.size)
    else:
        findings.fail(Checked.CHECKPOINT, where, problem)
    return findings.report(f"the log, against the kept {where}")
