"""Which periods are stale, and in which order they are computed again: plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.digests import Input
from aurora_pipeline.work.stale_lines import Present, ready, stale_periods

CHAIN = "solana-demo"
NOW, THEN = frozenset({Input("decision", "terms", "2")}), frozenset({Input("decision", "terms", "1")})


def period(
    epoch: int,
    lineages: Sequence[frozenset[Input]] = (NOW,),
    reads: Sequence[int] = (),
    waits_for: Sequence[int] = (),
) -> Present:
    return Present(PeriodKey(CHAIN, EpochNumber(epoch)), NOW, tuple(lineages), tuple(reads), tuple(waits_for))


def told(periods: Sequence[Present]) -> list[tuple[int, tuple[int, ...]]]:
    return [(one.key.epoch, one.after) for one in stale_periods(periods)]


def test_stale__some_lineage_names_what_counts__is_fresh() -> None:
    assert told([period(1), period(2, [THEN, NOW])]) == []


def test_stale__no_lineage_names_what_counts__says_what_changed() -> None:
    (one,) = stale_periods([period(1, [THEN])])
    assert (one.key.epoch, one.after, one.why) == (1, (), "decision terms changed")


def test_stale__no_lines_in_force__computed_as_soon_as_it_can_be() -> None:
    (one,) = ready(stale_periods([period(1, [])]))
    assert one.why == "no lines of this version are in force"


def test_stale__what_reads_a_stale_one__comes_after_it_and_so_on() -> None:
    periods = [period(3, reads=[1, 2]), period(1, [THEN]), period(2, reads=[1]), period(4)]
    assert told(periods) == [(1, ()), (2, (1,)), (3, (1, 2))]
    assert [one.key.epoch for one in ready(stale_periods(periods))] == [1]


def test_stale__earlier_one_not_published__waits_and_says_so() -> None:
    (one,) = stale_periods([period(2, [], waits_for=[1])])
    assert ready([one]) == []
    assert one.why == "it waits for epoch 1, which is not published"


def test_stale__the_same_twice__has_the_same_digest_and_other_inputs_another() -> None:
    first, again = stale_periods([period(1, [THEN])]), stale_periods([period(1, [])])
    assert first[0].digest == again[0].digest
    other = Present(PeriodKey(CHAIN, EpochNumber(1)), THEN, (), ())
    assert stale_periods([other])[0].digest != first[0].digest
    # Figures that went back and forth are computed again each time, though from the same inputs.
    published = Present(PeriodKey(CHAIN, EpochNumber(1)), NOW, (THEN,), (), (), sequence=7)
    assert stale_periods([published])[0].digest != first[0].digest


@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 9))), max_size=10))
def test_stale__computed_wave_by_wave__each_once_and_never_before_what_it_reads(
    drawn: list[tuple[bool, set[int]]],
) -> None:
    fresh = {epoch: is_fresh for epoch, (is_fresh, _) in enumerate(drawn)}
    reads = {epoch: [one for one in sorted(read) if one < epoch] for epoch, (_, read) in enumerate(drawn)}
    done: list[int] = []
    while True:
        now = [period(epoch, [NOW] if fresh[epoch] else [THEN], reads[epoch]) for epoch in fresh]
        wave = [one.key.epoch for one in ready(stale_periods(now))]
        if not wave:
            break
        for epoch in wave:
            assert all(fresh[one] for one in reads[epoch])
            assert epoch not in done
        done += wave
        fresh |= dict.fromkeys(wave, True)
    assert all(fresh.values())
