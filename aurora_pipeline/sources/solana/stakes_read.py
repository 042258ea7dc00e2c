"""The stake accounts that this process read last: whoever needs the same answers again is handed what they say.

An epoch of Solana's size is a gigabyte of them, and a run needs them three times: for positions, for who was asked
about rewards, and for how much each account's stake counts. They are told apart by the bytes and the question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, read_stake_accounts
from aurora_pipeline.store.payloads.answers import Answer

_ACCOUNTS_MAX: Final = 1_500_000
_NEEDED_AGAIN: Final = 2
"""A run reads a list for positions, and needs it for rewards twice."""


@dataclass
class _Kept:
    """What an answer said, by the hash of its bytes, and how often that was handed out since it was read."""

    response_hash: str
    rows: list[tuple[Any, ...]]
    handed_out: int = 0


class LastRead:
    """What answers say, of each question the newest: the same is asked in every epoch.

    Of more accounts than it may hold those go first that were asked for longest ago, and each list goes when it was
    handed out as often as a run needs it. They are kept as plain tuples, at which Python's collector does not look: a
    million of anything else would be looked at again and again.
    """

    def __init__(self, accounts_max: int = _ACCOUNTS_MAX) -> None:
        self._accounts_max = accounts_max
        self._lists: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._held = 0

    def accounts(self, answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
        """What an answer says. One that cannot be read is not remembered: it raises each time."""
        question = (answer.request_key, provider)
        kept = self._lists.get(question)
        if kept is not None and kept.response_hash == answer.response_hash:
            return self._handed_out(question, kept)
        found = read_stake_accounts(answer, provider)
        self._forget(question)
        self._keep(question, answer.response_hash, found)
        return found

    def _handed_out(self, question: tuple[str, str], kept: _Kept) -> tuple[StakeAccount, ...]:
        kept.handed_out += 1
        self._lists.move_to_end(question)
        if kept.handed_out == _NEEDED_AGAIN:
            self._forget(question)
        return tuple(map(StakeAccount._make, kept.rows))

    def _keep(self, question: tuple[str, str], response_hash: str, found: Sequence[StakeAccount]) -> None:
        shared: dict[Any, Any] = {}
        # Of a list's texts and numbers most are the same in many accounts: its voter, stakers, epochs.
        rows = [tuple([shared.setdefault(value, value) for value in one]) for one in found]
        self._lists[question] = _Kept(response_hash, rows)
        self._held += len(rows)
        while self._held > self._accounts_max:
            self._forget(next(iter(self._lists)))

    def _forget(self, question: tuple[str, str]) -> None:
        gone = self._lists.pop(question, None)
        self._held -= 0 if gone is None else len(gone.rows)


_last: Final = LastRead()


@reader
def stake_accounts(answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
    """As `read_stake_accounts`, without reading again what this process read last."""
    return _last.accounts(answer, provider)
