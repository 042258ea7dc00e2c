"""The stake accounts that this process read last: whoever needs the same answers again is handed what they say.

An epoch of Solana's size is a gigabyte of them, and a run needs them three times: for positions, for who was asked
about rewards, and for how much each account's stake counts. They are told apart by the bytes and the question.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, read_stake_accounts
from aurora_pipeline.store.payloads.answers import Answer

_ACCOUNTS_MAX: Final = 1_500_000
_values: Final = attrgetter(*(field.name for field in fields(StakeAccount)))


class LastRead:
    """What answers say, of each question the newest: the same is asked in every epoch.

    Of more accounts than it may hold those go first that were asked for longest ago. They are kept as plain tuples, at
    which Python's collector does not look: a million of anything else would be looked at again and again.
    """

    def __init__(self, accounts_max: int = _ACCOUNTS_MAX) -> None:
        self._accounts_max = accounts_max
        self._lists: OrderedDict[tuple[str, str], tuple[str, list[tuple[Any, ...]]]] = OrderedDict()
        self._held = 0

    def accounts(self, answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
        """What an answer says. One that cannot be read is not remembered: it raises each time."""
        question = (answer.request_key, provider)
        kept = self._lists.get(question)
        if kept is not None and kept[0] == answer.response_hash:
            self._lists.move_to_end(question)
            return tuple(StakeAccount(*values) for values in kept[1])
        found = read_stake_accounts(answer, provider)
        self._forget(question)
        self._lists[question] = (answer.response_hash, [_values(one) for one in found])
        self._held += len(found)
        while self._held > self._accounts_max:
            self._forget(next(iter(self._lists)))
        return found

    def _forget(self, question: tuple[str, str]) -> None:
        _, gone = self._lists.pop(question, ("", []))
        self._held -= len(gone)


_last: Final = LastRead()


@reader
def stake_accounts(answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
    """As `read_stake_accounts`, without reading again what this process read last."""
    return _last.accounts(answer, provider)
