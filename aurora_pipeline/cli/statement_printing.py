"""How statements look in a terminal: many in a list or as CSV, and one from its head to its foot."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from aurora_pipeline.cli.statement_formulas import print_formulas
from aurora_pipeline.cli.statement_notes import print_disputes, print_overrides
from aurora_pipeline.cli.terminal import coins, out, print_table, said_in_coins
from aurora_pipeline.config.coin import CoinOfChain
from aurora_pipeline.foundation.csv_file import write_csv
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.said_amounts import moves_in_coins
from aurora_pipeline.statements.documents import PayableStatement, Row, StatementDocument, in_words, unsettled_ids
from aurora_pipeline.statements.tables import EntryKind
from aurora_pipeline.work.reads.statement_in_full import ShownStatement

_ID_SHOWN: Final = 8


def print_statement(chain: CoinOfChain, shown: ShownStatement, proof: str) -> None:
    """One statement: who owes whom, its lines and entries, what people said of it, its balance and its proof."""
    told = shown.document
    _print_head(chain, told)
    _print_lines(chain, told.lines)
    print_formulas(told.lines)
    _print_entries(chain, told.entries)
    print_overrides(chain, shown.overridden)
    print_disputes(chain, shown.disputes)
    _print_balance(chain, told)
    _print_foot(chain, told, proof)
    if shown.checkpoint_size is not None:
        size = shown.checkpoint_size
        out.print(f"released under the checkpoint of {size} leaves: `aurora checkpoint show {size}`", markup=False)


def print_list(chain: CoinOfChain, found: Sequence[PayableStatement]) -> None:
    """What is to be decided, in one line of 80 letters where the coin's digits let it; the way there is `show`'s."""
    print_table(
        f"Statements on {chain.chain_id}, in {chain.native_unit}",
        ["statement", "partner", "period", "stage", "payable", "carried on", "next"],
        [
            [
                one.statement_id[:_ID_SHOWN],
                one.row["partner_name"],
                one.key.period,
                one.stage.value if one.is_payable else "for information",
                coins(one.row["payable"], chain),
                coins(one.row["closing"], chain),
                one.next_step,
            ]
            for one in found
        ],
        ["payable", "carried on"],
        prose=["next"],
    )


def print_csv(found: Sequence[tuple[CoinOfChain, Sequence[PayableStatement]]]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "period": one.key.period,
            "stage": one.stage.value,
            "paid": one.paid,
            "next_step": one.next_step,
            **{name: value for name, value in one.row.items() if name not in {"month", "epoch"}},
            "unit": chain.base_unit,
        }
        for chain, every in found
        for one in every
    ]
    if rows:
        sys.stdout.write(write_csv(list(rows[0]), rows))


def _print_head(chain: CoinOfChain, told: StatementDocument) -> None:
    one, row = told.statement, told.statement.row
    unit = chain.native_unit
    out.print(f"Statement {one.statement_id}", style="bold", markup=False)
    payer = "" if chain.operator is None else f"from {chain.operator} "
    out.print(f"{payer}to {row['partner_name']} ({row['partner_id']}), for {one.key}, in {unit}", markup=False)
    out.print(f"from {row['started_at']:%Y-%m-%d %H:%M} to {row['ended_at']:%Y-%m-%d %H:%M} UTC", markup=False)
    stage = f"{one.stage}" + (f", number {row['number']}" if one.is_payable else ": for information only")
    frozen = "; FROZEN: it stays as it was approved" if one.stage.is_frozen else ""
    out.print(f"{stage}{frozen}; next: {one.next_step}", markup=False)


def _print_foot(chain: CoinOfChain, told: StatementDocument, proof: str) -> None:
    row = told.statement.row
    if told.held:
        out.print("held or missing, counted 0; to submit the statement accept each by its id:", markup=False)
        for identifier, words in unsettled_ids(told).items():
            out.print(f"  {identifier[:_ID_SHOWN]}  {words}", markup=False)
    if row["reason"]:
        out.print(said_in_coins(row["reason"], chain), markup=False)
    out.print(f"statement digest {row['statement_digest']}", markup=False)
    out.print(f"lines digest     {row['lines_digest']}", markup=False)
    out.print(f"proof: {proof}", markup=False)


def proof_here(one: PayableStatement) -> str:
    """How who reads everything proves a statement."""
    return f"`aurora trace {one.statement_id[:_ID_SHOWN]}`, `aurora verify {_place(one)}`"


def proof_by_bundle(one: PayableStatement) -> str:
    """How a partner proves one: by what stands in its bundle."""
    return f"ask the operator for the bundle of {one.statement_id[:_ID_SHOWN]}, and run its verify.py"


def _place(one: PayableStatement) -> str:
    period = one.key.epoch if isinstance(one.key, PeriodKey) else one.key.period
    return f"{one.key.chain_id} {period}"


def _print_lines(chain: CoinOfChain, lines: Sequence[Row]) -> None:
    """The lines by validator and rule: each with what its epochs come to."""
    groups: dict[tuple[str, str, str, str, str], list[Row]] = defaultdict(list)
    for line in lines:
        whom = line["validator_name"] or line["validator_key"] or "(all)"
        rule = f"{line['agreement_id']}/{line['rule_key']}"
        groups[whom, line["validator_key"], line["component"], rule, line["kind"]].append(line)
    shown = []
    for (whom, _, component, rule, kind), every in groups.items():
        due = [one["final"] for one in every if one["final"] is not None and not one["held"]]
        rates = {one["rate_bps"] for one in every}
        shown.append(
            [
                whom,
                component,
                rule,
                "" if kind == "LINE" else kind,
                rates.pop() if len(rates) == 1 else "several",
                len({one["epoch"] for one in every}),
                coins(sum(one["base"] for one in every), chain)
                if all(one["base"] is not None for one in every)
                else "-",
                coins(sum(due), chain),
                ", ".join(_marks(every)),
            ]
        )
    columns = ["validator", "component", "rule", "kind", "bps", "epochs", "base", "amount", "notes"]
    print_table("", columns, shown, right=["bps", "epochs", "base", "amount"])


def _marks(lines: Sequence[Row]) -> list[str]:
    held = sum(bool(line["held"]) for line in lines)
    missing = sum(line["final"] is None for line in lines)
    overridden = sum(line["override"] is not None for line in lines)
    counts = ((held, "held"), (missing, "missing"), (overridden, "overridden"))
    return [f"{count} {what}" for count, what in counts if count]


def _print_entries(chain: CoinOfChain, entries: Sequence[Row]) -> None:
    if not entries:
        return
    reasons = [_why(chain, one) for one in entries]
    # What one correction does to many lines is said once.
    alike = reasons[0] if len(entries) > 1 and len(set(reasons)) == 1 else None
    columns = ["entry", "of", "what", "stated", "now", "amount", "cause", "why"]
    print_table(
        "Adjustments of what was stated before, and top-ups" + (f"; of each: {alike}" if alike else ""),
        columns if alike is None else columns[:-1],
        [
            [
                str(one["entry_id"])[:_ID_SHOWN],
                one["source_period"],
                in_words(one).rpartition(", ")[0],
                coins(one["stated"], chain),
                coins(one["now"], chain),
                coins(one["amount"], chain),
                one["cause"] or one["kind"],
                *([why] if alike is None else []),
            ]
            for one, why in zip(entries, reasons, strict=True)
        ],
        right=["stated", "now", "amount"],
        prose=["why"] if alike is None else [],
    )


def _why(chain: CoinOfChain, entry: Row) -> str:
    why = moves_in_coins(entry["reason"] or "", chain.native_decimals)
    return why + (f"; settles the dispute on {str(entry['disputed_on'])[:8]}" if entry["disputed_on"] else "")


def _print_balance(chain: CoinOfChain, told: StatementDocument) -> None:
    row = told.statement.row
    kinds = {one["kind"] for one in told.entries}
    steps = [("opening balance", row["opening"]), ("lines", row["lines"])]
    if EntryKind.FLOOR_TOP_UP in kinds:
        steps.append(("top-ups of floors per month", row["top_ups"]))
    steps += [("adjustments", row["adjustments"]), ("total", row["known_total"])]
    if row["minimum_payout"]:
        steps.append(("least that is paid", row["minimum_payout"]))
    steps += [("payable", row["payable"]), ("paid", told.statement.paid), ("closing balance", row["closing"])]
    print_table(
        "", ["", chain.native_unit], [[name, coins(value, chain)] for name, value in steps], right=[chain.native_unit]
    )
