"""`aurora wallets`: which partner introduced which wallet, as CSV in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.agreements.wallets import Duplicates, end_wallet, export_wallets, import_wallets, wallet_rows
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import (
    Reason,
    opened,
    out,
    print_table,
    read_day,
    tell_recorded,
)
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.foundation.csv_file import instant_text
from aurora_pipeline.work.reads import partners as reads

wallets = typer.Typer(help="Which partner introduced which wallet, dated.", no_args_is_help=True)

ChainOption = Annotated[str | None, typer.Option("--chain", help="Only this chain.")]
PartnerOption = Annotated[str | None, typer.Option("--partner", help="Only this partner's.")]


@wallets.command("import")
def wallets_import(
    file: Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with a header.", show_default=False)],
    partner: Annotated[
        str | None, typer.Option("--partner", help="Whose wallets they are; else the column `partner` says it.")
    ] = None,
    skip_duplicates: Annotated[
        bool, typer.Option("--skip-duplicates", help="Leave out wallets that are the same partner's already.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Correct what is recorded of the same partner's wallets.")
    ] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the audit log.")] = None,
    as_json: Json = False,
) -> None:
    """Import wallets: chain_id, wallet_address, introduced_date [, ended_date, partner, notes]; all or nothing."""
    if skip_duplicates and replace:
        raise ArgumentsNotFit("--skip-duplicates and --replace exclude each other", "give one of the two")
    duplicates = Duplicates.SKIP if skip_duplicates else Duplicates.REPLACE if replace else Duplicates.REFUSE
    why = f"import of {file.name}" if reason is None else reason
    with opened() as aurora:
        report = import_wallets(aurora.database, file, partner, deciding(aurora.database), why, duplicates)
    skipped = report.skipped if as_json else 0
    tell_recorded(report.changes, as_json, unchanged=skipped, warnings=report.warnings)
    if report.skipped and not as_json:
        out.print(f"{report.skipped} line(s) skipped: the wallets are the same partner's already.")


@wallets.command("export")
def wallets_export(partner: PartnerOption = None, chain: ChainOption = None) -> None:
    """Print the recorded wallets as CSV that `import` takes."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        typer.echo(export_wallets(wallet_rows(connection, chain, partner)), nl=False)


@wallets.command("list")
def wallets_list(
    partner: PartnerOption = None,
    chain: ChainOption = None,
    as_json: Json = False,
) -> None:
    """Show the recorded wallets."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.wallets(connection, chain, partner)
    if as_json:
        print_json("wallets_list", found)
        return
    shown = [
        [
            one.partner_id,
            one.chain_id,
            one.wallet_address,
            instant_text(one.introduced_at),
            None if one.ended_at is None else instant_text(one.ended_at),
            one.notes,
        ]
        for one in found
    ]
    columns = ["partner", "chain", "wallet", "introduced", "ended", "notes"]
    print_table(f"{len(found)} wallet(s)", columns, shown, prose=["notes"])


@wallets.command("end")
def wallets_end(
    wallet: Annotated[str, typer.Argument(help="The wallet's address.", show_default=False)],
    chain: Annotated[str, typer.Option("--chain", help="The chain.", show_default=False)],
    on: Annotated[
        str, typer.Option("--on", help="The first day on which it is not the partner's.", show_default=False)
    ],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """End a partner's wallet: from a day on its stake no longer counts for the partner."""
    with opened() as aurora:
        person = deciding(aurora.database)
        change, warnings = end_wallet(aurora.database, chain, wallet, read_day(on, "--on"), person, reason)
    tell_recorded([change], as_json, warnings=warnings)
