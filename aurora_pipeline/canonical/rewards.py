"""Inflation rewards of a period: the commission a validator received, and what each of its stake accounts did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from aurora_pipeline.canonical.balances import told_by_balances
from aurora_pipeline.canonical.believed import all_believed, believed, told_if_final
from aurora_pipeline.canonical.heard import heard, staged_by_kind
from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.sources.contract import StakesNeeded
from aurora_pipeline.sources.fetch_choice import fetch_about
from aurora_pipeline.sources.kinds import SOURCES, adapter_of
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import AccountReward, Missing, Observed, RewardsTold
from aurora_pipeline.store.payloads.fetches import StagedFetch

_RATES = ("commission_bps", "applied_commission_bps", "commission_source", "method")
_OF_VALIDATOR = ("commission", "gross_rewards")
_OF_ACCOUNT = ("staker_rewards", "gross_rewards")


def canonical_rewards(
    reference: Reference,
    fetches: Sequence[StagedFetch],
    observed: Sequence[Sequence[StagedFetch]] = (),
    balances: Mapping[str, Row] = MappingProxyType({}),
) -> LayerResult:
    """A VALIDATOR row per operated validator and an ACCOUNT row per stake account that was asked about.

    `observed` are the positions fetches of the period and of the one before: they show where commission goes, and at
    which rate. `balances` are the rows of that layer, where validators have balances of their own.
    """
    now, before = (*observed, (), ())[:2]
    needed = stakes_needed(reference, fetches, now)
    seen = Observed(now, before, _stake_accounts(reference, now) if needed.owners else {})
    told = heard(reference, fetches, DataType.REWARDS, told_by_balances(balances), seen)
    found = {key: _rows(reference, key, fetch, item) for key, fetch, item in told}
    rows = [row for key in reference.keys for row in found[key]]
    return layer_result(
        REWARDS,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row[name] for row in rows for name in ("state", "stakers_state") if row.get(name) is not None],
        warnings=told.warnings,
    )


def stakes_needed(reference: Reference, fetches: Sequence[StagedFetch], glance: Sequence[StagedFetch]) -> StakesNeeded:
    """How much of the observed stake the sources need, given a glance at it."""
    by_kind = staged_by_kind(reference, fetches, Observed(glance))
    needs = [SOURCES[kind].stakes_needed(staged) for kind, staged in by_kind.items() if kind in SOURCES]
    return StakesNeeded(any(one.amounts for one in needs), any(one.owners for one in needs))


def _stake_accounts(reference: Reference, observed: Sequence[StagedFetch]) -> Mapping[str, tuple[str, ...]]:
    """Whose stake accounts were observed, whoever did: an observation that cannot be read does not tell of any."""
    found = {}
    for key in reference.keys:
        fetch = fetch_about(observed, key)
        if fetch is not None:
            try:
                found[key] = adapter_of(fetch.kind, fetch.provider).stake_accounts(fetch.answers, key)
            except AuroraError:
                # Its own layer says why.
                continue
    return found


def _rows(reference: Reference, key: str, fetch: StagedFetch | None, told: RewardsTold | Missing) -> list[Row]:
    told = RewardsTold.missing(told) if isinstance(told, Missing) else told
    start = reference.row(key) | ({} if fetch is None else {"source_fetch": fetch.fetch_id})
    validator: Row = {
        "row_kind": "VALIDATOR",
        "account_key": key,
        "commission": told.commission,
        "staker_rewards": told.staker_rewards,
        "gross_rewards": told.gross_rewards,
        "recipient_key": told.recipient_key,
        "commission_bps": told.commission_bps,
        "commission_source": told.commission_source,
        "applied_commission_bps": told.applied_commission_bps,
        "method": told.method,
        "state": told.state.value,
        "reason": told.reason,
        "stakers_state": told.stakers_state.value,
        "stakers_reason": told.stakers_reason,
    }
    validator = believed(REWARDS, validator, _RATES, fetch, with_them=_OF_VALIDATOR)
    validator = believed(REWARDS, validator, _OF_VALIDATOR, fetch)
    of_stakers = {"state": "stakers_state", "reason": "stakers_reason"}
    validator = believed(REWARDS, validator, ("staker_rewards", "gross_rewards"), fetch, **of_stakers)
    validator = told_if_final(validator, "commission", fetch)
    validator = told_if_final(validator, "staker_rewards", fetch, **of_stakers)
    accounts = all_believed(REWARDS, [_account_row(one) for one in told.accounts], _OF_ACCOUNT, fetch)
    return [start | validator, *(start | account for account in accounts)]


def _account_row(account: AccountReward) -> Row:
    return {
        "row_kind": "ACCOUNT",
        "account_key": account.account_key,
        "staker_rewards": account.staker_rewards,
        "gross_rewards": account.gross_rewards,
        "method": account.method,
        "state": account.state.value,
        "reason": account.reason,
    }
