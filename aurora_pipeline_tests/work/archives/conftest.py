"""A computed epoch whose chain went on for long enough, so that its range may be moved out."""

from __future__ import annotations

import pytest

from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work.archives.ranges import PeriodRange, ranges
from aurora_pipeline_tests.proof.conftest import EPOCH, computed, copied, shared

__all__ = ["computed", "copied", "shared"]
LATER = EPOCH + 100
PERSON = "ada"


def live_on(aurora: Aurora, until: int = LATER) -> None:
    """Record a later period, as if the chain had gone on."""
    with aurora.database.connect() as connection:
        connection.execute(
            """INSERT INTO canonical_periods
               SELECT (jsonb_populate_record(p, jsonb_build_object(
                   'epoch', %s::bigint, 'period_key', %s::text,
                   'first_slot', first_slot + 1000000, 'last_slot', last_slot + 1000000))).*
               FROM canonical_periods p WHERE epoch = %s""",
            [until, f"{CHAIN_ID}:{until:07}", EPOCH],
        )


def range_of(aurora: Aurora) -> PeriodRange:
    """The one range that the instance has."""
    with aurora.database.connect() as connection:
        (found,) = ranges(connection)
    return found


@pytest.fixture
def old(copied: Aurora) -> Aurora:
    """An instance whose only computed epoch is old."""
    live_on(copied)
    return copied
