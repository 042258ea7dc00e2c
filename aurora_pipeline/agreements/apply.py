"""Apply an agreements file: create what is new, add a version where terms changed, leave equal terms alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aurora_pipeline.addresses import check_solana_key
from aurora_pipeline.agreements.file import (
    AgreementEntry,
    AgreementsFile,
    PartnerEntry,
    is_exact,
    midnight,
    read_agreements,
    shadowed_rules,
)
from aurora_pipeline.agreements.foresight import foresee
from aurora_pipeline.agreements.ledger import KnownAgreement, Ledger, Recording, read_ledger
from aurora_pipeline.agreements.tables import Status
from aurora_pipeline.agreements.terms import Rule, differences, in_words
from aurora_pipeline.audit.log import append
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.vocabulary import Family
from aurora_pipeline.config.yaml_file import KeyPath
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import instant_text


@dataclass(frozen=True)
class Change:
    """One thing that was recorded: what it is about and, sentence by sentence, what changed."""

    subject: str
    action: str
    words: tuple[str, ...]


@dataclass
class ApplyReport:
    """What applying a file did. Where `changes` is empty nothing was written."""

    changes: list[Change] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    """Subjects whose entries say what is recorded already."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Step:
    """What one entry of the file makes necessary, decided before anything is written."""

    entry: AgreementEntry
    known: KnownAgreement | None
    version: int | None
    """The number of the new version; none where the terms are equal."""
    valid_from: datetime | None
    activates: bool


def apply(database: Database, path: Path, actor: str, reason: str) -> ApplyReport:
    """Apply a file in one transaction: all of it, or nothing and AgreementsRefused with every mistake.

    The chains registry must be in step with chains.yaml: rules name its chains.
    """
    file = read_agreements(path)
    with database.connect() as connection:
        # Taking the clock first makes two applies take turns, so what is read now is what will be added to.
        recording = Recording.begin(connection, actor, reason)
        ledger = read_ledger(connection)
        _check_chains(connection, file)
        steps = [_plan(file, base, entry, ledger) for base, entry in file.agreements.items()]
        file.refuse_if_wrong()
        report = ApplyReport()
        for partner in file.partners.values():
            _apply_partner(recording, partner, ledger, report)
        for step in steps:
            _apply_step(recording, step, report)
        if report.changes and not (actor.strip() and reason.strip()):
            raise AuroraError(
                "this changes what partners are paid, so it needs to be known who did it and why; nothing was written",
                'give a reason: --reason "signed on 2026-01-15"',
            )
        report.warnings += _warnings(file, ledger)
        touched = {step.entry.agreement for step in steps if step.version is not None or step.activates}
        report.warnings += foresee(connection, touched)
    return report


def _plan(file: AgreementsFile, base: KeyPath, entry: AgreementEntry, ledger: Ledger) -> _Step:
    """What an entry asks for, given what is recorded; what it must not ask for is added to the file's mistakes."""
    known = ledger.agreements.get(entry.agreement)
    if entry.partner not in ledger.partners and entry.partner not in file.named_partners:
        partners = [*ledger.partners, *file.named_partners]
        remedy = f"add it under partners, or {did_you_mean(entry.partner, partners, 'partner')}"
        file.yaml.add((*base, "partner"), f'there is no partner "{entry.partner}"', remedy)
    active_from = None if entry.active_from is None else midnight(entry.active_from)
    valid_from = None if entry.valid_from is None else midnight(entry.valid_from)
    if known is None:
        start = valid_from or active_from
        if start is None:
            remedy = "add active_from, or valid_from for a draft: the day from which the terms hold"
            file.yaml.add(base, f'agreement "{entry.agreement}" does not say from when it holds', remedy)
        elif active_from is not None and active_from < start:
            remedy = f"set valid_from to {entry.active_from} or earlier"
            file.yaml.add((*base, "valid_from"), f"active from {entry.active_from}, before it has any terms", remedy)
        return _Step(entry, None, 1, start, active_from is not None)
    _check_fixed(file, base, entry, known, active_from)
    activates = active_from is not None and known.active_from is None
    if activates and active_from is not None and active_from < known.versions[0].valid_from:
        since = known.versions[0].valid_from.date()
        remedy = f"its first terms hold from {since}: activate it then or later"
        file.yaml.add((*base, "active_from"), f"active from {entry.active_from}, before it has any terms", remedy)
    newest = known.versions[-1]
    if entry.terms == newest.rules:
        if valid_from is not None and valid_from < newest.valid_from:
            _refuse_past(file, base, known, entry)
        return _Step(entry, known, None, None, activates)
    if valid_from is None:
        remedy = f"add valid_from: a day after {newest.valid_from.date()}"
        file.yaml.add(base, f'the terms of "{entry.agreement}" changed, but not from when on', remedy)
    elif valid_from <= newest.valid_from:
        _refuse_past(file, base, known, entry)
    return _Step(entry, known, newest.version + 1, valid_from, activates)


def _refuse_past(file: AgreementsFile, base: KeyPath, known: KnownAgreement, entry: AgreementEntry) -> None:
    newest = known.versions[-1]
    file.yaml.add(
        (*base, "valid_from"),
        f"terms from {entry.valid_from} on would rewrite version {newest.version}, which holds from"
        f" {newest.valid_from.date()} on",
        f"versions never change: give a day after {newest.valid_from.date()}",
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


def _check_chains(connection: Connection, file: AgreementsFile) -> None:
    """Every rule names a chain that exists and, where it names one validator, a key of that chain's kind."""
    families = {row["chain_id"]: row["family"] for row in connection.execute("SELECT chain_id, family FROM chains")}
    for base, agreement in file.agreements.items():
        for place, rule in enumerate(agreement.rules):
            path = (*base, "rules", place)
            if rule.chain not in families:
                remedy = did_you_mean(rule.chain, families, "chain")
                file.yaml.add((*path, "chain"), f'unknown chain "{rule.chain}"', remedy)
            elif families[rule.chain] == Family.SOLANA and rule.validator is not None and is_exact(rule):
                try:
                    check_solana_key(rule.validator)
                except ValueError as error:
                    remedy = "give the vote account as `aurora validators list` shows it, or a pattern with *"
                    file.yaml.add((*path, "validator"), str(error), remedy)


def _apply_partner(recording: Recording, entry: PartnerEntry, ledger: Ledger, report: ApplyReport) -> None:
    known, subject = ledger.partners.get(entry.partner), f"partner/{entry.partner}"
    if known is not None and known.name == entry.name:
        report.unchanged.append(subject)
        return
    revision = 1 if known is None else known.revision + 1
    recording.write("partners", {"partner_id": entry.partner, "revision": revision, "name": entry.name})
    before = None if known is None else {"revision": known.revision, "name": known.name}
    after = {"revision": revision, "name": entry.name}
    if known is None:
        _record(recording, report, subject, "partner.created", before, after, [f"named {entry.name}"])
    else:
        _record(recording, report, subject, "partner.renamed", before, after, [f"name {known.name} -> {entry.name}"])


def _apply_step(recording: Recording, step: _Step, report: ApplyReport) -> None:
    entry, known = step.entry, step.known
    subject = f"agreement/{entry.agreement}"
    if known is None:
        recording.write("agreements", {"agreement_id": entry.agreement, "partner_id": entry.partner})
    if step.version is not None:
        assert step.valid_from is not None  # else the file was refused
        before = None if known is None else _state(known.versions[-1].version, known.versions[-1].valid_from, known)
        recording.write_version(entry.agreement, step.version, step.valid_from, entry.terms)
        after = {
            "partner": entry.partner,
            "version": step.version,
            "valid_from": instant_text(step.valid_from),
            "rules": _rules(entry.terms),
        }
        words = [f"version {step.version} holds from {step.valid_from.date()} on"]
        if known is None:
            words += [f"rule {rule.rule_key}: {in_words(rule)}" for rule in entry.terms]
        else:
            words += differences(known.versions[-1].rules, entry.terms)
        action = "agreement.created" if known is None else "agreement.version_added"
        _record(recording, report, subject, action, before, after, words)
    events = 0 if known is None else known.events[-1].event_number
    if known is None:
        assert step.valid_from is not None  # else the file was refused
        events += 1
        recording.write_event(entry.agreement, events, Status.DRAFT, step.valid_from)
    if step.activates:
        assert entry.active_from is not None  # what activates it
        effective = midnight(entry.active_from)
        recording.write_event(entry.agreement, events + 1, Status.ACTIVE, effective)
        before, after = {"status": Status.DRAFT}, {"status": Status.ACTIVE, "effective_from": instant_text(effective)}
        words = [f"active from {entry.active_from} on"]
        _record(recording, report, subject, "agreement.activated", before, after, words)
    elif step.version is None:
        report.unchanged.append(subject)


def _state(version: int, valid_from: datetime, known: KnownAgreement) -> dict[str, Any]:
    return {
        "partner": known.partner_id,
        "version": version,
        "valid_from": instant_text(valid_from),
        "rules": _rules(known.versions[-1].rules),
    }


def _rules(rules: tuple[Rule, ...]) -> list[dict[str, Any]]:
    return [rule.as_json() for rule in rules]


def _record(
    recording: Recording,
    report: ApplyReport,
    subject: str,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    words: list[str],
) -> None:
    append(recording.connection, recording.actor, action, subject, before, {**after, "reason": recording.reason})
    report.changes.append(Change(subject, action, tuple(words)))


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
    return found
