"""The form of what `--json` prints: schemas as written, plain names, and nothing turned into text by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from aurora_pipeline.cli.json_output import error_json
from aurora_pipeline.cli.schemas import FOLDER, schema, written
from aurora_pipeline.decisions.errors import PartnerUnknown
from aurora_pipeline.foundation import units
from aurora_pipeline.foundation.errors import AuroraError, DatabaseLost, NotUnderstood
from aurora_pipeline.proof.errors import ProofFailed
from aurora_pipeline.work.json_form import Amount, amount, document, plain
from aurora_pipeline.work.reads.documents import DOCUMENTS
from aurora_pipeline_tests.cli.documents import data_of

RUN = "python -m aurora_pipeline.cli.schemas"
# What was recorded, in the audit log's own words.
FREE = {"before", "after"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schema__of_every_shape__is_written_down(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text("utf-8") == written(name), f"run: {RUN}"


def test_schemas__of_shapes_that_are_gone__are_gone_too() -> None:
    assert {path.stem for path in FOLDER.glob("*")} == set(DOCUMENTS)


def properties(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.get("properties", {}).items() if isinstance(value.get("properties"), dict) else ()
        for one in value.values():
            yield from properties(one)
    elif isinstance(value, list):
        for one in value:
            yield from properties(one)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schema__of_every_shape__plain_names_no_free_objects_and_nothing_optional(name: str) -> None:
    told = schema(name)
    for key, value in properties(told):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
        assert key in FREE or "additionalProperties" not in str(value) or isinstance(value.get("properties"), dict)
    for shape in [told, *(one for one in told["$defs"].values() if "enum" not in one)]:
        assert set(shape["required"]) == set(shape["properties"])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schema__names_of_one_thing__are_the_same_everywhere(name: str) -> None:
    keys = {key for key, _ in properties(schema(name))}
    assert keys.isdisjoint({"chain", "partner", "agreement", "wallet", "key", "introduced", "ended", "published"})
    assert "epoch" not in keys or name == "providers_check" or {"chain_id", "period"} <= keys


def test_plain__instants_in_utc_with_their_letter() -> None:
    east = datetime(2026, 9, 6, 1, 48, tzinfo=timezone(timedelta(hours=2)))
    assert plain([east, datetime(2026, 9, 5, 23, 48, 0, 5, UTC), date(2026, 9, 5)]) == [
        "2026-09-05T23:48:00Z",
        "2026-09-05T23:48:00.000005Z",
        "2026-09-05",
    ]


def test_plain__what_has_no_form__is_refused_and_not_made_text() -> None:
    for value in (Decimal("1.5"), {1, 2}, object(), timedelta(1)):
        with pytest.raises(TypeError, match="has no form in JSON"):
            plain({"is": value})


def test_amount__beyond_what_readers_keep__every_digit_and_the_unit() -> None:
    huge = units.Amount(10**30 + 1)
    assert document("x", amount(huge, "wei"))["data"] == {
        "amount": "1" + "0" * 29 + "1",
        "unit": "wei",
    }
    assert amount(None, "wei") is None
    assert amount(units.Amount(0), "wei") == Amount("0", "wei")


@pytest.mark.parametrize(
    ("error", "code", "kind", "number"),
    [
        (NotUnderstood("a\nb", "do c"), "value-not-understood", "bad_input", 2),
        (PartnerUnknown("a\nb", "do c"), "partner-unknown", "not_found", 2),
        (ProofFailed("a\nb"), "proof-failed", "check_failed", 1),
        (DatabaseLost("a\nb"), "database-lost", "try_again", 75),
    ],
)
def test_error__of_every_kind__one_line_with_its_code(error: AuroraError, code: str, kind: str, number: int) -> None:
    line = error_json(error)
    assert "\n" not in line
    told = {"code": code, "kind": kind, "exit_code": number, "message": "a\nb", "remedy": error.remedy, "mistakes": []}
    assert data_of(line) == told
