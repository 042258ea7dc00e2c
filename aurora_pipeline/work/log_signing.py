"""How the log is signed: whether it has a key, whether that is here, and since when a checkpoint is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.proof.signing.checkpoints import DAILY
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.log import known_keys, newest_checkpoint
from aurora_pipeline.signed_log.notes import PublicKey
from aurora_pipeline.signed_log.signing import is_at_hand
from aurora_pipeline.store.database import Connection

# Not of decisions: who only reads figures may ask, and does not read the audit log.
_NEWS: Final = """
SELECT (SELECT min(recorded_at) FROM statement_releases
        WHERE %(signed_at)s::timestamptz IS NULL OR recorded_at > %(signed_at)s) AS released_at,
       (SELECT max(published_at) FROM publications) AS published_at,
       (SELECT min(recorded_at) FROM log_keys) AS key_at
"""


@dataclass(frozen=True)
class LogSigning:
    """What is known of how the log is signed."""

    signed_at: datetime | None
    """When it was signed last; None: never."""
    has_key: bool
    key_missing: str | None
    """Why this place cannot sign; None where it can, or where there is no key at all."""
    due_since: datetime | None
    """Since when a checkpoint is due: after a release, and daily where anything was published; None: none is."""


def log_signing(connection: Connection, file: KeyFile, now: datetime) -> LogSigning:
    """How the log is signed, as seen from where the key's file is looked for."""
    newest, known = newest_checkpoint(connection), known_keys(connection)
    signed_at = None if newest is None else newest.signed_at
    news = connection.execute(_NEWS.encode(), {"signed_at": signed_at}).fetchone()
    assert news is not None  # a list of single values
    due = due_since(signed_at or news["key_at"], news["released_at"], news["published_at"], now)
    missing = _missing(known[-1].key, file) if known else None
    return LogSigning(signed_at, bool(known), missing, due)


def due_since(
    began: datetime | None, released: datetime | None, published: datetime | None, now: datetime
) -> datetime | None:
    """Since when a checkpoint is due; `began` is the last one, or the first key where none was signed."""
    if released is not None:
        return released
    if began is None or published is None or published <= began or now < began + DAILY:
        return None
    return began + DAILY


def _missing(key: PublicKey, file: KeyFile) -> str | None:
    try:
        return None if is_at_hand(key, file) else f"the key that signs is not in {file.path}"
    except AuroraError as error:
        return error.message
