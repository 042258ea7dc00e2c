"""The kind mev_relay: the data API of a relay."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.evm.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.relays.answers import read_page
from aurora_pipeline.sources.relays.ask import MevRelay
from aurora_pipeline.sources.relays.questions import newest_delivered
from aurora_pipeline.sources.relays.tells import delivered


def _is_there(answer: Answer, provider: str) -> None:
    """A relay's rows name slots, and no window of them: that they can be read is all that is told."""
    read_page(answer, provider)


MEV_RELAY: Final = Source(
    MevRelay, Tells(delivered=delivered), Alive(newest_delivered(), _is_there), too_much_paid, too_much_staked
)
