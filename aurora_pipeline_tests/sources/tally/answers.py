"""Reading what Tally answers: block fees by validator, amounts as text in the chain's smallest unit."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.asking.reading import Node, parsed, reader
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.sources.contradictions import lack_of_fees
from aurora_pipeline.sources.solana.amounts import too_much_paid
from aurora_pipeline.store.payloads.answers import Answer


@dataclass(frozen=True)
class TallyFees:
    """A validator's block fees of an epoch; None where its row does not say."""

    fees: Amount | None
    led: int
    blocks: int

    def lack(self, provider: str) -> str | None:
        """Why the row is no figure; None where it is one."""
        return lack_of_fees(provider, self.led, self.blocks, self.fees, too_much_paid)


@reader
def read_newest(answer: Answer, provider: str) -> EpochNumber:
    """/epochs: the newest epoch it knows."""
    return EpochNumber(_root(answer, provider)["newest"].whole())


@reader
def read_fees(answer: Answer, provider: str, epoch: EpochNumber) -> dict[str, TallyFees]:
    """/epochs/{epoch}/fees by validator; refuses another epoch, and a list that is cut off."""
    root = _root(answer, provider)
    told = root["epoch"].whole()
    if told != epoch:
        root["epoch"].refuse(f"epoch {told} was answered where {epoch} was asked")
    found: dict[str, TallyFees] = {}
    for row in root["validators"].items():
        key = row["vote"].text()
        if key in found:
            row.refuse(f"validator {key} is listed twice")
        fees = row.get("fees")
        paid = None if fees is None else Amount(fees.whole_text())
        found[key] = TallyFees(paid, row["led"].whole(), row["blocks"].whole())
    if len(found) != root["count"].whole():
        root["count"].refuse(f"{len(found)} validators came")
    return found


def _root(answer: Answer, provider: str) -> Node:
    root = parsed(answer, provider)
    if answer.status != 200:
        root.refuse(f"HTTP {answer.status} instead of 200")
    return root
