"""What overrides are about: lines and rules' totals as published, and which overrides rest on an amount that moved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aurora_pipeline.agreements.overrides import RecordedOverride, Target
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.commissions.errors import LineNotOverridable, LineUnknown
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber
from aurora_pipeline.store.database import Connection

_RULE = re.compile(r"([a-z0-9][a-z0-9._-]*)/([a-z0-9][a-z0-9._-]*)@([a-z0-9][a-z0-9-]*):([0-9]+)\Z")
_PADDING = re.compile(":0*(?=[0-9])")
_LINES = """
SELECT count(*) FILTER (WHERE kind = 'LINE') AS lines, sum(computed) FILTER (WHERE kind = 'LINE') AS computed,
       sum(final) AS paid, count(*) FILTER (WHERE final IS NULL) AS unknown, count(*) FILTER (WHERE held) AS held
FROM partner_commission_lines
WHERE chain_id = %(chain_id)s AND epoch = %(epoch)s AND agreement_id = %(agreement_id)s AND rule_key = %(rule_key)s
  AND (%(target)s = 'RULE' OR (validator_key = %(validator_key)s AND wallet_address = %(wallet_address)s))
"""


class OverrideStanding(StrEnum):
    """How an override stands to what is computed now."""

    HOLDS = "holds"
    STALE = "stale"
    """The computed amount is another than the one that was seen."""
    VANISHED = "vanished"
    """Nothing that is published has that key: it pays nobody."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class FoundTarget:
    """A target that is published, and what is computed for it before cap and floor; None where that is not known."""

    target: Target
    computed: Amount | None
    paid: Amount | None
    """What it comes to now: after cap and floor, or as an earlier override says; None where that is not known."""
    held: int
    """How many of its lines are HELD: nothing of these is paid until the terms are settled."""


@dataclass(frozen=True)
class Judged:
    """An override and what is computed for its target now."""

    override: RecordedOverride
    computed: Amount | None
    standing: OverrideStanding


def line_id_of(target: Target) -> str | None:
    """The id that the line of a target has, or would have; None for a rule's total."""
    if target.target is OverrideTarget.RULE:
        return None
    names = (target.agreement_id, target.rule_key, target.validator_key, target.wallet_address)
    return line_id(*names, target.chain_id, target.epoch, LineKind.LINE.value)


def named_target(targets: Iterable[Target], text: str) -> Target | None:
    """The one of some targets that a text names: as `name` does, or by its line's id or the beginning of it."""
    wanted = " ".join(_PADDING.sub(":", text).split())
    beginning = text.strip().lower().replace("-", "")
    found = [
        target
        for target in targets
        if _PADDING.sub(":", target.name) == wanted
        or (len(beginning) >= 4 and (line_id_of(target) or "").replace("-", "").startswith(beginning))
    ]
    return found[0] if len(found) == 1 else None


def names_rule(text: str) -> bool:
    """Whether a text names a rule's total, like acme-2026/tips@solana-mainnet:850, and not a line."""
    return "@" in text


def rule_target(connection: Connection, text: str) -> FoundTarget:
    """The rule's total that a text names; raises where no line of the rule is in force in that period."""
    match = _RULE.match(text.strip())
    if match is None:
        raise NotUnderstood(
            f"{text!r} names no rule of a period",
            "write it like acme-2026/tips@solana-mainnet:850, or give a line's id",
        )
    target = Target(OverrideTarget.RULE, match[1], match[2], match[3], EpochNumber(int(match[4])))
    found = _published(connection, target)
    if found is None:
        raise LineUnknown(
            f"no line of the rule {target.name} is in force; nothing was written",
            f"see which rules have lines: SELECT DISTINCT agreement_id, rule_key FROM partner_commission_lines"
            f" WHERE chain_id = '{target.chain_id}' AND epoch = {target.epoch}",
        )
    return found


def line_target(connection: Connection, identifier: str) -> FoundTarget:
    """The line of an id; raises where it is not in force, or is what a cap or floor made."""
    row = connection.execute(
        """SELECT agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, kind
           FROM partner_commission_lines WHERE line_id = %s""",
        [identifier],
    ).fetchone()
    if row is None:
        raise LineUnknown(
            f"the line {identifier} is not in force: it was superseded or rejected; nothing was written",
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
        raise LineNotOverridable(
            f"the line {identifier} is a {row['kind']}: what a floor or cap made is never overridden;"
            " nothing was written",
            f"override the line it belongs to, or the rule's total: {rule}",
        )
    found = _published(connection, target)
    assert found is not None  # the line was just read
    return found


def judge(connection: Connection, overrides: Sequence[RecordedOverride]) -> list[Judged]:
    """Overrides and what is computed for their targets now."""
    return [_judged(connection, override) for override in overrides]


def _judged(connection: Connection, override: RecordedOverride) -> Judged:
    found = _published(connection, override.target)
    computed = None if found is None else found.computed
    if override.amount is None:
        standing = OverrideStanding.WITHDRAWN
    elif found is None:
        standing = OverrideStanding.VANISHED
    else:
        standing = OverrideStanding.HOLDS if computed == override.computed_seen else OverrideStanding.STALE
    return Judged(override, computed, standing)


def _published(connection: Connection, target: Target) -> FoundTarget | None:
    """What is computed for a target now; of a rule, the sum of its lines as far as known, before its cap and floor."""
    row = connection.execute(_LINES, target.key).fetchone()
    assert row is not None  # an aggregate gives one row
    if row["lines"] == 0:
        return None
    unknown = ZERO if target.target is OverrideTarget.RULE else None
    computed = unknown if row["computed"] is None else stored_amount(row["computed"])
    return FoundTarget(target, computed, None if row["unknown"] else stored_amount(row["paid"]), row["held"])
