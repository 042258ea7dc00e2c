"""What Solana Beach says of each data type; docs/providers.md tells how far it can be off."""

from __future__ import annotations

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber, Lamports
from aurora_pipeline.sources.fetch_choice import missing, unknown_identity
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.solana.answers.accounts import NO_HISTORY
from aurora_pipeline.sources.solana.positions import VOTE_ACCOUNT, stake_of
from aurora_pipeline.sources.solanabeach import answers as beach
from aurora_pipeline.sources.third_party import their_fees
from aurora_pipeline.sources.told import FeesTold, MetaTold, Missing, PositionsTold, StagedFetches, StakeTotal, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """Fees by the node's keys; slots where its histories agree about the blocks."""
    reference = staged.reference
    return Told(
        [
            (validator.validator_key, _fees(reference, validator, fetch))
            for validator in reference.validators
            if (fetch := staged.fetches.get(validator.validator_key)) is not None
        ]
    )


def _fees(reference: Reference, validator: OperatedValidator, fetch: StagedFetch) -> FeesTold:
    lack = unknown_identity(validator, fetch)
    if lack is not None:
        return FeesTold(lack.state, lack.reason)
    shared = reference.identity_problem(validator)
    if shared is not None:
        return FeesTold(FigureState.UNAVAILABLE, shared)
    try:
        fees, slots = beach.of_identities(fetch.answers, fetch.provider, reference.epoch, validator.identities)
    except UnreadableAnswer as error:
        lack = missing(fetch, f"{error.request_key}: {error.problem}")
        return FeesTold(lack.state, lack.reason)
    if fees is None:
        lack = missing(fetch, None if fetch.reason else f"{fetch.provider} has no fees of it")
        return FeesTold(lack.state, lack.reason)
    reason = beach.lack_of(fees, slots, fetch.provider)
    if reason is not None:
        lack = missing(fetch, reason)
        return FeesTold(lack.state, lack.reason, leader_slots=None if slots is None else slots[0])
    return their_fees(None if slots is None else slots[0], fees.blocks, fees.fees, fetch)


def meta(staged: StagedFetches) -> Told[MetaTold | Missing]:
    """The active stake, from its history; it keeps no history of anything else."""
    epoch = staged.reference.epoch
    return Told([(key, _meta(key, fetch, epoch)) for key, fetch in staged.fetches.items()])


def _meta(key: str, fetch: StagedFetch, epoch: EpochNumber) -> MetaTold | Missing:
    stake = _stake(key, fetch, epoch)
    if isinstance(stake, Missing):
        return stake
    if stake is None:
        return missing(fetch, f"{fetch.provider} has no stake of it in this epoch")
    return MetaTold(active_stake=stake)


def positions(staged: StagedFetches) -> Told[PositionsTold]:
    """Stake accounts, with the validator's total from the history where that has the epoch."""
    epoch = staged.reference.epoch
    return Told((key, _positions(key, fetch, epoch)) for key, fetch in staged.fetches.items())


def _positions(key: str, fetch: StagedFetch, epoch: EpochNumber) -> PositionsTold:
    pages = beach.about(fetch.answers, key, beach.STAKE_ACCOUNTS)
    if not pages:
        return PositionsTold(missing(fetch), None)
    stake = _stake(key, fetch, epoch)
    try:
        accounts = beach.read_accounts(pages, fetch.provider, key)
    except UnreadableAnswer as error:
        return PositionsTold(missing(fetch, f"{error.request_key}: {error.problem}"), None)
    if isinstance(stake, Missing):
        return PositionsTold(stake, None)
    listed = [stake_of(account, epoch, NO_HISTORY) for account in accounts]
    return PositionsTold(listed, None if stake is None else StakeTotal(stake, VOTE_ACCOUNT))


def _stake(key: str, fetch: StagedFetch, epoch: EpochNumber) -> Lamports | Missing | None:
    try:
        return beach.read_stake(beach.about(fetch.answers, key, beach.STAKE), fetch.provider, epoch)
    except UnreadableAnswer as error:
        return missing(fetch, f"{error.request_key}: {error.problem}")
