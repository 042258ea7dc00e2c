"""Who received a validator's commission, and how much of it is the validator's.

A vote account has a reward row, be it of 0 lamports, whenever any of its stakers was paid and no other account collects
for it. So where no account that may collect has a row, the commission is zero if nobody was paid, and not known if
somebody was. An account that collects for several validators has one row, their sum (SIMD-0232): it is shared out by
recomputation, and the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.sources.fetch_choice import Missing, missing
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.commission import (
    CollectorClaim,
    commission_bounds,
    fits,
    implied_rate,
    rates_that_fit,
    split_collector,
)
from aurora_pipeline.sources.solana.rewards import NO_REWARD, RECOMPUTED, Paid, ToldRewards
from aurora_pipeline.store.declaration import FigureState

ROW = "ROW"


def commissions(told: Sequence[ToldRewards]) -> dict[str, Row]:
    """The commission columns of every validator's row."""
    rows: dict[str, Row] = {}
    sharing: dict[str, list[tuple[ToldRewards, Paid]]] = {}
    for one in told:
        found = _recipient(one)
        if isinstance(found, Missing):
            rows[one.validator_key] = _observed(one) | found.columns
        elif found is None:
            rows[one.validator_key] = _observed(one) | _nobody_collected(one)
        else:
            sharing.setdefault(found[0], []).append((one, found[1]))
    for recipient, claimants in sharing.items():
        if len(claimants) == 1:
            one, paid = claimants[0]
            rows[one.validator_key] = _observed(one) | {"recipient_key": recipient} | _alone(recipient, one, paid)
        else:
            shares = _together(recipient, [one for one, _ in claimants], claimants[0][1])
            for one, _ in claimants:
                rows[one.validator_key] = _observed(one) | {"recipient_key": recipient} | shares[one.validator_key]
    return rows


def _candidates(one: ToldRewards) -> list[str]:
    """Accounts that may have collected: the one observed in the period, the one before, then the vote account."""
    return list(dict.fromkeys((*(state.collector_key for state in one.states), one.validator_key)))


def _recipient(one: ToldRewards) -> tuple[str, Paid] | Missing | None:
    """The account that collected with its row; None where no account that may collect has one."""
    lacking: Missing | None = None
    found: tuple[str, Paid] | None = None
    for address in _candidates(one):
        if address not in one.recipients:
            lacking = lacking or missing(one.fetch, f"nothing is known of what {address} received")
            continue
        item = one.recipients[address]
        if isinstance(item, Paid) and item.in_block:
            return address, item
        if isinstance(item, Paid):
            found = found or (address, item)
        else:
            lacking = lacking or item
    return found or lacking


def _nobody_collected(one: ToldRewards) -> Row:
    if one.stakers.anybody_paid:
        reason = (
            f"stakers were paid, but {' and '.join(_candidates(one))} has no reward row: another account collects its"
            " commission, or it was burned"
        )
        return Missing(FigureState.UNAVAILABLE, reason).columns
    if one.stakers.state is not FigureState.FINAL:
        detail = "no account that may collect has a reward row, and it is not known whether stakers were paid"
        return missing(one.fetch, detail).columns
    if one.withheld is not None:
        names = " and ".join(_candidates(one))
        reason = f"{one.withheld}, and nobody was paid: it keeps everything, but {names} has no reward row"
        return Missing(FigureState.UNAVAILABLE, reason).columns
    return {"commission": 0, "state": FigureState.FINAL.value, "reason": NO_REWARD}


def _observed(one: ToldRewards) -> Row:
    """The commission rate as observed; what the reward row says, where it does, is the better witness."""
    said = [item.rate_bps for item in one.recipients.values() if isinstance(item, Paid) and item.rate_bps is not None]
    if said:
        return {"commission_bps": said[0], "commission_source": ROW}
    if not one.states:
        return {}
    return {"commission_bps": one.states[0].commission_bps, "commission_source": one.states[0].commission_source.value}


def _rates(one: ToldRewards) -> tuple[int, ...]:
    """Rates that may have been applied, the likeliest first: the chain looks one to two epochs back (SIMD-0249)."""
    return tuple(dict.fromkeys(state.commission_bps for state in reversed(one.states)))


def _alone(recipient: str, one: ToldRewards, paid: Paid) -> Row:
    """The row of an account that collects for this validator only, as far as the operator's validators go."""
    row: Row = {"commission": paid.lamports, "method": paid.method, "state": FigureState.FINAL.value}
    if paid.contradiction is not None:
        row["reason"] = f"{paid.contradiction}, which counts: it fits the commission and the stakers' rewards"
    if one.stakers.rewards is None or one.stakers.state is not FigureState.FINAL:
        if paid.contradiction is not None:
            return _undecided(paid.contradiction, "its stakers' rewards, which would tell, are not known").columns
        return row | ({} if paid.rate_bps is None else {"applied_commission_bps": paid.rate_bps})
    split = (paid.lamports, one.stakers.rewards, len(one.stakers.parts))
    rates = _rates(one) if paid.rate_bps is None else (paid.rate_bps,)
    applied = implied_rate(*split) if paid.rate_bps is None else paid.rate_bps
    if any(fits(*split, rate) for rate in rates):
        return row | {"applied_commission_bps": applied}
    if paid.contradiction is not None:
        return _undecided(paid.contradiction, f"neither is proved by a commission of {_in_words(rates)}").columns
    if rates and recipient != one.validator_key:
        return _among_strangers(recipient, one, paid)
    if not paid.in_block and not _is_some_split(split, bool(rates)):
        # One witness, against what was observed: an answer in another's place looks like this.
        said = f"the node says {recipient} received {paid.lamports}"
        return _undecided(said, f"no commission explains that ({_in_words(rates)}), and no block was read").columns
    if rates:
        one.warnings.append(
            f"{one.validator_key}: its reward row implies {implied_rate(*split)} bps of commission; observed were"
            f" {_in_words(rates)}"
        )
    return row | {"applied_commission_bps": applied}


def _is_some_split(split: tuple[int, int, int], observed: bool) -> bool:
    """Whether a commission in whole bps explains the amounts; where another was observed, nothing and all do not."""
    found = rates_that_fit(*split)
    return any(0 < rate < BPS_WHOLE for rate in found) if observed else bool(found)


def _undecided(said: str, why: str) -> Missing:
    return Missing(FigureState.UNAVAILABLE, f"{said}; {why}")


def _among_strangers(recipient: str, one: ToldRewards, paid: Paid) -> Row:
    """A collector that received more than this validator can have earned it collects for validators of others too."""
    rates = _rates(one)
    if paid.contradiction is not None:
        return _undecided(paid.contradiction, "and it is shared by several validators").columns
    bounds = commission_bounds(one.parts, rates[0])
    if len(rates) > 1 or bounds.high is None or bounds.low > paid.lamports:
        reason = (
            f"{recipient} received {paid.lamports}, which no observed commission of this validator explains"
            f" ({_in_words(rates)}): it is shared with others, or the commission changed"
        )
        return Missing(FigureState.UNAVAILABLE, reason).columns
    reason = (
        f"RECOMPUTED: {recipient} received {paid.lamports} for several validators, not all of them the operator's; at"
        f" {rates[0]} bps its stakers' parts prove {bounds.low} to {bounds.high}, of which the least is taken"
    )
    return {
        "commission": bounds.low,
        "method": RECOMPUTED,
        "applied_commission_bps": rates[0],
        "state": FigureState.FINAL.value,
        "reason": reason,
    }


def _together(recipient: str, sharing: Sequence[ToldRewards], paid: Paid) -> Mapping[str, Row]:
    """The row of an account that collects for several of the operator's validators."""
    unknown = [one for one in sharing if one.stakers.state is not FigureState.FINAL or not _rates(one)]
    names = ", ".join(one.validator_key for one in sharing)
    if unknown:
        first = unknown[0]
        state = FigureState.UNAVAILABLE if first.stakers.state is FigureState.FINAL else first.stakers.state
        why = first.stakers.reason if state is not FigureState.UNAVAILABLE else "its commission was not observed"
        reason = (
            f"{recipient} received {paid.lamports} for {names} together; it cannot be split, because of"
            f" {first.validator_key}: {why}"
        )
        return {one.validator_key: Missing(state, reason).columns for one in sharing}
    claims = [CollectorClaim(one.validator_key, one.parts, _rates(one)) for one in sharing]
    split = split_collector(paid.lamports, claims)
    if split is None:
        return {one.validator_key: _among_strangers(recipient, one, paid) for one in sharing}
    return {
        one.validator_key: {
            "commission": split.commissions[one.validator_key],
            "method": RECOMPUTED,
            "applied_commission_bps": split.rates[one.validator_key],
            "state": FigureState.FINAL.value,
            "reason": (
                f"RECOMPUTED: {recipient} received {paid.lamports} for {names} together; its part follows from its"
                f" stakers' parts at {split.rates[one.validator_key]} bps, exact to {split.unsure}"
                + ("" if paid.contradiction is None else f"; {paid.contradiction}, which the split proves")
            ),
        }
        for one in sharing
    }


def _in_words(rates: Sequence[int]) -> str:
    return " or ".join(f"{rate} bps" for rate in rates) or "none observed"
