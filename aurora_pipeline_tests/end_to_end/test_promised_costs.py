"""Costs that a configured source promises: while it does not tell them nothing is final, and then it completes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.work.epoch_status import epoch_status, oddities
from aurora_pipeline.work.late import load_pending
from aurora_pipeline_tests.end_to_end.world import World, production_world
from aurora_pipeline_tests.proof.bundle.test_sentences import REWORDED, figures

pytestmark = pytest.mark.slow

PARAMETERS = Parameters(seed=5, validators=4, stake_accounts=60, slots_per_epoch=80)
EPOCH = 850
FEE = 12_053_593_083
CHANGED = {
    "      costs: [demo-rpc]\n": "      costs: [archive]\n",
    "      mev: [demo-kobe]\n": "      mev: [demo-kobe, demo-trillium]\n",
    "    costs_due: [VOTE_FEES]\n": "    costs_due: []\n",
}
PROVIDERS = """
  demo-trillium:
    enabled: true
    kind: trillium
    base_url: ${AURORA_DEMO_URL}/trillium
    retries: {attempts: 2, wait_seconds_max: 0}

  archive:
    enabled: true
    kind: file
    base_url: file:archive
    files:
      - data_type: costs
        path: costs.csv
        columns:
          validator: {column: vote}
          epoch: {column: epoch}
          BLOCK_REVENUE_SHARING: {column: fee, unit: SOL}
"""


@pytest.fixture(scope="module")
def operator(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An ended epoch without a costs file, whose tips' first source is down; the tests are one story in their order."""
    home = tmp_path_factory.mktemp("promised")
    name = home.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    (home / "archive").mkdir()
    with production_world(home, url, range(EPOCH, EPOCH + 1), PARAMETERS, CHANGED, PROVIDERS) as lived:
        lived.observe(EPOCH)
        lived.end(EPOCH, 70)
        yield lived
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def costs_file(world: World, text: str) -> None:
    rows = "".join(f"{known.vote},{EPOCH},{text}\n" for known in world.truth(EPOCH).validators)
    (world.aurora.workspace.home / "archive" / "costs.csv").write_text(f"vote,epoch,fee\n{rows}", encoding="utf-8")


def lines(world: World) -> list[dict[str, object]]:
    return world.rows("SELECT * FROM validator_pnl WHERE epoch = %s ORDER BY validator_key", EPOCH)


def late(world: World) -> str:
    with world.aurora.database.connect() as connection:
        return "; ".join(epoch_status(connection, world.chain, EpochNumber(EPOCH), datetime.now(UTC)).late)


def test_no_costs_file_and_kobe_down__net_is_null_and_everything_else_stands(operator: World) -> None:
    operator.simulator.fault("/kobe", "status", status=503, count=1_000)
    assert operator.backfill(EPOCH).failures == ()
    operator.simulator.clear_faults()
    for line in lines(operator):
        assert (line["net"], line["total_costs"], line["state"]) == (None, None, "partial")
        assert "BLOCK_REVENUE_SHARING unavailable: archive: there is no file costs.csv" in str(line["reason"])
        assert "PRIORITY_FEE_SHARING pending: AWAITED: demo-trillium does not tell" in str(line["reason"])
        assert None not in (line["exec_fees"], line["mev_tips"], line["commission"], line["total_revenue"])
    assert "mev: pending since" in late(operator)
    with operator.aurora.database.connect() as connection:
        odd = oddities(connection, operator.key(EPOCH))
    assert any(told.asset == "canonical_validator_mev" and "FORMULA" in told.text for told in odd.warnings)
    rows = operator.rows("SELECT DISTINCT state FROM canonical_completeness WHERE data_type = 'costs'")
    assert [row["state"] for row in rows] == ["pending"]


def test_reasons_reworded__the_same_figures_are_awaited(operator: World) -> None:
    configuration, key = operator.aurora.configuration, operator.key(EPOCH)
    with operator.aurora.database.connect() as connection:
        plain, waited_for = figures(configuration, connection, key), load_pending(connection, key.chain_id)
        assert {one.data_type for one in waited_for} >= {"mev"}
        connection.execute("SET LOCAL session_replication_role = replica")
        for statement in REWORDED:
            connection.execute(statement.encode())
        other = figures(configuration, connection, key)
        assert load_pending(connection, key.chain_id) == waited_for
        connection.rollback()
    assert {name: frame.to_dicts() for name, frame in other.items()} == {
        name: frame.to_dicts() for name, frame in plain.items()
    }


def test_unreadable_costs_file__plain_backfill_asks_kobe_again_and_says_what_is_wrong_with_the_file(
    operator: World,
) -> None:
    costs_file(operator, '"12,05"')
    assert operator.backfill(EPOCH).failures == ()
    for line in lines(operator):
        assert line["net"] is None
        assert "BLOCK_REVENUE_SHARING unavailable" in str(line["reason"])
        assert "row 2, column 'fee'" in str(line["reason"])
        assert "PRIORITY_FEE_SHARING" not in str(line["reason"])
    assert "mev: pending since" not in late(operator)


def test_file_corrected__plain_backfill_completes_the_period(operator: World) -> None:
    costs_file(operator, "12.053593083")
    assert operator.backfill(EPOCH).failures == ()
    known = {one.vote: one for one in operator.truth(EPOCH).validators}
    for line in lines(operator):
        one = known[str(line["validator_key"])]
        shared = one.priority_fees_shared_lamports
        assert (line["block_revenue_sharing"], line["priority_fee_sharing"] or 0, line["state"]) == (
            FEE,
            shared,
            "final",
        )
        revenue = sum(int(str(line[name])) for name in ("exec_fees", "mev_tips", "vote_rewards", "commission"))
        spent = sum(int(str(line[name] or 0)) for name in ("infrastructure", "network_fee"))
        entered = int(str(line["other_income"] or 0)) - spent
        assert line["net"] == revenue + entered - FEE - shared
    assert any(one.priority_fees_shared_lamports for one in known.values())
    rows = operator.rows(
        "SELECT DISTINCT origin FROM canonical_validator_costs WHERE entry_type = 'BLOCK_REVENUE_SHARING'"
    )
    assert [row["origin"] for row in rows] == ["FILE"]


def test_verify__derived_again__nothing_differs(operator: World) -> None:
    with operator.aurora.database.connect() as connection:
        report = verify_period(connection, operator.key(EPOCH), aurora=operator.aurora, deep=True)
    assert [str(one) for one in report.failures] == []
