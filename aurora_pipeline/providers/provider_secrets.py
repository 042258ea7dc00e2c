"""What in a provider's configuration is, or may be, a key: none of it may leave this process but on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aurora_pipeline.config.provider import Provider

_SECRET_LENGTH_MIN: Final = 5
_KEY_LENGTH_MIN: Final = 8
# Hosts of nodes give keys as a part of the path; nothing with a meaning is this long.
_KEY_SEGMENT_LENGTH_MIN: Final = 20
_KEY_NAME: Final = re.compile(r"key|token|secret|auth|pass", re.IGNORECASE)


def secrets_of(provider: Provider) -> tuple[str, ...]:
    """Everything that could be a key, the longest first: it is taken out of whatever is logged or stored."""
    parts = urlsplit(provider.base_url)
    texts = [_api_key(provider), parts.username or "", parts.password or "", *parts.path.split("/")]
    texts += [value for _, value in parse_qsl(parts.query)]
    return _longest_first(texts, _SECRET_LENGTH_MIN)


def keys_of(provider: Provider) -> tuple[str, ...]:
    """What surely is a key: an answer that repeats it is not stored."""
    parts = urlsplit(provider.base_url)
    texts = [_api_key(provider), parts.password or ""]
    texts += [value for name, value in parse_qsl(parts.query) if _KEY_NAME.search(name)]
    texts += [segment for segment in parts.path.split("/") if len(segment) >= _KEY_SEGMENT_LENGTH_MIN]
    return _longest_first(texts, _KEY_LENGTH_MIN)


def _api_key(provider: Provider) -> str:
    return "" if provider.api_key is None else provider.api_key.get_secret_value()


def _longest_first(texts: Iterable[str], length_min: int) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if len(text) >= length_min}, key=len, reverse=True))
