"""What the chain says a validator paid for taking part: vote fees, exact or estimated, and the admission ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import mul_div, total
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.solana.amounts import NOTHING
from aurora_pipeline.sources.solana.answers.accounts import read_vote_states
from aurora_pipeline.sources.solana.answers.blocks import SIGNATURE_FEE
from aurora_pipeline.sources.solana.blocks import EpochVotes, VoteFees, has_transactions
from aurora_pipeline.sources.solana.questions import VOTE_STATES
from aurora_pipeline.sources.solana.reward_rows import read_block_payments
from aurora_pipeline.sources.solana.unpaid import CREDITS_PER_SLOT_MAX
from aurora_pipeline.sources.told import ESTIMATE, EXACT, CostsTold, CostTold, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch

NO_VOTES = "NO_VOTES"
"""The whole epoch's blocks hold no vote of the validator's vote account."""

PaidFees = Mapping[tuple[str, str], VoteFees] | UnreadableAnswer


@dataclass(frozen=True)
class _ChainCosts:
    """A fetch's answers read once for all validators."""

    fetch: StagedFetch
    paid: PaidFees | None
    """Vote fees by payer and vote account; None where blocks were not asked for."""
    admissions: Mapping[str, Lamports]
    """Charges for taking part in the epoch, by vote account."""
    vote_states: Sequence[Answer]
    """What vote accounts said of their credits, where blocks were not asked for."""


def costs(staged: StagedFetches) -> Told[CostsTold]:
    """Each validator's costs by type; vote fees always, if only to say why they are not known."""
    once, warnings, reference = Once(), list[str](), staged.reference
    read = {fetch.subject: _chain_costs(reference, fetch) for fetch in staged.each}
    rows = [
        (validator.validator_key, _costs(reference, validator, read[fetch.subject], once, warnings))
        for validator in reference.validators
        if (fetch := staged.fetches.get(validator.validator_key)) is not None
    ]
    return Told(rows, warnings)


def _chain_costs(reference: Reference, fetch: StagedFetch) -> _ChainCosts:
    """Read what a fetch says of all validators' costs, in one pass that keeps no block."""
    votes = EpochVotes(fetch.provider, reference.first_slot, reference.last_slot)
    admissions: Mapping[str, Lamports] = {}
    vote_states: list[Answer] = []
    for answer in fetch.answers:
        votes.add(answer)
        if answer.question == VOTE_STATES:
            vote_states.append(answer)
        elif not admissions and asked_method(answer) == "getBlock" and not has_transactions(answer):
            admissions = _admissions(reference, answer, fetch.provider)
    return _ChainCosts(fetch, _paid(votes) if votes.is_scan else None, admissions, vote_states)


def _paid(votes: EpochVotes) -> PaidFees:
    try:
        return votes.fees()
    except UnreadableAnswer as error:
        return error


def _admissions(reference: Reference, answer: Answer, provider: str) -> Mapping[str, Lamports]:
    """Charges in the epoch's first block, which is where the chain books what a whole epoch costs."""
    try:
        block = read_block_payments(answer, provider)
    except UnreadableAnswer:
        return {}
    is_first = block.parent_slot < reference.first_slot <= block.slot <= reference.last_slot
    return block.admissions if is_first else {}


def _costs(
    reference: Reference, validator: OperatedValidator, costs: _ChainCosts, once: Once, warnings: list[str]
) -> CostsTold:
    found = {CostType.VOTE_FEES.value: _vote_fees(reference, validator, costs, once, warnings)}
    charged = costs.admissions.get(validator.validator_key)
    if charged:
        found[CostType.ADMISSION_TICKET.value] = _figure(charged, EXACT)
    return CostsTold(found)


def _vote_fees(
    reference: Reference, validator: OperatedValidator, costs: _ChainCosts, once: Once, warnings: list[str]
) -> CostTold:
    if costs.paid is None:
        return _estimated(reference, validator.validator_key, costs, once)
    if isinstance(costs.paid, UnreadableAnswer):
        return CostTold.missing(missing(costs.fetch, f"{costs.paid.request_key}: {costs.paid.problem}"))
    key = validator.validator_key
    # By vote account, so that an identity that changed, or runs two vote accounts, is no question.
    by_payer = {payer: fees for (payer, vote_key), fees in costs.paid.items() if vote_key == key}
    strangers = sorted(set(by_payer) - set(validator.identities)) if validator.identities else []
    if strangers:
        warnings.append(f"{key}: its votes were paid by {listed(strangers)}, which is not registered as its identity")
    if not by_payer:
        warnings.append(f"{key}: no vote of it is in any block of the period; is it the right vote account?")
        return _figure(NOTHING, EXACT, NO_VOTES)
    return _figure(total(fees.lamports for fees in by_payer.values()), EXACT)


def _estimated(reference: Reference, key: str, costs: _ChainCosts, once: Once) -> CostTold:
    problems: Sequence[str] = ()
    for answer in costs.vote_states:
        states = once.read(read_vote_states, answer, costs.fetch.provider)
        if isinstance(states, UnreadableAnswer):
            problems = (*problems, states.problem)
            continue
        state = states.get(key)
        earned = None if state is None else state.credits_in(reference.epoch, reference.first_slot)
        if earned is not None:
            # A late vote earns less, so credits prove a least number of votes.
            votes = mul_div(1, earned + CREDITS_PER_SLOT_MAX - 1, CREDITS_PER_SLOT_MAX)
            reason = (
                f"ESTIMATE: {earned} vote credits take at least {votes} votes of {SIGNATURE_FEE} lamports each;"
                " exact_vote_fees in chains.yaml reads every block instead"
            )
            return _figure(mul_div(SIGNATURE_FEE, votes, 1), ESTIMATE, reason)
    detail = "; ".join(problems) or "its vote account does not tell its credits of this epoch"
    return CostTold.missing(missing(costs.fetch, detail))


def _figure(amount: Lamports, method: str, reason: str | None = None) -> CostTold:
    return CostTold(FigureState.FINAL, amount, reason, "CHAIN", method)
