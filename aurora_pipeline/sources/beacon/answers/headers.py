"""Reading block headers: a block's root, its parent's, and who proposed it."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.sources.beacon.answers.envelope import data
from aurora_pipeline.sources.hex_values import hash_of
from aurora_pipeline.store.payloads.answers import Answer


@dataclass(frozen=True)
class BeaconHeader:
    """A block without its body."""

    slot: int
    proposer_index: int
    root: str
    parent_root: str
    state_root: str


@reader
def read_header(answer: Answer, provider: str) -> BeaconHeader | None:
    """/eth/v1/beacon/headers/{slot}; None where the node has no block of the slot: a missed one, or forgotten."""
    if answer.status == 404:
        return None
    told = data(answer, provider, "the block is")
    canonical = told.get("canonical")
    if canonical is not None and not canonical.flag():
        told.refuse("the block is not canonical")
    message = told["header"]["message"]
    return BeaconHeader(
        message["slot"].whole_text(),
        message["proposer_index"].whole_text(),
        hash_of(told["root"]),
        hash_of(message["parent_root"]),
        hash_of(message["state_root"]),
    )
