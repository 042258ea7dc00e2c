"""As-of answers never change and show whole transactions, while others publish."""

from __future__ import annotations

from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.store.as_of_storm import Storm


def test_storm__300_moments__no_answer_changes_or_shows_half(database: Database) -> None:
    storm = Storm(database)
    assert storm.run(300) == []
    assert storm.written > 0
