"""A sample of the storm on whole conversations; the whole of it is a command."""

from __future__ import annotations

from random import Random

from aurora_pipeline_tests.sources.good import registered
from aurora_pipeline_tests.sources.tally.source import TALLY
from aurora_pipeline_tests.staging.storm import conversations, good_figures, storm, tried


def test_conversations__one_answer_struck__staged_as_what_the_layer_makes_of_it() -> None:
    verdicts, defects = storm(1_500, seed=20_261_126)
    assert defects == []
    for one in conversations():
        assert any(name.startswith(one.name) and count > 20 for name, count in verdicts.items())


def test_conversations__good_answers__have_final_figures_to_compare_with() -> None:
    told = {one.name for one in conversations() if any(any(row.values()) for row in good_figures(one.name).values())}
    assert told >= {f"solana_rpc {role}" for role in ("fees", "rewards", "positions", "costs")}
    assert told >= {"jito mev", "trillium fees", "trillium mev", "solanabeach fees"}


def test_conversations__provider_without_a_simulator__struck_as_well() -> None:
    with registered(TALLY):
        (one,) = (one for one in conversations() if one.kind == TALLY.kind)
        assert any(good_figures(one.name).values())
        ended = [tried(one, Random(number)) for number in range(300)]
    assert [problem for _, problem in ended if problem is not None] == []
    assert {"final", "not final"} <= {verdict for verdict, _ in ended}
