"""Inflation rewards of a period: the commission a validator received, and what each of its stake accounts did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.fetch_choice import Missing, Once, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.layer_rows import odd_in_files, rewards_from_file
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, missing_rows, was_asked
from aurora_pipeline.sources.solana.commission import least_gross
from aurora_pipeline.sources.solana.commission_collectors import commissions
from aurora_pipeline.sources.solana.rewards import NO_REWARD, ToldReward, ToldRewards, told_by_node
from aurora_pipeline.sources.trillium.tells import rewards_from_trillium
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

NODE = "solana_rpc"
RewardsReader = Callable[[Reference, str, StagedFetch, Once], list[Row]]


def canonical_rewards(
    reference: Reference, fetches: Sequence[StagedFetch], observed: Sequence[Sequence[StagedFetch]] = ()
) -> LayerResult:
    """A VALIDATOR row per operated validator and an ACCOUNT row per stake account that was asked about.

    `observed` are the positions fetches of the period and of the one before: they show where commission goes, and at
    which rate.
    """
    once = Once()
    told = {
        key: told_by_node(reference, key, fetch, observed, once)
        for key in reference.keys
        if (fetch := fetch_about(fetches, key)) is not None and fetch.kind == NODE
    }
    # All validators at once, because several may share a collector.
    collected = commissions(list(told.values()))
    rows = []
    for key in reference.keys:
        if key in told:
            rows += _node_rows(reference, told[key], collected[key])
        else:
            rows += _rows(reference, key, fetch_about(fetches, key), once)
    return layer_result(
        REWARDS,
        rows,
        says_something=map(was_asked, rows),
        states=[row[name] for row in rows for name in ("state", "stakers_state") if row.get(name) is not None],
        violations=missing_rows(REWARDS, reference.keys, rows),
        warnings=[
            *(warning for one in told.values() for warning in one.warnings),
            *odd_in_files(reference, fetches, DataType.REWARDS),
        ],
    )


def _node_rows(reference: Reference, told: ToldRewards, collected: Row) -> list[Row]:
    key = told.validator_key
    start: Row = reference.row(key) | {"source_fetch": told.fetch.fetch_id}
    validator = start | {"row_kind": "VALIDATOR", "account_key": key} | told.stakers.columns | collected
    if validator.get("commission") is not None and validator["staker_rewards"] is not None:
        validator["gross_rewards"] = validator["commission"] + validator["staker_rewards"]
    applied = collected.get("applied_commission_bps")
    accounts = sorted(told.accounts.items())
    return [validator, *(start | _account_row(address, item, applied) for address, item in accounts)]


def _account_row(address: str, item: ToldReward, applied_bps: int | None) -> Row:
    row: Row = {"row_kind": "ACCOUNT", "account_key": address}
    if isinstance(item, Missing):
        return row | item.columns
    if item is None:
        return row | {"staker_rewards": 0, "state": FigureState.FINAL.value, "reason": NO_REWARD}
    gross = None if applied_bps is None else least_gross(item.lamports, applied_bps)
    paid = {"staker_rewards": item.lamports, "gross_rewards": gross, "method": item.method}
    return row | paid | {"state": FigureState.FINAL.value}


def _rows(reference: Reference, key: str, fetch: StagedFetch | None, once: Once) -> list[Row]:
    start = {**reference.row(key), "row_kind": "VALIDATOR", "account_key": key}
    if fetch is None:
        return [start | _all_missing(missing(None))]
    start["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return [start | _all_missing(unknown_kind(fetch, (NODE, *_READERS)))]
    return [start | row for row in reader(reference, key, fetch, once)]


def _all_missing(lack: Missing) -> Row:
    return lack.columns | {"stakers_state": lack.state.value, "stakers_reason": lack.reason}


_READERS: Mapping[str, RewardsReader] = {"trillium": rewards_from_trillium, "file": rewards_from_file}
