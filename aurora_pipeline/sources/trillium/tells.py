"""What Trillium says, as rows of each layer; docs/providers.md tells how far it can be off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.sources.fetch_choice import Missing, Once, missing
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.third_party import slots_counted, third_party_fees, third_party_marks
from aurora_pipeline.sources.trillium.answers import TrilliumValidator, read_validators
from aurora_pipeline.store.payloads import Answer, StagedFetch


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


def fees_from_trillium(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
    """Fees and slots."""
    told = trillium_row(reference, validator.validator_key, fetch, once)
    if isinstance(told, Missing):
        return told.columns
    row = slots_counted(told.leader_slots, told.blocks_produced)
    if told.fees is None:
        return row | missing(fetch, f"{fetch.provider} has no fees in its row").columns
    return row | third_party_fees(told.blocks_produced, told.fees, fetch)


def rewards_from_trillium(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> list[Row]:
    """The commission. Stakers' rewards are extrapolated from one account there, which is no figure."""
    told = trillium_row(reference, key, fetch, once)
    if isinstance(told, Missing):
        return [told.columns | {"stakers_state": told.state.value, "stakers_reason": told.reason}]
    stakers = missing(fetch, f"{fetch.provider} extrapolates stakers' rewards from one account")
    row: Row = {"stakers_state": stakers.state.value, "stakers_reason": stakers.reason}
    if told.commission is None:
        return [row | missing(fetch, f"{fetch.provider} has no commission in its row").columns]
    return [row | {"commission": told.commission} | third_party_marks(fetch)]


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
