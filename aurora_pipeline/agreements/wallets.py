"""Partners' wallets: which partner introduced a wallet and for how long, as CSV in and out and at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from psycopg import sql

from aurora_pipeline.agreements.affected_periods import computed_already
from aurora_pipeline.agreements.errors import WalletRefused
from aurora_pipeline.agreements.partners import KnownPartner, known_partner, read_partners
from aurora_pipeline.agreements.tables import PARTNER_WALLETS
from aurora_pipeline.config.errors import ChainUnknown
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.recording import Change, Note, Recording
from aurora_pipeline.foundation.csv_file import (
    CsvLine,
    CsvMistakes,
    instant_text,
    read_instant,
    read_lines,
    read_open_instant,
    read_text,
    write_csv,
)
from aurora_pipeline.store.database import Connection, Database

COLUMNS = ("chain_id", "wallet_address", "introduced_date", "ended_date", "partner", "notes")

_TOLD = ("introduced_at", "ended_at", "partner_id", "notes")

Row = dict[str, Any]
WalletKey = tuple[str, str]


class Duplicates(StrEnum):
    """What an import does with a wallet that is the same partner's already."""

    REFUSE = "REFUSE"
    SKIP = "SKIP"
    REPLACE = "REPLACE"
    """The file's dates and notes replace what was recorded, as a new revision."""


@dataclass(frozen=True)
class Holding:
    """A wallet is a partner's from an instant on, until another or openly."""

    partner_id: str
    introduced_at: datetime
    ended_at: datetime | None
    notes: str | None
    line: int | None = None
    """The line of the file that says so; none: it is recorded."""

    def overlaps(self, other: Holding) -> bool:
        """Whether both hold at some instant."""
        return (self.ended_at is None or other.introduced_at < self.ended_at) and (
            other.ended_at is None or self.introduced_at < other.ended_at
        )

    @property
    def in_words(self) -> str:
        """The range as people read it."""
        until = "" if self.ended_at is None else f" until {instant_text(self.ended_at)}"
        return f"since {instant_text(self.introduced_at)}{until}"

    def as_json(self) -> dict[str, Any]:
        """The holding for the audit log."""
        return {
            "partner": self.partner_id,
            "introduced": instant_text(self.introduced_at),
            "ended": None if self.ended_at is None else instant_text(self.ended_at),
            "notes": self.notes,
        }


@dataclass
class WalletReport:
    """What an import changed, how many wallets it skipped as known already, and what is allowed but looks odd."""

    changes: list[Change] = field(default_factory=list)
    skipped: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Known:
    """What is recorded of wallets, and what a file adds to it while it is read."""

    revisions: dict[WalletKey, int] = field(default_factory=dict)
    recorded: dict[WalletKey, list[Holding]] = field(default_factory=lambda: defaultdict(list))
    planned: dict[WalletKey, list[Holding]] = field(default_factory=dict)

    def holdings(self, key: WalletKey) -> list[Holding]:
        """The wallet's holdings as they will be."""
        return self.planned.get(key, self.recorded.get(key, []))


def import_wallets(
    database: Database,
    path: Path,
    partner_id: str | None,
    actor: str,
    reason: str,
    duplicates: Duplicates = Duplicates.REFUSE,
) -> WalletReport:
    """Import a CSV of partners' wallets: all of it, or nothing and every mistake with its line.

    The partner is the argument or stands in the column `partner`. Wallets the file does not name stay as they are.
    """
    lines, mistakes = read_lines(
        read_text(path), path.name, ["chain_id", "wallet_address", "introduced_date"], COLUMNS[3:]
    )
    report = WalletReport()
    with database.connect() as connection:
        partners = read_partners(connection)
        if partner_id is not None:
            known_partner(partners, partner_id)
        families = _families(connection)
        read = [_parsed(line, mistakes, families, partners, partner_id) for line in lines]
        # Everybody else who records waits from here on; partners and chains, read before, never go away.
        recording = Recording.begin(connection, actor, reason)
        known = _read(connection)
        for one in read:
            if one is not None and not _plan(known, *one, partners, duplicates, mistakes):
                report.skipped += 1
        mistakes.raise_if_any()
        if known.planned:
            recording.require_reason()
        report.changes = _record(recording, known)
        report.warnings = [*_own_stake(connection, known), *_reaching_back(connection, known)]
    return report


def end_wallet(
    database: Database, chain_id: str, wallet_address: str, ended_at: datetime, actor: str, reason: str
) -> tuple[Change, list[str]]:
    """Record that a wallet is its partner's until an instant; raises where it is nobody's then."""
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        families = _families(connection)
        if chain_id not in families:
            raise ChainUnknown(f"there is no chain {chain_id!r}", did_you_mean(chain_id, families, "chain"))
        try:
            key = (chain_id, families[chain_id].traits.check_address(wallet_address))
        except ValueError as error:
            raise WalletRefused(str(error), "give the address as `aurora wallets list` shows it") from None
        known = _read(connection)
        moment = Holding("", ended_at, None, None)
        holding = next((found for found in known.holdings(key) if found.overlaps(moment)), None)
        if holding is None or holding.introduced_at >= ended_at:
            held = "; ".join(f'"{found.partner_id}" {found.in_words}' for found in known.holdings(key)) or "nobody"
            raise WalletRefused(
                f"{wallet_address} on {chain_id} cannot end on {instant_text(ended_at)}: it belongs to {held}",
                "give a day on which it belongs to a partner, after the day it was introduced",
            )
        recording.require_reason()
        ended = replace(holding, ended_at=ended_at)
        known.planned[key] = [ended if found == holding else found for found in known.holdings(key)]
        (change,) = _record(recording, known)
        return change, _reaching_back(connection, known)


def _parsed(
    line: CsvLine,
    mistakes: CsvMistakes,
    families: Mapping[str, Family],
    partners: Mapping[str, KnownPartner],
    partner_id: str | None,
) -> tuple[WalletKey, Holding] | None:
    before = len(mistakes.found)
    chain_id, named = line.cells["chain_id"], line.cells["partner"]
    address = None
    if chain_id not in families:
        mistakes.add(
            line.number,
            f'there is no chain "{chain_id}"; {did_you_mean(chain_id, families, "chain")}',
            "chain_id",
        )
    else:
        address = mistakes.parse(line, "wallet_address", families[chain_id].traits.check_address)
    introduced = mistakes.parse(line, "introduced_date", read_instant)
    ended = mistakes.parse(line, "ended_date", read_open_instant)
    if introduced is not None and ended is not None and ended <= introduced:
        mistakes.add(
            line.number,
            f"{instant_text(ended)} is not after introduced_date",
            "ended_date",
        )
    owner = named or partner_id
    if owner is None:
        mistakes.add(
            line.number,
            "whose wallet is it? fill the column, or name the partner with --partner",
            "partner",
        )
    elif owner not in partners:
        mistakes.add(
            line.number,
            f'there is no partner "{owner}"; {did_you_mean(owner, partners, "partner")}',
            "partner",
        )
    elif partner_id not in (None, owner):
        mistakes.add(
            line.number,
            f'the line says "{owner}", the command says "{partner_id}"',
            "partner",
        )
    if len(mistakes.found) > before or address is None or introduced is None or owner is None:
        return None
    return (chain_id, address), Holding(owner, introduced, ended, line.cells["notes"] or None, line.number)


def _plan(
    known: _Known,
    key: WalletKey,
    wanted: Holding,
    partners: Mapping[str, KnownPartner],
    duplicates: Duplicates,
    mistakes: CsvMistakes,
) -> bool:
    """Add a holding to what is planned, or the reason why it can't be to the mistakes; False: it was skipped."""
    chain_id, address = key
    rivals = [found for found in known.holdings(key) if found.overlaps(wanted)]
    foreign = [found for found in rivals if found.partner_id != wanted.partner_id]
    for rival in foreign:
        name = partners[rival.partner_id].name
        place = "" if rival.line is None else f", says line {rival.line}"
        mistakes.add(
            wanted.line,
            f'{address} belongs to "{rival.partner_id}" ({name}) on {chain_id} {rival.in_words}{place};'
            f' end it there first (`aurora wallets end`), or introduce it to "{wanted.partner_id}" from then on',
            "wallet_address",
        )
    if foreign:
        return True
    own = [found for found in rivals if found not in foreign]
    if own and duplicates is Duplicates.SKIP:
        return False
    twice = next((found for found in own if found.line is not None), None)
    if twice is not None:
        mistakes.add(
            wanted.line,
            f"{address} stands on line {twice.line} already; remove one of them",
            "wallet_address",
        )
    elif own and duplicates is Duplicates.REFUSE:
        mistakes.add(
            wanted.line,
            f'{address} belongs to "{wanted.partner_id}" on {chain_id} {own[0].in_words} already; leave'
            " such lines out with --skip-duplicates, or correct what is recorded with --replace",
            "wallet_address",
        )
    else:
        kept = [found for found in known.holdings(key) if found not in own]
        planned = sorted([*kept, wanted], key=lambda found: found.introduced_at)
        if [replace(found, line=None) for found in planned] != known.recorded.get(key, []):
            known.planned[key] = planned
    return True


def _record(recording: Recording, known: _Known) -> list[Change]:
    """Write all planned holdings and their audit entries."""
    notes: list[Note] = []
    for key, planned in known.planned.items():
        chain_id, address = key
        revision = known.revisions.get(key, 0) + 1
        named = {"chain_id": chain_id, "wallet_address": address, "revision": revision}
        rows = [{**named, **{name: getattr(holding, name) for name in _TOLD}} for holding in planned]
        was = known.recorded.get(key, [])
        before = {"revision": revision - 1, "holdings": [holding.as_json() for holding in was]} if was else None
        after = {"revision": revision, "holdings": [holding.as_json() for holding in planned]}
        words = [f'belongs to "{holding.partner_id}" {holding.in_words}' for holding in planned]
        action = "wallet.changed" if was else "wallet.introduced"
        notes.append(Note(f"wallet/{chain_id}/{address}", action, before, after, words, rows))
    return recording.record_all(PARTNER_WALLETS, notes)


def _own_stake(connection: Connection, known: _Known) -> Iterator[str]:
    rows = connection.execute("SELECT DISTINCT chain_id, wallet_address FROM operator_wallets")
    own = {(row["chain_id"], row["wallet_address"]) for row in rows}
    for chain_id, address in sorted(own & known.planned.keys()):
        yield f"{address} on {chain_id} is also among the operator's own wallets: partners are paid for its stake now"


def _reaching_back(connection: Connection, known: _Known) -> list[str]:
    """Finalized periods that the changed holdings cover, in which they count differently now."""
    since: dict[str, datetime] = {}
    for key, planned in known.planned.items():
        was = known.recorded.get(key, [])
        edges = {
            edge
            for mine, other in ((planned, was), (was, planned))
            for holding in mine
            for edge in (holding.introduced_at, holding.ended_at)
            if edge is not None and not any(edge in (o.introduced_at, o.ended_at) for o in other)
        }
        if edges:
            start = min(edges)
            since[key[0]] = min(start, since.get(key[0], start))
    return [warning for chain_id, start in since.items() for warning in computed_already(connection, chain_id, start)]


def _families(connection: Connection) -> dict[str, Family]:
    return {row["chain_id"]: Family(row["family"]) for row in connection.execute("SELECT chain_id, family FROM chains")}


def _read(connection: Connection) -> _Known:
    known = _Known()
    for row in wallet_rows(connection):
        key = (row["chain_id"], row["wallet_address"])
        known.revisions[key] = row["revision"]
        known.recorded[key].append(Holding(row["partner_id"], row["introduced_at"], row["ended_at"], row["notes"]))
    return known


_COLUMNS = sql.SQL(", ").join(sql.SQL("w.") + sql.Identifier(name) for name in PARTNER_WALLETS.names)
_NEWEST = """
SELECT {columns} FROM partner_wallets w
JOIN (SELECT chain_id, wallet_address, max(revision) AS revision FROM partner_wallets
      WHERE %(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s GROUP BY chain_id, wallet_address) newest
     USING (chain_id, wallet_address, revision)
WHERE (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
  AND (%(partner_id)s::text IS NULL OR partner_id = %(partner_id)s)
  AND (%(instant)s::timestamptz IS NULL
       OR (introduced_at <= %(instant)s AND (ended_at IS NULL OR ended_at > %(instant)s)))
ORDER BY chain_id, wallet_address, introduced_at
"""


def wallet_rows(
    connection: Connection,
    chain_id: str | None = None,
    partner_id: str | None = None,
    instant: datetime | None = None,
    as_of: datetime | None = None,
) -> list[Row]:
    """The dated rows that count, sorted; where given, of a chain, of a partner, at an instant, as of a past moment."""
    values = {"chain_id": chain_id, "partner_id": partner_id, "instant": instant, "as_of": as_of}
    return connection.execute(sql.SQL(_NEWEST).format(columns=_COLUMNS), values).fetchall()


def export_wallets(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV text that `import_wallets` takes."""
    return write_csv(
        COLUMNS,
        [
            {
                **row,
                "introduced_date": row["introduced_at"],
                "ended_date": row["ended_at"],
                "partner": row["partner_id"],
            }
            for row in rows
        ],
    )
