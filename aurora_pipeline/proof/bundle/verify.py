#!/usr/bin/env python3
"""Verifies a bundle: computes every figure of a statement again, and every digest up to the signed head of the log.

    python3 verify.py [FOLDER | ZIP | PDF] [--key VKEY] [--previous CHECKPOINT]

It asks no network and no database, needs nothing but Python 3.9 or newer, and shares no code with Aurora, which made the bundle: it is written from docs/bundles.md,
whose sections it names (§). It ends with 0 where everything holds, 1 where something does not, and 2 where it was called wrongly.
"""
from __future__ import annotations
import argparse, base64, bisect, csv, fnmatch, hashlib, io, json, os, re, struct, sys, uuid, zipfile, zlib
from collections import defaultdict
from typing import Any, Callable, Dict, List, Sequence
FORMAT, MOST_BYTES, FIRST_INSTANT = "aurora.bundle.1", 512 * 2**20, "01T00:00:00.000000Z"
LISTS = {"agreements.json": """partners partner_series partner_minimum_payouts partner_wallets agreements agreement_versions agreement_rules
 agreement_rule_tiers agreement_events commission_overrides statement_openings""".split(), "lines.json": ["lines", "rules", "periods"], "payloads.json": ["fetches", "answers"],
         "proof.json": ["log", "snapshots", "inputs", "trees", "withheld", "consistency"], "validators.json": ["cells"],
         "statement.json": ["about", "statement", "entries", "epochs", "previous"]}
OF_LAYERS, ROOTS = ("statement", "entries", "epochs", "previous", "lines", "rules"), ("inputs_root", "cells_root")
CSV_OF = {"entries.csv": "statement.json", "lines.csv": "lines.json", "statement.csv": "statement.json"}
REQUIRED = {*LISTS, *CSV_OF, *"README.txt checkpoint manifest.json statement.tlog-proof verify.py".split()} - (OPTIONAL := {"payloads.json", "statement.pdf", "verify.html"})
SECOND = """revenue costs loss_before loss_after weighted_by weight weight_whole rule_base rule_amount rule_trace validator_amount wallet_weight""".split()
INTEGERS = {*SECOND, *"""adjustments agreement_version amount base blocked_count cap cap_reduction cap_start change_number closing commission_rate_bps computed computed_seen
 corrects epoch event_number evidence final first_block_slot first_slot floor floor_top_up held_count held_total index known_total last_block_slot last_slot line_count lines
 lines_total metric_end metric_start minimum_payout missing_count now number opening override payable publication rate_bps revision rule_order sequence size snapshot_id stated
 tier top_ups total unsettled_count up_to validator_count version""".split()} - {"weighted_by", "rule_trace"}  # how columns are encoded (§4): others are texts; SECOND came with version 2 of the lines
INSTANTS = set("effective_from ended_at introduced_at published_at started_at valid_from valid_until".split())
HEADINGS = {"entries.csv": """snapshot chain_id month entry_id statement_id partner_id kind source_period line_id number agreement_id agreement_version rule_key validator_key
 wallet_address line_kind component stated now amount cause disputed_on state reason salt""", "lines.csv": """snapshot chain_id epoch line_id partner_id agreement_id agreement_version rule_key rule_order kind validator_key wallet_address component funded_by
 attribution_method basis rate_bps revenue costs loss_before loss_after weighted_by weight weight_whole base rule_base rule_amount rule_trace validator_amount wallet_weight
 computed override final held state reason salt"""}  # of spreadsheets that may have no row; an EPOCH statement has `epoch` in place of `month` (§2)
LINES, RESULTS, *BELOW = "partner_commission_lines commission_rule_results validator_pnl canonical_stake_positions canonical_stake_rewards".split()
CELL_KEY, LINE_KEY = ("snapshot", "validator_key", "kind", "name", "wallet_address"), ("agreement_id", "rule_key", "validator_key", "wallet_address")
INPUT_ORDERS = {"inputs": ("kind", "name", "digest"), "cells": ("kind", "validator_key", "name", "wallet_address")}
ORDERS = {"lines": ("epoch", *LINE_KEY, "kind"), "epochs": ("epoch",), "entries": ("kind", "source_period", *LINE_KEY, "line_kind")}
NOT_OF_CUTS = ("rate_bps", "base", "override", *SECOND[:7], "validator_amount", "wallet_weight")
COUNTED = "line_count held_count missing_count unsettled_count blocked_count known_total held_total top_ups adjustments".split()
KEY_SIZES = dict(zip(LISTS["agreements.json"], (2, 3, 3, 4, 1, 2, 3, 4, 2, 8, 2)))  # so many first columns are a row's key
WORDS = {"target": "LINE RULE", "basis": "GROSS NET", "attribution_method": "FIXED_SHARE STAKE_WEIGHT CLIENT_REVENUE", "tier_mode": "GRADUATED VOLUME",
         "tier_metric": "PERIOD MONTH_TO_DATE YEAR_TO_DATE LIFETIME INTRODUCED_STAKE", "floor_window": "PERIOD MONTH", "cap_window": "PERIOD MONTH",
         "status": "DRAFT ACTIVE SUSPENDED TERMINATED", "completeness": "FINAL PARTIAL", "cause": "DATA RULE OVERRIDE CODE", "payable_series": "EPOCH MONTH"}
INTEGER, NAMESPACE = re.compile("-?[1-9][0-9]{0,59}|0"), uuid.UUID("6f8f6bd8-4d09-5d5e-9a3c-1d9b7f2c0a54"); Lists = Dict[str, List[Dict[str, Any]]]
class Untrue(Exception): """What is looked at cannot be right; the text says why."""
class Row(Dict[str, Any]):  # of a list; integers are read as such, and it knows where it stands
    def __init__(self, file: str, name: str, place: int, values: dict[str, Any]) -> None:
        super().__init__(values); self.file, self.list, self.where = file, name, f"{name}[{place}]"
    def __getitem__(self, field: str) -> Any:
        value = super().__getitem__(field)
        if value is None or self.letter(field) != "i": return value
        if not INTEGER.fullmatch(value): raise Untrue(f"{self.where}.{field} is no integer: {value[:40]}")
        return int(value)
    def letter(self, field: str) -> str: return "i" if field in INTEGERS and (self.list, field) != ("statement_openings", "evidence") else "z" if field in INSTANTS else "t"
    def columns(self, *but: str) -> bytes: return b"".join(encoded(self.letter(one), value) for one, value in self.items() if one not in {"snapshot", "salt", "index", *but})
class Report:  # what does not hold: the file, the place in it, the field, and why; and in words what was checked
    def __init__(self) -> None: self.failures, self.checked = dict[Any, None](), list[str]()
    def fail(self, file: str, problem: str, where: str = "", field: str = "") -> None: self.failures[file, where, field, problem] = None
    def row(self, row: Row, field: str, problem: str) -> None: self.fail(row.file, problem, row.where, field)
    def expect(self, row: Row, why: str, **told: Any) -> None:
        for field in (field for field, value in told.items() if row[field] != value):
            self.row(row, field, f"it is {row[field]}, and {why} gives {told[field]}".replace("None", "nothing"))
    def attempt(self, file: str, check: Callable[..., Any], *given: Any) -> Any:  # what cannot be done to its end has failed
        try: return check(*given)
        except (Untrue, LookupError, TypeError, ValueError, AttributeError, RecursionError, StopIteration, csv.Error) as error:
            self.fail(file, f"it cannot be computed, something is missing or wrong ({type(error).__name__}: {error})" if not isinstance(error, Untrue) else str(error))
def read(path: str) -> bytes:  # of what is handed over: a folder, a zip, or a PDF that carries one (§1)
    with open(path, "rb") as file: return file.read(MOST_BYTES)
def read_files(path: str) -> dict[str, bytes]:  # all files of a bundle by name
    names = [os.path.join(folder, one) for folder, _, found in os.walk(path) for one in found] or [path]
    if any(map(os.path.islink, names)) or sum(map(os.path.getsize, names)) > MOST_BYTES: raise Untrue("a file is a link, or it is larger than any bundle")
    files = {os.path.relpath(name, path).replace(os.sep, "/"): read(name) for name in names}
    try: return files if names != [path] else unzipped(carried(files["."]) if files["."].startswith(b"%PDF-") else files["."])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError, struct.error) as error: raise Untrue(f"it is no whole zip: {error}") from None
def unzipped(data: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(data)); at = start = archive.start_dir; free, found = 0, dict[str, bytes]()
    for _ in archive.filelist: at += 46 + sum(struct.unpack("<3H", data[at + 28 : at + 34]))
    if data[:4] != b"PK\x03\x04" or data[at:] != struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[len(archive.filelist)] * 2, at - start, start, 0):
        raise Untrue("it is no zip, or something stands before, in or behind its list of files")
    for info in sorted(archive.filelist, key=lambda one: one.header_offset):
        is_known = info.filename in REQUIRED | OPTIONAL or re.fullmatch("payloads/[0-9a-f]{64}", info.filename)
        if not is_known or info.filename in found or info.file_size + sum(map(len, found.values())) > MOST_BYTES:
            raise Untrue(f"the zip holds {info.filename!r} twice, or where no bundle has a file, or more than any bundle")
        head, _, *said, name_length, more = struct.unpack("<4s5H3L2H", data[info.header_offset : info.header_offset + 30])
        begin, sizes = info.header_offset + 30 + name_length + more, [info.CRC, info.compress_size, info.file_size]
        packed, unpacker = data[begin : begin + info.compress_size], zlib.decompressobj(-15)
        is_there = head == b"PK\x03\x04" and data[begin - more - name_length : begin - more] == info.filename.encode() and free <= info.header_offset and begin + len(packed) <= start
        is_same = said[:2] == [info.flag_bits, info.compress_type] and said[4:] in ([sizes, [0, 0, 0]] if info.flag_bits & 8 else [sizes])
        if not (is_there and is_same) or info.flag_bits & 0x41 or info.compress_type not in (0, 8): raise Untrue(f"{info.filename} is not where or what the zip says")
        content = unpacker.decompress(packed, info.file_size + 1) if info.compress_type else packed
        is_whole = len(content) == info.file_size and zlib.crc32(content) == info.CRC and (not info.compress_type or (unpacker.eof and not unpacker.unused_data))
        if not is_whole: raise Untrue(f"{info.filename} unpacks to something else than the zip says")
        found[info.filename], free = content, begin + len(packed)
    return found
def carried(data: bytes) -> bytes:  # the one zip in a PDF
    zips = []
    for match in re.finditer(rb"/Type\s*/EmbeddedFile\b", data):
        start = data.find(b"stream", match.end()); head = data[data.rfind(b" obj", 0, match.start()) : start]
        length, start = re.search(rb"/Length\s+(\d+)", head), start + (8 if data[start + 6 : start + 8] == b"\r\n" else 7)
        raw = data[start : start + int(length[1])] if length else b""; raw = zlib.decompressobj().decompress(raw, MOST_BYTES) if b"FlateDecode" in head else raw
        zips += [raw] * raw.startswith(b"PK")
    if len(zips) != 1: raise Untrue(f"the PDF carries {len(zips)} zips, not one")
    return zips[0]
def stringify(value: Any) -> bytes: return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()  # strict JSON (§2)
def sha256(data: bytes) -> str: return hashlib.sha256(data).hexdigest()
def parse(data: bytes) -> Lists:  # the lists of a JSON file. Written again it has the same bytes: no key stands twice, nothing is left to a reader
    try: is_strict = isinstance(value := json.loads(data), dict) and stringify(value) + b"\n" == data
    except (ValueError, RecursionError) as error:  # half of a character, a lone surrogate, cannot be written either
        raise Untrue(f"it is no JSON of whole characters: {str(error)[:100]}") from None
    if not is_strict: raise Untrue("it is not written as a bundle's files are: a key stands twice, other white space or escapes, or no object")
    lists = {name: told if isinstance(told, list) else [told] for name, told in value.items()}
    for name, row in ((name, row) for name, rows in lists.items() for row in rows):
        told: Any = row.values() if isinstance(row, dict) and list(row) == list(lists[name][0]) else [0]
        texts = [one for value in told for one in (value if isinstance(value, list) else [value])]
        if not all(one is None or isinstance(one, (str, bool)) for one in texts):
            raise Untrue(f"{name} holds something else than rows with the same fields, of texts, true, false and null")
    return lists
def cell(value: Any) -> str:  # in a CSV file (§2)
    text = value if isinstance(value, str) else "" if value is None else "true" if value else "false"
    text = f"'{text}" if re.match("'*[=+@-]", text) and not re.fullmatch("-?[0-9]+", text) else text
    return '"' + text.replace('"', '""') + '"' if re.search('[,"\r\n]', text) else text
def spreadsheet(name: str, lists: Lists) -> bytes:  # as the lists of its JSON file say it
    rows, period = lists[name[:-4]], "epoch" if "epoch" in (lists.get("statement") or [{}])[0] else "month"
    heading = list(rows[0]) if rows else HEADINGS.get(name, "").replace("month", period).split()
    return "".join(f"{line}\n" for line in [",".join(heading), *(",".join(map(cell, row.values())) for row in rows)]).encode("utf-8", "replace")
def hashes_of(name: str, data: bytes, lists: Lists) -> dict[tuple[str, str], str]:  # of the bytes, each field, each row
    found = {(name, ""): sha256(data)}
    if name.endswith(".csv"): lists = {"rows": list(csv.DictReader(io.StringIO(data.decode("utf-8", "replace"), newline="")))}
    for member, rows in lists.items():
        for field in rows[0] if rows else (): found[name, f"{member}.{field}"] = sha256(stringify([row.get(field) for row in rows]))[:16]
        found.update({(name, f"{member}[{at}]"): sha256(stringify(row))[:16] for at, row in enumerate(rows)})
    return found
def check_manifest(report: Report, files: dict[str, bytes]) -> dict[str, Lists]:  # names what was changed; returns the JSON files as lists
    lists = {name: found for name in sorted(files) if name.endswith(".json") and (found := report.attempt(name, parse, files[name])) is not None}
    for name in sorted(REQUIRED - files.keys()): report.fail(name, "it was removed")
    told = {name: spreadsheet(name, lists[of]) for name, of in CSV_OF.items() if name in files and name[:-4] in lists.get(of, {})}
    for name in (name for name in told if told[name] != files[name]): report.fail(name, f"it is not what {CSV_OF[name]} says")
    exact, manifest = {*lists, *(name for name in told if told[name] == files[name])}, lists.pop("manifest.json", {})  # exact: rows and fields say all of them
    if [list(manifest), manifest.get("bundle")] != [["bundle", "hashes"], [{"format": FORMAT}]]:
        report.fail("manifest.json", f"it is not one of the format {FORMAT}", "bundle", "format"); return lists
    theirs, ours = {(row["file"], row["of"]): row["sha256"] for row in manifest["hashes"]}, dict[Any, str]()
    for name in sorted(files.keys() - {"manifest.json"}): ours.update(report.attempt(name, hashes_of, name, files[name], lists.get(name, {})) or {})
    differ = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]
    if len(theirs) != len(manifest["hashes"]) or (not differ and list(theirs) != list(ours)):
        report.fail("manifest.json", "its rows do not stand in order, each once", "hashes", "of")
    for name, found in sorted({name: [of for file, of in differ if file == name] for name, _ in differ}.items()):
        if (name, "") not in theirs or name not in files:
            report.fail(name, "it was removed" if (name, "") in theirs else "it was added")
            report.fail("manifest.json", f"it lists other files than are there: {name}", "hashes", "file")
        if "" not in found or (found == [""] and (name in exact or name not in CSV_OF)):
            report.fail("manifest.json", f"it is not what {name} has: {', '.join(found[:9])}", "hashes", "sha256")
        if "" in found and (found != [""] or name not in exact):
            report.fail(name, "it was changed")
            for place in [of for of in found if of.endswith("]")][:20]:
                fields = [of.partition(".")[2] for of in found if "." in of and place.startswith(f"{of.partition('.')[0]}[")]
                for field in fields or [""]: report.fail(name, "it was changed", place, field)
    report.checked.append(f"All {len(files)} files are as the manifest lists them."); return lists
def encoded(letter: str, value: Any) -> bytes:  # encodings and trees: digests.md §1 to §3, bundles.md §5
    return b"-" if value is None else b"b1:%d" % value if isinstance(value, bool) else b"%s%d:%s" % (letter.encode(), len(str(value).encode()), str(value).encode())
def record(*texts: Any) -> bytes: return b"".join(one if isinstance(one, bytes) else encoded("t", one) for one in texts)  # bytes are encoded already
def leaf(*content: Any) -> bytes: return hashlib.sha256(b"\x00" + record(*content)).digest()
def node(left: bytes, right: bytes) -> bytes: return hashlib.sha256(b"\x01" + left + right).digest()
def id_of(*key: Any) -> str: return str(uuid.uuid5(NAMESPACE, record(*key).decode()))  # of a line, an entry, a statement (§4)
def half(size: int) -> int: return 1 << (size - 1).bit_length() - 1  # the largest power of two below it
def merkle_root(leaves: Sequence[bytes]) -> str: return tree_root(len(leaves), dict(enumerate(leaves)), []) if leaves else sha256(b"")
def tree_root(size: int, leaves: dict[int, bytes], hidden: Sequence[str], is_log: bool = False) -> str:  # of a tree of which some leaves are shown
    places, rest = sorted(leaves), [bytes.fromhex(one) for one in reversed(hidden)]
    def root(low: int, high: int, first: int, last: int) -> bytes:
        if first == last and high == size > low + 1 and not is_log: raise Untrue("its size is not the smallest")
        if first == last or high - low == 1: return rest.pop() if first == last else leaves[low]
        split = bisect.bisect_left(places, middle := low + half(high - low), first, last); return node(root(low, middle, first, split), root(middle, high, split, last))
    if not places or not 0 <= places[0] <= places[-1] < size: raise Untrue("a tree shows leaves that it has not")
    found = root(0, size, 0, len(places)).hex(); return f"{found}, and {len(rest)} hashes are left over" if rest else found
def root_by_path(place: int, size: int, content: bytes, path: list[bytes]) -> bytes:  # the root to which it leads from a leaf
    if size == 1: return b"" if path or place else content
    if place < half(size): return node(root_by_path(place, half(size), content, path[:-1]), path[-1])
    return node(path[-1], root_by_path(place - half(size), size - half(size), content, path[:-1]))
def is_grown(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[str]) -> bool:  # RFC 6962, 2.1.2
    rest = [bytes.fromhex(one) for one in reversed(path)]
    def roots(count: int, whole: int, is_old: bool) -> Sequence[bytes]:
        if count == whole: return [old_root if is_old else rest.pop()] * 2
        left = half(whole); before, now = roots(count, left, is_old) if count <= left else roots(count - left, whole - left, False)
        beside = rest.pop(); return (before, node(now, beside)) if count <= left else (node(beside, before), node(beside, now))
    return 0 < old <= size and list(roots(old, size, True)) == [old_root, root] and not rest
def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:  # Ed25519 (RFC 8032, §7): S below the group's order, coordinates below the field's prime
    prime, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493; curve = -121665 * pow(121666, -1, prime) % prime
    def plus(a: Sequence[int], b: Sequence[int]) -> Sequence[int]:
        k = curve * a[0] * b[0] * a[1] * b[1] % prime
        return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, prime) % prime, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, prime) % prime
    def times(number: int, point: Sequence[int]) -> Sequence[int]:
        twice = times(number // 2, plus(point, point)) if number else (0, 1); return plus(twice, point) if number % 2 else twice
    def point(data: bytes) -> Sequence[int]:
        y, sign = int.from_bytes(data, "little") % 2**255, data[31] >> 7
        square = (y * y - 1) * pow(curve * y * y + 1, -1, prime) % prime; x = pow(square, (prime + 3) // 8, prime)
        x = x if (x * x - square) % prime == 0 else x * pow(2, (prime - 1) // 4, prime) % prime
        if y >= prime or (x * x - square) % prime or (x == 0 and sign): raise Untrue("a key or signature is no point of the curve")
        return x if x & 1 == sign else prime - x, y
    if len(key) != 32 or len(signature) != 64 or (s := int.from_bytes(signature[32:], "little")) >= order: return False
    number = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % order
    return times(s, point(b"\x58" + b"\x66" * 31)) == plus(point(signature[:32]), times(number, point(key)))
def checkpoint(data: bytes, vkeys: Sequence[str]) -> tuple[int, bytes]:  # size and root, where one of the keys signed it
    text, _, lines = data.decode().partition("\n\n"); origin, size, root = [*text.split("\n"), "", ""][:3]
    told = [re.fullmatch("\u2014 ([^ ]+) ([^ ]+)", line) for line in lines.split("\n")]
    for name, number, coded in ([*vkey.strip().split("+", 2), "", ""][:3] for vkey in vkeys):
        key = base64.b64decode(coded, validate=True)
        if number != sha256(name.encode() + b"\n" + key)[:8] or key[:1] != b"\x01": raise Untrue(f"{name[:80]!r} is no key: NAME+8 hex digits+base64")
        signatures = [base64.b64decode(one[2], validate=True) for one in told if one and one[1] == name]
        own = [one[4:] for one in signatures if one[:4].hex() == number]
        if not all(is_signed(key[1:], f"{text}\n".encode(), one) for one in own): raise Untrue(f"the signature of {name} does not fit its text")
        if own and all(told[:-1]) and lines.endswith("\n") and origin == name and INTEGER.fullmatch(size) and len(base64.b64decode(root, validate=True)) == 32:
            return int(size), base64.b64decode(root)
    raise Untrue(f"it is no head of a log that is signed by {' or '.join(vkeys)}")
def share(total: int, weights: Sequence[int]) -> list[int]:  # by largest remainder, ties to the earlier; equally where all weights are 0
    weights = weights if any(weights) else [1] * len(weights); whole = sum(weights); parts = [total * weight // whole for weight in weights]
    for at in sorted(range(len(parts)), key=lambda at: -(total * weights[at] % whole))[: total - sum(parts)]: parts[at] += 1
    return parts
def like(rows: Sequence[Row], of: dict[str, Any]) -> list[Row]: return [row for row in rows if all(row[field] == value for field, value in of.items())]
def newest(rows: Sequence[Row], key: Sequence[str]) -> list[Row]: return list({tuple(row[one] for one in key): row for row in sorted(rows, key=lambda row: row["revision"])}.values())
def month_of(ended_at: str) -> str:  # of the last instant before an end
    year, month = int(ended_at[:4]), int(ended_at[5:7]); return f"{year - (month == 1)}-{(month - 2) % 12 + 1:02d}" if ended_at[8:] == FIRST_INSTANT else ended_at[:7]
def is_sound(rule: Row) -> bool:  # whether a rule can be agreed so (§8.6)
    def both(one: str, other: str) -> bool: return (rule[one] is None) == (rule[other] is None)
    metrics: Any = {None: [None], "VOLUME": ["PERIOD", "INTRODUCED_STAKE"], "GRADUATED": ["PERIOD", "MONTH_TO_DATE", "YEAR_TO_DATE", "LIFETIME"]}[rule["tier_mode"]]
    is_own, is_whole = (rule["attribution_method"], rule["revenue_component"]) == ("CLIENT_REVENUE", "VOTE_REWARDS"), rule["attribution_method"] == "FIXED_SHARE"
    return (both("floor", "floor_window") and both("cap", "cap_window") and rule["tier_metric"] in metrics and not both("commission_rate_bps", "tier_mode") and not (
        rule["carry_losses"] and rule["basis"] != "NET") and not (rule["wallet_attribution"] and is_whole) and (is_own or rule["funded_by"] == rule["revenue_component"]))
class Bundle:  # its lists, and what is known of them (§8)
    def __init__(self, report: Report, lists: dict[str, Lists]) -> None:
        self.report, self.rows, self.met = report, defaultdict[Any, Any](list), set[int]()  # met: overrides that found their line
        for name, of in ((name, file) for file in lists for name in LISTS[file]):
            self.rows[name] = [Row(of, name, place, row) for place, row in enumerate(lists[of][name])]
        (self.one,), (self.about,) = self.rows["statement"], self.rows["about"]
        self.is_month, self.chain, self.partner = "month" in self.one, self.one["chain_id"], self.one["partner_id"]
        self.snapshots, self.withheld = ({row[key]: row for row in self.rows[name]} for name, key in (("snapshots", "id"), ("withheld", "line_id")))
        self.cells: Any = {tuple(row[one] for one in CELL_KEY): (row["amount"], row["state"]) for row in self.rows["cells"]}
        self.named: Dict[str, Any] = defaultdict(set); self.digests: dict[int, str] = {}  # by snapshot, what its inputs name; of terms and periods, by the row
    def check_places(self) -> None:  # rows are the partner's, of their snapshots, once and in order (§4, §8.3)
        for row in (row for name in OF_LAYERS for row in self.rows[name]):
            of, unit = self.snapshots[row["snapshot"]], "month" if "month" in row else "epoch"
            told: Any = {unit: of["period"] if unit == "month" else int(of["period"]), "chain_id": self.chain, "partner_id": self.partner}
            source = row.get("source_period") or of["period"]; at = source if "-" in source else encoded("i", int(source))
            if "statement_id" in row: told["statement_id"] = id_of("statement", self.partner, self.chain, at, unit.upper())
            if "line_id" in row: told["line_id"] = id_of("line", *(row[one] for one in LINE_KEY), self.chain, at, row.get("line_kind") or row["kind"])
            if "entry_id" in row: told.update(statement_id=self.one["statement_id"], entry_id=row["line_id"] if row["kind"] == "FLOOR_TOP_UP" else
                                              id_of("adjustment", row["line_id"], encoded("i", row["number"])))
            self.report.expect(row, "its snapshot, its key, or the statement,", **told)
            if row["state"] != "final" and of["completeness"] != "PARTIAL": self.report.row(row, "state", "its snapshot is called FINAL")
        for row, field in ((one, field) for name in list(self.rows) if name != "answers" for one in self.rows[name] for field in WORDS.keys() & one.keys()):
            if row[field] not in (None, *WORDS[field].split()): self.report.row(row, field, f"it is none of {WORDS[field]}")
        for row in (row for row in self.rows["cells"] if row["kind"] != "COMPONENT" and row["state"] is not None): self.report.row(row, "state", "only a component has one")
        for fields in (("first_slot", "first_block_slot", "last_block_slot", "last_slot"), ("started_at", "ended_at")):
            bounds = [row[one] for row in sorted(self.rows["periods"], key=lambda row: row["epoch"]) for one in fields]
            if bounds != sorted(bounds): self.report.fail("lines.json", "its bounds do not follow each other", "periods", fields[0])
        for name, key in ORDERS.items():
            for before, row in zip(self.rows[name], self.rows[name][1:]):
                if [before[one] for one in key] >= [row[one] for one in key]: self.report.row(row, key[0], "it stands twice, or not in its order")
        held = {row["line_id"] for row in self.rows["lines"] if row["held"]}
        for name, rows in {"snapshots": self.snapshots, "withheld": held & self.withheld.keys(), "cells": self.cells}.items():
            for row in self.rows[name][len(rows):]: self.report.row(row, "", "one of these stands twice, or is of no held line")
    def row_leaf(self, row: Row) -> bytes:  # the leaf of a row of a layer; of a line whose reason is withheld it is given
        if row.list == "lines" and row["line_id"] in self.withheld: return bytes.fromhex(self.withheld[row["line_id"]]["leaf"])
        of = self.snapshots[row["snapshot"]]; later = {"lines": SECOND, "epochs": ["blocked_count"]}.get(row.list, []) if of["version"] < 2 else []
        self.report.expect(row, "a layer of version 1", **dict.fromkeys(later)); return leaf(row["salt"], "aurora.row.1", of["asset"], row.columns(*later))
    def log_leaves(self) -> dict[int, bytes]:  # the publications and evidence of the snapshots, by their places in the log
        found: dict[int, bytes] = {}
        for at, row in enumerate(self.rows["snapshots"], 1):
            leaves = {"publication": leaf(self.published(row))}
            if row["evidence"] is not None:
                leaves["evidence"] = leaf("aurora.evidence.1", row["asset"], row["chain_id"], row["period"], *(encoded("t", row[one]) for one in ("content_digest", "lineage_digest", *ROOTS)))
            for field in (field for field in leaves if row[field] in found or (field == "evidence" and row[field] <= row["publication"])): self.report.row(row, field, "something else stands there in the log")
            if len({row[one] is None for one in ("evidence", *ROOTS)}) > 1: self.report.row(row, "evidence", "it is there, or its roots are, and not both")
            found.update({row[field]: content for field, content in leaves.items()}); self.report.expect(row, "its place", id=f"s{at}", chain_id=self.chain)
        rows, orders = sorted(self.rows["snapshots"], key=lambda one: one["sequence"]), ("sequence", "publication", "published_at")
        for before, row in zip(rows, rows[1:]):
            if before["sequence"] + 1 == row["sequence"]: self.report.expect(row, "the publication before it", previous_hash=sha256(self.published(before)))
            for field in (one for one in orders if before[one] > row[one] or before["sequence"] == row["sequence"]): self.report.row(row, field, "it is less than before it")
        return found
    def published(self, row: Row) -> bytes:  # the record of a publication
        head, tail = ([encoded(row.letter(one), row[one]) for one in names.split()] for names in (
            "sequence published_at snapshot_id asset chain_id", "content_digest lineage_digest completeness record previous_hash"))
        return record("aurora.publication.2", *head, row["period"] if "-" in row["period"] else encoded("i", int(row["period"])), *tail)
    def check_trees(self, size: int, root: bytes) -> None:  # every tree leads to its root, and every row is in one (§5)
        trees, contents = defaultdict(dict, {("log", "log"): self.log_leaves()}), defaultdict[Any, Any](list)
        for row in (row for name in OF_LAYERS for row in self.rows[name]): contents[row["snapshot"], "content"].append(row)
        for row in (*self.rows["inputs"], *self.rows["cells"]):
            trees[row["snapshot"], row.list][row["index"]] = leaf(row["salt"], f"aurora.{row.list[:-1]}.1", row.columns())
        for line, held in ((row, self.withheld[row["line_id"]]) for row in self.rows["lines"] if row["line_id"] in self.withheld):
            trees[line["snapshot"], "cells"][held["index"]] = leaf(held["salt"], "aurora.line.1", line.columns("reason"))
            self.report.expect(line, "that it is withheld", reason=None, salt=None)
        roots = {(name, kind.split("_")[0]): row[kind] for name, row in self.snapshots.items() for kind in ("content_digest", *ROOTS)}
        roots["log", "log"], told = root.hex(), {(row["of"], row["kind"]): row for row in self.rows["trees"]}
        for key in sorted({*trees, *contents, *told}):
            try:
                spans = [one.partition("-")[::2] for one in told[key]["shown"]]; places = [at for low, high in spans for at in range(int(low), int(high or low) + 1)]
                leaves = dict(zip(places, map(self.row_leaf, contents[key]))) if key in contents else trees[key]
                is_whole = sorted(leaves) == places and len(places) == len(contents.get(key, leaves)) and (key[0] != "log" or told[key]["size"] == size)
                found = tree_root(told[key]["size"], leaves, told[key]["hashes"], key[0] == "log") if is_whole else "none of this size"
            except (Untrue, LookupError, ValueError, TypeError) as problem: found = f"none ({problem})"
            if found != roots.get(key):
                of = self.snapshots.get(key[0], {"asset": "the log", "period": ""})
                words = f"the tree {key[1]} of {of['asset']} {of['period']} has the root {found}, not {roots.get(key)}"
                self.report.fail("proof.json", f"{words}: it was changed, or what it proves", "trees", "hashes")
                unseen = [row for row in self.rows["lines"] if row["line_id"] in self.withheld and row["snapshot"] == key[0]]
                for row in contents.get(key, [*self.rows["cells"], *unseen] if key[1] == "cells" else []):
                    self.report.fail(row.file, f"{words}: a row was changed, added or removed", row.list)
        self.report.checked.append(f"{len(told)} Merkle trees lead from the rows to {len(self.snapshots)} publications, and these to a log of {size} records.")
    def check_log(self, files: dict[str, bytes], keys: Sequence[str], previous: str | None) -> None:  # signed, covering, grown (§7)
        (told,), vkey = self.rows["log"], self.rows["log"][0]["vkey"]
        if keys and vkey not in keys: self.report.row(told, "vkey", "it is not a key that was given")
        size, root = checkpoint(files["checkpoint"], [vkey]); self.report.attempt("proof.json", self.check_trees, size, root)
        proof, _, note = files["statement.tlog-proof"].partition(b"\n\n")
        (first, index, *path), place = proof.decode("utf-8", "replace").split("\n"), self.snapshots[self.one["snapshot"]]["publication"]
        found = root_by_path(place, size, self.log_leaves()[place], [base64.b64decode(one, validate=True) for one in path])
        if (first, index, note, found) != ("c2sp.org/tlog-proof@v1", f"index {place}", files["checkpoint"], root):
            self.report.fail("statement.tlog-proof", "it does not prove that the statement stands under the checkpoint")
        for row in (row for row in self.rows["consistency"] if not is_grown(row["size"], bytes.fromhex(row["root"]), size, root, row["hashes"])):
            self.report.row(row, "hashes", "the log did not grow out of one with this root")
        whose = "the key that you gave" if keys else "a key that the bundle itself names: ask the operator for its key by another way, and pass it with --key"
        self.report.checked.append(f"The head of the log is signed with {whose} ({vkey}).")
        if previous is not None:
            old, old_root = checkpoint(read(previous), [vkey, *keys]); kept = {size: root.hex(), **{row["size"]: row["root"] for row in self.rows["consistency"]}}
            rewritten = f"your checkpoint of {old} records is not the beginning of this log: history was rewritten"
            if kept.get(old) != old_root.hex(): self.report.fail("checkpoint", rewritten if old in kept else f"no proof from {old} records is in the bundle")
            self.report.checked.append(f"The log grew out of the one of {old} records that you kept: nothing before it was rewritten.")
    def check_inputs(self) -> None:  # inputs name what is in the bundle, and every decision and period in it is an input of something (§5)
        found = {("snapshot", row["lineage_digest"]): row for row in self.rows["snapshots"]}
        found.update({("fetch", row["fetch_digest"]): row for row in self.rows["fetches"]}); own = {None, *(row["agreement_id"] for row in self.rows["agreements"])}
        for row in (row for name in (*LISTS["agreements.json"], "periods") for row in self.rows[name]):
            tag = ("aurora.period.1",) if row.list == "periods" else ("aurora.decision.1", row.list)
            self.digests[id(row)] = digest = sha256(record(*tag, row.columns())); found[row.list, digest] = row
            self.report.expect(row, "the statement", **{one: told for one, told in (("partner_id", self.partner), ("chain_id", self.chain)) if row.get(one) is not None})
            if row.get("agreement_id") not in own: self.report.row(row, "agreement_id", "it is of none of the partner's agreements")
            if row.list == "agreement_rules" and not is_sound(row): self.report.row(row, "rule_key", "of two fields that belong together one is missing or another")
        for row in self.rows["inputs"]:
            self.named[row["snapshot"]].add(row["digest"]); kind, name = row["kind"], row["name"]
            of = found.get(({"decision": name.partition(":")[0], "period": "periods"}.get(kind, kind), row["digest"]))
            if of is None or (kind != "fetch" and name != self.name_of(of)):
                self.report.row(row, "digest" if of is None else "name", f"the bundle has no {kind} {row['name']} of this digest")
                file = {"decision": "agreements.json", "period": "lines.json"}.get(kind, "proof.json")
                self.report.fail(file, f"there is no {row['name']} as the figures rest on it: it was changed or removed")
            elif kind == "snapshot" and of["sequence"] >= self.snapshots[row["snapshot"]]["sequence"]: self.report.row(of, "sequence", "what rests on it was published before it")
        places = [((row["snapshot"], row.list, *(row[one] for one in INPUT_ORDERS[row.list])), row) for name in INPUT_ORDERS for row in self.rows[name]]
        places += [((row["snapshot"], "cells~", row["line_id"]), self.withheld[row["line_id"]]) for row in self.rows["lines"] if row["line_id"] in self.withheld]
        for (before, one), (after, row) in zip(ordered := sorted(places, key=lambda one: one[0]), ordered[1:]):
            if (before[0], before[1][:5]) == (after[0], after[1][:5]) and one["index"] >= row["index"]: self.report.row(row, "index", "it does not stand in its order")
        used = {digest for digests in self.named.values() for digest in digests}
        for row in (row for (_, digest), row in found.items() if digest not in used and id(row) in self.digests):
            self.report.row(row, "", "no figure rests on this row: it was changed, or it never counted")
        self.report.checked.append(f"{len(self.digests)} terms, wallets and periods are those, and no others, that were recorded when the figures were computed.")
    def name_of(self, row: Row) -> str:  # of what inputs name: by its key (§5)
        if row.list in ("snapshots", "periods"): return f"{row['asset']}@{row['chain_id']}:{row['period']}" if "asset" in row else f"{row['chain_id']}:{row['epoch']:07d}"
        told = [re.sub(r"(\.0{6})?Z$", "+00:00", row[one]) if row.letter(one) == "z" else str(row[one]) for one in list(row)[:KEY_SIZES[row.list]]]
        return f"{row.list}:{'/'.join([*told[1:5], told[0], *told[5:]] if row.list == 'commission_overrides' else told)}"
    def check_payloads(self, files: dict[str, bytes]) -> None:  # what providers sent is what the fetches commit to (§9)
        told = {(row["snapshot"], row["name"], row["digest"]) for row in self.rows["inputs"] if row["kind"] == "fetch"}
        for _, name, _ in sorted({(row["snapshot"], row["name"], row["fetch_digest"]) for row in self.rows["fetches"]} ^ told):
            self.report.fail("payloads.json", f"{name} is no input of its snapshot, or it is and not here", "fetches", "name")
        asked, bodies = {row["fetch_digest"] for row in self.rows["fetches"]}, {f"payloads/{row['response_hash']}" for row in self.rows["answers"]}
        for name in (name for name in files if name.startswith("payloads/") and name not in bodies): self.report.fail(name, "it is no answer of any fetch")
        for row in self.rows["answers"]:
            if row["fetch_digest"] not in asked: self.report.row(row, "fetch_digest", "it is of no fetch")
            if sha256(files.get(f"payloads/{row['response_hash']}", b"-")) != row["response_hash"]: self.report.row(row, "response_hash", "the body of this answer was changed or removed")
        for row in self.rows["fetches"]:
            answers = [leaf("aurora.response.2", *(one[name] for name in ("request_key", "question", "request")), encoded("i", one["status"]), one["response_hash"])
                       for one in like(self.rows["answers"], {"fetch_digest": row["fetch_digest"]})]
            self.report.expect(row, "its answers", fetch_digest=sha256(record("aurora.fetch.2", *(row[one] if row[one] is not None else b"-" for one in (
                "kind", "state", "verdict", "reason")), merkle_root(answers))))
    def named_by(self, snapshot: str, name: str, **of: Any) -> list[Row]:  # the decisions, periods or snapshots that a snapshot names
        return [row for row in like(self.rows[name], of) if self.digests.get(id(row), row.get("lineage_digest")) in self.named[snapshot]]
    def results(self, snapshot: str, rule: Row) -> list[Row]:  # what a rule came to in the epochs that a snapshot names
        ids = [row["id"] for row in self.named_by(snapshot, "snapshots", asset=RESULTS)]
        return [row for row in like(self.rows["rules"], {one: rule[one] for one in LINE_KEY[:2]}) if row["snapshot"] in ids]
    def base_of(self, epoch: Row) -> tuple[str, Row]:  # the snapshot of its lines, and its period as that one names it (§8.3)
        place = {"chain_id": self.chain, "period": f"{epoch['epoch']:07d}"}; (of,) = self.named_by(epoch["snapshot"], "snapshots", asset=LINES, **place)
        if not all(self.named_by(of["id"], "snapshots", asset=asset, **place) for asset in BELOW):
            self.report.row(of, "inputs_root", "the lines rest on no income, stake or rewards of their epoch")
        (period,) = self.named_by(of["id"], "periods", chain_id=self.chain, epoch=epoch["epoch"]); return of["id"], period
    def partner_name(self, row: Row) -> Any: return newest(self.named_by(row["snapshot"], "partners"), ["partner_id"])[0]["name"]
    def overrides(self, of: str, epoch: Row) -> list[Row]:  # that say an amount
        named = self.named_by(of, "commission_overrides", chain_id=self.chain, epoch=epoch["epoch"]); return [one for one in newest(named, ("target", *LINE_KEY)) if one["amount"] is not None]
    def check_epoch(self, epoch: Row) -> dict[str, int]:  # it says what its lines come to (§8.3 to 8.5); returns what it counts for the whole
        lines, (of, period) = like(self.rows["lines"], {"epoch": epoch["epoch"]}), self.base_of(epoch)
        if not self.named_by(self.one["snapshot"], "snapshots", id=epoch["snapshot"]) or any(row["snapshot"] != of for row in lines):
            self.report.row(epoch, "snapshot", "the statement does not rest on it, or it does not on these lines")
        due, held = ([row["final"] for row in lines if row["final"] is not None and row["held"] is it] for it in (False, True))
        sums = {"line_count": len(lines), "held_count": len(held), "missing_count": len(lines) - len(due) - len(held), "known_total": sum(due),
                "held_total": sum(held), "blocked_count": sum(id(row) not in self.met for row in self.overrides(of, epoch))}
        is_open, told = sums["missing_count"] or sums["blocked_count"], sums if self.snapshots[epoch["snapshot"]]["version"] > 1 else {**sums, "blocked_count": None}
        self.report.expect(epoch, "its lines", **told, lines_total=None if is_open else sum(due), lines_digest=merkle_root([self.row_leaf(row) for row in lines]),
                           state="partial" if is_open or any(row["state"] != "final" for row in lines) else "final",
                           started_at=period["started_at"], ended_at=period["ended_at"], partner_name=self.partner_name(epoch))
        self.report.expect(self.one, "its epoch", **({"month": month_of(period["ended_at"])} if self.is_month else {"epoch": epoch["epoch"]}))
        return {**sums, "unsettled_count": sum(row["final"] is None or row["held"] or row["state"] != "final" for row in lines)}
    def check_entries(self, sums: dict[str, int]) -> None:  # now less stated; and floors per MONTH (§8.5, 8.9)
        one, due, epochs = self.one, dict[Any, Any](), {row["epoch"]: row for row in self.rows["epochs"]}
        adjusted = {"statement_id": one["statement_id"], "kind": "ADJUSTMENT", "state": "final"}
        same = {**adjusted, **dict.fromkeys(("kind", "line_kind"), "FLOOR_TOP_UP"), **dict.fromkeys(("cause", "disputed_on", "stated")), "number": 1}
        same.update({"source_period": one.get("month"), "validator_key": "", "wallet_address": ""})
        for rule, _ in self.in_force(*self.base_of(epochs[max(epochs)])) if epochs and self.is_month and one["number"] else []:
            months = [row for row in self.results(one["snapshot"], rule) if row["epoch"] in epochs]
            paid, base = sum(row["computed"] + row["cap_reduction"] for row in months), sum(row["base"] for row in months)
            amount = None if any(row["missing_count"] for row in months) else max(0, (rule["floor"] or 0) - paid) if base else 0
            if rule["floor_window"] == "MONTH" and amount != 0: due[rule["agreement_id"], rule["rule_key"]] = {
                **same, "now": amount, "amount": amount, "agreement_version": rule["version"], "component": rule["revenue_component"],
                "state": "partial" if amount is None else "final"}
        for row, is_floor in ((row, row["kind"] == "FLOOR_TOP_UP") for row in self.rows["entries"]):
            told: Any = due.pop((row["agreement_id"], row["rule_key"]), adjusted) if is_floor else dict(adjusted, amount=row["now"] - row["stated"])
            for rule in like(self.rows["agreement_rules"], {**{one: row[one] for one in LINE_KEY[:2]}, "version": row["agreement_version"]}): told["component"] = rule["revenue_component"]
            self.report.expect(row, "the floor" if is_floor else "now less stated", **told)
            if not is_floor and (row["cause"] is None or (row["agreement_version"] is None and row["now"])): self.report.row(row, "cause", "it has no cause, or a line that is gone an amount")
            sums["top_ups" if is_floor else "adjustments"] += row["amount"] or 0
            sums.update({field: sums[field] + (row["amount"] is None) for field in ("missing_count", "unsettled_count")})
        for names in due: self.report.fail("statement.json", f"the floor of {'/'.join(names)} is not topped up", "entries")
    def balanced(self, row: Row, minimum: int) -> dict[str, Any]:  # what follows from a statement's own sums and counts (§8.5)
        known, is_open = (row["opening"] or 0) + row["lines"] + row["top_ups"] + row["adjustments"], row["missing_count"] or row["blocked_count"]
        payable, digest = known if known > 0 and known >= minimum else 0, record("aurora.statement.1", self.snapshots[row["snapshot"]]["asset"], row.columns("statement_digest"))
        if row["unsettled_count"] < row["held_count"] + row["missing_count"] or row["line_count"] < row["held_count"] or (row["held_total"] and not row["held_count"]):
            self.report.row(row, "unsettled_count", "held or missing lines are not counted")
        told: Any = {"payable": payable, "closing": known - payable, "payable_series": "MONTH" if "month" in row else "EPOCH"}
        if row["number"] is None: told = dict.fromkeys(("opening", "minimum_payout", "payable", "closing"))
        elif row["opening"] is None or row["minimum_payout"] is None: self.report.row(row, "opening", "a statement with a number has an opening balance and a least payout")
        return {**told, "known_total": known, "total": None if is_open else known, "statement_digest": sha256(digest),
                "state": "partial" if is_open or row["unsettled_count"] or row["number"] is None else "final"}
    def check_statement(self) -> None:  # EPOCH statements and entries make the statement, and it follows the one before (§8.4, 8.5)
        one, epochs, sums = self.one, self.rows["epochs"], dict.fromkeys(COUNTED, 0)
        self.report.expect(self.about, "the statement", format=FORMAT, kind="MONTH" if self.is_month else "EPOCH"); self.check_entries(sums)
        for counts in map(self.check_epoch, epochs): sums.update({field: sums[field] + count for field, count in counts.items()})
        before: Any = {"closing": sum(row["opening"] for row in self.named_by(one["snapshot"], "statement_openings")), "number": 0}
        for before in self.rows["previous"]:
            self.report.expect(before, "its columns", **self.balanced(before, before["minimum_payout"]), **({"month": month_of(before["ended_at"])} if "month" in before else {}))
            if not before["started_at"] <= before["ended_at"] <= one["started_at"]: self.report.row(before, "ended_at", "it does not lie before the statement")
        start = f"{one.get('month') or month_of(one['ended_at'])}-{FIRST_INSTANT}"
        def decided(name: str, field: str, default: Any) -> Any: return max([(row["change_number"], row[field]) for row in self.named_by(one["snapshot"], name)
                                                                             if row["effective_from"] <= start], default=(0, default))[1]
        minimum, series = decided("partner_minimum_payouts", "minimum_payout", 0), decided("partner_series", "payable_series", "MONTH")
        numbered = {"opening": before["closing"], "minimum_payout": minimum, "number": before["number"] + 1}
        told = dict(sums, lines=sums["known_total"], **(numbered if one["number"] is not None else dict.fromkeys(numbered)))
        entries = [leaf("aurora.row.1", self.snapshots[row["snapshot"]]["asset"], row.columns()) for row in self.rows["entries"]]
        self.report.expect(one, "what it is made of", **{**told, **self.balanced(one, minimum), "payable_series": series}, partner_name=self.partner_name(one), entries_digest=merkle_root(entries),
                           started_at=epochs[0]["started_at"], ended_at=epochs[-1]["ended_at"], lines_digest=merkle_root([leaf(row["lines_digest"]) for row in epochs]))
        self.report.checked.append(f"The balance, from opening to closing, is the sum of {sums['line_count']} lines in {len(epochs)} epochs, and of {len(entries)} adjustments and top-ups.")
    def in_force(self, of: str, period: Row) -> list[tuple[Row, list[Row]]]:  # rules at the last instant of an epoch, and those beside each (§8.6)
        end, found = period["ended_at"], []
        for own in ({"agreement_id": row["agreement_id"]} for row in self.named_by(of, "agreements", partner_id=self.partner)):
            events = [(row["effective_from"], row["event_number"], row["status"]) for row in self.named_by(of, "agreement_events", **own)]
            dated = [row for row in self.named_by(of, "agreement_versions", **own) if row["valid_from"] < end <= (row["valid_until"] or end)]
            if dated and max([event for event in events if event[0] < end], default=("", 0, ""))[2] == "ACTIVE":
                rules = self.named_by(of, "agreement_rules", **own, version=max(row["version"] for row in dated))
                found += [(rule, rules) for rule in rules if rule["chain_id"] in (None, self.chain)]
        return found
    def figures(self, line: Row, rule: Row, wallets: Sequence[str]) -> tuple[dict[str, Any], dict[str, int]]:  # what a line rests on, and each wallet weighs (§8.7)
        def told(kind: str, name: str, wallet: str = "") -> Any: return self.cells.get((line["snapshot"], line["validator_key"], kind, name, wallet), (None,))[0]
        component, method = rule["revenue_component"], rule["attribution_method"]; is_own = method == "CLIENT_REVENUE" and component == "VOTE_REWARDS"
        is_of_rewards = is_own or (method == "CLIENT_REVENUE" and component == "COMMISSION" and told("TOTAL", "STAKER_REWARDS") != 0)
        kind, is_net = "STAKER_REWARDS" if is_of_rewards else "ACTIVE_STAKE", rule["basis"] == "NET" and not is_own
        whole = None if method == "FIXED_SHARE" else told("TOTAL", kind)
        weights = {one: told("WALLET", kind, one) for one in wallets if whole is not None and told("WALLET", kind, one) is not None}
        part = revenue = None if is_own else told("COMPONENT", component)
        costs, lost = (told("COSTS", component), self.loss_before(line) if rule["carry_losses"] else None) if is_net else (None, None)
        rest = None if revenue is None or costs is None else revenue - costs - (lost or 0)
        if is_net: part = rest if rest is None else max(0, rest)
        weight = None if whole is None else sum(weights.values()); base = weight if is_own else part
        if method != "FIXED_SHARE" and not is_own: base = None if part is None or weight is None else part * weight // whole if whole else 0
        return {"revenue": revenue, "costs": costs, "loss_before": lost, "loss_after": lost if lost is None or rest is None else max(0, -rest), "base": base,
                "weighted_by": None if weight is None else kind, "weight": weight, "weight_whole": None if is_own else whole}, weights
    def loss_before(self, line: Row) -> Any:  # of the newest earlier line that the bundle has and the line names; else as the line says
        ids = {row["id"] for row in self.named_by(line["snapshot"], "snapshots", asset=LINES)}
        rows = [row for row in like(self.rows["lines"], {one: line[one] for one in LINE_KEY[:3]}) if row["snapshot"] in ids and row["loss_after"] is not None]
        return max(((row["epoch"], row["loss_after"]) for row in rows), default=(0, line["loss_before"] or 0))[1]
    def earlier(self, of: str, rule: Row, period: Row, field: str, window: str) -> int:  # in a window; a LIFETIME has no beginning
        ends = {row["epoch"]: month_of(row["ended_at"])[:{"YEAR_TO_DATE": 4, "LIFETIME": 0}.get(window, 7)] for row in self.rows["periods"]}
        return sum(row[field] for row in self.results(of, rule) if row["epoch"] < period["epoch"] and ends[row["epoch"]] == ends[period["epoch"]])
    def tiered(self, of: str, rule: Row, period: Row, base: int, wallets: Sequence[str]) -> tuple[dict[str, Any], Any, Any]:  # the metric, the amount, and how in words (§8.8)
        if not rule["tier_mode"]: return dict.fromkeys(("metric", "metric_start", "metric_end")), None, None
        metric, start, key = rule["tier_metric"], None, {one: rule[one] for one in ("agreement_id", "version", "rule_key")}
        rows = sorted(self.named_by(of, "agreement_rule_tiers", **key), key=lambda row: row["tier"])
        tiers = [(10**60 if row["up_to"] is None else row["up_to"], row["rate_bps"]) for row in rows]
        if [row["tier"] for row in rows] != list(range(1, len(rows) + 1)) or sorted({0, *(end for end, _ in tiers)}) != [0, *(end for end, _ in tiers)] or tiers[-1][0] != 10**60:
            raise Untrue(f"the tiers of {rule['rule_key']} do not follow each other from 1 to one that is open")
        if metric in ("MONTH_TO_DATE", "YEAR_TO_DATE", "LIFETIME"): start = self.earlier(of, rule, period, "base", metric)
        reached = (start or 0) + base if metric != "INTRODUCED_STAKE" else sum(amount for (snapshot, validator, kind, name, wallet), (amount, _) in self.cells.items()
            if (snapshot, kind, name) == (of, "WALLET", "ACTIVE_STAKE") and wallet in wallets and self.matches(rule, validator))
        def graduated(whole: int) -> tuple[int, str]:
            parts = [(min(whole, up_to) - min(whole, low), rate) for (low, _), (up_to, rate) in zip([(0, 0), *tiers], tiers)]
            words = " + ".join(f"{part} x {rate}" for part, rate in [one for one in parts if one[0]] or parts[:1])
            return sum(part * rate for part, rate in parts) // 10000, f"floor({f'({words})' if '+' in words else words} / 10000)"
        (until, words), (begun, earlier) = graduated((start or 0) + base), graduated(start or 0); amount, trace = until - begun, f"{words} = {until}"
        if start is not None: trace = f"{words} - {earlier} = {until} - {begun} = {amount}, {metric} from {start}"
        if rule["tier_mode"] == "VOLUME":
            rate = next(rate for up_to, rate in tiers if reached <= up_to)
            amount, trace = base * rate // 10000, f"floor({base} x {rate} / 10000) = {base * rate // 10000}, at the rate of {metric} {reached}"
        return {"metric": metric, "metric_start": start, "metric_end": reached}, amount, trace
    def matches(self, rule: Row, validator: str) -> bool:  # by its key, or by a pattern
        return rule["chain_id"] in (None, self.chain) and (rule["validator_key"] in (None, validator) or fnmatch.fnmatchcase(validator, rule["validator_key"]))
    def check_rule(self, epoch: Row, of: str, period: Row, rule: Row, beside: list[Row], lines: list[Row]) -> None:  # all that its lines say (§8.8, 8.9)
        end, key, cap, by_stake = period["ended_at"], {field: rule[field] for field in LINE_KEY[:2]}, rule["cap"], rule["wallet_attribution"]
        found: Any = {(row["kind"], row["validator_key"], row["wallet_address"]): row for row in lines}
        firsts = {validator: row for (kind, validator, _), row in sorted(found.items(), key=lambda item: item[0]) if kind == "LINE"}
        owned = newest(self.named_by(of, "partner_wallets", chain_id=self.chain, partner_id=self.partner), ["wallet_address"])
        wallets = sorted(row["wallet_address"] for row in owned if row["introduced_at"] < end <= (row["ended_at"] or end))
        others = [] if rule["stacks"] else like(beside, {"stacks": False, "revenue_component": rule["revenue_component"]})
        for validator, line in firsts.items():
            if not self.matches(rule, validator) or any(self.matches(one, validator) for one in others if one["rule_order"] < rule["rule_order"]):
                self.report.row(line, "rule_key", "the rule does not match this validator, or another one pays for it")
        rests = {validator: self.figures(line, rule, wallets) for validator, line in firsts.items()}
        bases = {validator: rest["base"] for validator, (rest, _) in rests.items() if rest["base"] is not None}
        base, missing = sum(bases.values()), len(rests) - len(bases); metric, amount, trace = self.tiered(of, rule, period, base, wallets)
        flat = [part * (rule["commission_rate_bps"] or 0) // 10000 for part in bases.values()]
        computed = dict(zip(bases, flat if amount is None else share(amount, list(bases.values()))))
        paid, begun = sum(computed.values()), self.earlier(of, rule, period, "computed", "MONTH") if rule["cap_window"] == "MONTH" else None
        cut = 0 if cap is None else paid - min(cap, (begun or 0) + paid) + min(cap, begun or 0); is_clamped = bool(rule["tier_mode"] or cap is not None)
        is_own = (rule["attribution_method"], rule["revenue_component"]) == ("CLIENT_REVENUE", "VOTE_REWARDS"); is_unsure = is_clamped or is_own or rule["basis"] == "NET"
        cap_trace = f"min({cap}, {paid}) - {paid} = {-cut}" if begun is None else f"min({cap}, {begun + paid}) - min({cap}, {begun}) - {paid} = {-cut}, MONTH from {begun}"
        cuts, overrides = dict(zip(computed, share(cut, list(computed.values())))), like(self.overrides(of, epoch), key)
        total = next((row["amount"] for row in overrides if row["target"] == "RULE" and rests), None)
        given = dict(zip(rests, share(total or 0, [computed.get(one, 0) for one in rests])))
        stated = {(row["validator_key"], row["wallet_address"]): row for row in overrides if total is None and row["target"] == "LINE"}
        self.met |= {id(row) for row in overrides if (rests if row["target"] == "RULE" else ("LINE", row["validator_key"], row["wallet_address"]) in found)
                     and (total is None or row["target"] == "RULE")}
        same = dict(key, agreement_version=rule["version"], component=rule["revenue_component"], funded_by=rule["funded_by"],
                    **{field: rule[field] for field in ("rule_order", "attribution_method", "basis")})
        nothing, expected = dict(same, **dict.fromkeys(NOT_OF_CUTS)), dict[Any, Any]()
        def ending(value: Any, instead: Any) -> Any: return {"computed": value, "override": instead, "final": value if instead is None else instead}
        for validator, (rest, weights) in rests.items():
            mine, off = computed.get(validator), cuts.get(validator, 0); is_split = bool(by_stake and weights and mine is not None)
            def split(value: Any, by: Any) -> Any: return share(value, list(by)) if is_split else [value]  # noqa: B023
            each = split(mine, weights.values())
            for wallet, part, taken, instead in zip(weights if is_split else [""], each, split(off, each), split(given[validator], weights.values())):
                instead = instead if total is not None else stated.get((validator, wallet), {"amount": None})["amount"]
                line, claim = found.get(("LINE", validator, wallet), {}), 0 if part is None else part - taken
                claim = claim if instead is None or part is None else min(instead, claim)
                weight, held = weights[wallet] if is_split else None, bool(claim and line.get("held"))
                expected["LINE", validator, wallet] = dict(same, **rest, **ending(part, instead), rate_bps=rule["commission_rate_bps"], held=held,
                    rule_base=None if amount is None else base, rule_amount=amount, rule_trace=trace, validator_amount=mine if is_split else None, wallet_weight=weight)
                known, is_open = self.cells.get((of, validator, "COMPONENT", rule["revenue_component"] * (not is_own), ""), (0, "final"))[1], missing and (is_clamped or total is not None)
                states = [known] if known != "final" else ["pending", "partial", "unavailable"] if part is None else ["partial"] if is_open else ["final"] + ["partial"] * is_unsure
                if line and line["state"] not in states: self.report.row(line, "state", f"its figures give {' or '.join(map(str, states))}")
                if taken: expected["CAP_REDUCTION", validator, wallet] = {
                    **nothing, **ending(-taken, None if instead is None else 0), "base": mine, "rule_base": paid, "rule_amount": -cut, "rule_trace": cap_trace, "held": held,
                    "state": line.get("state"), "validator_amount": -off if is_split else None, "wallet_weight": part if is_split else None}
        results = like(self.results(self.one["snapshot"], rule), {"epoch": epoch["epoch"]}) or like(self.rows["rules"], {**key, "epoch": epoch["epoch"]})
        result, limit = max(results, key=lambda row: self.snapshots[row["snapshot"]]["sequence"]), rule["floor"] if rule["floor_window"] == "PERIOD" else None
        is_final = all(row["state"] == "final" for place, row in found.items() if place[0] == "LINE")
        top_up: Any = 0 if limit is None else None if missing else max(0, limit - paid + cut) if base else 0
        if limit is not None and not is_final and result["floor_top_up"] is None: top_up = None  # it waits for an earlier figure
        state = "final" if is_final and top_up is not None else "partial"
        if top_up != 0: expected["FLOOR_TOP_UP", "", ""] = {**nothing, **ending(top_up, None if total is None else 0), "rule_base": paid - cut, "held": False, "rule_amount": top_up,
                "rule_trace": None if top_up is None else f"{limit} - {paid - cut} = {top_up}", "state": state, "funded_by": "OPERATOR_GUARANTEE"}
        for place in sorted({*expected, *found}):
            told = {field: value for field, value in expected.get(place, {}).items() if self.snapshots[of]["version"] > 1 or field not in SECOND}
            if place in expected and place in found: self.report.expect(found[place], "its rule", **told)
            else: self.report.row(found.get(place, result), "kind" if place in found else "rule_key", f"a line too few or too many: {' '.join(place)}")
        finals = [row["final"] for row in expected.values()]
        self.report.expect(result, "its lines", **metric, agreement_version=rule["version"], validator_count=len(rests), missing_count=missing, base=base, computed=paid, cap=cap,
                           cap_start=begun, cap_reduction=-cut, floor=rule["floor"], floor_top_up=top_up, override=total, final=None if None in finals else sum(finals), state=state)
    def check_lines(self) -> None:  # every line belongs to a rule that was in force when its epoch ended (§8.6 to 8.9)
        rules, count = defaultdict[Any, Any](list), 0
        for line in self.rows["lines"]: rules[line["epoch"], line["snapshot"], line["agreement_id"], line["rule_key"]].append(line)
        for epoch in self.rows["epochs"]:
            of, period = self.base_of(epoch)
            for rule, beside in self.in_force(of, period):
                lines, count = rules.pop((epoch["epoch"], of, rule["agreement_id"], rule["rule_key"]), []), count + 1
                self.report.attempt("lines.json", self.check_rule, epoch, of, period, rule, beside, lines)
        for lines in rules.values(): self.report.row(lines[0], "rule_key", "its rule was not in force when its epoch ended, or its epoch is not here")
        self.report.checked.append(f"All {len(self.rows['lines'])} lines, of {count} rules and epochs, follow from income, stake and the terms then in force.")
def verify(files: dict[str, bytes], *keys: str | None, previous: str | None = None) -> Report:  # what holds
    report = Report(); lists = check_manifest(report, files)
    wrong = [file for file in LISTS if (file in lists or file in REQUIRED) and list(lists.get(file, {})) != LISTS[file]]
    for file in wrong: report.fail(file, "it has not the lists of a bundle")
    bundle = None if wrong else report.attempt("statement.json", Bundle, report, lists)
    if bundle:
        report.attempt("checkpoint", bundle.check_log, files, [key.strip() for key in keys if key], previous)
        report.attempt("payloads.json", bundle.check_payloads, files)
        for file, check in (("statement", bundle.check_places), ("proof", bundle.check_inputs), ("lines", bundle.check_lines),
                            ("statement", bundle.check_statement)): report.attempt(f"{file}.json", check)
    return report
NOT_PROVEN = """That providers told the truth and no validator was left out: an auditor asks for the answers behind the figures (--payloads).
That the terms are those you agreed: compare agreements.json with your contract.
What others agreed and earned, and so why a line is held. The words and names in it, which are for people.
Anything after the head of the log. Keep the file checkpoint: with --previous the next bundle proves that nothing before was rewritten."""
def shown(files: dict[str, bytes]) -> str:  # the statement, for people, in whole coins
    lists = parse(files["statement.json"])
    (about,), (one,), decimals = lists["about"], lists["statement"], int("".join(re.findall("^[0-9]{1,2}$", lists["about"][0]["native_decimals"] or "")) or 0)
    def coins(amount: str | None) -> str:
        whole, rest = divmod(abs(int(amount or 0)), 10**decimals)
        return f"{'-' * (amount or '').startswith('-')}{whole:,}{f'.{rest:0{decimals}d}' * (decimals > 0)} {about['native_unit']}" if amount else "not known"
    told = {"Opening balance": "opening", f"Lines ({one['line_count']})": "lines", "Top-ups of floors": "top_ups", "Adjustments": "adjustments",
            "Total": "known_total", "To be paid": "payable", "Carried on": "closing", "Held, not counted": "held_total"}
    rows = [f"  {words:<20}{coins(one[field]):>{max(len(coins(one[name])) for name in told.values())}}" for words, field in told.items()]
    return "\n".join([f"Statement {one['number']} of {one['partner_name']}, {one.get('month') or 'epoch ' + one['epoch']}, {one['chain_id']}", *rows])
def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verifies a bundle."); parser.add_argument("bundle", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--key", action="append", default=[], help="the key of the operator's log, as it was given to you; again for an older one")
    parser.add_argument("--previous", help="a checkpoint that you kept"); given, report = parser.parse_args(arguments), Report()
    if not all(os.path.exists(one) for one in (given.bundle, given.previous or ".")): parser.error("no such file or folder")
    files = report.attempt(given.bundle, read_files, given.bundle); report = report if files is None else verify(files, *given.key, previous=given.previous)
    for file, where, field, problem in report.failures: print(f"FAILED {file}{where and ' '}{where}{field and '.'}{field}: {problem}")
    if report.failures and files is not None: print(f"\nTHIS BUNDLE DOES NOT HOLD. {len(report.failures)} things are wrong. Do not rely on its figures; ask the operator for another.")
    if not report.failures: print(shown(files), "", "EVERYTHING HOLDS. Computed again, without asking anybody:", *(f"  + {words}" for words in report.checked), "",
                                  "What nobody can see from a bundle:", *(f"  - {words}" for words in NOT_PROVEN.split("\n")), sep="\n")
    return 1 if report.failures else 0
if __name__ == "__main__": sys.exit(main())
