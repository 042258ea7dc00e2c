"""What something takes: seconds by the clock, seconds of the processor, memory."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_OWN: Final = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processor."""

    seconds: float
    processor: float


def took(action: Callable[[], object], *folders: Path) -> Took:
    """What a call takes.

    The processor's seconds are those of this process, of those it started and waited for, and of all that live in some
    folders, as servers of databases do.
    """
    before, started = processor_seconds(*folders), time.perf_counter()
    action()
    seconds = time.perf_counter() - started
    return Took(seconds, processor_seconds(*folders) - before)


def fastest(times: int, actions: Sequence[Callable[[], object]], *folders: Path) -> list[Took]:
    """What each call takes at best; by turns, so that whatever else the machine does meets all of them."""
    runs = [[took(action, *folders) for action in actions] for _ in range(times)]
    return [min(of_one, key=lambda one: one.seconds) for of_one in zip(*runs, strict=True)]


def processor_seconds(*folders: Path) -> float:
    """What was worked so far; a process that ended is on the account of who started it."""
    used = [resource.getrusage(who) for who in _OWN]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(map(_of_processes_in, folders))


def _of_processes_in(folder: Path) -> float:
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").resolve().is_relative_to(folder.resolve()):
                fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def peak_mib() -> int:
    """The most memory this process held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def peak_of_started_mib() -> int:
    """The most memory that one of the processes held which this one started and waited for."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards; what is started meanwhile compiles a module once, as where it is installed.

    Some machines are told to keep no compiled modules: there each start of Python would compile Dagster anew.
    """
    with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name) / "compiled")
        yield Path(name)
