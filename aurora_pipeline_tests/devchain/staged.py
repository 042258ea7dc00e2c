"""The generated chain taken through discovery and staging, with its validators registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from aurora_pipeline.config import Configuration
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.registry.tables import FEE_RECIPIENTS, VALIDATOR_IDENTITIES
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY
from aurora_pipeline_tests.devchain.files import held
from aurora_pipeline_tests.devchain.server import pubkeys

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def aurora_of(database: Database, configuration: Configuration) -> Any:
    """As much of an opened Aurora as the rooms below orchestration need."""
    return SimpleNamespace(database=database, configuration=configuration)


def register(
    database: Database, indices: Sequence[int] = range(64), clients: dict[int, int | None] | None = None
) -> None:
    """Register validators by index; `clients` are the operator's fee in basis points of those that clients own."""
    of_clients = clients or {}
    rows: list[dict[str, Any]] = []
    for index in indices:
        row = {"chain_id": CHAIN, "validator_key": pubkeys()[str(index)], "revision": 1, "name": f"v{index}"}
        row["ownership"] = "CLIENT" if index in of_clients else "OPERATOR"
        rows.append({**row, "operator_fee_bps": of_clients.get(index), "valid_from": SINCE})
    with database.connect() as connection:
        decide(connection, VALIDATOR_IDENTITIES, *rows)


def register_recipients(database: Database, recipients: Mapping[str, str] | None = None) -> None:
    """Register where each validator's blocks pay; as the chain has it, unless `recipients` by index say otherwise."""
    rows = [
        {
            "chain_id": CHAIN,
            "validator_key": pubkeys()[index],
            "revision": 1,
            "fee_recipient": address,
            "valid_from": SINCE,
        }
        for index, address in (held("fee_recipients") if recipients is None else recipients).items()
    ]
    with database.connect() as connection:
        decide(connection, FEE_RECIPIENTS, *rows)


def staged(
    database: Database, configuration: Configuration, *data_types: str, refetch: bool = False
) -> list[StagingReport]:
    """Discover the window, and stage some data types of it."""
    found = discover_periods(database, configuration, configuration.chain(CHAIN))
    if found.troubles:
        raise found.troubles[0]
    aurora = aurora_of(database, configuration)
    return [stage_period(aurora, KEY, data_type, refetch=refetch) for data_type in data_types]


def reference(indices: Sequence[int] = range(64)) -> Reference:
    """The window and some of the validators, as pure functions take them."""
    began = datetime.fromtimestamp(1_800_000_000 + 16 * 6, UTC)
    ended = datetime.fromtimestamp(1_800_000_000 + 120 * 6, UTC)
    validators = tuple(OperatedValidator(pubkeys()[str(one)], None, f"v{one}", "OPERATOR") for one in indices)
    return Reference(CHAIN, KEY.epoch, 16, 119, began, ended, validators)
