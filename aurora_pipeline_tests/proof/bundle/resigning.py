"""A bundle as its operator could sign it again: one value is another one, and whatever commits to it follows.

The operator holds the key and the database. So of a bundle that contradicts itself every leaf, tree, digest, place in
the log, signature, manifest and spreadsheet is right, and only the meaning is wrong. From docs/bundles.md alone.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aurora_pipeline_tests.proof.bundle.bundle_bytes import (
    COLUMNS,
    LATER,
    compact,
    consistency,
    csv_cell,
    hidden_hashes,
    inclusion,
    manifest_of,
    ranges,
    record,
    root,
    sha,
    signed,
    split,
    texts,
    vkey,
)

Rows = list[dict[str, Any]]
LAYERS = ("statement", "entries", "epochs", "previous", "lines", "rules")
CSV_FILES = {"statement.csv": "statement", "entries.csv": "entries", "lines.csv": "lines"}
OTHERS = {
    "about": "t:format t:kind t:native_unit i:native_decimals t:base_unit",
    "cells": "t:snapshot i:index t:salt t:kind t:validator_key t:name t:wallet_address i:amount t:state",
    "log": "t:vkey",
    "snapshots": "t:id t:asset t:chain_id t:period i:version t:content_digest t:lineage_digest t:completeness"
    " i:sequence z:published_at i:snapshot_id t:record t:previous_hash i:publication t:inputs_root t:cells_root"
    " i:evidence",
    "inputs": "t:snapshot i:index t:salt t:kind t:name t:digest",
    "trees": "t:of t:kind i:size l:shown l:hashes",
    "withheld": "t:line_id t:leaf i:index t:salt",
    "consistency": "i:size t:root l:hashes",
    "fetches": "t:snapshot t:name t:kind t:state t:verdict t:reason t:fetch_digest",
    "answers": "t:fetch_digest t:request_key t:question t:request i:status t:response_hash",
}
LETTERS: dict[str, dict[str, str]] = {
    **{
        name: {"snapshot": "t", "epoch": "i", "salt": "t"} | {column: of for of, column in own}
        for name, own in COLUMNS.items()
    },
    **{name: {word[2:]: word[0] for word in words.split()} for name, words in OTHERS.items()},
}
"""The letter of each field of each list."""


class Place(NamedTuple):
    """One value of a bundle."""

    file: str
    list: str
    row: int
    field: str

    def __str__(self) -> str:
        return f"{self.file} {self.list}[{self.row}].{self.field}"


def places(files: Mapping[str, bytes]) -> list[Place]:
    """Every value of every list but for the manifest, which is written again each time."""
    found = []
    for name in sorted(files):
        if name.endswith(".json") and name != "manifest.json":
            for list_name, rows in _lists(files[name]).items():
                found += [Place(name, list_name, at, field) for at, row in enumerate(rows) for field in row]
    return found


def value_at(files: Mapping[str, bytes], place: Place) -> Any:
    """What stands there."""
    return _lists(files[place.file])[place.list][place.row][place.field]


def resigned(files: Mapping[str, bytes], key: Ed25519PrivateKey, changes: Mapping[Place, Any]) -> dict[str, bytes]:
    """The files with some values changed, and signed again by a key that the bundle names."""
    return _Signing(files, key, changes).files()


def _lists(data: bytes) -> dict[str, Rows]:
    return {name: rows if isinstance(rows, list) else [rows] for name, rows in json.loads(data).items()}


def _leaf(*fields: tuple[str, Any]) -> bytes:
    return sha(b"\0", record(*fields))


class _Signing:
    """One bundle on its way to be signed again."""

    def __init__(self, files: Mapping[str, bytes], key: Ed25519PrivateKey, changes: Mapping[Place, Any]) -> None:
        self.before, self.key = files, key
        self.documents = {
            name: json.loads(files[name]) for name in files if name.endswith(".json") and name != "manifest.json"
        }
        self.rows = {
            name: rows if isinstance(rows, list) else [rows]
            for document in self.documents.values()
            for name, rows in document.items()
        }
        self.origin = self.rows["log"][0]["vkey"].split("+")[0]
        self.inputs = self._what_inputs_name()
        found = {sha(self.published(row)).hex(): row for row in self.rows["snapshots"]}
        self.after = {id(row): found[row["previous_hash"]] for row in found.values() if row["previous_hash"] in found}
        self.answers = [row["fetch_digest"] for row in self.rows.get("answers", ())]
        self.fetches = [row["fetch_digest"] for row in self.rows.get("fetches", ())]
        self.kept: set[tuple[int, str]] = set()
        self.rows["log"][0]["vkey"] = vkey(self.origin, key)
        for place, value in changes.items():
            row = self.rows[place.list][place.row]
            row[place.field] = value
            self.kept.add((id(row), place.field))

    def put(self, row: dict[str, Any], field: str, value: Any) -> None:
        """Write what follows from others, but not over what was changed."""
        if (id(row), field) not in self.kept:
            row[field] = value

    def _what_inputs_name(self) -> list[dict[str, Any] | None]:
        """The row of a decision, a period or a snapshot that each input is the digest of."""
        found: dict[str, dict[str, Any]] = {row["lineage_digest"]: row for row in self.rows["snapshots"]}
        for name in (*self.documents["agreements.json"], "periods"):
            found |= {self.decided(name, row): row for row in self.rows[name]}
        return [found.get(row["digest"]) for row in self.rows["inputs"]]

    def decided(self, name: str, row: dict[str, Any]) -> str:
        tag = ["aurora.period.1"] if name == "periods" else ["aurora.decision.1", name]
        return sha(record(*texts(*tag), *self.columns(name, row))).hex()

    @staticmethod
    def columns(name: str, row: dict[str, Any], *but: str) -> list[tuple[str, Any]]:
        is_of_epoch = "epoch" in row
        own = [
            ("i", "epoch") if column == "month" and is_of_epoch else (letter, column)
            for letter, column in COLUMNS[name]
        ]
        return [(letter, row.get(column)) for letter, column in own if column not in but]

    # From the rows up to the signature

    def files(self) -> dict[str, bytes]:
        self.fetched()
        names = {id(row): name for name in (*self.documents["agreements.json"], "periods") for row in self.rows[name]}
        for one, named in zip(self.rows["inputs"], self.inputs, strict=True):
            if named is not None:
                is_snapshot = id(named) not in names
                digest = named["lineage_digest"] if is_snapshot else self.decided(names[id(named)], named)
                self.put(one, "digest", digest)
        self.snapshots: dict[str, dict[str, Any]] = {row["id"]: row for row in self.rows["snapshots"]}
        self.withheld: dict[str, dict[str, Any]] = {row["line_id"]: row for row in self.rows["withheld"]}
        self.digests_of_statements()
        self.trees()
        log = self.log()
        found = dict(self.before)
        found |= {name: (compact(document) + "\n").encode() for name, document in self.documents.items()}
        for name, list_name in CSV_FILES.items():
            heading, rows = found[name].decode().split("\n", 1)[0], self.rows[list_name]
            lines = [",".join(rows[0]) if rows else heading, *(",".join(map(csv_cell, row.values())) for row in rows)]
            found[name] = "".join(f"{line}\n" for line in lines).encode()
        found["checkpoint"] = signed(self.origin, log, self.key)
        index = int(self.snapshot_of(self.rows["statement"][0])["publication"])
        path = [base64.b64encode(one).decode() for one in inclusion(log, min(index, len(log) - 1))]
        head = "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *path])
        found["statement.tlog-proof"] = f"{head}\n\n".encode() + found["checkpoint"]
        return found | {"manifest.json": manifest_of(found)}

    def fetched(self) -> None:
        """A fetch is the digest of its answers; what was said to be of another fetch is none of it any more."""
        for before in dict.fromkeys(self.fetches):
            own = [
                row
                for row, of in zip(self.rows["answers"], self.answers, strict=True)
                if of == before and (id(row), "fetch_digest") not in self.kept
            ]
            names = ("request_key", "question", "request", "status", "response_hash")
            leaves = [
                _leaf(*texts("aurora.response.2"), *((LETTERS["answers"][name], row[name]) for name in names))
                for row in own
            ]
            for fetch in (row for row, of in zip(self.rows["fetches"], self.fetches, strict=True) if of == before):
                told = texts("aurora.fetch.2", *(fetch[name] for name in ("kind", "state", "verdict", "reason")))
                digest = sha(record(*told, *texts(root(leaves).hex()))).hex()
                self.put(fetch, "fetch_digest", digest)
                for row in own:
                    row["fetch_digest"] = digest
                for one in self.rows["inputs"]:
                    if (one["kind"], one["digest"]) == ("fetch", before):
                        self.put(one, "digest", fetch["fetch_digest"])

    def snapshot_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """The one that a row names; where it names none, the first."""
        name = row["snapshot"] if row["snapshot"] in self.snapshots else self.rows["snapshots"][0]["id"]
        return self.snapshots[name]

    def row_leaf(self, name: str, row: dict[str, Any]) -> bytes:
        if name == "lines" and row["line_id"] in self.withheld:
            return bytes.fromhex(self.withheld[row["line_id"]]["leaf"])
        snapshot = self.snapshot_of(row)
        later = [column for of, column in LATER if of == name] if snapshot["version"] == "1" else []
        return _leaf(*texts(row["salt"], "aurora.row.1", snapshot["asset"]), *self.columns(name, row, *later))

    def digests_of_statements(self) -> None:
        (one,) = self.rows["statement"]
        for epoch in self.rows["epochs"]:
            lines = [self.row_leaf("lines", row) for row in self.rows["lines"] if row["epoch"] == epoch["epoch"]]
            self.put(epoch, "lines_digest", root(lines).hex())
        self.put(one, "lines_digest", root([_leaf(*texts(row["lines_digest"])) for row in self.rows["epochs"]]).hex())
        entries = self.rows["entries"]
        leaves = [
            _leaf(*texts("aurora.row.1", self.asset(row, "entries")), *self.columns("entries", row)) for row in entries
        ]
        self.put(one, "entries_digest", root(leaves).hex())
        for name in ("statement", "previous"):
            for row in self.rows[name]:
                fields = self.columns(name, row, "statement_digest")
                digest = sha(record(*texts("aurora.statement.1", self.asset(row, name)), *fields)).hex()
                self.put(row, "statement_digest", digest)

    def asset(self, row: dict[str, Any], name: str) -> str:
        of_month = {"entries": "monthly_statement_entries"}.get(name, "monthly_statements")
        of_epoch = {"entries": "epoch_payable_entries"}.get(name, "epoch_payables")
        return of_month if "month" in row else of_epoch

    def trees(self) -> None:
        leaves: dict[tuple[str, str], Any] = {}
        for name in LAYERS:
            for row in self.rows[name]:
                leaves.setdefault((row["snapshot"], "content"), []).append(self.row_leaf(name, row))
        for name in ("inputs", "cells"):
            for row in self.rows[name]:
                but = ("snapshot", "index", "salt")
                fields = [(LETTERS[name][field], value) for field, value in row.items() if field not in but]
                leaf = _leaf(*texts(row["salt"], f"aurora.{name[:-1]}.1"), *fields)
                leaves.setdefault((row["snapshot"], name), {})[row["index"]] = leaf
        for row in self.rows["lines"]:
            if held := self.withheld.get(row["line_id"]):
                leaf = _leaf(*texts(held["salt"], "aurora.line.1"), *self.columns("lines", row, "reason"))
                leaves.setdefault((row["snapshot"], "cells"), {})[held["index"]] = leaf
        roots = {"content": "content_digest", "inputs": "inputs_root", "cells": "cells_root"}
        for tree in self.rows["trees"]:
            found = leaves.get((tree["of"], tree["kind"]))
            if tree["of"] in self.snapshots and tree["kind"] in roots and found:
                if isinstance(found, dict):  # places are said twice: here, and by the rows
                    self.put(tree, "shown", ranges(map(int, found)))
                    found = [found[place] for place in sorted(found, key=int)]
                if (told := _root_of(tree, found)) is not None:
                    self.put(self.snapshots[tree["of"]], roots[tree["kind"]], told.hex())

    def published(self, row: dict[str, Any]) -> bytes:
        """The record of a publication."""
        first = ("sequence", "published_at", "snapshot_id", "asset", "chain_id")
        rest = ("content_digest", "lineage_digest", "completeness", "record", "previous_hash")
        head, tail = ([(LETTERS["snapshots"][name], row[name]) for name in names] for names in (first, rest))
        period = ("i", str(int(row["period"]))) if row["period"].isdigit() else ("t", row["period"])
        return record(*texts("aurora.publication.2"), *head, period, *tail)

    def log(self) -> list[bytes]:
        """A log of the size that the tree `log` says, with what nobody is shown by chance."""
        shown: dict[int, bytes] = {}
        for row in sorted(self.rows["snapshots"], key=lambda row: int(row["sequence"])):
            if id(row) in self.after:
                self.put(row, "previous_hash", sha(self.published(self.after[id(row)])).hex())
            shown[int(row["publication"])] = sha(b"\0", self.published(row))
            if row["evidence"] is not None:
                names = ("asset", "chain_id", "period", "content_digest", "lineage_digest", "inputs_root", "cells_root")
                evidence = [(LETTERS["snapshots"][name], row[name]) for name in names]
                shown[int(row["evidence"])] = _leaf(*texts("aurora.evidence.1"), *evidence)
        tree = next((one for one in self.rows["trees"] if one["kind"] == "log" or one["of"] == "log"), {"size": "0"})
        chance = random.Random(len(shown))
        size = max(int(tree["size"]), 1 + max(shown))
        log = [shown.get(place) or chance.randbytes(32) for place in range(size)]
        self.put(tree, "shown", ranges(shown))
        self.put(tree, "hashes", [one.hex() for one in hidden_hashes(log, set(shown))])
        for row in self.rows["consistency"]:
            old = int(row["size"])
            if 0 < old <= size:
                self.put(row, "root", root(log[:old]).hex())
                self.put(row, "hashes", [one.hex() for one in consistency(log, old)])
        return log


def _root_of(tree: dict[str, Any], leaves: Sequence[bytes]) -> bytes | None:
    """The root to which leaves that are shown lead together with the hashes of the others; None: they do not fit."""
    try:
        spans = [[int(at) for at in re.findall("[0-9]+", told)] for told in tree["shown"]]
        shown = [at for span in spans for at in range(span[0], span[-1] + 1)]
        left, hidden = dict(zip(shown, leaves, strict=True)), [bytes.fromhex(one) for one in reversed(tree["hashes"])]

        def of(low: int, high: int) -> bytes:
            if not any(low <= at < high for at in shown):
                return hidden.pop()
            if high - low == 1:
                return left[low]
            middle = low + split(high - low)
            before = of(low, middle)
            return sha(b"\1", before, of(middle, high))

        found = of(0, int(tree["size"]))
    except (ValueError, IndexError, KeyError):
        return None
    return None if hidden else found
