"""The envelope of every answer: `data`, and whether it is final, or the node only assumes that it is right."""

from __future__ import annotations

from typing import Final, NoReturn

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, parsed
from aurora_pipeline.foundation.units import Gwei
from aurora_pipeline.store.payloads.answers import Answer

FAR_FUTURE: Final = 2**64 - 1
"""The epoch of what has not been decided yet."""
OPTIMISTIC: Final = "its execution client has not checked this yet (execution_optimistic)"
_SAID_MAX: Final = 200


def data(answer: Answer, provider: str, final: str | None = None) -> Node:
    """What an answer holds; an error, and what the node only assumes to be right, are refused by name.

    `final` names what has to be final: where the node says that it is not, that is refused as well. Some say nothing.
    """
    if answer.status != 200:
        refuse_status(answer, provider)
    root = parsed(answer, provider)
    optimistic = root.get("execution_optimistic")
    if optimistic is not None and optimistic.flag():
        root.refuse(OPTIMISTIC)
    finalized = None if final is None else root.get("finalized")
    if finalized is not None and not finalized.flag():
        root["data"].refuse(f"{final} not final")
    return root["data"]


def refuse_status(answer: Answer, provider: str) -> NoReturn:
    """Raise what an error status means; the bodies of errors differ by client, so they are only quoted."""
    said = answer.body[:_SAID_MAX].decode(errors="replace")
    raise UnreadableAnswer(provider, answer.request_key, f"HTTP {answer.status}: {said}")


def gwei(node: Node) -> Gwei:
    """An amount that cannot be negative."""
    return Gwei(node.whole_text())


def signed_gwei(node: Node) -> Gwei:
    """A reward, or a penalty, which is negative."""
    return Gwei(node.signed_text())
