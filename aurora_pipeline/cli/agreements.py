"""`aurora agreements`: what partners were promised, applied from files, shown, compared, and set active or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.agreements.apply import ApplyReport, apply
from aurora_pipeline.agreements.ledger import KnownAgreement, Version, known_agreement, read_ledger
from aurora_pipeline.agreements.status import change_status
from aurora_pipeline.agreements.tables import AgreementStatus
from aurora_pipeline.agreements.units import chain_units
from aurora_pipeline.agreements.wording import in_words
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.simulate import agreements_simulate
from aurora_pipeline.cli.terminal import (
    Reason,
    ask_why,
    err,
    opened,
    out,
    print_changes,
    print_table,
    print_warnings,
    read_day,
    tell_recorded,
)
from aurora_pipeline.decisions.person import actor, deciding
from aurora_pipeline.foundation.csv_file import instant_text
from aurora_pipeline.work.reads import agreements as reads
from aurora_pipeline.work.reads.recorded import applied

agreements = typer.Typer(help="Agreements with partners.", no_args_is_help=True)

AgreementArgument = Annotated[str, typer.Argument(metavar="AGREEMENT", help="The agreement's key.", show_default=False)]
Since = Annotated[
    str, typer.Option("--from", help="The day (00:00 UTC) from which it holds, like 2026-01-31.", show_default=False)
]


@agreements.command("apply")
def agreements_apply(
    file: Annotated[Path, typer.Argument(help="A YAML file; docs/agreements.md describes it.", show_default=False)],
    reason: Annotated[
        str, typer.Option("--reason", help="Why, for the audit log; asked for where something changes.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Create what is new, add a version where terms changed, leave equal terms alone: all of the file or nothing."""
    with opened() as aurora:
        preview = dry_run or not reason
        done = apply(aurora.database, file, actor() if preview else deciding(aurora.database), reason, preview=preview)
        if done.changes and not reason and not dry_run:
            _show_planned(done)
            why = ask_why(reason)
            done = apply(aurora.database, file, deciding(aurora.database), why)
    if as_json:
        print_json("agreements_apply", applied(done, dry_run))
        return
    if dry_run:
        _show_planned(done)
        out.print(f"{len(done.changes)} change(s) to be made, {len(done.unchanged)} as they are.")
        return
    print_warnings(done.warnings)
    print_changes(done.changes, len(done.unchanged))


def _show_planned(planned: ApplyReport) -> None:
    """The word for such a decision where the reason is asked for."""
    print_warnings(planned.warnings)
    for change in planned.changes:
        err.print(f"  {change.subject}: {change.action}", markup=False)
        for words in change.words:
            err.print(f"      {words}", markup=False)
    err.print("Nothing is written yet.")


@agreements.command("list")
def agreements_list(
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    as_json: Json = False,
) -> None:
    """Show every agreement with its status and its newest terms."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.agreements(connection, partner)
    if as_json:
        print_json("agreements_list", found)
        return
    rows = [
        [
            item.agreement_id,
            item.partner_id,
            item.events[-1].status,
            instant_text(item.events[-1].effective_from),
            item.governing.version,
            instant_text(item.newest.valid_from),
            len(item.governing.rules),
        ]
        for item in found
    ]
    columns = ["agreement", "partner", "status", "since", "version", "terms from", "rules"]
    print_table(f"{len(rows)} agreement(s)", columns, rows, right=["version", "rules"])


@agreements.command("show")
def agreements_show(agreement: AgreementArgument, as_json: Json = False) -> None:
    """Show an agreement with its whole history: every status and every version of its terms."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        if as_json:
            print_json("agreements_show", reads.agreement(connection, agreement))
            return
        known, units = known_agreement(read_ledger(connection), agreement), chain_units(connection)
    out.print(f"{known.agreement_id} of {known.partner_id}", style="bold", markup=False)
    for event in known.events:
        out.print(f"  {event.status} from {instant_text(event.effective_from)} on: {event.reason}", markup=False)
    for version in known.versions:
        out.print(f"  {_title(known, version)}", markup=False)
        for rule in version.rules:
            out.print(f"      {rule.rule_order}. {rule.rule_key}: {in_words(rule, units)}", markup=False)


@agreements.command("diff")
def agreements_diff(
    before: Annotated[str, typer.Argument(metavar="A", help="AGREEMENT or AGREEMENT@VERSION.", show_default=False)],
    after: Annotated[str, typer.Argument(metavar="B", help="As A; @VERSION: of the same one.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Show how terms differ: between two versions of an agreement, or between two agreements."""
    with opened() as aurora, aurora.database.connect() as connection:
        found = reads.terms_compared(connection, before, after)
    if as_json:
        print_json("agreements_diff", found)
        return
    out.print(f"{found.before} -> {found.after}", style="bold", markup=False)
    for sentence in found.differences or ["equal terms"]:
        out.print(f"  {sentence}", markup=False)


agreements.command("simulate")(agreements_simulate)


@agreements.command("activate")
def agreements_activate(agreement: AgreementArgument, since: Since, reason: Reason = "", as_json: Json = False) -> None:
    """Let a draft or suspended agreement accrue from a day on."""
    _change(agreement, AgreementStatus.ACTIVE, since, reason, as_json)


@agreements.command("suspend")
def agreements_suspend(agreement: AgreementArgument, since: Since, reason: Reason = "", as_json: Json = False) -> None:
    """Let an agreement accrue nothing from a day on, until it is activated again."""
    _change(agreement, AgreementStatus.SUSPENDED, since, reason, as_json)


@agreements.command("terminate")
def agreements_terminate(
    agreement: AgreementArgument, since: Since, reason: Reason = "", as_json: Json = False
) -> None:
    """End an agreement from a day on, for good."""
    _change(agreement, AgreementStatus.TERMINATED, since, reason, as_json)


def _change(agreement: str, status: AgreementStatus, since: str, reason: str, as_json: bool) -> None:
    with opened() as aurora:
        person = deciding(aurora.database)
        change, warnings = change_status(aurora.database, agreement, status, read_day(since, "--from"), person, reason)
    tell_recorded([] if change is None else [change], as_json, warnings=warnings)


def _title(known: KnownAgreement, version: Version) -> str:
    corrects = "" if version.corrects is None else f", corrects version {version.corrects}"
    governing = known.governing(version.version)
    corrected = "" if governing is version else f", corrected by version {governing.version}"
    until = known.until(version.version)
    end = "" if until is None else f" until {instant_text(until)}"
    title = f"version {version.version} from {instant_text(version.valid_from)}{end}{corrects}{corrected}"
    return f"{title}: {version.reason}"
