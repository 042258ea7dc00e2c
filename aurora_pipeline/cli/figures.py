"""`aurora pnl`, `lines`, `allocation`, EPOCH statements: the figures in force, or as of a past moment."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from aurora_pipeline.canonical.balance_tables import BALANCES
from aurora_pipeline.cli.epochs import parse_span
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import err, opened, out, print_table, read_day, said_in_coins
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION, LineKind
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.csv_file import write_csv
from aurora_pipeline.foundation.errors import PeriodsMovedOut
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.statements.errors import StatementUnknown
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.work.asked_epochs import left_out, require_recorded
from aurora_pipeline.work.figures import (
    Row,
    Selection,
    agreement_known,
    partner_known,
    rows_of,
    total_of,
    validator_named,
)
from aurora_pipeline.work.reads.figures import (
    StatementWithLines,
    allocation_part,
    commission_line,
    pnl_figures,
    statement_figures,
)

_ID_SHOWN = 8
"""So much of an id names it almost always; `trace` takes it."""
_OF_BALANCES = (
    "attestation_head",
    "attestation_target",
    "attestation_source",
    "inactivity",
    "proposals",
    "sync_committee",
    "slashing_penalties",
    "withdrawals",
    "deposits",
    "queued",
    "consolidated_in",
    "consolidated_out",
)
"""The amounts of a balance that are shown where one of them is not 0."""
_SAID_ONCE = ("period", "month", "partner")
"""Columns that stand in the title where every row says the same."""

ChainArgument = Annotated[str | None, typer.Argument(help="A chain of chains.yaml; else all.", show_default=False)]
Epochs = Annotated[str | None, typer.Argument(help="One epoch, or FROM..TO; else all.", show_default=False)]
OfValidator = Annotated[str | None, typer.Option("--validator", help="Only this one: its key or its name.")]
OfPartner = Annotated[str | None, typer.Option("--partner", help="Only this partner, by its key.")]
OfAgreement = Annotated[str | None, typer.Option("--agreement", help="Only this agreement, by its key.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As it was at this past moment, like 2026-09-05T12:00:00Z.")]
Csv = Annotated[bool, typer.Option("--csv", help="Every column as CSV, amounts in base units.")]


@dataclass(frozen=True)
class _Shown:
    """The rows that were asked for, and how to write their amounts."""

    table: Table
    rows: Sequence[Row]
    chains: Configuration

    def chain(self, row: Row) -> Chain:
        return self.chains.chain(row["chain_id"])

    def coins(self, row: Row, column: str) -> str | None:
        value = row[column]
        return None if value is None else format_coins(value, self.chain(row).native_decimals)

    def unit(self, row: Row) -> str:
        return self.chain(row).base_unit

    def said(self, row: Row) -> str | None:
        """A row's reason with its amounts in coins."""
        return None if row["reason"] is None else said_in_coins(row["reason"], self.chain(row))

    def units(self) -> str:
        """The coins that the amounts are in."""
        return ", ".join(dict.fromkeys(self.chain(row).native_unit for row in self.rows)) or "coins"

    def total(self, column: str) -> str:
        """The sum of a column in coins; of several chains there is none."""
        if not self.rows or len({row["chain_id"] for row in self.rows}) != 1:
            return "-"
        whole = total_of(self.rows, column)
        return "not known" if whole is None else format_coins(whole, self.chain(self.rows[0]).native_decimals)


def pnl(
    chain_id: ChainArgument = None,
    epochs: Epochs = None,
    validator: OfValidator = None,
    as_of: AsOf = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """What each validator earned and cost: components, costs and net, with what is not known.

    With --validator also what its balance did, on chains where it has one of its own: penalties by kind, withdrawals.
    """
    one_form(as_csv, as_json)
    in_full = validator is not None and not (as_csv or as_json)
    try:
        found, *balances = _asked([VALIDATOR_PNL, *([BALANCES] if in_full else [])], as_of, chain_id, epochs, validator)
    except PeriodsMovedOut:
        if not in_full:
            raise
        # What balances did can be in an archive, P&L never.
        (found,), balances = _asked([VALIDATOR_PNL], as_of, chain_id, epochs, validator), []
    if as_json:
        print_json("pnl", [pnl_figures(row, found.unit(row)) for row in found.rows])
    elif as_csv:
        _print_csv(found)
    else:
        columns = [*(part.column for part in Component), "total_costs", "net"]
        _print(
            f"Validator P&L, in {found.units()}",
            ["period", "month", "validator", *map(_said, columns), "state", "reason"],
            [
                [
                    *(row[name] for name in ("period", "month", "name")),
                    *(found.coins(row, name) for name in columns),
                    *(row[name] for name in ("state", "reason")),
                ]
                for row in found.rows
            ],
            [*map(_said, columns)],
        )
        if found.rows:
            costs = "each cost by itself with --csv or --json"
            out.print(f"net of all {len(found.rows)}: {found.total('net')}; {costs}", markup=False)
        for one in balances:
            _print_balances(one)


def _print_balances(found: _Shown) -> None:
    """What a validator's own balance did, on chains where it has one: what rewards and penalties are made of."""
    told = [name for name in _OF_BALANCES if any(row[name] for row in found.rows)]
    if not told:
        return
    out.print()
    _print(
        f"What its balance did, in {found.units()}",
        [
            "period",
            "month",
            "validator",
            "status",
            *map(_said, told),
            "blocks missed",
            "reason",
        ],
        [
            [
                *(row[name] for name in ("period", "month", "validator_name")),
                _standing(row),
                *(found.coins(row, name) for name in told),
                row["blocks_missed"],
                row["reason"],
            ]
            for row in found.rows
        ],
        [*map(_said, told)],
    )


def _said(column: str) -> str:
    return column.replace("_", " ")


def _standing(row: Row) -> str:
    """A validator's status at the end of a period, which does not always say that it was slashed."""
    status = str(row["status"] or "-").replace("_", " ")
    return f"{status}, slashed" if row["slashed"] and "slashed" not in status else status


def lines(
    chain_id: ChainArgument = None,
    epochs: Epochs = None,
    validator: OfValidator = None,
    partner: OfPartner = None,
    agreement: OfAgreement = None,
    as_of: AsOf = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """What each partner is owed under which rule: base, rate and amount; `aurora trace LINE` proves one."""
    one_form(as_csv, as_json)
    (found,) = _asked([PARTNER_COMMISSION_LINES], as_of, chain_id, epochs, validator, partner, agreement)
    if as_json:
        print_json("lines", [commission_line(row, found.unit(row)) for row in found.rows])
    elif as_csv:
        _print_csv(found)
    else:
        _print_lines(found, f"Commission lines, in {found.units()}", found.rows)


def allocation(
    chain_id: ChainArgument = None,
    epochs: Epochs = None,
    validator: OfValidator = None,
    partner: OfPartner = None,
    agreement: OfAgreement = None,
    as_of: AsOf = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Who gets every unit of each component of each validator; the parts sum to the component."""
    one_form(as_csv, as_json)
    found, paid = _asked(
        [REVENUE_ALLOCATION, PARTNER_COMMISSION_LINES], as_of, chain_id, epochs, validator, partner, agreement
    )
    if agreement is not None:
        found = _of_lines(found, paid)
    if as_json:
        print_json("allocation", [allocation_part(row, found.unit(row)) for row in found.rows])
    elif as_csv:
        _print_csv(found)
    else:
        _print(
            f"Revenue allocation, in {found.units()}",
            ["period", "validator", "component", "goes to", "amount", "state", "reason"],
            [
                [
                    row["period"],
                    row["validator_name"] or row["validator_key"] or "(a rule's top-up)",
                    row["component"],
                    row["partner_name"] or row["party"],
                    found.coins(row, "amount"),
                    row["state"],
                    row["reason"],
                ]
                for row in found.rows
            ],
            ["amount"],
        )
        if found.rows:
            out.print(f"sum of all {len(found.rows)}: {found.total('amount')}", markup=False)


def epoch_statements(
    chain_id: ChainArgument = None,
    epochs: Epochs = None,
    partner: OfPartner = None,
    as_of: AsOf = None,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Show what each partner's lines of some epochs come to: for information, before balances and adjustments."""
    one_form(as_csv, as_json)
    (found,) = _asked([PARTNER_COMMISSION_STATEMENTS], as_of, chain_id, epochs, partner=partner)
    if as_json:
        print_json("statements_epochs", [statement_figures(row, found.unit(row)) for row in found.rows])
    elif as_csv:
        _print_csv(found)
    else:
        _print(
            f"Partner statements, in {found.units()}",
            ["statement", "period", "month", "partner", "lines", "total", "held", "state", "reason"],
            [
                [
                    str(row["statement_id"])[:_ID_SHOWN],
                    row["period"],
                    row["month"],
                    row["partner_name"],
                    row["line_count"],
                    found.coins(row, "lines_total"),
                    found.coins(row, "held_total"),
                    row["state"],
                    found.said(row),
                ]
                for row in found.rows
            ],
            ["lines", "total", "held"],
        )
        if found.rows:
            out.print(f"total of all {len(found.rows)}: {found.total('lines_total')}", markup=False)


def show_epoch_statement(partner: str, chain_id: str, epoch: EpochNumber, as_of: str | None, as_json: bool) -> None:
    """Show one statement with its lines, validator by validator."""
    stated, found = _asked(
        [PARTNER_COMMISSION_STATEMENTS, PARTNER_COMMISSION_LINES], as_of, chain_id, str(epoch), partner=partner
    )
    if not stated.rows:
        raise StatementUnknown(
            f"{partner} has no statement of {chain_id} {epoch}", f"see `aurora statements epochs {chain_id}`"
        )
    (row,) = stated.rows
    by_validator = sorted(found.rows, key=lambda line: (line["validator_name"] or "", line["component"], line["kind"]))
    if as_json:
        lines = [commission_line(line, found.unit(line)) for line in by_validator]
        print_json("statements_show_epoch", StatementWithLines(statement_figures(row, stated.unit(row)), lines))
        return
    unit = stated.units()
    out.print(f"{row['partner_name']} ({partner}): {row['period']}, in {unit}", style="bold", markup=False)
    out.print(f"from {row['started_at']:%Y-%m-%d %H:%M} to {row['ended_at']:%Y-%m-%d %H:%M} UTC, month {row['month']}")
    _print_lines(found, "", by_validator)
    out.print(f"total: {stated.coins(row, 'lines_total') or 'not known yet'} {unit} ({row['state']})", markup=False)
    if row["held_count"]:
        out.print(f"held, not owed until the terms are settled: {stated.coins(row, 'held_total')}", markup=False)
    if row["reason"]:
        out.print(stated.said(row), markup=False)
    out.print(f"proof: `aurora trace {str(row['statement_id'])[:_ID_SHOWN]}`", markup=False)


def _asked(
    tables: Sequence[Table],
    as_of: str | None,
    chain_id: str | None,
    epochs: str | None,
    validator: str | None = None,
    partner: str | None = None,
    agreement: str | None = None,
) -> list[_Shown]:
    """The rows of each layer that a command's options name, all as of one moment."""
    span = None if epochs is None else parse_span(epochs)
    moment = None if as_of is None else read_day(as_of, "--as-of")
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        if moment is None:
            # What a past moment held changes no more; what is in force can, between one layer and the next.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        chain = None if chain_id is None else aurora.configuration.chain(chain_id)
        # Without a chain they are the numbers that were written: periods of chains differ.
        asked = None if span is None or chain is None else span.periods_of(chain)
        first, last = (None, None) if span is None else (span.first, span.last)
        selection = Selection(
            None if chain is None else chain.chain_id,
            first if asked is None else asked[0],
            last if asked is None else asked[-1],
            None if validator is None else validator_named(connection, chain_id, validator),
            None if partner is None else partner_known(connection, partner),
            None if agreement is None else agreement_known(connection, agreement),
        )
        rows = [_of_known_chains(aurora, connection, rows_of(connection, table, selection, moment)) for table in tables]
        if asked is not None and selection.chain_id is not None:
            require_recorded(connection, selection.chain_id, asked)
            for sentence in left_out(connection, selection.chain_id, asked, tables[0].name, moment):
                err.print(sentence, markup=False)
        return [_Shown(table, found, aurora.configuration) for table, found in zip(tables, rows, strict=True)]


def one_form(as_csv: bool, as_json: bool) -> None:
    """Raise where an answer is asked for in two forms at once."""
    if as_csv and as_json:
        raise ArgumentsNotFit("--csv and --json are two forms of the same answer", "give one of the two")


def _of_lines(parts: _Shown, lines: _Shown) -> _Shown:
    """The parts that go to some lines: to a validator's own line, also where wallets share it, or to a top-up."""
    ids = {str(row["line_id"]) for row in lines.rows if row["kind"] == LineKind.FLOOR_TOP_UP}
    ids |= {
        line_id(
            row["agreement_id"], row["rule_key"], row["validator_key"], "", row["chain_id"], row["epoch"], LineKind.LINE
        )
        for row in lines.rows
    }
    return _Shown(parts.table, [row for row in parts.rows if str(row["part_id"]) in ids], parts.chains)


def _of_known_chains(aurora: Aurora, connection: Connection, rows: Sequence[Row]) -> Sequence[Row]:
    """Without chains that were taken out of chains.yaml: the decimals of their coin are not known."""
    return [row for row in rows if row["chain_id"] in aurora.configuration.chains]


def _print_lines(found: _Shown, title: str, rows: Sequence[Row]) -> None:
    _print(
        title,
        ["line", "period", "partner", "rule", "validator", "component", "kind", "base", "bps", "amount", "state"],
        [
            [
                str(row["line_id"])[:_ID_SHOWN],
                row["period"],
                row["partner_name"],
                f"{row['agreement_id']}/{row['rule_key']}",
                row["validator_name"] or row["validator_key"] or "(all)",
                row["component"],
                row["kind"],
                found.coins(row, "base"),
                row["rate_bps"],
                found.coins(row, "final"),
                "held" if row["held"] else "overridden" if row["override"] is not None else row["state"],
            ]
            for row in rows
        ],
        ["base", "bps", "amount"],
    )
    paid = _Shown(found.table, [{**row, "final": 0} if row["held"] else row for row in rows], found.chains)
    out.print(f"sum of all {len(rows)}, held ones at 0: {paid.total('final')}", markup=False)


def _print(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str]) -> None:
    if not rows:
        out.print("nothing is published that answers this")
        return
    same = {name: rows[0][columns.index(name)] for name in _SAID_ONCE if name in columns}
    same = {name: value for name, value in same.items() if all(row[columns.index(name)] == value for row in rows)}
    kept = [place for place, name in enumerate(columns) if name not in same]
    print_table(
        ", ".join(text for text in (title, *map(str, same.values())) if text),
        [columns[place] for place in kept],
        [[row[place] for place in kept] for row in rows],
        right=right,
        prose=["reason"] if "reason" in columns else [],
    )


def _print_csv(found: _Shown) -> None:
    columns = ["period", "month", *found.table.names]
    columns += [name for name in ("validator_name", "partner_name") if name not in columns]
    rows: list[Mapping[str, object]] = [
        {**dict.fromkeys(columns), **_escaped(row), "unit": found.chain(row).base_unit} for row in found.rows
    ]
    sys.stdout.write(write_csv([*columns, "unit"], rows))


def _escaped(row: Row) -> Row:
    return {name: printable(value) if isinstance(value, str) else value for name, value in row.items()}
