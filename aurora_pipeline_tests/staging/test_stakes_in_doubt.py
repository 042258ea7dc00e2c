"""Observed stake accounts that are not all of a validator's: whoever asks about their rewards is told."""

from __future__ import annotations

from aurora_pipeline.staging.plan import Observation
from aurora_pipeline.staging.samples import Sample, stakes_in_doubt
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    Row,
    stake_account,
    stake_accounts,
    vote_account,
    vote_accounts,
)


def sample(*accounts: Row, kind: str = "solana_rpc") -> Sample:
    answers = (vote_accounts(vote_account("V", 30)), stake_accounts("V", *accounts))
    return Sample(Observation(1, "node", kind, "V", 5, (1, 2)), answers)


def test_stakes_in_doubt__list_cut_off__named_with_both_sums() -> None:
    cut = sample(stake_account("s1", "V", 10))
    words = "its stake accounts hold 10 of active stake, the vote account says 30"
    assert stakes_in_doubt({"V": cut}, ["V", "W"], EPOCH) == {"V": words}
    nobody = "its stake accounts hold 0 of active stake, the vote account says 30"
    assert stakes_in_doubt({"V": sample()}, ["V"], EPOCH) == {"V": nobody}


def test_stakes_in_doubt__whole_list_or_a_source_without_totals__no_doubt() -> None:
    whole = sample(stake_account("s1", "V", 10), stake_account("s2", "V", 20))
    assert stakes_in_doubt({"V": whole}, ["V"], EPOCH) == {}
    assert stakes_in_doubt({"V": sample(kind="stakewiz")}, ["V"], EPOCH) == {}
