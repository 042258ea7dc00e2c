"""Inflation rewards of a period: the commission a validator received, and what each of its stake accounts did.

What a null of getInflationReward means is decided here. The node answers only once all rewards are paid, so for a
stake account it is a zero with the reason NO_REWARD (just activated, or dust). A vote account has a row, be it of
0 lamports, whenever any of its stakers was paid. So its null is a zero where nobody was paid, and unavailable where
somebody was: then the commission went to another account (SIMD-0232 collectors), which the vote account's null hides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.canonical.from_apis import rewards_from_trillium
from aurora_pipeline.canonical.from_files import rewards_from_file
from aurora_pipeline.canonical.reference import Reference
from aurora_pipeline.canonical.result import LayerResult, Row, layer_result, listed, missing_rows, was_asked
from aurora_pipeline.canonical.staged import Missing, Once, answers_to, fetch_about, missing, unknown_kind
from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.money import total
from aurora_pipeline.providers.reading import UnreadableAnswer
from aurora_pipeline.providers.solana_answers import InflationReward, asked_params, read_inflation_rewards
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import Answer, StagedFetch

NO_REWARD = "NO_REWARD"
"""A complete source has no reward row for the address: it received nothing."""
NO_STAKE_ACCOUNTS = "NO_STAKE_ACCOUNTS"
"""Nobody has stake on the validator, so there was nobody to ask about."""

Paid = InflationReward | Missing | None
"""A reward row, why it is not known, or None: the chain has no row for the address."""
Reader = Callable[[Reference, str, StagedFetch, Once], list[Row]]


@dataclass(frozen=True)
class _Stakers:
    """All stakers of a validator together."""

    rewards: int | None
    state: FigureState
    reason: str | None
    anybody_paid: bool

    @property
    def columns(self) -> Row:
        return {
            "staker_rewards": self.rewards,
            "stakers_state": self.state.value,
            "stakers_reason": self.reason,
        }


def canonical_rewards(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """A VALIDATOR row per operated validator and an ACCOUNT row per stake account that was asked about."""
    once = Once()
    rows = [row for key in reference.keys for row in _rows(reference, key, fetch_about(fetches, key), once)]
    return layer_result(
        REWARDS,
        rows,
        says_something=map(was_asked, rows),
        states=[row[name] for row in rows for name in ("state", "stakers_state") if row.get(name) is not None],
        violations=missing_rows(REWARDS, reference.keys, rows),
    )


def _rows(reference: Reference, key: str, fetch: StagedFetch | None, once: Once) -> list[Row]:
    start = {**reference.row(key), "row_kind": "VALIDATOR", "account_key": key}
    if fetch is None:
        return [start | _all_missing(missing(None))]
    start["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return [start | _all_missing(unknown_kind(fetch, _READERS))]
    return [start | row for row in reader(reference, key, fetch, once)]


def _all_missing(lack: Missing) -> Row:
    return lack.columns | {"stakers_state": lack.state.value, "stakers_reason": lack.reason}


def _from_solana_rpc(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> list[Row]:
    paid = _paid(reference, fetch, once)
    if key not in paid:
        return [_all_missing(missing(fetch, "its vote account's reward is not known"))]
    # Only a fetch about one validator says whose the other addresses are.
    is_its_own = fetch.subject == key
    accounts = {address: item for address, item in paid.items() if address != key} if is_its_own else {}
    stakers = _stakers(accounts, fetch, is_its_own)
    validator = _commission(paid[key], stakers, fetch) | stakers.columns
    return [validator, *(_account_row(address, item) for address, item in sorted(accounts.items()))]


_READERS: dict[str, Reader] = {
    "solana_rpc": _from_solana_rpc,
    "trillium": rewards_from_trillium,
    "file": rewards_from_file,
}


def _paid(reference: Reference, fetch: StagedFetch, once: Once) -> dict[str, Paid]:
    """What every address that was asked about received."""
    paid: dict[str, Paid] = {}
    for answer in answers_to(fetch.answers, "getInflationReward"):
        rewards = _about_epoch(reference, answer, fetch, once)
        for address in _asked_addresses(answer):
            item = rewards if isinstance(rewards, Missing) else rewards[address]
            if isinstance(item, InflationReward):
                item = _in_its_place(reference, item)
            if not isinstance(item, Missing) or address not in paid:
                paid[address] = item
    return paid


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


def _in_its_place(reference: Reference, item: InflationReward) -> InflationReward | Missing:
    """The row, if it was paid where rewards of the period are paid: in the following epoch."""
    next_last_slot = reference.last_slot + (reference.last_slot - reference.first_slot + 1)
    if item.epoch == reference.epoch and reference.last_slot < item.effective_slot <= next_last_slot:
        return item
    reason = (
        f"the reward row is of epoch {item.epoch}, paid in slot {item.effective_slot}: not epoch {reference.epoch}'s"
    )
    return Missing(FigureState.UNAVAILABLE, reason)


def _stakers(accounts: Mapping[str, Paid], fetch: StagedFetch, is_its_own: bool) -> _Stakers:
    anybody_paid = any(isinstance(item, InflationReward) for item in accounts.values())
    lacking = {address: item for address, item in accounts.items() if isinstance(item, Missing)}
    if not accounts and is_its_own and fetch.state is FigureState.FINAL:
        return _Stakers(0, FigureState.FINAL, NO_STAKE_ACCOUNTS, False)
    if not accounts:
        lack = missing(fetch, "no stake account of it was asked about")
        return _Stakers(None, lack.state, lack.reason, False)
    if lacking:
        first = next(iter(lacking.values()))
        state = first.state if len(lacking) == len(accounts) else FigureState.PARTIAL
        reason = f"{len(lacking)} of {len(accounts)} stake accounts not known ({listed(lacking)}): {first.reason}"
        return _Stakers(None, state, reason, anybody_paid)
    amounts = [item.lamports for item in accounts.values() if isinstance(item, InflationReward)]
    return _Stakers(total(amounts), FigureState.FINAL, None if anybody_paid else NO_REWARD, anybody_paid)


def _commission(item: Paid, stakers: _Stakers, fetch: StagedFetch) -> Row:
    if isinstance(item, InflationReward):
        return {"commission": item.lamports, "state": FigureState.FINAL.value}
    if isinstance(item, Missing):
        return item.columns
    if stakers.anybody_paid:
        reason = (
            "the vote account has no reward row though its stakers were paid: another account collects its commission"
        )
        return Missing(FigureState.UNAVAILABLE, reason).columns
    if stakers.state is not FigureState.FINAL:
        return missing(
            fetch, "the vote account has no reward row, and it is not known whether stakers were paid"
        ).columns
    return {"commission": 0, "state": FigureState.FINAL.value, "reason": NO_REWARD}


def _account_row(address: str, item: Paid) -> Row:
    row: Row = {"row_kind": "ACCOUNT", "account_key": address}
    if isinstance(item, Missing):
        return row | item.columns
    if item is None:
        return row | {"staker_rewards": 0, "state": FigureState.FINAL.value, "reason": NO_REWARD}
    return row | {"staker_rewards": item.lamports, "state": FigureState.FINAL.value}
