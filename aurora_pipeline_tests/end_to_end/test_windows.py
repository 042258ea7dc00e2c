"""Terms that run on from epoch to epoch: out-of-order backfills, a restated past, overrides, and what if."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path

import dagster as dg
import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.overrides import record_override
from aurora_pipeline.agreements.proposed import read_proposal
from aurora_pipeline.agreements.status import change_status
from aurora_pipeline.agreements.tables import AgreementStatus
from aurora_pipeline.agreements.wallets import Duplicates, import_wallets
from aurora_pipeline.cli.app import main
from aurora_pipeline.commissions.simulate import PeriodComparison, simulate
from aurora_pipeline.commissions.targets import line_target, rule_target
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import EpochTruth
from aurora_pipeline.demo.story import let_pass
from aurora_pipeline.foundation.money import format_coins, total
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.instance.workspace import DEMO_URL_VARIABLE
from aurora_pipeline.orchestration.positions_changed import positions_changed
from aurora_pipeline.orchestration.terms_changed import terms_changed
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.proof.tracing.trace import trace_line
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.registry.cost_entries import import_costs
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline.work.runs import Job, RunEnd
from aurora_pipeline.work.stale_entries import stale_entries
from aurora_pipeline.work.stale_evidence import READ_OF_BEFORE
from aurora_pipeline.work.stale_lines import present_periods, stale_periods
from aurora_pipeline_tests.cli.documents import data_of
from aurora_pipeline_tests.end_to_end.world import World, kept_environment, world

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = 850, 851, 852
EPOCHS = range(FIRST, THIRD + 1)
OWNER = "Halcyon Fund"
STARTED = "2026-08-20"
LINES = ("partner_commission_lines", "commission_rule_results", "revenue_allocation")


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three epochs that passed and were observed; none of them is computed yet."""
    parameters = Parameters(seed=11, validators=4, stake_accounts=120, slots_per_epoch=120)
    with world(tmp_path_factory.mktemp("windows"), EPOCHS, parameters) as demo:
        path = demo.aurora.workspace.data_dir / "running.yaml"
        path.write_text(running(demo), encoding="utf-8")
        apply(demo.aurora.database, path, "ada", "signed")
        for epoch in EPOCHS:
            let_pass(demo.aurora, demo.simulator, epoch, lambda text: None)
        discover_periods(demo.aurora.database, demo.aurora.configuration, demo.chain)
        demo.runner.register_periods(CHAIN_ID)
        yield demo


# The terms, and what they come to in Fractions from the simulator's truth, sharing no code.


def running(demo: World, rate: int = 500) -> str:
    """Tiers that run on over the month, a cap on the month, and losses that are carried."""
    return f"""\
agreements:
  - agreement: running
    partner: halcyon
    active_from: {STARTED}
    rules:
      - rule: rising
        chain: {CHAIN_ID}
        component: COMMISSION
        method: STAKE_WEIGHT
        tiers:
          mode: GRADUATED
          metric: MONTH_TO_DATE
          steps: [{{up_to: {edge(demo)} lamports, rate_bps: {rate}}}, {{rate_bps: 1000}}]
      - rule: capped
        chain: {CHAIN_ID}
        component: MEV_TIPS
        method: FIXED_SHARE
        rate_bps: 100
        cap: {cap(demo)} lamports
        cap_window: MONTH
  - agreement: lasting
    partner: lumen
    active_from: {STARTED}
    rules:
      - rule: net
        chain: {CHAIN_ID}
        component: COMMISSION
        method: FIXED_SHARE
        basis: NET
        carry_losses: true
        rate_bps: 200
"""


def base(told: EpochTruth, without: str = "") -> int:
    """The commission as far as the owner's stake brought it; `without` is a wallet that does not count."""
    found = 0
    for one in told.validators:
        mine = sum(
            w.active_stake_lamports
            for w in told.wallets
            if (w.vote, w.owner) == (one.vote, OWNER) and w.address != without
        )
        found += floor(one.commission_lamports * Fraction(mine, one.active_stake_lamports))
    return found


def capped(told: EpochTruth) -> int:
    return sum(floor(Fraction(one.mev_validator_lamports, 100)) for one in told.validators)


def edge(demo: World) -> int:
    """The first tier ends within the second epoch."""
    return base(demo.truth(FIRST)) + base(demo.truth(SECOND)) // 2


def cap(demo: World) -> int:
    """The cap is reached within the second epoch."""
    return capped(demo.truth(FIRST)) + capped(demo.truth(SECOND)) // 3


def priced(demo: World, reached: int, rate: int = 500) -> int:
    low = Fraction(rate, 10_000) * min(reached, edge(demo))
    return floor(low + Fraction(10, 100) * max(0, reached - edge(demo)))


def rising(demo: World, epoch: int, without: dict[int, str] | None = None, rate: int = 500) -> int:
    """What the tiers pay in an epoch: F(end) - F(start)."""
    bases = [base(demo.truth(one), (without or {}).get(one, "")) for one in EPOCHS if one <= epoch]
    return priced(demo, sum(bases), rate) - priced(demo, sum(bases[:-1]), rate)


def paid(demo: World, agreement: str, rule: str, epoch: int, column: str = "final") -> int:
    row = demo.row(
        f"""SELECT sum({column}) AS paid FROM partner_commission_lines
            WHERE agreement_id = %s AND rule_key = %s AND epoch = %s""",
        *(agreement, rule, epoch),
    )
    return int(row["paid"])


def follow(demo: World, *epochs: int) -> list[int]:
    ends = demo.computing.following([demo.key(epoch) for epoch in epochs])
    assert [end.failures for end in ends] == [()] * len(ends)
    return [int(end.key.period) for end in ends]


def tick(demo: World, cursor: str | None) -> tuple[list[EpochNumber], str | None]:
    """The epochs that the sensor requests, and its cursor."""
    context = dg.build_sensor_context(instance=demo.runner.instance, resources={"aurora": demo.aurora}, cursor=cursor)
    result = terms_changed(context)
    assert isinstance(result, dg.SensorResult)
    requested = [PeriodKey.parse(str(request.partition_key)).epoch for request in result.run_requests or []]
    return requested, result.cursor


def run(demo: World, epoch: int) -> RunEnd:
    end = demo.runner.run(Job.COMMISSIONS, demo.key(epoch))
    assert end.failures == ()
    return end


# The tests write, in this order.


def test_backfill__before_the_earlier_epoch__waits_and_says_for_which(past: World) -> None:
    end = past.backfill(SECOND)
    assert len(end.failures) == 1
    assert "solana-demo:0000851 has to wait: northwind-clients/commission runs on" in end.failures[0]
    assert "epoch 850 is not published" in end.failures[0]
    assert "`aurora backfill solana-demo 850`" in end.failures[0]
    assert "validator_pnl" in past.in_force(SECOND)
    assert not set(LINES) & past.in_force(SECOND).keys()


def test_terms_changed__an_epoch_that_waits__is_not_requested(past: World) -> None:
    requested, cursor = tick(past, None)
    assert requested == []
    assert tick(past, cursor) == ([], None)


def test_backfill__the_earlier_epoch__the_one_that_waited_follows(past: World) -> None:
    assert past.backfill(FIRST).failures == ()
    assert follow(past, FIRST) == [SECOND]


def test_positions_changed__epoch_before_came_later__what_rests_on_it_is_derived_again(past: World) -> None:
    before = past.in_force(SECOND)["canonical_stake_events"]
    context = dg.build_sensor_context(instance=past.runner.instance, resources={"aurora": past.aurora})
    result = positions_changed(context)
    assert isinstance(result, dg.SensorResult)
    requests = [(request.job_name, request.partition_key) for request in result.run_requests or []]
    assert requests == [("recompute", str(past.key(SECOND)))]
    (end,) = past.computing.stale_evidence([past.key(SECOND).epoch])
    assert end.failures == ()
    assert past.in_force(SECOND)["canonical_stake_events"] != before
    assert past.computing.stale_events() == []
    assert past.computing.stale_evidence([past.key(epoch).epoch for epoch in EPOCHS]) == []
    again = positions_changed(context)
    assert isinstance(again, dg.SensorResult)
    assert not again.run_requests


def test_backfill__the_last_epoch__nothing_follows(past: World) -> None:
    assert past.backfill(THIRD).failures == ()
    assert follow(past, THIRD) == []
    for epoch in EPOCHS:
        assert {completeness for completeness, _, _ in past.in_force(epoch).values()} == {"FINAL"}


def test_tiers__month_to_date__pay_from_where_the_month_stood(past: World) -> None:
    assert [paid(past, "running", "rising", epoch) for epoch in EPOCHS] == [rising(past, epoch) for epoch in EPOCHS]
    whole = priced(past, sum(base(past.truth(epoch)) for epoch in EPOCHS))
    assert sum(paid(past, "running", "rising", epoch) for epoch in EPOCHS) == whole


def test_cap__of_the_month__is_reached_once_and_pays_nothing_after(past: World) -> None:
    computed = [capped(past.truth(epoch)) for epoch in EPOCHS]
    expected = [computed[0], cap(past) - computed[0], 0]
    assert computed[1] > expected[1] > 0
    assert [paid(past, "running", "capped", epoch) for epoch in EPOCHS] == expected


def test_losses__of_each_validator__are_carried_until_they_are_earned_back(past: World) -> None:
    carried: dict[str, int] = {}
    for epoch in EPOCHS:
        expected = {}
        for one in past.truth(epoch).validators:
            rest = one.commission_lamports - one.vote_fees_lamports - carried.get(one.vote, 0)
            expected[one.vote] = (carried.get(one.vote, 0), max(0, -rest), floor(Fraction(2, 100) * max(0, rest)))
            carried[one.vote] = max(0, -rest)
        rows = past.rows("SELECT * FROM partner_commission_lines WHERE agreement_id = 'lasting' AND epoch = %s", epoch)
        found = {r["validator_key"]: (int(r["loss_before"]), int(r["loss_after"]), int(r["final"])) for r in rows}
        assert found == expected
    assert any(carried.values())


def test_lineage__of_the_third_epoch__names_the_earlier_snapshots_that_were_read(past: World) -> None:
    row = past.row("SELECT inputs FROM snapshots WHERE asset = 'partner_commission_lines' AND epoch = %s", THIRD)
    named = {(kind, name.split("@")[0], int(name[-7:])) for kind, name, _ in row["inputs"] if kind == "snapshot"}
    results, lines = "commission_rule_results", "partner_commission_lines"
    assert {(table, epoch) for _, table, epoch in named} >= {
        *((results, epoch) for epoch in (FIRST, SECOND)),
        (lines, SECOND),
        *((table, THIRD) for table in ("validator_pnl", "canonical_stake_positions", "canonical_stake_rewards")),
    }


def test_trace__a_line_of_tiers__shows_stake_wallets_tiers_and_earlier_bases(past: World) -> None:
    row = past.row(
        """SELECT line_id FROM partner_commission_lines WHERE agreement_id = 'running' AND rule_key = 'rising'
           AND epoch = %s ORDER BY base DESC LIMIT 1""",
        SECOND,
    )
    with past.aurora.database.connect() as connection:
        node = trace_line(connection, str(row["line_id"]))
    titles = [one.title for one in node.walk()]
    assert any(title.startswith("rule result of running/rising in commission_rule_results") for title in titles)
    assert sum(title.startswith("agreement_rule_tiers:running/1/rising/") for title in titles) == 2
    assert any(title.startswith(f"partner_wallets:{CHAIN_ID}/") for title in titles)
    assert any(title.startswith("canonical_stake_positions.active_stake of stake account") for title in titles)
    assert "MONTH_TO_DATE" in (node.formula or "")


def test_stale__after_everything_was_computed__nothing(past: World) -> None:
    with past.aurora.database.connect() as connection:
        assert stale_periods(present_periods(connection, past.chain)) == []
    requested, cursor = tick(past, None)
    assert requested == []
    assert cursor is not None


def test_wallet__that_came_later_than_was_said__restates_the_first_epoch_and_all_that_run_on_from_it(
    past: World, tmp_path: Path
) -> None:
    _, cursor = tick(past, None)
    wallet = later_wallet(past)
    ended = past.row("SELECT ended_at FROM canonical_periods WHERE epoch = %s", FIRST)["ended_at"]
    reintroduce(past, wallet, ended, tmp_path)
    order = []
    while True:
        requested, moved = tick(past, cursor)
        cursor = moved or cursor
        if not requested:
            break
        # The later ones wait until what they read is in force again.
        assert len(requested) == 1
        order += requested
        run(past, requested[0])
    assert order == [FIRST, SECOND, THIRD]
    without = {FIRST: wallet}
    assert base(past.truth(FIRST), wallet) < base(past.truth(FIRST))
    assert [paid(past, "running", "rising", epoch) for epoch in EPOCHS] == [
        rising(past, epoch, without) for epoch in EPOCHS
    ]


def later_wallet(demo: World) -> str:
    """The owner's wallet with the most stake in the first epoch."""
    mine = [w for w in demo.truth(FIRST).wallets if w.owner == OWNER]
    return max(mine, key=lambda w: w.active_stake_lamports).address


def reintroduce(demo: World, wallet: str, since: datetime, folder: Path) -> None:
    path = folder / "wallets.csv"
    path.write_text(f"chain_id,wallet_address,introduced_date\n{CHAIN_ID},{wallet},{since.isoformat()}\n")
    report = import_wallets(demo.aurora.database, path, "halcyon", "ada", "a clerk's mistake", Duplicates.REPLACE)
    assert len(report.changes) == 1


def test_wallet__put_back__is_computed_again_in_order_by_the_command(past: World, tmp_path: Path) -> None:
    reintroduce(past, later_wallet(past), datetime.fromisoformat(f"{STARTED}T00:00:00+00:00"), tmp_path)
    ends = past.computing.stale_lines()
    assert [int(end.key.period) for end in ends] == list(EPOCHS)
    assert [paid(past, "running", "rising", epoch) for epoch in EPOCHS] == [rising(past, epoch) for epoch in EPOCHS]


# Overrides.


def test_override__of_a_line__survives_recomputation_and_moves_nothing_cumulative(past: World) -> None:
    line = past.row(
        """SELECT line_id FROM partner_commission_lines WHERE agreement_id = 'running' AND rule_key = 'rising'
           AND epoch = %s AND computed > 0 ORDER BY computed DESC LIMIT 1""",
        FIRST,
    )["line_id"]
    with past.aurora.database.connect() as connection:
        found = line_target(connection, str(line))
        record_override(connection, found.target, Amount(7), found.computed, "ada", "settled")
    assert [int(end.key.period) for end in past.computing.stale_lines()] == [FIRST, SECOND, THIRD]
    for _ in range(2):
        row = past.row("SELECT computed, override, final FROM partner_commission_lines WHERE line_id = %s", line)
        assert (row["computed"], row["override"], row["final"]) == (found.computed, 7, 7)
        assert past.recompute(FIRST).failures == ()
    assert [paid(past, "running", "rising", epoch, "computed") for epoch in EPOCHS] == [
        rising(past, epoch) for epoch in EPOCHS
    ]


def test_override__of_a_rule__is_what_the_rule_pays_in_all(past: World) -> None:
    with past.aurora.database.connect() as connection:
        found = rule_target(connection, f"running/capped@{CHAIN_ID}:{SECOND}")
        record_override(connection, found.target, Amount(1_000), found.computed, "ada", "settled")
    past.computing.stale_lines()
    assert paid(past, "running", "capped", SECOND) == 1_000
    assert paid(past, "running", "capped", SECOND, "computed") == cap(past) - capped(past.truth(FIRST))


def test_override__when_the_computed_amount_moved__is_flagged_stale_and_still_paid(past: World, tmp_path: Path) -> None:
    ended = past.row("SELECT ended_at FROM canonical_periods WHERE epoch = %s", FIRST)["ended_at"]
    reintroduce(past, later_wallet(past), ended, tmp_path)
    past.computing.stale_lines()
    assert any("is stale" in warning for warning in warnings(past, FIRST))
    assert past.row("SELECT count(*) AS n FROM partner_commission_lines WHERE override = 7")["n"] == 1
    reintroduce(past, later_wallet(past), datetime.fromisoformat(f"{STARTED}T00:00:00+00:00"), tmp_path)
    past.computing.stale_lines()
    assert not any("is stale" in warning for warning in warnings(past, FIRST))


def warnings(demo: World, epoch: int) -> list[str]:
    row = demo.row(
        """SELECT r.warnings FROM snapshot_reports r JOIN in_force f USING (snapshot_id)
           WHERE f.asset = 'partner_commission_lines' AND f.epoch = %s""",
        epoch,
    )
    found: list[str] = row["warnings"]
    return found


# What if.


def counts(demo: World) -> dict[str, int]:
    """How many rows every table has."""
    names = {
        row["name"]: f"{row['schema']}.{row['name']}"
        for row in demo.rows(
            """SELECT schemaname AS schema, tablename AS name FROM pg_tables
               WHERE schemaname IN ('public', 'layers') AND tablename NOT LIKE 'alembic%%'"""
        )
    }
    assert {table.name for table in ALL_TABLES} <= names.keys()
    return {name: demo.row(f"SELECT count(*) AS n FROM {place}")["n"] for name, place in names.items()}


def simulated(demo: World, text: str, folder: Path) -> list[PeriodComparison]:
    path = folder / "proposed.yaml"
    path.write_text(text, encoding="utf-8")
    with demo.aurora.database.connect() as connection:
        return simulate(
            connection, demo.chain, read_proposal(connection, path), [EpochNumber(epoch) for epoch in EPOCHS]
        )


def test_simulate__other_tiers__differ_by_what_they_would_have_paid_and_write_nothing(
    past: World, tmp_path: Path
) -> None:
    before = counts(past)
    found = simulated(past, running(past, rate=700), tmp_path)
    assert counts(past) == before
    assert {(one.key.epoch, one.partner_id) for one in found} == {
        (epoch, partner) for epoch in EPOCHS for partner in ("halcyon", "lumen", "meridian", "northwind")
    }
    computed = [capped(past.truth(epoch)) for epoch in EPOCHS]
    as_capped = [computed[0], cap(past) - computed[0], 0]
    for place, epoch in enumerate(EPOCHS):
        (halcyon,) = [one for one in found if (one.key.epoch, one.partner_id) == (epoch, "halcyon")]
        now = paid(past, "running", "rising", epoch) + paid(past, "running", "capped", epoch)
        would = rising(past, epoch, rate=700) + as_capped[place]
        # Overrides were settled under the terms that are replaced: they are no part of the proposal, and this is said.
        assert halcyon.difference == would - now
        assert halcyon.overrides.count == (1 if epoch in (FIRST, SECOND) else 0)
        assert halcyon.by_terms == would - (rising(past, epoch) + as_capped[place])
        assert halcyon.overrides.amount == now - (rising(past, epoch) + as_capped[place])
        others = [one for one in found if one.key.epoch == epoch and one.partner_id != "halcyon"]
        assert [one.difference for one in others] == [0, 0, 0]


def test_simulate__a_new_agreement__starts_its_windows_with_the_range(past: World, tmp_path: Path) -> None:
    text = f"""\
agreements:
  - agreement: proposed
    partner: northwind
    rules:
      - rule: ever
        chain: {CHAIN_ID}
        component: VOTE_REWARDS
        method: FIXED_SHARE
        tiers: {{mode: GRADUATED, metric: LIFETIME, steps: [{{up_to: 1 lamport, rate_bps: 0}}, {{rate_bps: 100}}]}}
"""
    found = [one for one in simulated(past, text, tmp_path) if one.partner_id == "northwind"]
    bases = [sum(one.own_stake_rewards_lamports for one in past.truth(epoch).validators) for epoch in EPOCHS]
    reached = [floor(Fraction(max(0, sum(bases[: n + 1]) - 1), 100)) for n in range(len(bases))]
    assert [one.difference for one in found] == [end - start for start, end in pairwise([0, *reached])]


def test_simulate_command__for_people_for_machines_and_for_spreadsheets__says_the_same(
    past: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "proposed.yaml"
    path.write_text(running(past, rate=700), encoding="utf-8")
    before = counts(past)

    def printed(*options: str) -> str:
        with kept_environment("AURORA_HOME", "AURORA_DEMO", DEMO_URL_VARIABLE):
            os.environ |= {"AURORA_HOME": str(past.aurora.workspace.home), DEMO_URL_VARIABLE: past.simulator.url}
            arguments = [
                "agreements",
                "simulate",
                str(path),
                "--chain",
                CHAIN_ID,
                "--from",
                str(FIRST),
                "--to",
                str(THIRD),
            ]
            monkeypatch.setattr(sys, "argv", ["aurora", "--demo", *arguments, *options])
            capsys.readouterr()
            with pytest.raises(SystemExit) as leaving:
                main()
            assert not leaving.value.code
        return capsys.readouterr().out

    rows = data_of(printed("--json"))
    found = simulated(past, running(past, rate=700), tmp_path)
    sums = [(one["epoch"], one["partner_id"], one["was"]["amount"], one["would"]["amount"]) for one in rows]
    assert sums == [(one.key.epoch, one.partner_id, str(one.was.due), str(one.would.due)) for one in found]
    assert list(csv.DictReader(io.StringIO(printed("--csv")))) == [
        {
            name: value["amount"] if isinstance(value, dict) else str(value)
            for name, value in one.items()
            if name != "period"
        }
        for one in rows
    ]
    shown = printed()
    more = total(one.difference for one in found if one.partner_id == "halcyon")
    assert f"would have been paid: {'+' if more > 0 else ''}{format_coins(more, 9)}" in shown
    assert "lumen: " in shown
    assert "2 override(s) of these agreements, decided on other terms, are part of what was paid only." in shown
    aside = total(one.overrides.amount for one in found)
    assert f"{'+' if aside < 0 else ''}{format_coins(-aside, 9)} by overrides" in shown
    assert [one["difference_by_terms"]["amount"] for one in rows] == [str(one.by_terms) for one in found]
    assert counts(past) == before


# What must hold of all of it.


def test_verify__every_epoch_with_what_ran_on__follows_from_its_inputs(past: World) -> None:
    for epoch in EPOCHS:
        with past.aurora.database.connect() as connection:
            report = verify_period(connection, past.key(epoch), aurora=past.aurora, deep=True)
        assert report.holds, report.failures
        # Stake events name the epoch before as it was; they wait for the next recompute of everything.
        stale = [finding for finding in report.notes if "recompute" in str(finding)]
        assert [finding for finding in stale if "canonical_stake_events" not in finding.where] == []


def test_allocation__over_all_that_was_ever_published__conserves_every_component(past: World) -> None:
    unequal = past.rows(
        """WITH pairs AS (
               SELECT s.snapshot_id, p.snapshot_id AS pnl FROM snapshots s
               JOIN LATERAL jsonb_array_elements(s.inputs::jsonb) i ON i ->> 1 LIKE 'validator_pnl@%%'
               JOIN snapshots p ON p.asset = 'validator_pnl' AND p.lineage_digest = i ->> 2
               WHERE s.asset = 'revenue_allocation'
                 AND EXISTS (SELECT FROM publications x WHERE x.snapshot_id = s.snapshot_id)),
           revenue AS (
               SELECT q.snapshot_id, v.validator_key, c.component, c.amount
               FROM pairs q JOIN layers.validator_pnl v ON v.snapshot_id = q.pnl,
               LATERAL (VALUES ('EXEC_FEES', exec_fees), ('MEV_TIPS', mev_tips), ('VOTE_REWARDS', vote_rewards),
                               ('COMMISSION', commission)) AS c (component, amount)),
           parts AS (SELECT snapshot_id, validator_key, component, sum(amount) AS amount FROM layers.revenue_allocation
                     WHERE component <> 'OPERATOR_GUARANTEE' GROUP BY 1, 2, 3)
           SELECT * FROM revenue r FULL JOIN parts p USING (snapshot_id, validator_key, component)
           WHERE r.amount IS DISTINCT FROM p.amount"""
    )
    assert unequal == []
    assert past.row("SELECT count(*) AS n FROM snapshots WHERE asset = 'revenue_allocation'")["n"] > len(EPOCHS)


def test_override__whose_agreement_was_suspended__blocks_the_statement_it_was_meant_for(past: World) -> None:
    started = datetime.fromisoformat("2026-08-20T12:00:00+00:00")
    change_status(past.aurora.database, "running", AgreementStatus.SUSPENDED, started, "ada", "a dispute")
    assert [end.failures for end in past.computing.stale_lines()] == [()] * 3
    row = past.row("SELECT * FROM partner_commission_statements WHERE partner_id = 'halcyon' AND epoch = %s", FIRST)
    assert (row["blocked_count"], row["lines_total"], row["state"]) == (1, None, "partial")
    assert "the override of running/rising" in row["reason"]
    free = past.row("SELECT * FROM partner_commission_statements WHERE partner_id = 'halcyon' AND epoch = %s", THIRD)
    assert (free["blocked_count"], free["state"]) == (0, "final")


def test_stale__a_cost_that_was_entered_since__is_in_the_figures_and_nothing_else_is_computed(past: World) -> None:
    with past.aurora.database.connect() as connection:
        query = "SELECT validator_key FROM validator_pnl WHERE epoch = %s ORDER BY 1 LIMIT 1"
        found = connection.execute(query, [SECOND]).fetchone()
    assert found is not None
    chain_id, key = past.chain.chain_id, found["validator_key"]
    text = f"chain_id,epoch,validator_key,cost_type,amount,unit\n{chain_id},{SECOND},{key},INFRASTRUCTURE,77,lamports\n"
    import_costs(past.aurora.database, text, "costs.csv", {chain_id: past.chain}, "ada", "rack")
    before = past.in_force(SECOND)
    computed = past.computing.stale()
    assert [(end.epoch, end.failures) for end in computed.runs if "canonical_validator_costs" in names(end)] == [
        (SECOND, ())
    ]
    assert computed.restated
    with past.aurora.database.connect() as connection:
        query = "SELECT infrastructure FROM validator_pnl WHERE epoch = %s AND validator_key = %s"
        row = connection.execute(query, [SECOND, key]).fetchone()
        assert stale_entries(connection, past.chain) == []
    assert row is not None
    assert row["infrastructure"] == 77
    now = past.in_force(SECOND)
    assert {name for name, snapshot in now.items() if snapshot != before[name]} >= {
        "canonical_validator_costs",
        "validator_pnl",
    }
    assert now["canonical_validator_fees"] == before["canonical_validator_fees"]
    assert past.computing.stale().runs == ()


def test_lineages__name_answers_about_another_period__only_in_layers_of_which_it_is_noticed(past: World) -> None:
    rows = past.rows(
        """SELECT DISTINCT f.asset, split_part(read ->> 1, '/', 1) AS data_type FROM in_force f
           JOIN snapshots s USING (snapshot_id) CROSS JOIN jsonb_array_elements(s.inputs) read
           WHERE read ->> 0 = 'fetch' AND read ->> 1 LIKE %s""",
        "%@%",
    )
    assert {(row["asset"], row["data_type"]) for row in rows} == {
        (layer.name, data_type) for layer, read in READ_OF_BEFORE.items() for data_type in read
    }


def names(end: RunEnd) -> set[str]:
    """The assets of a run."""
    return {one.asset for one in end.assets}
