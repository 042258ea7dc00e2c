"""What an earlier run stored and what did not serve is asked for again by the next plain run, without `--refetch`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import ValidatorAsked
from aurora_pipeline.config import load_configuration
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.jito.answers import NO_AUTHORITY
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.staging.run import stage
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply

CHAIN, EPOCH = "solana-mainnet", EpochNumber(842)
NORTH, SOUTH = (base58_encode(bytes([number]) * 32) for number in (7, 8))
CHAINS = """
chains:
  - chain_id: solana-mainnet
    name: Solana
    enabled: true
    family: solana
    period_type: EPOCH
    first_period: 842
    native_unit: SOL
    native_decimals: 9
    finality_lag: 32
    protocol_fee_bps: [{from: 2025-01-01, bps: 309}]
    costs_due: []
    periods: []
    roles: {fees: [], mev: [], rewards: [], meta: [], positions: [], costs: [], %s}
"""
PROVIDERS = """
providers:
  jito: {enabled: true, kind: jito, base_url: "%(url)s/jito", retries: {attempts: 1, wait_seconds_max: 0}}
  trillium: {enabled: true, kind: trillium, base_url: "%(url)s/trillium", retries: {attempts: 1, wait_seconds_max: 0}}
  beach:
    enabled: true
    kind: solanabeach
    base_url: "%(url)s/beach"
    api_key: a-key-of-its-own
    retries: {attempts: 1, wait_seconds_max: 0}
  books:
    enabled: true
    kind: file
    base_url: file:books
    files:
      - data_type: fees
        path: fees.csv
        columns: {validator: {column: validator}, epoch: {column: epoch}, fees: {column: fees, unit: lamports}}
"""
PERIOD = Period(
    PeriodKey(CHAIN, EPOCH),
    363_744_000,
    364_175_999,
    363_744_000,
    364_175_999,
    datetime(2025, 8, 30, tzinfo=UTC),
    datetime(2025, 9, 1, tzinfo=UTC),
)


class Operator:
    """Who stages epoch 842 with providers whose answers a test decides, by path."""

    def __init__(self, home: Path, database: Database) -> None:
        self.home, self.database = home, database
        self.answers: dict[str, object] = {}
        """What is answered by path; a list takes the page that is asked for."""
        self.server = FaultServer(self._answer)
        self.books("")

    def _answer(self, seen: Seen) -> Reply:
        told = self.answers.get(seen.path)
        told = told(seen) if callable(told) else told
        return Reply(status=503) if told is None else json_reply(told)

    def books(self, rows: str) -> None:
        """What the operator's own file says."""
        (self.home / "books").mkdir(exist_ok=True)
        (self.home / "books" / "fees.csv").write_text(f"validator,epoch,fees\n{rows}")

    def stage(self, data_type: str, *providers: str, refetch: bool = False) -> StagingReport:
        """A plain run of one data type."""
        (self.home / "chains.yaml").write_text(
            CHAINS.replace(f"{data_type}: [], ", "") % self._role(data_type, providers)
        )
        (self.home / "providers.yaml").write_text(PROVIDERS % {"url": self.server.url})
        configuration = load_configuration(self.home / "chains.yaml", self.home / "providers.yaml", {}, KINDS)
        asked = [ValidatorAsked(NORTH, "north"), ValidatorAsked(SOUTH, "south")]
        return stage(self.database, configuration, configuration.chain(CHAIN), PERIOD, data_type, asked, refetch)

    def _role(self, data_type: str, providers: tuple[str, ...]) -> str:
        return f"{data_type}: [{', '.join(providers)}]"

    def fetched(self, data_type: str) -> dict[str, StagedFetch]:
        """What counts about each validator."""
        with self.database.connect() as connection:
            return {one.subject: one for one in load_fetches(connection, CHAIN, EPOCH, data_type)}

    def states(self, data_type: str) -> dict[str, tuple[str, str]]:
        """Provider and state of what counts."""
        return {key: (one.provider, one.state.value) for key, one in self.fetched(data_type).items()}


@pytest.fixture
def operator(tmp_path: Path, database: Database) -> Iterator[Operator]:
    one = Operator(tmp_path, database)
    with one.server:
        yield one


def tree(vote: str, total: int) -> dict[str, object]:
    shared = {"priority_fee_revenue": 0, "priority_fee_commission": None, "claim_status_account": None}
    return {
        "vote_account": vote,
        "mev_revenue": total,
        "mev_commission": 700,
        "num_stakers": 3,
        "epoch": EPOCH,
    } | shared


def nodes(amounts: Mapping[str, int]) -> Callable[[Seen], object]:
    """Tip trees by validator: what its own node claims."""

    def answer(seen: Seen) -> object:
        vote = seen.query["validator_vote_account"]
        authorities = {"stake_authority": NO_AUTHORITY, "withdraw_authority": NO_AUTHORITY}
        row = {"claimant": vote, "validator_vote_account": vote, "epoch": EPOCH, **authorities}
        return {"rewards": [row | {"amount": amounts[vote]}] if vote in amounts else []}

    return answer


def trees(count: int, *rows: object) -> dict[str, object]:
    return {"rewards": list(rows), "total_count": count}


def test_stage_mev__list_was_cut_off__the_next_plain_run_asks_for_it_again(operator: Operator) -> None:
    operator.answers = {
        "/jito/validator_rewards": trees(2, tree(NORTH, 100)),
        "/jito/staker_rewards": nodes({NORTH: 7, SOUTH: 9}),
    }
    operator.stage("mev", "jito")
    assert operator.states("mev") == dict.fromkeys((NORTH, SOUTH), ("jito", "pending"))
    operator.answers["/jito/validator_rewards"] = trees(2, tree(NORTH, 100), tree(SOUTH, 100))
    assert operator.stage("mev", "jito").states == {"final": 2}
    assert operator.stage("mev", "jito").requests == 0


def test_stage_mev__list_still_cut_off__asked_once_per_run_and_still_pending(operator: Operator) -> None:
    operator.answers = {
        "/jito/validator_rewards": trees(2, tree(NORTH, 100)),
        "/jito/staker_rewards": nodes({}),
    }
    assert [operator.stage("mev", "jito").requests for _ in range(3)] == [1, 1, 1]
    assert operator.states("mev") == dict.fromkeys((NORTH, SOUTH), ("jito", "pending"))


def test_stage_mev__list_was_cut_off_and_now_nobody_answers__says_why_it_was_pending(operator: Operator) -> None:
    operator.answers = {"/jito/validator_rewards": trees(2, tree(NORTH, 100))}
    operator.stage("mev", "jito")
    operator.answers = {}
    report = operator.stage("mev", "jito")
    assert len(report.providers_down) == 1
    assert "1 validators came where total_count says 2" in str(operator.fetched("mev")[NORTH].reason)


def test_stage_mev__nodes_claim_more_than_the_list_says__pending_and_healed_by_a_plain_run(operator: Operator) -> None:
    operator.answers = {
        "/jito/validator_rewards": trees(2, tree(NORTH, 100), tree(SOUTH, 100)),
        "/jito/staker_rewards": nodes({NORTH: 101, SOUTH: 9}),
    }
    operator.stage("mev", "jito")
    assert operator.states("mev") == {NORTH: ("jito", "pending"), SOUTH: ("jito", "final")}
    operator.answers["/jito/validator_rewards"] = trees(2, tree(NORTH, 1_000), tree(SOUTH, 100))
    assert operator.stage("mev", "jito").states == {"final": 2}


def test_stage_mev__zeros_of_trees_not_yet_published__never_a_final_zero(operator: Operator) -> None:
    """List and tree said 0 while the tree was not there: once its history has the epoch, both are asked anew."""
    operator.answers = {
        "/jito/validator_rewards": trees(2, tree(NORTH, 0), tree(SOUTH, 100)),
        "/jito/staker_rewards": nodes({NORTH: 0, SOUTH: 9}),
        f"/jito/validators/{NORTH}": [{"epoch": EPOCH - 1}],
    }
    operator.stage("mev", "jito")
    assert operator.states("mev")[NORTH] == ("jito", "pending")
    operator.answers |= {
        "/jito/validator_rewards": trees(2, tree(NORTH, 100), tree(SOUTH, 100)),
        "/jito/staker_rewards": nodes({NORTH: 7, SOUTH: 9}),
        f"/jito/validators/{NORTH}": [{"epoch": EPOCH}],
    }
    assert operator.stage("mev", "jito").states == {"final": 2}
    bodies = [answer.body for answer in operator.fetched("mev")[NORTH].answers]
    assert any(b'"amount": 7' in body for body in bodies)
    assert not any(b'"mev_revenue": 0' in body for body in bodies)


def row(vote: str, **change: Any) -> dict[str, object]:
    told = {"epoch": EPOCH, "vote_account_pubkey": vote, "rewards": 1.5, "leader_slots": 8, "blocks_produced": 8}
    more = {"mev_earned": 1.5, "mev_commission": 700, "validator_inflation_reward": 1.5, "vote_cost": 1.5}
    return told | more | change


@pytest.mark.parametrize(
    ("data_type", "column"), [("fees", "rewards"), ("rewards", "validator_inflation_reward"), ("mev", "mev_earned")]
)
def test_stage__row_without_the_amount__not_final_and_healed_by_a_plain_run(
    operator: Operator, data_type: str, column: str
) -> None:
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH, **{column: None}), row(SOUTH)]}
    operator.stage(data_type, "trillium")
    late = "unavailable" if data_type == "mev" else "pending"
    assert operator.states(data_type) == {NORTH: ("trillium", late), SOUTH: ("trillium", "final")}
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH), row(SOUTH)]}
    assert operator.stage(data_type, "trillium").states == {"final": 2}


def test_stage_costs__row_without_the_amount__not_final_and_healed_by_a_plain_run(operator: Operator) -> None:
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH, vote_cost=None), row(SOUTH)]}
    assert operator.stage("costs", "trillium").states == {"partial": 1}
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH), row(SOUTH)]}
    assert operator.stage("costs", "trillium").states == {"final": 1}


def test_stage_fees__list_lacked_a_validator__asked_for_again_by_a_plain_run(operator: Operator) -> None:
    operator.answers = {"/trillium/validator_rewards/842": [row(SOUTH)]}
    operator.stage("fees", "trillium")
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH), row(SOUTH)]}
    assert operator.stage("fees", "trillium").states == {"final": 2}


@pytest.mark.parametrize("change", [{"rewards": None}, {"rewards": 0}], ids=["null", "0 of 8 blocks"])
def test_stage_fees__row_without_the_amount__the_next_provider_is_asked(
    operator: Operator, change: dict[str, object]
) -> None:
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH, **change), row(SOUTH)]}
    operator.books(f"{NORTH},842,77\n")
    operator.stage("fees", "trillium", "books")
    assert operator.states("fees") == {NORTH: ("books", "final"), SOUTH: ("trillium", "final")}


def test_stage_fees__amount_that_is_null_when_asked_again__is_withdrawn(operator: Operator) -> None:
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH), row(SOUTH)]}
    operator.stage("fees", "trillium")
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH, rewards=None), row(SOUTH)]}
    report = operator.stage("fees", "trillium", refetch=True)
    assert operator.states("fees") == {NORTH: ("trillium", "pending"), SOUTH: ("trillium", "final")}
    assert len(report.retracted) == 1


def test_stage_fees__empty_cell_in_a_file__the_next_provider_is_asked(operator: Operator) -> None:
    operator.books(f"{NORTH},842,\n{SOUTH},842,5\n")
    operator.answers = {"/trillium/validator_rewards/842": [row(NORTH), row(SOUTH)]}
    operator.stage("fees", "books", "trillium")
    assert operator.states("fees") == {NORTH: ("trillium", "final"), SOUTH: ("books", "final")}


def test_stage_fees__cell_that_was_emptied__is_withdrawn(operator: Operator) -> None:
    operator.books(f"{NORTH},842,77\n{SOUTH},842,5\n")
    operator.stage("fees", "books")
    operator.books(f"{NORTH},842,\n{SOUTH},842,5\n")
    operator.stage("fees", "books")
    assert operator.states("fees") == {NORTH: ("books", "unavailable"), SOUTH: ("books", "final")}


def history(**columns: int) -> dict[str, object]:
    return {"history": [{"epoch": EPOCH, **columns}], "pagination": {"total": 1, "offset": 0, "limit": 1_000}}


def test_stage_fees__two_histories_that_disagree__pending_and_healed_by_a_plain_run(operator: Operator) -> None:
    for node in ("north", "south"):
        operator.answers[f"/beach/validator/{node}/block-rewards-history"] = history(blocks=3, fees=5)
        operator.answers[f"/beach/validator/{node}/success-rate-history"] = history(blocks=3, slots=4)
    operator.answers["/beach/validator/north/block-rewards-history"] = history(blocks=2, fees=4)
    operator.stage("fees", "beach")
    assert operator.states("fees") == {NORTH: ("beach", "pending"), SOUTH: ("beach", "final")}
    operator.answers["/beach/validator/north/block-rewards-history"] = history(blocks=3, fees=5)
    assert operator.stage("fees", "beach").states == {"final": 2}
