"""What an execution node is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.evm.answers import (
    BLOCK_BY_NUMBER,
    CHAIN_ID,
    HEAD,
    RECEIPTS,
    read_block,
    read_chain_id,
    read_receipts,
)

_READER: Final = "reading"


def block(number: int) -> Question:
    """A block with its transactions."""
    return _rpc(f"{BLOCK_BY_NUMBER} {number}", BLOCK_BY_NUMBER, [hex(number), True], read_block)


def receipts(number: int) -> Question:
    """The receipts of a block's transactions."""
    return _rpc(f"{RECEIPTS} {number}", RECEIPTS, [hex(number)], read_receipts)


def chain_id() -> Question:
    """Which chain the node is of."""
    return _rpc(CHAIN_ID, CHAIN_ID, [], read_chain_id)


def head() -> Question:
    """The newest block that the node has: never settled by what an earlier run heard."""
    return Question(HEAD, "", _body(HEAD, []), accepts=lambda answer: False, kind=HEAD)


def _rpc(key: str, method: str, params: Sequence[Any], read: Callable[[Answer, str], object | None]) -> Question:
    def settles(answer: Answer) -> bool:
        try:
            return read(answer, _READER) is not None
        except UnreadableAnswer:
            return False

    return Question(key, "", _body(method, params), accepts=settles, kind=method)


def _body(method: str, params: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
