"""What the ledger holds of partners and agreements now, and writing new rows of them with one recorded time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aurora_pipeline.agreements.in_force import rule_of
from aurora_pipeline.agreements.tables import Status
from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.store.database import Connection, insert_rows


@dataclass(frozen=True)
class Version:
    """One version of an agreement's terms."""

    version: int
    valid_from: datetime
    valid_until: datetime | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Event:
    """One change of an agreement's status."""

    event_number: int
    status: Status
    effective_from: datetime


@dataclass
class KnownAgreement:
    """An agreement with its whole history, oldest first."""

    agreement_id: str
    partner_id: str
    versions: list[Version] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def active_from(self) -> datetime | None:
        """When it was first activated; none while it is a draft."""
        return next((event.effective_from for event in self.events if event.status is Status.ACTIVE), None)


@dataclass(frozen=True)
class KnownPartner:
    """A partner as of its newest revision."""

    partner_id: str
    revision: int
    name: str


@dataclass(frozen=True)
class Ledger:
    """All partners and agreements as they stand."""

    partners: dict[str, KnownPartner]
    agreements: dict[str, KnownAgreement]


@dataclass(frozen=True)
class Recording:
    """Who records, why, and the one instant that every row of a change carries, so that no as-of read splits it."""

    connection: Connection
    actor: str
    reason: str
    recorded_at: datetime

    @classmethod
    def begin(cls, connection: Connection, actor: str, reason: str) -> Recording:
        """Take the ledger's clock; nobody else records anything until this transaction ends."""
        row = connection.execute("SELECT record_instant() AS instant").fetchone()
        assert row is not None  # a function call gives one row
        return cls(connection, actor, reason, row["instant"])

    def write(self, table: str, values: dict[str, object], signed: bool = True) -> None:
        """Append one row; `signed` rows say who recorded them and why."""
        signature = {"reason": self.reason, "recorded_by": self.actor} if signed else {}
        insert_rows(self.connection, table, [{**values, **signature, "recorded_at": self.recorded_at}])

    def write_version(self, agreement_id: str, version: int, valid_from: datetime, rules: Sequence[Rule]) -> None:
        """Append a version that holds from an instant on, with its rules."""
        key: dict[str, object] = {"agreement_id": agreement_id, "version": version}
        self.write("agreement_versions", {**key, "valid_from": valid_from, "valid_until": None})
        for rule in rules:
            self.write("agreement_rules", {**key, **rule.as_json()}, signed=False)

    def write_event(self, agreement_id: str, event_number: int, status: Status, effective_from: datetime) -> None:
        """Append a status event."""
        self.write(
            "agreement_events",
            {
                "agreement_id": agreement_id,
                "event_number": event_number,
                "status": status,
                "effective_from": effective_from,
            },
        )


def read_ledger(connection: Connection) -> Ledger:
    """All that is recorded now."""
    partners = {
        row["partner_id"]: KnownPartner(row["partner_id"], row["revision"], row["name"])
        for row in connection.execute("SELECT partner_id, revision, name FROM partners ORDER BY partner_id, revision")
    }
    agreements = {
        row["agreement_id"]: KnownAgreement(row["agreement_id"], row["partner_id"])
        for row in connection.execute("SELECT agreement_id, partner_id FROM agreements ORDER BY agreement_id")
    }
    rules: dict[tuple[str, int], list[Rule]] = defaultdict(list)
    for row in connection.execute("SELECT * FROM agreement_rules ORDER BY agreement_id, version, rule_order"):
        rules[row["agreement_id"], row["version"]].append(rule_of(row))
    for row in connection.execute("SELECT * FROM agreement_versions ORDER BY agreement_id, version"):
        terms = tuple(rules[row["agreement_id"], row["version"]])
        version = Version(row["version"], row["valid_from"], row["valid_until"], terms)
        agreements[row["agreement_id"]].versions.append(version)
    for row in connection.execute("SELECT * FROM agreement_events ORDER BY agreement_id, event_number"):
        event = Event(row["event_number"], Status(row["status"]), row["effective_from"])
        agreements[row["agreement_id"]].events.append(event)
    return Ledger(partners, agreements)
