"""What terms just written could lead to: claims above 100 %, rules that match nobody, periods to compute again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from aurora_pipeline.agreements.affected_periods import computed_already
from aurora_pipeline.agreements.in_force import TermsHistory
from aurora_pipeline.agreements.matching import is_glob, matches
from aurora_pipeline.agreements.over_claims import RuleClaim, claims_on, most_claimed_bps
from aurora_pipeline.agreements.terms import AgreementInForce
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.database import Connection

_NAMED_AT_MOST = 8
_ANY_OTHER = "any other validator"
"""Means any validator without a rule of its own: only rules for every validator match it. No chain has such a key."""


def foresee(connection: Connection, touched: Collection[str]) -> list[str]:
    """Warnings about agreements that were just written, seen from within the transaction that writes them."""
    warnings: list[str] = []
    for chain_id, (since, until) in _times(connection, touched).items():
        operated = _operated(connection, chain_id)
        history = TermsHistory(connection, chain_id)
        warned: set[str] = set()
        for instant in _changes(connection, since, until):
            terms = history.at(instant)
            for agreement in terms.agreements:
                if agreement.agreement_id in touched and operated:
                    warned.update(_idle_rules(agreement, chain_id, operated))
            warned.update(_over_claims(terms.agreements, chain_id, operated, touched))
        warnings += sorted(warned)
        warnings += computed_already(connection, chain_id, since, until)
    return warnings


def _over_claims(
    agreements: Sequence[AgreementInForce], chain_id: str, operated: Sequence[str], touched: Collection[str]
) -> Iterator[str]:
    """Who could claim more than a whole component of a validator together; once per set of rules, not per validator."""
    named = {
        rule.validator_key
        for agreement in agreements
        for rule in agreement.rules
        if rule.validator_key is not None and not is_glob(rule.validator_key)
    }
    found: dict[tuple[str, ...], tuple[int, Component, list[str]]] = {}
    for validator in [*sorted({*operated, *named}), _ANY_OTHER]:
        paid_from: dict[Component, list[RuleClaim]] = {component: [] for component in Component}
        for claim in claims_on(agreements, chain_id, validator):
            paid_from[claim.rule.funding].append(claim)
        for component, claims in paid_from.items():
            claimed = most_claimed_bps(claims)
            could = claimed is None or claimed > BPS_WHOLE
            if could and any(claim.agreement_id in touched for claim in claims):
                key = (component.value, *(claim.name for claim in claims))
                found.setdefault(key, (-1 if claimed is None else claimed, component, []))[2].append(validator)
    for (_, *rules), (claimed, component, validators) in found.items():
        shown = (
            rules if len(rules) <= _NAMED_AT_MOST else [*rules[:_NAMED_AT_MOST], f"{len(rules) - _NAMED_AT_MOST} more"]
        )
        whom = validators[0] if len(validators) == 1 else f"{validators[0]} and {len(validators) - 1} more"
        verb = "claims" if len(rules) == 1 else "together claim"
        amount = "shares of their clients' rewards, which can be any part" if claimed < 0 else f"up to {claimed} bps"
        yield (
            f"{' and '.join(shown)} {verb} {amount} of {component} of {whom} on {chain_id}: where claims exceed the"
            f" component their lines there will be HELD until the terms change"
        )


def _idle_rules(agreement: AgreementInForce, chain_id: str, operated: Sequence[str]) -> Iterator[str]:
    for rule in agreement.rules:
        if not any(matches(rule, chain_id, validator) for validator in operated):
            yield (
                f"rule {agreement.agreement_id}/{rule.rule_key} matches none of the validators registered on {chain_id}"
                f" (validator: {rule.validator_key}); see `aurora validators list`"
            )


def _times(connection: Connection, touched: Collection[str]) -> dict[str, tuple[datetime, datetime | None]]:
    """Per chain, from when on and until when the versions that were just written hold."""
    times: dict[str, tuple[datetime, datetime | None]] = {}
    rows = connection.execute(
        """SELECT c.chain_id, greatest(v.valid_from, min(e.effective_from)) AS since, v.valid_until AS until
           FROM agreement_versions v
           JOIN agreement_rules r USING (agreement_id, version)
           JOIN chains c ON r.chain_id IS NULL OR c.chain_id = r.chain_id
           JOIN agreement_events e ON e.agreement_id = v.agreement_id AND e.status = 'ACTIVE'
           WHERE v.agreement_id = ANY(%s)
             AND v.version = (SELECT max(version) FROM agreement_versions WHERE agreement_id = v.agreement_id)
           GROUP BY c.chain_id, v.agreement_id, v.version
           ORDER BY c.chain_id""",
        [list(touched)],
    )
    for row in rows:
        since, until = times.get(row["chain_id"], (row["since"], row["until"]))
        is_open = until is None or row["until"] is None
        times[row["chain_id"]] = (min(since, row["since"]), None if is_open else max(until, row["until"]))
    return times


def _changes(connection: Connection, since: datetime, until: datetime | None) -> list[datetime]:
    """The instants in [since, until) at which other terms come into force."""
    rows = connection.execute(
        """SELECT instant FROM (
               SELECT valid_from AS instant FROM agreement_versions
               UNION SELECT valid_until FROM agreement_versions
               UNION SELECT effective_from FROM agreement_events) changes
           WHERE instant > %(since)s AND (%(until)s::timestamptz IS NULL OR instant < %(until)s)
           ORDER BY instant""",
        {"since": since, "until": until},
    )
    return [since, *(row["instant"] for row in rows)]


def _operated(connection: Connection, chain_id: str) -> list[str]:
    rows = connection.execute(
        """SELECT DISTINCT validator_key FROM canonical_validator_identities WHERE chain_id = %s
           ORDER BY validator_key""",
        [chain_id],
    )
    return [row["validator_key"] for row in rows]
