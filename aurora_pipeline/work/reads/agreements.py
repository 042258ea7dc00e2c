"""Agreements with their history, how terms differ, and what other terms would have paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.agreements.ledger import KnownAgreement, Version, known_agreement, read_ledger
from aurora_pipeline.agreements.terms import Rule as TermsRule
from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.agreements.wording import differences
from aurora_pipeline.commissions.simulate import PeriodComparison
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, amount, known_amount, shaped


@dataclass(frozen=True)
class AgreementEvent:
    """A change of an agreement's status."""

    event_number: int
    status: str
    effective_from: datetime
    reason: str


@dataclass(frozen=True)
class Limit:
    """A floor or a cap over a window."""

    limit: Amount
    window: str


@dataclass(frozen=True)
class Tier:
    """One tier: it reaches up to an amount (included), the last one without end."""

    up_to: Amount | None
    rate_bps: int


@dataclass(frozen=True)
class Tiers:
    """A tiered rate."""

    mode: str
    metric: str
    steps: Sequence[Tier]


@dataclass(frozen=True)
class Rule:
    """One rule of one version of an agreement."""

    rule_key: str
    rule_order: int
    chain_id: str | None
    validator_key: str | None
    revenue_component: str
    attribution_method: str
    commission_rate_bps: int | None
    basis: str
    stacks: bool
    tiers: Tiers | None
    floor: Limit | None
    cap: Limit | None
    carry_losses: bool
    funded_by: str | None
    wallet_attribution: bool


@dataclass(frozen=True)
class AgreementVersion:
    """One version of an agreement's terms."""

    version: int
    corrects: int | None
    in_force: bool
    valid_from: datetime
    valid_until: datetime | None
    recorded_at: datetime
    reason: str
    rules: Sequence[Rule]


@dataclass(frozen=True)
class Agreement:
    """An agreement with its whole history."""

    agreement_id: str
    partner_id: str
    status: str
    events: Sequence[AgreementEvent]
    versions: Sequence[AgreementVersion]

    @property
    def newest(self) -> AgreementVersion:
        """The version whose time is the last; corrections of it do not count."""
        return [version for version in self.versions if version.corrects is None][-1]

    @property
    def governing(self) -> AgreementVersion:
        """The version in force over that time: itself, or its newest correction."""
        return next(one for one in reversed(self.versions) if one.in_force and self._root(one) is self.newest)

    def _root(self, version: AgreementVersion) -> AgreementVersion:
        numbered = {one.version: one for one in self.versions}
        while version.corrects is not None:
            version = numbered[version.corrects]
        return version


@dataclass(frozen=True)
class Difference:
    """How terms differ, as sentences."""

    before: str
    after: str
    differences: Sequence[str]


@dataclass(frozen=True)
class Simulated:
    """A partner's period as it was paid, and as proposed terms would have paid it."""

    chain_id: str
    epoch: int
    period: str
    partner_id: str
    was: Amount
    would: Amount
    difference: Amount
    was_overrides: int
    was_by_overrides: Amount
    difference_by_terms: Amount
    was_held: Amount
    would_held: Amount
    was_missing: int
    would_missing: int


def agreements(connection: Connection, partner_id: str | None = None) -> list[Agreement]:
    """Every agreement, or those of a partner."""
    ledger, units = read_ledger(connection), chain_units(connection)
    return [told(item, units) for item in ledger.agreements.values() if partner_id in (None, item.partner_id)]


def agreement(connection: Connection, agreement_id: str) -> Agreement:
    """One agreement; raises where there is none of that key."""
    return told(known_agreement(read_ledger(connection), agreement_id), chain_units(connection))


def terms_compared(connection: Connection, before: str, after: str) -> Difference:
    """How the terms of two versions differ; each is named by AGREEMENT, AGREEMENT@VERSION or, of the same, @VERSION."""
    first, old = _version(connection, before, before.partition("@")[0])
    second, new = _version(connection, after, first)
    words = differences(old.rules, new.rules, chain_units(connection))
    return Difference(f"{first}@{old.version}", f"{second}@{new.version}", words)


def _version(connection: Connection, text: str, default: str) -> tuple[str, Version]:
    """The version that KEY, KEY@NUMBER or @NUMBER names; without a number the newest terms."""
    key, _, number = text.partition("@")
    known = known_agreement(read_ledger(connection), key or default)
    if not number:
        return known.agreement_id, known.governing(known.newest.version)
    if not number.isdecimal():
        raise NotUnderstood(f"{text!r} names no version", "write it like acme-2026@2, or @2 for the same agreement")
    return known.agreement_id, known.version(int(number))


def told(known: KnownAgreement, units: Mapping[str, ChainUnits]) -> Agreement:
    """An agreement with its whole history."""
    events = [shaped(AgreementEvent, vars(event)) for event in known.events]
    versions = [
        shaped(
            AgreementVersion,
            vars(version),
            in_force=known.governing(version.version) is version,
            valid_until=known.until(version.version),
            rules=[_rule(rule, units) for rule in version.rules],
        )
        for version in known.versions
    ]
    return Agreement(known.agreement_id, known.partner_id, known.events[-1].status, events, versions)


def _rule(rule: TermsRule, units: Mapping[str, ChainUnits]) -> Rule:
    # A rule about every chain names no amount.
    unit = "" if rule.chain_id is None else units[rule.chain_id].base_unit
    clamps = {
        name: None if clamp is None else Limit(known_amount(clamp.amount, unit), clamp.window)
        for name, clamp in (("floor", rule.floor), ("cap", rule.cap))
    }
    tiers = None
    if rule.tiers is not None:
        steps = [Tier(amount(step.up_to, unit), step.rate_bps) for step in rule.tiers.steps]
        tiers = Tiers(rule.tiers.mode, rule.tiers.metric, steps)
    return shaped(Rule, {**vars(rule), **clamps, "tiers": tiers})


def simulated(one: PeriodComparison, unit: str) -> Simulated:
    """A partner's period under its own terms and under those of a file."""
    return Simulated(
        chain_id=one.key.chain_id,
        epoch=one.key.epoch,
        period=str(one.key),
        partner_id=one.partner_id,
        was=known_amount(one.was.due, unit),
        would=known_amount(one.would.due, unit),
        difference=known_amount(one.difference, unit),
        was_overrides=one.overrides.count,
        was_by_overrides=known_amount(one.overrides.amount, unit),
        difference_by_terms=known_amount(one.by_terms, unit),
        was_held=known_amount(one.was.held, unit),
        would_held=known_amount(one.would.held, unit),
        was_missing=one.was.missing,
        would_missing=one.would.missing,
    )
