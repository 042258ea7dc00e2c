"""What changed between two states of a layer, against a plain comparison of their rows."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.store.declaration import CHAIN_ID, EPOCH, VALIDATOR_KEY, Table, TableKind, money, text
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.work.changes import changes_between

TABLE = Table(
    "example",
    TableKind.LAYER,
    "",
    (CHAIN_ID, EPOCH, VALIDATOR_KEY, money("amount", "", nullable=True), text("state", "")),
    ("chain_id", "epoch", "validator_key"),
)
rows = st.dictionaries(
    st.sampled_from("VWXYZ"),
    st.tuples(st.none() | st.integers(-(10**30), 10**30), st.sampled_from(["final", "pending"])),
)


def frame(told: dict[str, tuple[int | None, str]]) -> Any:
    return frame_of(
        TABLE,
        [
            {"chain_id": "c", "epoch": 1, "validator_key": key, "amount": amount, "state": state}
            for key, (amount, state) in told.items()
        ],
    )


@given(before=rows, after=rows)
def test_changes__two_states__every_difference_and_nothing_else(
    before: dict[str, tuple[int | None, str]], after: dict[str, tuple[int | None, str]]
) -> None:
    change = changes_between(TABLE, frame(before), frame(after))
    expected = {
        (key, name, before.get(key, (None, None))[place], after.get(key, (None, None))[place])
        for key in before.keys() | after.keys()
        for place, name in enumerate(("amount", "state"))
        if before.get(key, (None, None))[place] != after.get(key, (None, None))[place]
    }
    found = {(one.row[0], one.column, one.was, one.now) for one in change.changes}
    assert (found, len(change.changes)) == (expected, len(expected))
    assert change.rows_came == len(after.keys() - before.keys())
    assert change.rows_went == len(before.keys() - after.keys())


@given(rows)
def test_changes__the_same_state__none(told: dict[str, tuple[int | None, str]]) -> None:
    assert changes_between(TABLE, frame(told), frame(told)).changes == ()
    assert len(changes_between(TABLE, None, frame(told)).changes) == sum(
        (amount is not None) + 1 for amount, _ in told.values()
    )
