"""`aurora audit`: verify the log of decisions and every other chain, list it, commit to it, or take it elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.proof import fail, show
from aurora_pipeline.cli.terminal import NUMBER_MAX, opened, out, print_table, read_day
from aurora_pipeline.decisions.export import exported, log_root
from aurora_pipeline.decisions.log import Head, found_entries
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.proof.verifying.surroundings import verify_surroundings
from aurora_pipeline.proof.verifying.verify import Heads, heads, verify_audit
from aurora_pipeline.work.reads import proof as reads

_LISTED_AT_MOST = 1_000_000
Witness = Annotated[
    str | None,
    typer.Option(
        help="The heads that `aurora audit` printed, noted outside the database; shows what was cut off since."
    ),
]

audit = typer.Typer(help="Verify the log of decisions, list it, or take it elsewhere.")


@audit.callback(invoke_without_command=True)
def audit_chains(
    context: typer.Context,
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
    if context.invoked_subcommand is not None:
        return
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
    _verify(witness, as_json)


@audit.command("verify")
def audit_verify(witness: Witness = None, as_json: Json = False) -> None:
    """Recompute every hash of the audit log and of the other chains; name the first link of each that is broken."""
    _verify(witness, as_json)


@audit.command("root")
def audit_root(as_json: Json = False) -> None:
    """Print the Merkle root (RFC 6962) over all entries of the audit log: one hash for every decision there was."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = log_root(connection)
    if as_json:
        print_json("audit_root", reads.audit_root(found))
        return
    out.print(f"{found.root}  {found.entries} entries", markup=False, soft_wrap=True)


@audit.command("export")
def audit_export(
    after: Annotated[int, typer.Option("--after", min=0, max=NUMBER_MAX, help="Only entries behind this one.")] = 0,
) -> None:
    """Print the audit log as JSON Lines, one entry per line, with all that its hash is made of.

    docs/digests.md says how to recompute each hash with SHA-256 alone. `before` and `after` are the very texts that
    were hashed.
    """
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        for line in exported(connection, after):
            sys.stdout.write(line + "\n")


def _verify(witness: str | None, as_json: bool) -> None:
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        report = verify_audit(connection, None if witness is None else _heads(witness))
        around = verify_surroundings(aurora, connection)
        newest = heads(connection)
    told = reads.audit([report, around], newest)
    if as_json:
        print_json("audit", told)
    else:
        show([report, around])
    fail([report, around])
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
            one.actor if one.actor_role is None else f"{one.actor} ({one.actor_role})",
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
