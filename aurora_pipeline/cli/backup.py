"""`aurora backup`, `restore`: everything an instance has, kept in a folder and put back from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.proof import fail, show
from aurora_pipeline.cli.terminal import err, opened, out, workspace
from aurora_pipeline.work.backups.last import note_backup
from aurora_pipeline.work.backups.making import back_up
from aurora_pipeline.work.backups.manifest import Manifest
from aurora_pipeline.work.backups.restoring import restore as put_back

_MEGA = 1_000_000


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.", show_default=False)],
    since: Annotated[
        Path | None,
        typer.Option("--since", help="An earlier backup beside it: keep only what changed.", show_default=False),
    ] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Also copy .env and the files of signing keys.")
    ] = False,
) -> None:
    """Keep both databases as of one instant, the configuration and Dagster's home; runs may go on meanwhile."""
    with opened() as aurora, err.status("copying"):
        made = back_up(aurora, folder, since=since, with_keys=with_keys)
        note_backup(aurora.workspace, made.manifest.made_at, made.folder, made.digest)
    out.print(f"{made.folder}: {_told(made.manifest)}", markup=False)
    if made.manifest.previous is not None:
        out.print(f"It continues {made.manifest.previous.folder}, which is needed beside it.", markup=False)
    for path in made.manifest.left_out:
        out.print(f"Not in it, for it holds keys: {path}", markup=False)
    out.print(f"Note this elsewhere, it commits to every file: {made.digest}  manifest.json", soft_wrap=True)


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of `aurora backup`.", show_default=False)],
) -> None:
    """Put a backup back where nothing is: into a new home, or the empty database of AURORA_DATABASE_URL."""
    place = workspace()
    with err.status("checking and copying"):
        restored = put_back(place, folder)
    out.print(
        f"{place.data_dir} is restored: {_told(restored.manifest)}, made {restored.manifest.made_at}", markup=False
    )
    for path in restored.manifest.left_out:
        out.print(f"Put back yourself, it holds keys: {path}", markup=False)
    show([restored.report])
    fail([restored.report])
    out.print("The heads noted in the backup are in it. Now `aurora verify --all`; then `aurora up` goes on.")


def _told(manifest: Manifest) -> str:
    return f"{len(manifest.files)} files, {manifest.size / _MEGA:,.1f} MB, schema {manifest.revision}"
