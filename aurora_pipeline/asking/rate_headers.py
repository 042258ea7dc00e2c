"""What the headers of an answer say about how soon the next question may come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_REMAINING: Final = "-remaining"
_RESET: Final = "-reset"
# Some servers give the reset as seconds from now, some as a moment in seconds since 1970.
_MOMENT_MIN: Final = 1_000_000_000


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait as Retry-After or a reset header says; 0 without a usable one."""
    text = headers.get("retry-after")
    if text is not None:
        return _seconds(text) or _until(text, now)
    return max((_reset(value, now) for name, value in headers.items() if name.endswith(_RESET)), default=0.0)


def pause_when_used_up(headers: Mapping[str, str], now: datetime, window: float) -> float:
    """Seconds to wait because a limit has nothing left: until its reset, or for a whole window; 0 while some is left.

    X-RateLimit-Method-Remaining and the like, RateLimit-Remaining, Solana-Beach-Standard-Credits-Remaining.
    """
    pauses = [0.0]
    for name, value in headers.items():
        if name.endswith(_REMAINING) and value.strip() == "0":
            reset = headers.get(name.removesuffix(_REMAINING) + _RESET)
            pauses.append(window if reset is None else _reset(reset, now))
    return max(pauses)


def limits_left(headers: Mapping[str, str]) -> dict[str, str]:
    """What is left of each limit, by header name."""
    return {name: value for name, value in headers.items() if name.endswith(_REMAINING)}


def _reset(text: str, now: datetime) -> float:
    seconds = _seconds(text)
    return max(0.0, seconds - now.timestamp()) if seconds >= _MOMENT_MIN else seconds


def _seconds(text: str) -> float:
    digits = text.strip()
    return float(digits[:12]) if digits.isascii() and digits.isdigit() else 0.0


def _until(text: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - now).total_seconds())
