"""What in a provider's configuration is, or may be, a key: none of it may leave this process but on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.secret_encodings import Spellings

_SECRET_LENGTH_MIN: Final = 5
_KEY_LENGTH_MIN: Final = 8
# Hosts of nodes give keys as a part of the path or the query; nothing with a meaning is this long.
_SURELY_KEY_LENGTH_MIN: Final = 20
_KEY_NAME: Final = re.compile(r"key|token|secret|auth|pass", re.IGNORECASE)


def secrets_of(provider: Provider) -> tuple[str, ...]:
    """Everything that could be a key, as it is written: it is taken out of whatever is logged or stored."""
    parts = urlsplit(provider.base_url)
    texts = [_api_key(provider), parts.username or "", parts.password or "", _login(provider)]
    texts += parts.path.split("/")
    texts += [value for _, value in _query(parts.query)]
    return tuple(dict.fromkeys(text for text in texts if len(text) >= _SECRET_LENGTH_MIN))


def spelled_secrets(provider: Provider) -> Spellings:
    """`secrets_of` in all their spellings."""
    return Spellings(secrets_of(provider), _SECRET_LENGTH_MIN)


def spelled_keys(provider: Provider) -> Spellings:
    """What surely is a key, in all its spellings: an answer that repeats it is not stored."""
    parts = urlsplit(provider.base_url)
    texts = [_api_key(provider), parts.password or "", _login(provider)]
    texts += [value for name, value in _query(parts.query) if not name or _KEY_NAME.search(name)]
    maybe = [parts.username or "", *parts.path.split("/"), *(value for _, value in _query(parts.query))]
    texts += [text for text in maybe if len(text) >= _SURELY_KEY_LENGTH_MIN]
    return Spellings(texts, _KEY_LENGTH_MIN)


def _api_key(provider: Provider) -> str:
    return "" if provider.api_key is None else provider.api_key.get_secret_value()


def _login(provider: Provider) -> str:
    """User and password as basic authentication sends them together."""
    parts = urlsplit(provider.base_url)
    return f"{parts.username}:{parts.password or ''}" if parts.username or parts.password else ""


def _query(query: str) -> Iterator[tuple[str, str]]:
    """Names and values as they are written; what stands there without a name is a value."""
    for piece in query.split("&"):
        name, is_named, value = piece.partition("=")
        yield (name, value) if is_named else ("", name)
