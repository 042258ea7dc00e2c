"""A bundle's rows under digests, trees and a signed log, from docs/bundles.md alone."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aurora_pipeline_tests.proof.bundle.bundle_bytes import (
    COLUMNS,
    Row,
    as_text,
    compact,
    consistency,
    csv_cell,
    decision_name,
    hidden_hashes,
    inclusion,
    manifest_of,
    of_row,
    ranges,
    record,
    root,
    sha,
    signed,
    smallest,
    texts,
    vkey,
)

CHAIN = "testnet"


@dataclass
class Snapshot:
    """A snapshot on its way: rows that are shown, inputs and cells that are shown."""

    id: str
    asset: str
    period: str
    lineage: str
    rows: list[tuple[str, Row]] = field(default_factory=list)
    inputs: list[Row] = field(default_factory=list)
    cells: list[Row] = field(default_factory=list)
    row: Row = field(default_factory=dict)


class SealedBundle:
    """Lists of rows and the snapshots they belong to; `seal` writes the files."""

    origin = "logs.example/aurora"
    unit = ("SOL", 9, "lamport")

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.key = Ed25519PrivateKey.from_private_bytes(self.chance.randbytes(32))
        self.snapshots: dict[str, Snapshot] = {}
        self.lists: dict[str, list[Row]] = {}
        self.withheld: list[Row] = []
        self.payloads: dict[str, bytes] = {}
        """Files that are there with --payloads only."""

    def hex(self) -> str:
        return self.chance.randbytes(32).hex()

    def add(self, list_name: str, /, **values: object) -> Row:
        row: Row = {column: values.get(column) for _, column in COLUMNS[list_name]}
        assert not set(values) - set(row), set(values) - set(row)
        self.lists.setdefault(list_name, []).append(row)
        return row

    def snapshot(self, asset: str, period: str) -> Snapshot:
        made = Snapshot(f"s{len(self.snapshots) + 1}", asset, period, self.hex())
        self.snapshots[made.id] = made
        return made

    def show(self, snapshot: Snapshot, list_name: str, row: Row) -> None:
        whole = {"snapshot": snapshot.id, **row, "salt": self.hex()}
        row.clear()
        row.update(whole)
        snapshot.rows.append((list_name, row))

    # Digests, trees, log, files

    def leaf(self, list_name: str, row: Row) -> bytes:
        hidden = next((one for one in self.withheld if one["line_id"] == row.get("line_id")), None)
        if hidden:
            return bytes.fromhex(str(hidden["leaf"]))
        asset = self.snapshots[str(row["snapshot"])].asset
        return sha(b"\0", record(("t", row["salt"]), *texts("aurora.row.1", asset), *of_row(list_name, row)))

    def names(self, snapshot: Snapshot, other: Snapshot) -> None:
        self.input(snapshot, "snapshot", f"{other.asset}@{CHAIN}:{other.period}", other.lineage)

    def decides(self, snapshot: Snapshot, list_name: str, row: Row, name: str, kind: str) -> None:
        tag = ["aurora.period.1"] if kind == "period" else ["aurora.decision.1", list_name]
        name = name if kind == "period" else decision_name(list_name, row)
        self.input(snapshot, kind, name, sha(record(*texts(*tag), *of_row(list_name, row))).hex())

    def input(self, snapshot: Snapshot, kind: str, name: str, digest: str) -> None:
        snapshot.inputs.append(
            {"snapshot": snapshot.id, "index": 0, "salt": self.hex(), "kind": kind, "name": name, "digest": digest}
        )

    def tree(self, of: str, kind: str, shown: list[bytes]) -> tuple[list[int], str]:
        """Hide others' leaves among those that are shown; their places and the root."""
        size = len(shown) + self.chance.randrange(6)
        places = sorted(self.chance.sample(range(size), len(shown)))
        leaves = [self.chance.randbytes(32) for _ in range(size)]
        for place, leaf in zip(places, shown, strict=True):
            leaves[place] = leaf
        hashes = [one.hex() for one in hidden_hashes(leaves, set(places))]
        told = smallest(size, places)
        self.trees.append({"of": of, "kind": kind, "size": told, "shown": ranges(places), "hashes": hashes})
        return places, root(leaves).hex()

    def seal(self) -> None:
        self.trees: list[Row] = []
        self.log: list[bytes] = [self.chance.randbytes(32) for _ in range(20)]
        places = []
        self.entry_hash = "00" * 32
        for number, snapshot in enumerate(self.in_order(), 1):
            places += self.seal_snapshot(number, snapshot)
        self.log += [self.chance.randbytes(32) for _ in range(5)]
        hashes = [one.hex() for one in hidden_hashes(self.log, set(places))]
        self.trees.append(
            {"of": "log", "kind": "log", "size": len(self.log), "shown": ranges(places), "hashes": hashes}
        )
        self.files = self.written()

    def in_order(self) -> list[Snapshot]:
        """The snapshots as they were published: what one rests on before it."""
        by_lineage = {one.lineage: one for one in self.snapshots.values()}
        found: dict[str, Snapshot] = {}

        def publish(one: Snapshot) -> None:
            if one.id not in found:
                for item in one.inputs:
                    if item["kind"] == "snapshot":
                        publish(by_lineage[str(item["digest"])])
                found[one.id] = one

        for one in self.snapshots.values():
            publish(one)
        return list(found.values())

    def seal_snapshot(self, number: int, snapshot: Snapshot) -> list[int]:
        content = (
            self.tree(snapshot.id, "content", [self.leaf(name, row) for name, row in snapshot.rows])[1]
            if snapshot.rows
            else self.hex()
        )
        inputs = cells = None
        snapshot.inputs.sort(key=lambda row: (str(row["kind"]), str(row["name"]), str(row["digest"])))
        fields = ("kind", "validator_key", "name", "wallet_address")
        snapshot.cells.sort(
            key=lambda row: (1, str(row["line_id"])) if "line_id" in row else (0, *(str(row[one]) for one in fields))
        )
        is_final = all(row["state"] == "final" for _, row in snapshot.rows)
        completeness = "FINAL" if is_final else "PARTIAL"
        if snapshot.inputs:
            leaves = [
                sha(b"\0", record(*texts(row["salt"], "aurora.input.1", row["kind"], row["name"], row["digest"])))
                for row in snapshot.inputs
            ]
            indices, inputs = self.tree(snapshot.id, "inputs", leaves)
            for row, index in zip(snapshot.inputs, indices, strict=True):
                row["index"] = index
            cells = self.hex()
        if snapshot.cells:
            indices, cells = self.tree(snapshot.id, "cells", [self.cell_leaf(row) for row in snapshot.cells])
            for row, index in zip(snapshot.cells, indices, strict=True):
                row["index"] = index
        row = {
            "id": snapshot.id,
            "asset": snapshot.asset,
            "chain_id": CHAIN,
            "period": snapshot.period,
            "version": 2,
            "content_digest": content,
        }
        row |= {
            "lineage_digest": snapshot.lineage,
            "completeness": completeness,
            "sequence": number,
            "published_at": "2026-09-01T00:00:00.000000Z",
        }
        row |= {"snapshot_id": number, "record": self.hex(), "previous_hash": self.entry_hash}
        row |= {"publication": len(self.log)}
        period = ("i", int(snapshot.period)) if snapshot.period.isdigit() else ("t", snapshot.period)
        head = [("i", number), ("z", row["published_at"]), ("i", number), *texts(snapshot.asset, CHAIN)]
        tail = texts(content, snapshot.lineage, completeness, row["record"], row["previous_hash"])
        published = record(*texts("aurora.publication.2"), *head, period, *tail)
        self.entry_hash = sha(published).hex()
        self.log.append(sha(b"\0", published))
        row |= {"inputs_root": inputs, "cells_root": cells, "evidence": len(self.log) if inputs else None}
        snapshot.row = row
        if inputs:
            evidence = texts(
                "aurora.evidence.1", snapshot.asset, CHAIN, snapshot.period, content, snapshot.lineage, inputs, cells
            )
            self.log.append(sha(b"\0", record(*evidence)))
        return list(range(int(str(row["publication"])), len(self.log)))

    def cell_leaf(self, row: Row) -> bytes:
        if "line_id" in row:
            line = next(line for line in self.lists["lines"] if line["line_id"] == row["line_id"])
            fields = [(letter, line[name]) for letter, name in COLUMNS["lines"] if name != "reason"]
            return sha(b"\0", record(("t", row["salt"]), *texts("aurora.line.1"), *fields))
        head = texts(
            row["salt"], "aurora.cell.1", row["kind"], row["validator_key"], row["name"], row["wallet_address"]
        )
        return sha(b"\0", record(*head, ("i", row["amount"]), ("t", row["state"])))

    def written(self) -> dict[str, bytes]:
        def named(*names: str) -> dict[str, list[Row]]:
            return {name: self.lists.get(name, []) for name in names}

        unit, decimals, base_unit = self.unit
        about = {
            "format": "aurora.bundle.1",
            "kind": "MONTH",
            "native_unit": unit,
            "native_decimals": decimals,
            "base_unit": base_unit,
        }
        cells = [
            cell
            for snapshot in self.snapshots.values()
            for cell in sorted(snapshot.cells, key=lambda row: int(str(row["index"])))
            if "line_id" not in cell
        ]
        inputs = [one for snapshot in self.snapshots.values() for one in snapshot.inputs]
        earlier = [
            {
                "size": size,
                "root": root(self.log[:size]).hex(),
                "hashes": [one.hex() for one in consistency(self.log, size)],
            }
            for size in (7, 16)
        ]
        proof = {
            "log": {"vkey": vkey(self.origin, self.key)},
            "snapshots": [one.row for one in self.snapshots.values()],
            "inputs": inputs,
        }
        proof |= {"trees": self.trees, "withheld": self.withheld, "consistency": earlier}
        agreements = named(
            "partners",
            "partner_series",
            "partner_minimum_payouts",
            "partner_wallets",
            "agreements",
            "agreement_versions",
            "agreement_rules",
            "agreement_rule_tiers",
            "agreement_events",
            "commission_overrides",
            "statement_openings",
        )
        documents = {
            "statement.json": {"about": about, **named("statement", "entries", "epochs", "previous")},
            "lines.json": named("lines", "rules", "periods"),
            "agreements.json": agreements,
            "validators.json": {"cells": cells},
            "proof.json": proof,
        }
        files = {name: (compact(as_text(value)) + "\n").encode() for name, value in documents.items()}
        for name, list_name in (("statement.csv", "statement"), ("entries.csv", "entries"), ("lines.csv", "lines")):
            rows = self.lists[list_name]
            heading = ["snapshot", *(column for _, column in COLUMNS[list_name]), "salt"]
            told = [",".join(heading), *(",".join(csv_cell(value) for value in row.values()) for row in rows)]
            files[name] = "".join(line + "\n" for line in told).encode()
        checkpoint = signed(self.origin, self.log, self.key)
        index = int(str(self.snapshots[str(self.lists["statement"][0]["snapshot"])].row["publication"]))
        path = [base64.b64encode(one).decode() for one in inclusion(self.log, index)]
        proof_text = "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *path]).encode() + b"\n\n" + checkpoint
        files |= {
            "checkpoint": checkpoint,
            "statement.tlog-proof": proof_text,
            "README.txt": b"Words.\n",
            "verify.py": b"# a verifier\n",
        }
        files |= self.payloads
        files["manifest.json"] = manifest_of(files)
        return files

    def earlier_checkpoint(self, size: int) -> bytes:
        return signed(self.origin, self.log[:size], self.key)
