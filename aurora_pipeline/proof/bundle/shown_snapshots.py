"""Snapshots as a bundle shows them: which rows, inputs and figures of each, and the trees that hide the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from aurora_pipeline.proof.bundle.documents import Row, text_of
from aurora_pipeline.proof.bundle.log_view import LogView
from aurora_pipeline.proof.bundle.shown_trees import shown_tree
from aurora_pipeline.proof.errors import NotProvable
from aurora_pipeline.proof.signing.evidence import EvidenceLeaves, evidence_of
from aurora_pipeline.proof.signing.evidence_leaves import ShownFigure
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import SNAPSHOT_RECORD, Input, leaves, snapshot_record
from aurora_pipeline.store.merkle import leaf_hash
from aurora_pipeline.store.published import stored_rows
from aurora_pipeline.tables import LAYER_TABLES

_PUBLISHED: Final = f"""
SELECT DISTINCT ON (p.snapshot_id) p.sequence, p.published_at, p.snapshot_id, p.previous_hash, {SNAPSHOT_RECORD}
FROM publications p JOIN snapshots s USING (snapshot_id) JOIN snapshot_reports r USING (snapshot_id)
WHERE p.snapshot_id = ANY(%s) ORDER BY p.snapshot_id, p.sequence
"""
_SIGN: Final = "run `aurora checkpoint`, which signs all that is published, and export again"
_DECLARED: Final = {table.name: table for table in LAYER_TABLES}


@dataclass
class ShownSnapshot:
    """One snapshot, and what of it is shown."""

    identifier: str
    snapshot: Snapshot
    publication: Mapping[str, Any]
    evidence: Mapping[str, Any] | None
    rows: list[Row] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)
    _hashes: list[bytes] = field(default_factory=list)
    _inputs: dict[int, Input] = field(default_factory=dict)
    _figures: dict[int, ShownFigure] = field(default_factory=dict)
    _held: dict[int, str] = field(default_factory=dict)
    _evidence_leaves: EvidenceLeaves | None = None

    @property
    def table(self) -> Table:
        """Its table with the columns of today; a snapshot of an earlier version has null in those that came later."""
        return _DECLARED[self.snapshot.table.name]

    def show_rows(self, connection: Connection, wanted: Callable[[pl.DataFrame], pl.Series]) -> list[dict[str, Any]]:
        """Show the rows that a mask picks; says what they are."""
        frame = stored_rows(connection, self.snapshot.table, self.snapshot.snapshot_id)
        self._hashes = [leaf_hash(leaf) for leaf in leaves(self.snapshot.table, frame)]
        mask = wanted(frame)
        self._places = mask.arg_true().to_list()
        told = frame.filter(mask).to_dicts()
        self.rows = [self._row(row) for row in told]
        return told

    def _row(self, row: Mapping[str, Any]) -> Row:
        columns = {column.name: text_of(row.get(column.name)) for column in self.table.digested}
        if row.get("held"):  # its reason names what others claim, and by its salt a reason could be guessed
            return {"snapshot": self.identifier, **columns, "reason": None, "salt": None}
        return {"snapshot": self.identifier, **columns, "salt": row["salt"]}

    def leaf_hash_of(self, place: int) -> str:
        """The hash of the leaf of one of the rows that are shown, by its place among them."""
        return self._hashes[self._places[place]].hex()

    def show_input(self, wanted: Callable[[Input], bool]) -> list[Input]:
        """Show the inputs that are wanted; says which."""
        found = {place: item for place, item in enumerate(self.snapshot.first.inputs or ()) if wanted(item)}
        self._inputs |= found
        return list(found.values())

    def show_cells(self, connection: Connection, figures: Iterable[tuple[str, str, str, str]], held: set[str]) -> None:
        """Show figures by their keys, and held lines by their ids."""
        wanted, found = set(figures), self._leaves(connection)
        self._figures = {place: one for place, one in enumerate(found.figures) if one.key in wanted}
        behind = len(found.figures)
        self._held = {behind + place: one for place, one in enumerate(found.held) if one in held}

    def validators(self, connection: Connection, component: str) -> list[str]:
        """The validators that may have earned a component, in order: those that its rules can match."""
        figures = self._leaves(connection).figures
        return sorted({one.validator_key for one in figures if (one.kind, one.name) == ("COMPONENT", component)})

    def _leaves(self, connection: Connection) -> EvidenceLeaves:
        if self.evidence is None:
            raise NotProvable(f"there is no evidence of {self.snapshot.name} yet", _SIGN)
        if self._evidence_leaves is None:
            self._evidence_leaves = evidence_of(connection, self.snapshot, self.evidence["salt"])
        return self._evidence_leaves

    def listed(self, log: LogView) -> Row:
        """Its row in proof.json."""
        told, of = self.snapshot, self.publication
        shown = self.evidence if self._inputs or self._figures or self._held else None
        sequence = of["sequence"]
        if sequence not in log.publications or (shown is not None and shown["evidence_id"] not in log.evidence):
            raise NotProvable(f"the newest checkpoint does not cover {told.name}", _SIGN)
        return {
            "id": self.identifier,
            "asset": told.table.name,
            "chain_id": told.key.chain_id,
            "period": told.key.period,
            "version": str(told.first.layer_version),
            "content_digest": told.content_digest,
            "lineage_digest": told.first.lineage_digest,
            "completeness": told.completeness,
            "sequence": str(sequence),
            "published_at": text_of(of["published_at"]),
            "snapshot_id": str(told.snapshot_id),
            "record": snapshot_record(of),
            "previous_hash": of["previous_hash"],
            "publication": str(log.publications[sequence]),
            "inputs_root": None if shown is None else shown["inputs_root"],
            "cells_root": None if shown is None else shown["cells_root"],
            "evidence": None if shown is None else str(log.evidence[shown["evidence_id"]]),
        }

    def proof(self, connection: Connection) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
        """Its trees, inputs, cells and withheld lines."""
        trees: list[Row] = []
        if self.rows:
            trees.append(shown_tree(self.identifier, "content", self._hashes, self._places))
        if not (self._inputs or self._figures or self._held):
            return trees, [], [], []
        found = self._leaves(connection)
        inputs: list[Row] = [
            {"snapshot": self.identifier, "index": str(place), "salt": found.inputs[place].salt, **_named(item)}
            for place, item in sorted(self._inputs.items())
        ]
        if inputs:
            hashes = [leaf_hash(one.leaf) for one in found.inputs]
            trees.append(shown_tree(self.identifier, "inputs", hashes, sorted(self._inputs)))
        cells: list[Row] = [
            {"snapshot": self.identifier, "index": str(place), "salt": found.cells[place].salt, **_figure(one)}
            for place, one in sorted(self._figures.items())
        ]
        withheld = [self._withheld(place, identifier, found) for place, identifier in sorted(self._held.items())]
        if cells or withheld:
            hashes = [leaf_hash(one.leaf) for one in found.cells]
            trees.append(shown_tree(self.identifier, "cells", hashes, sorted({*self._figures, *self._held})))
        return trees, inputs, cells, withheld

    def _withheld(self, place: int, line_id: str, found: EvidenceLeaves) -> Row:
        own = next(number for number, row in enumerate(self.rows) if row["line_id"] == line_id)
        leaf = self.leaf_hash_of(own)
        return {"line_id": line_id, "leaf": leaf, "index": str(place), "salt": found.cells[place].salt}


def _named(item: Input) -> Row:
    return {"kind": item.kind, "name": item.name, "digest": item.digest}


def _figure(one: ShownFigure) -> Row:
    return {name: text_of(value) for name, value in one._asdict().items()}


class ShownSnapshots:
    """All snapshots of a bundle, each once, with an id in the order in which they were asked for."""

    def __init__(self, connection: Connection, snapshots: Sequence[Snapshot]) -> None:
        numbers = [one.snapshot_id for one in snapshots]
        published = connection.execute(_PUBLISHED.encode(), [numbers]).fetchall()
        evidence = connection.execute(
            "SELECT evidence_id, snapshot_id, salt, inputs_root, cells_root FROM evidence WHERE snapshot_id = ANY(%s)",
            [numbers],
        )
        by_number = {row["snapshot_id"]: row for row in evidence}
        self._found = {row["snapshot_id"]: row for row in published}
        self.every = {
            one.first.lineage_digest: ShownSnapshot(
                f"s{place}", one, self._found[one.snapshot_id], by_number.get(one.snapshot_id)
            )
            for place, one in enumerate(snapshots, 1)
        }

    def of(self, table: Table) -> list[ShownSnapshot]:
        """Those of a layer."""
        return [one for one in self.every.values() if one.table.name == table.name]

    def named(self, item: Input) -> bool:
        """Whether an input is a snapshot of the bundle."""
        return item.kind == "snapshot" and item.digest in self.every
