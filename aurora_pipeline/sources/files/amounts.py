"""Amounts in files: no more than a validator of their chain can earn, pay or have at stake, in its own coin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.bounds import PAID, STAKED, Bound
from aurora_pipeline.sources.contract import Bounds
from aurora_pipeline.store.payloads.fetches import StagedFetch


def bounds_of(fetch: StagedFetch) -> Bounds:
    """The bounds of the chain that a file was read for, as the stored request says; without a file, no amount holds."""
    mapping = next((answer.request.get("body") for answer in fetch.answers), None)
    if not isinstance(mapping, Mapping):
        return Bounds(_of_no_file, _of_no_file)
    family = Family(str(mapping["family"]))
    return Bounds(partial(_problem, PAID, family), partial(_problem, STAKED, family))


def _problem(bound: Bound, family: Family, amount: Amount) -> str | None:
    return bound.problem(amount, family.traits.coin, family.traits.coin_decimals)


def _of_no_file(amount: Amount) -> str:
    return f"{amount} was read from no file"
