"""Which chain a chain's periods were recorded of: its network, and the roots of blocks. Others tell no figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.families import source_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.file_bodies import READ_VERB
from aurora_pipeline.store.payloads.answers import Answer, answers_by_id

_STORED = "the stored answers"


def recorded_network(connection: Connection, chain: Chain) -> str | None:
    """The network of the chain as recorded first; None where nothing is recorded, or its nodes do not say."""
    row = connection.execute(
        """SELECT c.payload_ids FROM canonical_periods c
           JOIN staging_payloads p ON p.payload_id = c.payload_ids[1]
           WHERE c.chain_id = %s AND p.request ->> 'verb' <> %s ORDER BY c.recorded_at, c.epoch LIMIT 1""",
        [chain.chain_id, READ_VERB],
    ).fetchone()
    return None if row is None else source_of(chain).network(_answers(connection, row["payload_ids"]), _STORED)


def recorded_roots(connection: Connection, chain: Chain, period: Period) -> Mapping[int, str]:
    """Roots of blocks, by slot, that a period's bounds were proven by; none where its nodes, or files, do not say."""
    row = connection.execute(
        "SELECT payload_ids FROM canonical_periods WHERE chain_id = %s AND epoch = %s",
        [period.key.chain_id, period.key.epoch],
    ).fetchone()
    return {} if row is None else source_of(chain).roots(_answers(connection, row["payload_ids"]), _STORED)


def _answers(connection: Connection, payload_ids: list[int]) -> Iterable[Answer]:
    return answers_by_id(connection, payload_ids).values()
