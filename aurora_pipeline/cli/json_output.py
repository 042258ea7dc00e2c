"""What `--json` prints: one document of one form on every command, errors too. docs/json.md is its rule."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from aurora_pipeline.foundation import units
from aurora_pipeline.foundation.errors import AuroraError

OPTION: Final = "--json"
ERROR: Final = "error"
_RAISED: Final = {ERROR: 2}
"""Versions of shapes of which something was renamed or removed, or means something else; the others are at 1."""

Json = Annotated[bool, typer.Option(OPTION, help="Machine-readable output; docs/json.md says its form.")]


@dataclass(frozen=True)
class Amount:
    """An amount in a chain's base unit. As text: it can have more digits than a reader of JSON keeps in a number."""

    amount: str
    unit: str


def amount(value: units.Amount | None, unit: str) -> Amount | None:
    """An amount of base units; nothing where it is not known."""
    return None if value is None else Amount(str(int(value)), unit)


def known_amount(value: units.Amount, unit: str) -> Amount:
    """An amount of base units."""
    return Amount(str(int(value)), unit)


def print_json(shape: str, data: object) -> None:
    """Print a document of one of the shapes of `cli/shapes.py`; nothing else goes to standard output."""
    sys.stdout.write(json.dumps(document(shape, data), indent=2, ensure_ascii=False) + "\n")


def error_json(error: AuroraError) -> str:
    """An error as one line, the last one on standard error."""
    told = {
        "code": error.code,
        "kind": error.kind,
        "exit_code": error.exit_code,
        "message": error.message,
        "remedy": error.remedy,
    }
    return json.dumps(document(ERROR, told), ensure_ascii=False)


def document(shape: str, data: object) -> dict[str, Any]:
    """The envelope around what a command says."""
    return {"schema": titled(shape), "data": plain(data)}


def titled(shape: str) -> str:
    """A shape's name with its version, as `schema` has it."""
    return f"aurora.{shape}.{_RAISED.get(shape, 1)}"


def plain(value: object) -> Any:
    """The value as JSON has it: instants in ISO 8601 with their Z, and nothing turned into text by accident."""
    match value:
        case None | bool() | str() | float():
            return value.value if isinstance(value, Enum) else value
        case int():
            return int(value)
        case datetime():
            return instant(value)
        case date() | UUID():
            return str(value)
        case Mapping():
            return {str(name): plain(one) for name, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def instant(moment: datetime) -> str:
    """An instant in UTC as ISO 8601 has it, like 2026-09-05T23:48:00Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
