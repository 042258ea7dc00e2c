"""The window that this process read last: whoever needs the same answers again is handed what they add up to.

A window's blocks are more than a gigabyte, and a run needs them three times: it stages them, asks what the operator's
own blocks paid, and makes figures of balances. What is kept is told apart by the digest that commits to every answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.sources.beacon.ledger import WindowLedger
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import RecordedAnswer, StagedFetch, fetch_digest
from aurora_pipeline.store.payloads.tables import Verdict

_last: dict[str, WindowLedger] = {}
"""By the digest of its fetch; one at most."""


def remember(ledger: WindowLedger, kind: str, answers: Sequence[RecordedAnswer]) -> None:
    """Keep what the answers of a final fetch came to; the ledger has read all of them, and nothing else."""
    digest = fetch_digest(kind, FigureState.FINAL, Verdict.TOLD, None, [answer.kept.leaf for answer in answers])
    _last.clear()
    _last[digest] = ledger


def recall(fetch: StagedFetch, first_slot: int, last_slot: int) -> WindowLedger | None:
    """What a stored fetch's answers come to, where this process read them last; None where it did not."""
    ledger = _last.get(fetch.fetch_digest)
    asked = (fetch.provider, first_slot, last_slot)
    return ledger if ledger is not None and (ledger.provider, ledger.first_slot, ledger.last_slot) == asked else None
