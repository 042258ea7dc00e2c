"""Structured logging: events with fields, as text or as JSON lines, with every known secret taken out of each line."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, TextIO

from aurora_pipeline.foundation.errors import SettingRefused
from aurora_pipeline.foundation.secret_encodings import Spellings

LEVEL_VARIABLE: Final = "AURORA_LOG_LEVEL"
FORMAT_VARIABLE: Final = "AURORA_LOG_FORMAT"
HIDDEN: Final = "…"
_ROOT: Final = "aurora"
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
_SECRET_LENGTH_MIN: Final = 5

_secrets: dict[str, Spellings] = {}
_about: ContextVar[Mapping[str, object]] = ContextVar("about", default=MappingProxyType({}))


def logger(room: str) -> logging.Logger:
    """The logger of a room; all of them stand under `aurora`."""
    return logging.getLogger(f"{_ROOT}.{room}")


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """What is logged in this block, and in what it awaits, is about this: run, chain and period."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def event(log: logging.Logger, level: int, message: str, **fields: object) -> None:
    """Log that something happened, with what it happened to as fields; whoever listens gets no secret."""
    told = {name: redacted(value) if isinstance(value, str) else value for name, value in fields.items()}
    around = {name: value for name, value in _about.get().items() if name not in told}
    # In the message too: Dagster's event log keeps nothing else, and knows run and partition itself.
    shown = "".join(f" {name}={value}" for name, value in told.items())
    log.log(
        level,
        "%s",
        redacted(f"{message}{shown}"),
        extra={"fields": told, "around": around, "happened": redacted(message)},
    )


def hide(secrets: Iterable[str]) -> None:
    """Take these texts out of every line that is logged from now on, however they are spelled in it."""
    for secret in secrets:
        if secret not in _secrets:
            _secrets[secret] = Spellings([secret], _SECRET_LENGTH_MIN)


def redacted(text: str) -> str:
    """The text without any secret that was hidden."""
    # The longest first: a secret may hold another one.
    for secret in sorted(_secrets, key=len, reverse=True):
        text = _secrets[secret].taken_out(text, HIDDEN)
    return text


class _Lines(logging.Formatter):
    """One line per event; secrets are taken out of the finished line, tracebacks included."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: Mapping[str, object] = getattr(record, "fields", {})
        around: Mapping[str, object] = getattr(record, "around", {})
        trace = self.formatException(record.exc_info) if record.exc_info else None
        told: dict[str, object] = {"at": at, "level": record.levelname, "room": record.name, **around, **fields}
        told["message"] = getattr(record, "happened", record.getMessage())
        if trace is not None:
            told["trace"] = trace
        if self._as_json:
            return redacted(json.dumps(told, default=str, ensure_ascii=False))
        placed = "".join(f" {name}={value}" for name, value in around.items())
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()}{placed}"
        return redacted(line if trace is None else f"{line}\n{trace}")


def set_up(environment: Mapping[str, str], stream: TextIO | None = None, usual: str = "WARNING") -> None:
    """Write what is logged to `stream` (standard error), as the environment asks: level, text or JSON lines.

    `usual` is the level where the environment asks for none.
    """
    level = environment.get(LEVEL_VARIABLE) or usual
    form = environment.get(FORMAT_VARIABLE) or "text"
    if level.upper() not in _LEVELS:
        raise SettingRefused(f"{LEVEL_VARIABLE} is {level!r}, which is no level", f"use one of {', '.join(_LEVELS)}")
    if form not in ("text", "json"):
        raise SettingRefused(f"{FORMAT_VARIABLE} is {form!r}, which is no format", "use text or json")
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines(as_json=form == "json"))
    root = logging.getLogger(_ROOT)
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    # What the driver mutters of a broken session, the error that follows says better.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
