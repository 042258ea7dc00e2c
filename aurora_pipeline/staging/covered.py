"""Whether one fetch about everyone is about every validator: one that was registered later was not asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.asking.adapter import EVERYONE, ValidatorAsked
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import requests_of
from aurora_pipeline.store.payloads.fetches import FetchInForce


def leaves_out(
    connection: Connection, in_force: Mapping[str, FetchInForce], validators: Sequence[ValidatorAsked]
) -> bool:
    """Whether the final fetch about everyone names validators in its questions, and not all of these."""
    fetch = in_force.get(EVERYONE)
    if fetch is None or fetch.state is not FigureState.FINAL or fetch.kind not in SOURCES:
        return False
    names = SOURCES[fetch.kind].names_validators
    if names is None:
        return False
    asked = [names.of(request) for request in requests_of(connection, fetch.payload_ids, names.kind)]
    return not {one.validator_key for one in validators} <= frozenset().union(*asked)
