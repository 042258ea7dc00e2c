"""Overrides: what is paid instead of what was computed, named by business key so that it survives recomputation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.agreements.errors import AmountNotAccepted, OverrideConflict, OverrideUnknown
from aurora_pipeline.agreements.others_named import refuse_others_than_of
from aurora_pipeline.agreements.tables import COMMISSION_OVERRIDES, OverrideTarget
from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.decisions.errors import ReasonMissing
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation.money import AMOUNT_MAX, stored_amount_or_none
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.store.database import Connection

TIMES_COMPUTED: Final = 10
"""An override above this many times the computed amount must be confirmed."""


@dataclass(frozen=True)
class Target:
    """What an override is about: one line, or a rule's total in a period (then validator and wallet are empty)."""

    target: OverrideTarget
    agreement_id: str
    rule_key: str
    chain_id: str
    epoch: EpochNumber
    validator_key: str = ""
    wallet_address: str = ""

    @property
    def name(self) -> str:
        """The business key as people write and read it."""
        rule = f"{self.agreement_id}/{self.rule_key}@{PeriodKey(self.chain_id, self.epoch)}"
        return " ".join(part for part in (rule, self.validator_key, self.wallet_address) if part)

    @property
    def key(self) -> dict[str, Any]:
        """The columns that name it."""
        return dict(vars(self))


@dataclass(frozen=True)
class RecordedOverride:
    """The newest override of a target; `amount` is None where it was withdrawn."""

    target: Target
    revision: int
    amount: Amount | None
    computed_seen: Amount | None
    reason: str
    recorded_by: str
    recorded_at: str


def far_above(amount: Amount, computed: Amount | None, units: ChainUnits) -> str | None:
    """Why an amount looks like a typing error and must be confirmed; None where it does not.

    Small amounts need no confirmation, whatever was computed: they harm nobody.
    """
    tenth_of_a_coin = 10 ** max(units.native_decimals - 1, 0)
    if amount <= tenth_of_a_coin:
        return None
    if computed is None:
        return f"{units.write(amount)} would be paid, and what is computed is not known yet"
    if amount <= TIMES_COMPUTED * computed:
        return None
    return f"{units.write(amount)} is more than {TIMES_COMPUTED} times the {units.write(computed)} that was computed"


def record_override(
    connection: Connection,
    target: Target,
    amount: Amount | None,
    computed: Amount | None,
    actor: str,
    reason: str,
    paid: Amount | None = None,
) -> Change | None:
    """Say what is paid for a target, whose computed amount is `computed` now; None where just that is recorded.

    It replaces an earlier override of the same target. Without an amount the target is paid as computed.
    `paid` is what it came to so far, for the sentence: after cap and floor that differs from what was computed.
    """
    if amount is not None and amount < 0:
        raise AmountNotAccepted(f"{amount} is negative", "an override states what is paid: give 0 or more")
    if amount is not None and amount > AMOUNT_MAX:
        raise AmountNotAccepted(f"{amount} exceeds the bound of 10^30 base units", "give a smaller amount")
    recording = Recording.begin(connection, actor, reason)
    recorded = {override.target: override for override in recorded_overrides(connection, target.chain_id, target.epoch)}
    before = recorded.get(target)
    if amount is None and (before is None or before.amount is None):
        raise OverrideUnknown(f"{target.name} has no override", "see `aurora overrides list`")
    if before is not None and (before.amount, before.computed_seen) == (amount, computed):
        return None
    if amount is not None:
        _refuse_both(target, [override for override in recorded.values() if override.amount is not None])
    if not (recording.actor and recording.reason):
        raise ReasonMissing(
            "an override needs to be known who decided it and why; nothing was written",
            'give a reason: --reason "agreed with the partner on 2026-01-15"',
        )
    refuse_others_than_of(connection, recording.reason, target.agreement_id)
    revision = 1 if before is None else before.revision + 1
    recording.write(
        COMMISSION_OVERRIDES,
        {**target.key, "revision": revision, "amount": amount, "computed_seen": computed},
    )
    was = None if before is None else _state(before.revision, before.amount, before.computed_seen)
    write = chain_units(connection)[target.chain_id].write
    now = "withdrawn: paid as computed"
    if amount is not None:
        so_far = computed if paid is None else paid
        now = f"pays {write(amount)} instead of {_shown(so_far, write)}"
        now += "" if computed == so_far else f" ({_shown(computed, write)} was computed)"
    earlier = "" if before is None or before.amount is None else f", before that {write(before.amount)}"
    action = "override.withdrawn" if amount is None else "override.set" if was is None else "override.replaced"
    state = {**target.key, **_state(revision, amount, computed)}
    return recording.note(f"override/{target.name}", action, was, state, [now + earlier])


def recorded_overrides(
    connection: Connection,
    chain_id: str | None = None,
    epoch: EpochNumber | None = None,
    until: datetime | None = None,
) -> list[RecordedOverride]:
    """The newest override of every target, withdrawn ones included; where given, of a chain or period or until then."""
    rows = connection.execute(
        """SELECT DISTINCT ON (chain_id, epoch, agreement_id, rule_key, target, validator_key, wallet_address) *
           FROM commission_overrides
           WHERE (%(chain_id)s::text IS NULL OR chain_id = %(chain_id)s)
             AND (%(epoch)s::bigint IS NULL OR epoch = %(epoch)s)
             AND (%(until)s::timestamptz IS NULL OR recorded_at <= %(until)s)
           ORDER BY chain_id, epoch, agreement_id, rule_key, target, validator_key, wallet_address, revision DESC""",
        {"chain_id": chain_id, "epoch": epoch, "until": until},
    )
    return [
        RecordedOverride(
            Target(
                OverrideTarget(row["target"]),
                row["agreement_id"],
                row["rule_key"],
                row["chain_id"],
                row["epoch"],
                row["validator_key"],
                row["wallet_address"],
            ),
            row["revision"],
            stored_amount_or_none(row["amount"]),
            stored_amount_or_none(row["computed_seen"]),
            row["reason"],
            row["recorded_by"],
            row["recorded_at"].isoformat(),
        )
        for row in rows
    ]


def _refuse_both(target: Target, present: list[RecordedOverride]) -> None:
    """A rule's total and one of its lines cannot both be stated: one of the two would be a lie."""
    for override in present:
        other = override.target
        same_rule = (other.agreement_id, other.rule_key) == (target.agreement_id, target.rule_key)
        if same_rule and other.target is not target.target:
            raise OverrideConflict(
                f"{other.name} is overridden with {override.amount} base units already: the rule's total and its lines"
                " cannot both be stated; nothing was written",
                f'withdraw that one first: `aurora overrides withdraw "{other.name}"`',
            )


def _state(revision: int, amount: Amount | None, computed: Amount | None) -> dict[str, Any]:
    # As text: an amount can have more digits than a reader of JSON keeps in a number.
    return {
        "revision": revision,
        "amount": None if amount is None else str(amount),
        "computed_seen": None if computed is None else str(computed),
    }


def _shown(amount: Amount | None, write: Callable[[Amount], str]) -> str:
    return "an amount that is not known yet" if amount is None else write(amount)
