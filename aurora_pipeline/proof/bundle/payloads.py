"""The fetches behind a bundle's figures, with the bytes that providers sent: only where somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.proof.bundle.documents import Document, Row, text_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.payloads.answers import answers_by_id, request_text


def payloads(connection: Connection, shown: Sequence[tuple[str, Input]]) -> tuple[Document, Mapping[str, bytes]]:
    """The file payloads.json for fetches, each with the id of a snapshot that names it; bodies by their file names."""
    digests = sorted({item.digest for _, item in shown})
    found = {
        row["fetch_digest"]: row
        for row in connection.execute(
            """SELECT DISTINCT ON (fetch_digest) fetch_digest, kind, state, verdict, reason, payload_ids
               FROM staging_fetches WHERE fetch_digest = ANY(%s) ORDER BY fetch_digest, fetch_id""",
            [digests],
        )
    }
    told = ("kind", "state", "verdict", "reason", "fetch_digest")
    fetches: list[Row] = [
        {"snapshot": snapshot, "name": item.name, **{name: text_of(found[item.digest][name]) for name in told}}
        for snapshot, item in shown
    ]
    answers = answers_by_id(connection, [number for row in found.values() for number in row["payload_ids"]])
    rows: list[Row] = []
    bodies: dict[str, bytes] = {}
    for digest in digests:
        for number in found[digest]["payload_ids"]:
            one = answers[number]
            bodies[f"payloads/{one.response_hash}"] = one.body
            asked = {"request_key": one.request_key, "question": one.question, "request": request_text(one.request)}
            status = {"status": str(one.status), "response_hash": one.response_hash}
            rows.append({"fetch_digest": digest, **asked, **status})
    return {"fetches": fetches, "answers": rows}, bodies
