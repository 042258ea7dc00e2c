"""Good answers of Trillium."""

from __future__ import annotations

from aurora_pipeline.demo.solana import trillium
from aurora_pipeline.sources.trillium.answers import read_validators
from aurora_pipeline_tests.sources.good import PROVIDER, Good, told

GOOD = Good(
    lambda epoch: [told("trillium", trillium.validator_rewards(epoch.after, epoch.reference.epoch))],
    lambda epoch: {"read_validators": lambda one: read_validators(one, PROVIDER, epoch.reference.epoch)},
    "/trillium",
)
