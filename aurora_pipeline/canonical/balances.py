"""What validators' own balances did, where each has one; and the rewards and penalties that follow for their owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import polars as pl

from aurora_pipeline.canonical.balance_tables import BALANCES
from aurora_pipeline.canonical.believed import believed
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.money import share_bps
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.registry.validators import CLIENT
from aurora_pipeline.sources.contract import Source, Tell
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import (
    EXACT,
    AccountReward,
    BalanceTold,
    Missing,
    RewardsTold,
    StagedFetches,
    Told,
)
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.payloads.fetches import StagedFetch

CLIENT_OWNED: Final = "CLIENT_OWNED"
"""A client owns the validator: what it lost is none of the operator's costs, hence 0."""
NO_FEE: Final = "a client owns it, and its operator_fee_bps is not registered"
_NO_ROW: Final = f"{BALANCES.name} has no row for it"
_EARNED: Final = ("rewards", "penalties", "profit", "slashing_penalties", "attestation_head", "proposals")


def canonical_balances(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator; where a movement is not explained, it is PARTIAL and nothing is called income."""
    told = heard(reference, fetches, DataType.REWARDS, lambda source: source.tells.balances)
    found = {key: _row(fetch, item) for key, fetch, item in told}
    rows: list[Row] = [reference.row(key) | found[key] for key in reference.keys]
    return layer_result(
        BALANCES,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        warnings=told.warnings,
    )


def balance_rows(frame: pl.DataFrame) -> dict[str, Row]:
    """Rows of the layer by validator, with exact amounts."""
    return {row["validator_key"]: row for row in exact_rows(BALANCES, frame)}


def _row(fetch: StagedFetch | None, told: BalanceTold | Missing) -> Row:
    source: Row = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    if isinstance(told, Missing):
        return source | told.columns
    state = FigureState.FINAL if told.rewards is not None else FigureState.PARTIAL
    row: Row = {
        "validator_index": told.index,
        "status": told.status,
        "withdrawal_address": told.withdrawal_address,
        "compounds": told.compounds,
        "slashed": told.slashed,
        "stake": told.stake,
        "balance_start": told.balance_start,
        "balance_end": told.balance_end,
        "withdrawals": told.withdrawals,
        "deposits": told.deposits,
        "consolidated_in": told.consolidated_in,
        "consolidated_out": told.consolidated_out,
        "queued": told.queued,
        "profit": told.profit,
        "first_attested_epoch": told.first_attested_epoch,
        "last_attested_epoch": told.last_attested_epoch,
        "attestation_head": told.attestation_head,
        "attestation_target": told.attestation_target,
        "attestation_source": told.attestation_source,
        "inactivity": told.inactivity,
        "proposals": told.proposals,
        "sync_committee": told.sync_committee,
        "slashing_penalties": told.slashing,
        "residual": told.residual,
        "residual_of": told.explained,
        "rewards": told.rewards,
        "penalties": told.penalties,
        "blocks_proposed": told.blocks_proposed,
        "blocks_missed": told.blocks_missed,
        "state": state.value,
        "reason": told.reason,
    }
    return source | believed(BALANCES, row, _EARNED, fetch)


def told_by_balances(balances: Mapping[str, Row]) -> Callable[[Source], Tell[RewardsTold] | None]:
    """How each source tells rewards: of one that tells balances they follow from the rows of that layer."""

    def of_rows(staged: StagedFetches) -> Told[RewardsTold]:
        operated = {one.validator_key: one for one in staged.reference.validators}
        return Told([(key, rewards_told(operated[key], balances.get(key))) for key in staged.fetches])

    return lambda source: source.tells.rewards if source.tells.balances is None else of_rows


def rewards_told(validator: OperatedValidator, row: Row | None) -> RewardsTold:
    """What a validator's owner and its operator received of its consensus rewards, before penalties."""
    if row is None:
        return RewardsTold.missing(Missing(FigureState.UNAVAILABLE, _NO_ROW))
    gross: Amount | None = row["rewards"]
    if gross is None:
        return RewardsTold.missing(Missing(FigureState(row["state"]), row["reason"]))
    is_client, fee = validator.ownership == CLIENT, validator.operator_fee_bps
    if is_client and fee is None:
        return RewardsTold.missing(Missing(FigureState.UNAVAILABLE, NO_FEE))
    commission = share_bps(gross, fee) if is_client and fee is not None else ZERO
    final = FigureState.FINAL
    account = AccountReward(validator.validator_key, final, staker_rewards=gross - commission, gross_rewards=gross)
    return RewardsTold(
        final,
        final,
        commission=commission,
        staker_rewards=gross - commission,
        gross_rewards=gross,
        applied_commission_bps=fee if is_client else None,
        accounts=(account,),
    )


def penalties_told(reference: Reference, balances: Mapping[str, Row]) -> dict[str, dict[str, Row]]:
    """What validators lost on the consensus layer, as costs of the operator: clients bear what theirs lose."""
    return {
        one.validator_key: {_PENALTY: _penalty(one, balances.get(one.validator_key))} for one in reference.validators
    }


_PENALTY: Final = CostType.CONSENSUS_PENALTY.value


def _penalty(validator: OperatedValidator, row: Row | None) -> Row:
    start: Row = {"origin": "CHAIN", "method": EXACT, "source_fetch": None if row is None else row["source_fetch"]}
    if validator.ownership == CLIENT:
        return start | {"amount": ZERO, "state": FigureState.FINAL.value, "reason": CLIENT_OWNED}
    if row is None or row["penalties"] is None:
        lack = {"state": FigureState.UNAVAILABLE.value, "reason": _NO_ROW}
        lack = lack if row is None else {"state": row["state"], "reason": row["reason"]}
        return start | {"amount": None, "origin": None, "method": None, **lack}
    return start | {"amount": row["penalties"], "state": FigureState.FINAL.value, "reason": None}
