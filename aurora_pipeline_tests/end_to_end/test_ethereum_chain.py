"""The demo's Ethereum chain through the whole pipeline: every figure and line is what its own books say, to the wei."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.demo import ethereum_story
from aurora_pipeline.demo.ethereum.files import validators_csv
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID, EthereumParameters
from aurora_pipeline.demo.people import REGISTERED
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import (
    DAGSTER_URL_VARIABLE,
    DEMO_URL_VARIABLE,
    DEMO_VARIABLE,
    HOME_VARIABLE,
    Workspace,
)
from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
from aurora_pipeline.orchestration.runs import JobRunner
from aurora_pipeline.registry.validator_files import import_validators
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.due import load_chain_accounts
from aurora_pipeline.statements.staleness import closed_months
from aurora_pipeline.work.runs import Job
from aurora_pipeline_tests.end_to_end.world import kept_environment

pytestmark = pytest.mark.slow
SMALL = EthereumParameters(seed=5, validators=20, strangers=40, seconds_per_slot=ethereum_story.SECONDS_PER_SLOT)
Lived = tuple[Aurora, list[range]]
AUGUST = MonthKey(CHAIN_ID, "2026-08")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A workspace in which all windows of the story were lived through, and those windows."""
    home = tmp_path_factory.mktemp("ethereum")
    options = {f"ethereum_{name}": value for name, value in SMALL.as_dict().items()}
    with SimulatorProcess(home / "simulator.json", **options) as simulator:
        workspace = Workspace(home, True, {**os.environ, DEMO_URL_VARIABLE: simulator.url})
        with (
            kept_environment("DAGSTER_HOME", DAGSTER_URL_VARIABLE, HOME_VARIABLE, DEMO_VARIABLE),
            Aurora(workspace) as aurora,
        ):
            _register(aurora, home / "validators.csv")
            runner = JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))
            windows = ethereum_story.windows_of(ethereum_story.ethereum_chain(aurora), ethereum_story.WINDOWS)
            try:
                for window in windows:
                    end = ethereum_story.live_through(aurora, runner, simulator, window, lambda text: None)
                    assert end.failures == ()
                runner.register_month(AUGUST)
                assert runner.run(Job.MONTH, AUGUST).failures == ()
                yield aurora, windows
            finally:
                runner.instance.dispose()


def _register(aurora: Aurora, path: Path) -> None:
    """Register the cast as a demo does that was broken off after its first file."""
    path.write_text(validators_csv(SMALL))
    import_validators(aurora.database, aurora.configuration, path, deciding(aurora.database), REGISTERED)
    assert len(ethereum_story.register_cast(aurora, SMALL)) == 4
    assert ethereum_story.register_cast(aurora, SMALL) == ()


def test_windows__of_the_whole_story__come_out_to_the_wei(lived: Lived) -> None:
    aurora, windows = lived
    with aurora.database.connect() as connection:
        figures = ethereum_story.compare(connection, SMALL, windows)
        lines = ethereum_story.compare_lines(connection, SMALL, windows)
    assert (figures.differences, lines.differences) == ((), ())
    assert figures.compared == 5 * (SMALL.validators * len(windows) + len(windows))
    assert lines.compared == 4 * (SMALL.validators + 1) * len(windows)


def test_windows__of_the_whole_story__are_final_and_nothing_is_left_open(lived: Lived) -> None:
    aurora, _ = lived
    with aurora.database.connect() as connection:
        states = connection.execute(
            "SELECT DISTINCT asset, completeness FROM in_force WHERE chain_id = %s AND completeness <> 'FINAL'",
            [CHAIN_ID],
        ).fetchall()
        residuals = connection.execute(
            """SELECT DISTINCT residual_of FROM canonical_validator_balances
               WHERE chain_id = %s AND residual <> 0""",
            [CHAIN_ID],
        ).fetchall()
        warned = connection.execute(
            "SELECT DISTINCT w ->> 'rule' AS rule FROM snapshot_reports, jsonb_array_elements(warnings) w"
        ).fetchall()
    assert {row["rule"] for row in warned}.isdisjoint({"same_income", "two_agreements", "unknown_field"}), warned
    assert states == []
    assert [row["residual_of"] for row in residuals] == ["SLASHING"]


def test_month__of_windows_of_several_epochs__closes_and_states_what_its_windows_pay(lived: Lived) -> None:
    aurora, windows = lived
    with aurora.database.connect() as connection:
        accounts = load_chain_accounts(connection, ethereum_story.ethereum_chain(aurora))
        stated = {one.row["partner_id"]: one for one in payable_statements(connection, CHAIN_ID) if one.is_payable}
        lines = connection.execute(
            """SELECT partner_id, sum(final) AS total FROM partner_commission_lines
               WHERE chain_id = %s AND epoch < %s GROUP BY 1""",
            [CHAIN_ID, windows[4][0]],
        ).fetchall()
    assert closed_months(accounts) == [AUGUST]
    assert {one.key for one in stated.values()} == {AUGUST}
    assert {row["partner_id"]: row["total"] for row in lines} == {
        partner: one.row["lines"] for partner, one in stated.items()
    }
    assert set(stated) == {"tidewater", "lighthouse-desk"}
    assert all(one.row["lines"] > 0 for one in stated.values())


def test_cast__registered_again__is_left_alone(lived: Lived) -> None:
    aurora, _ = lived
    assert ethereum_story.register_cast(aurora, SMALL) == ()
