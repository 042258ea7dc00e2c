"""What a reader hands over, as plain values that can be compared: names, numbers, texts, and what holds them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import polars as pl

from aurora_pipeline.asking.reading import Node

Leaf = tuple[str, object]
"""The name of a value, and the value."""


def plain(value: Any) -> Any:
    """A value without classes."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str | bytes | float):
        return value
    if isinstance(value, Decimal | datetime | date | timedelta):
        return str(value)
    if isinstance(value, Node):
        # What it holds was not read yet: whoever reads on is a reader itself.
        return None
    if isinstance(value, pl.DataFrame):
        return plain(value.to_dicts())
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=_text)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise TypeError(f"a reader hands over a {type(value).__name__}")


def unordered(value: Any) -> Any:
    """The same without the order of lists."""
    if isinstance(value, dict):
        return {name: unordered(item) for name, item in value.items()}
    return sorted(map(unordered, value), key=_text) if isinstance(value, list) else value


def leaves(value: Any, name: str = "") -> Counter[Leaf]:
    """Every value inside with the name under which it stands, and every name that is data."""
    return Counter(_leaves(value, name))


def _leaves(value: Any, name: str) -> Iterator[Leaf]:
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _leaves(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, name)
    elif value is not None and value != "":
        # 1 and True are one key.
        yield name, ("flag", value) if isinstance(value, bool) else value


def texts(value: Any) -> Iterator[str]:
    """Every text inside, names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
