"""Making and rotating the key that signs the log: each key is recorded, with who made it and why."""

from __future__ import annotations

from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.signed_log.errors import KeyNotAtHand, KeyThere
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.log import KnownKey, known_keys
from aurora_pipeline.signed_log.notes import PublicKey, require_name
from aurora_pipeline.signed_log.tables import LOG_KEYS
from aurora_pipeline.store.database import Database


def new_key(database: Database, file: KeyFile, name: str, actor: str, reason: str) -> Change:
    """Make the log's first key and record its public half."""
    require_name(name)
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        known = known_keys(connection)
        if known:
            raise KeyThere(f"the log has a key, {known[-1].key}; nothing was written", "`aurora keys rotate`")
        if file.current() is not None:
            raise KeyThere(f"{file.path} holds a key; nothing was written", "move that file away first")
        change = _record(recording, known, file, name, "log_key.created")
    file.promote()
    return change


def rotate_key(database: Database, file: KeyFile, actor: str, reason: str, *, is_lost: bool = False) -> Change | None:
    """Record another key, which waits until a checkpoint covers that record; None where one waits already.

    The next checkpoint is signed by the old key and by the new one; where the old one `is_lost`, by the new one alone.
    """
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        known = known_keys(connection)
        if not known:
            raise KeyNotAtHand("the log has no key yet; nothing was written", "make one: `aurora keys new NAME`")
        newest, current, waiting = known[-1].key, file.current(), file.waiting()
        if waiting is not None and waiting.public == newest:
            return None
        if not is_lost and (current is None or current.public != newest):
            raise KeyNotAtHand(
                f"the key {newest.key_id.hex()}, which should sign its successor, is not in {file.path};"
                " nothing was written",
                "rotate where that key is kept; if it is lost, `aurora keys rotate --lost`",
            )
        action = "log_key.replaced" if is_lost else "log_key.rotated"
        return _record(recording, known, file, newest.name, action)


def _record(recording: Recording, known: list[KnownKey], file: KeyFile, name: str, action: str) -> Change:
    """Make the key and record its public half; one that may not be recorded is thrown away."""
    key = file.prepare(name).public
    try:
        return _recorded(recording, known, key, action)
    except Exception:
        file.discard()  # nothing is committed yet: nobody was told of it
        raise


def _recorded(recording: Recording, known: list[KnownKey], key: PublicKey, action: str) -> Change:
    recording.require_reason()
    row = {"key_number": len(known) + 1, "public_key": str(key)}
    recording.write(LOG_KEYS, row)
    before = {"public_key": str(known[-1].key)} if known else None
    words = [f"the log is signed by {key} from now on"]
    return recording.note(f"log_key/{row['key_number']}", action, before, row, words)
