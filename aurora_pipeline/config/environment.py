"""${NAME} and ${NAME:-default} in configuration text, filled in from an environment handed in by the caller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_REFERENCE = re.compile(
    r"(?P<escape>\$\$\{)"
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>[^}]*))?\}"
    r"|(?P<malformed>\$\{)"
)


class EnvironmentText(str):
    """Text that came from the environment, at least in part: never quoted, and it may stand for a number."""

    __slots__ = ()


@dataclass(frozen=True)
class Interpolated:
    """The outcome for one text: what it became, which variables had no value, whether a reference is malformed."""

    text: str
    missing: tuple[str, ...] = ()
    malformed: bool = False


def variables_in(text: str) -> tuple[str, ...]:
    """The variables that a text refers to."""
    return tuple(dict.fromkeys(match["name"] for match in _REFERENCE.finditer(text) if match["name"]))


def interpolate(text: str, env: Mapping[str, str]) -> Interpolated:
    """Replace every reference once; what is put in is not read again. An empty variable counts as unset.

    A reference without a value stays as it is written. `$${` writes a literal `${`.
    """
    if "${" not in text:
        return Interpolated(text)
    missing: list[str] = []
    malformed = False
    from_environment = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal malformed, from_environment
        if match["escape"]:
            return "${"
        if match["malformed"]:
            malformed = True
            return match[0]
        from_environment = True
        value = env.get(match["name"], "")
        if value:
            return value
        if match["fallback"]:
            return match["default"]
        if match["name"] not in missing:
            missing.append(match["name"])
        return match[0]

    result = _REFERENCE.sub(replacement, text)
    return Interpolated(EnvironmentText(result) if from_environment else result, tuple(missing), malformed)
