"""The kind tally."""

from __future__ import annotations

from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked
from aurora_pipeline_tests.sources.tally.answers import read_newest
from aurora_pipeline_tests.sources.tally.ask import NEWEST, Tally
from aurora_pipeline_tests.sources.tally.tells import fees

TALLY = Source(Tally, Tells(fees=fees), Alive(NEWEST, read_newest), too_much_paid, too_much_staked)
