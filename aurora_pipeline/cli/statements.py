"""`aurora statements compute | list | show | epochs`: what each partner is owed, from opening to closing balance."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from aurora_pipeline.cli.epochs import parse_month
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.figures import AsOf, Csv, epoch_statements, one_form, show_epoch_statement
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.statement_formulas import print_formulas
from aurora_pipeline.cli.statement_notes import print_disputes, print_overrides
from aurora_pipeline.cli.terminal import coins, err, opened, out, print_table, read_day, said_in_coins
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.csv_file import write_csv
from aurora_pipeline.foundation.money import amount
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.statements.documents import (
    PayableStatement,
    Row,
    StatementDocument,
    find_statement,
    in_words,
    payable_statements,
    statement_of,
    unsettled_ids,
)
from aurora_pipeline.statements.due import load_chain_accounts
from aurora_pipeline.statements.payable_drafts import periods_of
from aurora_pipeline.statements.tables import EntryKind
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.figures import partner_known
from aurora_pipeline.work.reads.statement_in_full import shown_statement, statement_in_full
from aurora_pipeline.work.reads.statements import statement as balance

statements = typer.Typer(help="What each partner is owed, and who decides what next.", no_args_is_help=True)
statements.command("epochs")(epoch_statements)

_ID_SHOWN: Final = 8
_MOVED: Final = re.compile(r"\b(override|revenue|costs) was (none|-?[0-9]+), is (none|-?[0-9]+)")
StatementArgument = Annotated[
    str, typer.Argument(help="A statement's id or its beginning, or a partner's key.", show_default=False)
]


@statements.command("compute")
def compute(
    chain_id: Annotated[str, typer.Argument(help="A chain of chains.yaml.", show_default=False)],
    month: Annotated[str, typer.Argument(help="A month that is over, like 2026-08.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Compute the statements of a month that is over; the sensor month_closed does it by itself."""
    # Only this command pays for loading Dagster.
    from aurora_pipeline.cli.running import job_runner, report
    from aurora_pipeline.work.computing import Computed
    from aurora_pipeline.work.runs import Job

    with opened() as aurora:
        chain = aurora.configuration.chain(chain_id)
        key = parse_month(chain_id, month)
        with aurora.database.connect() as connection:
            periods_of(load_chain_accounts(connection, chain_id, chain.first_period), key)
        runner = job_runner(aurora)
        runner.register_month(key)
        end = runner.run(Job.MONTH, key)
        if not as_json:
            err.print(f"  {end.in_words()}", markup=False)
        report(Computed((end,), (), ()), as_json)
        if not as_json:
            with aurora.database.connect() as connection:
                _print_list(chain, [one for one in payable_statements(connection, chain_id) if one.key == key])


@statements.command("list")
def statements_list(
    chain_id: Annotated[
        str | None, typer.Argument(help="A chain of chains.yaml; else all.", show_default=False)
    ] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner, by its key.")] = None,
    as_of: AsOf = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Show the statements with balances, where each stands, and who has to do what next."""
    one_form(as_csv, as_json)
    moment = None if as_of is None else read_day(as_of, "--as-of")
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        chains = [aurora.configuration.chain(name) for name in _chains(aurora, chain_id)]
        known = None if partner is None else partner_known(connection, partner)
        found = [(c, payable_statements(connection, c.chain_id, partner_id=known, as_of=moment)) for c in chains]
    if as_json:
        print_json("statements_list", [balance(chain, one) for chain, every in found for one in every])
        return
    if as_csv:
        _print_csv(found)
        return
    for chain, every in found:
        if every:
            _print_list(chain, every)
    if not any(every for _, every in found):
        out.print("no statement with balances is published yet: `aurora statements compute CHAIN MONTH`")


@statements.command("show")
def statements_show(
    statement: StatementArgument,
    chain_id: Annotated[str | None, typer.Argument(help="With a partner: the chain.", show_default=False)] = None,
    period: Annotated[
        str | None, typer.Argument(help="With a partner: a month like 2026-08, or an epoch.", show_default=False)
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show one statement: from opening to closing balance, its lines, adjustments, held and missing figures."""
    moment = None if as_of is None else read_day(as_of, "--as-of")
    if (chain_id is None) != (period is None):
        raise ArgumentsNotFit("a partner's statement needs a chain and a month or epoch", "see the example in --help")
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        if chain_id is None or period is None:
            found = find_statement(connection, statement, _chains(aurora, None), moment)
        else:
            aurora.configuration.chain(chain_id)
            key = _key(chain_id, period)
            partner_known(connection, statement)
            if isinstance(key, PeriodKey) and not _has(connection, statement, key):
                connection.rollback()
                show_epoch_statement(statement, chain_id, key.epoch, as_of, as_json)
                return
            found = statement_of(connection, statement, key, moment)
        shown = shown_statement(connection, found, moment)
        chain = aurora.configuration.chain(found.key.chain_id)
    if as_json:
        print_json("statements_show", statement_in_full(chain, shown))
        return
    told = shown.document
    _print_head(chain, told)
    _print_lines(chain, told.lines)
    print_formulas(told.lines)
    _print_entries(chain, told.entries)
    print_overrides(chain, shown.overridden)
    print_disputes(chain, shown.disputes)
    _print_balance(chain, told)
    _print_foot(chain, told)


def _key(chain_id: str, period: str) -> PartitionKey:
    return PeriodKey(chain_id, EpochNumber(int(period))) if period.isdigit() else parse_month(chain_id, period)


def _has(connection: Connection, partner_id: str, key: PartitionKey) -> bool:
    return any(one.key == key for one in payable_statements(connection, key.chain_id, partner_id=partner_id))


def _chains(aurora: Aurora, chain_id: str | None) -> list[str]:
    return [chain_id] if chain_id is not None else sorted(aurora.configuration.chains)


def _print_list(chain: Chain, found: Sequence[PayableStatement]) -> None:
    print_table(
        f"Statements on {chain.chain_id}, in {chain.native_unit}",
        [
            "statement",
            "partner",
            "period",
            "stage",
            "opening",
            "lines",
            "adjusted",
            "total",
            "payable",
            "closing",
            "next",
        ],
        [
            [
                one.statement_id[:_ID_SHOWN],
                one.row["partner_name"],
                one.key.period,
                one.stage.value if one.is_payable else "for information",
                coins(one.row["opening"], chain),
                coins(one.row["lines"], chain),
                coins(one.row["adjustments"] + one.row["top_ups"], chain),
                coins(one.row["known_total"], chain),
                coins(one.row["payable"], chain),
                coins(one.row["closing"], chain),
                one.next_step,
            ]
            for one in found
        ],
        ["opening", "lines", "adjusted", "total", "payable", "closing"],
        prose=["next"],
    )


def _print_csv(found: Sequence[tuple[Chain, Sequence[PayableStatement]]]) -> None:
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


def _print_head(chain: Chain, told: StatementDocument) -> None:
    one, row = told.statement, told.statement.row
    unit = chain.native_unit
    out.print(f"Statement {one.statement_id}", style="bold", markup=False)
    payer = "" if chain.operator is None else f"from {chain.operator} "
    out.print(f"{payer}to {row['partner_name']} ({row['partner_id']}), for {one.key}, in {unit}", markup=False)
    out.print(f"from {row['started_at']:%Y-%m-%d %H:%M} to {row['ended_at']:%Y-%m-%d %H:%M} UTC", markup=False)
    stage = f"{one.stage}" + (f", number {row['number']}" if one.is_payable else ": for information only")
    frozen = "; FROZEN: it stays as it was approved" if one.stage.is_frozen else ""
    out.print(f"{stage}{frozen}; next: {one.next_step}", markup=False)


def _print_foot(chain: Chain, told: StatementDocument) -> None:
    one, row = told.statement, told.statement.row
    if told.held:
        out.print("held or missing, counted 0; to submit the statement accept each by its id:", markup=False)
        for identifier, words in unsettled_ids(told).items():
            out.print(f"  {identifier[:_ID_SHOWN]}  {words}", markup=False)
    if row["reason"]:
        out.print(said_in_coins(row["reason"], chain), markup=False)
    out.print(f"statement digest {row['statement_digest']}", markup=False)
    out.print(f"lines digest     {row['lines_digest']}", markup=False)
    out.print(f"proof: `aurora trace {one.statement_id[:_ID_SHOWN]}`, `aurora verify {_place(one)}`", markup=False)


def _place(one: PayableStatement) -> str:
    period = one.key.epoch if isinstance(one.key, PeriodKey) else one.key.period
    return f"{one.key.chain_id} {period}"


def _print_lines(chain: Chain, lines: Sequence[Row]) -> None:
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


def _print_entries(chain: Chain, entries: Sequence[Row]) -> None:
    if not entries:
        return
    print_table(
        "Adjustments of what was stated before, and top-ups",
        ["entry", "of", "what", "stated", "now", "amount", "cause", "why"],
        [
            [
                str(one["entry_id"])[:_ID_SHOWN],
                one["source_period"],
                in_words(one).rpartition(", ")[0],
                coins(one["stated"], chain),
                coins(one["now"], chain),
                coins(one["amount"], chain),
                one["cause"] or one["kind"],
                _why(one, chain)
                + (f"; settles the dispute on {str(one['disputed_on'])[:8]}" if one["disputed_on"] else ""),
            ]
            for one in entries
        ],
        right=["stated", "now", "amount"],
        prose=["why"],
    )


def _why(one: Row, chain: Chain) -> str:
    """The words of an entry, with amounts in the coin of the columns beside them."""

    def in_coins(found: re.Match[str]) -> str:
        return f"{found[1]} was {_coin(found[2], chain)}, is {_coin(found[3], chain)}"

    return _MOVED.sub(in_coins, one["reason"] or "")


def _coin(text: str, chain: Chain) -> str:
    return text if text == "none" else coins(amount(int(text)), chain)


def _print_balance(chain: Chain, told: StatementDocument) -> None:
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
