"""`aurora partners`: who is paid."""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.agreements.partners import rename
from aurora_pipeline.agreements.units import chain_units
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import Reason, opened, out, print_table, tell_recorded
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.foundation.csv_file import instant_text
from aurora_pipeline.work.reads import partners as reads

partners = typer.Typer(help="Who is paid.", no_args_is_help=True)

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's key.", show_default=False)]


@partners.command("list")
def partners_list(as_json: Json = False) -> None:
    """Show every partner."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.partners(connection)
    if as_json:
        print_json("partners_list", found)
        return
    rows = [
        [
            partner.partner_id,
            partner.name,
            ", ".join(one.agreement_id for one in partner.agreements),
            len({wallet.wallet_address for wallet in partner.wallets}),
        ]
        for partner in found
    ]
    columns = ["partner", "name", "agreements", "wallets"]
    print_table(f"{len(rows)} partner(s)", columns, rows, right=["wallets"], prose=["agreements"])


@partners.command("show")
def partners_show(partner: PartnerArgument, as_json: Json = False) -> None:
    """Show a partner with its agreements, its wallets and what it is paid by."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        state, units = reads.partner(connection, partner), chain_units(connection)
    if as_json:
        print_json("partners_show", state)
        return
    out.print(f"{state.partner_id}: {state.name}", style="bold", markup=False)
    for one in state.agreements:
        out.print(f"  agreement {one.agreement_id}: {one.status}", markup=False)
    for change in state.payable_series:
        since = "the beginning" if change.effective_from is None else instant_text(change.effective_from)
        out.print(f"  paid by {change.series} on {change.chain_id} from {since} on", markup=False)
    for minimum in state.minimum_payouts:
        least = units[minimum.chain_id].write(minimum.amount.base_units)
        start = "the beginning" if minimum.effective_from is None else instant_text(minimum.effective_from)
        out.print(f"  paid nothing below {least} on {minimum.chain_id} from {start} on", markup=False)
    for wallet in state.wallets:
        until = "" if wallet.ended_at is None else f" until {instant_text(wallet.ended_at)}"
        since = instant_text(wallet.introduced_at)
        words = f"  wallet {wallet.wallet_address} on {wallet.chain_id} since {since}{until}"
        out.print(words, markup=False)


@partners.command("rename")
def partners_rename(
    partner: PartnerArgument,
    name: Annotated[str, typer.Argument(help="The new name.", show_default=False)],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Give a partner another name; its key stays, and so does all that was said under the old name."""
    with opened() as aurora:
        change = rename(aurora.database, partner, name, deciding(aurora.database), reason)
    tell_recorded([] if change is None else [change], as_json)
