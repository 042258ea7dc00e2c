"""Is a provider there: one cheap question to it, how long the answer took, and what is left of its limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aurora_pipeline.asking.adapter import Answer, ProviderDown, Question
from aurora_pipeline.asking.reading import UnreadableAnswer, parsed
from aurora_pipeline.asking.recording import line_to
from aurora_pipeline.config.provider import FILE_KIND, Provider, Retries, Timeouts
from aurora_pipeline.sources.files.check import Ours, check_files
from aurora_pipeline.sources.jito.ask import Jito
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.sources.solana import questions as solana_questions
from aurora_pipeline.sources.solana.answers import read_epoch_info
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.sources.solanabeach.answers import read_epoch as read_beach_epoch
from aurora_pipeline.sources.solanabeach.ask import SolanaBeach
from aurora_pipeline.sources.stakewiz.answers import read_epoch_info as read_stakewiz_epoch
from aurora_pipeline.sources.stakewiz.ask import Stakewiz
from aurora_pipeline.sources.trillium.ask import Trillium

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
    epoch: int | None
    """The newest epoch it tells of."""
    limits_left: Mapping[str, str]
    looked_at: tuple[str, ...] = ()
    """Of files: which ones were read, and how much they have, by data type."""
    odd: tuple[str, ...] = ()
    """Of files: what looks odd in them, and holds nothing back."""
    may_pass: bool = False
    """Whether what is wrong may pass without anybody's doing."""


@dataclass(frozen=True)
class _Cheap:
    """A question that costs a provider next to nothing, and the epoch its answer tells of."""

    question: Question
    epoch: Callable[[Answer, str], int | None]


def _jito_epoch(answer: Answer, provider: str) -> int | None:
    rows = parsed(answer, provider)["rewards"].items()
    return max((row["epoch"].whole() for row in rows), default=None)


def _trillium_epoch(answer: Answer, provider: str) -> int | None:
    root = parsed(answer, provider)
    rows = root.items() if isinstance(root.value, list) else [root]
    return max((row["epoch"].whole_text() for row in rows), default=None)


_CHEAP: Final[Mapping[str, _Cheap]] = MappingProxyType(
    {
        SolanaRpc.kind: _Cheap(
            solana_questions.epoch_info(), lambda answer, provider: read_epoch_info(answer, provider).epoch
        ),
        Jito.kind: _Cheap(
            Question(
                "newest validator_rewards", "/validator_rewards", query={"page": 1, "limit": 1, "sort_order": "desc"}
            ),
            _jito_epoch,
        ),
        Stakewiz.kind: _Cheap(
            Question("epoch_info", "/epoch_info"), lambda answer, provider: read_stakewiz_epoch(answer, provider).epoch
        ),
        SolanaBeach.kind: _Cheap(Question("epoch-info", "/epoch-info"), read_beach_epoch),
        Trillium.kind: _Cheap(Question("epoch_data", "/epoch_data"), _trillium_epoch),
    }
)


def check_providers(providers: Iterable[Provider], ours: Mapping[str, Ours]) -> list[ProviderCheck]:
    """Ask every provider one question, all at once; in the order given. `ours`: what each one's files tell about."""

    async def go() -> list[ProviderCheck]:
        return list(await asyncio.gather(*(_check(one, ours) for one in providers)))

    return asyncio.run(go())


async def _check(provider: Provider, ours: Mapping[str, Ours]) -> ProviderCheck:
    adapter = adapter_for(provider)
    # One short attempt: whoever asks wants to know how it is now.
    patient = Timeouts(
        connect_seconds=min(provider.timeouts.connect_seconds, _TIMEOUTS.connect_seconds),
        read_seconds=min(provider.timeouts.read_seconds, _TIMEOUTS.read_seconds),
    )
    hurried = provider.model_copy(update={"retries": _ONCE, "timeouts": patient})
    began = time.monotonic()
    epoch: int | None = None
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
            cheap = _CHEAP[provider.kind]
            async with line_to(hurried, adapter) as line:
                answer = await line.ask(cheap.question)
                left = getattr(line, "limits_left", {})
            if answer.status != 200:
                problem = f"HTTP {answer.status}"
            else:
                epoch = cheap.epoch(answer, provider.name)
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
