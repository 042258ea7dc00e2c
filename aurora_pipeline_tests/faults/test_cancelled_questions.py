"""A question that is cancelled at any moment never keeps its connection from the ones after it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.asking.http import ProviderClient
from aurora_pipeline_tests.asking.asked import provider
from aurora_pipeline_tests.faults.server import FaultServer, json_reply

_TURNS = 120
"""A question takes about a hundred turns of the event loop, each a moment at which it can be cancelled."""


def test_question__cancelled_at_every_moment__the_next_one_is_answered() -> None:
    async def run(url: str) -> int:
        answered = 0
        async with ProviderClient(provider(url, concurrency=1)) as client:
            for turns in range(_TURNS):
                asked = asyncio.create_task(client.ask(Question(key="broken off", path="/a")))
                for _ in range(turns):
                    await asyncio.sleep(0)
                asked.cancel()
                with suppress(asyncio.CancelledError):
                    await asked
                # Far beyond what an answer takes: what waits here would wait for ever.
                async with asyncio.timeout(10):
                    answered += (await client.ask(Question(key="next", path="/b"))).status == 200
        return answered

    with FaultServer(lambda seen: json_reply({})) as server:
        assert asyncio.run(run(server.url)) == _TURNS
