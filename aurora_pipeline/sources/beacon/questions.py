"""The questions a beacon node is asked: pure builders of requests. Equal questions have equal bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon.answers.blocks import read_block
from aurora_pipeline.sources.beacon.answers.chain import read_finalized, read_genesis, read_spec, read_syncing
from aurora_pipeline.sources.beacon.answers.headers import read_header

GENESIS: Final = "genesis"
"""The kind of question that tells which network it is."""
BLOCK: Final = "block"
"""The kind of questions about whole blocks."""

Accepts = Callable[[Answer], bool]


def settles(read: Callable[[Answer, str], object]) -> Accepts:
    """An answer settles its question where it reads as one; errors and garbage are asked again."""

    def accepts(answer: Answer) -> bool:
        try:
            read(answer, "")
        except UnreadableAnswer:
            return False
        return True

    return accepts


def genesis(network: str | None = None) -> Question:
    """Which network it is, and when it began; a stored answer of another network serves nobody."""

    def of_network(answer: Answer, provider: str) -> None:
        if read_genesis(answer, provider).network != (network or read_genesis(answer, provider).network):
            raise UnreadableAnswer(provider, answer.request_key, "of another network")

    return Question("genesis", "/eth/v1/beacon/genesis", accepts=settles(of_network), kind=GENESIS)


def spec() -> Question:
    """How long slots and epochs are."""
    return Question("spec", "/eth/v1/config/spec", accepts=settles(read_spec), kind="spec")


def syncing() -> Question:
    """Whether the node is at the chain's head."""

    def at_the_head(answer: Answer, provider: str) -> None:
        told = read_syncing(answer, provider)
        if told.problem is not None:
            raise UnreadableAnswer(provider, answer.request_key, told.problem)

    return Question("syncing", "/eth/v1/node/syncing", accepts=settles(at_the_head), kind="syncing")


def finality(least: EpochNumber | None = None) -> Question:
    """What is final at the head; a stored answer serves again only where it reaches as far as is needed."""

    def far_enough(answer: Answer, provider: str) -> None:
        if least is not None and read_finalized(answer, provider).epoch < least:
            raise UnreadableAnswer(provider, answer.request_key, "too early")

    path = "/eth/v1/beacon/states/head/finality_checkpoints"
    return Question("finality", path, accepts=settles(far_enough), kind="finality")


def header(slot: int) -> Question:
    """The header of a slot's block, if it has one."""
    return Question(f"header {slot}", f"/eth/v1/beacon/headers/{slot}", accepts=settles(read_header), kind="header")


def block(slot: int) -> Question:
    """The block of a slot, if it has one."""
    return Question(f"block {slot}", f"/eth/v2/beacon/blocks/{slot}", accepts=settles(read_block), kind=BLOCK)
