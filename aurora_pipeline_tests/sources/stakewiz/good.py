"""Good answers of Stakewiz."""

from __future__ import annotations

from aurora_pipeline.demo.solana import stakewiz
from aurora_pipeline.sources.stakewiz.answers import read_validators
from aurora_pipeline_tests.sources.good import PROVIDER, Good, told

GOOD = Good(
    lambda epoch: [told("wiz epoch", stakewiz.epoch_info(epoch.after)), told("wiz", stakewiz.validators(epoch.after))],
    lambda epoch: {"read_validators": lambda one: read_validators(one, PROVIDER, epoch.reference.epoch)},
    "/stakewiz",
)
