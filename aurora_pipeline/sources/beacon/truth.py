"""What a validator earned on the consensus layer in a window, by what its balance did: the balance is what counts.

    earned = balance at the end - at the start + withdrawals - deposits - balance moved in + balance moved out

with what waits to be credited counted as balance. The rewards that the node tells say what it was earned for; where
the two differ, the residual is explained by name (a slashing, a client that rounds), or nothing is called income.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isqrt
from typing import Final

from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import EpochNumber, Gwei
from aurora_pipeline.sources.beacon.answers.chain import Spec
from aurora_pipeline.sources.beacon.answers.rewards import PARTS
from aurora_pipeline.sources.beacon.answers.validators import ValidatorState
from aurora_pipeline.sources.beacon.ledger import NOTHING, AttestationSums, WindowLedger

_SEAT_MAX: Final = Gwei(10**9)
"""No seat earns a coin in one slot; old Lodestar tells the validator's balance in place of the reward."""
_QUOTIENTS: Final = (
    ("ELECTRA_FORK_EPOCH", "MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA", 4096),
    ("BELLATRIX_FORK_EPOCH", "MIN_SLASHING_PENALTY_QUOTIENT_BELLATRIX", 32),
    ("ALTAIR_FORK_EPOCH", "MIN_SLASHING_PENALTY_QUOTIENT_ALTAIR", 64),
)
"""By fork, the newest first: which constant says what part of its effective balance a slashed validator loses at once,
and what that is where a node does not tell."""


_SLASHINGS_VECTOR: Final = 8192
_SEATS_PER_SLOT: Final = 16
_COIN: Final = Gwei(10**9)
_ALL_COINS: Final = 2**27 * 10**9
"""More than there are on any such chain: 134 million."""


class ResidualOf(StrEnum):
    """Why a validator's balance moved by something else than the rewards that were told."""

    SLASHING = "SLASHING"
    """It was slashed: no endpoint tells the penalties of that."""
    ROUNDING = "ROUNDING"
    """The client rounds rewards: by no more than one gwei per epoch and part."""
    SYNC_REWARDS = "SYNC_REWARDS"
    """The client tells sync rewards that cannot be; what the balance says is taken for them."""


@dataclass(frozen=True)
class Earned:
    """One validator in one window. `unexplained` says why nothing of it can be called income."""

    start: ValidatorState | None
    """None: it was no validator then."""
    end: ValidatorState
    parts: Mapping[str, Gwei]
    """Of attestations."""
    proposals: Gwei
    sync: Gwei
    rewards: Gwei
    penalties: Gwei
    slashing: Gwei
    withdrawals: Gwei
    deposits: Gwei
    consolidated_in: Gwei
    consolidated_out: Gwei
    queued: Gwei
    """What waits to be credited at the end, less what waited at the start; as far as it was asked for."""
    profit: Gwei
    """What the balance says was earned, less what was lost."""
    residual: Gwei
    """What of that no told reward explains."""
    explained: ResidualOf | None
    unexplained: str | None
    blocks_proposed: int
    blocks_missed: int | None


@dataclass(frozen=True)
class _Told:
    """What the node told of one validator's rewards."""

    attested: AttestationSums
    proposals: Gwei
    seats: list[Gwei]

    @property
    def believes_sync(self) -> bool:
        """Whether each seat's reward can be."""
        return all(abs(seat) < _SEAT_MAX for seat in self.seats)

    @property
    def sync(self) -> Gwei:
        """What the sync committee came to."""
        return total(self.seats) if self.believes_sync else NOTHING

    @property
    def rewards(self) -> Gwei:
        """Everything above zero."""
        seats = total([seat for seat in self.seats if seat > 0]) if self.believes_sync else NOTHING
        return self.attested.rewards + self.proposals + seats

    @property
    def penalties(self) -> Gwei:
        """Everything below zero, as a positive amount."""
        seats = -total([seat for seat in self.seats if seat < 0]) if self.believes_sync else NOTHING
        return self.attested.penalties + seats


@dataclass(frozen=True)
class _Moved:
    """What went in and out of a validator's balance that is no income."""

    withdrawals: Gwei = NOTHING
    deposits: Gwei = NOTHING
    queued: Gwei = NOTHING
    consolidated_in: Gwei = NOTHING
    consolidated_out: Gwei = NOTHING

    def profit(self, start: Gwei, end: Gwei) -> Gwei:
        """What is left of the balance's movement."""
        return (
            end - start + self.withdrawals + self.queued - self.deposits - self.consolidated_in + self.consolidated_out
        )


@dataclass(frozen=True)
class _Case:
    """What is known of one validator before it is judged."""

    told: _Told
    moved: _Moved
    blocks: int
    missed: int | None
    own_stake: Gwei
    """What all validators that are asked about have at stake the whole window: the chain has no less."""

    def with_balance(self, came: Gwei = NOTHING, went: Gwei = NOTHING) -> _Case:
        """The same where so much more of its balance was moved to it, or from it."""
        moved = self.moved
        return replace(
            self,
            moved=replace(
                moved, consolidated_in=moved.consolidated_in + came, consolidated_out=moved.consolidated_out + went
            ),
        )


def earned(ledger: WindowLedger) -> dict[str, Earned]:
    """What each validator earned, by public key; raises UnreadableAnswer where the answers are not whole."""
    ledger.prove_states()
    ledger.prove_blocks()
    own = ledger.indices
    attested, synced, proposed, missed = ledger.attested(), ledger.synced(), ledger.proposed(), ledger.missed()
    moves, own_stake = _moves(ledger, own), _own_stake(ledger)
    cases = {}
    for index, key in own.items():
        blocks = proposed.get(index, [])
        told = _Told(attested.get(index, _NOT_ATTESTED), total([reward for _, reward in blocks]), synced.get(index, []))
        cases[key] = _Case(told, moves[index], len(blocks), _count(missed, index), own_stake)
    found = {key: _of_one(ledger, key, case) for key, case in cases.items()}
    return found | _consolidated_within(ledger, cases, found)


_NOT_ATTESTED: Final = AttestationSums(dict.fromkeys(PARTS, NOTHING), NOTHING, NOTHING, 0)


def _count(missed: Mapping[int, list[int]] | None, index: int) -> int | None:
    return None if missed is None else len(missed.get(index, []))


def _moves(ledger: WindowLedger, own: Mapping[int, str]) -> dict[int, _Moved]:
    withdrawn = ledger.withdrawn(own.keys())
    deposited = _deposited(ledger)
    queued = _queued(ledger)
    came, went = _consolidated(ledger)
    return {
        index: _Moved(
            withdrawn.get(index, NOTHING),
            deposited.get(key, NOTHING),
            queued.get(key, NOTHING),
            came.get(index, NOTHING),
            went.get(index, NOTHING),
        )
        for index, key in own.items()
    }


def _deposited(ledger: WindowLedger) -> dict[str, Gwei]:
    """What came into the chain for each validator, by public key."""
    found: dict[str, Gwei] = {}
    for block in ledger.window_blocks:
        for one in block.deposits:
            found[one.pubkey] = found.get(one.pubkey, NOTHING) + one.amount
    return found


def _queued(ledger: WindowLedger) -> dict[str, Gwei]:
    """By how much more waits to be credited at the end than at the start."""
    if ledger.deposits_start is None or ledger.deposits_end is None:
        return {}
    found: dict[str, Gwei] = {}
    for one in ledger.deposits_end:
        found[one.pubkey] = found.get(one.pubkey, NOTHING) + one.amount
    for one in ledger.deposits_start:
        found[one.pubkey] = found.get(one.pubkey, NOTHING) - one.amount
    return found


def _consolidated(ledger: WindowLedger) -> tuple[dict[int, Gwei], dict[int, Gwei]]:
    """What was moved to each validator, and from each, by index: a source's effective balance, once it is done."""
    if ledger.consolidations_start is None or ledger.consolidations_end is None:
        return {}, {}
    waiting = set(ledger.consolidations_end)
    states = {one.index: one for one in (*ledger.moved.values(), *ledger.start.values())}
    came: dict[int, Gwei] = {}
    went: dict[int, Gwei] = {}
    for one in ledger.consolidations_start:
        source = states.get(one.source_index)
        # One that was slashed meanwhile keeps its balance.
        if one in waiting or source is None or source.slashed:
            continue
        amount = min(source.effective_balance, source.balance)
        went[one.source_index] = went.get(one.source_index, NOTHING) + amount
        came[one.target_index] = came.get(one.target_index, NOTHING) + amount
    return came, went


def _consolidated_within(
    ledger: WindowLedger, cases: Mapping[str, _Case], found: Mapping[str, Earned]
) -> dict[str, Earned]:
    """Those whose balance moved by a consolidation that was asked for and done within the window, judged by that.

    Neither end's queue has it, and the chain ignores many that are asked for: the block names it, and what was done is
    what explains the balance to the unit.
    """
    judged: dict[str, Earned] = {}
    came: dict[str, Gwei] = {}
    for source, target in ledger.consolidations_asked():
        state = ledger.state_before(source)
        if state is None or (source in cases and found[source].unexplained is None):
            continue
        amount = min(state.effective_balance, state.balance)
        if source in cases:
            one = _of_one(ledger, source, cases[source].with_balance(went=amount))
            if one.unexplained is not None:
                continue
            judged[source] = one
        came[target] = came.get(target, NOTHING) + amount
    for target, amount in came.items():
        if target in cases and found[target].unexplained is not None:
            one = _of_one(ledger, target, cases[target].with_balance(came=amount))
            judged |= {target: one} if one.unexplained is None else {}
    return judged


def needs_more(found: Mapping[str, Earned], ledger: WindowLedger) -> bool:
    """Whether what waits in the chain has to be asked for: something moved that the blocks alone do not tell of."""
    deposited = _deposited(ledger).keys()
    return any(key in deposited or one.unexplained is not None or _began_to_compound(one) for key, one in found.items())


def _began_to_compound(one: Earned) -> bool:
    return one.start is not None and one.end.compounds and not one.start.compounds


def _of_one(ledger: WindowLedger, key: str, case: _Case) -> Earned:
    told, moved = case.told, case.moved
    start, end = ledger.start.get(key), ledger.end[key]
    profit = moved.profit(NOTHING if start is None else start.balance, end.balance)
    residual = profit - (told.rewards - told.penalties)
    untold = _epochs_untold(ledger, start, end, told.attested) or _too_much(ledger, start, end, case)
    explained, problem = (
        (None, untold) if untold is not None else _explanation(ledger, start, end, told, residual, moved.deposits)
    )
    extra = NOTHING if problem is not None else residual
    slashing = -extra if explained is ResidualOf.SLASHING else NOTHING
    return Earned(
        start=start,
        end=end,
        parts=told.attested.parts,
        proposals=told.proposals,
        sync=told.sync + (extra if explained is ResidualOf.SYNC_REWARDS else NOTHING),
        rewards=told.rewards + max(extra, NOTHING),
        penalties=told.penalties + max(-extra, NOTHING),
        slashing=slashing,
        withdrawals=moved.withdrawals,
        deposits=moved.deposits,
        consolidated_in=moved.consolidated_in,
        consolidated_out=moved.consolidated_out,
        queued=moved.queued,
        profit=profit,
        residual=residual,
        explained=explained,
        unexplained=problem,
        blocks_proposed=case.blocks,
        blocks_missed=case.missed,
    )


def _epochs_untold(
    ledger: WindowLedger, start: ValidatorState | None, end: ValidatorState, attested: AttestationSums
) -> str | None:
    """Why the attestation rewards are not all there: of each epoch in which it had duties there has to be a row."""
    if end.slashed or (start is not None and start.slashed):
        # Clients differ in how long they go on to tell of a slashed one.
        return None
    due = sum(end.is_active_in(epoch) for epoch in ledger.attestation_epochs)
    if attested.epochs >= due:
        return None
    return f"attestation rewards were told of {attested.epochs} of the {due} epochs in which it was active"


def _own_stake(ledger: WindowLedger) -> Gwei:
    epochs = ledger.duty_epochs_due
    return total(
        [
            min(start.effective_balance, end.effective_balance)
            for key, end in ledger.end.items()
            if (start := ledger.start.get(key)) is not None
            and start.is_active_in(epochs[0])
            and end.is_active_in(epochs[-1])
        ]
    )


def _too_much(ledger: WindowLedger, start: ValidatorState | None, end: ValidatorState, case: _Case) -> str | None:
    """Why its attestations cannot have earned what was told: each coin at stake earns less, the more are.

    What is told too much in one epoch and too little in another would leave the balance as it is, and raise rewards and
    penalties alike: whoever has a part of the rewards would be paid for it.
    """
    attested = case.told.attested
    at_stake = max(end.effective_balance, NOTHING if start is None else start.effective_balance) + _COIN
    factor = ledger.known_spec.constants.get("BASE_REWARD_FACTOR", 64)
    most = attested.epochs * (at_stake * factor // isqrt(max(case.own_stake, at_stake)) + len(PARTS))
    if attested.rewards <= most:
        return None
    return f"attestation rewards of {attested.rewards} gwei were told, and its stake can earn {most} at most"


def _explanation(
    ledger: WindowLedger,
    start: ValidatorState | None,
    end: ValidatorState,
    told: _Told,
    residual: Gwei,
    deposits: Gwei,
) -> tuple[ResidualOf | None, str | None]:
    """The name of what explains a residual; or why nothing does."""
    # What came in and may still wait to be credited is a hole in the balance that nothing else may be called.
    waits = deposits > 0 and ledger.deposits_end is None
    if not told.believes_sync:
        if not waits and abs(residual) <= len(told.seats) * seat_reward_max(ledger.known_spec):
            return ResidualOf.SYNC_REWARDS, None
    elif residual == 0:
        return None, None
    elif (
        start is not None
        and end.slashed
        and residual < 0
        and not waits
        and _fits_slashing(ledger, start, end, -residual)
    ):
        return ResidualOf.SLASHING, None
    elif abs(residual) <= len(PARTS) * told.attested.epochs:
        return ResidualOf.ROUNDING, None
    return None, f"its balance moved by {residual} gwei that nothing which was told explains"


def _fits_slashing(ledger: WindowLedger, start: ValidatorState, end: ValidatorState, penalty: Gwei) -> bool:
    """Whether a loss can be that of a slashing: at once a fixed part, half-way to the exit what others' crimes add.

    That is lost as the chain leaves the epoch half-way: in the first slot of the epoch after.
    """
    spec = ledger.known_spec
    at_once = NOTHING if start.slashed else Gwei(start.effective_balance // slashing_quotient(spec, ledger))
    half_way = end.withdrawable_epoch - spec.constants.get("EPOCHS_PER_SLASHINGS_VECTOR", _SLASHINGS_VECTOR) // 2
    adds = half_way >= 0 and ledger.holds(spec.first_slot(EpochNumber(half_way + 1)))
    return penalty == at_once or (adds and at_once < penalty <= at_once + start.effective_balance)


def seat_reward_max(spec: Spec) -> int:
    """The most that one seat of a sync committee can earn or lose in one slot, were all coins there are at stake."""
    told, per_epoch = spec.constants, spec.slots_per_epoch
    # Nodes tell how many seats there are; where one does not, few make it the more.
    seats = max(told.get("SYNC_COMMITTEE_SIZE", _SEATS_PER_SLOT * per_epoch), 1)
    return told.get("BASE_REWARD_FACTOR", 64) * isqrt(_ALL_COINS) * 2 // 64 // per_epoch // seats


def slashing_quotient(spec: Spec, ledger: WindowLedger) -> int:
    """Which part of its effective balance a validator loses at once when it is slashed."""
    epoch = ledger.duty_epochs_due[0]
    for fork, name, usual in _QUOTIENTS:
        if spec.constants.get(fork, 2**64) <= epoch:
            return spec.constants.get(name, usual)
    return spec.constants.get("MIN_SLASHING_PENALTY_QUOTIENT", 128)
