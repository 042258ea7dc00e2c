"""Rule (warns): a partner is paid for the same thing by two agreements."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "two_agreements"
_SAME = ("partner_id", "component", "attribution_method", "basis", "wallet_address")
_SHOWN = 3


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """What two agreements pay one partner for: a component in the same way, of the same validators and wallet.

    Agreements that look at a component in different ways (a share of all of it, and one of what the partner's clients
    bring) pay for different things, and are meant to be two.
    """
    paying = frame.filter((pl.col("kind") == LineKind.LINE.value) & (pl.col("final") > 0))
    twice = (
        paying.group_by(*_SAME, "validator_key")
        .agg(pl.col("agreement_id").unique().sort())
        .filter(pl.col("agreement_id").list.len() > 1)
        .group_by(*_SAME, "agreement_id")
        .agg(pl.col("validator_key").sort())
        .sort(*_SAME, pl.col("agreement_id").list.first())
    )
    for partner, component, method, basis, wallet, agreements, validators in twice.iter_rows():
        more = f" and {len(validators) - _SHOWN} more" if len(validators) > _SHOWN else ""
        of = f" for {wallet}" if wallet else ""
        words = (
            f"{partner}: {' and '.join(agreements)} both pay {method} of {component} ({basis}){of}, of"
            f" {len(validators)} validator(s): {', '.join(validators[:_SHOWN])}{more}"
        )
        where = {"partner_id": partner, "component": component, "agreements": ", ".join(agreements)}
        yield violation(NAME, words, where, validators=len(validators))


RULE = GateRule(
    name=NAME,
    looks_at="the lines that pay a partner for one component of one validator in the same way, by their agreements",
    why="Terms that were renewed under a new key, while the old ones go on, pay the partner twice.",
    when_it_fires="Read both with `aurora agreements show`. End the one that should be over: `aurora agreements"
    " terminate`. Where both are meant, acknowledge the warning.",
    check=check,
    effect=Effect.WARNS,
)
