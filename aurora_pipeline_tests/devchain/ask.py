"""The small chain's nodes, relays and an explorer asked in this process, without a line between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote

from aurora_pipeline.asking.adapter import Adapter, Answer, FetchScope, Question
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon import last_read
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.asking.asked import answer_to
from aurora_pipeline_tests.devchain.server import DevChain
from aurora_pipeline_tests.faults.server import Seen

_OWN: Final = "0x" + "ab" * 20
_BUILDER: Final = "0x" + "cd" * 20


class SmallChain:
    """An Ask of the small chain's nodes and relays, in this process."""

    def __init__(self, under: str = "", spoil: Mapping[str, Callable[[Any], Any]] = MappingProxyType({})) -> None:
        """`under` is where a node answers; `spoil` by kind of question what is made of good answers."""
        self.answers: dict[str, Answer] = {}
        self._chain, self._under, self._spoil = DevChain(), under, spoil

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(question) for question in questions]

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        for question in questions:
            yield self._answer(question)

    def _answer(self, question: Question) -> Answer:
        verb, body = ("GET", b"") if question.body is None else ("POST", json.dumps(question.body).encode())
        query = {name: str(value) for name, value in question.query.items()}
        reply = self._chain(Seen(verb, unquote(self._under + question.path), query, {}, body))
        spoil = self._spoil.get(question.kind)
        told = reply.body if spoil is None else json.dumps(spoil(json.loads(reply.body))).encode()
        return self.answers.setdefault(question.key, answer_to(question, told, reply.status))

    def fetched(self, adapter: Adapter, role: DataType, scope: FetchScope) -> list[StagedFetch]:
        """What an adapter makes of the answers, as it is staged with their bytes."""
        fetched = asyncio.run(adapter.fetch(role, scope, self))
        # Answers are told from stored bytes, as by a process that did not ask for them itself.
        last_read._last.clear()
        return [
            StagedFetch(
                number,
                role,
                "small",
                adapter.kind,
                one.subject,
                one.state,
                one.reason,
                tuple(self.answers[kept.request_key] for kept in one.answers),
            )
            for number, one in enumerate(fetched, start=1)
        ]


class SmallExplorer(SmallChain):
    """An Ask of an explorer that says what the small chain's blocks paid."""

    def _answer(self, question: Question) -> Answer:
        body = question.body
        assert isinstance(body, dict)
        number = body["block"]["number"]
        tips = _side(number * 10**15 + 1, _BUILDER if number % 2 else _OWN)
        paid = _side(number * 10**15 + 7, _OWN)
        is_built = bool(number % 2)
        told: dict[str, object] = {
            "total_reward": paid if is_built else tips,
            "priority_fees": tips,
            "mev": paid if is_built else None,
        }
        told["finality"] = "finalized"
        return self.answers.setdefault(question.key, answer_to(question, {"data": told}))


def _side(amount: int, address: str) -> dict[str, object]:
    return {"amount": str(amount), "recipient": {"address": address, "is_contract": False}}
