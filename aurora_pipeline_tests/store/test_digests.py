"""Digests against docs/digests.md: the document's vectors, a second implementation of its text, and store/digests.

The functions down to `as_value` are written from the document alone and use nothing of Aurora's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.money import AMOUNT_MAX
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.store import digests
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Column, ColumnKind, Completeness, FigureState, Table, TableKind
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.merkle import merkle_root
from aurora_pipeline.store.payloads.answers import Answer, answer_leaf, store_answers
from aurora_pipeline.store.payloads.fetches import fetch_digest, record_fetch
from aurora_pipeline.store.payloads.tables import Verdict
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.gated import write_check_publish

DOCUMENT = Path(__file__).parents[2] / "docs" / "digests.md"
Row = dict[str, Any]
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def field(value: Any) -> bytes:
    if value is None:
        return b"-"
    if value is True or value is False:
        letter, text = "b", "1" if value else "0"
    elif isinstance(value, int):
        letter, text = "i", str(value)
    elif isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None)
        letter, text = "z", moment.isoformat(timespec="microseconds") + "Z"
    else:
        letter, text = "t", value
    content = text.encode("utf-8")
    return b"%s%d:%s" % (letter.encode(), len(content), content)


def record(*values: Any) -> bytes:
    return b"".join(map(field, values))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def merkle(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there: split at the largest power of two smaller than n."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + merkle(leaves[:split]) + merkle(leaves[split:])).digest()


def salt_of(secret: bytes, table: str, key: Sequence[Any]) -> str:
    return hmac.new(secret, record("aurora.salt.1", table, *key), hashlib.sha256).hexdigest()


def leaf(table: str, values: Sequence[Any], salt: str | None = None) -> bytes:
    return (b"" if salt is None else field(salt)) + record("aurora.row.1", table, *values)


def content(
    table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row], secret: bytes | None = None
) -> str:
    ordered = sorted(rows, key=lambda row: [_sortable(row[name]) for name in key])
    salts = [None if secret is None else salt_of(secret, table, [row[name] for name in key]) for row in ordered]
    found = [leaf(table, [row[name] for name in columns], salt) for row, salt in zip(ordered, salts, strict=True)]
    return merkle(found).hex()


def _sortable(value: Any) -> Any:
    return value.encode("utf-8") if isinstance(value, str) else value


def lineage(
    table: str, chain: str, epoch: int, content_digest: str, version: int, inputs: Sequence[Sequence[str]]
) -> str:
    ordered = sorted({tuple(item) for item in inputs}, key=lambda item: [part.encode() for part in item])
    flat = [part for item in ordered for part in item]
    return sha256(record("aurora.lineage.1", table, chain, epoch, content_digest, version, len(ordered), *flat))


def fetch(kind: str, state: str, verdict: str, reason: str | None, answers: Sequence[Sequence[Any]]) -> str:
    root = merkle([record("aurora.response.2", *answer) for answer in answers]).hex()
    return sha256(record("aurora.fetch.2", kind, state, verdict, reason, root))


def as_value(written: Any) -> Any:
    """A value as the document writes it; an instant stands as {"instant": "..."}."""
    return datetime.fromisoformat(written["instant"]) if isinstance(written, dict) else written


@cache
def vectors() -> dict[str, Any]:
    """The document's vectors by name: fenced blocks headed ```json <name>."""
    blocks = re.findall(r"^```json (\S+)\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return {name: json.loads(text) for name, text in blocks}


def declared(name: str) -> Table:
    return next(table for table in ALL_TABLES if table.name == name)


def frame(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    return frame_of(declared(name), [{key: as_value(value) for key, value in row.items()} for row in rows])


def test_document__fields__are_encoded_as_both_implementations_do() -> None:
    found = vectors()["fields"]
    assert len(found) > 10
    for vector in found:
        value = as_value(vector["value"])
        assert field(value).decode() == vector["field"]
        assert digests.encode_value(value).decode() == vector["field"]


def test_document__records__have_these_bytes_and_digests() -> None:
    for vector in vectors()["records"]:
        values = [as_value(value) for value in vector["values"]]
        assert record(*values).decode() == vector["bytes"]
        assert sha256(vector["bytes"].encode()) == vector["sha256"] == digests.record_digest(*values)


def test_document__body__is_hashed_as_it_is() -> None:
    for vector in vectors()["bodies"]:
        body = bytes.fromhex(vector["hex"])
        assert sha256(body) == vector["sha256"] == digests.body_hash(body)


def test_document__merkle_trees__are_those_of_rfc_6962() -> None:
    found = vectors()["merkle"]
    leaves = [bytes.fromhex(text) for text in found["leaves"]]
    assert len(found["roots"]) == len(leaves) + 1
    for count, root in enumerate(found["roots"]):
        assert merkle(leaves[:count]).hex() == root == merkle_root(leaves[:count])


@pytest.mark.parametrize("name", ["content", "content-salted"])
def test_document__content__leaves_and_root_agree(name: str) -> None:
    vector = vectors()[name]
    table = declared(vector["table"])
    assert vector["columns"] == [column.name for column in table.digested]
    assert vector["key"] == list(table.key)
    secret = bytes.fromhex(vector["secret"]) if "secret" in vector else None
    assert table.salted is (secret is not None)
    # The document lists the rows out of order on purpose: their order must not matter.
    rows = [dict(zip(vector["columns"], map(as_value, row), strict=True)) for row in vector["rows"]]
    assert content(vector["table"], vector["key"], vector["columns"], rows, secret) == vector["content_digest"]
    ours = digests.sorted_by_key(table, frame(vector["table"], rows))
    if secret is not None:
        ours = ours.with_columns(pl.Series("salt", digests.salts(table, ours, secret)))
        assert ours["salt"].to_list() == vector["salts"]
    assert [one.decode() for one in digests.leaves(table, ours)] == vector["leaves"]
    assert digests.content_digest(table, ours) == vector["content_digest"]


def test_document__lineage__commits_to_sorted_inputs() -> None:
    vector = vectors()["lineage"]
    table = declared(vector["table"])
    period, inputs = (vector["chain_id"], vector["epoch"]), vector["inputs"]
    assert lineage(table.name, *period, vector["content_digest"], vector["layer_version"], inputs) == vector["digest"]
    assert table.version == vector["layer_version"]
    ours = [digests.Input(*item) for item in inputs]
    assert digests.lineage_digest(table, PeriodKey(*period), vector["content_digest"], ours) == vector["digest"]


def test_document__fetches__commit_to_answers_in_order() -> None:
    for vector in vectors()["fetches"]:
        stated = (vector["kind"], vector["state"], vector["verdict"], vector["reason"])
        assert fetch(*stated, vector["answers"]) == vector["fetch_digest"]
        ours = [answer_leaf(*answer) for answer in vector["answers"]]
        says = (FigureState(vector["state"]), Verdict(vector["verdict"]))
        assert fetch_digest(vector["kind"], *says, vector["reason"], ours) == vector["fetch_digest"]


def test_document__period__commits_to_slots_and_instants() -> None:
    vector = vectors()["period"]
    values: list[Any] = [as_value(value) for value in vector["values"]]
    assert sha256(record("aurora.period.1", *values)) == vector["digest"]
    chain_id, epoch, *span = values
    assert Period(PeriodKey(chain_id, epoch), *span).digest == vector["digest"]


def test_document__decision__commits_to_the_digested_columns() -> None:
    vector = vectors()["decision"]
    row = {name: as_value(value) for name, value in vector["row"].items()}
    table = declared(vector["table"])
    assert list(row) == [column.name for column in table.digested]
    assert sha256(record("aurora.decision.1", table.name, *row.values())) == vector["digest"]
    assert decision_input(table, row) == digests.Input("decision", vector["name"], vector["digest"])


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this system")
def test_document__shell_lines__print_what_they_say() -> None:
    lines = re.findall(r"^\$ (.*)\n([0-9a-f]{64})  -$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert len(lines) >= 3
    for command, digest in lines:
        printed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
        assert printed.split()[0] == digest


def code(kind: str) -> str:
    """A fenced block of the document headed by a language and a name, such as `sql leaves`."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def test_document__sql_and_python__recompute_a_stored_snapshot(database: Database) -> None:
    vector = vectors()["content"]
    draft = Draft(
        declared(vector["table"]),
        PeriodKey("solana-demo", EpochNumber(850)),
        frame(vector["table"], [dict(zip(vector["columns"], row, strict=True)) for row in vector["rows"]]),
        (),
        Completeness.PARTIAL,
    )
    (outcome,) = write_check_publish(database, [draft])
    with database.connect() as connection:
        *functions, query = [part for part in code("sql leaves").split(";\n") if part.strip()]
        for function in functions:
            connection.execute(function.encode())
        printed = "\n".join(row["leaf_hash"] for row in connection.execute(query.encode()).fetchall())
    root = subprocess.run(
        [sys.executable, "-c", code("python root")], input=printed, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert root == outcome.content_digest == vector["content_digest"]


def test_document__sql__lists_the_answers_of_a_fetch_in_order(database: Database) -> None:
    bodies = [b"{}", b"\x00\xff", b"{}"]
    with database.connect() as connection:
        asked = [Answer(f"getBlock {n}", {}, 200, {}, body, datetime.now(UTC)) for n, body in enumerate(bodies)]
        stored = store_answers(connection, "solana-demo", EpochNumber(850), "fees", "demo", asked)
        # Later payload ids first: the order is that of the fetch, not of the payloads.
        told = (
            "solana-demo",
            EpochNumber(850),
            "fees",
            "demo",
            "solana_rpc",
            "Vote1",
            FigureState.FINAL,
            Verdict.TOLD,
            None,
        )
        record_fetch(connection, *told, stored[::-1], None)
        rows = connection.execute(code("sql fetch").encode()).fetchall()
    assert [sha256(bytes.fromhex(row["body"])) for row in rows] == [row["response_hash"] for row in rows]
    answers = [(row["request_key"], row["question"], "{}", row["status"], row["response_hash"]) for row in rows]
    assert [answer[0] for answer in answers] == ["getBlock 2", "getBlock 1", "getBlock 0"]
    assert fetch("solana_rpc", "final", rows[0]["verdict"], None, answers) == rows[0]["fetch_digest"]


EVERY_KIND = Table(
    "every_kind",
    TableKind.LAYER,
    "A table with a column of every kind that digests read.",
    (
        Column("key_text", ColumnKind.TEXT, ""),
        Column("key_number", ColumnKind.INTEGER, ""),
        Column("key_instant", ColumnKind.INSTANT, ""),
        Column("amount", ColumnKind.AMOUNT, "", nullable=True),
        Column("flag", ColumnKind.BOOLEAN, "", nullable=True),
        Column("instant", ColumnKind.INSTANT, "", nullable=True),
        Column("note", ColumnKind.TEXT, "", nullable=True),
        Column("digest", ColumnKind.DIGEST, "", nullable=True),
        Column("source", ColumnKind.INTEGER, "", nullable=True, digested=False),
    ),
    key=("key_text", "key_number", "key_instant"),
)

# A zero byte is no text in Postgres, so no stored row holds one.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# The strategy takes its bounds without a zone and gives each value one.
INSTANTS = st.datetimes(datetime(1902, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001  # see above


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "key_text": st.sampled_from(["", "a", "Z", "ä", "\U0001f600", "￿", '\n,"']) | TEXTS,
            "key_number": st.integers(-2, 2) | NUMBERS,
            "key_instant": INSTANTS,
            "amount": optional(st.integers(-AMOUNT_MAX, AMOUNT_MAX)),
            "flag": optional(st.booleans()),
            "instant": optional(INSTANTS),
            "note": optional(TEXTS),
            "digest": optional(st.binary(min_size=32, max_size=32).map(bytes.hex)),
            "source": optional(NUMBERS),
        }
    ),
    max_size=12,
    unique_by=lambda row: (row["key_text"], row["key_number"], row["key_instant"]),
)


@settings(deadline=None)
@given(rows=ROWS, shuffled=st.randoms())
def test_content__any_rows_in_any_order__agree_with_the_document(rows: list[Row], shuffled: Any) -> None:
    names = [column.name for column in EVERY_KIND.digested]
    expected = content(EVERY_KIND.name, EVERY_KIND.key, names, rows)
    shuffled.shuffle(rows)
    assert digests.content_digest(EVERY_KIND, _instants_in_utc(rows)) == expected


@settings(deadline=None)
@given(rows=ROWS, secret=st.binary(min_size=1, max_size=40))
def test_content__salted__agrees_with_the_document(rows: list[Row], secret: bytes) -> None:
    salted = Table(EVERY_KIND.name, TableKind.LAYER, "", EVERY_KIND.columns, EVERY_KIND.key, salted=True)
    ours = _instants_in_utc(rows)
    ours = ours.with_columns(pl.Series("salt", digests.salts(salted, ours, secret), pl.String))
    names = [column.name for column in salted.digested]
    assert digests.content_digest(salted, ours) == content(salted.name, salted.key, names, rows, secret)


@settings(deadline=None)
@given(rows=ROWS)
def test_leaves__encoded_a_column_at_a_time__are_those_encoded_value_by_value(rows: list[Row]) -> None:
    ours = _instants_in_utc(rows)
    fields: list[str | Column] = ["before", *EVERY_KIND.digested]
    assert digests._at_once(ours, fields) == digests._encoded(ours, fields)


def test_leaves__of_a_frame_of_other_types__are_encoded_as_they_are() -> None:
    as_floats = frame_of(EVERY_KIND, [{"amount": 1}]).with_columns(amount=pl.lit(1.5))
    amount = EVERY_KIND.column("amount")
    assert digests._encoded(as_floats, [amount]) == [b"i3:1.5"]


@pytest.mark.parametrize("rows", [0, 1, 7, digests._FEW + 1])
def test_roots_by__a_column__is_the_root_over_the_rows_of_each_of_its_texts(rows: int) -> None:
    told = [{"key_text": str(n), "key_number": n % 5, "key_instant": NOON, "note": "aäb"[n % 3]} for n in range(rows)]
    found = digests.roots_by(EVERY_KIND, frame_of(EVERY_KIND, told[::-1]), "note")
    names = [column.name for column in EVERY_KIND.digested]
    filled = [dict.fromkeys(names) | row for row in told]
    of_each = {str(row["note"]): [one for one in filled if one["note"] == row["note"]] for row in filled}
    assert found == {note: content(EVERY_KIND.name, EVERY_KIND.key, names, own) for note, own in of_each.items()}


def _instants_in_utc(rows: Sequence[Row]) -> pl.DataFrame:
    """Instants as the database returns them; only the zone they are told in changes."""
    told = [
        {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in row.items()}
        for row in rows
    ]
    return frame_of(EVERY_KIND, told)


@pytest.mark.parametrize("count", range(71))
def test_merkle__of_so_many_leaves__is_rfc_6962s(count: int) -> None:
    leaves = [f"leaf {number}".encode() for number in range(count)]
    assert merkle_root(leaves) == merkle(leaves).hex()


@given(value=optional(TEXTS | NUMBERS | st.booleans() | INSTANTS | st.integers(-AMOUNT_MAX, AMOUNT_MAX)))
def test_field__any_value__agrees_with_the_document(value: Any) -> None:
    assert digests.encode_value(value) == field(value)


@given(one=st.lists(optional(TEXTS | NUMBERS | st.booleans()), max_size=4), two=st.lists(optional(TEXTS), max_size=4))
def test_record__different_values__have_different_bytes(one: list[Any], two: list[Any]) -> None:
    same = [(type(value), value) for value in one] == [(type(value), value) for value in two]
    assert (record(*one) == record(*two)) is same


REFUSED: list[tuple[Any, Callable[[], object]]] = [
    ("float", lambda: digests.encode_value(1.5)),  # type: ignore[arg-type]  # the wrong type is what is tested
    ("naive instant", lambda: digests.encode_value(datetime(2026, 9, 1))),  # noqa: DTZ001  # naive on purpose
    ("bytes", lambda: digests.encode_value(b"x")),  # type: ignore[arg-type]  # the wrong type is what is tested
]


@pytest.mark.parametrize(("name", "encode"), REFUSED, ids=[name for name, _ in REFUSED])
def test_field__what_has_no_encoding__is_refused(name: str, encode: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        encode()
