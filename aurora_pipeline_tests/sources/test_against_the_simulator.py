"""Solana Beach and Trillium as the simulator speaks them: each alone arrives at what really happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev, formula_tips
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config import CostType, Provider
from aurora_pipeline.config.families import Family
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.truth import EpochTruth, truth
from aurora_pipeline.foundation.units import Amount, Bps, EpochNumber
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources.checking import check_providers
from aurora_pipeline.sources.files.check import Ours
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solanabeach import ask as beach_module
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.asking.asked import provider, whole
from aurora_pipeline_tests.gated import broken

SMALL = Parameters(seed=11, validators=6, stake_accounts=300, slots_per_epoch=120)
EPOCH = SMALL.first_epoch
FEE_BPS = 309


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A chain in the epoch after the one that is asked about, with its tips published."""
    home = tmp_path_factory.mktemp("chain")
    with SimulatorProcess(home / "state.json", **SMALL.as_dict()) as running:
        running.advance(epoch=EPOCH + 1, fraction_bps=9_000)
        yield running


@pytest.fixture(scope="module")
def told() -> EpochTruth:
    return truth(SMALL, EPOCH)


def reference(told: EpochTruth, epoch: int = EPOCH) -> Reference:
    return Reference(
        told.chain_id,
        EpochNumber(epoch),
        SMALL.first_slot(epoch),
        SMALL.last_slot(epoch),
        datetime(2026, 9, 1, tzinfo=UTC),
        datetime(2026, 9, 3, tzinfo=UTC),
        tuple(OperatedValidator(one.vote, one.identity, one.name, "OPERATOR") for one in told.validators),
    )


def staged(
    settings: Provider, told: EpochTruth, data_type: str, epoch: int = EPOCH, observe: bool = False
) -> list[StagedFetch]:
    """What a provider says of the operated validators, as staging would keep it."""
    adapter = adapter_for(settings)
    asked = tuple(ValidatorAsked(one.vote, one.identity) for one in told.validators)
    scope = FetchScope(
        told.chain_id, EpochNumber(epoch), SMALL.first_slot(epoch), SMALL.last_slot(epoch), asked, family=Family.SOLANA
    )

    async def go() -> list[StagedFetch]:
        async with asking_unrecorded(settings, adapter) as ask:
            fetched = await (adapter.observe if observe else adapter.fetch)(data_type, scope, ask)
        return [
            StagedFetch(
                number, data_type, settings.name, settings.kind, one.subject, one.state, one.reason, whole(one.answers)
            )
            for number, one in enumerate(fetched, start=1)
        ]

    return asyncio.run(go())


def rows(result: LayerResult) -> dict[str, dict[str, object]]:
    assert broken(result) == ()
    return {str(row["validator_key"]): row for row in result.frame.to_dicts() if row.get("row_kind") != "ACCOUNT"}


def trillium(simulator: SimulatorProcess) -> Provider:
    return provider(simulator.url + "/trillium", "trillium", "trillium")


def beach(simulator: SimulatorProcess) -> Provider:
    return provider(simulator.url + "/solanabeach", "solanabeach", "beach", api_key="a-key-of-its-own")


def test_trillium__fees__those_of_the_chain_to_the_lamport(simulator: SimulatorProcess, told: EpochTruth) -> None:
    found = rows(canonical_fees(reference(told), staged(trillium(simulator), told, "fees")))
    for one in told.validators:
        row = found[one.vote]
        assert (row["fees"], row["leader_slots"], row["slots_skipped"], row["state"]) == (
            one.fees_lamports,
            one.leader_slots,
            one.skipped,
            "final",
        )
        assert "THIRD_PARTY" in str(row["reason"])


def test_trillium__mev__the_tip_trees_formula_and_not_its_own(simulator: SimulatorProcess, told: EpochTruth) -> None:
    found = rows(canonical_mev(reference(told), staged(trillium(simulator), told, "mev"), Bps(FEE_BPS)))
    for one in told.validators:
        row = found[one.vote]
        if not one.mev_total_lamports:
            assert row["state"] in ("unavailable", "final")
            continue
        formula = formula_tips(Amount(one.mev_total_lamports), Bps(one.mev_commission_bps or 0), Bps(FEE_BPS))
        assert (row["total_tips"], row["validator_tips"], row["method"]) == (one.mev_total_lamports, formula, "FORMULA")
        assert row["validator_tips"] == one.mev_validator_lamports


def test_trillium__rewards__commission_without_extrapolated_stakers(
    simulator: SimulatorProcess, told: EpochTruth
) -> None:
    found = rows(canonical_rewards(reference(told), staged(trillium(simulator), told, "rewards")))
    for one in told.validators:
        row = found[one.vote]
        assert (row["commission"], row["state"]) == (one.commission_lamports, "final")
        assert (row["staker_rewards"], row["stakers_state"]) == (None, "unavailable")


def test_trillium__meta__partial_because_its_stake_is_in_whole_sol(
    simulator: SimulatorProcess, told: EpochTruth
) -> None:
    found = rows(canonical_meta(reference(told), staged(trillium(simulator), told, "meta")))
    for one in told.validators:
        row = found[one.vote]
        assert (row["identity_key"], row["active_stake"], row["state"]) == (one.identity, None, "partial")
        assert row["mev_commission_bps"] == one.mev_commission_bps


def test_trillium__costs__votes_times_the_fee_as_an_estimate(simulator: SimulatorProcess, told: EpochTruth) -> None:
    entries = frame_of(COST_ENTRIES, [])
    result = canonical_costs(reference(told), staged(trillium(simulator), told, "costs"), entries, [CostType.VOTE_FEES])
    found = rows(result)
    for one in told.validators:
        row = found[one.vote]
        assert (row["entry_type"], row["amount"], row["method"]) == ("VOTE_FEES", one.vote_fees_lamports, "ESTIMATE")


def test_trillium__epoch_to_come__pending(simulator: SimulatorProcess, told: EpochTruth) -> None:
    fetches = staged(trillium(simulator), told, "fees", EPOCH + 1)
    assert {(one.state.value, one.reason) for one in fetches} == {
        ("pending", f"trillium has not published epoch {EPOCH + 1} yet")
    }


def test_trillium__wrong_epoch__unreadable(simulator: SimulatorProcess, told: EpochTruth) -> None:
    simulator.fault("/trillium", "wrong_epoch")
    (one, *_) = staged(trillium(simulator), told, "fees")
    assert one.state.value == "pending"
    assert "the row is of epoch" in str(one.reason)


def test_solanabeach__fees__those_of_the_chain(simulator: SimulatorProcess, told: EpochTruth) -> None:
    found = rows(canonical_fees(reference(told), staged(beach(simulator), told, "fees")))
    for one in told.validators:
        row = found[one.vote]
        assert (row["fees"], row["leader_slots"], row["blocks_produced"], row["slots_skipped"]) == (
            one.fees_lamports,
            one.leader_slots,
            one.blocks,
            one.skipped,
        )


def test_solanabeach__past_stake__partial_meta_with_the_stake(simulator: SimulatorProcess, told: EpochTruth) -> None:
    found = rows(canonical_meta(reference(told), staged(beach(simulator), told, "meta")))
    for one in told.validators:
        assert (found[one.vote]["active_stake"], found[one.vote]["state"]) == (one.active_stake_lamports, "partial")


@pytest.mark.parametrize("page_rows", [1_000, 7])
def test_solanabeach__positions__all_pages_and_the_total_beside(
    simulator: SimulatorProcess, told: EpochTruth, page_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beach_module, "PAGE_ROWS", page_rows)
    running = truth(SMALL, EPOCH + 1)
    result = canonical_positions(
        reference(running, EPOCH + 1), staged(beach(simulator), running, "positions", EPOCH + 1, observe=True)
    )
    found = rows(result)
    assert {row["state"] for row in found.values()} == {"final"}
    for one in running.validators:
        assert found[one.vote]["active_stake"] == one.active_stake_lamports


def test_check_providers__all_kinds__newest_epoch_and_limits(simulator: SimulatorProcess, tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text("vote,epoch,fees\n")
    columns = {"validator": {"column": "vote"}, "epoch": {"column": "epoch"}, "fees": {"column": "fees", "unit": "SOL"}}
    files = Provider(
        name="own",
        enabled=True,
        kind="file",
        base_url=f"file:{tmp_path}",
        files=[{"data_type": "fees", "path": "fees.csv", "columns": columns}],
    )
    settings = [
        provider(simulator.url + "/rpc", "solana_rpc", "node"),
        provider(simulator.url + "/kobe/api/v1", "jito", "jito"),
        provider(simulator.url + "/stakewiz", "stakewiz", "wiz"),
        beach(simulator),
        trillium(simulator),
        files,
        provider("http://127.0.0.1:9", "jito", "gone"),
    ]
    checks = {one.name: one for one in check_providers(settings, {"own": Ours(Family.SOLANA)})}
    assert {name: one.up for name, one in checks.items()} == dict.fromkeys(checks, True) | {"gone": False}
    assert [checks[name].epoch for name in ("node", "jito", "wiz", "beach", "trillium", "own")] == [
        EPOCH + 1,
        EPOCH,
        EPOCH + 1,
        EPOCH + 1,
        EPOCH,
        None,
    ]
    assert checks["beach"].limits_left["solana-beach-standard-credits-remaining"] == "99"
    assert "no connection" in str(checks["gone"].problem)
    (tmp_path / "fees.csv").write_text("vote,epoch\n")
    (broken,) = check_providers([files], {"own": Ours(Family.SOLANA)})
    assert "fees.csv (fees): the column 'fees' (fees) is not in its header" in str(broken.problem)
