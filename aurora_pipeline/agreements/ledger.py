"""What the ledger holds of partners and agreements now, with their whole history, and writing new versions to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aurora_pipeline.agreements.errors import AgreementUnknown, VersionUnknown
from aurora_pipeline.agreements.partners import KnownPartner, read_partners
from aurora_pipeline.agreements.rows import rule_of, rule_row, tier_rows
from aurora_pipeline.agreements.tables import AGREEMENT_RULE_TIERS, AGREEMENT_RULES, AGREEMENT_VERSIONS, AgreementStatus
from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.store.database import Connection


@dataclass(frozen=True)
class Version:
    """One version of an agreement's terms; where two hold at an instant, the higher number is in force."""

    version: int
    valid_from: datetime
    valid_until: datetime | None
    corrects: int | None
    recorded_at: datetime
    reason: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class StatusChange:
    """One change of an agreement's status."""

    event_number: int
    status: AgreementStatus
    effective_from: datetime
    reason: str


@dataclass
class KnownAgreement:
    """An agreement with its whole history, oldest first."""

    agreement_id: str
    partner_id: str
    versions: list[Version] = field(default_factory=list)
    events: list[StatusChange] = field(default_factory=list)

    @property
    def active_from(self) -> datetime | None:
        """When it was first activated; none while it is a draft."""
        return next((event.effective_from for event in self.events if event.status is AgreementStatus.ACTIVE), None)

    @property
    def next_version(self) -> int:
        """The number of the version that is written next."""
        return self.versions[-1].version + 1

    @property
    def newest(self) -> Version:
        """The version whose time is the last; corrections of it do not count."""
        return [version for version in self.versions if version.corrects is None][-1]

    def version(self, number: int) -> Version:
        """The version of that number; raises where there is none."""
        found = next((version for version in self.versions if version.version == number), None)
        if found is None:
            known = ", ".join(str(version.version) for version in self.versions)
            raise VersionUnknown(f'agreement "{self.agreement_id}" has no version {number}', f"it has: {known}")
        return found

    def root(self, number: int) -> Version:
        """The version whose time a version covers: itself, or what it corrects, directly or not."""
        version = self.version(number)
        while version.corrects is not None:
            version = self.version(version.corrects)
        return version

    def until(self, number: int) -> datetime | None:
        """When the time of a version ends: where the next one begins that corrects none."""
        start = self.root(number).valid_from
        later = [v.valid_from for v in self.versions if v.corrects is None and v.valid_from > start]
        return min(later, default=None)

    def governing(self, number: int) -> Version:
        """The version in force over the time of a version: itself, or its newest correction."""
        root = self.root(number)
        return [version for version in self.versions if self.root(version.version) is root][-1]

    def chains(self, connection: Connection) -> list[str]:
        """The chains that some version of it is about."""
        named = {rule.chain_id for version in self.versions for rule in version.rules}
        known = [row["chain_id"] for row in connection.execute("SELECT chain_id FROM chains ORDER BY chain_id")]
        return known if None in named else sorted(name for name in named if name is not None)


@dataclass(frozen=True)
class Ledger:
    """All partners and agreements as they stand."""

    partners: dict[str, KnownPartner]
    agreements: dict[str, KnownAgreement]


def known_agreement(ledger: Ledger, agreement_id: str) -> KnownAgreement:
    """The agreement of that key; raises where there is none, naming the nearest."""
    if agreement_id not in ledger.agreements:
        raise AgreementUnknown(
            f"there is no agreement {agreement_id!r}", did_you_mean(agreement_id, ledger.agreements, "agreement")
        )
    return ledger.agreements[agreement_id]


def write_version(
    recording: Recording,
    agreement_id: str,
    version: int,
    valid_from: datetime,
    valid_until: datetime | None,
    corrects: int | None,
    rules: Sequence[Rule],
) -> None:
    """Append a version with its rules."""
    key: dict[str, Any] = {"agreement_id": agreement_id, "version": version}
    recording.write(
        AGREEMENT_VERSIONS, {**key, "valid_from": valid_from, "valid_until": valid_until, "corrects": corrects}
    )
    recording.write(AGREEMENT_RULES, *({**key, **rule_row(rule)} for rule in rules))
    tiers = [{**key, **row} for rule in rules for row in tier_rows(rule)]
    recording.write(AGREEMENT_RULE_TIERS, *tiers)


def read_ledger(connection: Connection) -> Ledger:
    """All that is recorded now."""
    agreements = {
        row["agreement_id"]: KnownAgreement(row["agreement_id"], row["partner_id"])
        for row in connection.execute("SELECT agreement_id, partner_id FROM agreements ORDER BY agreement_id")
    }
    tiers: dict[tuple[str, int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute("SELECT * FROM agreement_rule_tiers ORDER BY tier"):
        tiers[row["agreement_id"], row["version"], row["rule_key"]].append(row)
    rules: dict[tuple[str, int], list[Rule]] = defaultdict(list)
    for row in connection.execute("SELECT * FROM agreement_rules ORDER BY agreement_id, version, rule_order"):
        version = (row["agreement_id"], row["version"])
        rules[version].append(rule_of(row, tiers[(*version, row["rule_key"])]))
    for row in connection.execute("SELECT * FROM agreement_versions ORDER BY agreement_id, version"):
        agreements[row["agreement_id"]].versions.append(
            Version(
                row["version"],
                row["valid_from"],
                row["valid_until"],
                row["corrects"],
                row["recorded_at"],
                row["reason"],
                tuple(rules[row["agreement_id"], row["version"]]),
            )
        )
    for row in connection.execute("SELECT * FROM agreement_events ORDER BY agreement_id, event_number"):
        event = StatusChange(row["event_number"], AgreementStatus(row["status"]), row["effective_from"], row["reason"])
        agreements[row["agreement_id"]].events.append(event)
    return Ledger(read_partners(connection), agreements)
