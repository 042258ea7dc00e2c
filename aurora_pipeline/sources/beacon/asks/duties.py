"""Who has to propose blocks in the epoch that is running, and in the next one: many clients forget that soon."""

from __future__ import annotations

from aurora_pipeline.asking.adapter import Ask, Fetched, FetchScope, ProviderDown
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, unavailable, unreadable
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.chain import Spec, read_spec, read_syncing
from aurora_pipeline.sources.beacon.answers.duties import lacking_slots, read_duties
from aurora_pipeline.sources.beacon.answers.envelope import refuse_status
from aurora_pipeline.sources.beacon.periods import genesis_of
from aurora_pipeline.store.declaration import FigureState


async def seen_duties(provider: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
    """A subject for each epoch of the period that the node can tell of now.

    The next epoch is asked about too, so that one sample that fails leaves no gap; a node that does not tell of it yet
    is left in peace.
    """
    answers = await ask([questions.genesis(scope.network), questions.spec(), questions.syncing()])
    genesis_of(answers[0], provider, scope.network)
    spec, syncing = read_spec(answers[1], provider), read_syncing(answers[2], provider)
    if syncing.problem is not None:
        raise ProviderDown(provider, syncing.problem, may_pass=True)
    running = EpochNumber(spec.epoch_of(syncing.head_slot))
    of_period = range(spec.epoch_of(scope.first_slot), spec.epoch_of(scope.last_slot) + 1)
    epochs = [epoch for epoch in (running, EpochNumber(running + 1)) if epoch in of_period]
    told = {epoch: await _of_epoch(provider, epoch, spec, ask) for epoch in epochs}
    return [one for epoch, one in told.items() if epoch == running or one.state is FigureState.FINAL]


async def _of_epoch(provider: str, epoch: EpochNumber, spec: Spec, ask: Ask) -> Fetched:
    subject = f"epoch {epoch}"
    [answer] = await ask([questions.proposer_duties(epoch)])
    try:
        if answer.status != 200:
            refuse_status(answer, provider)
        lacking = lacking_slots(read_duties(answer, provider), spec.first_slot(epoch), spec.slots_per_epoch)
    except UnreadableAnswer as error:
        return unreadable(subject, error, ())
    if lacking:
        return unavailable(subject, f"it does not say who has to propose in slot {lacking[0]}")
    return final(subject, [answer])
