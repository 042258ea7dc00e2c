"""What a JSON-RPC answer holds, what it was asked for, and what its error says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, parsed
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.store.payloads.answers import Answer

ERROR_LENGTH_MAX: Final = 200
"""So much of a node's error message is repeated."""


@dataclass(frozen=True)
class RpcError:
    """A JSON-RPC error: its code decides what to do, its message is for people."""

    code: int
    message: str


def rpc_error(answer: Answer, provider: str) -> RpcError | None:
    """The JSON-RPC error in an answer, or None when it holds a result; anything else is unreadable."""
    root = parsed(answer, provider)
    if not isinstance(root.value, dict):
        root.refuse("expected a JSON-RPC answer")
    error = root.get("error")
    if error is None:
        root["result"]
        return None
    message = error.get("message")
    return RpcError(
        error["code"].whole(-(2**31), 2**31),
        printable(str(message.value)[:ERROR_LENGTH_MAX]) if message else "no message",
    )


def rpc_result(answer: Answer, provider: str) -> Node:
    """What an answer holds. Raises UnreadableAnswer where it is an error."""
    root = parsed(answer, provider)
    error = rpc_error(answer, provider) if root.get("error") is not None else None
    if error is not None:
        problem = f"the node reports error {error.code}: {error.message[:ERROR_LENGTH_MAX]}"
        raise UnreadableAnswer(provider, answer.request_key, problem)
    if answer.status != 200:
        root.refuse(f"HTTP {answer.status} instead of 200")
    return root["result"]


def asked_method(answer: Answer) -> str:
    """The JSON-RPC method an answer belongs to."""
    return str(_asked(answer).get("method", ""))


def asked_params(answer: Answer) -> list[Any]:
    """The JSON-RPC parameters an answer belongs to."""
    params = _asked(answer).get("params", [])
    return params if isinstance(params, list) else []


def _asked(answer: Answer) -> Mapping[str, Any]:
    body = answer.request.get("body")
    return body if isinstance(body, Mapping) else {}


def answers_to(answers: Iterable[Answer], method: str) -> list[Answer]:
    """The answers to questions of one JSON-RPC method, in plan order."""
    return [answer for answer in answers if asked_method(answer) == method]
