"""Who received a validator's commission, and how much of it is the validator's.

A vote account has a reward row, be it of 0 lamports, whenever any of its stakers was paid and no other account collects
for it. So where no account that may collect has a row, the commission is zero if nobody was paid, and not known if
somebody was. An account that collects for several validators has one row, their sum (SIMD-0232): it is shared out by
recomputation, and the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.solana.amounts import NOTHING
from aurora_pipeline.sources.solana.commission import (
    CollectorClaim,
    commission_bounds,
    fits,
    implied_rate,
    rates_that_fit,
    split_collector,
)
from aurora_pipeline.sources.solana.paid import NO_REWARD, RECOMPUTED, Commission, Paid, ToldRewards
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState

ROW = "ROW"


def commissions(told: Sequence[ToldRewards]) -> dict[str, Commission]:
    """Every validator's commission."""
    rows: dict[str, Commission] = {}
    sharing: dict[str, list[tuple[ToldRewards, Paid]]] = {}
    for one in told:
        found = _recipient(one)
        if isinstance(found, Missing):
            rows[one.validator_key] = _observed(one).lacking(found)
        elif found is None:
            rows[one.validator_key] = _nobody_collected(one)
        else:
            sharing.setdefault(found[0], []).append((one, found[1]))
    for recipient, claimants in sharing.items():
        if len(claimants) == 1:
            one, paid = claimants[0]
            rows[one.validator_key] = _alone(_collected(one, recipient), recipient, one, paid)
        else:
            rows |= _together(recipient, [one for one, _ in claimants], claimants[0][1])
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


def _nobody_collected(one: ToldRewards) -> Commission:
    lack = _why_somebody_should_have(one)
    seen = _observed(one)
    return (
        replace(seen, state=FigureState.FINAL, reason=NO_REWARD, amount=NOTHING) if lack is None else seen.lacking(lack)
    )


def _why_somebody_should_have(one: ToldRewards) -> Missing | None:
    """Why that no account has a row does not mean that nobody received commission; None where it does."""
    if one.stakers.anybody_paid:
        reason = (
            f"stakers were paid, but {' and '.join(_candidates(one))} has no reward row: another account collects its"
            " commission, or it was burned"
        )
        return Missing(FigureState.UNAVAILABLE, reason)
    if one.stakers.state is not FigureState.FINAL:
        detail = "no account that may collect has a reward row, and it is not known whether stakers were paid"
        return missing(one.fetch, detail)
    if one.withheld is not None:
        names = " and ".join(_candidates(one))
        reason = f"{one.withheld}, and nobody was paid: it keeps everything, but {names} has no reward row"
        return Missing(FigureState.UNAVAILABLE, reason)
    return None


def _collected(one: ToldRewards, recipient: str) -> Commission:
    return replace(_observed(one), recipient_key=recipient)


def _observed(one: ToldRewards) -> Commission:
    """The commission rate as observed; what the reward row says, where it does, is the better witness."""
    said = [item.rate_bps for item in one.recipients.values() if isinstance(item, Paid) and item.rate_bps is not None]
    if said:
        return Commission(observed_bps=said[0], observed_by=ROW)
    if not one.states:
        return Commission()
    seen = one.states[0]
    return Commission(observed_bps=seen.commission_bps, observed_by=seen.commission_source.value)


def _rates(one: ToldRewards) -> tuple[Bps, ...]:
    """Rates that may have been applied, the likeliest first: the chain looks one to two epochs back (SIMD-0249)."""
    return tuple(dict.fromkeys(state.commission_bps for state in reversed(one.states)))


def _alone(seen: Commission, recipient: str, one: ToldRewards, paid: Paid) -> Commission:
    """The row of an account that collects for this validator only, as far as the operator's validators go."""
    row = replace(seen, amount=paid.lamports, method=paid.method, state=FigureState.FINAL)
    if paid.contradiction is not None:
        reason = f"{paid.contradiction}, which counts: it fits the commission and the stakers' rewards"
        row = replace(row, reason=reason)
    if one.stakers.rewards is None or one.stakers.state is not FigureState.FINAL:
        if paid.contradiction is not None:
            why = "its stakers' rewards, which would tell, are not known"
            return seen.lacking(_undecided(paid.contradiction, why))
        return replace(row, applied_bps=paid.rate_bps)
    split = (paid.lamports, one.stakers.rewards, len(one.stakers.parts))
    rates = _rates(one) if paid.rate_bps is None else (paid.rate_bps,)
    applied = implied_rate(*split) if paid.rate_bps is None else paid.rate_bps
    if any(fits(*split, rate) for rate in rates):
        return replace(row, applied_bps=applied)
    if paid.contradiction is not None:
        why = f"neither is proved by a commission of {_in_words(rates)}"
        return seen.lacking(_undecided(paid.contradiction, why))
    if rates and recipient != one.validator_key:
        return _among_strangers(seen, recipient, one, paid)
    if not paid.in_block and not _is_some_split(split, bool(rates)):
        # One witness, against what was observed: an answer in another's place looks like this.
        said = f"the node says {recipient} received {paid.lamports}"
        why = f"no commission explains that ({_in_words(rates)}), and no block was read"
        return seen.lacking(_undecided(said, why))
    if rates:
        one.warnings.append(
            f"{one.validator_key}: its reward row implies {implied_rate(*split)} bps of commission; observed were"
            f" {_in_words(rates)}"
        )
    return replace(row, applied_bps=applied)


def _is_some_split(split: tuple[Lamports, Lamports, int], observed: bool) -> bool:
    """Whether a commission in whole bps explains the amounts; where another was observed, nothing and all do not."""
    found = rates_that_fit(*split)
    return any(0 < rate < BPS_WHOLE for rate in found) if observed else bool(found)


def _undecided(said: str, why: str) -> Missing:
    return Missing(FigureState.UNAVAILABLE, f"{said}; {why}")


def _among_strangers(seen: Commission, recipient: str, one: ToldRewards, paid: Paid) -> Commission:
    """A collector that received more than this validator can have earned it collects for validators of others too."""
    rates = _rates(one)
    if paid.contradiction is not None:
        return seen.lacking(_undecided(paid.contradiction, "and it is shared by several validators"))
    bounds = commission_bounds(one.parts, rates[0])
    if len(rates) > 1 or bounds.high is None or bounds.low > paid.lamports:
        reason = (
            f"{recipient} received {paid.lamports}, which no observed commission of this validator explains"
            f" ({_in_words(rates)}): it is shared with others, or the commission changed"
        )
        return seen.lacking(Missing(FigureState.UNAVAILABLE, reason))
    reason = (
        f"RECOMPUTED: {recipient} received {paid.lamports} for several validators, not all of them the operator's; at"
        f" {rates[0]} bps its stakers' parts prove {bounds.low} to {bounds.high}, of which the least is taken"
    )
    return replace(
        seen, amount=bounds.low, method=RECOMPUTED, applied_bps=rates[0], state=FigureState.FINAL, reason=reason
    )


def _together(recipient: str, sharing: Sequence[ToldRewards], paid: Paid) -> Mapping[str, Commission]:
    """The row of an account that collects for several of the operator's validators."""
    seen = {one.validator_key: _collected(one, recipient) for one in sharing}
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
        return {key: row.lacking(Missing(state, reason)) for key, row in seen.items()}
    claims = [CollectorClaim(one.validator_key, one.parts, _rates(one)) for one in sharing]
    split = split_collector(paid.lamports, claims)
    if split is None:
        return {one.validator_key: _among_strangers(seen[one.validator_key], recipient, one, paid) for one in sharing}
    return {
        key: replace(
            row,
            amount=split.commissions[key],
            method=RECOMPUTED,
            applied_bps=split.rates[key],
            state=FigureState.FINAL,
            reason=(
                f"RECOMPUTED: {recipient} received {paid.lamports} for {names} together; its part follows from its"
                f" stakers' parts at {split.rates[key]} bps, exact to {split.unsure}"
                + ("" if paid.contradiction is None else f"; {paid.contradiction}, which the split proves")
            ),
        )
        for key, row in seen.items()
    }


def _in_words(rates: Sequence[Bps]) -> str:
    return " or ".join(f"{rate} bps" for rate in rates) or "none observed"
