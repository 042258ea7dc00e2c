"""What validators gave away of their priority fees through Jito: a cost, told beside the tip trees."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.canonical.reference import Reference
from aurora_pipeline.canonical.result import Row
from aurora_pipeline.canonical.staged import fetch_about, missing
from aurora_pipeline.providers.jito_answers import ValidatorTips, read_validator_rewards
from aurora_pipeline.providers.reading import UnreadableAnswer
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

JITO = "jito"


def fees_shared(reference: Reference, tips: Sequence[StagedFetch]) -> dict[str, Row]:
    """The cost of priority-fee sharing by validator, as far as the tip trees of the period tell it.

    A validator without a tip tree shares nothing: the account it would transfer to is listed with its tree.
    """
    read: dict[int, dict[str, ValidatorTips] | UnreadableAnswer] = {}
    found: dict[str, Row] = {}
    for key in reference.keys:
        fetch = fetch_about(tips, key)
        if fetch is None or fetch.kind != JITO:
            continue
        source = {"source_fetch": fetch.fetch_id}
        if fetch.state in (FigureState.PENDING, FigureState.UNAVAILABLE):
            found[key] = source | missing(fetch).columns
            continue
        trees = read.get(fetch.fetch_id)
        if trees is None:
            trees = read[fetch.fetch_id] = _trees(reference, fetch)
        if isinstance(trees, UnreadableAnswer):
            found[key] = source | missing(fetch, f"{trees.request_key}: {trees.problem}").columns
            continue
        tree = trees.get(key)
        amount = 0 if tree is None else tree.priority_fees_shared
        figure = {"amount": amount, "origin": "CHAIN", "method": "EXACT", "state": FigureState.FINAL.value}
        found[key] = source | figure
    return found


def _trees(reference: Reference, fetch: StagedFetch) -> dict[str, ValidatorTips] | UnreadableAnswer:
    try:
        return read_validator_rewards(fetch.answers, fetch.provider, reference.epoch)
    except UnreadableAnswer as error:
        return error
