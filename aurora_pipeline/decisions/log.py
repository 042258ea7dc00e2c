"""Append to the audit log and verify it.

An entry's hash covers the hash of the entry before, so one hash commits to the whole history up to it. A chain alone
cannot show that its newest entries were cut off. For that, keep a head (`AuditReport.head`) outside the database and
hand it to `verify` later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from aurora_pipeline.decisions.came_with import came_with
from aurora_pipeline.decisions.signing import Signing, signing
from aurora_pipeline.store.database import Connection, write_rows
from aurora_pipeline.store.digests import GENESIS_HASH, body_hash, record

AUDIT_TAG: Final = "aurora.audit.1"
_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Entry:
    """One entry as stored."""

    sequence: int
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    before: str | None
    after: str | None
    previous_hash: str
    entry_hash: str
    recorded_through: str | None = None
    """The login that it came through; null on entries from before this was recorded."""
    correlation_id: str | None = None
    """What all entries of one command or request share; null as above."""
    request: str | None = None
    """The command or request it came with, as that said itself; null as above."""
    actor_role: str | None = None
    """What the actor was then; null as above, and where it was no user."""

    @property
    def record(self) -> bytes:
        """The bytes that the entry's content stands for; its leaf in the signed log."""
        return entry_record(
            self.sequence,
            self.recorded_at,
            self.actor,
            self.action,
            self.subject,
            self.before,
            self.after,
            self.previous_hash,
            self.recorded_through,
            self.correlation_id,
            self.request,
            self.actor_role,
        )

    @property
    def expected_hash(self) -> str:
        """The hash that the entry's content has."""
        return body_hash(self.record)


class LoggedEvent(NamedTuple):
    """What an entry tells of, without who and when."""

    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class Head:
    """The newest entry of a chain: written down elsewhere, it proves later that nothing up to it changed."""

    sequence: int
    entry_hash: str


@dataclass(frozen=True)
class AuditReport:
    """What verifying the log found; `broken_at` and `problem` are null when the whole chain holds."""

    entries: int
    head: Head | None
    broken_at: int | None = None
    problem: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the chain is unbroken."""
        return self.problem is None


def entry_record(
    sequence: int,
    recorded_at: datetime,
    actor: str,
    action: str,
    subject: str,
    before: str | None,
    after: str | None,
    previous_hash: str,
    recorded_through: str | None = None,
    correlation_id: str | None = None,
    request: str | None = None,
    actor_role: str | None = None,
) -> bytes:
    """An entry's columns, encoded as every digest encodes its fields; their SHA-256 is the entry_hash.

    Those of later versions that are null at the end are left out: entries from before them keep their hashes.
    """
    fields = (sequence, recorded_at, actor, action, subject, before, after, previous_hash)
    later = [recorded_through, correlation_id, request, actor_role]
    while later and later[-1] is None:
        later.pop()
    return record(AUDIT_TAG, *fields, *later)


def canonical_json(state: Mapping[str, Any]) -> str:
    """The one JSON text of a state: keys sorted, no spaces; floats are refused, so no figure loses digits."""
    _refuse_floats(state)
    return json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"the audit log keeps exact values, not the float {value!r}")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def append(
    connection: Connection,
    actor: str,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> Entry:
    """Append one entry within the caller's transaction: the decision and its entry are committed together or not."""
    (entry,) = append_all(connection, signing(connection, actor), [LoggedEvent(action, subject, before, after)])
    return entry


def append_all(connection: Connection, by: Signing, events: Sequence[LoggedEvent]) -> list[Entry]:
    """Append many entries in one go, each linked to the one before, with an instant that this transaction took.

    record_instant() holds the ledger's lock until commit, so nobody else can append to the head that is read now.
    """
    newest = head(connection)
    later = (by.login, *came_with(), by.role)
    found: list[Entry] = []
    for action, subject, before, after in events:
        sequence = 1 if newest is None else newest.sequence + 1
        previous = GENESIS_HASH if newest is None else newest.entry_hash
        texts = [None if state is None else canonical_json(state) for state in (before, after)]
        content = (sequence, by.recorded_at, by.person, action, subject, texts[0], texts[1], previous)
        found.append(Entry(*content, body_hash(entry_record(*content, *later)), *later))
        newest = Head(sequence, found[-1].entry_hash)
    write_rows(connection, "audit_log", [by.told(vars(entry)) for entry in found])
    return found


def head(connection: Connection) -> Head | None:
    """The newest entry's place and hash; none while the log is empty."""
    row = connection.execute("SELECT sequence, entry_hash FROM audit_log ORDER BY sequence DESC LIMIT 1").fetchone()
    return None if row is None else Head(row["sequence"], row["entry_hash"])


def entries(connection: Connection, after: int | None = None) -> Iterator[Entry]:
    """All entries in order, or those behind one, read in portions."""
    while True:
        rows = connection.execute(
            """SELECT sequence, recorded_at, actor, action, subject, before, after, previous_hash, entry_hash,
                  recorded_through, correlation_id, request, actor_role
               FROM audit_log WHERE %(after)s::bigint IS NULL OR sequence > %(after)s
               ORDER BY sequence LIMIT %(limit)s""",
            {"after": after, "limit": _ROWS_AT_ONCE},
        ).fetchall()
        for row in rows:
            yield Entry(**row)
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1]["sequence"]


def entries_at(connection: Connection, sequences: Sequence[int]) -> list[Entry]:
    """Some entries by their places in the chain."""
    rows = connection.execute(
        """SELECT sequence, recorded_at, actor, action, subject, before, after, previous_hash, entry_hash,
                  recorded_through, correlation_id, request, actor_role
           FROM audit_log WHERE sequence = ANY(%s) ORDER BY sequence""",
        [list(sequences)],
    ).fetchall()
    return [Entry(**row) for row in rows]


def found_entries(
    connection: Connection,
    *,
    subject: str | None = None,
    action: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    newest: int | None = None,
) -> list[Entry]:
    """The entries about a subject, of an action and so on, in order; of many only so many of the newest.

    Subjects, actions and actors are given whole, or with * for anything.
    """
    patterns = {
        name: None if text is None else re.escape(text).replace(r"\*", ".*")
        for name, text in (("subject", subject), ("action", action), ("actor", actor))
    }
    rows = connection.execute(
        """SELECT * FROM (
               SELECT sequence, recorded_at, actor, action, subject, before, after, previous_hash, entry_hash,
                      recorded_through, correlation_id, request, actor_role
               FROM audit_log
               WHERE (%(subject)s::text IS NULL OR subject ~ ('^(?:' || %(subject)s || ')$'))
                 AND (%(action)s::text IS NULL OR action ~ ('^(?:' || %(action)s || ')$'))
                 AND (%(actor)s::text IS NULL OR actor ~ ('^(?:' || %(actor)s || ')$'))
                 AND (%(since)s::timestamptz IS NULL OR recorded_at >= %(since)s)
                 AND (%(until)s::timestamptz IS NULL OR recorded_at < %(until)s)
               ORDER BY sequence DESC LIMIT %(newest)s) found
           ORDER BY sequence""",
        {**patterns, "since": since, "until": until, "newest": newest},
    ).fetchall()
    return [Entry(**row) for row in rows]


def verify(connection: Connection, witness: Head | None = None) -> AuditReport:
    """Recompute the chain and name the first entry that does not hold.

    With a `witness`, a head noted earlier, a log that was cut off or rewritten as a whole is found too.
    """
    return check_chain(entries(connection), witness)


def check_chain(chain: Iterable[Entry], witness: Head | None = None) -> AuditReport:
    """`verify` for entries from anywhere, such as an export."""
    count, newest = 0, None
    for entry in chain:
        problem = _problem(entry, newest)
        if problem is None and witness is not None and entry.sequence == witness.sequence:
            problem = _differs_from_witness(entry, witness)
        if problem is not None:
            return AuditReport(count, newest, entry.sequence, problem)
        count, newest = count + 1, Head(entry.sequence, entry.entry_hash)
    if witness is not None and (newest is None or newest.sequence < witness.sequence):
        last = 0 if newest is None else newest.sequence
        return AuditReport(
            count, newest, last + 1, f"the log ends at entry {last}, but entry {witness.sequence} was seen: it was cut"
        )
    return AuditReport(count, newest)


def _problem(entry: Entry, newest: Head | None) -> str | None:
    """What is wrong with an entry, given the one before it."""
    due = 1 if newest is None else newest.sequence + 1
    if entry.sequence != due:
        return f"entry {due} is missing: the next one found is {entry.sequence}"
    if entry.expected_hash != entry.entry_hash:
        return f"entry {entry.sequence} ({entry.action} {entry.subject}) was changed: its content has another hash"
    if entry.previous_hash != (GENESIS_HASH if newest is None else newest.entry_hash):
        return f"entry {entry.sequence} does not follow the entry before it: one of the two was replaced"
    return None


def _differs_from_witness(entry: Entry, witness: Head) -> str | None:
    if entry.entry_hash == witness.entry_hash:
        return None
    return f"entry {entry.sequence} is not the one that was seen: history up to here was rewritten"
