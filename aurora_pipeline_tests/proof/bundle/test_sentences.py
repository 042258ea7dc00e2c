"""No figure hangs on the wording of a fetch's reason, nor on the words by which a question is named."""

from __future__ import annotations

import polars as pl

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.store.database import Connection
from aurora_pipeline_tests.proof.conftest import KEY, Proven

OTHER_WORDS = "RETRACTED: AWAITED: not observed while the period ran; provider down: final"
REWORDED = (
    "UPDATE staging_fetches SET reason = '" + OTHER_WORDS + "'",
    "UPDATE staging_payloads SET request_key = 'getMultipleAccounts vote getBlock validator_rewards ' || payload_id",
)


def figures(configuration: Configuration, connection: Connection, key: PeriodKey) -> dict[str, pl.DataFrame]:
    """Every layer of a period computed again, without sentences."""
    return {
        draft.table.name: draft.frame.drop([name for name in draft.frame.columns if name.endswith("reason")])
        for layer in LAYERS
        for draft in layer.draft(configuration, connection, key)
    }


def test_layers__every_reason_and_question_reworded__same_figures_and_states(proven: Proven) -> None:
    plain = figures(proven.aurora.configuration, proven.connection, KEY)
    assert sum(map(len, plain.values())) > 100
    for statement in REWORDED:
        proven.run(statement)
    other = figures(proven.aurora.configuration, proven.connection, KEY)
    assert {name: frame.to_dicts() for name, frame in other.items()} == {
        name: frame.to_dicts() for name, frame in plain.items()
    }
