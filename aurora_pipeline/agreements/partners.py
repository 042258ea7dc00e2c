"""Partners: their names, which series of statements each is paid by on a chain, and the least that is paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aurora_pipeline.agreements.tables import PARTNER_MINIMUMS, PARTNER_SERIES, PARTNERS, Series
from aurora_pipeline.agreements.units import ChainUnits
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.errors import PartnerUnknown
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation import free_text
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import instant_text

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""From when on a new partner's first series holds: a month's start before every chain."""


@dataclass(frozen=True)
class SeriesChange:
    """From a month's start on, a partner is paid by this series on a chain."""

    change_number: int
    series: Series
    effective_from: datetime


@dataclass(frozen=True)
class MinimumChange:
    """From a month's start on, nothing below this amount is paid to a partner on a chain."""

    change_number: int
    amount: Amount
    effective_from: datetime


@dataclass(frozen=True)
class KnownPartner:
    """A partner as of its newest revision, with all that changed in how it is paid by chain, oldest first."""

    partner_id: str
    revision: int
    name: str
    series: Mapping[str, tuple[SeriesChange, ...]]
    minimums: Mapping[str, tuple[MinimumChange, ...]]

    def series_at(self, chain_id: str, instant: datetime) -> Series:
        """The series by which it is paid on a chain at an instant."""
        held = [change.series for change in self.series.get(chain_id, ()) if change.effective_from <= instant]
        return held[-1] if held else Series.MONTH

    def minimum_at(self, chain_id: str, instant: datetime) -> Amount:
        """The least that is paid to it on a chain at an instant."""
        held = [change.amount for change in self.minimums.get(chain_id, ()) if change.effective_from <= instant]
        return held[-1] if held else ZERO


def read_partners(connection: Connection) -> dict[str, KnownPartner]:
    """All partners by key."""
    series: dict[str, dict[str, list[SeriesChange]]] = defaultdict(lambda: defaultdict(list))
    for row in _dated(connection, PARTNER_SERIES):
        change = SeriesChange(row["change_number"], Series(row["payable_series"]), row["effective_from"])
        series[row["partner_id"]][row["chain_id"]].append(change)
    minimums: dict[str, dict[str, list[MinimumChange]]] = defaultdict(lambda: defaultdict(list))
    for row in _dated(connection, PARTNER_MINIMUMS):
        minimum = MinimumChange(row["change_number"], stored_amount(row["minimum_payout"]), row["effective_from"])
        minimums[row["partner_id"]][row["chain_id"]].append(minimum)
    rows = connection.execute("SELECT partner_id, revision, name FROM partners ORDER BY partner_id, revision")
    return {
        row["partner_id"]: KnownPartner(
            row["partner_id"],
            row["revision"],
            row["name"],
            {chain_id: tuple(found) for chain_id, found in series[row["partner_id"]].items()},
            {chain_id: tuple(found) for chain_id, found in minimums[row["partner_id"]].items()},
        )
        for row in rows
    }


def _dated(connection: Connection, table: Table) -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table.name} ORDER BY partner_id, chain_id, effective_from, change_number"
    return connection.execute(query.encode()).fetchall()


def known_partner(partners: Mapping[str, KnownPartner], partner_id: str) -> KnownPartner:
    """The partner of that key; raises where there is none, naming the nearest."""
    if partner_id not in partners:
        raise PartnerUnknown(f"there is no partner {partner_id!r}", did_you_mean(partner_id, partners, "partner"))
    return partners[partner_id]


def record_name(recording: Recording, partner_id: str, name: str, known: KnownPartner | None) -> Change | None:
    """Create a partner, or give it a name; None where it is named so already."""
    if known is not None and known.name == name:
        return None
    revision = 1 if known is None else known.revision + 1
    recording.write(PARTNERS, {"partner_id": partner_id, "revision": revision, "name": name})
    subject, after = f"partner/{partner_id}", {"revision": revision, "name": name}
    if known is None:
        return recording.note(subject, "partner.created", None, after, [f"named {name}"])
    before = {"revision": known.revision, "name": known.name}
    return recording.note(subject, "partner.renamed", before, after, [f"name {known.name} -> {name}"])


def record_series(
    recording: Recording, partner_id: str, chain_id: str, series: Series, since: datetime, known: KnownPartner | None
) -> Change:
    """Pay a partner by another series on a chain from a month's start on."""
    earlier = () if known is None else known.series.get(chain_id, ())
    was = earlier[-1].series if earlier else Series.MONTH
    number = max((change.change_number for change in earlier), default=0) + 1
    key = {"partner_id": partner_id, "chain_id": chain_id, "change_number": number}
    recording.write(PARTNER_SERIES, {**key, "payable_series": series, "effective_from": since})
    before = {"chain": chain_id, "payable_series": was}
    after = {"chain": chain_id, "payable_series": series, "effective_from": instant_text(since)}
    words = [f"paid by {series} on {chain_id} {_start(since)}, not by {was}"]
    return recording.note(f"partner/{partner_id}", "partner.series_changed", before, after, words)


def record_minimum(
    recording: Recording,
    partner_id: str,
    units: ChainUnits,
    amount: Amount,
    since: datetime,
    known: KnownPartner | None,
) -> Change:
    """Pay a partner nothing below another amount on a chain from a month's start on."""
    earlier = () if known is None else known.minimums.get(units.chain_id, ())
    was = earlier[-1].amount if earlier else ZERO
    number = max((change.change_number for change in earlier), default=0) + 1
    key = {"partner_id": partner_id, "chain_id": units.chain_id, "change_number": number}
    recording.write(PARTNER_MINIMUMS, {**key, "minimum_payout": amount, "effective_from": since})
    before = {"chain": units.chain_id, "minimum_payout": str(was)}
    after = {"chain": units.chain_id, "minimum_payout": str(amount), "effective_from": instant_text(since)}
    words = [
        f"paid nothing below {units.write(amount)} on {units.chain_id} {_start(since)}, not below {units.write(was)}"
    ]
    return recording.note(f"partner/{partner_id}", "partner.minimum_payout_changed", before, after, words)


def _start(since: datetime) -> str:
    return "from the beginning" if since == ALWAYS else f"from {since.date()} on"


def rename(database: Database, partner_id: str, name: str, actor: str, reason: str) -> Change | None:
    """Give a partner another name; its key stays. None where it is named so already."""
    name = free_text.name(name)
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        known = known_partner(read_partners(connection), partner_id)
        change = record_name(recording, partner_id, name, known)
        if change is not None:
            recording.require_reason()
        return change
