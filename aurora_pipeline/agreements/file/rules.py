"""The rules of an agreements file as values: amounts in base units, tiers without gaps; each mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from aurora_pipeline.agreements.file.document import AgreementEntry, RuleEntry, TiersEntry, is_exact
from aurora_pipeline.agreements.tables import TierMode, Window
from aurora_pipeline.agreements.terms import Clamp, Rule, Tier, Tiers, refusals
from aurora_pipeline.agreements.units import AmountRefused, ChainUnits
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.yaml_file import KeyPath, YamlFile
from aurora_pipeline.foundation.units import ZERO, Amount, Bps

_SHOWN_AT_MOST = 20
_PLACES = {"rate": "rate_bps", "metric": "tiers"}
"""Where a refusal's field stands in the file, where that is not its own name."""


@dataclass(frozen=True)
class Surroundings:
    """What rules are checked against: the chains and who runs on them."""

    units: Mapping[str, ChainUnits]
    operated: Mapping[str, Collection[str]]
    """The registered validators of each chain."""


def written_rules(
    file: YamlFile,
    base: KeyPath,
    entry: AgreementEntry,
    around: Surroundings,
    paid_by_epoch: Callable[[str], bool],
) -> tuple[Rule, ...] | None:
    """The rules of an entry as values; None where one cannot be, with every reason among the file's mistakes.

    `paid_by_epoch` says of a chain whether the partner is paid by EPOCH there while the rules hold.
    """
    rules = [
        _rule(file, (*base, "rules", place), place + 1, rule, around, paid_by_epoch)
        for place, rule in enumerate(entry.rules)
    ]
    sound = [rule for rule in rules if rule is not None]
    return tuple(sound) if len(sound) == len(rules) else None


def falling_rates(entry: AgreementEntry) -> Iterator[int]:
    """Places (from 0) of rules that can pay less for a larger base: VOLUME tiers whose rates fall."""
    for place, rule in enumerate(entry.rules):
        if rule.tiers is not None and rule.tiers.mode is TierMode.VOLUME:
            rates = [step.rate_bps for step in rule.tiers.steps]
            if any(higher < lower for lower, higher in pairwise(rates)):
                yield place


def _rule(
    file: YamlFile,
    path: KeyPath,
    order: int,
    entry: RuleEntry,
    around: Surroundings,
    paid_by_epoch: Callable[[str], bool],
) -> Rule | None:
    before = len(file.found)
    units = _check_chain(file, path, entry, around)
    _check_validator(file, path, entry, around)
    tiers = None if entry.tiers is None else _tiers(file, (*path, "tiers"), entry.tiers, units)
    rule = Rule(
        rule_key=entry.rule,
        rule_order=order,
        chain_id=entry.chain,
        validator_key=entry.validator,
        revenue_component=entry.component,
        attribution_method=entry.method,
        commission_rate_bps=None if entry.rate_bps is None else Bps(entry.rate_bps),
        basis=entry.basis,
        stacks=entry.stacks,
        tiers=tiers,
        floor=_clamp(file, path, "floor", entry.floor, entry.floor_window, units),
        cap=_clamp(file, path, "cap", entry.cap, entry.cap_window, units),
        carry_losses=entry.carry_losses,
        funded_by=entry.funded_by,
        wallet_attribution=entry.wallet_attribution,
    )
    # A missing chain was told above, with the amount that needs it.
    judged = rule if rule.chain_id is not None else replace(rule, chain_id="")
    write = str if units is None else units.write
    for refusal in refusals(judged, entry.chain is not None and paid_by_epoch(entry.chain), write):
        place = (*path, _PLACES.get(refusal.field, refusal.field))
        file.add(place if place in file.lines else path, refusal.problem, refusal.remedy)
    return rule if len(file.found) == before else None


def _check_chain(file: YamlFile, path: KeyPath, entry: RuleEntry, around: Surroundings) -> ChainUnits | None:
    if entry.chain is None:
        amounts = [name for name in ("floor", "cap", "tiers") if getattr(entry, name) is not None]
        if amounts:
            remedy = f"add chain: {did_you_mean('', around.units, 'chain')}; one rule per chain"
            file.add((*path, amounts[0]), "an amount without a chain means nothing", remedy)
        return None
    if entry.chain not in around.units:
        remedy = did_you_mean(entry.chain, around.units, "chain")
        file.add((*path, "chain"), f'unknown chain "{entry.chain}"', remedy)
        return None
    return around.units[entry.chain]


def _check_validator(file: YamlFile, path: KeyPath, entry: RuleEntry, around: Surroundings) -> None:
    """A validator that is named by its key is spelled as its chain's keys are, and somebody runs it."""
    if entry.validator is None or not is_exact(entry):
        return
    chains = [entry.chain] if entry.chain is not None else list(around.units)
    if any(chain not in around.units for chain in chains):
        return
    if any(entry.validator in around.operated.get(chain, ()) for chain in chains):
        return
    if entry.chain is not None:
        traits = around.units[entry.chain].family.traits
        try:
            traits.check_validator_key(entry.validator)
        except ValueError as error:
            remedy = f"give the {traits.validator_key_is} as `aurora validators list` shows it, or a pattern with *"
            file.add((*path, "validator"), str(error), remedy)
            return
    known = [key for chain in chains for key in around.operated.get(chain, ())]
    near = f"{did_you_mean(entry.validator, known, 'validator')}; else" if 0 < len(known) <= _SHOWN_AT_MOST else "or"
    file.add(
        (*path, "validator"),
        f'nobody runs the validator "{entry.validator}" on {entry.chain or "any chain"}',
        f"see `aurora validators list`; {near} register it first with `aurora validators import`",
    )


def _tiers(file: YamlFile, path: KeyPath, entry: TiersEntry, units: ChainUnits | None) -> Tiers:
    """The tiers; where a step is wrong, valid ones instead, so that the rest of the rule is checked too."""
    before = len(file.found)
    steps: list[Tier] = []
    start: Amount | None = ZERO
    for place, step in enumerate(entry.steps):
        here = (*path, "steps", place)
        above, end = (
            _amount(file, (*here, "above"), step.above, units),
            _amount(file, (*here, "up_to"), step.up_to, units),
        )
        if above is not None and start is not None and above != start and units is not None:
            fault = "a gap" if above > start else "an overlap"
            remedy = f"leave out above, or write {units.write(start)}, where the tier before it ends"
            file.add((*here, "above"), f"the tier begins above {step.above}: {fault} in the tiers", remedy)
        if end is not None and start is not None and end <= start:
            file.add((*here, "up_to"), f"the tier ends at {step.up_to}, not above where it begins", "order the tiers")
        is_last = place == len(entry.steps) - 1
        if is_last and step.up_to is not None:
            file.add((*here, "up_to"), "the last tier has to be open: nothing says what is paid above", "remove up_to")
        elif not is_last and step.up_to is None:
            file.add(here, "only the last tier can be open", "add up_to: where the tier ends")
        steps.append(Tier(end, Bps(step.rate_bps)))
        start = end
    if not entry.steps:
        file.add((*path, "steps"), "tiers without a step pay nothing", "write at least one: - {rate_bps: 500}")
    sound = tuple(steps) if len(file.found) == before and units is not None else (Tier(None, Bps(0)),)
    return Tiers(entry.mode, entry.metric, sound)


def _clamp(
    file: YamlFile, path: KeyPath, name: str, text: str | None, window: Window | None, units: ChainUnits | None
) -> Clamp | None:
    if text is None and window is not None:
        file.add((*path, f"{name}_window"), f"a window without a {name}", f"add {name}, or remove {name}_window")
    amount = _amount(file, (*path, name), text, units)
    return None if amount is None else Clamp(amount, window or Window.PERIOD)


def _amount(file: YamlFile, path: KeyPath, text: str | None, units: ChainUnits | None) -> Amount | None:
    """An amount in base units; None without one, or where it or its unit cannot be."""
    if text is None or units is None:
        return None
    try:
        return units.parse(text)
    except AmountRefused as error:
        file.add(path, error.message, error.remedy)
        return None
