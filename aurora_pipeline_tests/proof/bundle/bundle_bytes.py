"""Encodings of a bundle from docs/bundles.md alone, without Aurora's code: records, trees, manifest, zip, notes.

The columns of every list are read from the page itself.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAMESPACE = uuid.UUID("6f8f6bd8-4d09-5d5e-9a3c-1d9b7f2c0a54")
KEY_SIZES = {
    "partners": 2,
    "partner_series": 3,
    "partner_minimum_payouts": 3,
    "partner_wallets": 4,
    "agreements": 1,
    "agreement_versions": 2,
    "agreement_rules": 3,
    "agreement_rule_tiers": 4,
    "agreement_events": 2,
    "commission_overrides": 8,
    "statement_openings": 2,
}
PAGE = Path(__file__).parents[3] / "docs" / "bundles.md"
Row = dict[str, object]


def told_columns() -> dict[str, list[str]]:
    """The columns of each list of rows, as §4 of the page tells them."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3 and re.search(r"`[tizb]:\w+", cells[2]):
            for name in re.findall(r"`(\w+)`", cells[0]):
                found[name] = cells[2].strip("`").split()
    return found


_TOLD = told_columns()
COLUMNS = {name: [(word[0], word[2:].removesuffix("@2")) for word in words] for name, words in _TOLD.items()}
"""Letter and name of the columns of each list of rows."""
LATER = {(name, word[2:-2]) for name, words in _TOLD.items() for word in words if word.endswith("@2")}
"""Those that came with version 2 of the layer, by list and name."""


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def encoded(letter: str, value: object) -> bytes:
    if value is None:
        return b"-"
    content = str(int(value)) if letter == "b" else str(value)  # type: ignore[call-overload]
    data = content.encode()
    return letter.encode() + str(len(data)).encode() + b":" + data


def record(*fields: tuple[str, object]) -> bytes:
    return b"".join(encoded(letter, value) for letter, value in fields)


def texts(*values: object) -> list[tuple[str, object]]:
    return [("t", value) for value in values]


def of_row(list_name: str, row: Row) -> list[tuple[str, object]]:
    return [(letter, row[name]) for letter, name in COLUMNS[list_name]]


def id_of(*key: object) -> str:
    """The UUIDv5 of §4 over the record of a key; numbers are integers."""
    fields = [("i" if isinstance(one, int) else "t", one) for one in key]
    return str(uuid.uuid5(NAMESPACE, record(*fields).decode()))


def decision_name(list_name: str, row: Row) -> str:
    """How an input names a row of decisions: by its key."""
    told = [str(value) for value in row.values()][: KEY_SIZES[list_name]]
    told = [
        f"{one[:19]}+00:00" if letter == "z" else one
        for (letter, _), one in zip(COLUMNS[list_name], told, strict=False)
    ]
    if list_name == "commission_overrides":
        told = [*told[1:5], told[0], *told[5:]]
    return f"{list_name}:{'/'.join(told)}"


def split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha(b"\1", root(leaves[:k]), root(leaves[k:]))


def hidden_hashes(leaves: Sequence[bytes], shown: set[int], low: int = 0) -> list[bytes]:
    if not any(low <= place < low + len(leaves) for place in shown):
        return [root(leaves)]
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return hidden_hashes(leaves[:k], shown, low) + hidden_hashes(leaves[k:], shown, low + k)


def smallest(size: int, shown: Sequence[int]) -> int:
    """The smallest size of a tree that needs the same hashes beside what it shows."""
    same = _shape(size, shown)
    return next(one for one in range(max(shown, default=-1) + 1, size + 1) if _shape(one, shown) == same)


def _shape(size: int, shown: Sequence[int], low: int = 0) -> str:
    """How a tree of some leaves is put together: `s` what is shown, `h` one hash of what is not."""
    if not any(low <= place < low + size for place in shown):
        return "h"
    if size == 1:
        return "s"
    k = split(size)
    return f"({_shape(k, shown, low)}{_shape(size - k, shown, low + k)})"


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*inclusion(leaves[:k], index), root(leaves[k:])]
    return [*inclusion(leaves[k:], index - k), root(leaves[:k])]


def consistency(leaves: Sequence[bytes], size: int, whole: bool = True) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if size <= k:
        return [*consistency(leaves[:k], size, whole), root(leaves[k:])]
    return [*consistency(leaves[k:], size - k, False), root(leaves[:k])]


def ranges(places: Iterable[int]) -> list[str]:
    found: list[list[int]] = []
    for place in sorted(places):
        if found and found[-1][1] == place - 1:
            found[-1][1] = place
        else:
            found.append([place, place])
    return [str(low) if low == high else f"{low}-{high}" for low, high in found]


def shares(amount: int, weights: dict[str, int]) -> dict[str, int]:
    """By largest remainder, ties to the earlier key."""
    keys = sorted(weights)
    total = sum(weights.values())
    weighted = {key: weights[key] if total else 1 for key in keys}
    parts = {key: amount * weighted[key] // (total or len(keys)) for key in keys}
    rests = sorted(keys, key=lambda key: -(amount * weighted[key] % (total or len(keys))))
    for key in rests[: amount - sum(parts.values())]:
        parts[key] += 1
    return parts


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_text(value: object) -> object:
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return value if value is None or isinstance(value, bool) else str(value)


def csv_cell(value: object) -> str:
    if value is None:
        return ""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    if re.match(r"'*[=+@-]", text) and not re.fullmatch(r"-?[0-9]+", text):
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def described(name: str, fields: Sequence[str], rows: Sequence[Row]) -> list[tuple[str, str]]:
    def short(value: object) -> str:
        return hashlib.sha256(compact(value).encode()).hexdigest()[:16]

    told = [(f"{name}.{one}", short([row[one] for row in rows])) for one in fields if rows]
    return told + [(f"{name}[{at}]", short(row)) for at, row in enumerate(rows)]


def read_csv(data: bytes) -> tuple[list[str], list[Row]]:
    import csv

    heading, *rows = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    return heading, [dict(zip(heading, row, strict=True)) for row in rows]


def manifest_of(files: dict[str, bytes]) -> bytes:
    """The manifest of files as they are: what a forger who is thorough writes, too."""
    hashes: list[Row] = []
    for name in sorted(files, key=str.encode):
        if name == "manifest.json":
            continue
        hashes.append({"file": name, "of": "", "sha256": hashlib.sha256(files[name]).hexdigest()})
        told: list[tuple[str, str]] = []
        if name.endswith(".json"):
            for list_name, rows in json.loads(files[name]).items():
                listed = rows if isinstance(rows, list) else [rows]
                told += described(list_name, list(listed[0]) if listed else [], listed)
        elif name.endswith(".csv"):
            told = described("rows", *read_csv(files[name]))
        hashes += [{"file": name, "of": of, "sha256": digest} for of, digest in told]
    return (compact({"bundle": {"format": "aurora.bundle.1"}, "hashes": hashes}) + "\n").encode()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in sorted(files, key=str.encode):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name], method)
    return buffer.getvalue()


def signed(origin: str, leaves: Sequence[bytes], key: Ed25519PrivateKey) -> bytes:
    text = f"{origin}\n{len(leaves)}\n{base64.b64encode(root(leaves)).decode()}\n"
    signature = base64.b64encode(key_id(origin, key) + key.sign(text.encode())).decode()
    return f"{text}\n\u2014 {origin} {signature}\n".encode()


def public(key: Ed25519PrivateKey) -> bytes:
    return b"\1" + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(origin: str, key: Ed25519PrivateKey) -> bytes:
    return sha(origin.encode(), b"\n", public(key))[:4]


def vkey(origin: str, key: Ed25519PrivateKey) -> str:
    return f"{origin}+{key_id(origin, key).hex()}+{base64.b64encode(public(key)).decode()}"
