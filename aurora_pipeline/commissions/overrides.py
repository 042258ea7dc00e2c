"""Overrides: which lines and rules they state the pay of, and what became of those that state nothing any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.terms import Override
from aurora_pipeline.commissions.errors import OverrideNotApplicable
from aurora_pipeline.commissions.rules import PARTIAL, RuleResult
from aurora_pipeline.foundation.money import amount, share_in_order
from aurora_pipeline.foundation.units import ZERO, Amount

_NONE: dict[str, Override] = {}


@dataclass
class LineOverrides:
    """Overrides of single lines by (agreement, rule, validator) and wallet, and what was found about all of them."""

    by_share: dict[tuple[str, str, str], dict[str, Override]]
    met: set[int] = field(default_factory=set)
    """`id` of those that found their line."""
    warnings: list[str] = field(default_factory=list)
    unmet: list[Override] = field(default_factory=list)
    """Those without a target: each blocks the statement of its agreement's partner."""

    def of(self, agreement_id: str, rule_key: str, validator_key: str) -> dict[str, Override]:
        """The overrides of a rule's lines on a validator, by wallet."""
        return self.by_share.get((agreement_id, rule_key, validator_key), _NONE)

    def meet(self, override: Override, computed: Amount | None) -> None:
        """An override found its line."""
        self.met.add(id(override))
        self.warn_if_stale(override, computed)

    def warn_if_stale(self, override: Override, computed: Amount | None) -> None:
        """Flag an override that was decided on another computed amount than today's."""
        if override.computed_seen != computed:
            self.warnings.append(
                f"{override.in_words} is stale: {_shown(override.computed_seen)} was computed when it was decided,"
                f" now {_shown(computed)} is"
            )

    def close(self) -> None:
        """Say which overrides found no line, once all lines are there."""
        for overrides in self.by_share.values():
            self.unmet += [override for override in overrides.values() if id(override) not in self.met]
        self.unmet.sort(key=lambda override: override.in_words)
        self.warnings += [f"{override.in_words} has no target: nothing of it is paid" for override in self.unmet]


def apply_to_rules(results: Sequence[RuleResult], overrides: Iterable[Override]) -> LineOverrides:
    """Share what is paid for whole rules over their validators; hand back the overrides of single lines.

    Of a rule whose total is overridden no line can be: such an override is without a target.
    """
    by_key = {result.key: result for result in results}
    totals: dict[tuple[str, str], Override] = {}
    lines: dict[tuple[str, str, str], dict[str, Override]] = defaultdict(dict)
    for override in overrides:
        amount(override.amount, override.in_words)
        key = (override.agreement_id, override.rule_key)
        if override.target is OverrideTarget.RULE:
            is_second = totals.setdefault(key, override) is not override
        else:
            of_share = lines[*key, override.validator_key]
            is_second = of_share.setdefault(override.wallet_address, override) is not override
        if override.amount < 0 or is_second:
            problem = "is negative" if override.amount < 0 else "is given twice"
            raise OverrideNotApplicable(f"{override.in_words} {problem}", "take it back, or state another amount")
    found = LineOverrides(lines)
    for key, override in totals.items():
        result = by_key.get(key)
        if result is None or not result.shares:
            found.unmet.append(override)
            continue
        found.warn_if_stale(override, result.computed)
        _share_total(result, override)
        for validator_key in {share.validator_key for share in result.shares}:
            found.unmet += lines.pop((*key, validator_key), {}).values()
    return found


def _share_total(result: RuleResult, override: Override) -> None:
    """By computed amounts; where one is not known the shares can still move, the total can't."""
    result.override = override.amount
    parts = share_in_order(override.amount, [share.computed or ZERO for share in result.shares])
    for share, part in zip(result.shares, parts, strict=True):
        share.override = part
        if result.missing and share.base is not None:
            share.doubt(PARTIAL, "the overridden total is shared by amounts of which some are not known")


def _shown(computed: Amount | None) -> str:
    return "nothing known" if computed is None else str(computed)
