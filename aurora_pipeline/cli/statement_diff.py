"""`aurora statements diff`: two states of a statement, or two statements, line by line."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.statement_names import OneStatement
from aurora_pipeline.cli.terminal import coins, opened, out, print_table, read_day
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.statements.compare import Compared, compare
from aurora_pipeline.statements.documents import StatementDocument, document, find_statement
from aurora_pipeline.work.reads.statement_difference import statement_difference

_ID_SHOWN: Final = 8
_LINES_SHOWN: Final = 50
_SIDES: Final = 2


def statements_diff(
    statement: OneStatement,
    other: Annotated[
        str | None, typer.Argument(help="Another one; else give --as-of for two states of one.", show_default=False)
    ] = None,
    as_of: Annotated[
        list[str] | None, typer.Option("--as-of", help="One past moment to compare with now, or two moments.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain two states of a statement, or two statements, line by line: what changed, by how much and why."""
    moments = [read_day(text, "--as-of") for text in as_of or []]
    if (other is None and not moments) or len(moments) > _SIDES:
        raise ArgumentsNotFit("two states are needed", "give another statement, or --as-of once (till now) or twice")
    ends = (moments[0] if moments else None, moments[1] if len(moments) == _SIDES else None)
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        chains = sorted(aurora.configuration.chains)
        first = document(connection, find_statement(connection, statement, chains, ends[0]))
        second = document(connection, find_statement(connection, other or statement, chains, ends[1]))
        whose = [one.statement.row["partner_id"] for one in (first, second)]
        if whose[0] != whose[1]:
            raise ArgumentsNotFit(
                f"these are statements of two partners, {' and '.join(whose)}", "compare two statements of one partner"
            )
        found = compare(connection, first, second)
        chain = aurora.configuration.chain(first.statement.key.chain_id)
    if as_json:
        print_json("statements_diff", statement_difference(chain, first, second, found))
    else:
        _print_difference(chain, first, second, found)


def _print_difference(chain: Chain, first: StatementDocument, second: StatementDocument, found: Compared) -> None:
    for side, told in (("from", first), ("to", second)):
        one = told.statement
        out.print(
            f"{side:4} {one.statement_id[:_ID_SHOWN]} {one.key} of {one.row['partner_name']}, {one.stage},"
            f" digest {one.row['statement_digest'][:12]}",
            markup=False,
        )
    if not found.steps and not found.lines:
        out.print("nothing differs")
        return
    rows = [
        [name.replace("_", " "), coins(was, chain), coins(now, chain), coins(now - was, chain)]
        for name, (was, now) in found.steps.items()
    ]
    if rows:
        print_table("", ["", "was", "is", "difference"], rows, right=["was", "is", "difference"])
    lines = [
        [
            one.line_id[:_ID_SHOWN],
            one.words,
            coins(one.before, chain),
            coins(one.after, chain),
            coins(one.difference, chain),
            "; ".join([one.why, *(f"{i.kind} {i.name} {i.digest[:12]}" for i in one.inputs)]),
        ]
        for one in found.lines[:_LINES_SHOWN]
    ]
    if lines:
        print_table(
            f"Lines, in {chain.native_unit}",
            ["line", "what", "was", "is", "difference", "why"],
            lines,
            right=["was", "is", "difference"],
            prose=["what", "why"],
        )
    if len(found.lines) > _LINES_SHOWN:
        out.print(f"and {len(found.lines) - _LINES_SHOWN} more with smaller differences: --json shows all")
