"""`aurora disputes open | answer | list`: lines that a partner holds for wrong, and what finance answers."""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.statement_names import OneStatement
from aurora_pipeline.cli.statement_steps import Reason, tell
from aurora_pipeline.cli.terminal import coins, opened, out, print_table
from aurora_pipeline.decisions.person import deciding, speaking
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.statements.decided import DisputeVerdict
from aurora_pipeline.statements.transitions import answer as answers
from aurora_pipeline.work.figures import partner_known
from aurora_pipeline.work.reads import disputes as reads

disputes = typer.Typer(help="Lines that partners hold for wrong, and what is answered.", no_args_is_help=True)
Line = Annotated[str, typer.Argument(help="The line's or entry's id, or its beginning.", show_default=False)]


@disputes.command("open")
def open_dispute(
    statement: OneStatement,
    line: Line,
    claimed: Annotated[str, typer.Argument(help='What it should be, like "1.5 SOL".', show_default=False)],
    reason: Reason,
    on_behalf_of: Annotated[
        str | None, typer.Option("--on-behalf-of", help="The partner for whom you say it, by its key.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Dispute a line of a released statement: it is left out of payments until it is answered."""
    with opened() as aurora:
        chains, who = sorted(aurora.configuration.chains), speaking(aurora.database)
        change = answers.dispute(aurora.database, statement, chains, line, claimed, who, reason, on_behalf_of)
    tell([change], as_json)


@disputes.command("answer")
def answer_dispute(
    statement: OneStatement,
    line: Line,
    verdict: Annotated[str, typer.Argument(help="accepted or rejected.", show_default=False)],
    reason: Reason,
    settled_by: Annotated[
        str | None, typer.Option("--settled-by", help="The override or version that settles it, like acme-2026/tips.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer a dispute: accepted by an override or a correcting version, or rejected; with the reason."""
    if verdict.upper() not in set(DisputeVerdict):
        raise NotUnderstood(f"{verdict!r} is no answer", "write accepted or rejected")
    with opened() as aurora:
        chains, who = sorted(aurora.configuration.chains), deciding(aurora.database)
        change = answers.answer(
            aurora.database, statement, chains, line, DisputeVerdict(verdict.upper()), settled_by, who, reason
        )
    tell([change], as_json)


@disputes.command("list")
def list_disputes(
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner, by its key.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not answered.")] = False,
    as_json: Json = False,
) -> None:
    """Show disputes: what the partner says, and what was answered."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        known = None if partner is None else partner_known(connection, partner)
        chains = aurora.configuration.chains
        found = reads.disputes(connection, chains, known, only_open=only_open)
    if as_json:
        print_json("disputes_list", found)
        return
    if not found:
        out.print("no dispute" + (" is open" if only_open else " was raised"))
        return
    print_table(
        "Disputes",
        ["statement", "partner", "period", "line", "stated", "claimed", "unit", "state", "partner says", "answer"],
        [
            [
                one.statement_id[:8],
                one.partner_id,
                one.period,
                one.line_id[:8],
                None if one.stated is None else coins(one.stated.base_units, chains[one.chain_id]),
                coins(one.claimed.base_units, chains[one.chain_id]),
                chains[one.chain_id].native_unit,
                one.state,
                f"{one.why} ({one.raised_by})",
                "" if one.answer is None else f"{one.answer} ({one.answered_by})",
            ]
            for one in found
        ],
        right=["stated", "claimed"],
        prose=["partner says", "answer"],
    )
