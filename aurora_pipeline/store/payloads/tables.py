"""The tables of what providers answered: bodies, payloads, fetches, samples, runs; and what a fetch came to."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    Column,
    ColumnKind,
    FigureState,
    Table,
    TableKind,
    integer,
    text,
)
from aurora_pipeline.store.file_bodies import FILE_BODIES
from aurora_pipeline.store.row_chains import ENTRY_HASH, PREVIOUS_HASH
from aurora_pipeline.store.tables import identity, written_at
from aurora_pipeline.store.tables import json as json_column

RESPONSE_TAG = "aurora.response.2"
FETCH_TAG = "aurora.fetch.2"
EVERYONE = "*"
"""The subject of a fetch whose answers cover all validators."""
NO_PROVIDER: Final = "none"
"""Name and kind of the provider of a fetch for which there was nobody to ask."""


class Verdict(StrEnum):
    """What a fetch says beside its state. Its reason is for people: no figure goes by the wording of a sentence."""

    TOLD = "TOLD"
    """Just what its state says."""
    AWAITS_MORE = "AWAITS_MORE"
    """It came from a fallback that does not tell all that the provider before it will: that one is asked again."""
    STAKES_IN_DOUBT = "STAKES_IN_DOUBT"
    """Of some stake accounts only: those that were observed do not hold all the stake of their validator."""
    RETRACTS = "RETRACTS"
    """The provider was heard in full and no longer has what its final fetch said, which counts no more."""


DATA_TYPE = text(
    "data_type",
    "fees, mev, rewards, meta, positions, costs; period for what defines a period; fees@NAME for what NAME says as"
    " a cross-check.",
)
PROVIDER = text("provider", "The provider's name in providers.yaml.")
SUBJECT = text("subject", "The validator asked about, or * where the answers cover all.")
RESPONSE_HASH = Column("response_hash", ColumnKind.DIGEST, "SHA-256 of the body.")

BODIES = Table(
    name="staging_bodies",
    kind=TableKind.LEDGER,
    in_ranges=True,
    description="Bodies of provider answers, byte for byte, once per chain, period and hash; files apart.",
    columns=(
        CHAIN_ID,
        EPOCH,
        RESPONSE_HASH,
        Column("body", ColumnKind.BYTES, "The exact bytes.", digested=False),
        Column(
            "packed_from",
            ColumnKind.INTEGER,
            "Of a long body that is stored packed (zstd or zlib): how many bytes it has; null: it stands as it came.",
            nullable=True,
            digested=False,
            since=2,
        ),
    ),
    key=("chain_id", "epoch", "response_hash"),
)

PAYLOADS = Table(
    name="staging_payloads",
    kind=TableKind.LEDGER,
    description="Every answer a provider gave: what was asked (without secrets), the status, and the body's hash.",
    columns=(
        identity("payload_id", "The payload's number."),
        CHAIN_ID,
        EPOCH,
        DATA_TYPE,
        PROVIDER,
        text("request_key", "What was asked, in words that never hold a secret; equal questions have equal keys."),
        text("question", "What kind of question that is, where answers are told apart by it; else empty."),
        json_column("request", "The request: verb, path, parameters or body; no host credentials, no keys."),
        integer("status", "The HTTP status."),
        json_column("headers", "Response headers worth keeping (type, date, rate limits)."),
        RESPONSE_HASH,
        Column("fetched_at", ColumnKind.INSTANT, "When the answer was complete.", digested=False),
        written_at(),
    ),
    key=("payload_id",),
    indexes=(("chain_id", "epoch", "data_type", "provider", "request_key"), ("response_hash",)),
)

FETCHES = Table(
    name="staging_fetches",
    kind=TableKind.LEDGER,
    description="One attempt to learn a data type of a period about a validator (or all): its state and its answers.",
    columns=(
        identity("fetch_id", "The fetch's number; the newest final one not retracted since counts, else the newest."),
        CHAIN_ID,
        EPOCH,
        DATA_TYPE,
        PROVIDER,
        text("kind", "The adapter that asked and knows how to read the answers."),
        SUBJECT,
        text("state", "How much the answers say.", one_of=[member.value for member in FigureState]),
        text("verdict", "What it says beside its state.", one_of=[member.value for member in Verdict]),
        text("reason", "Why the state is what it is, for people.", nullable=True),
        Column("payload_ids", ColumnKind.INTEGERS, "The answers in the order of the plan."),
        Column("fetch_digest", ColumnKind.DIGEST, "Commits to kind, state, verdict, reason and every answer in order."),
        text("dagster_run", "The run that fetched; null outside Dagster.", nullable=True),
        written_at(),
    ),
    key=("fetch_id",),
    indexes=(("chain_id", "epoch", "data_type", "subject"),),
)

OBSERVATIONS = Table(
    name="observations",
    kind=TableKind.LEDGER,
    description="Now-only data sampled while its period ran: what a chain will not tell about a past period.",
    columns=(
        integer("observation_id", "Its place in the order of all observations, from 1 without gaps.", minimum=1),
        CHAIN_ID,
        EPOCH,
        text("data_type", "positions, meta or leader_schedule."),
        PROVIDER,
        text("kind", "The adapter that asked and knows how to read the answers."),
        SUBJECT,
        integer("slot", "The chain's slot before the first question."),
        Column("observed_at", ColumnKind.INSTANT, "When the first question was asked.", digested=False),
        Column("payload_ids", ColumnKind.INTEGERS, "The answers in the order of the plan."),
        written_at(),
        PREVIOUS_HASH,
        ENTRY_HASH,
    ),
    key=("observation_id",),
    indexes=(("chain_id", "epoch", "data_type", "subject"),),
)

INGESTION_RUNS = Table(
    name="ingestion_runs",
    kind=TableKind.LEDGER,
    description="One line per staging run of a data type: what it asked, what it reused, and how it ended.",
    columns=(
        identity("ingestion_run_id", "The run's number."),
        CHAIN_ID,
        EPOCH,
        DATA_TYPE,
        text("dagster_run", "The Dagster run; null outside Dagster.", nullable=True),
        integer("requests", "Questions asked over the network."),
        integer("reused", "Answers taken from earlier runs."),
        integer("body_bytes", "Bytes received."),
        json_column("states", "How many subjects ended in which state."),
        Column("started_at", ColumnKind.INSTANT, "When it started.", digested=False),
        written_at("When it ended."),
    ),
    key=("ingestion_run_id",),
    indexes=(("chain_id", "epoch"),),
)

PAYLOAD_TABLES = (BODIES, FILE_BODIES, PAYLOADS, FETCHES, OBSERVATIONS, INGESTION_RUNS)
