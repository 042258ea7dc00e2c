"""Recomputes what was staged for a period: bodies, payloads, fetches, observations and the period's own bounds."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.record import find_period
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.file_bodies import is_file
from aurora_pipeline.store.payloads.answers import answer_leaf, request_text
from aurora_pipeline.store.payloads.fetches import fetch_digest
from aurora_pipeline.store.payloads.packing import unpacked
from aurora_pipeline.store.payloads.tables import Verdict
from aurora_pipeline.store.ranges import moved_out

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Staged:
    """The fetches that inputs of a period may name, as recomputed."""

    key: PeriodKey
    fetches: Mapping[str, Mapping[str, int]]
    """Fetch ids by digest, by name (data type/provider/subject); of fetches that say the same, the newest."""
    fetch_digests: Mapping[int, str]
    """The recomputed digest of each fetch; one that was repeated with the same outcome has the same."""


def in_archive(key: PeriodKey, place: str) -> str:
    """What is said of evidence that is not in the database."""
    return f"moved to {place}: `aurora archives verify {key.chain_id} {key.epoch}` verifies it there"


def fetch_place(key: PeriodKey, name: str) -> tuple[PeriodKey, str]:
    """Which period's fetch an input of a snapshot of `key` names: its own, unless the name ends in `@chain:epoch`."""
    fetch, _, period = name.rpartition("@")
    # A cross-checker's name stands behind an @ too, but holds no colon.
    return (PeriodKey.parse(period), fetch) if ":" in period else (key, name)


def verify_staged(
    connection: Connection, key: PeriodKey, findings: Findings, only: Collection[str] | None = None
) -> Staged:
    """Recompute everything staged for a period, or only the fetches of some input names and what they rest on."""
    fetches = _fetches(connection, key, only)
    wanted = None if only is None else sorted({number for row in fetches for number in row["payload_ids"]})
    payloads = {row["payload_id"]: row for row in _payloads(connection, key, wanted)}
    place = moved_out(connection, key.chain_id, key.epoch)
    if place is None:
        _verify_bodies(connection, key, payloads, wanted is None, findings)
    else:
        findings.note(Checked.BODY, str(key), in_archive(key, place))
    found: dict[str, dict[str, int]] = defaultdict(dict)
    digests: dict[int, str] = {}
    for row in fetches:
        digest = _verify_fetch(key, row, payloads, findings)
        if digest is not None:
            found[_name(row)][digest] = row["fetch_id"]
            digests[row["fetch_id"]] = digest
    if only is None:
        _verify_observations(connection, key, payloads, findings)
    _verify_period(connection, key, payloads if only is None else None, findings)
    return Staged(key, found, digests)


def _fetches(connection: Connection, key: PeriodKey, only: Collection[str] | None) -> list[dict[str, Any]]:
    return connection.execute(
        """SELECT fetch_id, data_type, provider, kind, subject, state, verdict, reason, payload_ids, fetch_digest
           FROM staging_fetches
           WHERE chain_id = %(chain)s AND epoch = %(epoch)s
             AND (%(only)s::text[] IS NULL OR data_type || '/' || provider || '/' || subject = ANY(%(only)s))
           ORDER BY fetch_id""",
        {"chain": key.chain_id, "epoch": key.epoch, "only": None if only is None else list(only)},
    ).fetchall()


def _payloads(connection: Connection, key: PeriodKey, wanted: list[int] | None) -> list[dict[str, Any]]:
    return connection.execute(
        """SELECT payload_id, data_type, provider, request_key, question, request, status, response_hash
           FROM staging_payloads
           WHERE chain_id = %(chain)s AND epoch = %(epoch)s
             AND (%(wanted)s::bigint[] IS NULL OR payload_id = ANY(%(wanted)s))""",
        {"chain": key.chain_id, "epoch": key.epoch, "wanted": wanted},
    ).fetchall()


def payload_name(row: Row) -> str:
    """A payload as a person finds it again."""
    return f"payload {row['payload_id']} ({row['data_type']}, {row['provider']}, {row['request_key']})"


def _name(row: Row) -> str:
    return f"{row['data_type']}/{row['provider']}/{row['subject']}"


def _verify_bodies(
    connection: Connection, key: PeriodKey, payloads: Mapping[int, Row], whole_period: bool, findings: Findings
) -> None:
    """Hash every body outside the database, one at a time, and find the bodies that payloads miss."""
    users: dict[str, list[Row]] = defaultdict(list)
    for row in payloads.values():
        users[row["response_hash"]].append(row)
    stored = set()
    with connection.cursor() as cursor:
        # Streamed, because a period's bodies together can be larger than memory; binary, because hex takes twice.
        rows = cursor.stream(
            """SELECT response_hash::text, body, packed_from FROM staging_bodies
               WHERE chain_id = %(chain)s AND epoch = %(epoch)s
               AND (%(wanted)s::text[] IS NULL OR response_hash = ANY(%(wanted)s))
               UNION ALL SELECT response_hash::text, body, NULL FROM staging_file_bodies
               WHERE response_hash = ANY(%(files)s)""",
            {
                "chain": key.chain_id,
                "epoch": key.epoch,
                "wanted": None if whole_period else list(users),
                "files": sorted({row["response_hash"] for row in payloads.values() if is_file(row["request"])}),
            },
            binary=True,
        )
        for row in rows:
            stored.add(row["response_hash"])
            recomputed = hashlib.sha256(unpacked(row["body"], row["packed_from"])).hexdigest()
            if recomputed == row["response_hash"]:
                findings.ok(Checked.BODY)
                continue
            where = f"{key} body of {_listed(map(payload_name, users[row['response_hash']]))}"
            findings.fail(Checked.BODY, where, "its bytes were changed", row["response_hash"], recomputed)
    for digest, rows_without in users.items():
        if digest in stored:
            findings.ok(Checked.PAYLOAD, len(rows_without))
            continue
        for row in rows_without:
            findings.fail(Checked.PAYLOAD, f"{key} {payload_name(row)}", "its body is gone", recorded=digest)


def _verify_fetch(key: PeriodKey, row: Row, payloads: Mapping[int, Row], findings: Findings) -> str | None:
    """The fetch's digest as its answers give it; none where answers are gone."""
    where = f"{key} fetch {row['fetch_id']} ({_name(row)})"
    gone = [number for number in row["payload_ids"] if number not in payloads]
    if gone:
        findings.fail(Checked.FETCH, where, f"of its answers, payloads {_listed(gone)} are gone", row["fetch_digest"])
        return None
    for column, known in (("state", FigureState), ("verdict", Verdict)):
        if row[column] not in list(known):
            findings.fail(Checked.FETCH, where, f"its {column} {row[column]!r} is none", row["fetch_digest"])
            return None
    answers = [payloads[number] for number in row["payload_ids"]]
    recomputed = fetch_digest(
        row["kind"],
        FigureState(row["state"]),
        Verdict(row["verdict"]),
        row["reason"],
        [_leaf(answer) for answer in answers],
    )
    problem = "its kind, state, verdict, reason, answers or digest were changed"
    findings.equal(Checked.FETCH, where, problem, row["fetch_digest"], recomputed)
    return recomputed


def _leaf(row: Row) -> bytes:
    asked = (row["request_key"], row["question"], request_text(row["request"]))
    return answer_leaf(*asked, row["status"], row["response_hash"])


def _verify_observations(
    connection: Connection, key: PeriodKey, payloads: Mapping[int, Row], findings: Findings
) -> None:
    rows = connection.execute(
        """SELECT observation_id, data_type, provider, subject, payload_ids FROM observations
           WHERE chain_id = %s AND epoch = %s ORDER BY observation_id""",
        [key.chain_id, key.epoch],
    ).fetchall()
    for row in rows:
        gone = [number for number in row["payload_ids"] if number not in payloads]
        if not gone:
            findings.ok(Checked.OBSERVATION)
            continue
        where = f"{key} observation {row['observation_id']} ({_name(row)})"
        findings.fail(Checked.OBSERVATION, where, f"of its answers, payloads {_listed(gone)} are gone")


def _verify_period(
    connection: Connection, key: PeriodKey, payloads: Mapping[int, Row] | None, findings: Findings
) -> None:
    row = connection.execute(
        "SELECT period_digest, payload_ids FROM canonical_periods WHERE chain_id = %s AND epoch = %s",
        [key.chain_id, key.epoch],
    ).fetchone()
    period = find_period(connection, key)
    if row is None or period is None:
        return
    where = f"{key} canonical_periods"
    problem = "its slots, instants or digest were changed"
    findings.equal(Checked.PERIOD, where, problem, row["period_digest"], period.digest)
    others = connection.execute(
        """SELECT period_key FROM canonical_periods
           WHERE chain_id = %s AND epoch <> %s AND first_slot <= %s AND last_slot >= %s ORDER BY epoch""",
        [key.chain_id, key.epoch, period.last_slot, period.first_slot],
    ).fetchall()
    if others:
        keys = _listed(one["period_key"] for one in others)
        findings.fail(Checked.PERIOD, where, f"it has slots that are in {keys} too: what they brought counts twice")
    gone = [] if payloads is None else [number for number in row["payload_ids"] if number not in payloads]
    if gone:
        findings.fail(Checked.PERIOD, where, f"of the answers it was read from, payloads {_listed(gone)} are gone")


def _listed(items: Iterable[object]) -> str:
    return listed(items) or "no payload"
