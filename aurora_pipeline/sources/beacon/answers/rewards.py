"""Reading the three rewards endpoints: attestations of an epoch, a block's proposer, a slot's sync committee."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from aurora_pipeline.asking.reading import reader, while_reading
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Gwei
from aurora_pipeline.sources.beacon.answers.envelope import data, gwei, signed_gwei
from aurora_pipeline.store.payloads.answers import Answer

PARTS: Final = ("head", "target", "source", "inactivity")
"""What an attestation earns or costs; head can only earn, inactivity only cost."""
_INDEX: Final = "validator_index"
_AS_TEXT: Final = dict.fromkeys((_INDEX, *PARTS), pl.String())
_NUMBER: Final = r"^-?[0-9]{1,18}$"


@dataclass(frozen=True, slots=True)
class BlockRewards:
    """What a block's proposer earned on the consensus layer."""

    proposer_index: int
    total: Gwei


@dataclass(frozen=True, slots=True)
class SyncReward:
    """What one seat in the sync committee earned in a slot, or lost."""

    validator_index: int
    reward: Gwei


@reader
def read_attestation_rewards(answer: Answer, provider: str) -> pl.DataFrame:
    """/eth/v1/beacon/rewards/attestations/{epoch}: one row per validator, gwei as whole numbers, of either sign."""
    frame = _quickly(answer)
    return _slowly(answer, provider) if frame is None else frame


def _quickly(answer: Answer) -> pl.DataFrame | None:
    """The rows, if everything is just as the standard has it: there can be very many, in very many epochs."""
    rows = _plain_rows(answer)
    try:
        columns = None if rows is None else {name: [row[name] for row in rows] for name in _AS_TEXT}
    except (KeyError, TypeError):
        return None
    # Polars looks for minutes at a list within a list within a list, before it says that it is no text.
    if columns is None or any(set(map(type, column)) - {str} for column in columns.values()):
        return None
    frame = pl.DataFrame(columns, schema=_AS_TEXT, strict=True)
    numbers = frame.select(pl.all().str.contains(_NUMBER).all()).row(0) if len(frame) else (rows == [],)
    if not all(numbers):
        return None
    frame = frame.cast(pl.Int64())
    odd = frame.filter((pl.col(_INDEX) < 0) | (pl.col("head") < 0) | (pl.col("inactivity") > 0))
    return frame if odd.is_empty() and frame[_INDEX].is_unique().all() else None


def _plain_rows(answer: Answer) -> list[dict[str, str]] | None:
    """The rows where nothing is said against them; what each of them is, nobody has looked at yet."""
    try:
        with while_reading(len(answer.body)):
            told = json.loads(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        return None
    # An escape could be half a character; no plain answer has one.
    if b"\\" in answer.body or not isinstance(told, dict) or told.get("execution_optimistic", False) is not False:
        return None
    inner = told.get("data")
    if not isinstance(inner, dict) or told.get("finalized", True) is not True:
        return None
    rows = inner.get("total_rewards")
    if not isinstance(rows, list):
        return None
    ideal = inner.get("ideal_rewards")
    objects = [told, inner, *rows, *(ideal if isinstance(ideal, list) else [])]
    return rows if _has_no_key_twice(answer.body, objects) else None


def _has_no_key_twice(body: bytes, objects: Sequence[object]) -> bool:
    """Whether these are all the objects of a body, each with all its keys: of two under one name only the last is kept.

    Every key has its colon. Where a text holds one, too, the answer is read slowly.
    """
    return body.count(b":") == sum(len(one) for one in objects if isinstance(one, dict))


def _slowly(answer: Answer, provider: str) -> pl.DataFrame:
    """The rows of clients that leave things out, and the place where something is wrong."""
    told = data(answer, provider, "the epoch's rewards are")
    rows = told["total_rewards"]
    found: dict[str, list[int]] = {name: [] for name in _AS_TEXT}
    for row in rows.items():
        found[_INDEX].append(row[_INDEX].whole_text(2**62))
        for name in PARTS:
            # Old Teku leaves inactivity out.
            node = row.get(name) if name == "inactivity" else row[name]
            amount = 0 if node is None else signed_gwei(node)
            if (name == "head" and amount < 0) or (name == "inactivity" and amount > 0):
                row.refuse(f"{name} is {amount}")
            found[name].append(amount)
    frame = pl.DataFrame(found, schema=dict.fromkeys(_AS_TEXT, pl.Int64()))
    if frame[_INDEX].is_duplicated().any():
        rows.refuse("a validator is listed twice")
    return frame


@reader
def read_block_rewards(answer: Answer, provider: str) -> BlockRewards:
    """/eth/v1/beacon/rewards/blocks/{slot}."""
    told = data(answer, provider, "the block's rewards are")
    parts = ("attestations", "sync_aggregate", "proposer_slashings", "attester_slashings")
    amount, summed = gwei(told["total"]), total([gwei(told[name]) for name in parts])
    if amount != summed:
        told.refuse(f"the total {amount} is not the sum of its parts, {summed}")
    return BlockRewards(told["proposer_index"].whole_text(), amount)


@reader
def read_sync_rewards(answer: Answer, provider: str) -> tuple[SyncReward, ...]:
    """/eth/v1/beacon/rewards/sync_committee/{slot}; who sits in it several times may have a row for each seat."""
    told = data(answer, provider)
    return tuple(SyncReward(row[_INDEX].whole_text(), signed_gwei(row["reward"])) for row in told.items())


@reader
def read_sync_committee(answer: Answer, provider: str) -> frozenset[int]:
    """/eth/v1/beacon/states/{slot}/sync_committees: who sits in the committee."""
    told = data(answer, provider)
    seats = [seat.whole_text() for seat in told["validators"].items()]
    if not seats:
        told.refuse("the committee has no seat")
    return frozenset(seats)
