"""What Stakewiz says of a validator, as a row of meta."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.fetch_choice import Once, because, missing
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.answers import CommissionSource
from aurora_pipeline.sources.stakewiz.answers import StakewizValidator, read_validators
from aurora_pipeline.store.payloads import Answer, StagedFetch


@cache
def _reader_of(epoch: int) -> Callable[[Answer, str], dict[str, StakewizValidator]]:
    """One reader per epoch, so that a list is read once and not once per validator."""
    return lambda answer, provider: read_validators(answer, provider, epoch)


def meta_from_stakewiz(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> Row:
    """What the directory has of a validator."""
    problems: list[str] = []
    for answer in fetch.answers:
        if str(answer.request.get("path", "")).strip("/") != "validators":
            continue
        validators = once.read(_reader_of(reference.epoch), answer, fetch.provider)
        if isinstance(validators, UnreadableAnswer):
            problems.append(validators.problem)
        elif key in validators:
            seen = validators[key]
            return {
                "identity_key": seen.identity_key,
                "name": seen.name,
                "commission_bps": seen.commission_bps,
                # A percent, whatever the source of it knew.
                "commission_source": None if seen.commission_bps is None else CommissionSource.PERCENT.value,
                "mev_commission_bps": seen.mev_commission_bps,
                "active_stake": seen.active_stake,
                "delinquent": seen.delinquent,
            }
    return missing(fetch, f"{fetch.provider} lists no such validator in this epoch{because(problems)}").columns
