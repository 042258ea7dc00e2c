"""`aurora override` and `overrides`: what is paid instead of what was computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from aurora_pipeline.agreements.overrides import TIMES_COMPUTED, Target, far_above, record_override, recorded_overrides
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.units import chain_units, parse_amount
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import confirm, opened, out, print_table, tell_recorded
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.commissions.targets import (
    FoundTarget,
    line_target,
    named_target,
    names_rule,
    rule_target,
)
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.foundation.period_key import EPOCH_MAX
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.proof.tracing.lookup import find
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.reads import overrides as reads

overrides = typer.Typer(help="What is paid instead of what was computed.", no_args_is_help=True)

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="LINE|RULE",
        help="A line's id or its beginning, or a rule's total in a period, like acme-2026/tips@solana-mainnet:850.",
        show_default=False,
    ),
]
OverrideReason = Annotated[
    str, typer.Option("--reason", help="Why, for the record; without one nothing is overridden.")
]
_ID_SHOWN = 8
"""So much of a line's id names it almost always; `override` and `withdraw` take it."""


def override(
    target: TargetArgument,
    amount: Annotated[str, typer.Argument(help='What is paid, with its unit, like "1.5 SOL".', show_default=False)],
    reason: OverrideReason = "",
    yes: Annotated[
        bool, typer.Option("--yes", help=f"Do not ask where it is more than {TIMES_COMPUTED} times what was computed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """State what is paid for a line, or for a rule's total in a period, instead of what was computed."""
    with opened() as aurora, aurora.database.connect() as connection:
        found = _find(connection, target)
        units = chain_units(connection)[found.target.chain_id]
        wanted = parse_amount(units, amount)
        odd = None if yes else far_above(wanted, found.computed, units)
        if odd is not None:
            confirm(f"{found.target.name}: {odd}")
        person = deciding(aurora.database)
        change = record_override(connection, found.target, wanted, found.computed, person, reason, found.paid)
    warnings = []
    if found.held:
        what = "it is" if found.target.target is OverrideTarget.LINE else f"{found.held} of its lines are"
        warnings = [f"{what} HELD: nothing of that is paid until the lines claim no more than there is"]
    _tell(change, found.target, as_json, warnings)


@overrides.command("list")
def overrides_list(
    chain: Annotated[str | None, typer.Option("--chain", help="Only this chain.")] = None,
    epoch: Annotated[int | None, typer.Option("--epoch", min=0, max=EPOCH_MAX, help="Only this period.")] = None,
    as_json: Json = False,
) -> None:
    """Show every override and what is computed now: it holds, is stale, or its target has vanished."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.overrides(connection, chain, None if epoch is None else EpochNumber(epoch))
        units = chain_units(connection)
    if as_json:
        print_json("overrides_list", found)
        return
    rows = [
        [
            (one.line_id or "the rule")[:_ID_SHOWN],
            one.name,
            *(
                None if amount is None else units[one.chain_id].in_coins(amount.base_units)
                for amount in (one.amount, one.computed_seen, one.computed)
            ),
            one.standing,
            one.recorded_by,
            one.reason,
        ]
        for one in found
    ]
    columns = ["line", "target", "pays", "computed then", "computed now", "standing", "by", "reason"]
    print_table(f"{len(rows)} override(s)", columns, rows, right=columns[2:5], prose=["target", "reason"])


@overrides.command("withdraw")
def overrides_withdraw(target: TargetArgument, reason: OverrideReason = "", as_json: Json = False) -> None:
    """End an override: its target is paid as computed again."""
    with opened() as aurora, aurora.database.connect() as connection:
        # By its name, or the id its line had, an override ends also where its target has vanished.
        present = [item.target for item in recorded_overrides(connection) if item.amount is not None]
        named = named_target(present, target) or _find(connection, target).target
        change = record_override(connection, named, None, None, deciding(aurora.database), reason)
    _tell(change, named, as_json)


def _find(connection: Connection, text: str) -> FoundTarget:
    if names_rule(text):
        return rule_target(connection, text)
    return line_target(connection, find(connection, text, PARTNER_COMMISSION_LINES).identifier)


def _tell(change: Change | None, target: Target, as_json: bool, warnings: Sequence[str] = ()) -> None:
    tell_recorded([] if change is None else [change], as_json, warnings=warnings)
    if change is not None and not as_json:
        out.print(f"It counts when the period is computed again: `aurora recompute {target.chain_id} --stale`")
