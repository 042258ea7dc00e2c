"""A rule's share of a validator as lines: one for the validator or one per wallet, overridden, and what each claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.overrides import LineOverrides
from aurora_pipeline.commissions.rules import RuleResult, Share
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.foundation.money import share_in_order, total
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber


@dataclass(slots=True)
class LineSplit:
    """The lines of one rule for one validator, side by side in the order of their wallets."""

    result: RuleResult
    share: Share
    own_id: str
    """The id of the validator's own line, also where wallet lines replace it."""
    wallets: Sequence[str]
    """One empty name where the validator has its own line."""
    weights: Sequence[Amount] | None
    computed: Sequence[Amount | None]
    cuts: Sequence[Amount]
    overrides: Sequence[Amount | None] | None
    """None: no line is overridden."""
    finals: Sequence[Amount | None]
    """Of the lines themselves; a cut stands on a line of its own."""
    claims: Sequence[Amount | None]
    """What each claims of the component that pays: min(final, computed after the cut); None: not known."""
    held: bool = False
    """Whether the component cannot pay what is claimed of it: then every line with a positive claim waits."""
    held_reason: str | None = None

    @property
    def claim(self) -> Amount | None:
        """What all of them claim; None while one is not known."""
        return None if None in self.claims else total(cast("Sequence[Amount]", self.claims))

    @property
    def excess(self) -> Amount | None:
        """What overrides pay above the computed amounts, which the operator guarantees; None while not known."""
        if self.overrides is None:
            return ZERO
        if None in self.claims:
            return None if any(override is not None for override in self.overrides) else ZERO
        return total(
            override - (claim or ZERO)
            for override, claim in zip(self.overrides, self.claims, strict=True)
            if override is not None and not (self.held and claim)
        )


def split(
    chain_id: str, epoch: EpochNumber, result: RuleResult, share: Share, line_overrides: LineOverrides
) -> LineSplit:
    """The lines of one share. Wallet lines replace the validator's and share its amounts exactly."""
    own_id = line_id(*result.key, share.validator_key, "", chain_id, epoch, LineKind.LINE.value)
    wallets: Sequence[str] = ("",)
    weights: Sequence[Amount] | None = None
    computed: Sequence[Amount | None] = (share.computed,)
    cuts: Sequence[Amount] = (share.cut,)
    if result.rule.wallet_attribution and share.wallets and share.computed is not None:
        wallets, weights = share.wallets, share.wallet_weights
        parts = share_in_order(share.computed, weights)
        computed = parts
        cuts = share_in_order(share.cut, parts)
    overrides = _overrides(result, share, wallets, weights, computed, line_overrides)
    if overrides is None:
        claims = computed if not share.cut else _after(computed, cuts)
        return LineSplit(result, share, own_id, wallets, weights, computed, cuts, None, computed, claims)
    finals = [amount if override is None else override for amount, override in zip(computed, overrides, strict=True)]
    claims = [
        None if due is None else due if override is None else min(override, due)
        for due, override in zip(_after(computed, cuts), overrides, strict=True)
    ]
    return LineSplit(result, share, own_id, wallets, weights, computed, cuts, overrides, finals, claims)


def _after(computed: Sequence[Amount | None], cuts: Sequence[Amount]) -> list[Amount | None]:
    return [None if amount is None else amount - cut for amount, cut in zip(computed, cuts, strict=True)]


def _overrides(
    result: RuleResult,
    share: Share,
    wallets: Sequence[str],
    weights: Sequence[Amount] | None,
    computed: Sequence[Amount | None],
    line_overrides: LineOverrides,
) -> Sequence[Amount | None] | None:
    if share.override is not None:
        return (share.override,) if weights is None else share_in_order(share.override, weights)
    named = line_overrides.of(*result.key, share.validator_key)
    if not named:
        return None
    found: list[Amount | None] = []
    for wallet, amount in zip(wallets, computed, strict=True):
        override = named.get(wallet)
        if override is not None:
            line_overrides.meet(override, amount)
        found.append(None if override is None else override.amount)
    return found
