"""The tables of the store itself: snapshots, their reports, attestations and publications."""

from __future__ import annotations

from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    PERIOD,
    Column,
    ColumnKind,
    Completeness,
    Table,
    TableKind,
    integer,
    text,
)
from aurora_pipeline.store.row_chains import ENTRY_HASH, PREVIOUS_HASH

IDENTITY = "GENERATED ALWAYS AS IDENTITY"


def recorded_at(description: str = "When it was recorded, by the ledger's one clock.") -> Column:
    """The instant a row was recorded; strictly increasing in commit order."""
    return Column("recorded_at", ColumnKind.INSTANT, description, digested=False, default="DEFAULT record_instant()")


def written_at(description: str = "When the row was written.") -> Column:
    """The wall clock of a write, for tables no as-of read depends on: it holds nobody up."""
    return Column("written_at", ColumnKind.INSTANT, description, digested=False, default="DEFAULT clock_timestamp()")


def identity(name: str, description: str) -> Column:
    """A number the database gives each row."""
    return Column(name, ColumnKind.INTEGER, description, digested=False, default=IDENTITY)


def json(name: str, description: str) -> Column:
    """A JSON document."""
    return Column(name, ColumnKind.JSON, description, digested=False)


ASSET = text("asset", "The layer table whose rows these are.")
LINEAGE = Column("lineage_digest", ColumnKind.DIGEST, "H(content digest, layer version, inputs).")
INPUTS = json("inputs", "What was read: a list of [kind, name, digest], sorted.")
LAYER_VERSION = integer("layer_version", "The layer's version number when this was computed.", minimum=1)
DAGSTER_RUN = text("dagster_run", "The run that computed it; null outside Dagster.", nullable=True)
SNAPSHOT_ID = Column("snapshot_id", ColumnKind.INTEGER, "The snapshot.", references="snapshots")

EPOCH_OF_PERIOD = Column(
    "epoch",
    ColumnKind.INTEGER,
    "The epoch as a number; null: the snapshot is of a month.",
    nullable=True,
    digested=False,
    default="GENERATED ALWAYS AS (CASE WHEN period ~ '^[0-9]{7,}$' THEN period::bigint END) STORED",
)

SNAPSHOTS = Table(
    name="snapshots",
    kind=TableKind.LEDGER,
    description="Every result a layer ever wrote for a period, published or not. Rows are in layers.<asset>.",
    columns=(
        identity("snapshot_id", "The snapshot's number; what identifies it outside this database is its digest."),
        ASSET,
        CHAIN_ID,
        PERIOD,
        EPOCH_OF_PERIOD,
        Column("content_digest", ColumnKind.DIGEST, "Merkle root over the snapshot's canonical rows."),
        LINEAGE,
        INPUTS,
        LAYER_VERSION,
        integer("row_count", "How many rows it has."),
        text("completeness", "FINAL when every figure is, else PARTIAL.", one_of=[c.value for c in Completeness]),
        DAGSTER_RUN,
        written_at(),
    ),
    key=("snapshot_id",),
    indexes=(("asset", "chain_id", "period"), ("asset", "chain_id", "epoch"), ("content_digest",), ("lineage_digest",)),
)

SNAPSHOT_REPORTS = Table(
    name="snapshot_reports",
    kind=TableKind.LEDGER,
    description="What the checks said of each snapshot, and its totals. Not for partners.",
    columns=(
        SNAPSHOT_ID,
        json("totals", "Exact sums of the money columns, as text, by column."),
        Column(
            "accepted",
            ColumnKind.BOOLEAN,
            "Whether everything held that was to be published together; it was published then.",
        ),
        json("violations", "Broken schema rules and invariants; any of them rejects the snapshot."),
        json("warnings", "What looks odd and does not hold publication back."),
    ),
    key=("snapshot_id",),
)

LATER_WARNINGS = Table(
    name="later_warnings",
    kind=TableKind.LEDGER,
    description="What looked odd when the content of a snapshot was computed again, where that was something else than"
    " before. The newest of a snapshot counts; without one, what its report says. Not for partners.",
    columns=(
        SNAPSHOT_ID,
        integer("number", "Its place among those of the snapshot, from 1.", minimum=1),
        json("warnings", "What looks odd and does not hold publication back; empty where nothing does any more."),
        DAGSTER_RUN,
        written_at(),
    ),
    key=("snapshot_id", "number"),
)
WARNINGS_NOW = """coalesce((SELECT w.warnings FROM later_warnings w WHERE w.snapshot_id = r.snapshot_id
                  ORDER BY w.number DESC LIMIT 1), r.warnings)"""
"""The warnings that count of a snapshot whose report is `r`."""

ATTESTATIONS = Table(
    name="attestations",
    kind=TableKind.LEDGER,
    description="Later computations that came to the content of a snapshot again, from other inputs or a newer layer.",
    columns=(
        integer("attestation_id", "Its place in the order of all attestations, from 1 without gaps.", minimum=1),
        SNAPSHOT_ID,
        LINEAGE,
        INPUTS,
        LAYER_VERSION,
        DAGSTER_RUN,
        written_at(),
        PREVIOUS_HASH,
        ENTRY_HASH,
    ),
    key=("attestation_id",),
    unique=(("snapshot_id", "lineage_digest"),),
)

PUBLICATIONS = Table(
    name="publications",
    kind=TableKind.LEDGER,
    description="Which snapshot came into force when. The newest of an asset and period is in force.",
    columns=(
        integer("sequence", "Its place in the order of all publications, from 1 without gaps.", minimum=1),
        Column(
            "published_at",
            ColumnKind.INSTANT,
            "When it came into force, by the ledger's one clock. What is published together shares it.",
            default="DEFAULT record_instant()",
        ),
        SNAPSHOT_ID,
        ASSET,
        CHAIN_ID,
        PERIOD,
        EPOCH_OF_PERIOD,
        Column("previous_hash", ColumnKind.DIGEST, "The entry_hash of the publication before; 64 zeros for the first."),
        Column("entry_hash", ColumnKind.DIGEST, "SHA-256 over what was published, when, and the publication before."),
    ),
    key=("sequence",),
    unique=(("entry_hash",),),
    indexes=(
        ("asset", "chain_id", "period", "sequence"),
        ("asset", "chain_id", "epoch", "sequence"),
        ("snapshot_id",),
    ),
)

STORE_TABLES = (SNAPSHOTS, SNAPSHOT_REPORTS, LATER_WARNINGS, ATTESTATIONS, PUBLICATIONS)
