"""A relay: every block that it delivered in the slots of a period, page by page; or what it did in one's own slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Ask, Fetched, FetchScope, ProviderDown
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import down, final, pending, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.relays.answers import next_cursor, pages_by_cursor, read_page, read_slots
from aurora_pipeline.sources.relays.questions import delivered_in, delivered_up_to

_NO_SLOTS: Final = (
    "it gives no pages (cursor), and can be asked slot by slot only when it is known which slots the validators had to"
    " propose in"
)


class MevRelay:
    """The adapter of kind mev_relay. Each relay knows what it delivered itself, so all of them are asked."""

    kind = "mev_relay"
    serves = frozenset({DataType.MEV.value})
    observes: frozenset[str] = frozenset()
    parts = serves

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Fetch what it delivered, for everyone at once."""
        if data_type != DataType.MEV:
            raise ValueError(f"{self.kind} does not serve {data_type}")
        answers: list[Answer] = []
        cursor: int | None = scope.last_slot
        try:
            while cursor is not None:
                answers += await ask([delivered_up_to(cursor)])
                if not pages_by_cursor(answers[-1], self._provider):
                    return [await self._by_slot(answers[-1], scope, ask)]
                cursor = next_cursor(read_page(answers[-1], self._provider), cursor, scope.first_slot)
        except ProviderDown as error:
            return [down(EVERYONE, error)]
        except UnreadableAnswer as error:
            return [unreadable(EVERYONE, error, answers)]
        return [final(EVERYONE, answers)]

    async def _by_slot(self, page: Answer, scope: FetchScope, ask: Ask) -> Fetched:
        """What it delivered in the slots that the operator's validators had to propose in, slot by slot."""
        slots = sorted({one.slot for slots in scope.proposals.values() for one in slots})
        if not scope.proposals:
            return pending(EVERYONE, _NO_SLOTS, [page])
        answers = [page, *await ask([delivered_in(slot) for slot in slots])]
        try:
            read_slots(answers, self._provider)
        except UnreadableAnswer as error:
            return unreadable(EVERYONE, error, answers)
        return final(EVERYONE, answers)

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: what was delivered stays."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: a relay says what is wrong by HTTP status."""
        return None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: it names validators by the keys they are registered by."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: a relay knows no stake."""
        return ()
