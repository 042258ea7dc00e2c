"""The minimum payouts of an agreements file: what it changes, and from which month on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aurora_pipeline.agreements.file.document import AgreementsFile, PartnerEntry, midnight
from aurora_pipeline.agreements.partners import ALWAYS, KnownPartner, MinimumChange
from aurora_pipeline.agreements.units import AmountRefused, ChainUnits
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.yaml_file import KeyPath
from aurora_pipeline.foundation.units import Amount

Minimums = Mapping[str, Mapping[str, MinimumChange]]
"""By partner and chain."""


def plan_minimums(
    file: AgreementsFile, known: Mapping[str, KnownPartner], chains: Mapping[str, ChainUnits]
) -> Minimums:
    """What the file's partners ask for; what they must not ask for is added to the file's mistakes.

    A `payable_from` that is no month's start is a mistake that `plan_series` has reported.
    """
    planned: dict[str, dict[str, MinimumChange]] = {}
    for base, entry in file.partners.items():
        since = None if entry.payable_from is None else midnight(entry.payable_from)
        if since is not None and since.day != 1:
            continue
        changes = {
            chain_id: _planned(file, base, entry, known.get(entry.partner), chain_id, amount, since)
            for chain_id, amount in _amounts(file, base, entry, chains).items()
        }
        planned[entry.partner] = {chain_id: change for chain_id, change in changes.items() if change is not None}
    return planned


def _amounts(
    file: AgreementsFile, base: KeyPath, entry: PartnerEntry, chains: Mapping[str, ChainUnits]
) -> dict[str, Amount]:
    """The usable amounts of an entry by chain, in base units."""
    found: dict[str, Amount] = {}
    for chain_id, text in entry.minimum_payout.items():
        place = (*base, "minimum_payout", chain_id)
        if chain_id not in chains:
            file.yaml.add(place, f'unknown chain "{chain_id}"', did_you_mean(chain_id, chains, "chain"))
            continue
        try:
            found[chain_id] = chains[chain_id].parse(text)
        except AmountRefused as error:
            file.yaml.add(place, error.message, error.remedy)
    return found


def _planned(
    file: AgreementsFile,
    base: KeyPath,
    entry: PartnerEntry,
    known: KnownPartner | None,
    chain_id: str,
    amount: Amount,
    since: datetime | None,
) -> MinimumChange | None:
    """The change that a minimum payout makes; None where it is recorded already, or a mistake."""
    earlier = () if known is None else known.minimums.get(chain_id, ())
    if amount == (earlier[-1].amount if earlier else 0):
        return None
    if since is None and known is None:
        return MinimumChange(0, amount, ALWAYS)
    if since is None:
        remedy = "add payable_from: the first day of the month from which it holds"
        place = (*base, "minimum_payout", chain_id)
        file.yaml.add(place, f'"{entry.partner}" has another minimum payout', remedy)
        return None
    if earlier and since <= earlier[-1].effective_from:
        newest = earlier[-1].effective_from.date()
        remedy = f"give the start of a month after {newest}"
        file.yaml.add((*base, "payable_from"), f"the minimum payout has changed on {newest}, not before that", remedy)
        return None
    return MinimumChange(0, amount, since)
