"""Validators as the state after a window's last slot has them (and the one before its first): meta and positions."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Ask, Fetched, FetchScope
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, unavailable, unreadable
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.asks.standing import standing
from aurora_pipeline.sources.beacon.asks.states import StateGone, validators_at
from aurora_pipeline.sources.beacon.ledger import WindowLedger


async def settled(provider: str, scope: FetchScope, ask: Ask, kinds: Sequence[str]) -> Fetched:
    """The validators of a scope in the states of some kinds, all in one."""
    answers: list[Answer] = []
    keys = [one.validator_key for one in scope.validators]
    slots = {questions.START: max(0, scope.first_slot - 1), questions.END: scope.last_slot}
    try:
        spec, told = await standing(ask, provider, scope)
        answers += told
        for kind in kinds:
            answers += await validators_at(ask, provider, slots[kind], spec, keys, kind)
        # What cannot be read, or is not whole, is asked for again: so it is read before it is called final.
        WindowLedger(provider, scope.first_slot, scope.last_slot).read(answers).prove_states()
    except StateGone as gone:
        return unavailable(EVERYONE, str(gone), answers)
    except UnreadableAnswer as error:
        return unreadable(EVERYONE, error, answers)
    return final(EVERYONE, answers)
