"""What a mapping can say of a file: other units, texts for unknown, absence for 0, a column per epoch, identities."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aurora_pipeline.asking.adapter import EVERYONE, Fetched, FetchScope, FileTrouble, ValidatorAsked
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config import CostType, Provider
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.money import shift_point
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources.files.answers import read_costs, read_tips
from aurora_pipeline.sources.files.mistakes import in_row, in_words
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.canonical.answers import EPOCH, reference
from aurora_pipeline_tests.sources.files.test_own_files import NAME, POSITIONS, SHEET, U, V, W, X, fetch, only, own
from aurora_pipeline_tests.sources.files.workbook import workbook

MEV = {"validator": {"column": "vote"}, "epoch": {"column": "epoch"}, "total_tips": {"column": "tips", "unit": "SOL"}}


def staged(data_type: str, *fetched: Fetched) -> list[StagedFetch]:
    return [
        StagedFetch(number, data_type, NAME, "file", one.subject, one.state, one.reason, one.answers)  # type: ignore[arg-type]  # none of them only kept
        for number, one in enumerate(fetched, 1)
    ]


def mev_file(folder: Path, rates: list[str], unit: str) -> Provider:
    rows = "".join(f"{key},{EPOCH},1,{rate}\n" for key, rate in zip((U, V, W), rates, strict=False))
    (folder / "mev.csv").write_text(f"vote,epoch,tips,rate\n{rows}")
    return own(folder, "mev", "mev.csv", MEV | {"mev_commission": {"column": "rate", "unit": unit}})


def test_fraction__one_hundredth__a_hundred_basis_points(tmp_path: Path) -> None:
    one = only(fetch(mev_file(tmp_path, ["0.01"], "fraction"), U))
    assert read_tips(one.answers[0], NAME)[U].commission_bps == 100  # type: ignore[arg-type]  # an answer


@given(st.integers(0, 10_000))
def test_fraction__any_rate_written_out__exact(bps: int) -> None:
    assert shift_point(f"{bps // 10_000}.{bps % 10_000:04d}", 4) == bps


@pytest.mark.parametrize(
    ("rates", "unit", "is_odd"),
    [
        (["0.01", "0.08", "0"], "percent", True),
        (["0.5", "8", "0"], "percent", False),
        (["0", "0", "0"], "percent", False),
        (["0.01", "0.08", "0"], "fraction", False),
        (["1", "8", "0"], "bps", False),
    ],
)
def test_percent__no_rate_reaches_one__warned_of_once(
    tmp_path: Path, rates: list[str], unit: str, is_odd: bool
) -> None:
    fetched = fetch(mev_file(tmp_path, rates, unit), U, V, W)
    result = canonical_mev(reference(U, V, W), staged("mev", *fetched), Bps(309))
    told = [words for words in result.warnings if "state unit: fraction" in words]
    assert len(told) == is_odd
    assert all(words.startswith("own: mev.csv: column 'rate': no rate in it reaches 1 percent") for words in told)


def test_stranger__one_bad_cell__our_figures_stand_and_one_warning_names_it(tmp_path: Path) -> None:
    fetched = fetch(mev_file(tmp_path, ["8", "254", "7"], "percent"), U, W)
    assert [one.state for one in fetched] == [FigureState.FINAL] * 2
    result = canonical_mev(reference(U, W), staged("mev", *fetched), Bps(309))
    assert list(result.frame["mev_commission_bps"]) == [800, 700]
    (told,) = [words for words in result.warnings if "left out" in words]
    assert told == (
        f"own: mev.csv: rows about 1 validator that is not operated ({V}) can't be read and are left out:"
        " row 3, column 'rate': 254 is more than 100 percent; is percent the right unit?"
    )


@pytest.mark.parametrize(
    ("rate", "unit", "told"),
    [
        ("254", "percent", "254 is more than 100 percent; is percent the right unit?"),
        ("7", "fraction", "7 is more than 1, the whole; is fraction the right unit?"),
        ("10001", "bps", "10001 is more than 10000 bps; is bps the right unit?"),
    ],
)
def test_rate__more_than_the_whole__said_in_the_unit_of_its_column(
    tmp_path: Path, rate: str, unit: str, told: str
) -> None:
    (one,) = fetch(mev_file(tmp_path, [rate], unit), U)
    assert str(one.reason).endswith(f"row 2, column 'rate': {told}")


def test_ours__one_bad_cell__refused_though_others_are_bad_too(tmp_path: Path) -> None:
    (one,) = fetch(mev_file(tmp_path, ["8", "254", "seven"], "percent"), W)
    assert (one.state, one.file_trouble) == (FigureState.UNAVAILABLE, FileTrouble.REFUSED)
    assert str(one.reason).startswith("own: mev.csv can't be read as providers.yaml says: row 4, column 'rate'")


@pytest.mark.parametrize("row", [f"{V}x,{EPOCH},1,8", f",{EPOCH},1,8", f"{V},{EPOCH},1"])
def test_row_about_nobody_knows_whom__may_be_ours__refused(tmp_path: Path, row: str) -> None:
    provider = mev_file(tmp_path, ["8"], "percent")
    (tmp_path / "mev.csv").write_text(f"vote,epoch,tips,rate\n{U},{EPOCH},1,8\n{row}\n")
    assert only(fetch(provider, U)).file_trouble is FileTrouble.REFUSED


def test_mistakes__many__counted_with_all_their_rows_and_the_first_of_each_sort() -> None:
    dates = [in_row(row, f"it was in {row}", "on") for row in (*range(2, 400), 405, 406)]
    words = in_words([*dates, in_row(9, "is empty", "stake")])
    assert words == (
        "401 mistakes: 400 mistakes in rows 2-399, 405-406, column 'on', the first: it was in 2;"
        " row 9, column 'stake' is empty"
    )
    scattered = [in_row(row, "is empty", "on") for row in range(0, 200, 2)]
    assert "78 and 60 more (`aurora providers check` lists them), column 'on'" in in_words(scattered)
    assert "198" in in_words(scattered, at_most=100)


def positions_file(folder: Path, *rows: list[Any], **options: Any) -> Provider:
    (folder / "stake.csv").write_text("\n".join(",".join(map(str, row)) for row in [SHEET, *rows]) + "\n")
    return own(folder, "positions", "stake.csv", POSITIONS, **options)


def test_delegated_later__as_the_mapping_says__refused_or_without_active_stake(tmp_path: Path) -> None:
    rows = [
        [V, EPOCH, W, U, U, 5, 700, ""],
        [V, EPOCH, X, U, U, 7, EPOCH + 3, ""],
        [V, EPOCH, U, U, U, 9, EPOCH + 1, ""],
    ]
    refused = only(fetch(positions_file(tmp_path, *rows), V))
    assert refused.file_trouble is FileTrouble.REFUSED
    assert "delegated_later: inactive" in str(refused.reason)
    fetched = fetch(positions_file(tmp_path, *rows, delegated_later="inactive"), V)
    result = canonical_positions(reference(V), staged("positions", *fetched))
    stake = dict(result.frame.select("account_key", "active_stake").iter_rows())
    assert {key: int(amount) for key, amount in stake.items()} == {V: 5, W: 5, X: 0, U: 0}
    (told,) = result.warnings
    assert "2 stake accounts are listed before they were delegated and have no active stake" in told


def costs(result: LayerResult) -> dict[str, tuple[int | None, str, str | None]]:
    return {
        row["validator_key"]: (None if row["amount"] is None else int(row["amount"]), row["state"], row["reason"])
        for row in result.frame.iter_rows(named=True)
    }


def test_missing__texts_that_mean_unknown__no_figure_and_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text(f"vote,epoch,fees\n{U},{EPOCH},NA\n{V},{EPOCH},1\n")
    columns = {"validator": {"column": "vote"}, "epoch": {"column": "epoch"}, "fees": {"column": "fees", "unit": "SOL"}}
    assert fetch(own(tmp_path, "fees", "fees.csv", columns), U)[0].file_trouble is FileTrouble.REFUSED
    one = fetch(own(tmp_path, "fees", "fees.csv", columns, missing=["NA", "-"]), U, V)
    result = canonical_fees(reference(U, V), staged("fees", *one))
    states = dict(result.frame.select("validator_key", "state").iter_rows())
    assert states == {U: "unavailable", V: "final"}


def payers(folder: Path, *rows: str, **options: Any) -> Provider:
    (folder / "dz.csv").write_text("\n".join(["vote,epoch,fee", *rows]) + "\n")
    columns = {"validator": {"column": "vote"}, "epoch": {"column": "epoch"}}
    return own(folder, "costs", "dz.csv", columns | {"NETWORK_FEE": {"column": "fee", "unit": "SOL"}}, **options)


def costs_told(provider: Provider) -> dict[str, tuple[int | None, str, str | None]]:
    fetched = fetch(provider, U, V)
    return costs(
        canonical_costs(reference(U, V), staged("costs", *fetched), frame_of(COST_ENTRIES, []), [CostType.NETWORK_FEE])
    )


def test_absent__zero__who_is_not_in_the_list_pays_nothing_and_the_reason_says_so(tmp_path: Path) -> None:
    assert costs_told(payers(tmp_path, f"{U},{EPOCH},1"))[V][0] is None
    told = costs_told(payers(tmp_path, f"{U},{EPOCH},1", absent="zero"))
    assert told == {U: (10**9, "final", None), V: (0, "final", "NOT_LISTED")}


def test_absent__zero__list_without_a_row_of_the_epoch_says_nothing(tmp_path: Path) -> None:
    told = costs_told(payers(tmp_path, f"{U},{EPOCH - 1},1", absent="zero"))
    assert {amount for amount, _, _ in told.values()} == {None}


def test_absent__zero__tips_and_rewards(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"vote,epoch,tips,rate\n{U},{EPOCH},1,8\n")
    columns = MEV | {"mev_commission": {"column": "rate", "unit": "percent"}}
    tips = fetch(own(tmp_path, "mev", "t.csv", columns, absent="zero"), U, V)
    row = canonical_mev(reference(U, V), staged("mev", *tips), Bps(309)).frame.row(1, named=True)
    assert (row["validator_key"], row["validator_tips"], row["reason"]) == (V, 0, "NOT_LISTED")
    columns = {
        "validator": {"column": "vote"},
        "epoch": {"column": "epoch"},
        "commission": {"column": "tips", "unit": "SOL"},
    }
    rewards = fetch(own(tmp_path, "rewards", "t.csv", columns, absent="zero"), U, V)
    row = canonical_rewards(reference(U, V), staged("rewards", *rewards)).frame.row(1, named=True)
    assert (row["validator_key"], row["commission"], row["state"], row["reason"]) == (V, 0, "final", "NOT_LISTED")


def wide(folder: Path, header: str) -> Provider:
    (folder / "wide.csv").write_text(f"vote,{header}\n{U},1,2\n{V},3,4\n")
    columns = {"validator": {"column": "vote"}, "NETWORK_FEE": {"column": "dz_fee_{epoch}", "unit": "lamports"}}
    return own(folder, "costs", "wide.csv", columns)


def test_wide_file__each_epoch_from_its_own_column(tmp_path: Path) -> None:
    provider = wide(tmp_path, "dz_fee_841,dz_fee_842")
    for epoch, expected in ((841, {U: 1, V: 3}), (842, {U: 2, V: 4})):
        one = only(fetch(provider, U, V, epoch=epoch))
        read = read_costs(one.answers[0], NAME)  # type: ignore[arg-type]  # an answer
        assert {key: row["NETWORK_FEE"] for key, row in read.items()} == expected
    one = only(fetch(provider, U, V, epoch=843))
    assert (one.state, one.file_trouble, one.retracts) == (FigureState.UNAVAILABLE, None, True)


def test_wide_file__no_such_column_of_any_epoch__refused(tmp_path: Path) -> None:
    one = only(fetch(wide(tmp_path, "dz_841,dz_842"), U))
    assert one.file_trouble is FileTrouble.REFUSED
    assert "'dz_fee_{epoch}'" in str(one.reason)


def test_identities__file_keyed_by_them__found_by_the_one_it_had(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text(f"node,epoch,fees\n{W},{EPOCH},0\n{X},{EPOCH},1\n")
    columns = {"identity": {"column": "node"}, "epoch": {"column": "epoch"}}
    provider = own(tmp_path, "fees", "ids.csv", columns | {"fees": {"column": "fees", "unit": "lamports"}})
    asked = (ValidatorAsked(U, None), ValidatorAsked(V, X, (W,)), ValidatorAsked(NOBODY, X))

    async def go() -> list[Fetched]:
        adapter = adapter_for(provider)
        async with asking_unrecorded(provider, adapter) as ask:
            return await adapter.fetch("fees", FetchScope("chain", EPOCH, 0, 1, asked, family=Family.SOLANA), ask)

    told = {one.subject: one for one in asyncio.run(go())}
    assert told[U].reason == "its identity is not known, by which the file lists validators"
    assert not told[U].retracts
    assert "2 identities" in str(told[V].reason)
    assert told[NOBODY].state is FigureState.FINAL
    result = canonical_fees(reference(NOBODY, identities={NOBODY: X}), staged("fees", told[NOBODY]))
    assert int(result.frame["fees"][0]) == 1


NOBODY = "So11111111111111111111111111111111111111112"


@pytest.mark.parametrize(
    ("data_type", "changed", "words"),
    [
        (
            "costs",
            {"NETWORK_FEE": {"column": "f_{epoch}", "unit": "SOL"}, "epoch": {"column": "e"}},
            "told elsewhere too",
        ),
        (
            "costs",
            {"NETWORK_FEE": {"column": "f_{epoch}", "unit": "SOL"}, "VOTE_FEES": {"column": "v", "unit": "SOL"}},
            '"VOTE_FEES" would be the same in every epoch',
        ),
        ("costs", {"NETWORK_FEE": {"column": "f", "unit": "SOL"}}, "neither a column nor the path tells the epoch"),
    ],
)
def test_mapping__epoch_told_twice_or_not_at_all__refused(
    tmp_path: Path, data_type: str, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        own(tmp_path, data_type, "f.csv", {"validator": {"column": "vote"}} | changed)


@pytest.mark.parametrize("option", [{"absent": "zero"}, {"absent": "none"}])
def test_mapping__absent_for_what_is_never_0__refused(tmp_path: Path, option: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        own(tmp_path, "positions", "f.csv", POSITIONS, **option)


def test_mapping__delegated_later_for_fees__refused(tmp_path: Path) -> None:
    columns = {"validator": {"column": "v"}, "epoch": {"column": "e"}, "fees": {"column": "f", "unit": "SOL"}}
    with pytest.raises(ValidationError, match="only positions"):
        own(tmp_path, "fees", "f.csv", columns, delegated_later="inactive")


def test_error_cell__of_a_workbook__a_mistake_only_where_it_is_read(tmp_path: Path) -> None:
    def fees_of(*row: Any) -> Fetched:
        (tmp_path / "f.xlsx").write_bytes(workbook([["vote", "epoch", "fees", "note"], list(row)]))
        columns = {"validator": {"column": "vote"}, "epoch": {"column": "epoch"}}
        return only(fetch(own(tmp_path, "fees", "f.xlsx", columns | {"fees": {"column": "fees", "unit": "SOL"}}), U))

    epoch = ("n", str(EPOCH))
    assert fees_of(U, epoch, ("n", "1"), ("e", "#N/A")).state is FigureState.FINAL
    refused = fees_of(U, epoch, ("e", "#N/A"), None)
    assert "row 2, column 'fees': it holds the error #N/A" in str(refused.reason)


def test_everyone__subject_of_costs__told_once(tmp_path: Path) -> None:
    assert only(fetch(payers(tmp_path, f"{U},{EPOCH},1"), U, V)).subject == EVERYONE
