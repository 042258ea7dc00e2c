"""What Stakewiz says of a validator: what its directory had of it while the period ran."""

from __future__ import annotations

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.fetch_choice import because, missing
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.solana.answers.commissions import CommissionSource
from aurora_pipeline.sources.stakewiz.answers import read_validators
from aurora_pipeline.sources.told import MetaTold, Missing, StagedFetches, Told
from aurora_pipeline.store.payloads.fetches import StagedFetch


def meta(staged: StagedFetches) -> Told[MetaTold | Missing]:
    """What the directory has of each validator."""
    once, epoch = Once(), staged.reference.epoch
    return Told([(key, _listed(key, fetch, epoch, once)) for key, fetch in staged.fetches.items()])


def _listed(key: str, fetch: StagedFetch, epoch: EpochNumber, once: Once) -> MetaTold | Missing:
    problems: list[str] = []
    for answer in fetch.answers:
        if str(answer.request.get("path", "")).strip("/") != "validators":
            continue
        validators = once.of_epoch(read_validators, answer, fetch.provider, epoch)
        if isinstance(validators, UnreadableAnswer):
            problems.append(validators.problem)
        elif key in validators:
            seen = validators[key]
            return MetaTold(
                identity_key=seen.identity_key,
                name=seen.name,
                commission_bps=seen.commission_bps,
                # A percent, whatever the source of it knew.
                commission_source=None if seen.commission_bps is None else CommissionSource.PERCENT.value,
                mev_commission_bps=seen.mev_commission_bps,
                active_stake=seen.active_stake,
                delinquent=seen.delinquent,
            )
    return missing(fetch, f"{fetch.provider} lists no such validator in this epoch{because(problems)}")
