"""What changed in the stake on each validator since the period before, derived from the positions of both.

Positions are samples, so events are what a comparison of two samples shows, not a list of transactions: stake that came
and left between them is not among them. Rewards of the period before explain growth and are no event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from aurora_pipeline.canonical.tables import STAKE_EVENTS
from aurora_pipeline.foundation.money import stored_amount_or_none
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result
from aurora_pipeline.store.declaration import FigureState

NO_EARLIER_POSITIONS = "NO_EARLIER_POSITIONS: positions of the period before are not published, so nothing is compared"
NOT_OPERATED_BEFORE = "NOT_OPERATED_BEFORE: it was not operated in the period before, so nothing is compared"
_ACCOUNTS = ["account_key", "validator_key", "withdrawer_key", "active_stake", "activating_stake", "deactivating_stake"]

States = Mapping[str, tuple[str, str | None]]


def canonical_stake_events(
    reference: Reference,
    positions: pl.DataFrame,
    positions_before: pl.DataFrame | None,
    rewards_before: pl.DataFrame | None,
) -> LayerResult:
    """Events per stake account, and one SUMMARY row per operated validator that says how far they are known.

    `positions_before` and `rewards_before` are those of the period before, None where they are not published. That
    there is nothing to compare with is a complete answer: it would never become another one by waiting.
    """
    now, before = _states(positions), None if positions_before is None else _states(positions_before)
    summaries = {key: _summary(key, now, before) for key in reference.keys}
    compared = {key for key in reference.keys if summaries[key].pop("is_compared")}
    rows = [reference.row(key) | row for key, row in summaries.items()]
    if positions_before is not None and compared:
        paid = None if rewards_before is None else _rewards(rewards_before)
        if paid is None:
            for row in rows:
                if row["validator_key"] in compared:
                    row["reason"] = "rewards of the period before are not published: no growth"
        for pair in _changed(positions, positions_before, paid):
            rows += [
                reference.row(event.pop("validator_key")) | event | {"state": FigureState.FINAL.value}
                for event in _events(pair, paid is not None)
                if event["validator_key"] in compared
            ]
    return layer_result(
        STAKE_EVENTS,
        rows,
        due=reference.keys,
        says_something=[True for _ in rows],
        states=[str(row["state"]) for row in rows],
    )


def _summary(key: str, positions: States, before: States | None) -> Row:
    start: Row = {"event_type": "SUMMARY", "account_key": key, "is_compared": False}
    if before is None:
        return start | {"state": FigureState.FINAL.value, "reason": NO_EARLIER_POSITIONS}
    earlier, now = before.get(key), positions.get(key)
    if earlier is None:
        return start | {"state": FigureState.FINAL.value, "reason": NOT_OPERATED_BEFORE}
    if now is None or now[0] in (FigureState.UNAVAILABLE, FigureState.PENDING):
        # Its stake accounts are not known at all: what is missing there has not left.
        reason = f"positions of this period: {None if now is None else now[1]}"
        return start | {"state": FigureState.UNAVAILABLE.value if now is None else now[0], "reason": reason}
    if earlier[0] in (FigureState.UNAVAILABLE, FigureState.PENDING):
        return start | {"state": FigureState.FINAL.value, "reason": f"{NO_EARLIER_POSITIONS} ({earlier[1]})"}
    told = None if earlier[0] == FigureState.FINAL else f"positions of the period before: {earlier[1]}"
    return start | {"is_compared": True, "state": now[0], "reason": now[1] if now[0] == FigureState.PARTIAL else told}


def _states(positions: pl.DataFrame) -> States:
    """Of each validator whether its positions are known, and why not."""
    rows = positions.filter(pl.col("row_kind") == "VALIDATOR").select("validator_key", "state", "reason")
    return {key: (state, reason) for key, state, reason in rows.iter_rows()}


def _rewards(rewards: pl.DataFrame) -> pl.DataFrame:
    return rewards.filter(pl.col("row_kind") == "ACCOUNT").select("account_key", reward="staker_rewards")


def _changed(
    positions: pl.DataFrame, before: pl.DataFrame, paid: pl.DataFrame | None
) -> Iterator[Mapping[str, object]]:
    """Pairs of now and before (`_before`) that differ in more than what rewards explain; joined where they lie."""
    now = positions.filter(pl.col("row_kind") == "ACCOUNT").select(_ACCOUNTS)
    earlier = before.filter(pl.col("row_kind") == "ACCOUNT").select(_ACCOUNTS)
    pairs = now.join(earlier, on="account_key", how="full", suffix="_before", coalesce=True)
    if paid is None:
        pairs = pairs.with_columns(reward=pl.lit(None, dtype=pl.Decimal(38, 0)))
    else:
        pairs = pairs.join(paid, on="account_key", how="left")
    stake, stake_before = (
        pl.col(f"active_stake{when}") + pl.col(f"activating_stake{when}") for when in ("", "_before")
    )
    is_same = (
        pl.col("validator_key").eq_missing(pl.col("validator_key_before"))
        & pl.col("withdrawer_key").eq_missing(pl.col("withdrawer_key_before"))
        & (pl.col("deactivating_stake") == 0)
        & (pl.col("deactivating_stake_before") == 0)
        & (stake == stake_before + pl.col("reward").fill_null(0))
    )
    changed = pairs.filter(~is_same.fill_null(False)).sort("account_key")
    yield from changed.iter_rows(named=True)


def _events(pair: Mapping[str, object], rewards_known: bool) -> Iterator[Row]:
    """What one stake account's two samples show."""
    account, key, earlier_key = pair["account_key"], pair["validator_key"], pair["validator_key_before"]
    stake = _amount(pair, "active_stake") + _amount(pair, "activating_stake")
    before = _amount(pair, "active_stake_before") + _amount(pair, "activating_stake_before")
    leaving, left = _amount(pair, "deactivating_stake"), _amount(pair, "deactivating_stake_before")
    owner, former = pair["withdrawer_key"], pair["withdrawer_key_before"]

    def event(kind: str, of: object, amount: Amount | None, other: object = None, reason: str | None = None) -> Row:
        return {
            "validator_key": of,
            "event_type": kind,
            "account_key": account,
            "withdrawer_key": owner if key is not None else former,
            "other_key": other,
            "amount": amount,
            "reason": reason,
        }

    if earlier_key is None:
        if stake:
            yield event("STAKE", key, stake)
        return
    if key is None:
        yield from _gone(
            event("WITHDRAW", earlier_key, left or None), event("UNSTAKE", earlier_key, before), before, left
        )
        return
    if owner != former:
        yield event("OWNER", key, stake, former)
    if key != earlier_key:
        yield event("MOVE_OUT", earlier_key, before, key)
        yield event("MOVE_IN", key, stake, earlier_key)
        return
    if leaving and not left:
        yield event("UNSTAKE", key, leaving)
    elif before and not stake and not left:
        yield event("UNSTAKE", key, before, reason="asked back after the last look at the period before")
    elif stake and not before and not left:
        yield event("STAKE", key, stake)
    elif stake and before and not left and rewards_known:
        grown = stake - before - _amount(pair, "reward")
        if grown > 0:
            yield event("STAKE", key, grown, reason="added to an account that was there before")
        elif grown < 0:
            yield event("UNSTAKE", key, -grown, reason="split away from an account that stays")


def _gone(withdrawn: Row, unstaked: Row, before: Amount, left: Amount) -> Iterator[Row]:
    if left or not before:
        yield withdrawn
    else:
        yield unstaked | {"reason": "gone: merged into another account, or moved to a validator that is not operated"}


def _amount(pair: Mapping[str, object], name: str) -> Amount:
    """An amount of a sample; 0 where the account was not in it."""
    return stored_amount_or_none(pair[name], name) or ZERO
