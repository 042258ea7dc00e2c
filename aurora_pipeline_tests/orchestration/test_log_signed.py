"""When a checkpoint is due, and the sensor and job that have it signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from aurora_pipeline.decisions.log import append
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.orchestration.known_partitions import resource_of
from aurora_pipeline.orchestration.log_signed import checkpoint_due, sign_log_job
from aurora_pipeline.proof.signing.checkpoints import DAILY, due_because
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.keys import new_key
from aurora_pipeline.signed_log.log import checkpoints
from aurora_pipeline.store.database import Database

NAME = "example.com/aurora"


@pytest.fixture
def aurora(database: Database, tmp_path: Path) -> Aurora:
    """An instance whose log has no key yet."""
    found = Aurora(Workspace(tmp_path, is_demo=False, env={}))
    found._database = database
    return found


def look(aurora: Aurora) -> Any:
    with dg.instance_for_test() as instance:
        return checkpoint_due(dg.build_sensor_context(instance=instance, resources={"aurora": aurora}))


def decide(aurora: Aurora) -> None:
    with aurora.database.connect() as connection:
        append(connection, "ada", "thing.changed", "thing/1", None, {})


def due(aurora: Aurora, later: timedelta = timedelta()) -> str | None:
    with aurora.database.connect() as connection:
        found = due_because(connection, datetime.now(UTC) + later)
    return None if found is None else found[0]


def test_sensor__without_a_key_or_where_it_is_not__says_so_and_requests_nothing(aurora: Aurora) -> None:
    decide(aurora)
    result = look(aurora)
    assert "keys new" in result.skip_reason.skip_message
    file = KeyFile(aurora.workspace.log_key_path)
    new_key(aurora.database, file, NAME, "ada", "a key")
    file.path.rename(file.path.with_name("away"))
    result = look(aurora)
    assert (result.run_requests, "is not in" in result.skip_reason.skip_message) == ([], True)


def test_job__requested_by_the_sensor__signs_and_is_due_again_a_day_later_or_after_a_release(aurora: Aurora) -> None:
    new_key(aurora.database, KeyFile(aurora.workspace.log_key_path), NAME, "ada", "a key")
    (request,) = look(aurora).run_requests
    assert request.run_key.startswith("checkpoint:0:")
    assert sign_log_job.execute_in_process(resources={"aurora": resource_of(aurora)}).success
    with aurora.database.connect() as connection:
        assert len(checkpoints(connection)) == 1
    assert look(aurora).run_requests == []
    # Nothing is new: a day later neither.
    assert due(aurora, 2 * DAILY) is None
    decide(aurora)
    assert (due(aurora), due(aurora, DAILY)) == (None, "a day is over")
    with aurora.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            """INSERT INTO statement_releases (statement_id, statement_digest, approver, reason, recorded_by)
               VALUES (gen_random_uuid(), repeat('a', 64), 'ann', 'why', 'rob')"""
        )
    assert due(aurora) == "a statement was released"
    (request,) = look(aurora).run_requests
    assert request.run_key.startswith("checkpoint:1:")
