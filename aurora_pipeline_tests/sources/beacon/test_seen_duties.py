"""Proposer duties of a node that forgets them at once: seen while the window runs, they show what was missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from aurora_pipeline.canonical.drafts import draft_balances
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.orchestration.period_sensors import observation_key
from aurora_pipeline.periods.discovery import chain_now
from aurora_pipeline.sources.beacon.proposals import proposals
from aurora_pipeline.staging.observers import is_observed
from aurora_pipeline.staging.report import ObservationReport
from aurora_pipeline.staging.running_period import observe_running_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.payloads.fetches import load_fetches
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, configured
from aurora_pipeline_tests.devchain.files import expected, held
from aurora_pipeline_tests.devchain.server import DevChain, pubkeys, serving
from aurora_pipeline_tests.devchain.staged import register, staged
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply

EPOCHS = range(2, 15)
PER_EPOCH = 8
Rows = list[dict[str, object]]


class Forgetful(DevChain):
    """A node that tells duties of the running epoch and of the next one, and of no other, as Lodestar does."""

    def __init__(self) -> None:
        super().__init__()
        self.now(15 * PER_EPOCH)
        self.answers[r"/eth/v1/validator/duties/proposer/\d+"] = self.duties
        self.changed: dict[str, list[dict[str, str]]] = {}

    def now(self, slot: int) -> None:
        self.syncing["head_slot"] = str(slot)

    def duties(self, seen: Seen) -> Reply:
        epoch, now = seen.path.rsplit("/", 1)[1], int(self.syncing["head_slot"]) // PER_EPOCH
        if int(epoch) not in (now, now + 1):
            problem = f"Requested epoch {epoch} must equal current {now} or next epoch {now + 1}"
            return json_reply({"code": 500, "message": problem}, 500)
        told = self.changed.get(epoch) or held("proposer_duties_by_epoch").get(epoch, [])
        return json_reply({"data": told, "execution_optimistic": False, "dependent_root": "0x" + "0" * 64})


@pytest.fixture
def chain() -> Forgetful:
    return Forgetful()


@pytest.fixture
def configuration(chain: Forgetful, tmp_path: Path) -> Iterator[Configuration]:
    with serving(chain) as server:
        yield configured(tmp_path, server.url)


def look(database: Database, configuration: Configuration) -> ObservationReport:
    return observe_running_period(database, configuration, configuration.chain(CHAIN))


def lived(database: Database, configuration: Configuration, chain: Forgetful, epochs: Iterable[int]) -> Rows:
    """Rows of balances of the window, after a look at each of some epochs while it ran."""
    register(database)
    for epoch in epochs:
        chain.now(epoch * PER_EPOCH + 3)
        look(database, configuration)
    chain.now(19 * PER_EPOCH)
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.states == {"final": 1}, report.reasons
    with database.connect() as connection:
        [draft] = draft_balances(configuration, connection, KEY)
        [fetch] = load_fetches(connection, CHAIN, KEY.epoch, DataType.REWARDS)
    rows = [dict(row) for row in exact_rows(draft.table, draft.frame)]
    assert {row["state"] for row in rows} == {"final"}
    assert proposals(fetch, 16, 119).tells_missed is (rows[0]["blocks_missed"] is not None)
    return rows


def counted_exactly(rows: Rows) -> bool:
    due = {pubkeys()[row["validator_index"]]: int(row["blocks_missed"]) for row in expected("by_validator")}
    assert sum(due.values()) == 2
    return {row["validator_key"]: row["blocks_missed"] for row in rows} == due


@pytest.mark.parametrize(
    "epochs",
    [EPOCHS, [epoch for epoch in EPOCHS if epoch % 2 == 0]],
    ids=["in each epoch", "in every other epoch: each tells of the next one, too"],
)
def test_duties__seen_while_the_window_ran__show_what_was_missed(
    database: Database, configuration: Configuration, chain: Forgetful, epochs: Iterable[int]
) -> None:
    rows = lived(database, configuration, chain, epochs)
    assert counted_exactly(rows)
    assert {row["reason"] for row in rows} == {None}


def test_duties__never_seen__missed_proposals_are_not_counted_and_every_row_says_so(
    database: Database, configuration: Configuration, chain: Forgetful
) -> None:
    rows = lived(database, configuration, chain, [])
    assert {row["blocks_missed"] for row in rows} == {None}
    [reason] = {row["reason"] for row in rows}
    assert reason == (
        "missed proposals are not counted: nobody told who had to propose in epochs 2..14, nor was it sampled"
    )


def test_duties__with_gaps_between_samples__the_gaps_are_named(
    database: Database, configuration: Configuration, chain: Forgetful
) -> None:
    rows = lived(database, configuration, chain, (2, 5, 6, 9, 11, 13))
    assert {row["blocks_missed"] for row in rows} == {None}
    assert "in epochs 4, 8, nor" in str(rows[0]["reason"])


def test_duties__seen_on_a_fork_that_was_left__count_for_nothing_until_seen_again(
    database: Database, configuration: Configuration, chain: Forgetful
) -> None:
    forked = [{**one, "validator_index": "9"} for one in held("proposer_duties_by_epoch")["7"]]
    chain.changed["7"] = forked
    rows = lived(database, configuration, chain, EPOCHS)
    assert "in epochs 7, nor" in str(rows[0]["reason"])


def test_duties__seen_as_the_next_epochs_and_then_otherwise__the_last_look_counts(
    database: Database, configuration: Configuration, chain: Forgetful
) -> None:
    register(database)
    chain.changed["4"] = [{**one, "validator_index": "9"} for one in held("proposer_duties_by_epoch")["4"]]
    chain.now(3 * PER_EPOCH)
    look(database, configuration)
    chain.changed.clear()
    for epoch in EPOCHS:
        if epoch != 3:
            chain.now(epoch * PER_EPOCH)
            look(database, configuration)
    chain.now(19 * PER_EPOCH)
    [report] = staged(database, configuration, DataType.REWARDS)
    assert report.states == {"final": 1}
    with database.connect() as connection:
        [draft] = draft_balances(configuration, connection, KEY)
    assert counted_exactly([dict(row) for row in exact_rows(draft.table, draft.frame)])


def test_look__at_a_running_window__is_due_once_in_each_epoch_and_sees_this_one_and_the_next(
    database: Database, configuration: Configuration, chain: Forgetful
) -> None:
    register(database)
    assert is_observed(configuration, configuration.chain(CHAIN))
    keys = []
    for slot in range(EPOCHS[0] * PER_EPOCH, (EPOCHS[-1] + 1) * PER_EPOCH):
        chain.now(slot)
        keys.append(observation_key(CHAIN, chain_now(configuration, configuration.chain(CHAIN))))
    assert keys == [f"observe:{KEY}:{number}" for number in range(len(EPOCHS)) for _ in range(PER_EPOCH)]
    chain.now(5 * PER_EPOCH + 1)
    assert (look(database, configuration).epoch, look(database, configuration).observed) == (
        KEY.epoch,
        {"leader_schedule": 2},
    )
    # The next epoch is of another window: it is seen when that runs.
    chain.now(14 * PER_EPOCH + 7)
    assert look(database, configuration).observed == {"leader_schedule": 1}
    with database.connect() as connection:
        rows = connection.execute("SELECT subject, slot, epoch FROM observations ORDER BY observation_id").fetchall()
    assert [row["subject"] for row in rows] == ["epoch 5", "epoch 6"] * 2 + ["epoch 14"]
    assert (rows[-1]["slot"], rows[-1]["epoch"]) == (119, KEY.epoch)


def test_look__at_a_node_that_is_behind_or_tells_half_an_epoch__sees_nothing_and_says_why(
    database: Database, configuration: Configuration, chain: Forgetful
) -> None:
    register(database)
    chain.now(5 * PER_EPOCH)
    chain.changed["5"] = held("proposer_duties_by_epoch")["5"][:-1]
    [told] = look(database, configuration).left_out
    assert "epoch 5" in told
    assert "it does not say who has to propose in slot 47" in told
    chain.syncing["is_syncing"] = True
    with pytest.raises(AuroraError, match="it is syncing"):
        look(database, configuration)
