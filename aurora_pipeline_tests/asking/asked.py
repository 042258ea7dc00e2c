"""Building providers and stored answers for tests of the providers room."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from aurora_pipeline.asking.adapter import Answer, AskMany, Question
from aurora_pipeline.config import Provider
from aurora_pipeline.store.payloads.fetches import RecordedAnswer

NODE = "node"


def provider(url: str, kind: str = "solana_rpc", name: str = NODE, **fields: Any) -> Provider:
    """A provider that retries at once, so that tests need not wait."""
    settings: dict[str, Any] = {
        "retries": {"attempts": 3, "wait_seconds_max": 0},
        "timeouts": {"connect_seconds": 2, "read_seconds": 5},
        **fields,
    }
    return Provider(name=name, enabled=True, kind=kind, base_url=url, **settings)


def answer_to(question: Question, body: object, status: int = 200) -> Answer:
    """A stored answer to a question; bytes are taken as they are, anything else becomes JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = {"verb": "GET" if question.body is None else "POST", "path": question.path}
    if question.query:
        request["query"] = dict(question.query)  # type: ignore[assignment]  # a mapping among texts
    if question.body is not None:
        request["body"] = question.body  # type: ignore[assignment]  # a mapping among texts
    return Answer(question.key, request, status, {}, raw, datetime(2026, 9, 1, tzinfo=UTC), 1, question.kind)


def whole(answers: Sequence[RecordedAnswer]) -> tuple[Answer, ...]:
    """Answers that are all held with their bytes."""
    found = tuple(answer for answer in answers if isinstance(answer, Answer))
    assert len(found) == len(answers)
    return found


def result_of(question: Question, result: object) -> Answer:
    """A stored JSON-RPC result."""
    return answer_to(question, {"jsonrpc": "2.0", "result": result, "id": 1})


def error_of(question: Question, code: int, message: str = "it failed", data: object = None) -> Answer:
    """A stored JSON-RPC error."""
    error: dict[str, object] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return answer_to(question, {"jsonrpc": "2.0", "error": error, "id": 1})


def block(
    slot: int, parent: int | None = None, rewards: Sequence[dict[str, Any]] = (), time: int = 1
) -> dict[str, Any]:
    """A block as getBlock gives it without transactions."""
    return {
        "blockHeight": slot,
        "blockTime": time,
        "blockhash": f"hash{slot}",
        "parentSlot": slot - 1 if parent is None else parent,
        "previousBlockhash": f"hash{slot - 1 if parent is None else parent}",
        "rewards": list(rewards),
    }


def fee(lamports: int, recipient: str = "leader") -> dict[str, Any]:
    """A Fee reward row."""
    return {
        "pubkey": recipient,
        "lamports": lamports,
        "postBalance": 10**9 + lamports,
        "rewardType": "Fee",
        "commission": None,
    }


class Remembering:
    """An Ask that leaves what it was told with its maker."""

    def __init__(self, ask: AskMany, told: dict[str, Answer]) -> None:
        self._ask = ask
        self._told = told

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        answers = await self._ask(questions)
        self._told.update({answer.request_key: answer for answer in answers})
        return answers

    def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        return self._ask.each(questions)
