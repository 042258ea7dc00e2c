"""What a Solana node tells of rewards: each address's row, from its answers or from the blocks that paid.

What a null of getInflationReward means is decided here and in `commission_collectors`. The node answers only once all
rewards are paid, so for a stake account it is a zero with the reason NO_REWARD (just activated, or dust).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.contract import StakesNeeded
from aurora_pipeline.sources.fetch_choice import fetch_about, missing
from aurora_pipeline.sources.json_rpc import answers_to, asked_params
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.solana.amounts import NOTHING
from aurora_pipeline.sources.solana.answers.accounts import (
    StakeAccount,
    VoteState,
    read_stake_states,
    read_vote_states,
)
from aurora_pipeline.sources.solana.answers.rewards import InflationReward, read_inflation_rewards
from aurora_pipeline.sources.solana.commission import least_gross
from aurora_pipeline.sources.solana.commission_collectors import commissions
from aurora_pipeline.sources.solana.paid import (
    FIRST_BLOCKS,
    NO_REWARD,
    NO_STAKE_ACCOUNTS,
    RPC,
    Commission,
    Paid,
    Stakers,
    ToldReward,
    ToldRewards,
)
from aurora_pipeline.sources.solana.questions import PAYING_BLOCK, STAKE_STATES, VOTE_STATES
from aurora_pipeline.sources.solana.reward_rows import PaidInBlocks, blocks_after, read_paid_in_blocks
from aurora_pipeline.sources.solana.stake_activation import activation, observed_stake_history
from aurora_pipeline.sources.solana.stakes_read import stake_accounts
from aurora_pipeline.sources.solana.unpaid import Unpaid
from aurora_pipeline.sources.told import AccountReward, Missing, Observed, RewardsTold, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import Verdict


def stakes_needed(staged: StagedFetches) -> StakesNeeded:
    """Where stakers' parts were read from blocks, only positions say whose they are; stakes split a collector's row."""
    owners = any(_pays_all_stakers(fetch) for fetch in staged.each)
    return StakesNeeded(amounts=owners or _share_a_collector(staged), owners=owners)


def _share_a_collector(staged: StagedFetches) -> bool:
    """Whether observed vote accounts of several validators name one collector."""
    once, keys = Once(), staged.reference.keys
    states = [state for key in keys if (state := _vote_state(staged.observed.now, key, once)) is not None]
    return len({state.collector_key for state in states}) < len(states)


def _pays_all_stakers(fetch: StagedFetch) -> bool:
    """Whether it holds the blocks that paid all stakers in place of questions about the validator's own."""
    return any(answer.question == PAYING_BLOCK for answer in fetch.answers)


def rewards(staged: StagedFetches) -> Told[RewardsTold]:
    """Each validator's commission, what its stakers received together, and what each of them did."""
    once = Once()
    told = {
        key: _told_by_node(staged.reference, key, fetch, staged.observed, once) for key, fetch in staged.fetches.items()
    }
    # All validators at once, because several may share a collector.
    collected = commissions(list(told.values()))
    rows = [(key, _with_stakers(collected[key], one)) for key, one in told.items()]
    return Told(rows, [warning for one in told.values() for warning in one.warnings])


def _with_stakers(collected: Commission, told: ToldRewards) -> RewardsTold:
    stakers, applied = told.stakers, collected.applied_bps
    known = collected.amount is not None and stakers.rewards is not None
    return RewardsTold(
        state=collected.state,
        stakers_state=stakers.state,
        reason=collected.reason,
        stakers_reason=stakers.reason,
        commission=collected.amount,
        staker_rewards=stakers.rewards,
        gross_rewards=total([collected.amount or NOTHING, stakers.rewards or NOTHING]) if known else None,
        recipient_key=collected.recipient_key,
        commission_bps=collected.observed_bps,
        commission_source=collected.observed_by,
        applied_commission_bps=applied,
        method=collected.method,
        accounts=[_account(address, item, applied) for address, item in sorted(told.accounts.items())],
    )


def _account(address: str, item: ToldReward, applied_bps: Bps | None) -> AccountReward:
    if isinstance(item, Missing):
        return AccountReward(address, item.state, item.reason)
    if item is None:
        return AccountReward(address, FigureState.FINAL, NO_REWARD, staker_rewards=NOTHING)
    gross = None if applied_bps is None else least_gross(item.lamports, applied_bps)
    return AccountReward(address, FigureState.FINAL, None, item.lamports, gross, item.method)


def _told_by_node(reference: Reference, key: str, fetch: StagedFetch, observed: Observed, once: Once) -> ToldRewards:
    in_blocks = _in_blocks(reference, fetch, once)
    recipients: dict[str, ToldReward] = {}
    accounts: dict[str, ToldReward] = {}
    operated = reference.operated
    for answer in answers_to(fetch.answers, "getInflationReward"):
        rewards = _about_epoch(reference, answer, fetch, once)
        addresses = _asked_addresses(answer)
        # A question that names a vote account asks who collected commission; the others are about stake accounts.
        into = recipients if operated & set(addresses) else accounts
        for address in addresses:
            item = rewards if isinstance(rewards, Missing) else _in_its_place(reference, rewards[address])
            if not isinstance(item, Missing) or address not in into:
                into[address] = item
    # Only a fetch about one validator says whose the stake accounts are.
    is_its_own = fetch.subject == key
    paid = None
    if is_its_own and isinstance(in_blocks, PaidInBlocks) and in_blocks.stakers is not None:
        paid = _paid_stakers(in_blocks.stakers, observed.accounts.get(key), accounts)
    accounts = accounts | (paid or {}) if is_its_own else {}
    looks = (observed.now, observed.before)
    states = tuple(state for fetches in looks if (state := _vote_state(fetches, key, once)) is not None)
    unpaid = _unpaid(reference, key, fetch, states, once)
    absent = [address for address, item in accounts.items() if item is None]
    accounts = accounts | {
        address: Missing(FigureState.UNAVAILABLE, problem)
        for address in absent
        if (problem := unpaid.problem(address)) is not None
    }
    withheld = next((earned for address in absent if (earned := unpaid.earned(address)) is not None), None)
    # Where blocks stand in the place of questions, that nobody was asked about does not mean that nobody has stake.
    says_who = is_its_own and (paid is not None or not _pays_all_stakers(fetch))
    stakes = _active_stakes(reference, observed.now, key, once)
    told = ToldRewards(key, fetch, recipients, accounts, _stakers(accounts, fetch, says_who), states, withheld, stakes)
    if isinstance(in_blocks, PaidInBlocks):
        _fill_in(told, in_blocks, recipients)
    if told.stakers.reason == NO_STAKE_ACCOUNTS and isinstance(recipients.get(key), Paid):
        lack = missing(fetch, "its vote account has a reward row, so stakers were paid, but none of them is known")
        return replace(told, stakers=Stakers(None, lack.state, lack.reason, ()))
    return told


def _fill_in(told: ToldRewards, in_blocks: PaidInBlocks, recipients: dict[str, ToldReward]) -> None:
    """Set what the node answered of collectors beside what the first block after the epoch says of them."""
    for address in dict.fromkeys((told.validator_key, *(state.collector_key for state in told.states))):
        known = recipients.get(address)
        recipients[address] = _witnessed(address, known, in_blocks.commissions.get(address))
        contradiction = _contradiction(recipients[address])
        if isinstance(known, Paid) and contradiction is not None:
            told.warnings.append(f"{told.validator_key}: {contradiction}")


def _witnessed(address: str, known: ToldReward, in_block: Lamports | None) -> ToldReward:
    """A collector's row by both witnesses: the node's answer, and the block that paid."""
    if not isinstance(known, Paid):
        return None if in_block is None else Paid(in_block, FIRST_BLOCKS, in_block=True)
    if in_block == known.lamports:
        return replace(known, in_block=True)
    said = f"the node says {address} received {known.lamports}, the block that paid it says"
    if in_block is not None:
        return Paid(in_block, FIRST_BLOCKS, in_block=True, contradiction=f"{said} {in_block}")
    # A row of nothing need not stand in a block; then it proves no more than the absence of one.
    return known if known.lamports == 0 else Missing(FigureState.UNAVAILABLE, f"{said} nothing of it")


def _contradiction(item: ToldReward) -> str | None:
    return item.reason if isinstance(item, Missing) else None if item is None else item.contradiction


def _in_blocks(reference: Reference, fetch: StagedFetch, once: Once) -> PaidInBlocks | UnreadableAnswer | None:
    try:
        blocks = blocks_after(fetch.answers, fetch.provider, reference.last_slot)
    except UnreadableAnswer as error:
        return error

    def read(_: Sequence[Answer]) -> PaidInBlocks | UnreadableAnswer | None:
        try:
            return read_paid_in_blocks(blocks, fetch.provider, reference.last_slot)
        except UnreadableAnswer as error:
            return error

    return once.same(("paid in blocks", reference.last_slot), read, blocks)


def _paid_stakers(
    stakers: Mapping[str, Lamports], known: Sequence[str] | None, asked: Mapping[str, ToldReward]
) -> dict[str, ToldReward] | None:
    """What the validator's stake accounts received according to the blocks, all of them read; None: who has stake is
    not known. One that the blocks do not pay received nothing only if the node says so too."""
    if known is None:
        return None
    return {address: _in_both(address, stakers.get(address), asked) for address in known}


def _in_both(address: str, in_block: Lamports | None, asked: Mapping[str, ToldReward]) -> ToldReward:
    """A stake account's row by the blocks that paid, and by the node's answer where it was asked."""
    said = asked.get(address)
    if isinstance(said, Paid) and said.lamports and said.lamports != in_block:
        other = "nothing of it" if in_block is None else str(in_block)
        reason = f"the node says {address} received {said.lamports}, the blocks that paid stakers say {other}"
        return Missing(FigureState.UNAVAILABLE, reason)
    if in_block is not None:
        return Paid(in_block, FIRST_BLOCKS)
    if address not in asked:
        return Missing(FigureState.UNAVAILABLE, f"no block pays {address}, and the node was not asked about it")
    return said


def _unpaid(reference: Reference, key: str, fetch: StagedFetch, observed: Sequence[VoteState], once: Once) -> Unpaid:
    """What the fetch shows of stake accounts that have no row, and of how much the validator voted."""
    shown: dict[str, StakeAccount | None] = {}
    now: VoteState | None = None
    for answer in answers_to(fetch.answers, "getMultipleAccounts"):
        if answer.question == STAKE_STATES:
            stakes = once.read(read_stake_states, answer, fetch.provider)
            shown |= {} if isinstance(stakes, UnreadableAnswer) else stakes
        elif answer.question == VOTE_STATES:
            votes = once.read(read_vote_states, answer, fetch.provider)
            now = None if isinstance(votes, UnreadableAnswer) else votes.get(key)
    rates = tuple(state.commission_bps for state in (*observed, *([] if now is None else [now])))
    return Unpaid(key, reference.epoch, reference.first_slot, reference.last_slot, shown, now, rates)


def _active_stakes(
    reference: Reference, fetches: Sequence[StagedFetch], key: str, once: Once
) -> Mapping[str, Lamports]:
    """Active stake by stake account, from the observed positions as far as they were loaded."""
    fetch = fetch_about(fetches, key)
    listed_in = [] if fetch is None else answers_to(fetch.answers, "getProgramAccounts")
    if fetch is None or not listed_in:
        return {}
    try:
        # Not kept here: each list is about one validator, and all of them together are large.
        accounts = stake_accounts(listed_in[0], fetch.provider)
    except UnreadableAnswer:
        return {}
    history, epoch = observed_stake_history(fetch, once), reference.epoch
    return {
        one.stake_key: activation(one.stake, one.activation_epoch, one.deactivation_epoch, epoch, history).active
        for one in accounts
        if one.voter_key == key
    }


def _vote_state(fetches: Sequence[StagedFetch], key: str, once: Once) -> VoteState | None:
    """A validator's vote account as observed with its positions."""
    fetch = fetch_about(fetches, key)
    for answer in () if fetch is None else fetch.answers:
        if answer.question == VOTE_STATES and fetch is not None:
            states = once.read(read_vote_states, answer, fetch.provider)
            if not isinstance(states, UnreadableAnswer) and states.get(key) is not None:
                return states[key]
    return None


def _about_epoch(
    reference: Reference, answer: Answer, fetch: StagedFetch, once: Once
) -> Mapping[str, InflationReward | None] | Missing:
    params = asked_params(answer)
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    if options.get("epoch") != reference.epoch:
        # A null does not say of which epoch it is; only the question does.
        return missing(fetch, f"{answer.request_key!r} did not ask about epoch {reference.epoch}")
    rewards = once.read(read_inflation_rewards, answer, fetch.provider)
    return missing(fetch, rewards.problem) if isinstance(rewards, UnreadableAnswer) else rewards


def _asked_addresses(answer: Answer) -> list[str]:
    params = asked_params(answer)
    return [str(address) for address in params[0]] if params and isinstance(params[0], list) else []


def _in_its_place(reference: Reference, item: InflationReward | None) -> ToldReward:
    """The row, if it was paid where rewards of the period are paid: in the following epoch."""
    if item is None:
        return None
    next_last_slot = reference.last_slot + (reference.last_slot - reference.first_slot + 1)
    if item.epoch == reference.epoch and reference.last_slot < item.effective_slot <= next_last_slot:
        return Paid(item.lamports, RPC, item.commission_bps)
    reason = (
        f"the reward row is of epoch {item.epoch}, paid in slot {item.effective_slot}: not epoch {reference.epoch}'s"
    )
    return Missing(FigureState.UNAVAILABLE, reason)


def _stakers(accounts: Mapping[str, ToldReward], fetch: StagedFetch, says_who: bool) -> Stakers:
    parts = tuple(item.lamports for item in accounts.values() if isinstance(item, Paid) and item.lamports)
    lacking = {address: item for address, item in accounts.items() if isinstance(item, Missing)}
    if not accounts and says_who and fetch.state is FigureState.FINAL:
        return Stakers(NOTHING, FigureState.FINAL, NO_STAKE_ACCOUNTS, parts)
    if not accounts:
        lack = missing(fetch, "no stake account of it was asked about")
        return Stakers(None, lack.state, lack.reason, parts)
    if lacking:
        first = next(iter(lacking.values()))
        state = first.state if len(lacking) == len(accounts) else FigureState.PARTIAL
        reason = f"{len(lacking)} of {len(accounts)} stake accounts not known ({listed(lacking)}): {first.reason}"
        return Stakers(None, state, reason, parts)
    if _in_doubt(fetch):
        return Stakers(None, FigureState.PARTIAL, f"not all of its stake accounts are known: {fetch.reason}", parts)
    return Stakers(total(parts), FigureState.FINAL, None if parts else NO_REWARD, parts)


def _in_doubt(fetch: StagedFetch) -> bool:
    return fetch.state is FigureState.PARTIAL and fetch.verdict is Verdict.STAKES_IN_DOUBT
