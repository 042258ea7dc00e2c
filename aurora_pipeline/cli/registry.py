"""`aurora validators`, `operator-wallets`, `fee-recipients`, `costs`: what the operator enters, as CSV in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import first_of, opened, out, print_table
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.revisions import ImportReport
from aurora_pipeline.foundation.csv_file import instant_text, read_text
from aurora_pipeline.registry.cost_entries import import_costs
from aurora_pipeline.registry.fee_recipients import (
    export_recipients,
    import_fee_recipients,
    registered_recipients,
)
from aurora_pipeline.registry.validator_files import (
    export_validators,
    export_wallets,
    import_operator_wallets,
    import_validators,
)
from aurora_pipeline.registry.validators import registered_validators, registered_wallets
from aurora_pipeline.work.reads import registry as reads
from aurora_pipeline.work.reads.recorded import imported

validators = typer.Typer(help="Which validators the operator runs, dated.", no_args_is_help=True)
operator_wallets = typer.Typer(
    help="Withdraw authorities whose stake is the operator's own, dated.", no_args_is_help=True
)
fee_recipients = typer.Typer(help="Whose addresses receive what blocks earn, dated.", no_args_is_help=True)
costs = typer.Typer(help="Costs and other income that no provider knows.", no_args_is_help=True)

CsvFile = Annotated[Path, typer.Argument(help="A CSV file in UTF-8 with a header.", show_default=False)]
ChainOption = Annotated[str | None, typer.Option("--chain", help="Only this chain.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why, for the audit log; else: import of FILE.")]

_AGAIN = "It counts in periods that are computed already once they are computed again: `aurora recompute {} --stale`"
_FETCHED = (
    "It counts in periods that are computed already once what they lack is fetched: `aurora backfill {} FROM..TO`"
)


def _why(file: Path, reason: str | None) -> str:
    return f"import of {file.name}" if reason is None else reason


def _tell(what: str, report: ImportReport, as_json: bool, counts: str = _AGAIN) -> None:
    """What an import changed, as sentences, and by what it counts in periods that are computed already."""
    if as_json:
        print_json("recorded", imported(report))
        return
    shown = first_of(report.changed)
    for change in shown:
        out.print(f"  {change}", markup=False)
    if len(shown) < len(report.changed):
        out.print(f"  and {len(report.changed) - len(shown)} more")
    verdict = f"{len(report.changed)} {what} recorded" if report.changed else "nothing changed"
    out.print(f"{verdict}, {report.unchanged} as they were.")
    for chain_id in sorted({change.partition(":")[0].split()[0] for change in report.changed}):
        out.print(counts.format(chain_id), markup=False)


@validators.command("import")
def validators_import(file: CsvFile, reason: Why = None, as_json: Json = False) -> None:
    """Import validators: chain_id, validator_key, name, valid_from [, identity_key, ownership, ...]."""
    with opened() as aurora:
        person = deciding(aurora.database)
        report = import_validators(aurora.database, aurora.configuration, file, person, _why(file, reason))
    _tell("validator(s)", report, as_json, _FETCHED)


@validators.command("export")
def validators_export(chain: ChainOption = None) -> None:
    """Print the registered validators as CSV that `import` takes."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        typer.echo(export_validators(registered_validators(connection, chain)), nl=False)


@validators.command("list")
def validators_list(chain: ChainOption = None, as_json: Json = False) -> None:
    """Show the registered validators."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.validators(connection, chain)
    if as_json:
        print_json("validators_list", found)
        return
    shown = [
        [
            one.chain_id,
            one.name,
            one.validator_key,
            one.identity_key,
            one.ownership,
            instant_text(one.valid_from),
            None if one.valid_until is None else instant_text(one.valid_until),
        ]
        for one in found
    ]
    columns = ["chain", "name", "validator", "identity", "ownership", "from", "until"]
    print_table(f"{len(found)} dated rows of validators", columns, shown)


@operator_wallets.command("import")
def wallets_import(file: CsvFile, reason: Why = None, as_json: Json = False) -> None:
    """Import the operator's own withdraw authorities: chain_id, wallet_address, valid_from [, valid_until, notes]."""
    with opened() as aurora:
        person = deciding(aurora.database)
        report = import_operator_wallets(aurora.database, aurora.configuration, file, person, _why(file, reason))
    _tell("wallet(s)", report, as_json)


@operator_wallets.command("export")
def wallets_export(chain: ChainOption = None) -> None:
    """Print the registered wallets as CSV that `import` takes."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        typer.echo(export_wallets(registered_wallets(connection, chain)), nl=False)


@fee_recipients.command("import")
def recipients_import(file: CsvFile, reason: Why = None, as_json: Json = False) -> None:
    """Import fee recipients: chain_id, validator_key (* for all), fee_recipient, valid_from [, valid_until, notes]."""
    with opened() as aurora:
        person = deciding(aurora.database)
        report = import_fee_recipients(aurora.database, aurora.configuration, file, person, _why(file, reason))
    _tell("fee recipient(s)", report, as_json)


@fee_recipients.command("export")
def recipients_export(chain: ChainOption = None) -> None:
    """Print the registered fee recipients as CSV that `import` takes."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        typer.echo(export_recipients(registered_recipients(connection, chain)), nl=False)


@costs.command("import")
def costs_import(file: CsvFile, reason: Why = None, as_json: Json = False) -> None:
    """Import costs: chain_id, epoch, validator_key, cost_type, amount, unit [, notes]."""
    with opened() as aurora:
        person, chains = deciding(aurora.database), aurora.configuration.chains
        report = import_costs(aurora.database, read_text(file), file.name, chains, person, _why(file, reason))
    _tell("cost(s)", report, as_json)
