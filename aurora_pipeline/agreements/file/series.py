"""The payable series of an agreements file: what it changes and from which month on, and what that rules out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aurora_pipeline.agreements.file.document import AgreementsFile, PartnerEntry, midnight
from aurora_pipeline.agreements.ledger import Ledger
from aurora_pipeline.agreements.partners import ALWAYS, KnownPartner, SeriesChange
from aurora_pipeline.agreements.tables import Series, Window
from aurora_pipeline.agreements.terms import Rule
from aurora_pipeline.agreements.units import ChainUnits
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.yaml_file import KeyPath


@dataclass(frozen=True)
class SeriesPlan:
    """The changes of payable series that a file asks for, by partner and chain, on top of what is recorded."""

    known: Mapping[str, KnownPartner]
    planned: dict[str, dict[str, SeriesChange]] = field(default_factory=lambda: defaultdict(dict))
    bases: dict[str, KeyPath] = field(default_factory=dict)
    """Where in the file each partner stands."""

    def of(self, partner_id: str) -> Mapping[str, SeriesChange]:
        """The planned changes of a partner by chain."""
        return self.planned.get(partner_id, {})

    def pays_by_epoch(self, partner_id: str, chain_id: str, start: datetime | None, until: datetime | None) -> bool:
        """Whether a partner will be paid by EPOCH on a chain at some instant of [start, until)."""
        recorded = self.known[partner_id].series.get(chain_id, ()) if partner_id in self.known else ()
        planned = self.of(partner_id).get(chain_id)
        changes = [*recorded, *([] if planned is None else [planned])]
        for place, change in enumerate(changes):
            end = changes[place + 1].effective_from if place + 1 < len(changes) else None
            begins_in_time = until is None or change.effective_from < until
            is_over = end is not None and start is not None and end <= start
            if change.series is Series.EPOCH and begins_in_time and not is_over:
                return True
        return False


def plan_series(
    file: AgreementsFile, known: Mapping[str, KnownPartner], chains: Mapping[str, ChainUnits]
) -> SeriesPlan:
    """What the file's partners ask for; what they must not ask for is added to the file's mistakes."""
    plan = SeriesPlan(known)
    for base, entry in file.partners.items():
        plan.bases[entry.partner] = base
        since = None if entry.payable_from is None else midnight(entry.payable_from)
        if since is not None and since.day != 1:
            remedy = f"write {since.date().replace(day=1)}, or the first day of another month"
            file.yaml.add((*base, "payable_from"), "how a partner is paid changes at the start of a month only", remedy)
            continue
        if since is not None and not entry.payable_series and not entry.minimum_payout:
            remedy = "add payable_series or minimum_payout, by chain"
            file.yaml.add((*base, "payable_from"), "a day without a payable_series or a minimum_payout", remedy)
        for chain_id, series in entry.payable_series.items():
            place = (*base, "payable_series", chain_id)
            if chain_id not in chains:
                file.yaml.add(place, f'unknown chain "{chain_id}"', did_you_mean(chain_id, chains, "chain"))
                continue
            _plan(file, base, entry, plan, chain_id, series, since)
    return plan


def _plan(
    file: AgreementsFile,
    base: KeyPath,
    entry: PartnerEntry,
    plan: SeriesPlan,
    chain_id: str,
    series: Series,
    since: datetime | None,
) -> None:
    known = plan.known.get(entry.partner)
    earlier = () if known is None else known.series.get(chain_id, ())
    if series is (earlier[-1].series if earlier else Series.MONTH):
        return
    if since is None:
        since = ALWAYS if known is None else None
    if since is None:
        remedy = "add payable_from: the first day of the month from which it holds"
        file.yaml.add((*base, "payable_series", chain_id), f'"{entry.partner}" is not paid by {series} yet', remedy)
    elif earlier and since <= earlier[-1].effective_from:
        newest = earlier[-1].effective_from.date()
        remedy = f"give the start of a month after {newest}"
        file.yaml.add((*base, "payable_from"), f"the series has changed on {newest}, not before that", remedy)
    else:
        plan.planned[entry.partner][chain_id] = SeriesChange(0, series, since)


def refuse_monthly_floors(
    file: AgreementsFile, ledger: Ledger, plan: SeriesPlan, new_terms: Mapping[str, tuple[Rule, ...]]
) -> None:
    """A partner who comes to be paid by EPOCH must not have a floor per month from then on: nothing would pay it."""
    for agreement in ledger.agreements.values():
        for chain_id, change in plan.of(agreement.partner_id).items():
            if change.series is not Series.EPOCH or agreement.agreement_id in new_terms:
                continue
            for version in agreement.versions:
                until = agreement.until(version.version)
                in_force = agreement.governing(version.version) is version
                if not in_force or (until is not None and until <= change.effective_from):
                    continue
                for rule in version.rules:
                    if rule.chain_id == chain_id and rule.floor is not None and rule.floor.window is Window.MONTH:
                        file.yaml.add(
                            (*plan.bases[agreement.partner_id], "payable_series", chain_id),
                            f"rule {agreement.agreement_id}/{rule.rule_key} has a floor per month, which nothing pays"
                            " to a partner who is paid by EPOCH",
                            "give the rule a floor per PERIOD first, or keep MONTH",
                        )
