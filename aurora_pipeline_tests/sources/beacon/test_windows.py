"""Which epochs count in a window: those whose credit falls into its slots, whatever the window and the preset."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.sources.beacon.answers.chain import Spec
from aurora_pipeline.sources.beacon.ledger import WindowLedger


@given(st.integers(0, 400), st.integers(1, 400), st.sampled_from([8, 16, 32]))
def test_attestation_epochs__of_any_slots__are_credited_in_exactly_one_window(
    first_slot: int, slots: int, per_epoch: int
) -> None:
    last_slot = first_slot + slots - 1
    ledger = WindowLedger("node", first_slot, last_slot, Spec(per_epoch, timedelta(seconds=5), None, {}))
    credited = [epoch for epoch in range(200) if first_slot <= (epoch + 2) * per_epoch <= last_slot]
    assert ledger.attestation_epochs == credited
    # Windows that touch share no epoch and leave none out.
    after = WindowLedger("node", last_slot + 1, last_slot + 200, ledger.spec)
    both = WindowLedger("node", first_slot, last_slot + 200, ledger.spec)
    assert ledger.attestation_epochs + after.attestation_epochs == both.attestation_epochs


@given(st.integers(2, 40), st.integers(1, 30), st.sampled_from([8, 16, 32]))
def test_attestation_epochs__of_whole_epochs__begin_two_before_the_window(
    first: int, size: int, per_epoch: int
) -> None:
    ledger = WindowLedger(
        "node", first * per_epoch, (first + size) * per_epoch - 1, Spec(per_epoch, timedelta(seconds=12), None, {})
    )
    assert ledger.attestation_epochs == list(range(first - 2, first + size - 2))
    assert ledger.duty_epochs_due == list(range(first, first + size))
