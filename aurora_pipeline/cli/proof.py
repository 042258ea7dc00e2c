"""`aurora trace`, `verify`, `audit`: where a figure comes from, and whether every hash still holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from aurora_pipeline.cli.epochs import parse_keys
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import err, opened, out, read_day
from aurora_pipeline.foundation.errors import FileUnreadable
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey, parse_key
from aurora_pipeline.foundation.units import EpochRange
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.bundle import verify as verify_bundle
from aurora_pipeline.proof.errors import ProofFailed
from aurora_pipeline.proof.findings import VerifyReport, together
from aurora_pipeline.proof.tracing.node import render
from aurora_pipeline.proof.tracing.trace import trace as trace_any
from aurora_pipeline.proof.verifying.everything import recorded_keys, verified
from aurora_pipeline.proof.verifying.surroundings import verify_surroundings
from aurora_pipeline.proof.verifying.verify import verify_audit, verify_digest
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
        str | None,
        typer.Argument(help="A chain (with EPOCHS), a digest of 64 digits, or a bundle's folder, zip or PDF."),
    ] = None,
    epochs: Annotated[str | None, typer.Argument(help="One epoch, FROM..TO, or a month.", show_default=False)] = None,
    key: Annotated[str | None, typer.Option("--key", help="A bundle: the key that has to have signed it.")] = None,
    previous: Annotated[str | None, typer.Option("--previous", help="A bundle: a checkpoint that you kept.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every epoch and month of every chain, and every chain of hashes.")
    ] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Also compute every figure again from the bytes.")] = False,
    as_json: Json = False,
) -> None:
    """Recompute every hash of a period, of what a digest names, or of a bundle; name what does not hold."""
    if subject is not None and epochs is None and (_is_path(subject) or Path(subject).exists()):
        _verify_bundle(subject, key, previous, as_json)
    if everything == (subject is not None):
        raise ArgumentsNotFit("give either what to verify or --all", "aurora verify CHAIN EPOCHS, or --all")
    reports = []
    with opened(reads_only=True) as aurora:
        if subject is None:
            reports += _verify_all(aurora, deep=deep)
        elif epochs is None:
            with aurora.database.connect() as connection:
                reports.append(verify_digest(connection, subject, aurora=aurora))
        else:
            for period in _known(aurora, parse_keys(aurora.configuration.chain(subject), epochs)):
                with err.status(f"verifying {period}"):
                    reports.append(verified(aurora, period, deep=deep))
        with aurora.database.connect() as connection:
            reports.append(verify_surroundings(aurora, connection))
    if as_json:
        print_json("verify", [reads.report(one) for one in reports])
    else:
        show(_all_of(reports) if everything else reports)
    fail(reports)


def _is_path(subject: str) -> bool:
    """Whether it can only be meant as a path: neither chains nor digests have a point or a slash."""
    return "." in subject or os.sep in subject


def _verify_bundle(bundle: str, key: str | None, previous: str | None, as_json: bool) -> NoReturn:
    """What `verify.py` says of a bundle, without a database; it shares no code with what made the bundle."""
    if as_json:
        raise ArgumentsNotFit("what verify.py says of a bundle is words", "leave --json out; 0 ends what holds")
    for path in filter(None, (bundle, previous)):
        if not Path(path).exists():
            raise FileUnreadable(f"there is no file or folder {path}", "check the path")
    given = [f"--key={key}" if key else "", f"--previous={previous}" if previous else ""]
    raise typer.Exit(verify_bundle.main([bundle, *filter(None, given)]))


def _verify_all(aurora: Aurora, *, deep: bool) -> list[VerifyReport]:
    """Every period and month of which anything is recorded, and the chains; says how much that was."""
    with aurora.database.connect() as connection:
        keys = recorded_keys(connection)
    reports = []
    for number, key in enumerate(keys, start=1):
        with err.status(f"verifying {key} ({number} of {len(keys)})"):
            reports.append(verified(aurora, key, deep=deep))
    with aurora.database.connect() as connection:
        reports.append(verify_audit(connection))
    return reports


def _all_of(reports: Sequence[VerifyReport]) -> list[VerifyReport]:
    """The reports of all periods as one, and the others as they are."""
    keys = [parse_key(one.subject) for one in reports[:-2]]
    epochs = sum(isinstance(key, PeriodKey) for key in keys)
    chains = ", ".join(sorted({key.chain_id for key in keys})) or "no chain"
    named = f"{epochs} epoch(s) and {len(keys) - epochs} month(s) of {chains}"
    return [together(named, reports[:-2]), *reports[-2:]]


def _known(aurora: Aurora, keys: Sequence[PartitionKey]) -> Sequence[PartitionKey]:
    """The keys without epochs that are no known period, which are said; raises where none is known.

    An epoch of which something was published is verified, also where its period is gone.
    """
    epochs = [key.epoch for key in keys if isinstance(key, PeriodKey)]
    if not epochs:
        return keys
    chain_id = keys[0].chain_id
    asked = EpochRange(epochs[0], epochs[-1] + 1, aurora.configuration.chain(chain_id).period_step)
    with aurora.database.connect() as connection:
        there = known_epochs(connection, chain_id, asked) | published_epochs(connection, chain_id, asked)
        if not there:
            require_recorded(connection, chain_id, asked)
        for sentence in not_known(connection, chain_id, [epoch for epoch in asked if epoch not in there]):
            err.print(sentence, markup=False)
    return [PeriodKey(chain_id, epoch) for epoch in asked if epoch in there]


def fail(reports: list[VerifyReport]) -> None:
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


def show(reports: list[VerifyReport]) -> None:
    """Print what verifying found, each subject with its notes."""
    for report in reports:
        _print_one(report)


def _print_one(report: VerifyReport) -> None:
    held = ", ".join(f"{count} {kind.value}" for kind, count in report.held.items()) or "nothing"
    verdict = "[green]holds[/]" if report.holds else "[red]does not hold[/]"
    out.print(f"[bold]{escape(report.subject)}[/] {verdict}: {held} recomputed")
    for note in report.notes:
        out.print(f"  note: {note}", markup=False)
