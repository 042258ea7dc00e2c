"""`aurora trace`, `verify`, `audit`: where a figure comes from, and whether every hash still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated

import typer
from rich.markup import escape

from aurora_pipeline.cli.epochs import parse_keys
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import err, opened, out, print_table, read_day
from aurora_pipeline.decisions.log import Head, found_entries
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochRange
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.errors import ProofFailed
from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.proof.node import render
from aurora_pipeline.proof.surroundings import verify_surroundings
from aurora_pipeline.proof.trace import trace as trace_any
from aurora_pipeline.proof.verify import Heads, heads, verify_audit, verify_digest, verify_period
from aurora_pipeline.work.asked_epochs import known_epochs, not_known, published_epochs, require_recorded
from aurora_pipeline.work.reads import proof as reads

_SHOWN_AT_MOST = 20
_LISTED_AT_MOST = 1_000_000


def trace(
    identifier: Annotated[
        str, typer.Argument(help="A line's or statement's id, or its beginning.", show_default=False)
    ],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As it was at this past moment, like 2026-09-05T12:00:00Z.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show where a commission line or a statement comes from, figure by figure, down to payload hashes."""
    moment = None if as_of is None else read_day(as_of, "--as-of")
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        node = trace_any(connection, identifier, moment)
    if as_json:
        print_json("trace", reads.trace_node(node))
    else:
        out.print(render(node))


def verify(
    subject: Annotated[
        str, typer.Argument(help="A chain (with EPOCHS), or a digest of 64 digits.", show_default=False)
    ],
    epochs: Annotated[str | None, typer.Argument(help="One epoch, FROM..TO, or a month.", show_default=False)] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also compute every figure again from the bytes.")] = False,
    as_json: Json = False,
) -> None:
    """Recompute every hash of a period, or of what a digest names, from the stored bytes; name what does not hold."""
    reports = []
    with opened(reads_only=True) as aurora:
        if epochs is None:
            with aurora.database.connect() as connection:
                reports.append(verify_digest(connection, subject, aurora=aurora))
        else:
            aurora.configuration.chain(subject)
            for key in _known(aurora, parse_keys(subject, epochs)):
                with err.status(f"verifying {key}"), aurora.database.connect() as connection:
                    reports.append(verify_period(connection, key, aurora=aurora, deep=deep))
        with aurora.database.connect() as connection:
            reports.append(verify_surroundings(aurora, connection))
    if as_json:
        print_json("verify", [reads.report(one) for one in reports])
    else:
        _print(reports)
    _fail(reports)


def _known(aurora: Aurora, keys: Sequence[PartitionKey]) -> Sequence[PartitionKey]:
    """The keys without epochs that are no known period, which are said; raises where none is known.

    An epoch of which something was published is verified, also where its period is gone.
    """
    epochs = [key.epoch for key in keys if isinstance(key, PeriodKey)]
    if not epochs:
        return keys
    chain_id, asked = keys[0].chain_id, EpochRange(epochs[0], epochs[-1] + 1)
    with aurora.database.connect() as connection:
        there = known_epochs(connection, chain_id, asked) | published_epochs(connection, chain_id, asked)
        if not there:
            require_recorded(connection, chain_id, asked)
        for sentence in not_known(connection, chain_id, [epoch for epoch in asked if epoch not in there]):
            err.print(sentence, markup=False)
    return [PeriodKey(chain_id, epoch) for epoch in asked if epoch in there]


def audit(
    witness: Annotated[
        str | None,
        typer.Option(
            help="The heads that `aurora audit` printed, noted outside the database; shows what was cut off since."
        ),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="Show the entries instead of verifying them.")] = False,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Only about this, like agreement/acme-2026 or 'wallet/*'.")
    ] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="Only this, like partner.renamed or 'override.*'.")
    ] = None,
    who: Annotated[str | None, typer.Option("--actor", help="Only what this person did.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Only from this day or instant on.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only before this day or instant.")] = None,
    at_most: Annotated[
        int, typer.Option("--newest", min=1, max=_LISTED_AT_MOST, help="At most N entries, the newest.")
    ] = 100,
    as_json: Json = False,
) -> None:
    """Verify the chains of decisions, publications and samples, print their heads to be noted; or list the log."""
    if listing or any(one is not None for one in (subject, action, who, since, until)):
        if witness is not None:
            raise ArgumentsNotFit("--witness verifies the log, and the other options list it", "give one or the others")
        first, last = (
            None if day is None else read_day(day, name) for day, name in ((since, "--from"), (until, "--until"))
        )
        with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
            found = found_entries(
                connection, subject=subject, action=action, actor=who, since=first, until=last, newest=at_most
            )
        _list(reads.audit_entries(found), as_json)
        return
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        report = verify_audit(connection, None if witness is None else _heads(witness))
        around = verify_surroundings(aurora, connection)
        newest = heads(connection)
    told = reads.audit([report, around], newest)
    if as_json:
        print_json("audit", told)
    else:
        _print([report, around])
    _fail([report, around])
    if told.witness is not None and not as_json:
        out.print(f"Note this elsewhere; `aurora audit --witness` checks it later: {told.witness}", soft_wrap=True)


def _list(found: Sequence[reads.AuditEntry], as_json: bool) -> None:
    if as_json:
        print_json("audit_list", found)
        return
    rows = [
        [
            one.sequence,
            f"{one.recorded_at:%Y-%m-%d %H:%M:%S}",
            one.actor,
            one.action,
            one.subject,
            (one.after or {}).get("reason"),
        ]
        for one in found
    ]
    columns = ["entry", "when (UTC)", "who", "what", "subject", "why"]
    print_table(
        f"{len(rows)} entries of the audit log; the states before and after with --json",
        columns,
        rows,
        prose=columns[-2:],
    )


_WITNESS = "four times NUMBER:HASH, or - where there was none, with / between"


def _heads(text: str) -> Heads:
    """All heads as `aurora audit` printed them."""
    parts = text.strip().split("/")
    if len(parts) != len(fields(Heads)):
        raise NotUnderstood(f"{text!r} is not a witness", f"write it as `aurora audit` printed it, {_WITNESS}")
    return Heads(*map(_head, parts))


def _head(text: str) -> Head | None:
    if text == reads.NO_HEAD:
        return None
    number, _, digest = text.partition(":")
    if not (number.isascii() and number.isdigit()) or len(digest) != 64:
        raise NotUnderstood(f"{text!r} is not a witness", f"write it as `aurora audit` printed it, {_WITNESS}")
    return Head(int(number), digest)


def _fail(reports: list[VerifyReport]) -> None:
    """Any failure makes the command fail with all of them."""
    failures = [str(failure) for report in reports for failure in report.failures]
    if failures:
        raise ProofFailed(
            "\n  ".join([f"{len(failures)} problem(s) found:", *failures[:_SHOWN_AT_MOST], *_more(failures)]),
            "what is named was changed outside Aurora, or its storage is damaged. Do not recompute or pay by it. Find"
            " out who had access; compare with a backup and the heads you noted before you restore anything",
        )


def _more(failures: list[str]) -> list[str]:
    left = len(failures) - _SHOWN_AT_MOST
    return [f"... and {left} more, all of them with --json"] if left > 0 else []


def _print(reports: list[VerifyReport]) -> None:
    for report in reports:
        _print_one(report)


def _print_one(report: VerifyReport) -> None:
    held = ", ".join(f"{count} {kind.value}" for kind, count in report.held.items()) or "nothing"
    verdict = "[green]holds[/]" if report.holds else "[red]does not hold[/]"
    out.print(f"[bold]{escape(report.subject)}[/] {verdict}: {held} recomputed")
    for note in report.notes:
        out.print(f"  note: {note}", markup=False)
