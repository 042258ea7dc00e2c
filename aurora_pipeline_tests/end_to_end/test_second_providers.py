"""Second providers: an archive fills what nobody observed, and a cross-check names what it says differently."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.staging.plan import NOT_OBSERVED
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.end_to_end.world import World, production_world

pytestmark = pytest.mark.slow

PARAMETERS = Parameters(seed=5, validators=3, stake_accounts=60, slots_per_epoch=80)
ARCHIVED, OBSERVED = 850, 851
CHANGED = {
    "      positions: [demo-rpc]\n": "      positions: [demo-rpc, archive]\n",
    "    roles:\n": (
        "    cross_checks:\n      mev: [demo-trillium]\n      fees: [demo-trillium]\n"
        "      meta: [demo-trillium]\n    roles:\n"
    ),
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
      - data_type: positions
        path: stake.csv
        columns:
          validator: {column: vote}
          epoch: {column: epoch}
          account: {column: account}
          staker: {column: staker}
          withdrawer: {column: withdrawer}
          stake: {column: lamports, unit: lamports}
          activation_epoch: {column: activated}
          deactivation_epoch: {column: deactivated}
"""


@pytest.fixture(scope="module")
def operator(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two epochs, of which the first one was never observed; the tests are one story in their order."""
    home = tmp_path_factory.mktemp("second")
    name = home.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    (home / "archive").mkdir()
    with production_world(home, url, range(ARCHIVED, OBSERVED + 1), PARAMETERS, CHANGED, PROVIDERS) as lived:
        lived.end(ARCHIVED, 40)
        yield lived
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def states(world: World, epoch: int, data_type: str) -> set[tuple[str, str]]:
    rows = world.rows(
        "SELECT state, reason FROM canonical_completeness WHERE epoch = %s AND data_type = %s", epoch, data_type
    )
    return {(row["state"], row["reason"]) for row in rows}


def archive_of(world: World, epoch: int) -> str:
    """What an operator kept of an epoch: its stake accounts, as a sheet."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["vote", "epoch", "account", "staker", "withdrawer", "lamports", "activated", "deactivated"])
    for number, known in enumerate(world.truth(epoch).validators):
        account, staker, withdrawer = (base58_encode(bytes([at, number]) * 16) for at in (1, 2, 3))
        sheet.writerow([known.vote, epoch, account, staker, withdrawer, known.active_stake_lamports, epoch - 9, ""])
    return text.getvalue()


def test_past_epoch__nobody_observed_and_the_archive_has_no_file__unavailable_and_says_both(operator: World) -> None:
    assert operator.backfill(ARCHIVED).failures == ()
    ((state, reason),) = states(operator, ARCHIVED, "positions")
    assert state == "unavailable"
    assert reason.startswith(NOT_OBSERVED)
    assert len(reason) > len(NOT_OBSERVED)


def test_past_epoch__file_of_it_appears__positions_come_from_the_archive(operator: World) -> None:
    folder = operator.aurora.workspace.home / "archive"
    (folder / "stake.csv").write_text(archive_of(operator, ARCHIVED), encoding="utf-8")
    assert operator.backfill(ARCHIVED).failures == ()
    assert {state for state, _ in states(operator, ARCHIVED, "positions")} == {"final"}
    rows = operator.rows(
        "SELECT validator_key, active_stake FROM canonical_stake_positions WHERE epoch = %s AND row_kind = 'ACCOUNT'",
        ARCHIVED,
    )
    truth = {known.vote: known.active_stake_lamports for known in operator.truth(ARCHIVED).validators}
    assert {row["validator_key"]: row["active_stake"] for row in rows} == truth
    assert {state for state, _ in states(operator, ARCHIVED, "meta")} == {"unavailable"}


def test_cross_check__trilliums_tips__stored_with_both_digests_under_the_formulas_name(operator: World) -> None:
    operator.live(OBSERVED)
    rows = operator.rows("SELECT * FROM cross_check_differences WHERE epoch = %s AND data_type = 'mev'", OBSERVED)
    assert rows
    shares = [row for row in rows if row["figure"] == "validator_tips"]
    assert {row["known_as"] for row in shares} == {"TRILLIUM_MEV_FORMULA"}
    for row in shares:
        assert (row["provider"], row["other_provider"]) == ("demo-kobe", "demo-trillium")
        assert int(row["other_stated"]) - int(row["stated"]) == row["difference"] < 0
        found = operator.rows(
            "SELECT fetch_id, data_type FROM staging_fetches WHERE fetch_digest IN (%s, %s)",
            row["fetch_digest"],
            row["other_fetch_digest"],
        )
        assert {one["data_type"] for one in found} >= {"mev", "mev@demo-trillium"}


def test_cross_check__figures_that_count__are_the_first_providers(operator: World) -> None:
    rows = operator.rows("SELECT * FROM canonical_validator_mev WHERE epoch = %s", OBSERVED)
    truth = {known.vote: known.mev_validator_lamports for known in operator.truth(OBSERVED).validators}
    assert {row["validator_key"]: row["validator_tips"] for row in rows} == truth
    assert states(operator, OBSERVED, "mev") <= {("final", None), ("final", "NOT_PARTICIPATING")}


def test_verify__all_layers_derived_again__nothing_differs(operator: World) -> None:
    for epoch in (ARCHIVED, OBSERVED):
        with operator.aurora.database.connect() as connection:
            report = verify_period(connection, operator.key(epoch), aurora=operator.aurora, deep=True)
        assert [str(one) for one in report.failures] == []


def test_cross_check__provider_down__pending_and_nothing_held_back(operator: World) -> None:
    before = operator.in_force(OBSERVED)
    operator.simulator.fault("/trillium", "status", status=503, count=1_000)
    end = operator.backfill(OBSERVED, refetch=True)
    operator.simulator.clear_faults()
    assert end.failures == ()
    assert operator.in_force(OBSERVED)["canonical_validator_mev"] == before["canonical_validator_mev"]
