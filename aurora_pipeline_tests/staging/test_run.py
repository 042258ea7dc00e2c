"""Staging and observing against the simulated chain: complete, resumable, in role order, and honest about failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    LEADER_SCHEDULE,
    NOT_PARTICIPATING,
    Ask,
    Fetched,
    FetchScope,
)
from aurora_pipeline.config import DataType
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.jito.answers import read_staker_rewards
from aurora_pipeline.sources.jito.ask import Jito
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.solana.answers.rewards import read_inflation_rewards
from aurora_pipeline.sources.solana.blocks import EpochVotes, VoteFees
from aurora_pipeline.sources.solana.reward_rows import read_paid_in_blocks
from aurora_pipeline.staging import asking_in_order
from aurora_pipeline.staging.plan import NOT_OBSERVED
from aurora_pipeline.staging.report import NothingObserved, ObservationReport, StagingReport
from aurora_pipeline.staging.run import stage
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.digests import body_hash
from aurora_pipeline.store.payloads.answers import Answer, store_answers
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches
from aurora_pipeline.store.payloads.tables import OBSERVATIONS
from aurora_pipeline.store.row_chains import append_chained
from aurora_pipeline_tests.faults.server import FaultServer, Reply, rpc_error
from aurora_pipeline_tests.sources.solana.led import judged
from aurora_pipeline_tests.staging.conftest import FIRST_EPOCH, OPERATED, World, demo_configuration

NEXT = FIRST_EPOCH + 1
NOW = datetime(2026, 9, 1, tzinfo=UTC)
ODD_METHODS = {"meta": "getVoteAccounts", "positions": "getProgramAccounts", LEADER_SCHEDULE: "getLeaderSchedule"}


def look(world: World, database: Database) -> ObservationReport:
    info = world.head()
    return observe(database, world.configuration, world.chain, world.scope(info), info.slot)


def staged(world: World, database: Database, data_type: str, **options: Any) -> StagingReport:
    return stage(database, world.configuration, world.chain, world.period(), data_type, world.validators, **options)


def fetches(database: Database, data_type: str) -> dict[str, StagedFetch]:
    with database.connect() as connection:
        return {one.subject: one for one in load_fetches(connection, "solana-demo", FIRST_EPOCH, data_type)}


def count(database: Database, table: str) -> int:
    with database.connect() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row["n"])


def test_stage__observed_and_ended_epoch__everything_final_and_never_asked_again(
    world: World, database: Database
) -> None:
    world.simulator.advance(epoch=FIRST_EPOCH, fraction_bps=5_000)
    report = look(world, database)
    assert report.observed == {"leader_schedule": 1, "meta": 1, "positions": OPERATED}
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    for data_type in ("meta", "positions", "fees", "rewards", "mev", "costs"):
        report_of = staged(world, database, data_type)
        assert set(report_of.states) == {"final"}, report_of
    again = [staged(world, database, data_type) for data_type in ("meta", "fees", "rewards", "mev", "costs")]
    assert [one.requests for one in again] == [0] * 5
    assert count(database, "ingestion_runs") == 11


def test_stage__what_was_staged__says_what_really_happened(world: World, database: Database) -> None:
    look(world, database)
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    for data_type in ("meta", "positions", "fees", "rewards", "mev", "costs"):
        staged(world, database, data_type)
    period = world.period()
    fees, mev, rewards = (fetches(database, data_type) for data_type in ("fees", "mev", "rewards"))
    votes = EpochVotes("node", period.first_slot, period.last_slot)
    for answer in fetches(database, "costs")[EVERYONE].answers:
        votes.add(answer)
    paid = votes.fees()
    cast, book = world.whole.cast, world.whole.book
    for one in world.truth:
        led = judged(fees[one.vote].answers, [one.identity], period.first_slot, period.last_slot)
        assert (len(led.produced), len(led.empty)) == (one.blocks, one.skipped)
        assert (led.paid, led.problems) == (one.fees_lamports, [])
        assert paid[one.identity, one.vote] == VoteFees(one.votes, Lamports(one.vote_fees_lamports))
        rows = {
            address: item.lamports
            for answer in rewards[one.vote].answers
            if asked_method(answer) == "getInflationReward"
            for address, item in read_inflation_rewards(answer, "node").items()
            if item is not None
        }
        assert rows.get(one.collector, 0) == one.collector_lamports
        # So few blocks pay all stakers here that they are read in place of asking about each account.
        paid_in_blocks = read_paid_in_blocks(rewards[one.vote].answers, "node", period.last_slot)
        assert paid_in_blocks is not None
        assert paid_in_blocks.commissions.get(one.collector, 0) == one.collector_lamports
        accounts = book.accounts_of(cast.index_by_vote[one.vote])
        stakers = paid_in_blocks.stakers or {}
        assert sum(stakers.get(book.key(account), 0) for account in accounts) == one.staker_rewards_lamports
        if mev[one.vote].reason == NOT_PARTICIPATING:
            assert one.mev_total_lamports == 0
        else:
            own = read_staker_rewards(mev[one.vote].answers, "node", FIRST_EPOCH, one.vote).own_node
            assert own is not None
            assert own.lamports == one.mev_validator_lamports
    assert any(one.skipped for one in world.truth)


def test_stage_mev__before_the_trees_are_published__pending_then_final(world: World, database: Database) -> None:
    look(world, database)
    world.simulator.advance(epoch=NEXT)
    world.simulator.advance(slot=world.head().first_slot + 2)
    first = staged(world, database, "mev")
    assert first.states == {"pending": OPERATED}
    assert list(first.reasons) == ["pending: tip trees not published yet"]
    world.simulator.advance(epoch=NEXT, fraction_bps=9_900)
    assert set(staged(world, database, "mev").states) == {"final"}
    reasons = {one.reason for one in fetches(database, "mev").values()}
    assert reasons <= {None, NOT_PARTICIPATING}


def test_stage_rewards__still_being_paid__pending_and_later_final(world: World, database: Database) -> None:
    look(world, database)
    world.simulator.advance(epoch=NEXT)
    assert set(staged(world, database, "rewards").states) == {"pending"}
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    assert set(staged(world, database, "rewards").states) == {"final"}


@pytest.mark.parametrize("data_type", ["positions", "meta"])
def test_stage__now_only_data_not_observed__unavailable_and_nobody_asked(
    world: World, database: Database, data_type: str
) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    report = staged(world, database, data_type, refetch=True)
    assert (report.requests, report.states) == (0, {"unavailable": 1 if data_type == "meta" else OPERATED})
    assert {one.reason for one in fetches(database, data_type).values()} == {NOT_OBSERVED}


def test_stage_fees__nothing_observed__identity_unknown_is_unavailable(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    report = staged(world, database, "fees")
    assert report.states == {"unavailable": OPERATED}
    assert "identity is not known" in next(iter(report.reasons))


def test_stage_rewards__positions_not_observed__partial(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    assert staged(world, database, "rewards").states == {"partial": OPERATED}


def test_stage__refetch__asks_again_and_keeps_both(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    first = staged(world, database, "mev")
    payloads = count(database, "staging_payloads")
    again = staged(world, database, "mev", refetch=True)
    assert (again.requests, again.reused) == (first.requests, 0)
    assert count(database, "staging_payloads") == 2 * payloads
    assert count(database, "staging_bodies") == payloads


@pytest.mark.parametrize("kind", ["garbage", "half", "wrong_epoch"])
def test_stage_mev__answers_go_wrong__pending_then_repaired(world: World, database: Database, kind: str) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    world.simulator.fault("/kobe/api/v1/validator_rewards", kind)
    report = staged(world, database, "mev")
    assert (report.states, report.nothing_heard) == ({"pending": OPERATED}, False)
    assert staged(world, database, "mev").states == {"final": OPERATED}


@pytest.mark.parametrize(
    "poison", [b'{"rewards": [], "total": 1e9999999999999999999}', b'{"a": 1, "a": 2}', b"[" * 100_000]
)
def test_stage__poisonous_answer_stored_earlier__asked_again_by_the_next_run(
    world: World, database: Database, poison: bytes
) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    staged(world, database, "mev")
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM staging_fetches")
        connection.execute(
            "INSERT INTO staging_bodies SELECT chain_id, epoch, %s, %b FROM staging_bodies LIMIT 1",
            [body_hash(poison), poison],
        )
        connection.execute("UPDATE staging_payloads SET response_hash = %s", [body_hash(poison)])
    report = staged(world, database, "mev")
    assert (report.states, report.reused) == ({"final": OPERATED}, 0)


class Careless(Jito):
    """An adapter that is not up to what an earlier version stored."""

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        fetched = await super().fetch(data_type, scope, ask)
        raise KeyError([one.subject for one in fetched])


def test_stage__adapter_breaks_over_an_answer__pending_with_what_it_met_and_then_repaired(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    with monkeypatch.context() as patched:
        patched.setattr(asking_in_order, "adapter_for", lambda provider: Careless(provider.name))
        report = staged(world, database, "mev")
    assert report.states == {"pending": OPERATED}
    (reason,) = {one.reason for one in fetches(database, "mev").values()}
    assert reason is not None
    assert "can't be judged (KeyError" in reason
    assert staged(world, database, "mev").states == {"final": OPERATED}


def test_stage__status_faults__retried_inside_the_run(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    world.simulator.fault("/kobe/api/v1/validator_rewards", "status", status=429, retry_after=0)
    world.simulator.fault("/kobe/api/v1/validator_rewards", "status", status=503)
    report = staged(world, database, "mev")
    assert (report.states, report.providers_down) == ({"final": OPERATED}, ())


def test_stage__every_provider_down_and_nothing_known__pending_with_the_reason(
    world: World, database: Database
) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    world.simulator.fault("getInflationReward", "status", status=500, count=100)
    report = staged(world, database, "rewards")
    assert report.nothing_heard
    assert not report.is_complete
    assert report.states == {"pending": OPERATED}
    assert report.providers_down[0].startswith("provider down: demo-rpc (")
    assert report.providers_down[0].endswith("): HTTP 500 (after 3 attempts)")
    assert all("HTTP 500" in str(one.reason) for one in fetches(database, "rewards").values())
    world.simulator.clear_faults()
    assert staged(world, database, "rewards").states == {"partial": OPERATED}


def test_stage__down_after_something_is_known__what_is_known_stays(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    staged(world, database, "rewards")
    world.simulator.fault("getInflationReward", "status", status=500, count=1000)
    report = staged(world, database, "rewards", refetch=True)
    assert report.states == {"partial": OPERATED}
    assert report.providers_down


_TWO_NODES = """
providers:
  demo-rpc: {enabled: true, kind: solana_rpc, base_url: "%s", retries: {attempts: 1}}
  second: {enabled: true, kind: solana_rpc, base_url: "${AURORA_DEMO_URL}/rpc"}
  demo-kobe: {enabled: true, kind: jito, base_url: "${AURORA_DEMO_URL}/kobe/api/v1"}
  demo-stakewiz: {enabled: true, kind: stakewiz, base_url: "${AURORA_DEMO_URL}/stakewiz"}
"""


@pytest.mark.parametrize(
    "broken",
    [Reply(status=500), Reply(b"{cut"), Reply(b'{"jsonrpc":"2.0","error":{"code":-32011,"message":"none"},"id":1}')],
    ids=["down", "garbage", "no history"],
)
def test_stage__first_provider_cannot_tell__the_next_of_the_role_does(
    world: World, database: Database, tmp_path: Path, broken: Reply
) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    period = world.period()
    with FaultServer(lambda seen: broken) as server:
        configuration = demo_configuration(world.simulator.url, _TWO_NODES % server.url, tmp_path)
        roles = dict(world.chain.roles) | {DataType.COSTS: ("demo-rpc", "second")}
        chain = world.chain.model_copy(update={"roles": roles})
        configuration = configuration.model_copy(update={"chains": {chain.chain_id: chain}})
        report = stage(database, configuration, chain, period, "costs", world.validators)
    assert report.states == {"final": 1}
    assert not report.nothing_heard
    assert fetches(database, "costs")[EVERYONE].provider == "second"


def test_stage_mev__fallback_tells_tips_alone__asked_again_until_the_first_provider_answers(
    world: World, database: Database, tmp_path: Path
) -> None:
    kobe = '  demo-kobe: {enabled: true, kind: jito, base_url: "%s", retries: {attempts: 1}}\n'
    trillium = '  demo-trillium: {enabled: true, kind: trillium, base_url: "${AURORA_DEMO_URL}/trillium"}\n'
    others = _TWO_NODES % "${AURORA_DEMO_URL}/rpc"
    others = "".join(line for line in others.splitlines(keepends=True) if "demo-kobe" not in line) + trillium
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    period = world.period()
    roles = dict(world.chain.roles) | {DataType.MEV: ("demo-kobe", "demo-trillium")}
    chain = world.chain.model_copy(update={"roles": roles})

    def run(base_url: str) -> StagingReport:
        configuration = demo_configuration(world.simulator.url, others + kobe % base_url, tmp_path)
        configuration = configuration.model_copy(update={"chains": {chain.chain_id: chain}})
        return stage(database, configuration, chain, period, "mev", world.validators)

    with FaultServer(lambda seen: Reply(status=503)) as server:
        report = run(server.url)
    # One of them does not run Jito: the fallback has a row of it without tips, so it says nothing of them.
    assert report.states == {"partial": OPERATED - 1, "pending": 1}
    told = [one for one in fetches(database, "mev").values() if one.state is FigureState.PARTIAL]
    assert {one.provider for one in told} == {"demo-trillium"}
    assert all("demo-trillium does not tell PRIORITY_FEE_SHARING" in str(one.reason) for one in told)
    assert run("${AURORA_DEMO_URL}/kobe/api/v1").states == {"final": OPERATED}
    assert {one.provider for one in fetches(database, "mev").values()} == {"demo-kobe"}


def test_observe__first_provider_of_meta_down__the_second_one_observes(world: World, database: Database) -> None:
    world.simulator.fault("/stakewiz", "status", status=500, count=100)
    report = look(world, database)
    assert report.observed["meta"] == 1
    assert any(text.startswith("meta: demo-stakewiz") for text in report.left_out)
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    staged(world, database, "meta")
    assert fetches(database, "meta")[EVERYONE].provider == "demo-rpc"


def test_observe__twice__fresh_answers_and_the_later_sample_counts(world: World, database: Database) -> None:
    look(world, database)
    world.simulator.advance(epoch=FIRST_EPOCH, fraction_bps=8_000)
    second = look(world, database)
    assert "leader_schedule" not in second.observed
    assert count(database, "observations") == 1 + 2 * (1 + OPERATED)
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    staged(world, database, "positions")
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT max(payload_ids[1]) AS newest FROM observations WHERE data_type = 'positions' AND slot = %s",
            [second.slot],
        ).fetchone()
        older = connection.execute(
            "SELECT max(payload_ids[4]) AS newest FROM observations WHERE data_type = 'positions' AND slot < %s",
            [second.slot],
        ).fetchone()
    assert rows is not None
    assert older is not None
    assert rows["newest"] > older["newest"]
    assert {one.answers[0].payload_id for one in fetches(database, "positions").values()} == {rows["newest"]}


def test_stage_fees__node_forgot_the_schedule__the_observed_one_serves(world: World, database: Database) -> None:
    look(world, database)
    world.simulator.advance(epoch=FIRST_EPOCH + 3)
    report = staged(world, database, "fees")
    assert report.states == {"final": OPERATED}


def test_stage__newest_sample_unreadable__what_does_not_need_it_is_staged_all_the_same(
    world: World, database: Database
) -> None:
    seen = look(world, database)
    with database.connect() as connection:
        # As an older version may have kept it: a key that stands twice was read then.
        odd = Answer("odd", {"path": "/validators", "query": {}, "body": None}, 200, {}, b'[{"a": 1, "a": 2}]', NOW)
        for data_type, name, kind in (
            ("meta", "demo-stakewiz", "stakewiz"),
            ("positions", "demo-rpc", "solana_rpc"),
            (LEADER_SCHEDULE, "demo-rpc", "solana_rpc"),
        ):
            asked = replace(odd, request={**odd.request, "body": {"method": ODD_METHODS[data_type], "params": []}})
            (kept,) = store_answers(connection, "solana-demo", FIRST_EPOCH, data_type, name, [asked])
            subjects = [one.vote for one in world.truth] if data_type == "positions" else [EVERYONE]
            row = {"chain_id": "solana-demo", "epoch": FIRST_EPOCH, "data_type": data_type, "provider": name}
            more = {"kind": kind, "slot": seen.slot + 1, "observed_at": NOW, "payload_ids": [kept.payload_id]}
            rows = [{**row, **more, "subject": subject} for subject in subjects]
            append_chained(connection, OBSERVATIONS, rows)
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    assert staged(world, database, "mev").states == {"final": OPERATED}
    assert staged(world, database, "rewards").states.keys() <= {"final", "partial"}
    # Without registered identities, whose blocks a validator led is not known; that is said, and nothing else stops.
    assert staged(world, database, "fees").states == {"unavailable": OPERATED}
    assert all("identity is not known" in str(one.reason) for one in fetches(database, "fees").values())


def test_stage__error_with_a_sign_that_no_table_holds__recorded_with_the_sign_written_out(
    world: World, database: Database, tmp_path: Path
) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    period = world.period()
    with FaultServer(lambda seen: rpc_error(-32011, "none\0\u202e")) as server:
        configuration = demo_configuration(world.simulator.url, _TWO_NODES % server.url, tmp_path)
        stage(database, configuration, world.chain, period, "costs", world.validators)
    assert "none\\x00\\u202e" in str(fetches(database, "costs")[EVERYONE].reason)


def test_observe__epoch_ends_in_between__subjects_left_out(world: World, database: Database) -> None:
    scope = world.scope(world.head())
    world.simulator.advance(epoch=NEXT)
    report = observe(database, world.configuration, world.chain, scope, scope.last_slot)
    assert (report.observed["meta"], report.observed["positions"]) == (0, 0)
    assert all("alone" in text for text in report.left_out)
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    assert staged(world, database, "meta").states == {"unavailable": 1}


def test_observe__nobody_answers__fails_loudly(world: World, database: Database) -> None:
    info = world.head()
    world.simulator.stop()
    with pytest.raises(NothingObserved):
        observe(database, world.configuration, world.chain, world.scope(info), info.slot)
    assert count(database, "observations") == 0


def test_stage__validator_added_later__only_it_is_asked_about(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    period, chain = world.period(), world.chain
    first = stage(database, world.configuration, chain, period, "mev", world.validators[1:])
    second = stage(database, world.configuration, chain, period, "mev", world.validators)
    assert (first.states, second.states) == ({"final": OPERATED - 1}, {"final": OPERATED})
    assert second.requests <= 1
    assert second.reused >= 1


def test_stage__state_of_each_subject__recorded_with_reason(world: World, database: Database) -> None:
    world.simulator.advance(epoch=NEXT, fraction_bps=9_000)
    staged(world, database, "rewards", dagster_run="run-1")
    for one in fetches(database, "rewards").values():
        assert (one.state, one.kind, one.provider) == (FigureState.PARTIAL, "solana_rpc", "demo-rpc")
        assert one.reason
    with database.connect() as connection:
        row = connection.execute("SELECT DISTINCT dagster_run FROM staging_fetches").fetchone()
    assert row == {"dagster_run": "run-1"}
