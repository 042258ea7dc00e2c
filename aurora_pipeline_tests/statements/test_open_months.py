"""When a month can be stated, and what is to be done where it cannot."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.statements.due import ChainAccounts
from aurora_pipeline.statements.errors import StatementNotOver
from aurora_pipeline.statements.payable_drafts import periods_of
from aurora_pipeline.statements.published import EpochStatements
from aurora_pipeline.statements.restated import ChainTimeline

CHAIN, AUGUST = "solana-demo", MonthKey("solana-demo", "2026-08")
FIRST, DAYS = 850, 2


def accounts(recorded: Collection[int], published: Collection[int]) -> ChainAccounts:
    """A chain whose periods are of two days, the first one from 25 August; 853 ends on the first of September."""
    periods, months = {}, {}
    for number in recorded:
        epoch, slot = EpochNumber(number), number * 100
        began = datetime(2026, 8, 25, tzinfo=UTC) + timedelta(days=DAYS * (number - FIRST))
        ended = began + timedelta(days=DAYS)
        periods[epoch] = Period(PeriodKey(CHAIN, epoch), slot, slot + 99, slot, slot + 99, began, ended)
        months[epoch] = f"{periods[epoch].last_instant:%Y-%m}"
    keys = [PeriodKey(CHAIN, EpochNumber(number)) for number in published]
    in_force = {key.epoch: EpochStatements(key, key.epoch, "lineage", key.epoch, "lines") for key in keys}
    timeline = ChainTimeline(CHAIN, periods, months, in_force)
    return ChainAccounts(timeline, EpochNumber(FIRST), 1, {}, {}, (), {})


def test_month__that_is_over_and_published__has_its_epochs() -> None:
    assert periods_of(accounts(range(850, 855), range(850, 855)), AUGUST) == [850, 851, 852]


@pytest.mark.parametrize(
    ("recorded", "published", "problem", "remedy"),
    [
        (
            [850, 851, 852, 853],
            [850, 852, 853],
            "epoch 851 is not published",
            "`aurora backfill solana-demo 851`, then the month again",
        ),
        (
            [850, 852, 853],
            [850, 852, 853],
            "epoch 851 is not known",
            "`aurora backfill solana-demo 851`, then the month again",
        ),
        (
            [850, 851, 852],
            [850, 851, 852],
            "no period that ends after it is known",
            "no month is over yet; `aurora status solana-demo` tells where the chain is",
        ),
    ],
)
def test_month__that_cannot_be_stated__says_why_and_what_to_do(
    recorded: list[int], published: list[int], problem: str, remedy: str
) -> None:
    with pytest.raises(StatementNotOver) as refused:
        periods_of(accounts(recorded, published), AUGUST)
    assert refused.value.message == f"solana-demo:2026-08 can't be stated yet: {problem}"
    assert refused.value.remedy == remedy
