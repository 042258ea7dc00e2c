"""Apply an agreements file: create what is new, add a version where terms changed, leave equal terms alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aurora_pipeline.agreements.effects import foresee
from aurora_pipeline.agreements.file.document import (
    AgreementEntry,
    AgreementsFile,
    PartnerEntry,
    midnight,
    read_agreements,
    shadowed_rules,
)
from aurora_pipeline.agreements.file.minimums import Minimums, plan_minimums
from aurora_pipeline.agreements.file.rules import Surroundings, falling_rates, written_rules
from aurora_pipeline.agreements.file.series import SeriesPlan, plan_series, refuse_monthly_floors
from aurora_pipeline.agreements.ledger import KnownAgreement, Ledger, Version, read_ledger, write_version
from aurora_pipeline.agreements.partners import record_minimum, record_name, record_series
from aurora_pipeline.agreements.status import FOLLOWS
from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, AGREEMENTS, AgreementStatus
from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.agreements.wording import Units, differences, in_words
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.yaml_file import KeyPath
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import instant_text


@dataclass
class ApplyReport:
    """What applying a file did, or would do. Where `changes` is empty nothing was written."""

    changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    """Subjects whose entries say what is recorded already."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Span:
    """A new version: its number, its time, the version it corrects and the one whose terms it replaces."""

    version: int
    valid_from: datetime
    valid_until: datetime | None
    corrects: int | None
    instead_of: Version | None


@dataclass(frozen=True)
class _Payouts:
    """What the file changes in how partners are paid."""

    series: SeriesPlan
    minimums: Minimums
    units: Mapping[str, ChainUnits]


@dataclass(frozen=True)
class _Step:
    """What one entry of the file makes necessary, decided before anything is written."""

    entry: AgreementEntry
    known: KnownAgreement | None
    terms: tuple[Rule, ...]
    span: _Span | None
    """None where the terms are equal, or where it cannot be made out."""
    active_from: datetime | None
    """From when the entry activates the agreement; None where it does not."""


def apply(database: Database, path: Path, actor: str, reason: str, *, preview: bool = False) -> ApplyReport:
    """Apply a file in one transaction: all of it, or nothing and AgreementsRefused with every mistake.

    With `preview` the report says what would be done, nothing is written, and no reason is needed. The chains registry
    must be in step with chains.yaml: rules name its chains.
    """
    file = read_agreements(path)
    with database.connect() as connection:
        # Taking the clock first makes two applies take turns, so what is read now is what will be added to.
        recording = Recording.begin(connection, actor, reason)
        ledger = read_ledger(connection)
        around = surroundings(connection)
        series = plan_series(file, ledger.partners, around.units)
        minimums = plan_minimums(file, ledger.partners, around.units)
        steps = [_plan(file, base, entry, ledger, around, series) for base, entry in file.agreements.items()]
        refuse_monthly_floors(file, ledger, series, {step.entry.agreement: step.terms for step in steps if step.span})
        file.refuse_if_wrong()
        report = ApplyReport()
        for partner in file.partners.values():
            _apply_partner(recording, partner, ledger, _Payouts(series, minimums, around.units), report)
        for step in steps:
            _apply_step(recording, step, report, around.units)
        if report.changes and not preview:
            recording.require_reason()
        report.warnings += _warnings(file, ledger)
        touched = {step.entry.agreement for step in steps if step.span is not None or step.active_from is not None}
        report.warnings += foresee(connection, touched)
        if preview:
            connection.rollback()
        return report


def surroundings(connection: Connection) -> Surroundings:
    """What the rules of a file are checked against."""
    operated = defaultdict(set)
    for row in connection.execute("SELECT DISTINCT chain_id, validator_key FROM canonical_validator_identities"):
        operated[row["chain_id"]].add(row["validator_key"])
    return Surroundings(chain_units(connection), operated)


def _plan(
    file: AgreementsFile,
    base: KeyPath,
    entry: AgreementEntry,
    ledger: Ledger,
    around: Surroundings,
    series: SeriesPlan,
) -> _Step:
    """What an entry asks for, given what is recorded; what it must not ask for is added to the file's mistakes."""
    known = ledger.agreements.get(entry.agreement)
    if entry.partner not in ledger.partners and entry.partner not in file.named_partners:
        partners = [*ledger.partners, *file.named_partners]
        remedy = f"add it under partners, or {did_you_mean(entry.partner, partners, 'partner')}"
        file.yaml.add((*base, "partner"), f'there is no partner "{entry.partner}"', remedy)
    start, until = _time(entry, known)
    terms = written_rules(
        file.yaml, base, entry, around, lambda chain: series.pays_by_epoch(entry.partner, chain, start, until)
    )
    active_from = None if entry.active_from is None else midnight(entry.active_from)
    if known is None:
        span = _first(file, base, entry, active_from)
        return _Step(entry, None, terms or (), span, active_from)
    _check_fixed(file, base, entry, known, active_from)
    activates = active_from if known.active_from is None else None
    if activates is not None:
        _check_activation(file, base, known, activates)
    if terms is None:
        return _Step(entry, known, (), None, activates)
    span = _correction(file, base, entry, known, terms) if entry.corrects else _next(file, base, entry, known, terms)
    return _Step(entry, known, terms, span, activates)


def _time(entry: AgreementEntry, known: KnownAgreement | None) -> tuple[datetime | None, datetime | None]:
    """The time that an entry's terms cover, as far as it can be made out."""
    if known is not None and entry.corrects in {version.version for version in known.versions}:
        return known.root(entry.corrects).valid_from, known.until(entry.corrects)
    day = entry.valid_from or entry.active_from
    if day is not None:
        return midnight(day), None
    return None if known is None else known.newest.valid_from, None


def _first(file: AgreementsFile, base: KeyPath, entry: AgreementEntry, active_from: datetime | None) -> _Span | None:
    """The first version of a new agreement."""
    if entry.corrects is not None:
        remedy = "remove corrects: an agreement's first terms correct none"
        file.yaml.add((*base, "corrects"), f'there is no agreement "{entry.agreement}" to correct', remedy)
    start = active_from if entry.valid_from is None else midnight(entry.valid_from)
    if start is None:
        remedy = "add active_from, or valid_from for a draft: the day from which the terms hold"
        file.yaml.add(base, f'agreement "{entry.agreement}" does not say from when it holds', remedy)
        return None
    if active_from is not None and active_from < start:
        remedy = f"set valid_from to {entry.active_from} or earlier"
        file.yaml.add((*base, "valid_from"), f"active from {entry.active_from}, before it has any terms", remedy)
    return _Span(1, start, None, None, None)


def _next(
    file: AgreementsFile, base: KeyPath, entry: AgreementEntry, known: KnownAgreement, terms: tuple[Rule, ...]
) -> _Span | None:
    """The version after the newest; None where the terms are the ones in force then."""
    newest = known.newest
    governing = known.governing(newest.version)
    valid_from = None if entry.valid_from is None else midnight(entry.valid_from)
    is_past = valid_from is not None and valid_from <= newest.valid_from
    if terms == governing.rules:
        if valid_from is not None and valid_from < newest.valid_from:
            _refuse_past(file, base, entry, known)
        return None
    if valid_from is None:
        remedy = (
            f"add valid_from: a day after {newest.valid_from.date()}; if version {governing.version} was wrong all"
            f" along, add corrects: {governing.version}"
        )
        file.yaml.add(base, f'the terms of "{entry.agreement}" changed, but not from when on', remedy)
        return None
    if is_past:
        _refuse_past(file, base, entry, known)
        return None
    return _Span(known.next_version, valid_from, None, None, governing)


def _correction(
    file: AgreementsFile, base: KeyPath, entry: AgreementEntry, known: KnownAgreement, terms: tuple[Rule, ...]
) -> _Span | None:
    """A version that covers the time of an earlier one again; None where its terms are in force there already."""
    number = entry.corrects
    if number not in {version.version for version in known.versions}:
        remedy = f"versions of it: {', '.join(str(version.version) for version in known.versions)}"
        file.yaml.add((*base, "corrects"), f'"{entry.agreement}" has no version {number}', remedy)
        return None
    start, governing = known.root(number).valid_from, known.governing(number)
    if entry.valid_from is not None and midnight(entry.valid_from) != start:
        remedy = f"remove valid_from: a correction covers the time of version {number}, from {start.date()} on"
        file.yaml.add((*base, "valid_from"), f"version {number} does not begin on {entry.valid_from}", remedy)
    if terms == governing.rules:
        return None
    return _Span(known.next_version, start, known.until(number), number, governing)


def _refuse_past(file: AgreementsFile, base: KeyPath, entry: AgreementEntry, known: KnownAgreement) -> None:
    newest = known.newest
    assert entry.valid_from is not None  # what is refused is its day
    day = midnight(entry.valid_from)
    held = [v.version for v in known.versions if v.corrects is None and v.valid_from <= day]
    correct = f"; to say that version {held[-1]} was wrong, write corrects: {held[-1]}" if held else ""
    file.yaml.add(
        (*base, "valid_from"),
        f"terms from {entry.valid_from} on would rewrite version {newest.version}, which holds from"
        f" {newest.valid_from.date()} on",
        f"versions never change: give a day after {newest.valid_from.date()}{correct}",
    )


def _check_fixed(
    file: AgreementsFile, base: KeyPath, entry: AgreementEntry, known: KnownAgreement, active_from: datetime | None
) -> None:
    """An agreement's partner and the start of its activity are for good."""
    if entry.partner != known.partner_id:
        remedy = f'write partner: {known.partner_id}, or make an agreement with a key of its own for "{entry.partner}"'
        file.yaml.add((*base, "partner"), f'"{entry.agreement}" belongs to "{known.partner_id}"', remedy)
    if active_from is not None and known.active_from not in (None, active_from):
        assert known.active_from is not None  # excluded by the line above
        since = known.active_from.date()
        remedy = f"write active_from: {since}, or leave it out; what changes from a day on has valid_from"
        file.yaml.add((*base, "active_from"), f'"{entry.agreement}" has been active from {since} on', remedy)


def _check_activation(file: AgreementsFile, base: KeyPath, known: KnownAgreement, active_from: datetime) -> None:
    last, first = known.events[-1], known.versions[0].valid_from
    if AgreementStatus.ACTIVE not in FOLLOWS[last.status]:
        remedy = "remove active_from, or make an agreement with a key of its own"
        file.yaml.add((*base, "active_from"), f'"{known.agreement_id}" is {last.status} and stays so', remedy)
    elif active_from < first:
        remedy = f"its first terms hold from {first.date()}: activate it then or later"
        file.yaml.add((*base, "active_from"), f"active from {active_from.date()}, before it has any terms", remedy)


def _apply_partner(
    recording: Recording, entry: PartnerEntry, ledger: Ledger, payouts: _Payouts, report: ApplyReport
) -> None:
    known = ledger.partners.get(entry.partner)
    named = record_name(recording, entry.partner, entry.name, known)
    changes = [] if named is None else [named]
    for chain_id, change in payouts.series.of(entry.partner).items():
        changes.append(record_series(recording, entry.partner, chain_id, change.series, change.effective_from, known))
    for chain_id, minimum in payouts.minimums.get(entry.partner, {}).items():
        units = payouts.units[chain_id]
        changes.append(record_minimum(recording, entry.partner, units, minimum.amount, minimum.effective_from, known))
    report.changes += changes
    if not changes:
        report.unchanged.append(f"partner/{entry.partner}")


def _apply_step(recording: Recording, step: _Step, report: ApplyReport, units: Units) -> None:
    entry, known, span = step.entry, step.known, step.span
    subject = f"agreement/{entry.agreement}"
    if known is None:
        recording.write(AGREEMENTS, {"agreement_id": entry.agreement, "partner_id": entry.partner})
    if span is not None:
        write_version(
            recording, entry.agreement, span.version, span.valid_from, span.valid_until, span.corrects, step.terms
        )
        before = None if span.instead_of is None else _state(entry, span.instead_of, span.instead_of.rules)
        after = _state(entry, span, step.terms)
        if known is None:
            _write_event(recording, entry, 1, AgreementStatus.DRAFT, span.valid_from)
        action = "agreement.created" if known is None else "agreement.version_added"
        action = action if span.corrects is None else "agreement.version_corrected"
        report.changes.append(recording.note(subject, action, before, after, _in_words(step, span, units)))
    if step.active_from is not None:
        number = 1 if known is None else known.events[-1].event_number
        _write_event(recording, entry, number + 1, AgreementStatus.ACTIVE, step.active_from)
        effective = {"status": AgreementStatus.ACTIVE, "effective_from": instant_text(step.active_from)}
        words = [f"active from {entry.active_from} on"]
        report.changes.append(
            recording.note(subject, "agreement.activated", {"status": AgreementStatus.DRAFT}, effective, words)
        )
    elif span is None:
        report.unchanged.append(subject)


def _write_event(
    recording: Recording, entry: AgreementEntry, number: int, status: AgreementStatus, effective: datetime
) -> None:
    recording.write(
        AGREEMENT_EVENTS,
        {
            "agreement_id": entry.agreement,
            "event_number": number,
            "status": status,
            "effective_from": effective,
        },
    )


def _in_words(step: _Step, span: _Span, units: Units) -> list[str]:
    if span.corrects is not None:
        until = "" if span.valid_until is None else f" until {span.valid_until.date()}"
        held = f"version {span.version} corrects version {span.corrects}: it holds from {span.valid_from.date()}{until}"
    else:
        held = f"version {span.version} holds from {span.valid_from.date()} on"
    if span.instead_of is None:
        return [held, *(f"rule {rule.rule_key}: {in_words(rule, units)}" for rule in step.terms)]
    return [held, *differences(span.instead_of.rules, step.terms, units)]


def _state(entry: AgreementEntry, held: Version | _Span, rules: tuple[Rule, ...]) -> dict[str, Any]:
    return {
        "partner": entry.partner,
        "version": held.version,
        "corrects": held.corrects,
        "valid_from": instant_text(held.valid_from),
        "valid_until": None if held.valid_until is None else instant_text(held.valid_until),
        "rules": [rule.as_json() for rule in rules],
    }


def _warnings(file: AgreementsFile, ledger: Ledger) -> list[str]:
    """What in a file is allowed and probably not meant."""
    found = []
    for base, agreement in file.agreements.items():
        known = ledger.agreements.get(agreement.agreement)
        if agreement.active_from is None and (known is None or known.active_from is None):
            found.append(f'agreement "{agreement.agreement}" has no active_from: as a draft it accrues nothing')
        for place, earlier in shadowed_rules(agreement):
            line = file.yaml.line((*base, "rules", place))
            found.append(
                f'{file.yaml.file}:{line}  rule "{agreement.rules[place].rule}" of "{agreement.agreement}" never pays:'
                f' rule "{earlier}" before it takes all it matches; reorder them or let it stack'
            )
        for place in falling_rates(agreement):
            line = file.yaml.line((*base, "rules", place, "tiers"))
            found.append(
                f'{file.yaml.file}:{line}  the rates of rule "{agreement.rules[place].rule}" of'
                f' "{agreement.agreement}" fall: with VOLUME tiers a larger base can pay less'
            )
    return found
