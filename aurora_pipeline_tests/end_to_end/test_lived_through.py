"""Three epochs lived through: every figure against the simulator's truth, and what must not change afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.config.families.solana import SOLANA
from aurora_pipeline.demo.comparing import compare_with_terms, compare_with_truth
from aurora_pipeline.demo.owed import COMPONENTS, LineKey, Owed, component, owed
from aurora_pipeline.demo.people import REGISTERED
from aurora_pipeline.demo.settling import settle, settled_line
from aurora_pipeline.demo.solana.truth import costs_csv
from aurora_pipeline.demo.story import register_cast
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.orchestration import period_sensors
from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
from aurora_pipeline.orchestration.period_sensors import CHAIN_TAG, OBSERVE_JOB, finalized_periods, observe_open_period
from aurora_pipeline.orchestration.runs import failures
from aurora_pipeline.periods.partitions import remove
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.proof.tracing.trace import trace_line
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.registry.cost_entries import import_costs
from aurora_pipeline.store.published import load_published
from aurora_pipeline.tables import layer_tables_of
from aurora_pipeline.work.runs import RunEnd
from aurora_pipeline.work.status import chain_status, period_statuses
from aurora_pipeline_tests.end_to_end.world import World, world

FIRST = 850
EPOCHS = range(FIRST, FIRST + 3)
GOLDEN = Path(__file__).parents[1] / "golden" / "epoch_850.json"
LAYERS = layer_tables_of(SOLANA)
QUIET = {"same_income", "two_agreements", "unknown_field", "holds_less_often"}
ASSETS = sorted(table.name for table in LAYERS)


@pytest.fixture(scope="module")
def ends() -> dict[int, RunEnd]:
    """How the first run of each epoch ended."""
    return {}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, ends: dict[int, RunEnd]) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("lived"), EPOCHS) as demo:
        for epoch in EPOCHS:
            ends[epoch] = demo.live(epoch)
        yield demo


# What was computed.


def test_run__each_epoch__publishes_every_layer_final(lived: World, ends: dict[int, RunEnd]) -> None:
    for epoch in EPOCHS:
        assert ends[epoch].failures == ()
        assert ends[epoch].count("published") == len(LAYERS)
        assert sorted(lived.in_force(epoch)) == ASSETS
        assert {completeness for completeness, _, _ in lived.in_force(epoch).values()} == {"FINAL"}


def test_rules__that_warn_of_doubles_and_of_forks__say_nothing_of_a_good_life(lived: World) -> None:
    told = lived.rows("SELECT DISTINCT w ->> 'rule' AS rule FROM snapshot_reports, jsonb_array_elements(warnings) w")
    assert {row["rule"] for row in told}.isdisjoint(QUIET), told


def test_pnl__every_figure__equals_the_simulators_truth(lived: World) -> None:
    with lived.aurora.database.connect() as connection:
        compared = compare_with_truth(connection, lived.parameters, EPOCHS)
    assert compared.differences == ()
    assert compared.compared == 5 * lived.parameters.validators * len(EPOCHS)


def test_pnl__totals__follow_from_truth_and_entered_costs(lived: World) -> None:
    for epoch in EPOCHS:
        entered = {
            row["validator_key"]: int(row["amount"])
            for row in lived.rows(
                "SELECT validator_key, sum(amount) AS amount FROM cost_entries WHERE epoch = %s GROUP BY 1", epoch
            )
        }
        assert len(entered) == lived.parameters.validators
        for row in lived.rows("SELECT * FROM validator_pnl WHERE epoch = %s", epoch):
            known = lived.truth(epoch).validator(row["validator_key"])
            revenue = sum(component(known, name) for name in COMPONENTS)
            costs = known.vote_fees_lamports + entered[known.vote]
            assert (row["total_revenue"], row["total_costs"], row["net"]) == (revenue, costs, revenue - costs)


# What is owed.


def expected(lived: World, epoch: int) -> Owed:
    networked = lived.truth(FIRST).validators[2].vote
    told = [lived.truth(one) for one in range(FIRST, epoch + 1)]
    return owed(told, {(FIRST, networked): 2 * 10**9}, {})[epoch]


@pytest.mark.parametrize("epoch", EPOCHS)
def test_lines__every_one__as_computed_independently_from_the_truth(lived: World, epoch: int) -> None:
    rows = lived.rows("SELECT * FROM partner_commission_lines WHERE epoch = %s", epoch)
    names = ("agreement_id", "rule_key", "validator_key", "wallet_address", "kind")
    published = {LineKey(*(row[name] for name in names)): (int(row["final"]), row["held"]) for row in rows}
    due = expected(lived, epoch)
    # Where a partner has no stake, or a cap takes nothing off, a line of 0 says as much as none.
    assert {key: told for key, told in published.items() if told[0]} == {k: t for k, t in due.items() if t[0]}
    assert any(held for _, held in published.values())
    assert {"lumen-capitals", "northwind-clients", "meridian-net"} <= {key.agreement for key in published}
    assert {key.kind for key in published} == {"LINE", "CAP_REDUCTION", "FLOOR_TOP_UP"}


@pytest.mark.parametrize("epoch", EPOCHS)
def test_statements__each_partner__sums_what_is_not_held(lived: World, epoch: int) -> None:
    due: dict[str, list[int]] = {name: [0, 0, 0] for name in ("northwind", "halcyon", "meridian", "lumen")}
    for key, (amount, held) in expected(lived, epoch).items():
        due[key.partner][2 if held else 1] += amount
    for row in lived.rows("SELECT partner_id FROM partner_commission_lines WHERE epoch = %s", epoch):
        due[row["partner_id"]][0] += 1
    rows = lived.rows("SELECT * FROM partner_commission_statements WHERE epoch = %s", epoch)
    assert {
        row["partner_id"]: [row["line_count"], int(row["lines_total"]), int(row["held_total"])] for row in rows
    } == due
    assert {row["state"] for row in rows} == {"final"}


def test_comparison__with_the_demos_terms__is_of_every_line_and_statement(lived: World) -> None:
    with lived.aurora.database.connect() as connection:
        compared = compare_with_terms(connection, lived.parameters, EPOCHS)
    assert compared is not None
    assert compared.differences == ()
    lines = lived.row("SELECT count(*) AS n FROM partner_commission_lines")["n"]
    statements = lived.row("SELECT count(*) AS n FROM partner_commission_statements")["n"]
    assert compared.compared >= lines + statements


def test_loss__of_the_networked_validator__is_carried_until_it_is_earned_back(lived: World) -> None:
    rows = lived.rows("SELECT * FROM partner_commission_lines WHERE agreement_id = 'lumen-network' ORDER BY epoch")
    losses = [int(row["loss_after"]) for row in rows]
    assert [int(row["loss_before"]) for row in rows] == [0, *losses[:-1]]
    assert losses[0] > 0
    assert int(rows[0]["final"]) == 0


def test_allocation__in_sql__conserves_every_component_to_the_unit(lived: World) -> None:
    unequal = lived.rows(
        """WITH revenue AS (
               SELECT epoch, validator_key, c.component, c.amount FROM validator_pnl,
               LATERAL (VALUES ('EXEC_FEES', exec_fees), ('MEV_TIPS', mev_tips), ('VOTE_REWARDS', vote_rewards),
                               ('COMMISSION', commission)) AS c (component, amount)),
           parts AS (SELECT epoch, validator_key, component, sum(amount) AS amount, count(*) AS n
                     FROM revenue_allocation WHERE component <> 'OPERATOR_GUARANTEE' GROUP BY 1, 2, 3)
           SELECT * FROM revenue r FULL JOIN parts p USING (epoch, validator_key, component)
           WHERE r.amount IS DISTINCT FROM p.amount"""
    )
    assert unequal == []
    counted = lived.row(
        """SELECT count(*) AS n, count(DISTINCT (epoch, validator_key, component)) AS c FROM revenue_allocation
           WHERE component <> 'OPERATOR_GUARANTEE'"""
    )
    assert counted["c"] == len(EPOCHS) * lived.parameters.validators * len(COMPONENTS)
    assert counted["n"] > counted["c"]
    unpaid = lived.rows(
        """WITH paid AS (SELECT epoch, validator_key, funded_by AS component, partner_id, sum(final) AS amount
                         FROM partner_commission_lines WHERE NOT held GROUP BY 1, 2, 3, 4),
                parts AS (SELECT epoch, validator_key, component, partner_id, sum(amount) AS amount
                          FROM revenue_allocation WHERE party = 'LINE' GROUP BY 1, 2, 3, 4)
           SELECT * FROM paid l FULL JOIN parts a USING (epoch, validator_key, component, partner_id)
           WHERE coalesce(l.amount, 0) <> coalesce(a.amount, 0)"""
    )
    assert unpaid == []
    negative = lived.rows("SELECT * FROM revenue_allocation WHERE amount < 0")
    assert negative == []


def test_balances__of_every_account__are_explained_to_the_lamport_by_the_blocks(lived: World) -> None:
    rows = lived.rows("SELECT * FROM canonical_account_balances ORDER BY validator_key, account_kind, epoch")
    assert {(row["method"], row["state"], row["residual"]) for row in rows} == {("TRANSACTIONS", "final", 0)}
    assert {row["account_kind"] for row in rows} == {"VOTE", "COLLECTOR", "IDENTITY"}
    for one, following in pairwise(rows):
        if one["account_key"] == following["account_key"] and one["epoch"] + 1 == following["epoch"]:
            assert one["balance_end"] == following["balance_start"]
    differing = lived.rows(
        """SELECT * FROM canonical_account_balances b JOIN canonical_validator_fees f USING (epoch, validator_key)
           WHERE b.account_kind = 'IDENTITY' AND b.account_key = f.identity_key AND b.rewards <> f.fees"""
    )
    assert differing == []


def test_status__after_three_epochs__counts_them_complete(lived: World) -> None:
    with lived.aurora.database.connect() as connection:
        status = chain_status(connection, lived.chain, period_statuses(connection, lived.chain))
    assert (status.recorded, status.complete, status.partial, status.unpublished) == (3, 3, 0, 0)


# What the layers commit to.


def test_golden__the_first_epoch__has_these_digests(lived: World) -> None:
    """Content that changes without a raised layer version is a mistake. To accept: see the end of this file."""
    assert told_digests(lived) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def told_digests(lived: World) -> dict[str, dict[str, object]]:
    versions = {table.name: table.version for table in LAYERS}
    return {
        asset: {"version": versions[asset], "content": content, "lineage": lineage}
        for asset, (_, content, lineage) in lived.in_force(FIRST).items()
    }


# What watches it.


def tick(lived: World, sensor: dg.SensorDefinition) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=lived.runner.instance, resources={"aurora": lived.aurora})
    result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def samples_due(lived: World) -> list[dg.RunRequest]:
    """What the sensor of running periods requests: nothing of the chain that is enabled and has no validators."""
    requests = list(tick(lived, observe_open_period).run_requests or [])
    assert {one.tags[CHAIN_TAG] for one in requests} <= {lived.chain.chain_id}
    return requests


def test_sensors__nothing_new__request_no_period_and_the_running_ones_next_sample(lived: World) -> None:
    finished = tick(lived, finalized_periods)
    assert finished.run_requests == []
    (request,) = samples_due(lived)
    (again,) = samples_due(lived)
    assert request.run_key == again.run_key
    assert request.tags == again.tags
    assert (request.run_key or "").startswith(f"observe:{lived.key(EPOCHS[-1] + 1)}:")


def sampled(lived: World, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
    """The run that a sensor requested, with the tags that Dagster gives it."""
    job = build_definitions(Overrides(aurora=lived.aurora)).resolve_job_def(OBSERVE_JOB)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return job.execute_in_process(
        instance=lived.runner.instance,
        run_config={**request.run_config, **quiet},
        tags={**request.tags, "dagster/run_key": request.run_key or ""},
        raise_on_error=False,
    )


def test_observing__node_that_cannot_be_asked__fails_the_tick_with_what_is_lost(lived: World) -> None:
    lived.simulator.fault("getEpochInfo", "status", status=503, count=1_000)
    try:
        with pytest.raises(dg.Failure) as failed:
            tick(lived, observe_open_period)
    finally:
        lived.simulator.clear_faults()
    said = str(failed.value.description)
    assert said.startswith(f"{lived.chain.chain_id}: the running period cannot be sampled: no node of ")
    assert "503" in said
    assert "now or never" in said
    assert len(samples_due(lived)) == 1


def test_observing__sample_that_could_not_be_taken__is_tried_again_later_and_then_not_any_more(
    lived: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(period_sensors, "SECONDS_BETWEEN_TRIES", 10**12)
    (request,) = samples_due(lived)
    lived.simulator.fault("/", "status", status=503, count=1_000)
    try:
        lost = sampled(lived, request)
    finally:
        lived.simulator.clear_faults()
    (said,) = failures(lost.all_events)
    assert "could not be sampled: no node of " in said
    (again,) = samples_due(lived)
    assert again.run_key == f"{request.run_key}:again:0"
    assert sampled(lived, again).success
    assert samples_due(lived) == []
    seen = lived.rows(
        "SELECT data_type, count(*) AS n FROM observations WHERE epoch = %s GROUP BY 1 ORDER BY 1", EPOCHS[-1] + 1
    )
    assert {row["data_type"]: row["n"] for row in seen} == {
        "leader_schedule": 1,
        "meta": 1,
        "positions": lived.parameters.validators,
    }


@pytest.mark.parametrize("invented", ["solana-demo:0000999", "no period at all"])
def test_run__of_an_invented_partition__is_refused_in_one_sentence_and_leaves_nothing_red(
    lived: World, invented: str
) -> None:
    instance = lived.runner.instance
    gate = dg.AssetCheckKey(dg.AssetKey(VALIDATOR_PNL.name), "gate")
    before = newest_check(instance, gate)
    instance.add_dynamic_partitions("periods", [invented])
    job = build_definitions(Overrides(aurora=lived.aurora)).resolve_job_def("period")
    result = job.execute_in_process(
        instance=instance,
        partition_key=invented,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    (said,) = failures(result.all_events)
    assert said.startswith(f"{invented!r} is no known finalized period")
    assert [event for event in result.all_events if event.is_step_event] == []
    logged = instance.all_logs(result.run_id)
    told = [entry.dagster_event for entry in logged if entry.dagster_event and entry.dagster_event.is_job_failure]
    assert [event.job_failure_data.error.stack for event in told if event.job_failure_data.error] == [[]]
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["dagster/max_retries"] == "0"
    assert newest_check(instance, gate) == before
    assert invented not in instance.get_dynamic_partitions("periods")


def newest_check(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> tuple[str, str]:
    """The run and status of what Dagster shows of a check."""
    (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    return record.run_id, record.status.value


def test_remove__partition_whose_run_died_before_it_was_refused__takes_back_its_checks(lived: World) -> None:
    instance = lived.runner.instance
    gate = dg.AssetCheckKey(dg.AssetKey(VALIDATOR_PNL.name), "gate")
    before = newest_check(instance, gate)
    instance.add_dynamic_partitions("periods", ["solana-demo:0000998"])
    job = build_definitions(Overrides(aurora=lived.aurora)).resolve_job_def("period")
    instance.create_run_for_job(job, tags={"dagster/partition": "solana-demo:0000998"})
    assert newest_check(instance, gate)[1] == "PLANNED"
    assert remove(instance, "solana-demo:0000998")
    assert newest_check(instance, gate) == before
    assert not remove(instance, "solana-demo:0000998")


@pytest.mark.parametrize("epoch", EPOCHS)
def test_verify__each_epoch_from_its_bytes__holds(lived: World, epoch: int) -> None:
    with lived.aurora.database.connect() as connection:
        report = verify_period(connection, lived.key(epoch), aurora=lived.aurora, deep=True)
    assert report.holds, report.failures


# What must not change. From here on the tests write, in this order.


def test_backfill__again__asks_nobody_and_publishes_nothing(lived: World) -> None:
    before, published = lived.in_force(FIRST + 1), lived.publications()
    last = lived.row("SELECT max(ingestion_run_id) AS id FROM ingestion_runs")["id"]
    end = lived.backfill(FIRST + 1)
    assert end.failures == ()
    assert end.count("unchanged") == len(LAYERS)
    runs = lived.rows("SELECT data_type, requests FROM ingestion_runs WHERE ingestion_run_id > %s", last)
    assert {run["data_type"]: run["requests"] for run in runs} == dict.fromkeys(
        ("fees", "mev", "rewards", "meta", "positions", "costs"), 0
    )
    assert (lived.in_force(FIRST + 1), lived.publications()) == (before, published)


def test_cast__registered_again__changes_nothing(lived: World) -> None:
    assert register_cast(lived.aurora, lived.parameters, EPOCHS).changes == ()


def test_recompute__with_every_provider_down__gives_the_same_digests(lived: World) -> None:
    before, published = lived.in_force(FIRST), lived.publications()
    asked = lived.row("SELECT count(*) AS n FROM staging_payloads")["n"]
    for path in ("/rpc", "/kobe", "/stakewiz"):
        lived.simulator.fault(path, "status", count=1_000)
    try:
        end = lived.recompute(FIRST)
    finally:
        lived.simulator.clear_faults()
    assert end.failures == ()
    assert end.count("unchanged") == len(LAYERS)
    assert not any(asset.asset.startswith("staging") for asset in end.assets)
    assert (lived.in_force(FIRST), lived.publications()) == (before, published)
    assert lived.row("SELECT count(*) AS n FROM staging_payloads")["n"] == asked


def test_refetch__of_an_unchanged_chain__asks_again_and_publishes_nothing(lived: World) -> None:
    before, published = lived.in_force(FIRST + 2), lived.publications()
    last = lived.row("SELECT max(ingestion_run_id) AS id FROM ingestion_runs")["id"]
    end = lived.backfill(FIRST + 2, refetch=True)
    assert end.failures == ()
    runs = lived.rows("SELECT data_type, requests FROM ingestion_runs WHERE ingestion_run_id > %s", last)
    asked = {run["data_type"]: run["requests"] for run in runs}
    assert all(asked[data_type] > 0 for data_type in ("fees", "mev", "rewards", "costs"))
    assert asked["positions"] == asked["meta"] == 0
    assert (lived.in_force(FIRST + 2), lived.publications()) == (before, published)


def test_as_of__before_and_after_a_later_write__never_changes_its_answer(lived: World) -> None:
    epoch = FIRST + 2
    moment = lived.row("SELECT clock_timestamp() AS now")["now"]
    before, first_answer = lived.in_force(epoch), as_of(lived, epoch, moment)
    assert first_answer["validator_pnl"]
    raised = costs_csv(lived.parameters, [epoch]).replace(",0.85,SOL,", ",0.95,SOL,")
    report = import_costs(
        lived.aurora.database, raised, "costs.csv", lived.aurora.configuration.chains, "ada", REGISTERED
    )
    assert len(report.changed) == 2  # the cast's validators 0 and 5 share the figure
    end = lived.recompute(epoch)
    assert end.failures == ()

    now = lived.in_force(epoch)
    changed = {asset for asset in now if now[asset] != before[asset]}
    # Costs change no component and no claim, so the wave stops at P&L: lines and statements are attested.
    assert changed == {"canonical_validator_costs", "validator_pnl"}
    assert {asset.asset for asset in end.assets if asset.standing == "attested"} == {
        "canonical_account_balances",
        "canonical_completeness",
        "partner_commission_lines",
        "commission_rule_results",
        "revenue_allocation",
    }
    assert as_of(lived, epoch, moment) == first_answer
    later = as_of(lived, epoch, lived.row("SELECT clock_timestamp() AS now")["now"])
    assert {name for name in first_answer if later[name] != first_answer[name]} == {*changed, "digests"}
    difference = lived.row(
        """SELECT sum(o.net - n.net) AS lamports, count(*) AS n FROM validator_pnl n
           JOIN validator_pnl_as_of(%s) o USING (chain_id, epoch, validator_key)
           WHERE epoch = %s AND o.net <> n.net""",
        moment,
        epoch,
    )
    assert (int(difference["lamports"]), difference["n"]) == (200_000_000, 2)
    with lived.aurora.database.connect() as connection:
        old = load_published(
            connection, VALIDATOR_PNL, PeriodKey(lived.chain.chain_id, EpochNumber(epoch)), as_of=moment
        )
    assert old.content_digest == before["validator_pnl"][1]


def as_of(lived: World, epoch: int, moment: datetime) -> dict[str, object]:
    """Every layer's rows and digests as of a moment."""
    answer: dict[str, object] = {
        table.name: sorted(
            map(str, lived.rows(f"SELECT * FROM {table.name}_as_of(%s) WHERE epoch = %s", moment, epoch))
        )
        for table in LAYERS
    }
    answer["digests"] = lived.rows(
        "SELECT asset, content_digest, lineage_digest FROM in_force_as_of(%s) WHERE epoch = %s ORDER BY asset",
        moment,
        epoch,
    )
    return answer


def test_costs__taken_back__bring_the_earlier_snapshot_into_force_again(lived: World) -> None:
    epoch = FIRST + 2
    with lived.aurora.database.connect() as connection:
        raised = load_published(connection, VALIDATOR_PNL, PeriodKey(lived.chain.chain_id, EpochNumber(epoch)))
    import_costs(
        lived.aurora.database,
        costs_csv(lived.parameters, [epoch]),
        "costs.csv",
        lived.aurora.configuration.chains,
        "ada",
        REGISTERED,
    )
    assert lived.recompute(epoch).failures == ()
    with lived.aurora.database.connect() as connection:
        restored = load_published(connection, VALIDATOR_PNL, PeriodKey(lived.chain.chain_id, EpochNumber(epoch)))
    assert restored.snapshot_id != raised.snapshot_id
    first = lived.row(
        "SELECT min(snapshot_id) AS id FROM snapshots WHERE asset = 'validator_pnl' AND epoch = %s", epoch
    )
    assert restored.snapshot_id == first["id"]


def test_settle__one_line__is_paid_and_proven_as_decided_and_once(lived: World) -> None:
    last = EPOCHS[-1]
    line = settled_line(lived.parameters, EpochNumber(last))
    change = settle(lived.aurora.database, lived.parameters, EpochNumber(last))
    assert change is not None
    with lived.aurora.database.connect() as connection:
        unsettled = compare_with_terms(connection, lived.parameters, EPOCHS)
    # The line and its statement differ until they are computed again.
    assert unsettled is not None
    assert len(unsettled.differences) == 2
    ends = lived.computing.stale_lines()
    assert [(int(end.key.period), end.failures) for end in ends] == [(last, ())]
    with lived.aurora.database.connect() as connection:
        settled = compare_with_terms(connection, lived.parameters, EPOCHS)
        row = lived.row(
            """SELECT * FROM partner_commission_lines WHERE agreement_id = %s AND rule_key = %s AND epoch = %s
               AND validator_key = %s""",
            *(line.agreement_id, line.rule_key, last, line.validator_key),
        )
        titles = list(trace_line(connection, str(row["line_id"])).walk())
    assert settled is not None
    assert settled.differences == ()
    assert (int(row["override"]), int(row["final"])) == (10**7, 10**7)
    (decision,) = [node for node in titles if node.title.startswith("commission_overrides:")]
    assert re.match(r"by finley on 20\d\d-\d\d-\d\d \d\d:\d\d UTC: agreed with Northwind", decision.note or "")
    # The rule's rate is flat: that other rules of the period look back is no part of this line's proof.
    assert not [node for node in titles if node.title.startswith("rule result of")]
    assert settle(lived.aurora.database, lived.parameters, EpochNumber(last)) is None


_SIGNED = "reason, recorded_by, recorded_at"
FORGED = {
    "more for a line": f"""INSERT INTO commission_overrides
        SELECT target, agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, revision + 1,
               amount + 1000000000000, computed_seen, {_SIGNED} FROM commission_overrides""",
    "nothing for a line any more": f"""INSERT INTO commission_overrides
        SELECT target, agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, revision + 1,
               NULL, computed_seen, {_SIGNED} FROM commission_overrides""",
    "a client's wallet that ended": f"""INSERT INTO partner_wallets
        SELECT chain_id, wallet_address, revision + 1, introduced_at, introduced_at + interval '1 day', partner_id,
               notes, {_SIGNED} FROM partner_wallets WHERE partner_id = 'northwind'""",
}


@contextmanager
def _forged(lived: World, statement: str) -> Iterator[None]:
    """Run a statement as somebody who can switch off every trigger; its rows are taken out again at the end."""
    table = statement.split()[2]
    with psycopg.connect(lived.aurora.database.conninfo) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())
        found = connection.execute("SELECT pg_current_xact_id()::xid").fetchone()
        connection.commit()
        try:
            yield
        finally:
            connection.execute(f"DELETE FROM {table} WHERE xmin = %s".encode(), found)


@pytest.mark.parametrize("forged", FORGED)
def test_recompute__after_a_forged_decision__refused_and_nothing_changes(lived: World, forged: str) -> None:
    last = EPOCHS[-1]
    before, published = lived.in_force(last), lived.publications()
    with _forged(lived, FORGED[forged]):
        ends = [lived.recompute(last), *lived.computing.stale_lines()]
        assert len(ends) > 1
        for end in ends:
            assert "stand in no entry of the audit log as they are now" in " ".join(end.failures)
        assert (lived.in_force(last), lived.publications()) == (before, published)
    assert lived.recompute(last).failures == ()
    assert lived.in_force(last) == before


def test_comparison__after_somebody_changed_the_terms__says_that_it_cannot_compare(
    lived: World, tmp_path: Path
) -> None:
    text = (lived.aurora.workspace.data_dir / "files" / "agreements.yaml").read_text(encoding="utf-8")
    path = tmp_path / "agreements.yaml"
    path.write_text(text.replace("name: Lumen Labs", "name: Lumen Laboratories"), encoding="utf-8")
    apply(lived.aurora.database, path, "ada", "a new name")
    with lived.aurora.database.connect() as connection:
        assert compare_with_terms(connection, lived.parameters, EPOCHS) is None


def test_periods__no_partition_key__was_added_twice_or_out_of_order(lived: World) -> None:
    assert lived.runner.instance.get_dynamic_partitions("periods") == [str(lived.key(epoch)) for epoch in EPOCHS]
    assert lived.runner.register_periods(lived.chain.chain_id) == []


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder, world(Path(folder), EPOCHS) as accepted:
        accepted.live(FIRST)
        GOLDEN.write_text(json.dumps(told_digests(accepted), indent=1) + "\n", encoding="utf-8")
