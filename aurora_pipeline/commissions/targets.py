"""What overrides are about: lines and rules' totals as published, and which overrides rest on an amount that moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aurora_pipeline.agreements.overrides import RecordedOverride, Target
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.periods.key import PeriodKey
from aurora_pipeline.store.database import Connection

_RULE = re.compile(r"([a-z0-9][a-z0-9._-]*)/([a-z0-9][a-z0-9._-]*)@([a-z0-9][a-z0-9-]*):([0-9]+)\Z")
_LINES = """
SELECT count(*) AS lines, sum(computed) AS computed FROM partner_commission_lines
WHERE chain_id = %(chain_id)s AND epoch = %(epoch)s AND agreement_id = %(agreement_id)s AND rule_key = %(rule_key)s
  AND kind = 'LINE' AND (%(target)s = 'RULE'
                         OR (validator_key = %(validator_key)s AND wallet_address = %(wallet_address)s))
"""


class Standing(StrEnum):
    """How an override stands to what is computed now."""

    HOLDS = "holds"
    STALE = "stale"
    """The computed amount is another than the one that was seen."""
    VANISHED = "vanished"
    """Nothing that is published has that key: it pays nobody."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Found:
    """A target that is published, and what is computed for it; None where that is not known."""

    target: Target
    computed: int | None


@dataclass(frozen=True)
class Judged:
    """An override beside what is computed for its target now."""

    override: RecordedOverride
    computed: int | None
    standing: Standing


def names_rule(text: str) -> bool:
    """Whether a text names a rule's total, like acme-2026/tips@solana-mainnet:850, and not a line."""
    return "@" in text


def rule_target(connection: Connection, text: str) -> Found:
    """The rule's total that a text names; raises where no line of the rule is in force in that period."""
    match = _RULE.match(text.strip())
    if match is None:
        raise AuroraError(
            f"{text!r} names no rule of a period",
            "write it like acme-2026/tips@solana-mainnet:850, or give a line's id",
        )
    target = Target(OverrideTarget.RULE, match[1], match[2], match[3], int(match[4]))
    found = _published(connection, target)
    if found is None:
        raise AuroraError(
            f"no line of the rule {target.name} is in force; nothing was written",
            f"see which rules have lines: SELECT DISTINCT agreement_id, rule_key FROM partner_commission_lines"
            f" WHERE chain_id = '{target.chain_id}' AND epoch = {target.epoch}",
        )
    return found


def line_target(connection: Connection, line_id: str) -> Found:
    """The line of an id; raises where it is not in force, or is what a cap or floor made."""
    row = connection.execute(
        """SELECT agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, kind, computed
           FROM partner_commission_lines WHERE line_id = %s""",
        [line_id],
    ).fetchone()
    if row is None:
        raise AuroraError(
            f"the line {line_id} is not in force: it was superseded or rejected; nothing was written",
            "override a line that is: SELECT line_id FROM partner_commission_lines",
        )
    target = Target(
        OverrideTarget.LINE,
        row["agreement_id"],
        row["rule_key"],
        row["chain_id"],
        row["epoch"],
        row["validator_key"],
        row["wallet_address"],
    )
    if row["kind"] != LineKind.LINE:
        rule = f"{row['agreement_id']}/{row['rule_key']}@{PeriodKey(row['chain_id'], row['epoch'])}"
        raise AuroraError(
            f"the line {line_id} is a {row['kind']}: what a floor or cap made is never overridden; nothing was written",
            f"override the line it belongs to, or the rule's total: {rule}",
        )
    return Found(target, None if row["computed"] is None else int(row["computed"]))


def judge(connection: Connection, overrides: Sequence[RecordedOverride]) -> list[Judged]:
    """Overrides beside what is computed for their targets now."""
    return [_judged(connection, override) for override in overrides]


def _judged(connection: Connection, override: RecordedOverride) -> Judged:
    found = _published(connection, override.target)
    computed = None if found is None else found.computed
    if override.amount is None:
        standing = Standing.WITHDRAWN
    elif found is None:
        standing = Standing.VANISHED
    else:
        standing = Standing.HOLDS if computed == override.computed_seen else Standing.STALE
    return Judged(override, computed, standing)


def _published(connection: Connection, target: Target) -> Found | None:
    """What is computed for a target now; of a rule, the sum of its lines as far as known, before its cap and floor."""
    row = connection.execute(_LINES, target.key).fetchone()
    assert row is not None  # an aggregate gives one row
    if row["lines"] == 0:
        return None
    unknown = 0 if target.target is OverrideTarget.RULE else None
    return Found(target, unknown if row["computed"] is None else int(row["computed"]))
