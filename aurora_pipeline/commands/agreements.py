"""`aurora agreements`: what partners were promised, applied from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.commands.terminal import err, opened, out
from aurora_pipeline.periods.dated import actor

agreements = typer.Typer(help="Agreements with partners.", no_args_is_help=True)


@agreements.callback()
def group() -> None:
    """Agreements with partners."""


@agreements.command("apply")
def agreements_apply(
    file: Annotated[Path, typer.Argument(help="A YAML file; docs/agreements.md describes it.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", prompt="Why", help="Why, for the audit log.")],
) -> None:
    """Create what is new, add a version where terms changed, leave equal terms alone: all of the file or nothing."""
    with opened() as aurora:
        done = apply(aurora.database, file, actor(), reason)
    for warning in done.warnings:
        err.print(f"[yellow]Warning:[/] {warning}")
    for change in done.changes:
        out.print(f"  {change.subject}: {change.action}", markup=False)
        for words in change.words:
            out.print(f"      {words}", markup=False)
    verdict = f"{len(done.changes)} change(s) recorded" if done.changes else "nothing changed"
    out.print(f"{verdict}, {len(done.unchanged)} as they were.")
