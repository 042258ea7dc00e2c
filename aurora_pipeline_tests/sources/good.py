"""Good answers of every API, as its own tests folder has them: what storms strike and lying servers spoil.

Each folder sources/<name>/ here has a module `good.py` with one `GOOD`.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources import kinds
from aurora_pipeline.sources.contract import Source
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch

PROVIDER = "struck"

Reader = Callable[[Answer], object]


@dataclass(frozen=True)
class Good:
    """What is known of one API that is well."""

    answers: Callable[[Epoch], Iterable[Answer]]
    """Answers about a simulated epoch; each of its readers reads one of them."""
    readers: Callable[[Epoch], Mapping[str, Reader]] = lambda epoch: {}
    """Its readers by name that take more than an answer and a provider's name."""
    simulated_at: str = ""
    """Under which path the demo's simulator speaks its API."""
    reply: Callable[[EpochNumber, Sequence[str], Seen], Reply] | None = None
    """What it answers about an epoch and its validators, where the simulator does not speak its API."""
    tells_figures: bool = True
    """Whether figures of the simulated epoch are made of what it tells: its own tests have its conversations if not."""

    @contextmanager
    def server(self, simulator: str, epoch: EpochNumber, validators: Sequence[str]) -> Iterator[str]:
        """The address of a server that answers well."""
        if self.reply is None:
            yield simulator + self.simulated_at
        else:
            with FaultServer(lambda seen: self.honest(simulator, epoch, validators, seen)) as server:
                yield server.url

    def honest(self, simulator: str, epoch: EpochNumber, validators: Sequence[str], seen: Seen) -> Reply:
        """What it really answers; `seen` came to a server in its place."""
        if self.reply is not None:
            return self.reply(epoch, validators, seen)
        return passed_on(simulator, seen)


def passed_on(simulator: str, seen: Seen) -> Reply:
    """What the simulator answers to a request that came to a server in its place."""
    query = f"?{urlencode(seen.query)}" if seen.query else ""
    request = urllib.request.Request(
        simulator + seen.path + query, seen.body or None, {"Content-Type": "application/json"}, method=seen.verb
    )
    with urllib.request.urlopen(request) as response:
        return Reply(response.read(), response.status, {"content-type": "application/json"})


def kinds_asked() -> tuple[str, ...]:
    """Every kind of provider that answers over the network."""
    return tuple(kind for kind in kinds.SOURCES if kind != FILE_KIND)


def kinds_of_figures() -> tuple[str, ...]:
    """Those that tell figures of the simulated epoch."""
    return tuple(kind for kind in kinds_asked() if good_of(kind).tells_figures)


def good_of(kind: str) -> Good:
    """The good answers of a kind."""
    found = import_module(f"aurora_pipeline_tests.sources.{folder_of(kinds.SOURCES[kind])}.good").GOOD
    assert isinstance(found, Good)
    return found


def folder_of(source: Source) -> str:
    """The name of a source's folder."""
    return source.adapter("").__class__.__module__.split(".")[2]


@contextmanager
def registered(source: Source) -> Iterator[None]:
    """A source is a kind of provider for a while."""
    kinds.register(source)
    try:
        yield
    finally:
        del kinds._sources[source.kind], kinds._roles[source.kind]


def told(key: str, body: Any, path: str = "") -> Answer:
    """An answer as it is stored."""
    request: dict[str, object] = {"path": path, "query": {}, "body": None}
    return Answer(key, request, 200, {}, json.dumps(body).encode(), datetime(2026, 9, 9, tzinfo=UTC))
