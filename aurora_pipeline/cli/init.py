"""`aurora init`: a workspace to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.terminal import out
from aurora_pipeline.instance.starting import write_workspace


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)],
) -> None:
    """Write a workspace: chains.yaml, providers.yaml, .env and samples of what you import."""
    written = write_workspace(folder.resolve())
    out.print(f"{folder} has {', '.join(path.name for path in written)}.", markup=False)
    out.print("What comes next, in this folder:")
    for line in (
        "1. chains.yaml: set first_period, and switch on what you compute; .env: set SOLANA_RPC_URL",
        "2. `aurora config check` shows every mistake at once",
        "3. put your own into validators.csv and operator_wallets.csv, then import them:",
        "   `aurora validators import validators.csv`, `aurora operator-wallets import operator_wallets.csv`",
        "4. `aurora up` opens the UI and computes each epoch once it is final; `aurora backfill` computes past ones",
    ):
        out.print(f"  {line}", markup=False)
