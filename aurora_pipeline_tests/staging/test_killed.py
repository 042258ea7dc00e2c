"""A staging process that is killed in the middle: the next one goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from aurora_pipeline.config import DataType
from aurora_pipeline.staging.run import stage
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.staging.conftest import FIRST_EPOCH, World

STAGED = textwrap.dedent(
    """
    import sys
    from aurora_pipeline_tests.staging.conftest import World, demo_configuration
    from aurora_pipeline.demo.process import SimulatorControl
    from aurora_pipeline.staging.run import stage
    from aurora_pipeline.store.database import Database

    world = World(SimulatorControl(sys.argv[1]), demo_configuration(sys.argv[1]))
    stage(Database(sys.argv[2]), world.configuration, world.chain, world.period(), "fees", world.validators)
    """
)


def stored_blocks(database: Database) -> int:
    with database.connect() as connection:
        row = connection.execute(
            "SELECT count(*) AS n FROM staging_payloads WHERE data_type = 'fees' AND request_key LIKE 'getBlock %'"
        ).fetchone()
    assert row is not None
    return int(row["n"])


def test_stage_fees__process_killed_while_it_waits_for_a_block__the_next_run_asks_only_for_the_rest(
    world: World, database: Database
) -> None:
    world.simulator.advance(epoch=FIRST_EPOCH, fraction_bps=5_000)
    info = world.head()
    observe(database, world.configuration, world.chain, world.scope(info), info.slot)
    world.simulator.advance(epoch=FIRST_EPOCH + 1, fraction_bps=9_000)
    # Some answers come at once, and then none: the process hangs in the middle of its plan, and is killed there.
    world.simulator.fault("getBlock", "slow", seconds=0, count=30)
    world.simulator.fault("getBlock", "slow", seconds=300, count=100)
    command = [sys.executable, "-c", STAGED, world.simulator.url, database.conninfo]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        # Stored answers are what the test waits for; there is no other sign of them than the rows.
        while stored_blocks(database) == 0:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    before = stored_blocks(database)
    world.simulator.clear_faults()
    report = stage(database, world.configuration, world.chain, world.period(), DataType.FEES, world.validators)
    assert set(report.states) == {"final"}
    assert report.reused >= before > 0
    with database.connect() as connection:
        twice = connection.execute(
            """SELECT request_key FROM staging_payloads WHERE data_type = 'fees' GROUP BY request_key
               HAVING count(*) > 1"""
        ).fetchall()
    assert twice == []
    again = stage(database, world.configuration, world.chain, world.period(), DataType.FEES, world.validators)
    assert again.requests == 0
