"""Whether a node can tell of a window now: of which network it is, whether it is at the head, and what is final."""

from __future__ import annotations

from aurora_pipeline.asking.adapter import Answer, Ask, FetchScope, ProviderDown
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.chain import Spec, read_finalized, read_spec, read_syncing
from aurora_pipeline.sources.beacon.periods import genesis_of


async def standing(ask: Ask, provider: str, scope: FetchScope) -> tuple[Spec, list[Answer]]:
    """The chain's constants, and the answers; a node that is behind counts as one that is down.

    Without this, what such a node does not have yet would look like what another has let go of. Raises UnreadableAnswer
    for a node of another network.
    """
    answers = await ask([questions.genesis(scope.network), questions.spec(), questions.syncing()])
    genesis_of(answers[0], provider, scope.network)
    spec = read_spec(answers[1], provider)
    problem = read_syncing(answers[2], provider).problem
    if problem is not None:
        raise ProviderDown(provider, problem, may_pass=True)
    least = EpochNumber(spec.epoch_of(scope.last_slot) + 2)
    answers += await ask([questions.finality(least)])
    finalized = read_finalized(answers[-1], provider).epoch
    if finalized < least:
        raise ProviderDown(provider, f"for it epoch {finalized} is final, not yet {least}", may_pass=True)
    return spec, answers
