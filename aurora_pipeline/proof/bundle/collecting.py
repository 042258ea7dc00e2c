"""Gathers all that a bundle of one released statement shows: rows, terms, figures, and the proofs of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from aurora_pipeline.agreements.matching import matches
from aurora_pipeline.agreements.methods import measure_of
from aurora_pipeline.agreements.rows import rule_of
from aurora_pipeline.agreements.tables import AGREEMENT_RULES, PARTNER_WALLETS, Basis, Method, Metric
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES, LineKind, Weight
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.proof.bundle.documents import FORMAT, Document, Row, text_of
from aurora_pipeline.proof.bundle.log_view import LogView
from aurora_pipeline.proof.bundle.own_terms import OwnTerms
from aurora_pipeline.proof.bundle.payloads import payloads
from aurora_pipeline.proof.bundle.shown_snapshots import ShownSnapshot, ShownSnapshots
from aurora_pipeline.proof.bundle.shown_trees import LOG, shown_tree
from aurora_pipeline.proof.errors import NotProvable
from aurora_pipeline.proof.signing.evidence import snapshots_below
from aurora_pipeline.proof.snapshot_records import Snapshot, snapshots_by_id
from aurora_pipeline.statements.documents import PayableStatement
from aurora_pipeline.statements.published import statements_by_digest, statements_named
from aurora_pipeline.statements.stated import Stage, Stated, load_accounts
from aurora_pipeline.statements.tables import MONTHLY_STATEMENTS, PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.merkle import Tree
from aurora_pipeline.tables import LAYER_TABLES

_BELOW: Final = (VALIDATOR_PNL, POSITIONS, REWARDS)
_EARLIER: Final = frozenset({COMMISSION_RULE_RESULTS.name, PARTNER_COMMISSION_LINES.name})


@dataclass(frozen=True)
class Collected:
    """The JSON files of a bundle, and the proof that the statement was published."""

    documents: Mapping[str, Document]
    snapshots: Sequence[Snapshot]
    """All that is shown, the statement's own first."""
    publication: int
    """The place of the statement's publication in the log."""
    path: tuple[bytes, ...]
    bodies: Mapping[str, bytes]
    """What providers sent, by the names of the files; where it was asked for."""


class _Gathering:
    """One bundle under way."""

    def __init__(
        self, connection: Connection, chain: Chain, statement: PayableStatement, *, with_payloads: bool = False
    ) -> None:
        self.connection, self.chain, self.statement = connection, chain, statement
        self.with_payloads = with_payloads
        self.partner_id = str(statement.row["partner_id"])
        self.terms = OwnTerms(connection, self.partner_id)
        self.previous = self._previous()
        self.shown = ShownSnapshots(connection, self._snapshots())

    def _previous(self) -> Stated | None:
        if self.statement.row["number"] is None:
            return None
        account = load_accounts(self.connection, self.chain.chain_id).get(self.partner_id)
        number = self.statement.row["number"] - 1
        return next((one for one in (account.stated if account else ()) if one.number == number), None)

    def _snapshots(self) -> list[Snapshot]:
        """Every snapshot of the bundle, from the statement down to the canonical layers."""
        (own,) = snapshots_by_id(self.connection, [self.statement.snapshot_id], LAYER_TABLES)
        named = statements_named(own.first.inputs or ())
        rows = self.connection.execute(
            "SELECT epoch, month FROM period_months WHERE chain_id = %s ORDER BY epoch", [self.chain.chain_id]
        ).fetchall()
        period = self.statement.key.period
        epochs = [row["epoch"] for row in rows if period in (row["month"], f"{row['epoch']:07d}")]
        made_of = statements_by_digest(self.connection, [named[epoch] for epoch in epochs if epoch in named])
        ordered = sorted(made_of.values(), key=lambda one: one.key.epoch)
        statements = self._by_id(one.snapshot_id for one in ordered)
        lines = self._by_id(one.lines_snapshot for one in ordered)
        found = {own.snapshot_id: own} | {one.snapshot_id: one for one in (*statements, *lines)}
        beside = [self.statement.entries_snapshot_id, *([self.previous.snapshot_id] if self.previous else [])]
        found |= {one.snapshot_id: one for one in self._by_id([*beside, *self._results(lines)])}
        keys, reached = {one.key for one in lines}, lines
        while reached:
            below = [one for one in snapshots_below(self.connection, reached) if one.snapshot_id not in found]
            earlier = [one for one in below if one.table.name == COMMISSION_RULE_RESULTS.name]
            reached = [one for one in below if one.table.name not in _EARLIER and one.key in keys]
            found |= {one.snapshot_id: one for one in (*earlier, *reached)}
        return list(found.values())

    def _by_id(self, numbers: Iterable[int]) -> list[Snapshot]:
        wanted = list(numbers)
        by_number = {one.snapshot_id: one for one in snapshots_by_id(self.connection, wanted, LAYER_TABLES)}
        return [by_number[number] for number in wanted]

    def _results(self, lines: Sequence[Snapshot]) -> list[int]:
        """What each rule came to in an epoch, as it was in force when its lines were published."""
        rows = self.connection.execute(
            """SELECT DISTINCT ON (l.snapshot_id) r.snapshot_id
               FROM (SELECT DISTINCT ON (snapshot_id) * FROM publications WHERE snapshot_id = ANY(%s)
                     ORDER BY snapshot_id, sequence) l
               JOIN publications r ON (r.chain_id, r.period) = (l.chain_id, l.period)
                AND r.asset = 'commission_rule_results' AND r.published_at <= l.published_at
               ORDER BY l.snapshot_id, r.sequence DESC""",
            [[one.snapshot_id for one in lines]],
        ).fetchall()
        return [row["snapshot_id"] for row in rows]

    def stated(self) -> Document:
        """The statement itself, with what it is made of: statement.json."""
        own = self._of(self.statement.snapshot_id)
        own.show_rows(self.connection, self._own)
        entries = self._of(self.statement.entries_snapshot_id)
        entries.show_rows(self.connection, self._of_statement)
        previous = None if self.previous is None else self._of(self.previous.snapshot_id)
        if previous is not None:
            previous.show_rows(self.connection, self._own)
        epochs = [
            one for one in self.shown.of(PARTNER_COMMISSION_STATEMENTS) if one.show_rows(self.connection, self._own)
        ]
        decided = "month" if own.table is MONTHLY_STATEMENTS else "epoch"
        about = {
            "format": FORMAT,
            "kind": decided.upper(),
            "native_unit": self.chain.native_unit,
            "native_decimals": str(self.chain.native_decimals),
            "base_unit": self.chain.base_unit,
        }
        return {
            "about": about,
            "statement": _rows([own]),
            "entries": _rows([entries]),
            "epochs": _rows(epochs),
            "previous": [] if previous is None else _rows([previous]),
        }

    def collect(self, log: LogView) -> Collected:
        """Everything, as the JSON files have it; proven by a log."""
        stated = self.stated()
        lines = self.shown.of(PARTNER_COMMISSION_LINES)
        told = {one.identifier: one.show_rows(self.connection, self._own) for one in lines}
        results = self.shown.of(COMMISSION_RULE_RESULTS)
        for one in results:
            one.show_rows(self.connection, self._own)
        named = [(one.identifier, item) for one in self._resting() for item in one.show_input(self._is_shown)]
        for one in lines:
            self._show_cells(one, told[one.identifier])
        proof, cells = self._proof(log)
        documents: dict[str, Document] = {
            "agreements.json": self.terms.listed(),
            "lines.json": {"lines": _rows(lines), "rules": _rows(results), "periods": self._periods()},
            "proof.json": proof,
            "statement.json": stated,
            "validators.json": {"cells": cells},
        }
        bodies: Mapping[str, bytes] = {}
        if self.with_payloads:
            documents["payloads.json"], bodies = payloads(
                self.connection, [(of, item) for of, item in named if item.kind == "fetch"]
            )
        own = self._of(self.statement.snapshot_id)
        place = log.publications[own.publication["sequence"]]
        path = tuple(Tree(log.hashes).inclusion_path(place))
        return Collected(documents, [one.snapshot for one in self.shown.every.values()], place, path, bodies)

    def _of(self, number: int) -> ShownSnapshot:
        return next(one for one in self.shown.every.values() if one.snapshot.snapshot_id == number)

    def _resting(self) -> list[ShownSnapshot]:
        """The snapshots whose inputs are shown: not those of the statement before, nor of entries."""
        beside = {self.statement.entries_snapshot_id, self.previous.snapshot_id if self.previous else None}
        every = self.shown.every.values()
        return [one for one in every if one.evidence is not None and one.snapshot.snapshot_id not in beside]

    def _own(self, frame: pl.DataFrame) -> pl.Series:
        return frame["partner_id"] == self.partner_id

    def _of_statement(self, frame: pl.DataFrame) -> pl.Series:
        return frame["statement_id"] == self.statement.statement_id

    def _is_shown(self, item: Input) -> bool:
        is_told = item.kind == "period" or (self.with_payloads and item.kind == "fetch")
        return self.shown.named(item) or is_told or self.terms.show(item)

    def _periods(self) -> list[Row]:
        """The bounds of every period that an input of the bundle names."""
        names = {
            item.name for one in self._resting() for item in one.snapshot.first.inputs or () if item.kind == "period"
        }
        return [_bounds(self.connection, PeriodKey.parse(name)) for name in sorted(names)]

    def _show_cells(self, lines: ShownSnapshot, rows: Sequence[Mapping[str, Any]]) -> None:
        read = lines.snapshot.first.inputs or ()
        own = [item for item in read if self.terms.show(item)]
        wallets = {
            self.terms.row(item)["wallet_address"] for item in own if item.name.startswith(f"{PARTNER_WALLETS.name}:")
        }
        wanted = {key for row in rows if row["kind"] == LineKind.LINE for key in _cited(row, wallets)}
        wanted |= {key for item in own for key in self._introduced(lines, item, wallets)}
        lines.show_cells(self.connection, wanted, {row["line_id"] for row in rows if row["held"]})

    def _introduced(
        self, lines: ShownSnapshot, item: Input, wallets: Iterable[str]
    ) -> Iterable[tuple[str, str, str, str]]:
        """The stake that decides the tier of a rule: of the partner's wallets on every validator that it matches."""
        if not item.name.startswith(f"{AGREEMENT_RULES.name}:"):
            return []
        row = self.terms.row(item)
        if row["tier_metric"] != Metric.INTRODUCED_STAKE:
            return []
        rule = rule_of(row, ())
        keys = lines.validators(self.connection, row["revenue_component"])
        return [
            ("WALLET", key, Weight.ACTIVE_STAKE.value, wallet)
            for key in keys
            if matches(rule, self.chain.chain_id, key)
            for wallet in wallets
        ]

    def _proof(self, log: LogView) -> tuple[Document, list[Row]]:
        trees: list[Row] = []
        inputs: list[Row] = []
        cells: list[Row] = []
        withheld: list[Row] = []
        listed: list[Row] = []
        for one in self.shown.every.values():
            listed.append(one.listed(log))
            for told, more in zip((trees, inputs, cells, withheld), one.proof(self.connection), strict=True):
                told += more
        places = {
            int(str(row[name])) for row in listed for name in ("publication", "evidence") if row[name] is not None
        }
        trees.append(shown_tree(LOG, LOG, log.hashes, sorted(places)))
        proof: Document = {
            "log": {"vkey": log.vkey},
            "snapshots": listed,
            "inputs": inputs,
            "trees": trees,
            "withheld": withheld,
            "consistency": _consistency(log),
        }
        return proof, cells


def collect(
    connection: Connection, chain: Chain, statement: PayableStatement, log: LogView, *, with_payloads: bool = False
) -> Collected:
    """All that the bundle of a released statement shows; raises where something of it is not signed yet."""
    if statement.stage not in {Stage.RELEASED, Stage.PAID}:
        raise NotProvable(
            f"statement {statement.statement_id} is {statement.stage}, and a bundle is of one that is released",
            f"what is to be done: {statement.next_step}",
        )
    return _Gathering(connection, chain, statement, with_payloads=with_payloads).collect(log)


def stated(connection: Connection, chain: Chain, statement: PayableStatement) -> Document:
    """What statement.json says of a statement; of one that is not released too, which nothing proves yet."""
    return _Gathering(connection, chain, statement).stated()


def _rows(snapshots: Iterable[ShownSnapshot]) -> list[Row]:
    return [row for one in snapshots for row in one.rows]


def _cited(row: Mapping[str, Any], wallets: Iterable[str]) -> Iterable[tuple[str, str, str, str]]:
    """The figures that a line rests on, by their keys."""
    key, component = row["validator_key"], row["component"]
    measure = measure_of(Method(row["attribution_method"]), Component(component))
    if not (measure.is_of_rewards and component == Component.VOTE_REWARDS):
        yield "COMPONENT", key, component, ""
    if row["basis"] == Basis.NET:
        yield "COSTS", key, component, ""
    if not measure.is_of_wallets:
        return
    kinds = {Weight.STAKER_REWARDS if measure.is_of_rewards else Weight.ACTIVE_STAKE}
    kinds |= {Weight(row["weighted_by"])} if row["weighted_by"] else set()
    for kind in kinds:
        yield "TOTAL", key, kind.value, ""
        for wallet in wallets:
            yield "WALLET", key, kind.value, wallet


def _bounds(connection: Connection, key: PeriodKey) -> Row:
    period = load_period(connection, key)
    names = ("first_slot", "last_slot", "first_block_slot", "last_block_slot", "started_at", "ended_at")
    bounds = {name: text_of(getattr(period, name)) for name in names}
    return {"chain_id": key.chain_id, "epoch": str(key.epoch), **bounds}


def _consistency(log: LogView) -> list[Row]:
    tree, size = Tree(log.hashes), len(log.hashes)
    return [
        {"size": str(old), "root": root, "hashes": [one.hex() for one in tree.consistency_path(old)]}
        for old, root in log.earlier
        if old < size
    ]
