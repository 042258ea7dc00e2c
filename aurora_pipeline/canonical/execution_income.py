"""What every proposed block paid, and what that makes for each validator: fees, tips, and why one is not known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aurora_pipeline.asking.proposals import NO_SUCH_VALIDATOR, Proposals, ProposedSlot
from aurora_pipeline.canonical.balance_tables import EXECUTION_INCOME
from aurora_pipeline.canonical.believed import believed
from aurora_pipeline.canonical.block_income import (
    BlockIncome,
    IncomeKind,
    Recipients,
    RelaysHeard,
    block_income,
)
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.blocks_told import BlocksTold, Delivered, DeliveredTold, ExecutedBlock
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

RecipientsAt = Callable[[str, int], Recipients]
"""Whose addresses are whose for a validator in a slot."""
_FINAL = FigureState.FINAL.value
_NOT_KNOWN = Missing(
    FigureState.PENDING,
    "which blocks it proposed is not known yet: the beacon node's blocks of the period are not staged, or not whole",
)
_NOBODY = Missing(FigureState.UNAVAILABLE, NO_SUCH_VALIDATOR)


@dataclass(frozen=True)
class ValidatorIncome:
    """What all slots of a validator brought; `lack` where not even the slots are known."""

    validator_key: str
    fetch: StagedFetch | None
    blocks: tuple[BlockIncome, ...] = ()
    lack: Missing | None = None
    tells_missed: bool = True

    @property
    def missed(self) -> int | None:
        """In how many slots it had to propose a block and did not; None where nobody knows who had to."""
        if self.lack is not None or not self.tells_missed:
            return None
        return sum(one.kind is IncomeKind.MISSED for one in self.blocks)

    @property
    def proposed(self) -> int | None:
        """How many blocks it proposed."""
        return None if self.lack else sum(one.kind is not IncomeKind.MISSED for one in self.blocks)

    @property
    def fees(self) -> Wei | Missing:
        """Its EXEC_FEES."""
        return self._all([one.fees for one in self.blocks])

    @property
    def mev(self) -> Wei | Missing:
        """Its MEV_TIPS."""
        return self._all([one.mev for one in self.blocks])

    def _all(self, parts: Sequence[Wei | None]) -> Wei | Missing:
        if self.lack is not None:
            return self.lack
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return total(known)
        lacks = [one.lack for one, part in zip(self.blocks, parts, strict=True) if part is None]
        told = [lack or missing(self.fetch) for lack in lacks]
        # Waiting helps as long as one of them may still come.
        first = next((lack for lack in told if lack.state is FigureState.PENDING), told[0])
        more = f"; {len(told) - 1} more of its blocks are not known" if len(told) > 1 else ""
        return Missing(first.state, first.reason + more)


def incomes(
    reference: Reference,
    fetches: Sequence[StagedFetch],
    proposals: Proposals,
    relays: Sequence[DeliveredTold],
    recipients: RecipientsAt,
) -> list[ValidatorIncome]:
    """The income of every operated validator, block by block."""
    told = heard(reference, fetches, DataType.FEES, lambda source: source.tells.blocks)
    rows = _by_slot(relays)
    found: dict[str, ValidatorIncome] = {}
    for key, fetch, item in told:
        if key not in proposals.slots:
            found[key] = ValidatorIncome(key, fetch, lack=_NOBODY if key in proposals.absent else _NOT_KNOWN)
            continue
        blocks = tuple(
            block_income(
                one,
                _executed(one, _by_block(fetch, item)),
                RelaysHeard(rows.get(one.slot, ()), _silent(relays, one.slot)),
                recipients(key, one.slot),
            )
            for one in proposals.slots[key]
        )
        found[key] = ValidatorIncome(key, fetch, blocks, tells_missed=proposals.tells_missed)
    return [found[key] for key in reference.keys]


def _silent(relays: Sequence[DeliveredTold], slot: int) -> list[str]:
    return [silence for one in relays if (silence := one.silence(slot)) is not None]


def _by_slot(relays: Sequence[DeliveredTold]) -> dict[int, list[Delivered]]:
    found: dict[int, list[Delivered]] = {}
    for relay in relays:
        for row in [] if isinstance(relay.rows, Missing) else relay.rows:
            found.setdefault(row.slot, []).append(row)
    return found


def _by_block(fetch: StagedFetch | None, item: BlocksTold | Missing) -> BlocksTold | Missing:
    """What is told of blocks; who tells fees of the whole period tells of none."""
    source = None if fetch is None else SOURCES.get(fetch.kind)
    if fetch is None or source is None or source.tells.fees is None or not isinstance(item, Missing):
        return item
    return Missing(FigureState.UNAVAILABLE, f"{fetch.provider} tells its fees of the period, not block by block")


def _executed(one: ProposedSlot, told: BlocksTold | Missing) -> ExecutedBlock | Missing | None:
    if one.payload is None:
        return None
    return told if isinstance(told, Missing) else told.blocks.get(one.payload.number)


def execution_income(reference: Reference, found: Sequence[ValidatorIncome]) -> LayerResult:
    """One row per proposed slot, and one per validator."""
    rows: list[Row] = []
    for one in found:
        rows.append(_validator_row(reference, one))
        rows += [_slot_row(reference, one, block) for block in one.blocks]
    return layer_result(
        EXECUTION_INCOME,
        rows,
        due=reference.keys,
        says_something=[was_asked(row) or row["mev_state"] == _FINAL for row in rows],
        states=[row[name] for row in rows for name in ("state", "mev_state")],
        warnings=[
            f"{one.validator_key}: slot {block.slot}: {odd}"
            for one in found
            for block in one.blocks
            for odd in _odd(block)
        ],
    )


def _odd(block: BlockIncome) -> list[str]:
    said = [block.odd] if block.odd else []
    if block.kind is IncomeKind.SHORT_PAYMENT:
        said.append(f"the chain paid {block.income} of the {block.claim} that relays claim")
    if block.kind is IncomeKind.PAYMENT_TO_OPERATOR:
        said.append(f"it was paid to {block.payment_recipient}, which is not the proposer's fee recipient")
    return said


def _figure(name: str, figure: Wei | Missing, state: str, reason: str) -> Row:
    if isinstance(figure, Missing):
        return {name: None, state: figure.state.value, reason: figure.reason}
    return {name: figure, state: _FINAL, reason: None}


def _validator_row(reference: Reference, one: ValidatorIncome) -> Row:
    missed = one.missed
    row: Row = {
        **reference.row(one.validator_key),
        "row_kind": "VALIDATOR",
        "slot": reference.first_slot,
        "slots_proposed": None if missed is None else len(one.blocks),
        "blocks_proposed": one.proposed,
        "slots_missed": missed,
        **_figure("fees", one.fees, "state", "reason"),
        **_figure("mev", one.mev, "mev_state", "mev_reason"),
        "source_fetch": None if one.fetch is None else one.fetch.fetch_id,
    }
    row = believed(EXECUTION_INCOME, row, ("fees",), one.fetch)
    return believed(EXECUTION_INCOME, row, ("mev",), one.fetch, state="mev_state", reason="mev_reason")


def _slot_row(reference: Reference, of: ValidatorIncome, block: BlockIncome) -> Row:
    payload, lack = block.payload, block.lack or missing(of.fetch)
    return {
        **reference.row(of.validator_key),
        "row_kind": "SLOT",
        "slot": block.slot,
        "kind": None if block.kind is None else block.kind.value,
        "block_number": None if payload is None else payload.number,
        "block_hash": None if payload is None else payload.block_hash,
        "fee_recipient": None if payload is None else payload.fee_recipient,
        "tips": block.tips,
        "burned_fees": block.burned,
        "payment": block.payment,
        "payment_recipient": block.payment_recipient,
        "payment_hash": block.payment_hash,
        "claim": block.claim,
        "difference": block.difference,
        "relays": "|".join(block.relays) or None,
        "phantom_claim": block.phantom_claim,
        "phantom_relays": "|".join(block.phantom_relays) or None,
        **_figure("fees", lack if block.fees is None else block.fees, "state", "reason"),
        **_figure("mev", lack if block.mev is None else block.mev, "mev_state", "mev_reason"),
        "source_fetch": None if of.fetch is None else of.fetch.fetch_id,
    }
