"""What the operator's own files say, as rows of each layer: typed rows of a file in, columns out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.foundation.money import share_bps
from aurora_pipeline.sources.fetch_choice import Missing, Once, missing
from aurora_pipeline.sources.files import answers as files
from aurora_pipeline.sources.files.answers import FileReward, FileTips
from aurora_pipeline.sources.files.listed import NOT_LISTED, Asked, Listed, NotFound
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.accounts import StakeAccount
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import Answer, StagedFetch

UPPER_BOUND = "UPPER_BOUND"
"""The reason of a commission computed from a validator's total: each stake account's floor is not in it."""
CORRECTED = "; a corrected file is read with `aurora backfill --refetch`"
Told = TypeVar("Told")
Read = Callable[[Answer, str], Listed[Told]]


def _told(read: Read[Told], reference: Reference, key: str, fetch: StagedFetch) -> Told | Missing:
    """What the file says about a validator, or why it says nothing."""
    for answer in fetch.answers[:1]:
        if files.epoch_of(answer) != reference.epoch:
            return missing(fetch, f"{answer.request_key!r} was not read for epoch {reference.epoch}")
        try:
            found = read(answer, fetch.provider).find(key, _asked(reference)[key])
        except UnreadableAnswer as error:
            return missing(fetch, error.problem)
        return missing(fetch, found.problem) if isinstance(found, NotFound) else found
    return missing(fetch)


def odd_in_files(reference: Reference, fetches: Iterable[StagedFetch], data_type: str) -> list[str]:
    """What looks odd in the files that some fetches rest on, once per file."""
    asked, told = _asked(reference), dict[str, None]()
    for fetch in fetches:
        for answer in fetch.answers[:1] if fetch.kind == FILE_KIND else ():
            with suppress(UnreadableAnswer):
                listed = files.read_listed(answer, fetch.provider, data_type)
                path = answer.request.get("path")
                told |= dict.fromkeys(f"{fetch.provider}: {path}: {words}" for words in listed.warnings(asked))
    return list(told)


def why_zero(read: Read[Any], reference: Reference, key: str, fetch: StagedFetch) -> Row:
    """The reason of figures that are 0 because the file does not list the validator, which its mapping takes for 0."""
    with suppress(UnreadableAnswer):
        for answer in fetch.answers[:1]:
            listed = read(answer, fetch.provider)
            if listed.absent is not None and not listed.lists(key, _asked(reference)[key]):
                return {"reason": NOT_LISTED}
    return {}


def _asked(reference: Reference) -> Asked:
    return {validator.validator_key: validator.identities for validator in reference.validators}


def fees_from_file(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
    """Fees, and slots where the file counts them."""
    told = _told(files.read_fees, reference, validator.validator_key, fetch)
    if isinstance(told, Missing):
        return told.columns
    row: Row = {"leader_slots": told.leader_slots, "blocks_produced": told.blocks_produced}
    if told.leader_slots is not None and told.blocks_produced is not None:
        if told.blocks_produced > told.leader_slots:
            return missing(
                fetch, f"the file has {told.blocks_produced} blocks in {told.leader_slots} led slots"
            ).columns
        row["slots_skipped"] = told.leader_slots - told.blocks_produced
    if told.fees is None:
        return row | missing(fetch, "the file has no fees in its row").columns
    return (
        row
        | {"fees": told.fees, "state": FigureState.FINAL.value}
        | why_zero(files.read_fees, reference, validator.validator_key, fetch)
    )


def tips_from_file(reference: Reference, key: str, fetch: StagedFetch) -> FileTips | Missing:
    """Tips as the file has them: at least the validator's own, or the total with the commission."""
    told = _told(files.read_tips, reference, key, fetch)
    if isinstance(told, Missing) or told.validator is not None or None not in (told.total, told.commission_bps):
        return told
    return missing(fetch, "the file has neither the validator's tips in its row nor their total and commission")


def rewards_from_file(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> list[Row]:
    """The validator's commission and its stake accounts' rewards; a total with a rate is an upper bound."""
    told = _told(files.read_rewards, reference, key, fetch)
    if isinstance(told, Missing):
        return [told.columns | {"stakers_state": told.state.value, "stakers_reason": told.reason}]
    own = next((reward for reward in told if reward.account_key is None), None)
    accounts = [reward for reward in told if reward.account_key is not None]
    commission = _commission(own, fetch) | why_zero(files.read_rewards, reference, key, fetch)
    return [commission | _stakers(own, accounts, fetch), *(_account(reward, fetch) for reward in accounts)]


def _commission(own: FileReward | None, fetch: StagedFetch) -> Row:
    if own is not None and own.commission is not None:
        return {"commission": own.commission, "state": FigureState.FINAL.value}
    if own is None or own.total_rewards is None or own.commission_bps is None:
        return missing(fetch, "the file has no row of the validator's commission").columns
    bound = share_bps(own.total_rewards, own.commission_bps)
    return {"commission": bound, "state": FigureState.FINAL.value, "reason": UPPER_BOUND}


def _stakers(own: FileReward | None, accounts: list[FileReward], fetch: StagedFetch) -> Row:
    """The stakers' rewards: as the file has them, what its accounts have, or what is left of the total."""
    figure: int | None = None
    reason: str | None = None
    if own is not None and own.staker_rewards is not None:
        figure = own.staker_rewards
    elif accounts and None not in (known := [reward.staker_rewards for reward in accounts]):
        figure = sum(reward for reward in known if reward is not None)
    elif own is not None and own.total_rewards is not None and own.commission_bps is not None:
        figure = own.total_rewards - share_bps(own.total_rewards, own.commission_bps)
        reason = UPPER_BOUND
    if figure is None:
        lack = missing(fetch, "the file does not have its stakers' rewards")
        return {"stakers_state": lack.state.value, "stakers_reason": lack.reason}
    return {"staker_rewards": figure, "stakers_state": FigureState.FINAL.value, "stakers_reason": reason}


def _account(reward: FileReward, fetch: StagedFetch) -> Row:
    row: Row = {"row_kind": "ACCOUNT", "account_key": reward.account_key}
    if reward.staker_rewards is None:
        return row | missing(fetch, "the file has no rewards in its row").columns
    return row | {"staker_rewards": reward.staker_rewards, "state": FigureState.FINAL.value}


def meta_from_file(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    """What the file says of a validator; what it leaves out is not known."""
    told = _told(files.read_meta, reference, key, fetch)
    if isinstance(told, Missing):
        return told.columns
    return {
        "identity_key": told.identity_key,
        "name": told.name,
        "commission_bps": told.commission_bps,
        "mev_commission_bps": told.mev_commission_bps,
        "active_stake": told.active_stake,
    }


def positions_from_file(
    reference: Reference, key: str, fetch: StagedFetch, once: Once
) -> tuple[list[StakeAccount], int | None] | Missing:
    """A validator's stake accounts, and its total where the file has one (the same in each of its rows)."""
    told = _told(files.read_positions, reference, key, fetch)
    if isinstance(told, Missing):
        return told
    totals = {position.validator_stake for position in told}
    if len(totals) > 1:
        return missing(fetch, f"the file has {len(totals)} different totals of it")
    return [replace(position.account, voter_key=key) for position in told], totals.pop() if totals else None


def costs_from_file(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Mapping[str, int] | Missing:
    """Costs and other income of a validator by type."""
    told = _told(files.read_costs, reference, key, fetch)
    if isinstance(told, Missing) and told == missing(fetch):
        return missing(fetch, f"the file has no row of epoch {reference.epoch} about it{CORRECTED}")
    return told


def cost_columns(fetch: StagedFetch) -> frozenset[str]:
    """The types of cost that the mapping names a column for by which the fetch's file was read."""
    mapping = fetch.answers[0].request.get("body") if fetch.answers else None
    columns = mapping.get("columns") if isinstance(mapping, Mapping) else None
    return frozenset(columns or ()) - {"validator", "identity", "epoch"}
