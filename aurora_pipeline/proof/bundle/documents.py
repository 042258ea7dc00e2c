"""The files of a bundle from lists of rows: strict JSON, CSV, and the manifest that names what was changed. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from aurora_pipeline.store.digests import instant_text

FORMAT: Final = "aurora.bundle.1"
BundleValue = str | bool | None | list[str]
Row = Mapping[str, BundleValue]
Document = Mapping[str, Row | Sequence[Row]]
"""A file: lists of rows, or a single row, by name."""

_FORMULA: Final = re.compile("'*[=+@-]")
_NUMBER: Final = re.compile("-?[0-9]+")
_QUOTED: Final = re.compile('[,"\r\n]')


def text_of(value: Any) -> BundleValue:
    """A value as bundles write it: everything but booleans and nulls is text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Decimal):
        return str(int(value))
    if isinstance(value, int | str | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a bundle")


def json_text(value: Any) -> str:
    """The one text of a JSON value, as JSON.stringify gives it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_file(document: Document) -> bytes:
    """A JSON file."""
    return (json_text(document) + "\n").encode()


def csv_file(rows: Sequence[Row], header: Sequence[str]) -> bytes:
    """A CSV file of the rows of a list."""
    lines = [",".join(header)]
    lines += [",".join(_cell(row[name]) for name in header) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _cell(value: BundleValue) -> str:
    if not isinstance(value, str):
        return "" if value is None else "true" if value else "false"
    if _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        value = f"'{value}"  # a spreadsheet would compute it
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value


def rows_of_list(member: Row | Sequence[Row]) -> Sequence[Row]:
    """The rows of a list; a single row is a list of one."""
    return [member] if isinstance(member, Mapping) else member


def manifest(files: Mapping[str, bytes], documents: Mapping[str, Document]) -> bytes:
    """Hashes of all files, and of the fields and rows of each, by which what was changed is named."""
    hashes: list[Row] = []
    for name in sorted(files, key=str.encode):
        lists = documents.get(name) or ({"rows": csv_rows(files[name])} if name.endswith(".csv") else {})
        found = {"": hashlib.sha256(files[name]).hexdigest()}
        for member, told in lists.items():
            listed = rows_of_list(told)
            found |= {f"{member}.{one}": _brief([row[one] for row in listed]) for one in (listed[0] if listed else ())}
            found |= {f"{member}[{place}]": _brief(row) for place, row in enumerate(listed)}
        hashes += [{"file": name, "of": of, "sha256": told} for of, told in found.items()]
    return json_file({"bundle": {"format": FORMAT}, "hashes": hashes})


def csv_rows(data: bytes) -> list[Row]:
    """The cells of a CSV file by its header."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def _brief(value: Any) -> str:
    return hashlib.sha256(json_text(value).encode()).hexdigest()[:16]
