"""What cannot be is held off by validator, whichever source says it: its figure is not known, and the others' stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.canonical import tables
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.units import Amount, Bps
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources import kinds
from aurora_pipeline.sources.contract import Source, Tells
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.told import (
    AccountReward,
    AccountStake,
    CostsTold,
    CostTold,
    FeesTold,
    MetaTold,
    PositionsTold,
    RewardsTold,
    StakeTotal,
    TipsTold,
    Told,
)
from aurora_pipeline.store.declaration import FigureState, Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import SLOTS, fetch, reference, row_of
from aurora_pipeline_tests.gated import broken, schema_violations
from aurora_pipeline_tests.sources.tally.source import TALLY

FINAL = FigureState.FINAL
COIN = 10**9
HUGE = 2**64 - 1
BEYOND = 10**60

LAYERS: dict[DataType, tuple[Table, Callable[[Sequence[StagedFetch]], LayerResult]]] = {
    DataType.FEES: (tables.FEES, lambda staged: canonical_fees(reference("V", "W"), staged)),
    DataType.MEV: (tables.MEV, lambda staged: canonical_mev(reference("V", "W"), staged, Bps(300))),
    DataType.REWARDS: (tables.REWARDS, lambda staged: canonical_rewards(reference("V", "W"), staged)),
    DataType.META: (tables.META, lambda staged: canonical_meta(reference("V", "W"), staged)),
    DataType.POSITIONS: (tables.POSITIONS, lambda staged: canonical_positions(reference("V", "W"), staged)),
    DataType.COSTS: (
        tables.COSTS,
        lambda staged: canonical_costs(reference("V", "W"), staged, frame_of(COST_ENTRIES, []), [CostType.VOTE_FEES]),
    ),
}


@contextmanager
def telling(data_type: DataType, told: dict[str, Any]) -> Iterator[None]:
    """A source of a kind of its own that says just this of V and W."""
    tell: Any = {data_type.value: lambda staged: Told(list(told.items()))}
    tells = Tells(**tell)
    source = replace(TALLY, tells=tells)
    kinds._sources["tally"] = source
    yield
    del kinds._sources["tally"]


def layer(data_type: DataType, of_v: Any, of_w: Any) -> LayerResult:
    """What becomes of it; whatever is said, nothing breaks the table."""
    table, compute = LAYERS[data_type]
    with telling(data_type, {"V": of_v, "W": of_w}):
        result = compute([fetch(data_type, [], subject=EVERYONE, kind="tally")])
    assert broken(result) == ()
    assert schema_violations(table, result.frame) == []
    return result


def fees(led: int, blocks: int, skipped: int, paid: int, **more: Any) -> FeesTold:
    return FeesTold(FINAL, None, led, blocks, skipped, Amount(paid), **more)


def rewards(commission: int = 7, stakers: int = 93, **more: Any) -> RewardsTold:
    gross = Amount(commission + stakers)
    amounts = {"commission": Amount(commission), "staker_rewards": Amount(stakers), "gross_rewards": gross}
    return RewardsTold(FINAL, FINAL, **(amounts | more))


def position(active: int, total: int, account_key: str = "account") -> PositionsTold:
    account = AccountStake(account_key, None, None, Amount(active), Amount(0), Amount(0))
    return PositionsTold([account], StakeTotal(Amount(total), "the vote account"))


GOOD: dict[DataType, Any] = {
    DataType.FEES: fees(8, 7, 1, 5),
    DataType.MEV: TipsTold(Amount(100), Bps(700), Amount(7)),
    DataType.REWARDS: rewards(),
    DataType.META: MetaTold("id-W", "W", Bps(700), "BPS", Bps(700), Amount(100), False),
    DataType.POSITIONS: position(100, 100, "another"),
    DataType.COSTS: CostsTold({"VOTE_FEES": CostTold(FINAL, Amount(5), None, "CHAIN", "EXACT")}),
}
FIGURE = {
    DataType.FEES: "fees",
    DataType.MEV: "validator_tips",
    DataType.REWARDS: "commission",
    DataType.META: "active_stake",
    DataType.POSITIONS: "active_stake",
    DataType.COSTS: "amount",
}


def of(result: LayerResult, key: str) -> dict[str, Any]:
    where = {"row_kind": "VALIDATOR"} if "row_kind" in result.frame.columns else {}
    return row_of(result, key, **where)


@pytest.mark.parametrize(
    ("data_type", "said", "why"),
    [
        (DataType.FEES, fees(7, 8, -1, 5), "slots_skipped -1 is not at least 0"),
        (DataType.FEES, FeesTold(FINAL, None, 7, 8, None, Amount(5)), "8 blocks in 7 led slots"),
        (DataType.FEES, fees(8, 7, 2, 5), "8 slots led, but 7 blocks and 2 skips"),
        (DataType.FEES, fees(HUGE, HUGE, 0, 5), f"leader_slots {HUGE} is more than 64 bits hold; blocks_produced"),
        (DataType.FEES, fees(SLOTS + 1, SLOTS + 1, 0, 5), f"{SLOTS + 1} slots led in a period of {SLOTS}"),
        (DataType.FEES, fees(8, 7, 1, 0), "the-provider has 7 blocks of it, and fees of 0"),
        (DataType.FEES, FeesTold(FINAL, blocks_produced=7, fees=Amount(0)), "7 blocks of it, and fees of 0"),
        (DataType.FEES, FeesTold(FINAL, fees=Amount(0)), "fees of 0 of it, and does not say of how many blocks"),
        (DataType.FEES, fees(8, 0, 8, 5), "fees of 5 of it, and no blocks"),
        (DataType.FEES, fees(8, 0, 8, 5, zero_is_proven=True), "fees of 5 of it, and no blocks"),
        (DataType.FEES, FeesTold(FINAL, None, 8, 7, 1), "the-provider calls it final, and tells no fees"),
        (
            DataType.FEES,
            fees(8, 7, 1, 5, base_fees=Amount(3), priority_fees=Amount(9)),
            "base fees of 3 and priority fees of 9 are not the fees of 5",
        ),
        (DataType.FEES, fees(8, 7, 1, -5), "fees -5 is not at least 0"),
        (DataType.FEES, fees(8, 7, 1, 11_000_000 * COIN), "is more than 10000000 SOL"),
        (DataType.FEES, fees(8, 7, 1, 5, base_fees=Amount(BEYOND)), "is more than 10000000 SOL"),
        (DataType.MEV, TipsTold(Amount(BEYOND), Bps(700)), "is more than 10000000 SOL"),
        (DataType.MEV, TipsTold(Amount(-1), Bps(700)), "total_tips -1 is not at least 0"),
        (DataType.MEV, TipsTold(Amount(100), Bps(10_001)), "mev_commission_bps 10001 is not from 0 to 10000"),
        (DataType.MEV, TipsTold(None, None, Amount(BEYOND)), "is more than 10000000 SOL"),
        (DataType.MEV, TipsTold(None, None), "neither its tips are told, nor what they follow from"),
        (DataType.MEV, TipsTold(Amount(100), None), "neither its tips are told, nor what they follow from"),
        (DataType.REWARDS, rewards(-1), "commission -1 is not at least 0"),
        (DataType.REWARDS, rewards(BEYOND), "is more than 10000000 SOL"),
        (DataType.REWARDS, rewards(commission_bps=Bps(HUGE)), f"commission_bps {HUGE} is more than 64 bits hold"),
        (DataType.REWARDS, rewards(commission_source="percent"), "commission_source percent is not one of BPS,"),
        (DataType.META, replace(GOOD[DataType.META], active_stake=Amount(BEYOND)), "is more than 1000000000 SOL"),
        (DataType.META, replace(GOOD[DataType.META], commission_bps=Bps(-1)), "is not from 0 to 10000"),
        (DataType.POSITIONS, PositionsTold(position(-1, 5).accounts, None), "active_stake -1 is not at least 0"),
        (DataType.POSITIONS, position(BEYOND, BEYOND), "is more than 1000000000 SOL"),
        (
            DataType.REWARDS,
            RewardsTold(FINAL, FINAL, staker_rewards=Amount(5)),
            "the-provider calls it final, and tells no commission",
        ),
        (DataType.COSTS, CostsTold({"VOTE_FEES": CostTold(FINAL)}), "calls it final, and tells no amount"),
        (DataType.COSTS, CostsTold({"VOTE_FEES": CostTold(FINAL, Amount(-5))}), "amount -5 is not at least 0"),
        (DataType.COSTS, CostsTold({"VOTE_FEES": CostTold(FINAL, Amount(5), None, "chain")}), "origin chain is not"),
    ],
)
def test_layer__what_cannot_be__not_known_with_the_reason_and_the_other_validator_stands(
    data_type: DataType, said: Any, why: str
) -> None:
    result = layer(data_type, said, GOOD[data_type])
    held, other = of(result, "V"), of(result, "W")
    assert (held[FIGURE[data_type]], held["state"]) == (None, "unavailable")
    assert why in held["reason"]
    assert (other[FIGURE[data_type]], other["state"]) == (
        of(layer(data_type, GOOD[data_type], said), "V")[FIGURE[data_type]],
        "final",
    )


def test_fees__zero_of_blocks_that_is_proven__counts() -> None:
    row = of(layer(DataType.FEES, fees(8, 7, 1, 0, zero_is_proven=True), GOOD[DataType.FEES]), "V")
    assert (row["fees"], row["state"]) == (0, "final")


def test_rewards__account_that_cannot_be__not_known_and_the_others_stand() -> None:
    accounts = [
        AccountReward(key, FINAL, staker_rewards=Amount(amount)) for key, amount in (("a", -1), ("b", 5), ("c", BEYOND))
    ]
    frame = layer(DataType.REWARDS, rewards(accounts=accounts), rewards()).frame.filter(pl.col("row_kind") == "ACCOUNT")
    assert dict(frame.select("account_key", "state").iter_rows()) == {
        "a": "unavailable",
        "b": "final",
        "c": "unavailable",
    }


NUMBERS = st.none() | st.integers(-2, 12) | st.sampled_from((-(2**63) - 1, 2**63, HUGE, BEYOND, -BEYOND, SLOTS + 1))


@given(st.lists(NUMBERS, min_size=6, max_size=6), st.booleans())
def test_fees__any_numbers__the_table_holds_them_and_no_final_figure_contradicts_itself(
    numbers: list[Any], is_proven: bool
) -> None:
    result = layer(
        DataType.FEES, replace(FeesTold(FINAL, None, *numbers), zero_is_proven=is_proven), GOOD[DataType.FEES]
    )
    row = of(result, "V")
    assert of(result, "W")["fees"] == 5
    if row["state"] == "final":
        led, blocks, skipped = (row[name] for name in ("leader_slots", "blocks_produced", "slots_skipped"))
        assert None in (led, blocks) or (led >= blocks and skipped in (None, led - blocks))
        assert row["fees"] is not None
        assert row["fees"] != 0 or blocks == 0 or is_proven
        assert row["fees"] == 0 or blocks != 0
        parts = (row["base_fees"], row["priority_fees"])
        assert None in parts or sum(parts) == row["fees"]


@given(st.lists(NUMBERS, min_size=3, max_size=3))
def test_mev__any_numbers__the_table_holds_them(numbers: list[Any]) -> None:
    total, commission, validator = numbers
    assert of(layer(DataType.MEV, TipsTold(total, commission, validator), GOOD[DataType.MEV]), "W")["total_tips"] == 100


def test_every_source__says_how_much_is_believed_of_both() -> None:
    for source in kinds.SOURCES.values():
        assert isinstance(source, Source)
        assert source.too_much_paid(Amount(10**30)) is not None
        assert source.too_much_staked(Amount(10**30)) is not None
