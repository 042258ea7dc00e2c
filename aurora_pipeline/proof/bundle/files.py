"""All files of a bundle, from what was collected: data, proofs, words, and the two verifiers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from aurora_pipeline.proof.bundle.collecting import Collected
from aurora_pipeline.proof.bundle.documents import csv_file, json_file, manifest, rows_of_list
from aurora_pipeline.proof.bundle.log_view import LogView
from aurora_pipeline.statements.tables import EPOCH_ENTRIES, MONTHLY_ENTRIES

SHIPPED: Final = ("README.txt", "verify.html", "verify.py")
"""Files that every bundle holds as they are in the package."""
_CSV: Final = {"statement.csv": ("statement.json", "statement"), "lines.csv": ("lines.json", "lines")}


def bundle_files(collected: Collected, log: LogView, more: Mapping[str, bytes]) -> dict[str, bytes]:
    """Every file by its name. `more` are those that are made elsewhere."""
    documents = collected.documents
    found = {name: json_file(document) for name, document in documents.items()}
    found |= csv_files(collected)
    found |= {"checkpoint": log.checkpoint.encode(), "statement.tlog-proof": _proof(collected, log)}
    found |= shipped() | dict(collected.bodies) | dict(more)
    found["manifest.json"] = manifest(found, documents)
    return found


def csv_files(collected: Collected) -> dict[str, bytes]:
    """The CSV files by name."""
    lists = {name: rows_of_list(collected.documents[file][member]) for name, (file, member) in CSV_FILES.items()}
    return {name: csv_file(rows, list(rows[0]) if rows else _header(name, collected)) for name, rows in lists.items()}


def shipped() -> dict[str, bytes]:
    """What stands in every bundle as it is."""
    room = files("aurora_pipeline.proof.bundle")
    return {name: (room / name).read_bytes() for name in SHIPPED if (room / name).is_file()}


CSV_FILES: Final = {**_CSV, "entries.csv": ("statement.json", "entries")}


def _header(name: str, collected: Collected) -> list[str]:
    """The header of a list without rows."""
    statement = rows_of_list(collected.documents["statement.json"]["statement"])[0]
    table = MONTHLY_ENTRIES if "month" in statement else EPOCH_ENTRIES
    return ["snapshot", *table.names, "salt"] if name == "entries.csv" else []


def _proof(collected: Collected, log: LogView) -> bytes:
    """The statement's publication as a C2SP tlog-proof."""
    hashes = "".join(base64.b64encode(one).decode() + "\n" for one in collected.path)
    return f"c2sp.org/tlog-proof@v1\nindex {collected.publication}\n{hashes}\n{log.checkpoint}".encode()
