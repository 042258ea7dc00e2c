"""Reading what Jito's Kobe API answers about tip trees: amounts are lamports, commissions basis points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, parsed, reader
from aurora_pipeline.foundation.money import BPS_WHOLE, total
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.solana.amounts import paid
from aurora_pipeline.store.payloads.answers import Answer

VALIDATOR_REWARDS: Final = "/validator_rewards"
STAKER_REWARDS: Final = "/staker_rewards"
NO_AUTHORITY: Final = "11111111111111111111111111111111"
"""The authorities of tree nodes that are no stake account: the validator's own and the protocol's."""


@dataclass(frozen=True)
class ValidatorTips:
    """One validator's tip tree: `total` is what its tip account held, for validator, stakers and protocol together."""

    vote_key: str
    total: Lamports
    commission_bps: Bps
    nodes: int
    """How many may claim, the validator's own and the protocol's node included."""
    priority_fees_shared: Lamports | None
    """Lamports the validator gave away from its block fees; no income. None where its row does not say."""


class TipClaim(NamedTuple):
    """One node of a validator's tip tree."""

    claimant: str
    stake_authority: str
    withdraw_authority: str
    lamports: Lamports


@dataclass(frozen=True)
class TipClaims:
    """A validator's tip tree, node by node."""

    vote_key: str
    claims: tuple[TipClaim, ...]

    @property
    def own_node(self) -> TipClaim | None:
        """The validator's own node, which says exactly what it receives; None where it is not listed."""
        own = [
            claim
            for claim in self.claims
            if claim.claimant == self.vote_key
            and claim.stake_authority == NO_AUTHORITY
            and claim.withdraw_authority == NO_AUTHORITY
        ]
        return own[0] if len(own) == 1 else None


def pages_of(answers: Sequence[Answer], path: str) -> tuple[Answer, ...]:
    """The answers of a fetch that are pages of one list."""
    return tuple(answer for answer in answers if answer.request.get("path") == path)


def page_rows(answer: Answer, provider: str) -> int:
    """How many rows a page has."""
    return len(_page(answer, provider)["rewards"].items())


@reader
def read_validator_rewards(answers: Sequence[Answer], provider: str, epoch: EpochNumber) -> dict[str, ValidatorTips]:
    """/validator_rewards, all pages: the tip trees of an epoch by vote key; empty while none is published.

    `answers` may be all answers of a mev fetch. Refuses rows of another epoch and lists that are cut off.
    """
    pages = pages_of(answers, VALIDATOR_REWARDS)
    tips: dict[str, ValidatorTips] = {}
    announced = 0
    for answer in pages:
        page = _page(answer, provider)
        announced = max(announced, page["total_count"].whole())
        for row in page["rewards"].items():
            _check_epoch(row, epoch)
            item = _validator_tips(row)
            if item.vote_key in tips:
                row.refuse(f"validator {item.vote_key} is listed twice: the list changed while it was read")
            tips[item.vote_key] = item
    if not pages:
        raise UnreadableAnswer(provider, VALIDATOR_REWARDS, "the list of validators is missing")
    if len(tips) != announced:
        raise UnreadableAnswer(
            provider, pages[0].request_key, f"{len(tips)} validators came where total_count says {announced}"
        )
    return tips


def _validator_tips(row: Node) -> ValidatorTips:
    shared = row.get("priority_fee_revenue")
    return ValidatorTips(
        vote_key=row["vote_account"].text(),
        total=paid(row["mev_revenue"]),
        commission_bps=Bps(row["mev_commission"].whole(0, BPS_WHOLE)),
        nodes=row["num_stakers"].whole(),
        priority_fees_shared=None if shared is None else paid(shared),
    )


@reader
def read_staker_rewards(answers: Sequence[Answer], provider: str, epoch: EpochNumber, vote_key: str) -> TipClaims:
    """/staker_rewards, all pages: the nodes of one validator's tip tree.

    `answers` may be all answers of a mev fetch. Refuses rows of another epoch or of another validator.
    """
    pages = pages_of(answers, STAKER_REWARDS)
    if not pages:
        raise UnreadableAnswer(provider, STAKER_REWARDS, f"the tip tree of {vote_key} is missing")
    claims: list[TipClaim] = []
    for answer in pages:
        for row in _page(answer, provider)["rewards"].items():
            _check_epoch(row, epoch)
            validator = row["validator_vote_account"].text()
            if validator != vote_key:
                row["validator_vote_account"].refuse(f"{validator} was answered where {vote_key} was asked")
            claims.append(
                TipClaim(
                    claimant=row["claimant"].text(),
                    stake_authority=row["stake_authority"].text(),
                    withdraw_authority=row["withdraw_authority"].text(),
                    lamports=paid(row["amount"]),
                )
            )
    if len({claim.claimant for claim in claims}) != len(claims):
        raise UnreadableAnswer(provider, pages[0].request_key, "a claimant is listed twice")
    return TipClaims(vote_key, tuple(sorted(claims, key=lambda claim: claim.claimant)))


def too_much_claimed(claims: TipClaims, total_tips: Lamports) -> str | None:
    """What contradicts a tree's total: its nodes claim more."""
    claimed = total([claim.lamports for claim in claims.claims])
    return f"its nodes claim {claimed}, more than the tree's total {total_tips}" if claimed > total_tips else None


def tree_in_spite_of_the_list(
    answers: Sequence[Answer], provider: str, epoch: EpochNumber, vote_key: str
) -> str | None:
    """What contradicts that a validator has no tip tree because the list of trees does not name it: its own nodes.

    `answers` may be all answers of a mev fetch. None where its own tree was not asked about, or is empty.
    """
    pages = [page for page in pages_of(answers, STAKER_REWARDS) if _is_about(page, vote_key)]
    if not pages:
        return None
    claims = read_staker_rewards(pages, provider, epoch, vote_key).claims
    return f"the list of tip trees does not name it, but its tree has {len(claims)} nodes" if claims else None


def _is_about(page: Answer, vote_key: str) -> bool:
    query = page.request.get("query")
    return isinstance(query, Mapping) and query.get("validator_vote_account") == vote_key


@reader
def read_published_epochs(answer: Answer, provider: str) -> frozenset[int]:
    """/validators/{vote}: the epochs of which a validator's tip tree is published."""
    return frozenset(row["epoch"].whole_text() for row in _page(answer, provider).items())


def _page(answer: Answer, provider: str) -> Node:
    page = parsed(answer, provider)
    if answer.status != 200:
        page.refuse(f"HTTP {answer.status} instead of 200")
    return page


def _check_epoch(row: Node, epoch: EpochNumber) -> None:
    answered = row["epoch"].whole()
    if answered != epoch:
        row["epoch"].refuse(f"epoch {answered} was answered where {epoch} was asked")
