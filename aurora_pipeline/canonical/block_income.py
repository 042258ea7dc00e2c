"""What one proposed block brought its proposer: exactly one execution income, read from the chain alone.

A block has one fee recipient. Where that is the proposer, it earned the tips, and what was sent to it directly. Where
it is a builder, the tips are the builder's, and the proposer earned what the builder sent it. The two are never added,
and what a relay claims is kept beside: it proves that a builder made the block, never how much was paid.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from aurora_pipeline.asking.proposals import Payload, ProposedSlot
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.blocks_told import Delivered, ExecutedBlock, Transfer, disagreement
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState

NOTHING: Final = Wei(0)
_NO_PAYLOAD: Final = Missing(
    FigureState.UNAVAILABLE,
    "its block holds no execution block: it is of before the merge, or of a fork not known here",
)
NOBODY: Final = "0x" + "0" * 40
"""The address that nobody has: what is sent there is lost."""


class IncomeKind(StrEnum):
    """How a block paid its proposer."""

    MISSED = "MISSED"
    VANILLA = "VANILLA"
    MEV_PAYMENT = "MEV_PAYMENT"
    SHORT_PAYMENT = "SHORT_PAYMENT"
    PAYMENT_TO_OPERATOR = "PAYMENT_TO_OPERATOR"
    PAYMENT_ELSEWHERE = "PAYMENT_ELSEWHERE"
    NO_PAYMENT = "NO_PAYMENT"


@dataclass(frozen=True)
class Recipients:
    """Whose addresses are whose when a block was proposed, all in small letters."""

    own: Collection[str]
    """What is registered as the proposer's fee recipients."""
    operator: Collection[str] = ()
    """Other addresses of the operator's."""

    def has(self, address: str) -> bool:
        """Whether the address is the proposer's, or another of the operator's."""
        return address in self.own or address in self.operator


@dataclass(frozen=True)
class RelaysHeard:
    """What the relays say of a slot, and which of them could not be heard."""

    rows: Sequence[Delivered] = ()
    silent: Sequence[str] = ()
    """Why some of them say nothing: each a sentence that names the relay."""


@dataclass(frozen=True)
class BlockIncome:
    """What a proposed slot brought; amounts that are not known are None, and `lack` says why."""

    slot: int
    kind: IncomeKind | None
    payload: Payload | None = None
    tips: Wei | None = None
    """Of the whole block, whoever received them."""
    burned: Wei | None = None
    payment: Wei | None = None
    """What was sent for the block, beside tips: to the proposer, or where the kind says so to somebody else."""
    payment_recipient: str | None = None
    payment_hash: str | None = None
    claim: Wei | None = None
    relays: tuple[str, ...] = ()
    phantom_claim: Wei | None = None
    """The largest claim about another block of this slot, which the chain does not have."""
    phantom_relays: tuple[str, ...] = ()
    fees: Wei | None = None
    mev: Wei | None = None
    lack: Missing | None = None
    odd: str | None = None
    """What somebody should know of it, though it is final."""

    @property
    def income(self) -> Wei | None:
        """The block's one execution income: one of the two is 0."""
        return None if self.fees is None or self.mev is None else self.fees + self.mev

    @property
    def difference(self) -> Wei | None:
        """By how much the chain paid more than the relays claim; negative where it paid less."""
        return None if self.claim is None or self.income is None else self.income - self.claim


def block_income(
    proposed: ProposedSlot, executed: ExecutedBlock | Missing | None, relays: RelaysHeard, recipients: Recipients
) -> BlockIncome:
    """The one income of a proposed slot. `executed` is None where nobody was asked about its block."""
    if proposed.is_missed:
        found = BlockIncome(proposed.slot, IncomeKind.MISSED, fees=NOTHING, mev=NOTHING)
    elif proposed.payload is None:
        found = BlockIncome(proposed.slot, None, lack=_NO_PAYLOAD)
    elif isinstance(executed, ExecutedBlock):
        found = _executed(proposed.slot, proposed.payload, executed, relays, recipients)
    else:
        found = _not_executed(proposed.slot, proposed.payload, executed, recipients)
    return _with_claims(found, relays.rows)


def _not_executed(slot: int, payload: Payload, lack: Missing | None, recipients: Recipients) -> BlockIncome:
    """A block of which only the beacon chain told: who gets its tips is known, not how much they are."""
    lack = lack or Missing(FigureState.PENDING, f"block {payload.number} was not asked about yet")
    is_own = recipients.has(payload.fee_recipient)
    kind = IncomeKind.VANILLA if is_own else None
    return BlockIncome(slot, kind, payload, mev=NOTHING if is_own else None, lack=lack)


def _executed(
    slot: int, payload: Payload, block: ExecutedBlock, relays: RelaysHeard, recipients: Recipients
) -> BlockIncome:
    problem = disagreement(payload, block)
    if problem is not None:
        return _not_executed(slot, payload, Missing(FigureState.PENDING, problem), recipients)
    sent = _payments(block, relays, recipients)
    payment = total(one.value for one in sent)
    last = sent[-1] if sent else None
    found = BlockIncome(
        slot,
        None,
        payload,
        tips=block.tips,
        burned=block.burned,
        payment=payment,
        payment_recipient=None if last is None else last.recipient,
        payment_hash=None if last is None else last.transaction_hash,
    )
    if recipients.has(block.fee_recipient):
        return replace(found, kind=IncomeKind.VANILLA, fees=block.tips + payment, mev=NOTHING)
    if last is not None:
        kind = _kind_of_payment(payment, sent, relays, block, recipients)
        return replace(found, kind=kind, fees=NOTHING, mev=payment)
    return _unpaid(found, block, relays, recipients)


def _payments(block: ExecutedBlock, relays: RelaysHeard, recipients: Recipients) -> list[Transfer]:
    """The transfers that pay the proposer for the block.

    A builder pays from the address that takes the block's tips. One that pays from another does so in the last
    transaction, or exactly what a relay claims; and who sends coins to a proposer directly does so in place of a tip.
    Whoever deposits coins at the address tips to be included; counting deposits would make income of them.
    """
    sent = [one for one in block.transfers if recipients.has(one.recipient) and not recipients.has(one.sender)]
    if recipients.has(block.fee_recipient):
        return [one for one in sent if not one.tips]
    paid = [one for one in sent if one.sender == block.fee_recipient]
    claims = {row.claim for row in relays.rows if row.block_hash == block.block_hash}
    if not claims or (paid and total(one.value for one in paid) >= max(claims)):
        return paid
    # What a relay claims to the unit is no deposit, wherever it comes from.
    exact = [one for one in sent if one not in paid and one.value in claims and one.value > 0][-1:]
    return [*paid, *exact] if paid or exact else [one for one in sent if one.last and not one.tips]


def _kind_of_payment(
    payment: Wei, sent: Sequence[Transfer], relays: RelaysHeard, block: ExecutedBlock, recipients: Recipients
) -> IncomeKind:
    if not any(one.recipient in recipients.own for one in sent):
        return IncomeKind.PAYMENT_TO_OPERATOR
    claims = [row.claim for row in relays.rows if row.block_hash == block.block_hash]
    return IncomeKind.SHORT_PAYMENT if claims and payment < max(claims) else IncomeKind.MEV_PAYMENT


def _unpaid(found: BlockIncome, block: ExecutedBlock, relays: RelaysHeard, recipients: Recipients) -> BlockIncome:
    """A block whose tips are somebody else's, and that sent the proposer nothing: 0 only where a relay explains it, and
    the address that it was to pay is known as the proposer's."""
    rows = [row for row in relays.rows if row.block_hash == block.block_hash]
    if not rows:
        return replace(found, payment=None, lack=_unexplained(block, relays))
    registered = {row.proposer_recipient for row in rows}
    unknown = sorted(one for one in registered if one != NOBODY and not recipients.has(one))
    elsewhere = [
        one
        for one in block.transfers
        if one.recipient in unknown or (one.recipient in registered and one.sender == block.fee_recipient)
    ]
    if not elsewhere and unknown:
        takes_tips = block.fee_recipient in unknown
        went = f"its tips of {block.tips} went" if takes_tips else "what was paid for it may have gone"
        problem = (
            f"a relay delivered the block for {', '.join(unknown)}, where {went}, and which is not registered as the"
            " proposer's fee recipient: import it if it is"
        )
        return replace(found, payment=None, lack=Missing(FigureState.UNAVAILABLE, problem))
    if not elsewhere:
        odd = "a relay delivered the block, and the chain shows no payment to its proposer"
        return replace(found, kind=IncomeKind.NO_PAYMENT, fees=NOTHING, mev=NOTHING, odd=odd)
    amount, address = total(one.value for one in elsewhere), elsewhere[-1].recipient
    told = replace(
        found,
        kind=IncomeKind.PAYMENT_ELSEWHERE,
        payment=amount,
        payment_recipient=address,
        payment_hash=elsewhere[-1].transaction_hash,
    )
    if address == NOBODY:
        odd = f"the builder paid {amount} to the address that nobody has, as the proposer had registered it: it is lost"
        return replace(told, fees=NOTHING, mev=NOTHING, odd=odd)
    problem = (
        f"the builder paid {amount} to {address}, which the proposer had registered with the relay, and which is not"
        " registered as its fee recipient: import it if it is"
    )
    return replace(told, fees=NOTHING, lack=Missing(FigureState.UNAVAILABLE, problem))


def _unexplained(block: ExecutedBlock, relays: RelaysHeard) -> Missing:
    what = f"the fee recipient {block.fee_recipient} of block {block.number} is not the proposer's, nothing was paid"
    if relays.silent:
        return Missing(FigureState.PENDING, f"{what}, and not all relays were heard: {'; '.join(relays.silent)}")
    return Missing(
        FigureState.UNAVAILABLE,
        f"{what}, and no relay delivered it: import the address if it is the proposer's, or name the relay",
    )


def _with_claims(found: BlockIncome, rows: Sequence[Delivered]) -> BlockIncome:
    """What the relays claim of the block, and of blocks in its slot that the chain does not have."""
    block_hash = None if found.payload is None else found.payload.block_hash
    of_block = [row for row in rows if row.block_hash == block_hash]
    phantoms = [row for row in rows if row.block_hash != block_hash]
    return replace(
        found,
        claim=max((row.claim for row in of_block), default=None),
        relays=tuple(sorted({row.relay for row in of_block})),
        phantom_claim=max((row.claim for row in phantoms), default=None),
        phantom_relays=tuple(sorted({row.relay for row in phantoms})),
        odd="; ".join(text for text in (found.odd, _disputed(of_block), _phantom(phantoms)) if text) or None,
    )


def _disputed(rows: Sequence[Delivered]) -> str | None:
    if len({row.claim for row in rows}) < 2:
        return None
    claims = ", ".join(f"{row.relay} {row.claim}" for row in sorted(rows, key=lambda row: row.relay))
    return f"the relays claim different payments of it: {claims}"


def _phantom(rows: Sequence[Delivered]) -> str | None:
    if not rows:
        return None
    claims = ", ".join(f"{row.relay} {row.claim}" for row in sorted(rows, key=lambda row: row.relay))
    return f"a relay claims to have delivered a block of this slot that the chain does not have ({claims})"
