"""Which of the epochs that somebody asks for have an answer, and why the others have none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from aurora_pipeline.foundation.listing import spans
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.periods.errors import PeriodUnknown
from aurora_pipeline.store.database import Connection


def require_recorded(connection: Connection, chain_id: str, asked: EpochRange) -> None:
    """Raise where none of the epochs that were asked for is a known period; a known one may not be published yet."""
    if known_epochs(connection, chain_id, asked):
        return
    raise PeriodUnknown(
        f"epoch {spans(asked, asked.step)} of {chain_id} is no finalized period that is known",
        f"known are: {_all_known(connection)}; `aurora periods list CHAIN --discover` asks the chain",
    )


def left_out(
    connection: Connection, chain_id: str, asked: EpochRange, layer: str | None = None, moment: datetime | None = None
) -> list[str]:
    """Which of the epochs that were asked for have no answer, and why: a sentence for each reason.

    They are those that are no known period and, where a layer is given, those of which it had nothing in force.
    """
    known = known_epochs(connection, chain_id, asked)
    told = not_known(connection, chain_id, [epoch for epoch in asked if epoch not in known])
    if layer is not None:
        published = published_epochs(connection, chain_id, asked, layer, moment)
        empty = [epoch for epoch in asked if epoch in known and epoch not in published]
        if empty:
            why = _not_published(PeriodKey(chain_id, empty[0]), moment)
            told.append(f"left out: {chain_id} {spans(empty, asked.step)}, {why}")
    return told


def not_known(connection: Connection, chain_id: str, epochs: Sequence[EpochNumber]) -> list[str]:
    """The sentence about epochs that are no known period; none where there are none."""
    if not epochs:
        return []
    return [
        f"left out: {chain_id} {spans(epochs)}, no finalized period that is known; known are:"
        f" {_all_known(connection, chain_id)}; `aurora periods list {chain_id} --discover` asks the chain"
    ]


def _not_published(first: PeriodKey, moment: datetime | None) -> str:
    if moment is not None:
        return f"of which nothing was published by {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"of which nothing is published: `aurora status {first.chain_id} {first.epoch}` tells why"


def known_epochs(connection: Connection, chain_id: str, asked: EpochRange) -> set[EpochNumber]:
    """Those of the epochs that are known periods."""
    rows = connection.execute(
        "SELECT epoch FROM canonical_periods WHERE chain_id = %s AND epoch BETWEEN %s AND %s",
        [chain_id, asked[0], asked[-1]],
    )
    return {row["epoch"] for row in rows}


def published_epochs(
    connection: Connection, chain_id: str, asked: EpochRange, layer: str | None = None, moment: datetime | None = None
) -> set[EpochNumber]:
    """Those of the epochs of which a layer, or any, was published by a moment, or ever."""
    rows = connection.execute(
        """SELECT DISTINCT epoch FROM publications
           WHERE chain_id = %(chain)s AND epoch BETWEEN %(first)s AND %(last)s
             AND (%(layer)s::text IS NULL OR asset = %(layer)s)
             AND (%(moment)s::timestamptz IS NULL OR published_at <= %(moment)s)""",
        {"chain": chain_id, "first": asked[0], "last": asked[-1], "layer": layer, "moment": moment},
    )
    return {row["epoch"] for row in rows}


def _all_known(connection: Connection, chain_id: str | None = None) -> str:
    rows = connection.execute(
        """SELECT chain_id, array_agg(epoch ORDER BY epoch) AS epochs FROM canonical_periods
           WHERE %(chain)s::text IS NULL OR chain_id = %(chain)s GROUP BY chain_id ORDER BY chain_id""",
        {"chain": chain_id},
    )
    return "; ".join(f"{row['chain_id']} {spans(row['epochs'])}" for row in rows) or "none yet"
