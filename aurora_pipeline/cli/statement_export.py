"""`aurora statements export`: a statement as a file for the partner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.statement_names import OfChain, OfPeriod, StatementName, named
from aurora_pipeline.cli.terminal import opened, out
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.coin import CoinOfChain
from aurora_pipeline.config.letterhead import Paper
from aurora_pipeline.foundation.csv_file import write_csv
from aurora_pipeline.foundation.whole_file import write_whole
from aurora_pipeline.proof.bundle.container import write_bundle
from aurora_pipeline.proof.bundle.readers import refused_to_partner
from aurora_pipeline.statements.documents import PayableStatement, StatementDocument, find_statement
from aurora_pipeline.statements.released_documents import coins_of_released, find_released, released_document
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.reads.statement_in_full import shown_statement


def statements_export(
    statement: StatementName,
    chain_id: OfChain = None,
    period: OfPeriod = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Write it as a PDF to this file.", show_default=False)
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write its lines as CSV to this file.", show_default=False)
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help="Write it and all that proves it to this folder and a zip.", show_default=False),
    ] = None,
    payloads: Annotated[
        bool, typer.Option("--payloads", help="With --bundle: and what providers sent; nothing to give a partner.")
    ] = False,
    paper: Annotated[
        Paper | None, typer.Option("--paper", help="The pages' size; else that of the letterhead.", show_default=False)
    ] = None,
) -> None:
    """Write a statement as files for the partner: a PDF, its lines as CSV, or a bundle that proves itself."""
    if pdf is None and csv is None and bundle is None:
        raise ArgumentsNotFit("it is not said what to write", "give --bundle FOLDER, --pdf FILE or --csv FILE")
    if payloads and bundle is None:
        raise ArgumentsNotFit("payloads belong to a bundle", "give --bundle FOLDER too")
    wanted = named(statement, chain_id, period)
    with opened(reads_only=True, for_partners=True) as aurora, aurora.database.connect() as connection:
        if aurora.partner is not None:
            _export_released(connection, aurora.partner, wanted, csv, is_csv_alone=pdf is None and bundle is None)
            return
        found = find_statement(connection, wanted, sorted(aurora.configuration.chains))
        chain = aurora.configuration.chain(found.key.chain_id)
        files, written = _files(connection, chain, found, bundle, paper, payloads), []
        shown = shown_statement(connection, found)
        if pdf is not None:
            # Only this loads the typesetter.
            from aurora_pipeline.work.bundles import statement_page

            page = statement_page(connection, chain, found, paper=paper)
            write_whole(pdf, page.pdf)
            written.append(str(pdf) + ("" if page.unproven is None else f" (without proof: {page.unproven})"))
    if csv is not None:
        _write_lines(csv, chain, shown.document)
        written.append(str(csv))
    if bundle is not None:
        written += [f"{bundle} and {write_bundle(bundle, files)}"]
    for one in written:
        out.print(f"wrote {one}: {found.row['partner_name']}, {found.key}, {found.stage}", markup=False)
    if bundle is not None:
        out.print(f"whoever has it checks it with `python3 verify.py` or `aurora verify {bundle}`", markup=False)


def _write_lines(path: Path, chain: CoinOfChain, told: StatementDocument) -> None:
    lines = [{**row, "unit": chain.base_unit} for row in told.lines]
    write_whole(path, write_csv([*PARTNER_COMMISSION_LINES.names, "unit"], lines).encode())


def _export_released(
    connection: Connection, partner: str, wanted: str, csv: Path | None, *, is_csv_alone: bool
) -> None:
    """What a partner takes of a statement that was released to it, with its own login."""
    if csv is None or not is_csv_alone:
        raise refused_to_partner(partner)
    found = find_released(connection, wanted)
    told = released_document(connection, found)
    _write_lines(csv, coins_of_released(connection)[found.key.chain_id], told)
    out.print(f"wrote {csv}: {found.row['partner_name']}, {found.key}, {found.stage}", markup=False)


def _files(
    connection: Connection,
    chain: Chain,
    found: PayableStatement,
    bundle: Path | None,
    paper: Paper | None,
    payloads: bool,
) -> dict[str, bytes]:
    if bundle is None:
        return {}
    from aurora_pipeline.work.bundles import statement_bundle

    return statement_bundle(connection, chain, found, paper=paper, with_payloads=payloads)
