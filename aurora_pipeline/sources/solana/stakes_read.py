"""The stake accounts that this process read last: whoever needs the same answers again is handed what they say.

An epoch of Solana's size is a gigabyte of them, and a run needs them three times: for positions, for who was asked
about rewards, and for how much each account's stake counts. They are told apart by the bytes and the question.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, read_stake_accounts
from aurora_pipeline.store.payloads.answers import Answer

_ACCOUNTS_MAX: Final = 1_500_000


class LastRead:
    """What some answers say, the newest ones; of more accounts than it may hold the oldest answers go first."""

    def __init__(self, accounts_max: int = _ACCOUNTS_MAX) -> None:
        self._accounts_max = accounts_max
        self._lists: OrderedDict[tuple[str, str, str], tuple[StakeAccount, ...]] = OrderedDict()
        self._held = 0

    def accounts(self, answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
        """What an answer says. One that cannot be read is not remembered: it raises each time."""
        place = (answer.response_hash, answer.request_key, provider)
        found = self._lists.get(place)
        if found is not None:
            self._lists.move_to_end(place)
            return found
        found = read_stake_accounts(answer, provider)
        self._lists[place] = found
        self._held += len(found)
        while self._held > self._accounts_max:
            _, gone = self._lists.popitem(last=False)
            self._held -= len(gone)
        return found


_last: Final = LastRead()


@reader
def stake_accounts(answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
    """As `read_stake_accounts`, without reading again what this process read last."""
    return _last.accounts(answer, provider)
