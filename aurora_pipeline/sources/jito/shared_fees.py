"""What validators gave away of their priority fees through Jito: a cost, told beside the tip trees."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.sources.fetch_choice import Missing, fetch_about, missing
from aurora_pipeline.sources.jito.answers import (
    ValidatorTips,
    read_validator_rewards,
    tree_in_spite_of_the_list,
)
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch, Verdict

JITO = "jito"


def fees_shared(reference: Reference, tips: Sequence[StagedFetch], is_promised: bool = False) -> dict[str, Row]:
    """The cost of priority-fee sharing by validator, as far as the tip trees of the period tell it.

    A validator without a tip tree shares nothing: the account it would transfer to is listed with its tree. Where
    `is_promised`, a fallback that tells tips alone leaves it missing; else it has no row.
    """
    read: dict[int, dict[str, ValidatorTips] | UnreadableAnswer] = {}
    found: dict[str, Row] = {}
    for key in reference.keys:
        fetch = fetch_about(tips, key)
        if fetch is None:
            continue
        source = {"source_fetch": fetch.fetch_id}
        if fetch.kind != JITO:
            if is_promised and fetch.state is not FigureState.FINAL:
                found[key] = source | not_told(fetch).columns
            continue
        if fetch.state in (FigureState.PENDING, FigureState.UNAVAILABLE):
            found[key] = source | missing(fetch).columns
            continue
        trees = read.get(fetch.fetch_id)
        if trees is None:
            trees = read[fetch.fetch_id] = _trees(reference, fetch)
        if isinstance(trees, UnreadableAnswer):
            found[key] = source | missing(fetch, f"{trees.request_key}: {trees.problem}").columns
            continue
        if not trees:
            found[key] = source | missing(fetch, "no tip tree of this epoch is published").columns
            continue
        found[key] = source | _shared(reference, key, trees.get(key), fetch)
    return found


def _shared(reference: Reference, key: str, tree: ValidatorTips | None, fetch: StagedFetch) -> Row:
    if tree is None:
        lack = no_tree(reference, key, fetch)
        if lack is not None:
            return lack.columns
    amount = 0 if tree is None else tree.priority_fees_shared
    if amount is None:
        return missing(fetch, "its row in the list of tip trees does not tell its shared priority fees").columns
    return {"amount": amount, "origin": "CHAIN", "method": "EXACT", "state": FigureState.FINAL.value}


def no_tree(reference: Reference, key: str, fetch: StagedFetch) -> Missing | None:
    """Why that a list of trees does not name a validator proves nothing; None where it proves that it has none."""
    if fetch.state is not FigureState.FINAL:
        return missing(fetch, "no tip tree of it is listed yet")
    try:
        contradiction = tree_in_spite_of_the_list(fetch.answers, fetch.provider, reference.epoch, key)
    except UnreadableAnswer as error:
        contradiction = f"{error.request_key}: {error.problem}"
    return None if contradiction is None else missing(fetch, contradiction)


def sharing_not_told(tips: Sequence[StagedFetch]) -> list[str]:
    """A warning where tips come from a source that tells nothing of what was shared."""
    others = sorted({fetch.provider for fetch in tips if fetch.kind != JITO and fetch.state is FigureState.FINAL})
    if not others:
        return []
    return [
        f"tips come from {', '.join(others)}, which does not tell {CostType.PRIORITY_FEE_SHARING}: where validators"
        " share their priority fees, enter it (`aurora costs import`), or name it in costs_due"
    ]


def not_told(fetch: StagedFetch) -> Missing:
    """What to say of a cost that a fetch should tell and does not: pending where its provider is asked again."""
    lack = missing(fetch)
    if fetch.state is not FigureState.PARTIAL:
        return lack
    is_late = fetch.verdict is Verdict.AWAITS_MORE
    return Missing(FigureState.PENDING if is_late else FigureState.UNAVAILABLE, lack.reason)


def _trees(reference: Reference, fetch: StagedFetch) -> dict[str, ValidatorTips] | UnreadableAnswer:
    try:
        return read_validator_rewards(fetch.answers, fetch.provider, reference.epoch)
    except UnreadableAnswer as error:
        return error
