"""What Jito's tip trees tell: a validator's tips, and what it gave away of its priority fees, which is a cost."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.units import ZERO, Bps, EpochNumber, Lamports
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.jito.answers import (
    VALIDATOR_REWARDS,
    TipClaims,
    ValidatorTips,
    pages_of,
    read_staker_rewards,
    read_validator_rewards,
    too_much_claimed,
    tree_in_spite_of_the_list,
)
from aurora_pipeline.sources.told import EXACT, CostsTold, CostTold, Missing, StagedFetches, TipsTold, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

_NOTHING_EARNED: Final = TipsTold(ZERO, Bps(0), ZERO, took_part=False)
_NOTHING_SHARED: Final = CostTold(FigureState.FINAL, ZERO, origin="CHAIN", method=EXACT)


class _Trees:
    """The tip trees of an epoch, read once per list."""

    def __init__(self, epoch: EpochNumber) -> None:
        self._epoch = epoch
        self._read: dict[tuple[str, ...], dict[str, ValidatorTips] | UnreadableAnswer] = {}

    def published(self, fetch: StagedFetch) -> dict[str, ValidatorTips] | UnreadableAnswer:
        """The trees that a fetch lists, by validator."""
        pages = tuple(answer.response_hash for answer in pages_of(fetch.answers, VALIDATOR_REWARDS))
        if pages not in self._read:
            try:
                self._read[pages] = read_validator_rewards(fetch.answers, fetch.provider, self._epoch)
            except UnreadableAnswer as error:
                self._read[pages] = error
        return self._read[pages]

    def of(self, key: str, fetch: StagedFetch) -> ValidatorTips | Missing | None:
        """A validator's tree; None where it is proven to have none."""
        if fetch.state in (FigureState.PENDING, FigureState.UNAVAILABLE):
            # Before its tree is published a validator reads as 0 tips, which is no figure.
            return missing(fetch)
        trees = self.published(fetch)
        if isinstance(trees, UnreadableAnswer):
            return missing(fetch, f"{trees.request_key}: {trees.problem}")
        if not trees:
            return missing(fetch, "no tip tree of this epoch is published")
        return trees.get(key) or self._no_tree(key, fetch)

    def _no_tree(self, key: str, fetch: StagedFetch) -> Missing | None:
        """Why that a list of trees does not name a validator proves nothing; None where it proves that it has none."""
        if fetch.state is not FigureState.FINAL:
            return missing(fetch, "no tip tree of it is listed yet")
        try:
            contradiction = tree_in_spite_of_the_list(fetch.answers, fetch.provider, self._epoch, key)
        except UnreadableAnswer as error:
            contradiction = f"{error.request_key}: {error.problem}"
        return None if contradiction is None else missing(fetch, contradiction)


def tips(staged: StagedFetches) -> Told[TipsTold | Missing]:
    """What each validator's tip tree held, and what its own node in it claims."""
    epoch = staged.reference.epoch
    trees = _Trees(epoch)
    return Told([(key, _tips(key, trees.of(key, fetch), fetch, epoch)) for key, fetch in staged.fetches.items()])


def _tips(key: str, tree: ValidatorTips | Missing | None, fetch: StagedFetch, epoch: EpochNumber) -> TipsTold | Missing:
    if tree is None:
        return _NOTHING_EARNED
    if isinstance(tree, Missing):
        return tree
    claims = _claims(key, fetch, epoch)
    own, absence = _own_node(claims)
    # What contradicts the tree's total is seen only where its nodes can be read.
    claimed = None if isinstance(claims, UnreadableAnswer) else too_much_claimed(claims, tree.total)
    if claimed is not None and (own is None or own <= tree.total):
        return missing(fetch, claimed)
    return TipsTold(tree.total, tree.commission_bps, own, absence)


def _claims(key: str, fetch: StagedFetch, epoch: EpochNumber) -> TipClaims | UnreadableAnswer:
    """The nodes of a validator's tree, which can be many."""
    try:
        return read_staker_rewards(fetch.answers, fetch.provider, epoch, key)
    except UnreadableAnswer as error:
        return error


def _own_node(claims: TipClaims | UnreadableAnswer) -> tuple[Lamports | None, str]:
    """What the validator's own node claims, or why that is not known."""
    if isinstance(claims, UnreadableAnswer):
        return None, f"the nodes of its tip tree are not known ({claims.problem})"
    if claims.own_node is None:
        return None, "its tip tree does not list its own node"
    return claims.own_node.lamports, ""


def shared_fees(staged: StagedFetches) -> Told[CostsTold]:
    """Priority fees that each validator shared with its stakers.

    A validator without a tip tree shares nothing: the account it would transfer to is listed with its tree.
    """
    trees, name = _Trees(staged.reference.epoch), CostType.PRIORITY_FEE_SHARING.value
    return Told(
        [(key, CostsTold({name: _shared(trees.of(key, fetch), fetch)})) for key, fetch in staged.fetches.items()]
    )


def _shared(tree: ValidatorTips | Missing | None, fetch: StagedFetch) -> CostTold:
    if tree is None:
        return _NOTHING_SHARED
    if isinstance(tree, Missing):
        return CostTold.missing(tree)
    if tree.priority_fees_shared is None:
        lack = missing(fetch, "its row in the list of tip trees does not tell its shared priority fees")
        return CostTold.missing(lack)
    return CostTold(FigureState.FINAL, tree.priority_fees_shared, origin="CHAIN", method=EXACT)
