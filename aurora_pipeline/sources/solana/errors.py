"""What a JSON-RPC error of a Solana node means for a figure: never zero, and rarely the end of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.json_rpc import ERROR_LENGTH_MAX, RpcError, rpc_error
from aurora_pipeline.store.declaration import FigureState

# An answer without this is no error; looking for it spares most answers a second parsing.
_ERROR_KEY: Final = b'"error"'


@dataclass(frozen=True)
class Meaning:
    """What an error says about the figure, and what to do about it."""

    state: FigureState
    words: str
    passing: bool = False
    """It may be gone after a pause of seconds."""
    other_may_know: bool = True
    """Another node may be able to tell."""


def _pending(words: str, passing: bool = True, other_may_know: bool = True) -> Meaning:
    return Meaning(FigureState.PENDING, words, passing, other_may_know)


def _unavailable(words: str) -> Meaning:
    return Meaning(FigureState.UNAVAILABLE, words)


_MEANINGS: Final = {
    -32001: _unavailable("history missing: the node has removed the block"),
    -32004: _pending("the block is not available yet"),
    -32005: _pending("the node is behind"),
    -32007: _unavailable("a listed block is reported as skipped"),
    -32009: _unavailable("a listed block is reported as skipped"),
    -32010: _unavailable("the node refuses to search this program's accounts"),
    -32011: _unavailable("history missing: the node keeps none"),
    -32012: _pending("the node broke off its search"),
    -32014: _pending("the block's status is not available yet"),
    -32015: _unavailable("the block holds transactions of a newer version than was asked for"),
    -32016: _pending("the node has not reached the slot yet"),
    -32017: _pending("rewards still being paid", passing=False, other_may_know=False),
    -32018: _unavailable("history missing: the node has a gap at the epoch's boundary"),
    -32019: _pending("the node cannot reach its long-term storage"),
    -32603: _pending("the node had an internal error"),
}
_PERMANENT: Final = _unavailable("the node refuses the request")


@dataclass(frozen=True)
class Trouble:
    """Why answers hold no figure."""

    state: FigureState
    reason: str
    other_may_know: bool


def meaning_of(error: RpcError) -> Meaning:
    """What an error means; unknown codes are permanent refusals."""
    return _MEANINGS.get(error.code, _PERMANENT)


def passing_trouble(answer: Answer, provider: str) -> str | None:
    """Why an answer should be asked again after a pause, or None."""
    if answer.status != 200 or _ERROR_KEY not in answer.body:
        return None
    try:
        error = rpc_error(answer, provider)
    except UnreadableAnswer:
        return None
    if error is None or not meaning_of(error).passing:
        return None
    return _described(error, meaning_of(error))


def trouble_in(answers: Iterable[Answer], provider: str) -> Trouble | None:
    """The first answer that is an error, and what that means. Raises UnreadableAnswer for what is no JSON-RPC."""
    for answer in answers:
        if answer.status != 200:
            reason = f"the node answered {answer.request_key!r} with HTTP {answer.status}"
            return Trouble(FigureState.UNAVAILABLE, reason, True)
        if _ERROR_KEY not in answer.body:
            continue
        error = rpc_error(answer, provider)
        if error is not None:
            meaning = meaning_of(error)
            reason = f"{_described(error, meaning)}, asked {answer.request_key!r}"
            return Trouble(meaning.state, reason, meaning.other_may_know)
    return None


def _described(error: RpcError, meaning: Meaning) -> str:
    return f"{meaning.words} ({error.code}: {error.message[:ERROR_LENGTH_MAX]})"
