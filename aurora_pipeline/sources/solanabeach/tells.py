"""What Solana Beach says, as rows of each layer; docs/providers.md tells how far it can be off."""

from __future__ import annotations

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.money import total
from aurora_pipeline.sources.fetch_choice import Missing, Once, missing
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.accounts import StakeAccount
from aurora_pipeline.sources.solanabeach import answers as beach
from aurora_pipeline.sources.third_party import slots_counted, third_party_fees
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch


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
        return {"blocks_produced": fees.blocks} | third_party_fees(fees.blocks, fees.fees, fetch)
    if slots[1] != fees.blocks:
        reason = f"{fetch.provider} lists {fees.blocks} blocks with fees, but {slots[1]} produced"
        return {"leader_slots": slots[0]} | missing(fetch, reason).columns
    return slots_counted(*slots) | third_party_fees(fees.blocks, fees.fees, fetch)


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
