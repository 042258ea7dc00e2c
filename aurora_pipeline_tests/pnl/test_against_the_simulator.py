"""From a simulated node's bytes to P&L, without network or database: to the lamport what the simulator did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import pytest

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.demo.solana import kobe, node_rpc, stakewiz
from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import EpochTruth, truth, world_of
from aurora_pipeline.foundation.units import Bps, EpochNumber
from aurora_pipeline.pnl.compute import validator_pnl
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import read_stake_accounts
from aurora_pipeline.sources.solana.answers.epochs import read_blocks
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.gated import broken

PARAMETERS = Parameters(seed=5, validators=9, stake_accounts=200, slots_per_epoch=120)
PROTOCOL_FEE_BPS = 309


@dataclass(frozen=True)
class Epoch:
    """One finished epoch: what was observed in its last slot, and what is answered halfway through the next."""

    epoch: int
    parameters: Parameters = PARAMETERS

    @cached_property
    def truth(self) -> EpochTruth:
        return truth(self.parameters, self.epoch)

    @cached_property
    def reference(self) -> Reference:
        told = self.truth
        return Reference(
            chain_id=CHAIN_ID,
            epoch=EpochNumber(self.epoch),
            first_slot=told.first_slot,
            last_slot=told.last_slot,
            started_at=datetime.fromisoformat(told.started_at),
            ended_at=datetime.fromisoformat(told.ended_at),
            validators=tuple(
                OperatedValidator(one.vote, one.identity, one.name, "OPERATOR") for one in told.validators
            ),
        )

    @cached_property
    def during(self) -> Moment:
        return Moment(world_of(self.parameters), self.parameters.last_slot(self.epoch))

    @cached_property
    def after(self) -> Moment:
        return Moment(
            world_of(self.parameters), self.parameters.first_slot(self.epoch + 1) + self.parameters.slots_per_epoch // 2
        )

    def ask(self, moment: Moment, question: Question) -> Answer:
        return _answer(question, json.loads(node_rpc.answer(moment, question.body)))

    @cached_property
    def blocks(self) -> list[Answer]:
        first, last = self.reference.first_slot, self.reference.last_slot
        return [
            self.ask(self.after, questions.blocks(first, last)),
            self.ask(self.after, questions.first_block_from(last + 1)),
        ]

    @cached_property
    def slots(self) -> list[int]:
        return [slot for answer in self.blocks for slot in read_blocks(answer, "node")]

    def fees(self) -> LayerResult:
        return canonical_fees(self.reference, self.staged_fees())

    def staged_fees(self) -> list[StagedFetch]:
        schedule = self.ask(self.during, questions.leader_schedule(self.reference.first_slot))
        blocks = [self.ask(self.after, questions.block(slot)) for slot in self.slots]
        return [_fetch("fees", [schedule, *self.blocks, *blocks])]

    def costs(self) -> LayerResult:
        return self.costs_of(self.staged_costs())

    def costs_of(self, staged: Sequence[StagedFetch], tips: Sequence[StagedFetch] = ()) -> LayerResult:
        due = [CostType.VOTE_FEES, CostType.PRIORITY_FEE_SHARING] if tips else [CostType.VOTE_FEES]
        return canonical_costs(self.reference, staged, frame_of(COST_ENTRIES, []), due, tips)

    def staged_costs(self) -> list[StagedFetch]:
        bodies = [self.ask(self.after, questions.block_accounts(slot)) for slot in self.slots[:-1]]
        bodies.append(self.ask(self.after, questions.block(self.slots[-1])))
        return [_fetch("costs", [*self.blocks, *bodies])]

    def mev(self) -> LayerResult:
        return canonical_mev(self.reference, self.staged_mev(), Bps(PROTOCOL_FEE_BPS))

    def staged_mev(self) -> list[StagedFetch]:
        query = {"epoch": str(self.epoch), "limit": "10000"}
        listing = _answer(
            Question("validator_rewards", "/validator_rewards", query=dict(query)),
            kobe.validator_rewards(self.after, query),
        )
        staged = []
        for key in self.reference.keys:
            asked = {**query, "validator_vote_account": key}
            nodes = _answer(
                Question(f"staker_rewards {key}", "/staker_rewards", query=dict(asked)),
                kobe.staker_rewards(self.after, asked),
            )
            staged.append(_fetch("mev", [listing, nodes], kind="jito", subject=key))
        return staged

    def positions(self) -> LayerResult:
        return canonical_positions(self.reference, self.staged_positions())

    def staged_positions(self) -> list[StagedFetch]:
        return self.observed(self.ask(self.during, questions.vote_accounts()))

    def observed(self, *more: Answer) -> list[StagedFetch]:
        shared = [
            self.ask(self.during, questions.stake_history()),
            self.ask(self.during, questions.vote_states(self.reference.keys)),
        ]
        return [
            _fetch("positions", [*more, *shared, self._stake_accounts(key)], subject=key) for key in self.reference.keys
        ]

    def _stake_accounts(self, key: str) -> Answer:
        return self.ask(self.during, questions.stake_accounts(key))

    def rewards(self) -> LayerResult:
        return canonical_rewards(self.reference, self.staged_rewards(), [self.observed(), self.observed_before()])

    def observed_before(self) -> list[StagedFetch]:
        """What was observed in the epoch before, where there is one."""
        begun = self.epoch > self.parameters.first_epoch
        return Epoch(self.epoch - 1, self.parameters).observed() if begun else []

    def staged_rewards(self) -> list[StagedFetch]:
        staged = []
        for key in self.reference.keys:
            accounts = [account.stake_key for account in read_stake_accounts(self._stake_accounts(key), "node")]
            collector = self.truth.validator(key).collector
            asked = [
                questions.inflation_rewards(EpochNumber(self.epoch), addresses)
                for addresses in ([key, collector], accounts)
            ]
            asked.append(questions.vote_states([key]))
            asked += [questions.stake_states(accounts[start : start + 100]) for start in range(0, len(accounts), 100)]
            staged.append(_fetch("rewards", [self.ask(self.after, one) for one in asked], subject=key))
        return staged

    def pnl(self, fees: LayerResult, mev: LayerResult) -> LayerResult:
        wallets = {wallet.address for wallet in world_of(self.parameters).cast.operator_wallets}
        return validator_pnl(
            self.reference,
            fees.frame,
            mev.frame,
            self.rewards().frame,
            self.positions().frame,
            self.costs().frame,
            wallets,
            [CostType.VOTE_FEES],
        )


def _answer(question: Question, body: object) -> Answer:
    request: dict[str, object] = {"path": question.path, "query": dict(question.query), "body": question.body}
    return Answer(
        question.key,
        request,
        200,
        {},
        json.dumps(body).encode(),
        datetime(2026, 9, 9, tzinfo=UTC),
        question=question.kind,
    )


def _fetch(
    data_type: str, answers: Iterable[Answer], *, kind: str = "solana_rpc", subject: str = EVERYONE
) -> StagedFetch:
    return StagedFetch(1, data_type, "simulator", kind, subject, FigureState.FINAL, None, tuple(answers))


# In 850 somebody leads no slot; in 851 one goes delinquent and one only skips; from 853 on one has a new identity.
@pytest.mark.parametrize("number", [850, 851, 853])
def test_pnl__from_a_nodes_bytes__equals_the_simulators_truth(number: int) -> None:
    epoch = Epoch(number)
    result = epoch.pnl(epoch.fees(), epoch.mev())
    assert (result.completeness, broken(result)) == (Completeness.FINAL, ())
    expected = {
        one.vote: (
            one.fees_lamports,
            one.mev_validator_lamports,
            one.own_stake_rewards_lamports,
            one.commission_lamports,
            one.vote_fees_lamports,
            one.fees_lamports
            + one.mev_validator_lamports
            + one.own_stake_rewards_lamports
            + one.commission_lamports
            - one.vote_fees_lamports,
        )
        for one in epoch.truth.validators
    }
    columns = ["exec_fees", "mev_tips", "vote_rewards", "commission", "vote_fees", "net"]
    found = {
        row["validator_key"]: tuple(int(row[name]) for name in columns) for row in result.frame.iter_rows(named=True)
    }
    assert found == expected


def test_canonical__from_a_nodes_bytes__counts_and_splits_equal_the_truth() -> None:
    epoch = Epoch(851)
    fees, mev, rewards, positions = epoch.fees(), epoch.mev(), epoch.rewards(), epoch.positions()
    assert all(broken(layer) == () for layer in (fees, mev, rewards, positions))
    assert mev.warnings == ()
    for one in epoch.truth.validators:
        slots = fees.frame.filter(validator_key=one.vote).row(0, named=True)
        assert (slots["leader_slots"], slots["blocks_produced"], slots["slots_skipped"]) == (
            one.leader_slots,
            one.blocks,
            one.skipped,
        )
        tips = mev.frame.filter(validator_key=one.vote).row(0, named=True)
        assert (tips["total_tips"], tips["protocol_tips"]) == (one.mev_total_lamports, one.mev_protocol_lamports)
        assert tips["method"] == ("NODE" if one.has_mev_client else "NOT_PARTICIPATING")
        whole = rewards.frame.filter(validator_key=one.vote, row_kind="VALIDATOR").row(0, named=True)
        assert whole["staker_rewards"] == one.staker_rewards_lamports
        stake = positions.frame.filter(validator_key=one.vote, row_kind="VALIDATOR").row(0, named=True)
        assert stake["active_stake"] == one.active_stake_lamports


def test_meta__directory_and_chain__agree_with_the_truth() -> None:
    epoch = Epoch(851)
    listing = _answer(Question("validators", "/validators"), stakewiz.validators(epoch.during))
    votes = epoch.ask(epoch.during, questions.vote_accounts())
    directory = canonical_meta(epoch.reference, [_fetch("meta", [listing], kind="stakewiz")])
    chain = canonical_meta(epoch.reference, [_fetch("meta", [votes])])
    rates = {one.vote: one.commission_bps // 100 * 100 for one in epoch.truth.validators}
    assert dict(directory.frame.select("validator_key", "commission_bps").iter_rows()) == rates
    exact = {one.vote: (one.identity, one.commission_bps, one.active_stake_lamports) for one in epoch.truth.validators}
    for key, identity, rate, stake in chain.frame.select(
        "validator_key", "identity_key", "commission_bps", "active_stake"
    ).iter_rows():
        assert (identity, rate, int(stake)) == exact[key]


def test_pnl__tips_not_published_for_one_validator__the_rest_stays_true() -> None:
    epoch = Epoch(850)
    mev, late = epoch.mev(), epoch.reference.keys[0]
    frame = mev.frame.to_dicts()
    for row in frame:
        if row["validator_key"] == late:
            row |= dict.fromkeys(("total_tips", "validator_tips", "protocol_tips", "staker_tips"), None)
            row |= {"state": "pending", "reason": "tip tree not published"}
    waiting = replace(mev, frame=mev.frame.clear().vstack(type(mev.frame)(frame, schema=mev.frame.schema)))
    result = epoch.pnl(epoch.fees(), waiting)
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())
    for one in epoch.truth.validators:
        row = result.frame.filter(validator_key=one.vote).row(0, named=True)
        known = one.fees_lamports + one.own_stake_rewards_lamports + one.commission_lamports
        if one.vote == late:
            assert (row["mev_tips"], row["total_revenue"], row["net"], row["state"]) == (None, None, None, "partial")
            assert row["known_revenue"] == known
        else:
            assert row["total_revenue"] == known + one.mev_validator_lamports
