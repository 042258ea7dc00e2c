"""Clocks that are wrong: this process's own from some moment on, and that of a server it starts, by libfaketime."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any


def libfaketime() -> str | None:
    """Where the library is, if it is installed (Debian's package `libfaketime`)."""
    return next(iter(sorted(map(str, Path("/usr/lib").glob("*/faketime/libfaketime.so.1")))), None)


def start_servers_at(jump: timedelta) -> None:
    """Have every program that this process starts see another time; without the library they see the true one."""
    library = libfaketime()
    if library is not None:
        seconds = int(jump.total_seconds())
        os.environ.update(LD_PRELOAD=library, FAKETIME=f"{seconds:+d}", FAKETIME_DONT_FAKE_MONOTONIC="1")


def jump_after(seconds: float, jump: timedelta) -> None:
    """Have every module of the package see another time, once some seconds have passed."""
    moment = time.monotonic() + seconds

    class Kind(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, datetime)

    class Jumping(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            seen = datetime.now(tz)
            return seen + jump if time.monotonic() >= moment else seen

    for name, module in list(sys.modules.items()):
        if name.startswith("aurora_pipeline.") and getattr(module, "datetime", None) is datetime:
            module.datetime = Jumping  # type: ignore[attr-defined]
