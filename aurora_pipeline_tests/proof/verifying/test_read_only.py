"""Whoever holds a copy that takes no writes, as a standby does, verifies it all the same."""

from __future__ import annotations

import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE
from aurora_pipeline_tests.cli.conftest import Command, aurora
from aurora_pipeline_tests.cli.test_server_defaults import made_default
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY

__all__ = ["aurora"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("verify", KEY.chain_id, str(EPOCH), "--deep"), "holds"),
        (("verify", "--all"), "holds"),
        (("audit",), "holds"),
        (("status", KEY.chain_id), KEY.chain_id),
        (("pnl", KEY.chain_id, str(EPOCH)), "total"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_reading_command__computed_epoch_in_a_read_only_database__works(
    copied: Aurora, aurora: Command, command: tuple[str, ...], told: str
) -> None:
    made_default(copied.database, default_transaction_read_only="on")
    variables = {DATABASE_VARIABLE: copied.database.conninfo, DEMO_URL_VARIABLE: "http://127.0.0.1:9"}
    ended = aurora(copied.workspace.home, *command, **variables)
    assert ended.code == 0, ended.told
    assert told in ended.told.lower()
