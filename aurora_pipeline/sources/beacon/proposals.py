"""Which slots validators had to propose blocks in, and what they proposed: from a fetch of rewards, block by block."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.proposals import Proposals, ProposedSlot
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.last_read import recall
from aurora_pipeline.sources.beacon.ledger import WindowLedger
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch, answers_about

_NEEDED: Final = frozenset({questions.SPEC, questions.END, questions.BLOCK, questions.DUTIES, questions.LOOKAHEAD})


def proposals(fetch: StagedFetch, first_slot: int, last_slot: int) -> Proposals:
    """By validator its slots in order, those it missed among them where the node still knew who had to propose.

    Nothing where the fetch is not whole: a validator that is not named is not known to have proposed nothing.
    """
    if fetch.state is not FigureState.FINAL:
        return Proposals()
    ledger = recall(fetch, first_slot, last_slot)
    try:
        if ledger is None:
            ledger = WindowLedger(fetch.provider, first_slot, last_slot).read(answers_about(fetch.answers, _NEEDED))
        ledger.prove_blocks()
    except UnreadableAnswer:
        return Proposals()
    own = ledger.indices
    found: dict[str, list[ProposedSlot]] = {key: [] for key in own.values()}
    for block in ledger.own_blocks():
        found[own[block.proposer_index]].append(
            ProposedSlot(block.slot, block.payload, has_block=block.payload is None)
        )
    missed = ledger.missed()
    for index, slots in (missed or {}).items():
        if index in own:
            found[own[index]] += [ProposedSlot(slot, None) for slot in slots]
    listed = {key: tuple(sorted(slots, key=lambda one: one.slot)) for key, slots in found.items()}
    return Proposals(listed, missed is not None, frozenset(ledger.asked - ledger.end.keys()))
