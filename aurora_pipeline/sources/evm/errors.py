"""What an error of an execution node means for a figure: never zero, and rarely the end of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.json_rpc import RpcError, rpc_error
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState

# An answer without this is no error; looking for it spares most answers a second parsing.
_ERROR_KEY: Final = b'"error"'


@dataclass(frozen=True)
class NodeError:
    """What an error says about the figure."""

    state: FigureState
    words: str
    passing: bool = False
    """It may be gone after a pause of seconds."""


_PENDING, _UNAVAILABLE = FigureState.PENDING, FigureState.UNAVAILABLE
_MEANINGS: Final = {
    4444: NodeError(_UNAVAILABLE, "history missing: the node has pruned the block"),
    -32601: NodeError(_UNAVAILABLE, "the node does not know the method"),
    -32602: NodeError(_UNAVAILABLE, "the node refuses the question's parameters"),
    -32000: NodeError(_PENDING, "the node could not answer"),
    -32001: NodeError(_UNAVAILABLE, "history missing: the node has no such block"),
    -32002: NodeError(_PENDING, "the node is not ready", passing=True),
    -32005: NodeError(_PENDING, "the node's limit is used up", passing=True),
    -32603: NodeError(_PENDING, "the node had an internal error", passing=True),
}
_PERMANENT: Final = NodeError(_UNAVAILABLE, "the node refuses the request")


def error_kind(error: RpcError) -> NodeError:
    """What an error means; unknown codes are permanent refusals."""
    return _MEANINGS.get(error.code, _PERMANENT)


def passing_trouble(answer: Answer, provider: str) -> str | None:
    """Why an answer should be asked again after a pause, or None."""
    try:
        error = _error_in(answer, provider)
    except UnreadableAnswer:
        return None
    if error is None or not error_kind(error).passing:
        return None
    return _described(error)


def lack_in(answer: Answer, provider: str) -> Missing | None:
    """Why an answer holds no figure; None where it may. Raises UnreadableAnswer for what is no JSON-RPC."""
    if answer.status != 200:
        return Missing(_UNAVAILABLE, f"the node answered {answer.request_key!r} with HTTP {answer.status}")
    error = _error_in(answer, provider)
    if error is None:
        return None
    return Missing(error_kind(error).state, f"{_described(error)}, asked {answer.request_key!r}")


def _error_in(answer: Answer, provider: str) -> RpcError | None:
    if answer.status != 200 or _ERROR_KEY not in answer.body:
        return None
    return rpc_error(answer, provider)


def _described(error: RpcError) -> str:
    return f"{error_kind(error).words} ({error.code}: {error.message})"
