"""`aurora agreements simulate`: what proposed terms would have paid in past periods, compared with what was paid."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.agreements.proposed import read_proposal
from aurora_pipeline.cli.epochs import Span
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import coins, err, opened, out, print_table
from aurora_pipeline.commissions.simulate import PeriodComparison, simulate
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.csv_file import write_csv
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.period_key import EPOCH_MAX
from aurora_pipeline.foundation.units import Amount, EpochNumber, EpochRange
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.asked_epochs import known_epochs, not_known, require_recorded
from aurora_pipeline.work.reads.agreements import simulated

_COLUMNS = (
    "chain_id",
    "epoch",
    "partner_id",
    "was",
    "would",
    "difference",
    "was_overrides",
    "was_by_overrides",
    "difference_by_terms",
    "was_held",
    "would_held",
    "was_missing",
    "would_missing",
)


def agreements_simulate(
    file: Annotated[Path, typer.Argument(help="A YAML file as `apply` takes it.", show_default=False)],
    chain_id: Annotated[str, typer.Option("--chain", help="A chain of chains.yaml.", show_default=False)],
    first: Annotated[int, typer.Option("--from", min=0, max=EPOCH_MAX, help="The first epoch.", show_default=False)],
    last: Annotated[int, typer.Option("--to", min=0, max=EPOCH_MAX, help="The last epoch.", show_default=False)],
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets, in base units.")] = False,
) -> None:
    """Show what the terms of a file would have paid in past epochs, compared with what was paid. Writes nothing.

    They count as if they had been in force in all of these epochs, whatever dates the file says; agreements that it
    does not mention stay as they were. Overrides of the file's agreements were decided on other terms. They are part of
    what was paid, not of what would have been; how much of the difference is theirs is said.
    """
    span = Span.of(EpochNumber(first), EpochNumber(last), "--from {} --to {}")
    if as_json and as_csv:
        raise ArgumentsNotFit("--json and --csv at once", "give one of the two")
    with opened() as aurora, aurora.database.connect() as connection:
        chain = aurora.configuration.chain(chain_id)
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        proposal = read_proposal(connection, file)
        epochs = _known(connection, chain, span.periods_of(chain))
        found = simulate(connection, chain, proposal, epochs)
    if as_json:
        print_json("agreements_simulate", [simulated(one, chain.base_unit) for one in found])
    elif as_csv:
        sys.stdout.write(write_csv(_COLUMNS, [_row(one) for one in found]))
    else:
        _print(chain, found)


def _known(connection: Connection, chain: Chain, wanted: EpochRange) -> list[EpochNumber]:
    """The epochs of a range that are recorded; which others there are in it is said."""
    require_recorded(connection, chain.chain_id, wanted)
    known = known_epochs(connection, chain.chain_id, wanted)
    for sentence in not_known(connection, chain.chain_id, [epoch for epoch in wanted if epoch not in known]):
        err.print(sentence, markup=False)
    return sorted(known)


def _row(one: PeriodComparison) -> dict[str, object]:
    return {
        "chain_id": one.key.chain_id,
        "epoch": one.key.epoch,
        "partner_id": one.partner_id,
        "was": str(one.was.due),
        "would": str(one.would.due),
        "difference": str(one.difference),
        "was_overrides": one.overrides.count,
        "was_by_overrides": str(one.overrides.amount),
        "difference_by_terms": str(one.by_terms),
        "was_held": str(one.was.held),
        "would_held": str(one.would.held),
        "was_missing": one.was.missing,
        "would_missing": one.would.missing,
    }


def _print(chain: Chain, found: Sequence[PeriodComparison]) -> None:
    rows = [
        [one.partner_id, one.key.epoch, *_amounts(chain, one.was.due, one.would.due), _notes(chain, one)]
        for one in sorted(found, key=lambda one: (one.partner_id, one.key.epoch))
    ]
    columns = ["partner", "epoch", "was", "would have been", "difference", ""]
    print_table(f"In {chain.native_unit}", columns, rows, right=columns[1:5], prose=columns[5:])
    by_partner: dict[str, list[PeriodComparison]] = defaultdict(list)
    for one in found:
        by_partner[one.partner_id].append(one)
    for partner_id, those in sorted(by_partner.items()):
        shown = _amounts(chain, total(one.was.due for one in those), total(one.would.due for one in those))
        words = f"{partner_id}: {shown[0]} was, {shown[1]} would have been paid: {shown[2]}"
        if any(one.overrides.count for one in those):
            amount, by_terms = total(one.overrides.amount for one in those), total(one.by_terms for one in those)
            words += f", of which {_signed(chain, by_terms)} by the terms and {_signed(chain, -amount)} by overrides"
        out.print(words, markup=False)
    count = sum(one.overrides.count for one in found)
    if count:
        out.print(
            f"{count} override(s) of these agreements, decided on other terms, are part of what was paid only.",
        )
    err.print("Nothing was written.")


def _amounts(chain: Chain, was: Amount, would: Amount) -> list[str]:
    return [coins(was, chain), coins(would, chain), _signed(chain, would - was)]


def _signed(chain: Chain, difference: Amount) -> str:
    return ("+" if difference > 0 else "") + coins(difference, chain)


def _notes(chain: Chain, one: PeriodComparison) -> str:
    words = []
    for name, sums in (("was", one.was), ("would be", one.would)):
        if sums.held:
            words.append(f"{coins(sums.held, chain)} {name} held")
        if sums.missing:
            words.append(f"{sums.missing} line(s) {'were' if name == 'was' else 'would be'} missing")
    if one.overrides.count:
        words.append(f"{_signed(chain, one.overrides.amount)} of what was paid is by {one.overrides.count} override(s)")
    return "; ".join(words)
