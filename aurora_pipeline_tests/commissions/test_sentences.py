"""No figure hangs on the wording of a sentence: other words in every reason change no amount and no state."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline_tests.commissions.conftest import CHAIN, EPOCH
from aurora_pipeline_tests.commissions.worlds import frames_of, make_world, terms_of
from aurora_pipeline_tests.pnl.frames import complete, missing

_OTHER_WORDS = "VOTE_FEES pending: AWAITED: final; NETWORK_FEE unavailable: EXEC_FEES partial: x"


def reworded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with one confusing sentence in place of every reason."""
    names = [name for name in frame.columns if name.endswith("reason")]
    return frame.with_columns(pl.lit(_OTHER_WORDS).alias(name) for name in names)


def without_sentences(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Everything but the sentences."""
    return frame.drop([name for name in frame.columns if name.endswith("reason")]).to_dicts()


def test_pnl__every_sentence_changed__same_figures_and_states() -> None:
    books = complete().cost("ABC", "NETWORK_FEE", None, **missing("pending", "not there yet"))
    pnl = books.pnl("ABC").frame
    assert (pnl["network_fee_state"].to_list(), pnl["vote_fees_state"].to_list()) == (["pending"], ["final"])
    for rows in books.rows.values():
        for row in rows:
            row["reason"] = _OTHER_WORDS
    assert without_sentences(books.pnl("ABC").frame) == without_sentences(pnl)


@settings(max_examples=30, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_lines__every_sentence_of_pnl_and_stake_changed__same_figures_and_states(chance: random.Random) -> None:
    world = make_world(chance, "w")
    agreed, windows = terms_of({"w": world})
    pnl, positions, rewards = frames_of(world.validators, None)
    plain = commission_lines(CHAIN, EPOCH, pnl, positions, rewards, agreed, windows)
    other = commission_lines(CHAIN, EPOCH, reworded(pnl), reworded(positions), reworded(rewards), agreed, windows)
    for name in ("lines", "results", "allocation"):
        assert without_sentences(getattr(other, name).frame) == without_sentences(getattr(plain, name).frame)
