"""Providers whose answers no reader was written for, or that leave something out: nothing stops, no figure is lower,
and a plain backfill mends it afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.end_to_end.world import World, production_world
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen
from aurora_pipeline_tests.sources.good import passed_on
from aurora_pipeline_tests.sources.storm.garbling import limited

pytestmark = pytest.mark.slow

PARAMETERS = Parameters(seed=5, validators=3, stake_accounts=60, slots_per_epoch=80)
EPOCH = 850
SECONDS_MAX = 240
"""A number that no machine can count to would take days."""
CHANGED = {
    "      fees: [demo-rpc]\n": "      fees: [odd-rpc]\n",
    "      mev: [demo-kobe]\n": "      mev: [odd-kobe]\n",
    "      rewards: [demo-rpc]\n": "      rewards: [odd-rpc]\n",
    "    roles:\n": "    cross_checks:\n      fees: [odd-trillium]\n      rewards: [odd-trillium]\n    roles:\n",
}
PROVIDERS = """
  odd-rpc: {enabled: true, kind: solana_rpc, base_url: "%s/rpc", batch: 20}
  odd-kobe: {enabled: true, kind: jito, base_url: "%s/kobe/api/v1"}
  odd-trillium: {enabled: true, kind: trillium, base_url: "%s/trillium"}
"""


def odd(path: str, body: bytes) -> bytes:
    """The answer with one value in it that each API's reader once broke on, or never came back from."""
    if "kobe" in path:
        return re.sub(rb'("amount":) ?\d+', rb"\1 1e9999999999999999999", body, count=1)
    if "trillium" in path:
        return re.sub(rb'("leader_slots":) ?\d+', rb"\1 1e9999999", body, count=1)
    return re.sub(rb'("rewardType":) ?("\w+")', rb"\1 [\2]", body)


@dataclass
class Line:
    """What stands between Aurora and the simulated providers."""

    operator: World | None = None
    change: Callable[[str, bytes], bytes] | None = field(default=odd)

    def __call__(self, seen: Seen) -> Reply:
        assert self.operator is not None
        reply = passed_on(self.operator.simulator.url, seen)
        body = reply.body if self.change is None else self.change(seen.path, reply.body)
        return replace(reply, body=body)


@dataclass(frozen=True)
class Lie:
    """What stands in an answer in place of something, and how often; 0: always."""

    said: str
    what: bytes
    instead: bytes
    count: int = 0


def row(*, of: bytes) -> bytes:
    """An object of a list that has this in it, with a comma that it needs."""
    one = rb"\{[^{}]*" + of + rb"[^{}]*\}"
    return b", ?" + one + b"|" + one + b"(?:, ?)?"


ROWS, TIPS = rb'"rewards": ?\[[^\]]*\]', rb'"mev_revenue": ?(\d+)'
LIES = {
    "rpc": (
        Lie("blocks without reward rows", ROWS, b'"rewards":[]'),
        Lie("fee rows under another name", rb'"rewardType": ?"Fee"', b'"rewardType":"fee"'),
        Lie("one fee row left out", row(of=rb'"rewardType": ?"Fee"'), b"", 1),
        Lie("one reward row left out", row(of=rb'"rewardType": ?"(?:Voting|Staking)"'), b"", 1),
        Lie("accounts that got nothing", rb'\{[^{}]*"effectiveSlot"[^{}]*\}', b"null"),
    ),
    "kobe": (
        Lie("tips beyond all coins", TIPS, b'"mev_revenue": 9200000000000000000'),
        Lie("tips said twice", TIPS, rb'"mev_revenue": \1, "mev_revenue": 0'),
        Lie("an empty list of tips", ROWS, b'"rewards":[]'),
        Lie("one row of the list of tips left out", row(of=rb'"mev_revenue"'), b"", 1),
        Lie("one node of a tip tree left out", row(of=rb'"claimant"'), b"", 1),
    ),
}
"""What a provider may leave out or say otherwise without any error, by API."""


@dataclass
class Lying:
    """A provider that tells one lie of each API, and which of them it has told."""

    lies: Mapping[str, Lie]
    told: set[str] = field(default_factory=set)

    def __call__(self, path: str, body: bytes) -> bytes:
        for api, lie in self.lies.items():
            if api in path:
                body, changes = re.subn(lie.what, lie.instead, body, count=lie.count)
                self.told |= {lie.said} if changes else set()
        return body


@pytest.fixture(scope="module")
def line() -> Line:
    return Line()


@pytest.fixture(scope="module")
def operator(line: Line, server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An epoch that was observed and is over; the tests are one story in their order."""
    home = tmp_path_factory.mktemp("poison")
    name = home.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    with FaultServer(line) as between:
        providers = PROVIDERS % (between.url, between.url, between.url)
        with production_world(home, url, range(EPOCH, EPOCH + 1), PARAMETERS, CHANGED, providers) as lived:
            line.operator = lived
            lived.observe(EPOCH)
            lived.end(EPOCH, 72)
            yield lived
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def states(world: World, data_type: str) -> set[str]:
    rows = world.rows("SELECT state FROM canonical_completeness WHERE data_type = %s", data_type)
    return {row["state"] for row in rows}


def found(world: World) -> dict[str, tuple[int, ...]]:
    """Fees, tips and commission of each validator as they are published, each of them known."""
    return {
        row["validator_key"]: (int(row["exec_fees"]), int(row["mev_tips"]), int(row["commission"]))
        for row in world.rows("SELECT * FROM validator_pnl")
    }


def truth(world: World) -> dict[str, tuple[int, ...]]:
    return {
        one.vote: (one.fees_lamports, one.mev_validator_lamports, one.commission_lamports)
        for one in world.truth(EPOCH).validators
    }


def test_backfill__answers_that_no_reader_was_written_for__comes_back_and_every_figure_says_what_is_wrong(
    operator: World,
) -> None:
    with limited(SECONDS_MAX):
        end = operator.backfill(EPOCH)
    assert end.failures == ()
    # Final are those alone that led no slot or have no tip tree.
    assert [states(operator, data_type) - {"final"} for data_type in ("fees", "mev")] == [{"pending"}] * 2
    # What needs no odd answer is as it is: rewards are told account by account as well.
    assert states(operator, "rewards") == {"final"}
    paid = operator.rows("SELECT validator_key, commission FROM canonical_stake_rewards WHERE row_kind = 'VALIDATOR'")
    truth = {one.vote: one.commission_lamports for one in operator.truth(EPOCH).validators}
    assert {row["validator_key"]: row["commission"] for row in paid} == truth
    told = operator.rows("SELECT data_type, reason FROM staging_fetches WHERE reason IS NOT NULL")
    reasons = {row["data_type"]: row["reason"] for row in told}
    assert "beyond what an amount can be" in reasons["mev"]
    assert "rewardType" in reasons["fees"]
    assert "1e9999999" in reasons["fees@odd-trillium"]


def test_backfill__again_while_they_are_odd__neither_hangs_nor_fails(operator: World) -> None:
    before = operator.publications()
    with limited(SECONDS_MAX):
        assert operator.backfill(EPOCH).failures == ()
    assert operator.publications() == before


def test_backfill__plain_with_providers_that_are_well_again__everything_is_mended(operator: World, line: Line) -> None:
    line.change = None
    with limited(SECONDS_MAX):
        assert operator.backfill(EPOCH).failures == ()
    assert [states(operator, data_type) for data_type in ("fees", "mev", "rewards")] == [{"final"}] * 3
    assert found(operator) == truth(operator)
    asked = operator.rows("SELECT state FROM staging_fetches WHERE data_type = 'fees@odd-trillium' ORDER BY fetch_id")
    assert {row["state"] for row in asked[-3:]} == {"final"}


def test_backfill__answers_that_leave_something_out__no_figure_is_another(operator: World, line: Line) -> None:
    """Each is a new reading of all answers: whoever asks again must not be told less than is known."""
    query = "SELECT partner_id, lines_total, state FROM partner_commission_statements ORDER BY partner_id"
    owed = operator.rows(query)
    assert any(row["lines_total"] for row in owed)
    for lies in zip(*LIES.values(), strict=True):
        line.change = lying = Lying(dict(zip(LIES, lies, strict=True)))
        with limited(SECONDS_MAX):
            assert operator.backfill(EPOCH, refetch=True).failures == ()
        assert lying.told == {lie.said for lie in lies}
        assert (found(operator), operator.rows(query)) == (truth(operator), owed), lying.told
    line.change = None
