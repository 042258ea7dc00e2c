"""Which network a chain's nodes were of when its first period was recorded: a node of another one tells no figure."""

from __future__ import annotations

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.sources.families import source_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.file_bodies import READ_VERB
from aurora_pipeline.store.payloads.answers import answers_by_id


def recorded_network(connection: Connection, chain: Chain) -> str | None:
    """The network of the chain as recorded first; None where nothing is recorded, or its nodes do not say."""
    row = connection.execute(
        """SELECT c.payload_ids FROM canonical_periods c
           JOIN staging_payloads p ON p.payload_id = c.payload_ids[1]
           WHERE c.chain_id = %s AND p.request ->> 'verb' <> %s ORDER BY c.recorded_at, c.epoch LIMIT 1""",
        [chain.chain_id, READ_VERB],
    ).fetchone()
    if row is None:
        return None
    return source_of(chain).network(answers_by_id(connection, row["payload_ids"]).values(), "the stored answers")
