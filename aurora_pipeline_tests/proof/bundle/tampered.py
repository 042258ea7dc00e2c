"""Every way to tamper with a bundle, by code: one list for both verifiers, the one in Python and the browser's.

A case is the files of a bundle and what has to be named: the file, and the field where one was changed. Nothing here
knows how a verifier works; it knows the format (docs/bundles.md), and that each case is wrong.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Files = Mapping[str, bytes]
OPAQUE = ("README.txt", "checkpoint", "statement.tlog-proof", "verify.py")
"""Files that are neither JSON nor CSV, and stand in every bundle."""
UNPROVEN = {"about": {"native_unit", "native_decimals", "base_unit"}, "snapshots": {"version"}}
"""Fields that nothing proves: they are for people, or say how a row is read."""


@dataclass(frozen=True)
class Tampered:
    """A bundle that has to be refused."""

    name: str
    files: Files
    file: str
    """The file that has to be named."""
    field: str | None = None
    """The field that has to be named with it; None: the file is enough."""


def text(document: Any) -> bytes:
    """A JSON file as a bundle has it."""
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def lists(data: bytes) -> dict[str, list[dict[str, Any]]]:
    """The lists of a JSON file."""
    return {name: rows if isinstance(rows, list) else [rows] for name, rows in json.loads(data).items()}


def json_names(files: Files) -> list[str]:
    """The JSON files of a bundle but for the manifest."""
    return sorted(name for name in files if name.endswith(".json") and name != "manifest.json")


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if value is None:
        return "1"
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return [*value[:-1], other(value[-1])] if value else ["00" * 32]
    if value.lstrip("-").isdigit() and (value == "0" or not value.lstrip("-").startswith("0")):
        return str(int(value) + 1)
    if len(value) == 64:
        return value[:-1] + ("0" if value[-1] != "0" else "1")
    if len(value) == 27 and value.endswith("Z"):
        return f"{'1' if value[0] != '1' else '2'}{value[1:]}"
    return f"{value}x"


def changed(files: Files, name: str, member: str, place: int, field: str) -> dict[str, bytes]:
    """The files with one field of one row changed."""
    document = json.loads(files[name])
    rows = document[member]
    row = rows[place] if isinstance(rows, list) else rows
    row[field] = other(row[field])
    return {**files, name: text(document)}


def with_manifest(files: Files) -> dict[str, bytes]:
    """The files with a manifest and CSV files that fit them: what a thorough forger does first."""
    found = dict(files)
    for name, source in (("statement.csv", "statement"), ("entries.csv", "statement"), ("lines.csv", "lines")):
        if f"{source}.json" in files and name in files:
            rows = lists(files[f"{source}.json"])[name.removesuffix(".csv")]
            if rows:
                lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
                found[name] = ("\n".join(",".join(map(_quoted, line)) for line in lines) + "\n").encode()
    hashes: list[dict[str, str]] = []
    for name in sorted(found.keys() - {"manifest.json"}):
        hashes.append({"file": name, "of": "", "sha256": hashlib.sha256(found[name]).hexdigest()})
        for member, rows in _parts(name, found[name]).items():
            for field in rows[0] if rows else ():
                of = f"{member}.{field}"
                hashes.append({"file": name, "of": of, "sha256": _brief([row[field] for row in rows])})
            hashes += [{"file": name, "of": f"{member}[{at}]", "sha256": _brief(row)} for at, row in enumerate(rows)]
    found["manifest.json"] = text({"bundle": {"format": "aurora.bundle.1"}, "hashes": hashes})
    return found


def _parts(name: str, data: bytes) -> dict[str, list[dict[str, Any]]]:
    if name.endswith(".json"):
        return lists(data)
    if name.endswith(".csv"):
        return {"rows": list(csv.DictReader(io.StringIO(data.decode(), newline="")))}
    return {}


def _brief(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _cell(value: Any) -> str:
    told = value if isinstance(value, str) else {None: "", True: "true", False: "false"}[value]
    is_formula = told.lstrip("'")[:1] in ("=", "+", "-", "@") and told[:1] != ""
    return f"'{told}" if is_formula and not (told.removeprefix("-").isdigit() and told.count("-") < 2) else told


def _quoted(told: str) -> str:
    return '"' + told.replace('"', '""') + '"' if any(letter in told for letter in ',"\r\n') else told


def corpus(files: Files) -> Iterator[Tampered]:
    """Every case that one bundle gives."""
    yield from changed_fields(files)
    yield from changed_rows(files)
    yield from changed_files(files)
    yield from changed_manifest(files)
    yield from garbled(files)
    yield from rewritten(files)


def changed_fields(files: Files) -> Iterator[Tampered]:
    """Each field of each list of each JSON and CSV file, in its first and its last row."""
    for name in json_names(files):
        for member, rows in lists(files[name]).items():
            for place in sorted({0, len(rows) - 1}) if rows else ():
                for field in rows[place]:
                    case = f"{name} {member}[{place}].{field} changed"
                    yield Tampered(case, changed(files, name, member, place, field), name, field)
    for name in sorted(name for name in files if name.endswith(".csv")):
        lines = list(csv.reader(io.StringIO(files[name].decode(), newline="")))
        for at, field in enumerate(lines[0] if len(lines) > 1 else ()):
            cells = [*lines[1][:at], f"{lines[1][at]}9", *lines[1][at + 1 :]]
            told = "\n".join(",".join(map(_quoted, line)) for line in [lines[0], cells, *lines[2:]]) + "\n"
            yield Tampered(f"{name} {field} changed", {**files, name: told.encode()}, name, field)


def changed_rows(files: Files) -> Iterator[Tampered]:
    """Rows that are gone, twice there or in another order, and lists that are gone or have another name."""
    for name in json_names(files):
        document = json.loads(files[name])
        for member, rows in document.items():
            rest = {key: value for key, value in document.items() if key != member}
            yield Tampered(f"{name} without {member}", {**files, name: text(rest)}, name)
            yield Tampered(f"{name} {member} renamed", {**files, name: text({**rest, f"{member}x": rows})}, name)
            if not isinstance(rows, list) or not rows:
                continue
            forms = {"without the first": rows[1:], "without the last": rows[:-1], "the first twice": [rows[0], *rows]}
            forms |= {"the last twice": [*rows, rows[-1]]}
            forms |= {"turned round": rows[::-1]} if rows != rows[::-1] else {}
            for words, told in forms.items():
                yield Tampered(f"{name} {member} {words}", {**files, name: text({**document, member: told})}, name)
            more = [{**row, "x": "1"} for row in rows]
            yield Tampered(f"{name} {member} more", {**files, name: text({**document, member: more})}, name)


def changed_files(files: Files) -> Iterator[Tampered]:
    """Each file cut off, emptied, longer, swapped with another, removed, or one more."""
    names = sorted(files)
    for name, beside in zip(names, [*names[1:], names[0]], strict=True):
        data = files[name]
        yield Tampered(f"{name} removed", {one: told for one, told in files.items() if one != name}, name)
        yield Tampered(f"{name} swapped", {**files, name: files[beside], beside: data}, name)
        forms = {"empty": b"", "half": data[: len(data) // 2], "one byte less": data[:-1]}
        forms |= {"one byte more": data + b"\n", "a byte flipped": data[:9] + bytes([data[9] ^ 1]) + data[10:]}
        for words, told in forms.items():
            yield Tampered(f"{name} {words}", {**files, name: told}, name)
    for name in ("lines2.json", "payloads/" + "0" * 64, "statement.pdf"):
        yield Tampered(f"{name} added", {**files, name: b"{}\n"}, name)


def changed_manifest(files: Files) -> Iterator[Tampered]:
    """The manifest alone: a field of its rows, a row less, twice, in another order."""
    document = json.loads(files["manifest.json"])
    hashes = document["hashes"]
    for place, row in enumerate(hashes):
        if row["of"] and place % 9:
            continue  # one in nine of the many
        told = [*hashes[:place], {**row, "sha256": other(row["sha256"])}, *hashes[place + 1 :]]
        data = text({**document, "hashes": told})
        yield Tampered(
            f"manifest {row['file']} {row['of']}", {**files, "manifest.json": data}, "manifest.json", "sha256"
        )
    forms: dict[str, Any] = {"a row less": hashes[:-1], "a row twice": [*hashes, hashes[-1]], "turned": hashes[::-1]}
    forms |= {"file": [{**hashes[0], "file": "x"}, *hashes[1:]], "of": [{**hashes[0], "of": "x"}, *hashes[1:]]}
    for words, told in forms.items():
        data = text({**document, "hashes": told})
        yield Tampered(f"manifest {words}", {**files, "manifest.json": data}, "manifest.json")
    for header in ({"format": "aurora.bundle.2"}, {}, {"format": "aurora.bundle.1", "x": "1"}):
        yield Tampered(
            f"manifest {header}", {**files, "manifest.json": text({**document, "bundle": header})}, "manifest.json"
        )


def garbled(files: Files) -> Iterator[Tampered]:
    """JSON that readers read differently, or not at all; the manifest fits it."""
    data = files["statement.json"]
    number = b'"known_total":"'
    start = data.index(number) + len(number)
    amount = data[start : data.index(b'"', start)]
    whole = number + amount + b'"'
    forms = {
        "a key twice": data.replace(whole, whole + b"," + number + b'7"', 1),
        "a number": data.replace(whole, b'"known_total":' + amount, 1),
        "a float": data.replace(whole, b'"known_total":' + amount + b".0", 1),
        "NaN": data.replace(whole, b'"known_total":NaN', 1),
        "a lone surrogate": data.replace(whole, b'"known_total":"\\ud800"', 1),
        "an escape": data.replace(whole, number + b"\\u0030" + b'"', 1),
        "white space": data.replace(b":", b": ", 1),
        "no UTF-8": data.replace(whole, number + b'\xff"', 1),
        "a byte order mark": b"\xef\xbb\xbf" + data,
        "nested deeply": b"[" * 100_000,
        "a list in a list": data.replace(whole, b'"known_total":[["1"]]', 1),
        "an object in a row": data.replace(whole, b'"known_total":{"a":"1"}', 1),
        "a list": b"[]\n",
        "leading zeros": data.replace(whole, number + b"0" + amount + b'"', 1),
        "a plus": data.replace(whole, number + b"+" + amount + b'"', 1),
    }
    for words, told in forms.items():
        assert told != data, words
        rest = {name: content for name, content in files.items() if name != "statement.json"}
        fitting = json.loads(with_manifest(rest)["manifest.json"])
        listed = {"file": "statement.json", "of": "", "sha256": hashlib.sha256(told).hexdigest()}
        fitting["hashes"] = sorted([*fitting["hashes"], listed], key=lambda row: row["file"])
        garbled_files = {**files, "statement.json": told, "manifest.json": text(fitting)}
        yield Tampered(f"statement.json with {words}", garbled_files, "statement.json")


def rewritten(files: Files) -> Iterator[Tampered]:
    """Each field of each list again, and each row left out, with a manifest and CSV files that fit."""
    for name in json_names(files):
        for member, rows in lists(files[name]).items():
            for place in sorted({0, len(rows) - 1}) if rows else ():
                for field in rows[place]:
                    if field in UNPROVEN.get(member, ()):
                        continue
                    told = with_manifest(changed(files, name, member, place, field))
                    yield Tampered(f"{name} {member}[{place}].{field} rewritten", told, name)
            document = json.loads(files[name])
            if isinstance(document[member], list) and rows and member != "consistency":
                told = {**files, name: text({**document, member: document[member][1:]})}
                yield Tampered(f"{name} {member}[0] left out", with_manifest(told), name)
