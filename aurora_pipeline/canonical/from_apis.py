"""What Trillium and Solana Beach say, as rows of each layer; docs/providers.md tells how far it can be off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.money import total
from aurora_pipeline.sources.fetch_choice import Missing, Once, missing
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.accounts import StakeAccount
from aurora_pipeline.sources.solanabeach import answers as beach
from aurora_pipeline.sources.trillium.answers import TrilliumValidator, read_validators
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import Answer, StagedFetch

THIRD_PARTY = "THIRD_PARTY"
"""The reason of a figure that another's program computed and rounded: not read from the chain."""


@cache
def _reader_of(epoch: int) -> Callable[[Answer, str], dict[str, TrilliumValidator]]:
    """One reader per epoch, so that a list is read once and not once per validator."""
    return lambda answer, provider: read_validators(answer, provider, epoch)


def trillium_row(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> TrilliumValidator | Missing:
    """A validator's row of the epoch."""
    for answer in fetch.answers[:1]:
        rows = once.read(_reader_of(reference.epoch), answer, fetch.provider)
        if isinstance(rows, UnreadableAnswer):
            return missing(fetch, rows.problem)
        if key in rows:
            return rows[key]
    return missing(fetch)


def _third_party(fetch: StagedFetch) -> Row:
    return {"state": FigureState.FINAL.value, "reason": f"{THIRD_PARTY}: as {fetch.provider} has it"}


def fees_from_trillium(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
    """Fees and slots."""
    told = trillium_row(reference, validator.validator_key, fetch, once)
    if isinstance(told, Missing):
        return told.columns
    row = _slots(told.leader_slots, told.blocks_produced)
    if told.fees is None:
        return row | missing(fetch, f"{fetch.provider} has no fees in its row").columns
    return row | _fees_of(told.blocks_produced, told.fees, fetch)


def _fees_of(blocks: int | None, fees: int, fetch: StagedFetch) -> Row:
    """Another's fees; none of any block is what a source says whose own source keeps no rewards."""
    if blocks and not fees:
        return missing(fetch, f"{fetch.provider} has {blocks} blocks of it, and fees of 0").columns
    return {"fees": fees} | _third_party(fetch)


def _slots(led: int | None, blocks: int | None) -> Row:
    skipped = None if led is None or blocks is None or blocks > led else led - blocks
    return {"leader_slots": led, "blocks_produced": blocks if skipped is not None else None, "slots_skipped": skipped}


def rewards_from_trillium(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> list[Row]:
    """The commission. Stakers' rewards are extrapolated from one account there, which is no figure."""
    told = trillium_row(reference, key, fetch, once)
    if isinstance(told, Missing):
        return [told.columns | {"stakers_state": told.state.value, "stakers_reason": told.reason}]
    stakers = missing(fetch, f"{fetch.provider} extrapolates stakers' rewards from one account")
    row: Row = {"stakers_state": stakers.state.value, "stakers_reason": stakers.reason}
    if told.commission is None:
        return [row | missing(fetch, f"{fetch.provider} has no commission in its row").columns]
    return [row | {"commission": told.commission} | _third_party(fetch)]


def costs_from_trillium(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Mapping[str, int] | Missing:
    """Vote fees as votes times the fee of one signature."""
    told = trillium_row(reference, key, fetch, once)
    if isinstance(told, Missing):
        return told
    return {} if told.vote_cost is None else {CostType.VOTE_FEES.value: told.vote_cost}


def meta_from_trillium(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    """Names and commissions. Its stake is rounded to whole SOL, which is no amount of lamports."""
    told = trillium_row(reference, key, fetch, once)
    if isinstance(told, Missing):
        return told.columns
    return {
        "identity_key": told.identity_key,
        "name": told.name,
        "commission_bps": told.commission_bps,
        "mev_commission_bps": told.mev_commission_bps,
        "active_stake": None,
    }


def fees_from_solanabeach(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
    """Fees by the node's keys; slots where its histories agree about the blocks."""
    shared = reference.identity_problem(validator)
    if shared is not None:
        return Missing(FigureState.UNAVAILABLE, shared).columns
    try:
        fees, slots = _beach_fees(reference, validator, fetch)
    except UnreadableAnswer as error:
        return missing(fetch, f"{error.request_key}: {error.problem}").columns
    if fees is None:
        return missing(fetch, None if fetch.reason else f"{fetch.provider} has no fees of it").columns
    if slots is None:
        return {"blocks_produced": fees.blocks} | _fees_of(fees.blocks, fees.fees, fetch)
    if slots[1] != fees.blocks:
        reason = f"{fetch.provider} lists {fees.blocks} blocks with fees, but {slots[1]} produced"
        return {"leader_slots": slots[0]} | missing(fetch, reason).columns
    return _slots(*slots) | _fees_of(fees.blocks, fees.fees, fetch)


def _beach_fees(
    reference: Reference, validator: OperatedValidator, fetch: StagedFetch
) -> tuple[beach.BeachFees | None, tuple[int, int] | None]:
    """Fees and (led slots, blocks) of all its identities together; None where one of them is not listed."""
    epoch, name = reference.epoch, fetch.provider
    fees, slots = [], []
    for node in validator.identities:
        fees.append(beach.read_fees(beach.about(fetch.answers, node, beach.BLOCK_REWARDS), name, epoch))
        slots.append(beach.read_slots(beach.about(fetch.answers, node, beach.SUCCESS_RATE), name, epoch))
    known = [one for one in fees if one is not None]
    counted = [one for one in slots if one is not None]
    all_fees = beach.BeachFees(total([one.blocks for one in known]), total([one.fees for one in known]))
    all_slots = (total([led for led, _ in counted]), total([blocks for _, blocks in counted]))
    return all_fees if len(known) == len(fees) else None, all_slots if len(counted) == len(slots) else None


def meta_from_solanabeach(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    """The active stake, from its history; it keeps no history of anything else."""
    stake = _beach_stake(reference, key, fetch)
    if isinstance(stake, Missing):
        return stake.columns
    if stake is None:
        return missing(fetch, f"{fetch.provider} has no stake of it in this epoch").columns
    return {"identity_key": None, "commission_bps": None, "active_stake": stake}


def positions_from_solanabeach(
    reference: Reference, key: str, fetch: StagedFetch, once: Once
) -> tuple[list[StakeAccount], int | None] | Missing:
    """A validator's stake accounts, and its total from the history, where that has the epoch."""
    pages = beach.about(fetch.answers, key, beach.STAKE_ACCOUNTS)
    if not pages:
        return missing(fetch)
    stake = _beach_stake(reference, key, fetch)
    try:
        accounts = beach.read_accounts(pages, fetch.provider, key)
    except UnreadableAnswer as error:
        return missing(fetch, f"{error.request_key}: {error.problem}")
    return stake if isinstance(stake, Missing) else (accounts, stake)


def _beach_stake(reference: Reference, key: str, fetch: StagedFetch) -> int | Missing | None:
    try:
        return beach.read_stake(beach.about(fetch.answers, key, beach.STAKE), fetch.provider, reference.epoch)
    except UnreadableAnswer as error:
        return missing(fetch, f"{error.request_key}: {error.problem}")
