"""A few answers of a period, the first and the last to each kind of question: to look how answers are made."""

from __future__ import annotations

from collections.abc import Collection

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.payloads.answers import Answer, answers_by_id

_FIRST_AND_LAST = """
SELECT f.provider, f.kind, min(p.payload_id) AS first, max(p.payload_id) AS last
FROM staging_fetches f CROSS JOIN LATERAL unnest(f.payload_ids) named (payload_id)
JOIN staging_payloads p ON p.payload_id = named.payload_id
WHERE f.chain_id = %s AND f.epoch = %s AND f.kind = ANY(%s) AND p.status = 200
GROUP BY f.provider, f.kind, p.question, p.request -> 'body' ->> 'method'
ORDER BY f.provider, first
"""


def samples(
    connection: Connection, chain_id: str, epoch: EpochNumber, kinds: Collection[str]
) -> list[tuple[str, str, list[Answer]]]:
    """By provider and kind of question, the provider's name and kind, and its first and last good answer."""
    rows = connection.execute(_FIRST_AND_LAST.encode(), [chain_id, epoch, list(kinds)]).fetchall()
    answers = answers_by_id(connection, {row[name] for row in rows for name in ("first", "last")})
    return [
        (row["provider"], row["kind"], [answers[one] for one in dict.fromkeys((row["first"], row["last"]))])
        for row in rows
    ]
