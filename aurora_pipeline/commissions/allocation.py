"""Who pays: every component divided to the unit among the lines that claim of it and the operator, or held as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from aurora_pipeline.commissions.identity import line_id, part_id
from aurora_pipeline.commissions.revenue import Revenue
from aurora_pipeline.commissions.rules import PARTIAL, RuleResult
from aurora_pipeline.commissions.splitting import LineSplit
from aurora_pipeline.commissions.tables import OPERATOR_GUARANTEE, LineKind, Party
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber
from aurora_pipeline.store.declaration import FigureState

Row = dict[str, Any]

_NAMED_ON_LINES = 8
"""A line names at most this many other rules; the HELD part names all, so that reasons do not grow with lines."""


def by_payer(splits: Iterable[LineSplit]) -> dict[tuple[str, str], list[LineSplit]]:
    """The shares that each component of each validator is to pay."""
    found: dict[tuple[str, str], list[LineSplit]] = defaultdict(list)
    for item in splits:
        found[item.share.validator_key, item.share.funding.component].append(item)
    return found


def hold_over_claims(revenue: Revenue, claimants: Sequence[LineSplit]) -> str | None:
    """Hold every line with a positive claim where more is claimed than there is; returns who claims what, all named."""
    if revenue.amount is None:
        return None
    claims: dict[str, Amount] = defaultdict(lambda: ZERO)
    for item in claimants:
        agreement_id, rule_key = item.result.key
        claims[f"{agreement_id}/{rule_key}"] += total(claim or ZERO for claim in item.claims)
    claimed = total(claims.values())
    if claimed <= revenue.amount:
        return None
    start = f"HELD: {revenue.component} of {revenue.validator_key} is {revenue.amount}, {claimed} is claimed: "
    named = [f"{name} claims {claim}" for name, claim in claims.items() if claim]
    shown = ", ".join(named[:_NAMED_ON_LINES])
    if len(named) > _NAMED_ON_LINES:
        shown += f" and {len(named) - _NAMED_ON_LINES} more, all named on its part in revenue_allocation"
    for item in claimants:
        item.held, item.held_reason = True, start + shown
    return start + ", ".join(named)


def parts_of(
    chain_id: str, epoch: EpochNumber, revenue: Revenue, claimants: Sequence[LineSplit], held: str | None
) -> Iterator[Row]:
    """The component divided: one HELD or UNKNOWN part, else a part per share and what the operator keeps.

    What a share claims that is not known yet, and what the operator keeps of it, is one UNKNOWN part until it is.
    """

    def rest(party: Party, amount: Amount | None, reason: str | None, state: str = revenue.state) -> Row:
        whole = (chain_id, epoch, revenue.validator_key, revenue.component.value)
        row = dict(zip(("chain_id", "epoch", "validator_key", "component"), whole, strict=True))
        identity = part_id(*whole, party.value)
        return row | {
            "part_id": identity,
            "party": party.value,
            "partner_id": None,
            "amount": amount,
            "state": state,
            "reason": reason,
        }

    if revenue.amount is None:
        yield rest(Party.UNKNOWN, None, revenue.in_words)
        return
    if held is not None:
        yield rest(Party.HELD, revenue.amount, held)
        return
    left = revenue.amount
    unknown: list[str] = []
    for item in claimants:
        claim = item.claim
        if claim is None:
            unknown.append("/".join(item.result.key))
            continue
        left -= claim
        yield _to_partner(chain_id, epoch, item, revenue.component.value, claim, revenue.state, revenue.in_words)
    if unknown:
        yield rest(Party.UNKNOWN, left, f"not known yet what it claims: {', '.join(unknown)}", PARTIAL)
    else:
        yield rest(Party.OPERATOR, left, revenue.in_words)


def guarantees(
    chain_id: str, epoch: EpochNumber, splits: Iterable[LineSplit], results: Iterable[RuleResult]
) -> Iterator[Row]:
    """What the operator pays from no component: what overrides add to computed amounts, and top-ups."""
    for item in splits:
        excess = item.excess
        if excess is None:
            reason = "not known how much of the override the component pays"
            yield _to_partner(chain_id, epoch, item, OPERATOR_GUARANTEE, None, PARTIAL, reason)
        elif excess:
            yield _to_partner(
                chain_id, epoch, item, OPERATOR_GUARANTEE, excess, item.share.state, "override above what is computed"
            )
    for result in results:
        if result.top_up == 0 or result.override is not None:
            continue
        agreement_id, rule_key = result.key
        identity = line_id(agreement_id, rule_key, "", "", chain_id, epoch, LineKind.FLOOR_TOP_UP.value)
        yield {
            "chain_id": chain_id,
            "epoch": epoch,
            "validator_key": "",
            "component": OPERATOR_GUARANTEE,
            "part_id": identity,
            "party": Party.LINE.value,
            "partner_id": result.agreement.partner_id,
            "amount": result.top_up,
            "state": top_up_state(result),
            "reason": top_up_reason(result),
        }


def top_up_state(result: RuleResult) -> str:
    """The state of a rule's FLOOR_TOP_UP, which rests on every one of its lines."""
    is_final = result.top_up is not None and all(share.state == FigureState.FINAL for share in result.shares)
    return FigureState.FINAL.value if is_final else PARTIAL


def top_up_reason(result: RuleResult) -> str | None:
    """Why a FLOOR_TOP_UP is not final."""
    if top_up_state(result) == FigureState.FINAL:
        return None
    return result.doubt or next((share.reason for share in result.shares if share.state != FigureState.FINAL), None)


def _to_partner(
    chain_id: str,
    epoch: EpochNumber,
    item: LineSplit,
    component: str,
    amount: Amount | None,
    state: str,
    reason: str | None,
) -> Row:
    return {
        "chain_id": chain_id,
        "epoch": epoch,
        "validator_key": item.share.validator_key,
        "component": component,
        # The id of the validator's own line, also where wallet lines took its place: reporting moves no money.
        "part_id": item.own_id,
        "party": Party.LINE.value,
        "partner_id": item.result.agreement.partner_id,
        "amount": amount,
        "state": state,
        "reason": reason,
    }
