"""What the lineages of a layer's snapshots in force rest on, for many periods at once: what is stale shows there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.payloads.fetches import COUNTING_FIRST, NOT_RETRACTED

_LINEAGES = """FROM in_force f
CROSS JOIN LATERAL (
    SELECT s.inputs, s.lineage_digest, s.layer_version FROM snapshots s WHERE s.snapshot_id = f.snapshot_id
    UNION ALL
    SELECT a.inputs, a.lineage_digest, a.layer_version FROM attestations a WHERE a.snapshot_id = f.snapshot_id) l
WHERE f.chain_id = %s AND f.asset = %s AND l.layer_version = %s"""
_RECORDED = f"SELECT f.epoch, l.{{}} {_LINEAGES}"


def recorded_lineages(connection: Connection, chain_id: str, table: Table) -> dict[int, set[str]]:
    """By epoch, the lineage digests of the snapshot in force, as far as this version of the layer wrote them."""
    found: dict[int, set[str]] = defaultdict(set)
    for row in connection.execute(_RECORDED.format("lineage_digest").encode(), [chain_id, table.name, table.version]):
        found[row["epoch"]].add(row["lineage_digest"])
    return found


def recorded_inputs(
    connection: Connection, chain_id: str, table: Table, epochs: Iterable[EpochNumber]
) -> dict[int, list[frozenset[Input]]]:
    """By epoch, what each lineage of the snapshot in force names, as far as this version of the layer wrote it."""
    rows = connection.execute(
        (_RECORDED.format("inputs") + " AND f.epoch = ANY(%s)").encode(),
        [chain_id, table.name, table.version, list(epochs)],
    )
    found: dict[int, list[frozenset[Input]]] = defaultdict(list)
    # Later periods name the same earlier ones again and again: each of them is kept once.
    kept: dict[Input, Input] = {}
    for row in rows:
        found[row["epoch"]].append(frozenset(kept.setdefault(item, item) for item in map(Input._make, row["inputs"])))
    return found


_DECIDED = f"""
SELECT f.epoch, f.sequence, ARRAY(
    SELECT ARRAY[read ->> 1, read ->> 2] FROM jsonb_array_elements(l.inputs) read
    WHERE read ->> 0 = 'decision' AND starts_with(read ->> 1, %s)) AS named
{_LINEAGES}"""


@dataclass
class DecisionsRead:
    """Which rows of one table of decisions the snapshot in force of a period rests on."""

    sequence: int
    """Of the publication that brought it into force."""
    lineages: list[frozenset[Input]] = field(default_factory=list)


def decisions_read(connection: Connection, chain_id: str, layer: Table, decided: Table) -> dict[int, DecisionsRead]:
    """By epoch, what lineages of a layer in force name of a table, as far as this version of the layer wrote them."""
    found: dict[int, DecisionsRead] = {}
    parameters = [f"{decided.name}:", chain_id, layer.name, layer.version]
    for row in connection.execute(_DECIDED.encode(), parameters):
        named = frozenset(Input("decision", name, digest) for name, digest in row["named"])
        found.setdefault(row["epoch"], DecisionsRead(row["sequence"])).lineages.append(named)
    return found


_ALL_OF = "encode(sha256(convert_to(string_agg({0}, ' ' ORDER BY {0} COLLATE \"C\"), 'UTF8')), 'hex')"
_FETCHES_DIGESTED = f"""
SELECT f.epoch, ARRAY(
    SELECT ARRAY[split_part(read ->> 1, '/', 1), {_ALL_OF.format("(read ->> 1) || ' ' || (read ->> 2)")}]
    FROM jsonb_array_elements(l.inputs) read WHERE read ->> 0 = 'fetch' AND strpos(read ->> 1, '@') > 0
    GROUP BY split_part(read ->> 1, '/', 1)) AS read
{_LINEAGES} AND f.epoch = ANY(%s)"""
_COUNTING_DIGESTED = f"""
SELECT epoch, data_type, {_ALL_OF.format("named")} AS digest
FROM (SELECT DISTINCT ON (epoch, data_type, subject) epoch, data_type,
             data_type || '/' || provider || '/' || subject || '@' || chain_id || ':' || lpad(epoch::text, 7, '0')
                 || ' ' || fetch_digest AS named
      FROM (SELECT *, {NOT_RETRACTED} FROM staging_fetches
            WHERE chain_id = %s AND epoch = ANY(%s) AND data_type = ANY(%s)) fetches
      ORDER BY epoch, data_type, subject, {COUNTING_FIRST}) counting
GROUP BY epoch, data_type"""


def other_fetches_digested(
    connection: Connection, chain_id: str, layer: Table, epochs: Iterable[EpochNumber]
) -> dict[int, list[dict[str, str]]]:
    """By epoch, of each lineage of a layer in force: what commits to the fetches of other periods, by data type."""
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    parameters = [chain_id, layer.name, layer.version, list(epochs)]
    for row in connection.execute(_FETCHES_DIGESTED.encode(), parameters):
        found[row["epoch"]].append(dict(row["read"]))
    return found


def counting_fetches_digested(
    connection: Connection, chain_id: str, epochs: Iterable[EpochNumber], data_types: Iterable[str]
) -> dict[tuple[int, str], str]:
    """By epoch and data type, what commits to the fetches that count, of whomever they are, as other periods name them.

    Quick to compare for a thousand periods; where it is another one, the fetches themselves have to be looked at.
    """
    rows = connection.execute(_COUNTING_DIGESTED.encode(), [chain_id, list(epochs), list(data_types)])
    return {(row["epoch"], row["data_type"]): row["digest"] for row in rows}


_FETCHES_BEFORE = f"""
SELECT f.epoch, f.sequence, ARRAY(
    SELECT ARRAY[read ->> 0, read ->> 1, read ->> 2] FROM jsonb_array_elements(l.inputs) read
    WHERE read ->> 0 = 'fetch' AND strpos(read ->> 1, '@') > 0
       OR read ->> 0 = 'decision' AND starts_with(read ->> 1, %s)) AS named
{_LINEAGES} AND f.epoch = ANY(%s)"""


@dataclass
class FetchesRead:
    """What the snapshot in force of a period rests on: fetches of other periods, and rows of one table of decisions."""

    sequence: int
    """Of the publication that brought it into force."""
    lineages: list[tuple[frozenset[Input], frozenset[str]]] = field(default_factory=list)
    """Of each of its lineages the fetches, and the names of the rows."""


def fetches_read_of_others(
    connection: Connection, chain_id: str, layer: Table, decided: Table, epochs: Iterable[EpochNumber]
) -> dict[int, FetchesRead]:
    """By epoch, what lineages of a layer in force name of other periods, as far as this version of it wrote them."""
    found: dict[int, FetchesRead] = {}
    parameters = [f"{decided.name}:", chain_id, layer.name, layer.version, list(epochs)]
    for row in connection.execute(_FETCHES_BEFORE.encode(), parameters):
        named = [Input(*one) for one in row["named"]]
        fetches = frozenset(one for one in named if one.kind == "fetch")
        rows = frozenset(one.name for one in named if one.kind != "fetch")
        found.setdefault(row["epoch"], FetchesRead(row["sequence"])).lineages.append((fetches, rows))
    return found
