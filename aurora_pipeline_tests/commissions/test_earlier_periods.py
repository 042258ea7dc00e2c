"""What earlier periods hand over: which are read, what is missing, and what the engine makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.agreements.tables import Basis, Metric
from aurora_pipeline.agreements.terms import Terms
from aurora_pipeline.commissions.earlier_periods import (
    CarriedLoss,
    Earlier,
    EarlierMissing,
    LookBack,
    RuleTotals,
    Timeline,
    look_back,
    looks_back,
)
from aurora_pipeline.commissions.windows import LossBalance, WindowStart
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline_tests.commissions.conftest import (
    CHAIN,
    compute,
    graduated,
    per_month,
    pnl_frame,
    rows,
    rule,
    terms,
)

FEES = Component.EXEC_FEES
FIRST = EpochNumber(100)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TIERS = ((100, 1000), (None, 2000))


def timeline(count: int, begins: datetime, days: int = 10, absent: frozenset[int] = frozenset()) -> Timeline:
    """Periods of some days each, one after the other; some of them are not recorded."""
    periods = {}
    for place in range(count):
        epoch, start = FIRST + place, begins + timedelta(days=days * place)
        end = start + timedelta(days=days, seconds=-1)
        periods[epoch] = Period(PeriodKey(CHAIN, epoch), 0, 9, 0, 9, start, end)
    return Timeline(FIRST, {epoch: period for epoch, period in periods.items() if epoch not in absent})


def back(
    of: int,
    agreed: Terms,
    times: Timeline,
    totals: Mapping[int, RuleTotals] | None = None,
    since: datetime = LONG_AGO,
    published: range | None = None,
    losses: Mapping[int, Mapping[str, CarriedLoss]] | None = None,
) -> LookBack:
    """What the only rule of agreement `a` looks back on from one epoch."""
    told = {EpochNumber(epoch): {("a", "fees"): one} for epoch, one in (totals or {}).items()}
    carried = {
        epoch: {("a", "fees", key): one for key, one in of_epoch.items()} for epoch, of_epoch in (losses or {}).items()
    }
    known = [EpochNumber(epoch) for epoch in (range(FIRST, of) if published is None else published)]
    earlier = Earlier(known, told, lambda epoch: carried.get(epoch, {}))
    return look_back(times.periods[EpochNumber(of)], agreed, ["V1", "V2"], times, {"a": since}, earlier)


def agreed(**more: Any) -> Terms:
    return terms({"a": [rule("fees", FEES, None if "tiers" in more else 1000, **more)]})


def running(metric: Metric) -> Terms:
    return agreed(tiers=graduated(*TIERS, metric=metric))


def final(base: int, computed: int = 0) -> RuleTotals:
    return RuleTotals(Amount(base), 0, Amount(computed), True)


@pytest.mark.parametrize(
    ("metric", "read"),
    [
        # Periods of ten days from 15 November on: 102 ends in December, 104 to 106 in January.
        (Metric.MONTH_TO_DATE, (104, 105)),
        (Metric.YEAR_TO_DATE, (104, 105)),
        (Metric.LIFETIME, (100, 101, 102, 103, 104, 105)),
    ],
)
def test_look_back__cumulative_metric__reads_the_periods_that_end_in_its_window(
    metric: Metric, read: tuple[int, ...]
) -> None:
    times = timeline(7, datetime(2025, 11, 15, tzinfo=UTC))
    found = back(106, running(metric), times, {epoch: final(epoch) for epoch in range(FIRST, 106)})
    assert found.totals_of == read
    assert found.windows.starts["a", "fees"] == WindowStart(bases=Amount(sum(read)))


@pytest.mark.parametrize("metric", [Metric.MONTH_TO_DATE, Metric.LIFETIME])
def test_look_back__windows_of_several_epochs__reads_periods_and_no_epochs_between_them(metric: Metric) -> None:
    times, last = wide(7, 225), FIRST + 225 * 6
    read = range(FIRST + 225 * 4, last, 225) if metric is Metric.MONTH_TO_DATE else range(FIRST, last, 225)
    bases = {int(epoch): final(1) for epoch in times.periods}
    found = back(last, running(metric), times, bases, published=range(FIRST, last, 225))
    assert tuple(found.totals_of) == tuple(read)
    assert found.windows.starts["a", "fees"] == WindowStart(bases=Amount(len(read)))
    # One of them that is not published is missed by name; nothing else is.
    with pytest.raises(EarlierMissing, match=str(last - 225)):
        back(last, running(metric), times, published=range(FIRST, last - 225, 225))


def test_look_back__losses_over_windows_of_several_epochs__are_walked_period_by_period() -> None:
    losses = {int(FIRST): {key: CarriedLoss(Amount(5), True) for key in ("V1", "V2")}}
    found = back(
        FIRST + 8,
        agreed(carry_losses=True, basis=Basis.NET),
        wide(3, 4),
        published=range(FIRST, FIRST + 8, 4),
        losses=losses,
    )
    assert found.losses_of == (FIRST, FIRST + 4)


def wide(count: int, step: int) -> Timeline:
    """Periods of ten days, each of several of the chain's epochs."""
    found = {
        EpochNumber(FIRST + step * place): one
        for place, one in enumerate(timeline(count, datetime(2025, 11, 15, tzinfo=UTC)).periods.values())
    }
    return Timeline(FIRST, {epoch: replace(one, key=PeriodKey(CHAIN, epoch)) for epoch, one in found.items()}, step)


def test_look_back__year_and_month__part_at_new_year_and_at_the_first() -> None:
    times = timeline(8, datetime(2026, 1, 3, tzinfo=UTC))
    bases = {epoch: final(1) for epoch in range(FIRST, 107)}
    assert back(107, running(Metric.YEAR_TO_DATE), times, bases).totals_of == tuple(range(100, 107))
    assert back(107, running(Metric.MONTH_TO_DATE), times, bases).totals_of == (105, 106)


def test_look_back__activated_within_the_window__nothing_before_counts() -> None:
    times = timeline(4, datetime(2026, 1, 1, tzinfo=UTC), days=7)
    since = times.periods[EpochNumber(101)].ended_at - timedelta(hours=1)
    found = back(103, running(Metric.MONTH_TO_DATE), times, {epoch: final(10) for epoch in range(100, 103)}, since)
    assert found.totals_of == (101, 102)


def test_look_back__rule_not_in_force_earlier__starts_at_0_and_still_read() -> None:
    times = timeline(3, datetime(2026, 1, 1, tzinfo=UTC), days=7)
    found = back(102, running(Metric.LIFETIME), times, {101: final(5)})
    assert (found.totals_of, found.windows.starts["a", "fees"].bases) == ((100, 101), 5)


@pytest.mark.parametrize("absent", [frozenset(), frozenset({101})])
def test_look_back__earlier_not_published__waits_naming_it_also_where_it_is_not_even_recorded(
    absent: frozenset[int],
) -> None:
    times = timeline(4, datetime(2026, 1, 1, tzinfo=UTC), days=5, absent=absent)
    with pytest.raises(EarlierMissing) as raised:
        back(103, running(Metric.MONTH_TO_DATE), times, published=range(100, 101))
    assert raised.value.epochs == (101, 102)
    assert "solana-demo:0000103 has to wait: a/fees" in raised.value.message
    assert raised.value.remedy == "compute them first, then this one: `aurora backfill solana-demo 101..102`"


def test_look_back__before_the_window_not_recorded__does_not_wait() -> None:
    times = timeline(4, datetime(2026, 1, 1, tzinfo=UTC), days=31, absent=frozenset({100, 101}))
    assert back(103, running(Metric.MONTH_TO_DATE), times, published=range(0)).totals_of == ()


def walked(times: Timeline, period: Period, start: datetime | None) -> list[int]:
    """The epochs of a window, found step by step: back from the period until one ended before the window began."""
    found = []
    following = period
    for epoch in range(period.key.epoch - 1, times.first_period - 1, -1):
        if start is not None and following.started_at <= start:
            break
        before = times.periods.get(EpochNumber(epoch))
        if before is not None:
            if start is not None and before.last_instant < start:
                break
            following = before
        found.append(epoch)
    return found[::-1]


@given(
    count=st.integers(1, 8),
    absent=st.frozensets(st.integers(FIRST - 2, FIRST + 7)),
    first=st.integers(FIRST - 2, FIRST + 3),
    start=st.none() | st.integers(-2, 60),
    seconds=st.integers(-1, 1),
)
def test_since__any_timeline_and_start__the_epochs_that_a_walk_back_finds(
    count: int, absent: frozenset[int], first: int, start: int | None, seconds: int
) -> None:
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    recorded = timeline(count, begins, days=5, absent=absent).periods
    times = Timeline(EpochNumber(first), recorded)
    instant = None if start is None else begins + timedelta(days=start, seconds=seconds)
    for period in recorded.values():
        assert list(times.since(period, instant)) == walked(times, period, instant)


def test_look_back__nothing_runs_on__reads_nothing() -> None:
    times = timeline(2, datetime(2026, 1, 1, tzinfo=UTC), days=5)
    for plain in (agreed(), running(Metric.PERIOD)):
        assert not looks_back(plain)
        assert back(101, plain, times, published=range(0)) == LookBack(
            windows=back(101, agreed(), times).windows, totals_of=(), losses_of=()
        )


def test_look_back__earlier_figures_missing__named_and_counted_0() -> None:
    times = timeline(3, datetime(2026, 1, 1, tzinfo=UTC), days=5)
    totals = {100: RuleTotals(Amount(7), 2, Amount(3), False), 101: final(1, 1)}
    start = back(102, running(Metric.LIFETIME), times, totals).windows.starts["a", "fees"]
    assert (start.bases, start.missing) == (8, "bases of epoch 100 are not known")
    start = back(102, agreed(cap=per_month(50)), times, totals).windows.starts["a", "fees"]
    assert (start.month_computed, start.month_missing) == (4, "amounts of epoch 100 are not final")


def test_engine__month_to_date_as_in_the_worked_figures__restated_too() -> None:
    times = timeline(2, datetime(2026, 1, 1, tzinfo=UTC), days=5)
    for first, expected in ((60, (6, 5)), (40, (4, 4))):
        agreement = running(Metric.MONTH_TO_DATE)
        amounts = []
        totals: dict[int, RuleTotals] = {}
        for epoch, base in ((100, first), (101, 45)):
            result = compute(
                pnl_frame({"V1": {FEES: base}}), agreement, windows=back(epoch, agreement, times, totals).windows
            )
            (row,) = rows(result.results.frame)
            totals[epoch] = RuleTotals(row["base"], row["missing_count"], row["computed"], row["state"] == "final")
            amounts.append(row["final"])
        assert tuple(amounts) == expected


# No deadline: the engine is fast, the machine may be busy.
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=6), st.integers(1, 10**12), st.integers(0, 10**6))
def test_engine__over_any_periods_of_a_month__tiers_telescope_and_the_cap_is_never_exceeded(
    bases: list[int], edge: int, cap: int
) -> None:
    times = timeline(len(bases), datetime(2026, 1, 1, tzinfo=UTC), days=4)
    agreement = agreed(tiers=graduated((edge, 700), (None, 300), metric=Metric.MONTH_TO_DATE), cap=per_month(cap))
    totals: dict[int, RuleTotals] = {}
    paid = 0
    for place, base in enumerate(bases):
        epoch = FIRST + place
        windows = back(epoch, agreement, times, totals).windows
        (row,) = rows(compute(pnl_frame({"V1": {FEES: base}}), agreement, windows=windows).results.frame)
        totals[epoch] = RuleTotals(row["base"], 0, row["computed"], True)
        paid += row["final"]
    whole = sum(bases)
    priced = (min(whole, edge) * 700 + max(0, whole - edge) * 300) // 10_000
    assert total(one.computed for one in totals.values()) == priced
    assert paid == min(cap, priced)


CARRYING: dict[str, object] = {"basis": Basis.NET, "carry_losses": True}


def test_losses__newest_printed_one_of_each_validator__from_as_few_periods_as_tell() -> None:
    times = timeline(5, datetime(2026, 1, 1, tzinfo=UTC), days=5)
    losses = {
        103: {"V1": CarriedLoss(Amount(3), True)},
        102: {"V1": CarriedLoss(Amount(99), True)},
        101: {"V2": CarriedLoss(Amount(5), False)},
        100: {"V2": CarriedLoss(Amount(98), True)},
    }
    found = back(104, agreed(**CARRYING), times, losses=losses)
    assert found.losses_of == (101, 102, 103)
    assert found.windows.losses == {
        ("a", "fees", "V1"): LossBalance(Amount(3)),
        ("a", "fees", "V2"): LossBalance(Amount(5), "the line of epoch 101 is not final"),
    }


def test_losses__period_on_the_way_not_published__waits_for_it() -> None:
    times = timeline(4, datetime(2026, 1, 1, tzinfo=UTC), days=5)
    with pytest.raises(EarlierMissing) as raised:
        back(103, agreed(**CARRYING), times, published=range(100, 102))
    assert raised.value.epochs == (102,)


def test_losses__before_the_agreement_was_active__not_looked_for() -> None:
    times = timeline(4, datetime(2026, 1, 1, tzinfo=UTC), days=5)
    found = back(
        103, agreed(**CARRYING), times, since=times.periods[EpochNumber(102)].started_at, published=range(102, 103)
    )
    assert (found.losses_of, found.windows.losses) == ((102,), {})
