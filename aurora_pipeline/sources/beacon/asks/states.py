"""Asking for validators in a state: by POST, else by GET; of a missed slot, else of the slots before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, Question
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.chain import Spec
from aurora_pipeline.sources.beacon.answers.envelope import refuse_status

_POSTED_MAX: Final = 1_000
_GOT_MAX: Final = 64
"""The standard's limit of ids in one GET."""
_NOT_HAD: Final = frozenset((404, 405, 415, 501))
"""Statuses of a node that does not have the state, or does not take the question that way."""

Build = Callable[[str, Sequence[str], str], Question]


class StateGone(Exception):
    """The node does not have a state, or what it would compute from it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"state pruned: the node does not have {what}; a node that keeps history (archive) has it")


async def validators_at(ask: Ask, provider: str, slot: int, spec: Spec, ids: Sequence[str], kind: str) -> list[Answer]:
    """Answers about validators in the state after a slot; raises StateGone where the node does not have it.

    Some clients have no state of a slot without a block: within its epoch the one before has the same balances.
    """
    first_of_epoch = spec.first_slot(spec.epoch_of(slot))
    for one in range(slot, first_of_epoch - 1, -1):
        found = await validators_in(ask, provider, str(one), ids, kind)
        if found is not None:
            return found
        [header] = await ask([questions.header(one)])
        if header.status == 200:
            # It is there to have a state: the node has let go of it.
            break
    raise StateGone(f"the state of slot {slot}")


async def validators_in(ask: Ask, provider: str, state: str, ids: Sequence[str], kind: str) -> list[Answer] | None:
    """Answers about validators in a state; None where the node does not have it."""
    for build, most in ((questions.validators, _POSTED_MAX), (questions.validators_by_get, _GOT_MAX)):
        found = await _all_of(ask, provider, state, ids, kind, build, most)
        if found is not None:
            return found
    return None


async def _all_of(
    ask: Ask, provider: str, state: str, ids: Sequence[str], kind: str, build: Build, most: int
) -> list[Answer] | None:
    batches = [ids[start : start + most] for start in range(0, len(ids), most)]
    first = await ask([build(state, batches[0], kind)])
    if first[0].status in _NOT_HAD:
        return None
    if first[0].status != 200:
        refuse_status(first[0], provider)
    return [*first, *await ask([build(state, batch, kind) for batch in batches[1:]])]
