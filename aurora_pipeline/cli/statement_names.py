"""How commands are told which statement is meant: by its id, or by partner, chain and month or epoch."""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit

StatementName = Annotated[
    str,
    typer.Argument(help="A statement's id or its beginning, or a partner's key.", show_default=False),
]
OneStatement = Annotated[
    str,
    typer.Argument(help="A statement's id or its beginning, or PARTNER/CHAIN/MONTH.", show_default=False),
]
"""Where other arguments follow."""
OfChain = Annotated[str | None, typer.Argument(help="With a partner: the chain.", show_default=False)]
OfPeriod = Annotated[
    str | None, typer.Argument(help="With a partner: a month like 2026-08, or an epoch.", show_default=False)
]


def named(statement: str, chain_id: str | None, period: str | None) -> str:
    """One name of what three arguments say, as statements are found by."""
    if (chain_id is None) != (period is None):
        raise ArgumentsNotFit("a partner's statement needs a chain and a month or epoch", "see the example in --help")
    return statement if chain_id is None else f"{statement}/{chain_id}/{period}"
