"""Reading figures: P&L, commission lines, allocation and statements, with the names of validators and partners.

Rows come as the layer has them, amounts as integers; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from aurora_pipeline.agreements.errors import AgreementUnknown
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.errors import PartnerUnknown
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.registry.errors import ValidatorAmbiguous, ValidatorUnknown
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.moments import refusing_moments
from aurora_pipeline.store.row_amounts import with_amounts

Row = Mapping[str, Any]
_FIRST, _LAST = 0, 10**15


@dataclass(frozen=True)
class Selection:
    """Which figures are wanted; what is None is not narrowed."""

    chain_id: str | None = None
    first_epoch: EpochNumber | None = None
    last_epoch: EpochNumber | None = None
    validator_key: str | None = None
    partner_id: str | None = None
    agreement_id: str | None = None


def rows_of(connection: Connection, table: Table, wanted: Selection, moment: datetime | None = None) -> list[Row]:
    """The rows of a layer that are in force, or were at a past moment, in the order of time and key.

    Beside the layer's columns each has `period`, `month`, `validator_name` and `partner_name`, where it is about one.
    """
    columns = sql.SQL(", ").join(sql.SQL("t.") + sql.Identifier(name) for name in table.names)
    narrowed = [name for name in ("validator_key", "partner_id", "agreement_id") if name in table.names]
    tests: list[sql.Composable] = [
        sql.SQL("(%({0})s::text IS NULL OR t.{1} = %({0})s)").format(sql.SQL(n), sql.Identifier(n)) for n in narrowed
    ]
    tests += [
        sql.SQL("(%(chain_id)s::text IS NULL OR t.chain_id = %(chain_id)s)"),
        sql.SQL("t.epoch BETWEEN %(first)s AND %(last)s"),
    ]
    names, joins = _names(table)
    query = sql.SQL(
        "SELECT {columns}, m.period_ended_at, m.month{names} FROM {source} t"
        " JOIN period_months m USING (chain_id, epoch){joins} WHERE {tests} ORDER BY {key}"
    ).format(
        columns=columns,
        names=names,
        source=_source(table, moment),
        joins=joins,
        tests=sql.SQL(" AND ").join(tests),
        key=sql.SQL(", ").join(sql.SQL("t.") + sql.Identifier(name) for name in table.key),
    )
    values = {
        "chain_id": wanted.chain_id,
        "first": _FIRST if wanted.first_epoch is None else wanted.first_epoch,
        "last": _LAST if wanted.last_epoch is None else wanted.last_epoch,
        "validator_key": wanted.validator_key,
        "partner_id": wanted.partner_id,
        "agreement_id": wanted.agreement_id,
        "moment": moment,
    }
    with refusing_moments():
        return [_told(table, row) for row in connection.execute(query, values)]


def _source(table: Table, moment: datetime | None) -> sql.Composable:
    if moment is None:
        return sql.Identifier(table.name)
    return sql.SQL("{}(%(moment)s, %(chain_id)s, %(first)s, %(last)s)").format(sql.Identifier(f"{table.name}_as_of"))


def _names(table: Table) -> tuple[sql.SQL, sql.SQL]:
    """The newest names of the validator and partner of a row, and where they come from."""
    names, joins = "", ""
    if "validator_key" in table.names:
        names += ", v.validator_name"
        joins += " LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key"
    if "partner_id" in table.names and "partner_name" not in table.names:
        names += ", n.partner_name"
        joins += " LEFT JOIN partner_names n ON n.partner_id = t.partner_id"
    return sql.SQL(names), sql.SQL(joins)


def _told(table: Table, row: Mapping[str, Any]) -> Row:
    return with_amounts(row, table.amounts) | {"period": str(PeriodKey(row["chain_id"], row["epoch"]))}


def validator_named(connection: Connection, chain_id: str | None, text: str) -> str:
    """The key of a validator that was given by its key, its name, or the beginning of its key."""
    rows = connection.execute(
        """SELECT DISTINCT validator_key, name FROM canonical_validator_identities
           WHERE %(chain)s::text IS NULL OR chain_id = %(chain)s""",
        {"chain": chain_id},
    ).fetchall()
    wanted = text.casefold()
    keys = {row["validator_key"] for row in rows}
    found = {text} & keys or {row["validator_key"] for row in rows if row["name"].casefold() == wanted}
    found = found or {key for key in keys if key.startswith(text)}
    if len(found) == 1:
        return str(found.pop())
    known = sorted(keys | {row["name"] for row in rows})
    if not found:
        raise ValidatorUnknown(f"there is no validator {text!r}", did_you_mean(text, known, "validator"))
    raise ValidatorAmbiguous(
        f"{len(found)} validators are called {text!r}", f"give its key: {', '.join(sorted(found)[:5])}"
    )


def partner_known(connection: Connection, partner_id: str) -> str:
    """The key of a partner; raises where there is none, naming the nearest."""
    partners = {row["partner_id"] for row in connection.execute("SELECT DISTINCT partner_id FROM partners")}
    if partner_id not in partners:
        raise PartnerUnknown(f"there is no partner {partner_id!r}", did_you_mean(partner_id, partners, "partner"))
    return partner_id


def agreement_known(connection: Connection, agreement_id: str) -> str:
    """The key of an agreement; raises where there is none, naming the nearest."""
    known = {row["agreement_id"] for row in connection.execute("SELECT agreement_id FROM agreements")}
    if agreement_id not in known:
        raise AgreementUnknown(
            f"there is no agreement {agreement_id!r}", did_you_mean(agreement_id, known, "agreement")
        )
    return agreement_id


def total_of(rows: Sequence[Row], column: str) -> Amount | None:
    """The sum of a column; None where one of its amounts is not known."""
    amounts: list[Amount | None] = [row[column] for row in rows]
    return None if None in amounts else total(one for one in amounts if one is not None)
