"""The one form in which everything goes out as JSON: amounts as text, instants in UTC. docs/json.md is its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final, TypeVar
from uuid import UUID

from aurora_pipeline.foundation import units
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.mistakes import Mistake

ERROR: Final = "error"
_RAISED: Final = {ERROR: 2}
"""Versions of documents of which something was renamed or removed, or means something else; the others are at 1."""
Shape = TypeVar("Shape")


@dataclass(frozen=True)
class Error:
    """Why something failed; `mistakes` are those of a file, each of them."""

    code: str
    kind: str
    exit_code: int
    message: str
    remedy: str | None
    mistakes: Sequence[Mistake]

    @classmethod
    def of(cls, error: AuroraError) -> Error:
        """What an error says."""
        return cls(error.code, error.kind, error.exit_code, error.message, error.remedy, error.mistakes)


@dataclass(frozen=True)
class Amount:
    """An amount in a chain's base unit. As text: it can have more digits than a reader of JSON keeps in a number."""

    amount: str
    unit: str

    @property
    def base_units(self) -> units.Amount:
        """The amount as a number."""
        return units.Amount(int(self.amount))


def amount(value: units.Amount | None, unit: str) -> Amount | None:
    """An amount of base units; nothing where it is not known."""
    return None if value is None else known_amount(value, unit)


def known_amount(value: units.Amount, unit: str) -> Amount:
    """An amount of base units."""
    return Amount(str(int(value)), unit)


def shaped(shape: type[Shape], row: Mapping[str, Any], **more: Any) -> Shape:
    """A dataclass filled from a row's columns of the same names, and from the other values given."""
    names = {field.name for field in fields(shape)}  # type: ignore[arg-type]  # every shape is a dataclass
    return shape(**{name: value for name, value in row.items() if name in names} | more)


def document(name: str, data: object) -> dict[str, Any]:
    """The envelope around what is said: under which name, and the data in plain values."""
    return {"schema": titled(name), "data": plain(data)}


def titled(name: str) -> str:
    """A document's name with its version, as `schema` has it."""
    return f"aurora.{name}.{_RAISED.get(name, 1)}"


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
