"""What is late, forgotten or broken: published as missing with the reason, never wrong, and completed later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from aurora_pipeline.agreements.status import change_status
from aurora_pipeline.agreements.tables import AgreementStatus
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.truth import ValidatorTruth
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.staging.plan import NOT_OBSERVED
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.statements.tables import EPOCH_PAYABLE_TABLES
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.tables import layer_tables_of
from aurora_pipeline.work.runs import RunEnd
from aurora_pipeline.work.status import chain_status, period_statuses
from aurora_pipeline_tests.end_to_end.world import Row, World, production_world

PARAMETERS = Parameters(seed=3, validators=4, stake_accounts=60, slots_per_epoch=80)
UNOBSERVED, EARLY, DOWN, GARBLED, DARK = range(850, 855)
STORY = range(UNOBSERVED, DARK + 1)
FIGURES = ("exec_fees", "mev_tips", "vote_rewards", "commission", "vote_fees")
DATA_TYPES = ("meta", "positions", "fees", "mev", "rewards", "costs")


@pytest.fixture(scope="module")
def partial(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An operator's own workspace; the tests of this file are one story and run in its order."""
    home = tmp_path_factory.mktemp("partial")
    name = home.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    with production_world(home, url, STORY, PARAMETERS) as operator:
        # Terms that run on pass on to later epochs what the first one lacks; from there on each is about itself.
        second = datetime.fromisoformat("2026-08-28T00:00:00+00:00")
        for agreement in ("northwind-clients", "lumen-network"):
            change_status(operator.aurora.database, agreement, AgreementStatus.SUSPENDED, second, "ada", "a dispute")
        yield operator
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def expected(known: ValidatorTruth) -> dict[str, int]:
    return {
        "exec_fees": known.fees_lamports,
        "mev_tips": known.mev_validator_lamports,
        "vote_rewards": known.own_stake_rewards_lamports,
        "commission": known.commission_lamports,
        "vote_fees": known.vote_fees_lamports,
    }


def pnl(world: World, epoch: int) -> list[Row]:
    return world.rows("SELECT * FROM validator_pnl WHERE epoch = %s ORDER BY validator_key", epoch)


def missing_figures(world: World, epoch: int) -> set[str]:
    """The figures that some line of an epoch lacks. What is there must be true, and totals must say what is lacking."""
    rows = pnl(world, epoch)
    assert len(rows) == PARAMETERS.validators
    for row in rows:
        known = expected(world.truth(epoch).validator(row["validator_key"]))
        assert {name: row[name] for name in FIGURES if row[name] is not None} == {
            name: amount for name, amount in known.items() if row[name] is not None
        }
        earned = [row[name] for name in FIGURES[:4]]
        assert row["known_revenue"] == sum(amount for amount in earned if amount is not None)
        assert row["total_revenue"] == (None if None in earned else row["known_revenue"])
        assert (row["net"] is None) == (None in (*earned, row["vote_fees"]))
    return {name for name in FIGURES if any(row[name] is None for row in rows)}


def partial_layers(world: World, epoch: int) -> set[str]:
    layers = world.in_force(epoch)
    assert set(layers) == {table.name for table in layer_tables_of(world.chain.family.traits)}
    return {asset for asset, (completeness, _, _) in layers.items() if completeness == "PARTIAL"}


def lacking(end: RunEnd) -> dict[str, str]:
    """What the staging assets of a run named as late."""
    return {asset.asset: asset.lacking for asset in end.assets if asset.lacking is not None}


def assert_complete(world: World, epoch: int, end: RunEnd) -> None:
    assert end.failures == ()
    assert lacking(end) == {}
    assert partial_layers(world, epoch) == set()
    assert missing_figures(world, epoch) == set()


TOLD_BY_KOBE = ("canonical_validator_mev", "canonical_validator_costs")
"""Tips, and beside them what was shared of priority fees."""
OWED = (
    "commission_rule_results",
    "canonical_completeness",
    "partner_commission_lines",
    "partner_commission_statements",
    "revenue_allocation",
    "validator_pnl",
)


def test_epoch_nobody_observed__fees_stand_and_own_rewards_are_null_with_the_reason(partial: World) -> None:
    partial.end(UNOBSERVED, 40)
    end = partial.backfill(UNOBSERVED)
    assert end.failures == ()
    assert partial_layers(partial, UNOBSERVED) == {
        "canonical_stake_positions",
        "canonical_stake_rewards",
        "canonical_validator_meta",
        *OWED,
    }
    # Who collects for a validator was not observed either: where it is not the vote account, commission is not known.
    assert missing_figures(partial, UNOBSERVED) == {"vote_rewards", "commission"}
    collected_elsewhere = {one.vote for one in partial.truth(UNOBSERVED).validators if one.collector != one.vote}
    assert {
        row["validator_key"] for row in pnl(partial, UNOBSERVED) if row["commission"] is None
    } == collected_elsewhere
    for table in ("canonical_stake_positions", "canonical_validator_meta"):
        rows = partial.rows(f"SELECT DISTINCT state, reason FROM {table} WHERE epoch = %s", UNOBSERVED)
        assert [row["state"] for row in rows] == ["unavailable"]
        assert NOT_OBSERVED in rows[0]["reason"]
    assert all(NOT_OBSERVED in row["vote_rewards_reason"] for row in pnl(partial, UNOBSERVED))


def test_epoch_nobody_observed__lines_on_the_missing_component_are_partial_and_say_why(partial: World) -> None:
    lines = partial.rows("SELECT * FROM partner_commission_lines WHERE epoch = %s", UNOBSERVED)
    open_lines = [line for line in lines if line["final"] is None]
    # Own rewards are not known, nor whose stake brought how much of what is.
    assert {(line["agreement_id"], line["component"]) for line in open_lines} == {
        ("meridian-anchor", "VOTE_REWARDS"),
        ("halcyon-stake", "MEV_TIPS"),
        ("northwind-clients", "COMMISSION"),
        # Where a validator's commission goes to a collector was not observed either.
        ("lumen-capitals", "COMMISSION"),
        ("meridian-net", "COMMISSION"),
        ("northwind-2026", "COMMISSION"),
    }
    assert [line["reason"] for line in open_lines if "not observed" not in line["reason"]] == []
    assert {line["state"] for line in open_lines}.isdisjoint({"final"})
    assert all(line["state"] == "final" for line in lines if line["final"] is not None)
    statements = {
        row["partner_id"]: row
        for row in partial.rows("SELECT * FROM partner_commission_statements WHERE epoch = %s", UNOBSERVED)
    }
    meridian = statements.pop("meridian")
    assert (meridian["state"], meridian["lines_total"], meridian["missing_count"]) == ("partial", None, 4)
    assert "meridian-anchor/rewards" in meridian["reason"]
    assert {partner: row["state"] for partner, row in statements.items()} == {
        "halcyon": "partial",
        "northwind": "partial",
        "lumen": "partial",
    }
    unknown = partial.rows(
        "SELECT * FROM revenue_allocation WHERE epoch = %s AND party = 'UNKNOWN' AND amount IS NULL", UNOBSERVED
    )
    assert {part["component"] for part in unknown} == {"VOTE_REWARDS", "COMMISSION"}


def test_epoch_nobody_observed__backfilled_again__never_asks_what_it_is_like_now(partial: World) -> None:
    before, published = partial.in_force(UNOBSERVED), partial.publications()
    end = partial.backfill(UNOBSERVED, refetch=True)
    assert end.failures == ()
    assert (partial.in_force(UNOBSERVED), partial.publications()) == (before, published)


def test_right_after_the_end__rewards_and_tips_are_pending_and_the_rest_is_published(partial: World) -> None:
    partial.observe(EARLY)
    partial.end(EARLY, 2)
    end = partial.backfill(EARLY)
    assert end.failures == ()
    late = lacking(end)
    assert set(late) == {"staging_mev", "staging_rewards"}
    assert "tip trees not published yet" in late["staging_mev"]
    assert "rewards still being paid" in late["staging_rewards"]
    assert partial_layers(partial, EARLY) == {"canonical_stake_rewards", *TOLD_BY_KOBE, *OWED}
    assert missing_figures(partial, EARLY) == {"mev_tips", "vote_rewards", "commission"}
    rows = pnl(partial, EARLY)
    assert {(row["mev_tips_state"], row["commission_state"]) for row in rows} == {("pending", "pending")}
    assert {row["state"] for row in rows} == {"partial"}


def test_right_after_the_end__backfilled_later__becomes_final_and_asks_only_for_what_was_late(partial: World) -> None:
    partial.simulator.advance(epoch=EARLY + 1, fraction_bps=5_000)
    last = partial.row("SELECT max(ingestion_run_id) AS id FROM ingestion_runs")["id"]
    assert_complete(partial, EARLY, partial.backfill(EARLY))
    runs = partial.rows("SELECT data_type, requests FROM ingestion_runs WHERE ingestion_run_id > %s", last)
    assert {run["data_type"] for run in runs if run["requests"]} == {"mev", "rewards"}


def test_provider_down_at_night__its_figures_wait_and_everything_else_is_published(partial: World) -> None:
    partial.observe(DOWN)
    partial.end(DOWN, 40)
    partial.simulator.fault("/kobe", "status", status=503, count=1_000)
    end = partial.backfill(DOWN)
    partial.simulator.clear_faults()
    assert end.failures == ()
    assert set(lacking(end)) == {"staging_mev"}
    assert "provider down: demo-kobe" in lacking(end)["staging_mev"]
    assert partial_layers(partial, DOWN) == {*TOLD_BY_KOBE, *OWED}
    assert missing_figures(partial, DOWN) == {"mev_tips"}
    attempts = partial.rows("SELECT * FROM ingestion_runs WHERE epoch = %s AND data_type = 'mev'", DOWN)
    assert len(attempts) == 2  # tried once more, then recorded as late
    said = [entry.user_message for entry in partial.runner.instance.all_logs(end.run_id)]
    told = f"not answered after 2 attempts provider=demo-kobe question=validator_rewards {DOWN} page 1 reason=HTTP 503"
    assert said.count(told) == 2
    assert_complete(partial, DOWN, partial.backfill(DOWN))


def test_provider_down_on_refetch__takes_no_figure_away(partial: World) -> None:
    before, published = partial.in_force(DOWN), partial.publications()
    partial.simulator.fault("/kobe", "garbage", count=1_000)
    end = partial.backfill(DOWN, refetch=True)
    partial.simulator.clear_faults()
    assert end.failures == ()
    assert "staging_mev" in lacking(end)
    assert (partial.in_force(DOWN), partial.publications()) == (before, published)


def test_garbled_answers__nothing_wrong_is_published_and_the_next_backfill_completes(partial: World) -> None:
    partial.simulator.fault("/stakewiz", "garbage", count=1_000)
    partial.observe(GARBLED)
    partial.simulator.clear_faults()
    partial.end(GARBLED, 40)
    # Half of the list of blocks hits fees and costs; each other fault hits one data type.
    partial.simulator.fault("getBlocks", "half", count=1_000)
    partial.simulator.fault("getInflationReward", "garbage", count=1_000)
    partial.simulator.fault("/kobe", "wrong_epoch", count=1_000)
    end = partial.backfill(GARBLED)
    partial.simulator.clear_faults()
    assert end.failures == ()
    assert set(lacking(end)) == {"staging_fees", "staging_costs", "staging_rewards", "staging_mev"}
    assert missing_figures(partial, GARBLED) == set(FIGURES)
    assert "canonical_validator_meta" not in partial_layers(partial, GARBLED)
    source = partial.rows(
        """SELECT DISTINCT f.kind FROM canonical_validator_meta m JOIN staging_fetches f ON f.fetch_id = m.source_fetch
           WHERE m.epoch = %s""",
        GARBLED,
    )
    assert source == [{"kind": "solana_rpc"}]  # the directory was garbled, so the node was observed
    assert_complete(partial, GARBLED, partial.backfill(GARBLED))


def test_everything_down__an_epoch_without_any_figure_is_published_with_its_reasons(partial: World) -> None:
    partial.simulator.advance(slot=PARAMETERS.first_slot(DARK + 1))
    partial.end(DARK, 40)
    for path in ("/rpc", "/kobe", "/stakewiz"):
        partial.simulator.fault(path, "status", status=503, count=1_000)
    for data_type in DATA_TYPES:
        report = stage_period(partial.aurora, partial.key(DARK), data_type)
        assert report.nothing_heard == (data_type not in ("meta", "positions"))
    end = partial.recompute(DARK)
    partial.simulator.clear_faults()
    assert end.failures == ()
    # Where nobody cross-checks, that nothing differs is complete.
    assert partial_layers(partial, DARK) == {table.name for table in layer_tables_of(partial.chain.family.traits)} - {
        "cross_check_differences",
        *(table.name for table in EPOCH_PAYABLE_TABLES),  # nobody is paid by EPOCH
    }
    assert missing_figures(partial, DARK) == set(FIGURES)
    # What the operator entered itself is all that is known.
    entered = partial.rows("SELECT entry_type, amount FROM cost_entries WHERE epoch = %s", DARK)
    assert sum(row["known_costs"] for row in pnl(partial, DARK)) == sum(entry["amount"] for entry in entered) > 0
    statements = partial.rows("SELECT * FROM partner_commission_statements WHERE epoch = %s", DARK)
    assert len(statements) == 4
    assert {(row["state"], row["known_total"]) for row in statements if row["line_count"]} == {("partial", 0)}
    assert partial.backfill(DARK).failures == ()
    assert missing_figures(partial, DARK) == {"vote_rewards", "commission"}


def test_status__after_all_this__counts_what_still_misses_figures(partial: World) -> None:
    with partial.aurora.database.connect() as connection:
        status = chain_status(connection, partial.chain, period_statuses(connection, partial.chain))
    assert (status.recorded, status.complete, status.partial, status.unpublished) == (5, 3, 2, 0)


@pytest.mark.parametrize("epoch", STORY)
def test_verify__epochs_that_were_partial__hold_from_their_bytes_up(partial: World, epoch: int) -> None:
    with partial.aurora.database.connect() as connection:
        report = verify_period(connection, partial.key(epoch), aurora=partial.aurora, deep=True)
    assert report.holds, report.failures
