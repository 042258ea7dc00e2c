"""What moved a single account's balance, each with what it held afterwards: reward rows, charges and transactions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.store.payloads.fetches import StagedFetch


class MoveKind(StrEnum):
    """What changed a balance."""

    REWARD = "REWARD"
    """A reward row: commission on inflation rewards, or a block's fees."""
    CHARGE = "CHARGE"
    """A row by which the chain itself takes something."""
    TRANSACTION = "TRANSACTION"


@dataclass(frozen=True)
class AccountMove:
    """One change of an account's balance, in the order of slot and place."""

    account_key: str
    slot: int
    place: int
    """Where in the slot it stands."""
    kind: MoveKind
    amount: Amount
    """What came in; below 0: what went out."""
    after: Amount
    """The balance after it."""
    fee: Amount = ZERO
    """What of a transaction's amount the account paid as its fee; the rest was sent or received."""

    @property
    def before(self) -> Amount:
        """The balance before it."""
        return self.after - self.amount

    @property
    def order(self) -> tuple[int, int]:
        """AccountMoves of one account follow each other in this order."""
        return self.slot, self.place


@dataclass(frozen=True)
class AccountMoves:
    """What a fetch shows of some accounts, and what of it could not be read."""

    rows: Sequence[AccountMove]
    problems: Sequence[str] = ()


TellMoves: TypeAlias = Callable[[StagedFetch, Collection[str]], AccountMoves]
"""What the answers of a fetch, whatever it was made for, show of some accounts; pure."""
