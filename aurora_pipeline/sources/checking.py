"""Is a provider there: one cheap question to it, how long the answer took, and what is left of its limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.adapter import ProviderDown
from aurora_pipeline.asking.event_loop import ask_now
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import line_to
from aurora_pipeline.config.provider import FILE_KIND, Provider, Retries, Timeouts
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.check import Ours, check_files
from aurora_pipeline.sources.kinds import SOURCES, adapter_for

_TIMEOUTS: Final = Timeouts(connect_seconds=10, read_seconds=30)
_ONCE: Final = Retries(attempts=1, wait_seconds_max=0)


@dataclass(frozen=True)
class ProviderCheck:
    """How one provider is. Nothing in it is secret."""

    name: str
    kind: str
    url: str
    up: bool
    problem: str | None
    serves: tuple[str, ...]
    observes: tuple[str, ...]
    seconds: float
    epoch: EpochNumber | None
    """The newest epoch it tells of."""
    limits_left: Mapping[str, str]
    looked_at: tuple[str, ...] = ()
    """Of files: which ones were read, and how much they have, by data type."""
    odd: tuple[str, ...] = ()
    """Of files: what looks odd in them, and holds nothing back."""
    may_pass: bool = False
    """Whether what is wrong may pass without anybody's doing."""


def check_providers(providers: Iterable[Provider], ours: Mapping[str, Ours]) -> list[ProviderCheck]:
    """Ask every provider one question, all at once; in the order given. `ours`: what each one's files tell about."""

    async def go() -> list[ProviderCheck]:
        return list(await asyncio.gather(*(_check(one, ours) for one in providers)))

    return ask_now(go())


async def _check(provider: Provider, ours: Mapping[str, Ours]) -> ProviderCheck:
    adapter = adapter_for(provider)
    # One short attempt: whoever asks wants to know how it is now.
    patient = Timeouts(
        connect_seconds=min(provider.timeouts.connect_seconds, _TIMEOUTS.connect_seconds),
        read_seconds=min(provider.timeouts.read_seconds, _TIMEOUTS.read_seconds),
    )
    hurried = provider.model_copy(update={"retries": _ONCE, "timeouts": patient})
    began = time.monotonic()
    epoch: EpochNumber | None = None
    problem: str | None = None
    left: Mapping[str, str] = {}
    looked_at: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    may_pass = False
    try:
        if provider.kind == FILE_KIND:
            told = await asyncio.to_thread(check_files, provider, ours[provider.name])
            problem, looked_at, odd = "; ".join(told.problems) or None, told.looked_at, told.warnings
        else:
            alive = SOURCES[provider.kind].alive
            assert alive is not None  # only files are seen to be there otherwise
            async with line_to(hurried, adapter) as line:
                answer = await line.ask(alive.question)
                left = getattr(line, "limits_left", {})
            if answer.status != 200:
                problem = f"HTTP {answer.status}"
            else:
                epoch = alive.epoch(answer, provider.name)
    except ProviderDown as error:
        problem, may_pass = error.reason, error.may_pass
    except UnreadableAnswer as error:
        problem = error.problem
    return ProviderCheck(
        name=provider.name,
        kind=provider.kind,
        url=provider.shown_url,
        up=problem is None,
        problem=problem,
        serves=tuple(sorted(adapter.serves)),
        observes=tuple(sorted(adapter.observes)),
        seconds=round(time.monotonic() - began, 3),
        epoch=epoch,
        limits_left=left,
        looked_at=looked_at,
        odd=odd,
        may_pass=may_pass,
    )
