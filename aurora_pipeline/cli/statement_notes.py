"""What people said that a statement shows: the overrides behind its figures, and its disputes, in both sides' words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurora_pipeline.agreements.overrides import RecordedOverride
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.cli.terminal import coins, out, print_table
from aurora_pipeline.config.coin import CoinOfChain
from aurora_pipeline.statements.documents import Row, in_words
from aurora_pipeline.statements.history import Dispute

_ID_SHOWN: Final = 8


def print_overrides(chain: CoinOfChain, shown: Sequence[tuple[Row, RecordedOverride]]) -> None:
    """What somebody decided to be paid, and why."""
    if not shown:
        return
    print_table(
        "Overridden",
        ["of", "what", "pays", "computed", "by", "why"],
        [
            [
                one.target.epoch,
                _what(row, one),
                coins(one.amount, chain),
                coins(one.computed_seen, chain),
                one.recorded_by,
                one.reason,
            ]
            for row, one in shown
        ],
        right=["of", "pays", "computed"],
        prose=["why"],
    )


def _what(row: Row, one: RecordedOverride) -> str:
    if one.target.target is OverrideTarget.LINE:
        return in_words(row).rpartition(", ")[0]
    return f"{one.target.agreement_id}/{one.target.rule_key}, all of it"


def print_disputes(chain: CoinOfChain, shown: Sequence[Dispute]) -> None:
    """What the partner held for wrong, and what was answered."""
    if not shown:
        return
    out.print("Disputes", style="bold", markup=False)
    for one in shown:
        stated = "not known" if one.stated is None else coins(one.stated, chain)
        claim = f"line {one.line_id[:_ID_SHOWN]} should say {coins(one.claimed, chain)}, not {stated}"
        out.print(f"  of {one.period}, {one.raised_by}: {claim}: {one.why}", markup=False)
        answer = "not answered yet" if one.answered_by is None else f"{one.answered_by}: {one.answer}"
        settled = "" if one.settled_by is None else f", settled by {one.settled_by}"
        out.print(f"    {one.state}{settled}; {answer}", markup=False)
