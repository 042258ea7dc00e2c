"""`aurora archives list | detach | attach | verify`: old evidence outside the database, and back again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from aurora_pipeline.cli.epochs import ChainArgument, parse_span
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.proof import fail, show
from aurora_pipeline.cli.statement_steps import Reason
from aurora_pipeline.cli.terminal import err, opened, out, print_changes, print_table
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.work.archives.attaching import attach as bring_back
from aurora_pipeline.work.archives.checking import check
from aurora_pipeline.work.archives.detaching import detach as move_out
from aurora_pipeline.work.archives.errors import RangeElsewhere
from aurora_pipeline.work.archives.place import address_of, require_outside, use_keys
from aurora_pipeline.work.archives.ranges import PeriodRange, ranges, ranges_within
from aurora_pipeline.work.archives.reading import Archive
from aurora_pipeline.work.reads.archives import archived_ranges
from aurora_pipeline.work.reads.proof import report
from aurora_pipeline.work.reads.recorded import recorded

archives = typer.Typer(help="Old evidence outside the database, and back again.", no_args_is_help=True)
Epochs = Annotated[
    str, typer.Argument(help="An epoch of the range, or FROM..TO: every range within.", show_default=False)
]
From = Annotated[
    str | None, typer.Option("--from", help="The archive's own folder, where its files are no longer where they were.")
]
_MEGA: Final = 1_000_000


@archives.command("list")
def list_archives(
    chain: Annotated[str | None, typer.Option("--chain", help="Only this chain.")] = None, as_json: Json = False
) -> None:
    """Show the ranges of periods, where the evidence of each is, and how much room it takes in the database."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = archived_ranges(connection, chain)
    if as_json:
        print_json("archives_list", found)
        return
    rows = [
        [
            one.chain_id,
            f"{one.from_epoch}..{one.to_epoch}",
            "in the database" if one.place is None else one.place,
            "" if one.database_bytes is None else f"{one.database_bytes / _MEGA:,.1f}",
            "" if one.place is None or one.moved_at is None else f"{one.moved_at:%Y-%m-%d}",
        ]
        for one in found
    ]
    print_table(f"{len(rows)} range(s)", ["chain", "epochs", "evidence", "MB here", "moved"], rows, right=["MB here"])


@archives.command("detach")
def detach(
    chain: ChainArgument,
    epochs: Epochs,
    to: Annotated[str, typer.Option("--to", help="A folder, or s3://bucket/folder, gs://, az://.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Move old evidence into Parquet files: staged bodies and canonical rows. Figures, lines and statements stay.

    It is written, read back and checked against every recorded hash before anything leaves the database.
    """
    address = address_of(to)
    changes = []
    with opened() as aurora:
        use_keys(aurora.workspace.env)
        require_outside(address, aurora.workspace.data_dir)
        for found in _named(aurora, chain, epochs):
            with err.status(f"moving {found.name}"):
                person = deciding(aurora.database)
                one = aurora.configuration.chain(chain)
                told = move_out(aurora.database, one, found, address, person, reason)
            changes.append(told.change)
            if not as_json:
                files, size = len(told.manifest.files), told.manifest.size / _MEGA
                out.print(f"{found.name}: {files} files, {size:,.1f} MB, read back and checked", markup=False)
                out.print(f"  manifest {told.digest}", markup=False, soft_wrap=True)
    _tell(changes, as_json)


@archives.command("attach")
def attach(chain: ChainArgument, epochs: Epochs, reason: Reason, place: From = None, as_json: Json = False) -> None:
    """Bring evidence back into the database from its archive, whose files stay."""
    now_at = None if place is None else address_of(place)
    changes = []
    with opened() as aurora:
        use_keys(aurora.workspace.env)
        asked = _named(aurora, chain, epochs)
        away = [one for one in asked if one.place is not None] or asked[:1]
        for found in away:
            with err.status(f"bringing back {found.name}"):
                changes.append(bring_back(aurora.database, found, deciding(aurora.database), reason, place=now_at))
    _tell(changes, as_json)


@archives.command("verify")
def verify(
    chain: Annotated[str | None, typer.Argument(help="A chain (with EPOCHS); all archives without.")] = None,
    epochs: Annotated[str | None, typer.Argument(help="An epoch of the range, or FROM..TO.")] = None,
    place: From = None,
    as_json: Json = False,
) -> None:
    """Hash every body and every row that archives hold, and compare with what the database records of them."""
    if (chain is None) != (epochs is None):
        raise NotUnderstood("a chain needs its epochs", "aurora archives verify CHAIN EPOCHS, or without both for all")
    reports: list[VerifyReport] = []
    with opened(reads_only=True) as aurora:
        use_keys(aurora.workspace.env)
        for found in _away(aurora, chain, epochs):
            with err.status(f"verifying the archive of {found.name}"):
                reports.append(_verified(aurora, found, None if place is None else address_of(place)))
    if as_json:
        print_json("verify", [report(one) for one in reports])
    elif not reports:
        out.print("No range is outside the database.")
    else:
        show(reports)
    fail(reports)


def _verified(aurora: Aurora, found: PeriodRange, place: str | None) -> VerifyReport:
    archive = Archive.of(found, place)
    with aurora.database.connect() as connection:
        return check(connection, found, archive)


def _away(aurora: Aurora, chain: str | None, epochs: str | None) -> Sequence[PeriodRange]:
    if chain is None or epochs is None:
        with aurora.database.connect() as connection:
            return [one for one in ranges(connection) if one.place is not None]
    found = [one for one in _named(aurora, chain, epochs) if one.place is not None]
    if not found:
        raise RangeElsewhere(
            f"{chain} {epochs}: its evidence is in the database, not in an archive",
            f"verify it there: `aurora verify {chain} {epochs}`",
        )
    return found


def _named(aurora: Aurora, chain: str, epochs: str) -> list[PeriodRange]:
    span = parse_span(epochs)
    one = aurora.configuration.chain(chain)
    with aurora.database.connect() as connection:
        return ranges_within(connection, one, span.first, span.last)


def _tell(changes: Sequence[Change], as_json: bool) -> None:
    if as_json:
        print_json("recorded", recorded(changes))
    else:
        print_changes(changes)
