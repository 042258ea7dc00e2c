"""The operator's own files: every digit as it stands there, every mistake with row and column, nothing of bombs."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import EVERYONE, Fetched, FetchScope, FileTrouble, ValidatorAsked
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.config import Provider
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.units import Amount, Bps, EpochNumber
from aurora_pipeline.sources.files import cells as file_cells
from aurora_pipeline.sources.files.answers import (
    FileFees,
    FileMeta,
    FileReward,
    FileTips,
    read_costs,
    read_fees,
    read_meta,
    read_positions,
    read_rewards,
    read_tips,
)
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import request_text
from aurora_pipeline.store.payloads.fetches import StagedFetch, fetch_digest
from aurora_pipeline.store.payloads.tables import Verdict
from aurora_pipeline_tests.asking.asked import whole
from aurora_pipeline_tests.canonical.answers import EPOCH, reference
from aurora_pipeline_tests.sources.files.workbook import Cell, workbook

NAME = "own"


def key(name: str) -> str:
    """A Solana address that is always the same for a name."""
    return base58_encode(hashlib.sha256(name.encode()).digest())


U, V, W, X = (key(name) for name in "UVWX")
NOISE = "241.071861666999"
SHEET = [
    "Validator Vote Pubkey",
    "Epoch",
    "Stake Account Pubkey",
    "Staker Wallet",
    "Withdrawer Wallet",
    "Stake Lamports",
    "Activation Epoch",
    "Deactivation Epoch",
]
POSITIONS = {
    "validator": {"column": "Validator Vote Pubkey"},
    "epoch": {"column": "Epoch"},
    "account": {"column": "Stake Account Pubkey"},
    "staker": {"column": "Staker Wallet"},
    "withdrawer": {"column": "Withdrawer Wallet"},
    "stake": {"column": "Stake Lamports", "unit": "lamports"},
    "activation_epoch": {"column": "Activation Epoch"},
    "deactivation_epoch": {"column": "Deactivation Epoch"},
}


def own(folder: Path, data_type: str, path: str, columns: dict[str, Any], **fields: Any) -> Provider:
    table = {"data_type": data_type, "path": path, "columns": columns, **fields}
    return Provider.model_validate(
        {"name": NAME, "enabled": True, "kind": "file", "base_url": f"file:{folder}", "files": [table]}
    )


def fetch(settings: Provider, *keys: str, epoch: int = EPOCH) -> list[Fetched]:
    data_type = settings.files[0].data_type
    scope = FetchScope(
        "chain", EpochNumber(epoch), 0, 1, tuple(ValidatorAsked(key, None) for key in keys), family=Family.SOLANA
    )

    async def go() -> list[Fetched]:
        adapter = adapter_for(settings)
        async with asking_unrecorded(settings, adapter) as ask:
            return await adapter.fetch(data_type, scope, ask)

    return asyncio.run(go())


def fees_file(folder: Path, text: str, name: str = "fees842.csv", **column: str) -> Provider:
    (folder / name).write_text(text, encoding="utf-8")
    columns = {"validator": {"column": "vote"}, "fees": {"column": "fees", "unit": "SOL", **column}}
    return own(folder, "fees", name.replace("842", "{epoch}"), columns)


def only(fetched: list[Fetched]) -> Fetched:
    (one,) = fetched
    return one


def test_fees__sol_with_noise_and_rounding__to_the_lamport(tmp_path: Path) -> None:
    one = only(fetch(fees_file(tmp_path, f"vote,fees\n{V},{NOISE}\n", rounding="half_up"), V))
    assert one.state is FigureState.FINAL
    assert read_fees(whole(one.answers)[0], NAME) == {V: FileFees(Amount(241_071_861_667), None, None)}
    floored = only(fetch(fees_file(tmp_path, f"vote,fees\n{V},{NOISE}\n", rounding="floor"), V))
    assert read_fees(whole(floored.answers)[0], NAME)[V].fees == 241_071_861_666


def test_fees__sol_with_noise_and_no_rounding__refused_with_row_column_and_remedy(tmp_path: Path) -> None:
    one = only(fetch(fees_file(tmp_path, f"vote,fees\n{U},1.5\n{V},{NOISE}\n"), V))
    assert (one.state, one.other_may_know) == (FigureState.UNAVAILABLE, True)
    assert str(one.reason).startswith("own: fees842.csv can't be read as providers.yaml says: row 3, column 'fees': ")
    assert "rounding: half_up" in str(one.reason)


@pytest.mark.parametrize(
    "text",
    ["-1", "1,5", "1 000", "NaN", "inf", "0x10", "", "1e999999999", "٣", "=1+1"],
)
def test_fees__no_amount__never_a_figure(tmp_path: Path, text: str) -> None:
    for rounding in ("exact", "half_up", "floor"):
        one = only(fetch(fees_file(tmp_path, f'vote,fees\n{V},"{text}"\n', rounding=rounding), V))
        if text == "":
            assert read_fees(whole(one.answers)[0], NAME)[V].fees is None
        else:
            assert (one.state, "row 2, column 'fees'" in str(one.reason)) == (FigureState.UNAVAILABLE, True)


@given(st.integers(0, 10**18))
def test_xlsx__any_amount_of_lamports_written_out__exact(lamports: int) -> None:
    text = f"{lamports // 10**9}.{lamports % 10**9:09d}"
    (_, header), (number, cells) = file_cells.xlsx_rows(workbook([["fees"], [("n", text)]]), None)
    assert (header, number, cells) == (["fees"], 2, [text])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"vote,fees\n{V},1\n{V},2\n", "row 3 is about the same validator as row 2"),
        (f"vote,fee\n{V},1\n", "the column 'fees' (fees) is not in its header; did you mean 'fee'?"),
        (f"vote,fees,fees\n{V},1,2\n", "stands twice"),
        (f'vote,fees\n{V},"1\n', "no CSV"),
        ("", "no header"),
        ("vote,fees\n,1\n", "row 2, column 'vote' is empty"),
    ],
)
def test_fees__broken_file__refused_and_says_where(tmp_path: Path, text: str, problem: str) -> None:
    one = only(fetch(fees_file(tmp_path, text), V))
    assert one.state is FigureState.UNAVAILABLE
    assert problem in str(one.reason)


def test_fees__no_utf8__refused(tmp_path: Path) -> None:
    settings = fees_file(tmp_path, "vote,fees\n")
    (tmp_path / "fees842.csv").write_bytes(f"vote,fees\n{V},1\n".encode("utf-16"))
    assert "UTF-8" in str(only(fetch(settings, V)).reason)


def test_fees__byte_order_mark_crlf_and_blank_lines__read(tmp_path: Path) -> None:
    settings = fees_file(tmp_path, f"\ufeffvote,fees\r\n\r\n {V} , 1.5 \r\n,\r\n")
    assert read_fees(whole(only(fetch(settings, V)).answers)[0], NAME)[V].fees == 1_500_000_000


def test_file__not_there__unavailable_and_the_next_may_know(tmp_path: Path) -> None:
    one = only(fetch(own(tmp_path, "fees", "fees{epoch}.csv", _fees_columns()), V))
    assert (one.state, one.other_may_know, one.answers) == (FigureState.UNAVAILABLE, True, ())
    assert "there is no file fees842.csv" in str(one.reason)


def test_file__no_row_of_the_validator__unavailable(tmp_path: Path) -> None:
    known, unknown = fetch(fees_file(tmp_path, f"vote,fees\n{V},1\n"), V, W)
    assert (known.state, unknown.state) == (FigureState.FINAL, FigureState.UNAVAILABLE)


def test_file__longer_than_allowed__not_read(tmp_path: Path) -> None:
    settings = fees_file(tmp_path, "vote,fees\n" + V * 2_000).model_copy(update={"max_body_bytes": 1_024})
    assert "max_body_bytes" in str(only(fetch(settings, V)).reason)


def test_file__many_epochs_in_one__only_the_rows_of_the_one_asked_for(tmp_path: Path) -> None:
    (tmp_path / "fees.csv").write_text(f"vote,epoch,fees\n{V},841,oops\n{V},{EPOCH},2\n{V},843,\n")
    settings = own(tmp_path, "fees", "fees.csv", {**_fees_columns(), "epoch": {"column": "epoch"}})
    assert read_fees(whole(only(fetch(settings, V)).answers)[0], NAME)[V].fees == 2_000_000_000
    assert "row 2" in str(only(fetch(settings, V, epoch=841)).reason)
    assert only(fetch(settings, V, epoch=7)).state is FigureState.UNAVAILABLE


def _fees_columns() -> dict[str, Any]:
    return {"validator": {"column": "vote"}, "fees": {"column": "fees", "unit": "SOL"}}


def test_fetch_digest__other_mapping_or_other_bytes__another_digest(tmp_path: Path) -> None:
    def digest(text: str, **column: str) -> str:
        (answer,) = whole(only(fetch(fees_file(tmp_path, text, **column), V)).answers)
        assert str(tmp_path) not in request_text(answer.request)
        return fetch_digest("file", FigureState.FINAL, Verdict.TOLD, None, [answer.kept.leaf])

    first = digest(f"vote,fees\n{V},1.5\n")
    assert first == digest(f"vote,fees\n{V},1.5\n")
    assert len({first, digest(f"vote,fees\n{V},1.50\n"), digest(f"vote,fees\n{V},1.5\n", rounding="floor")}) == 3


def sheet(*rows: list[Cell]) -> list[list[Cell]]:
    return [list(SHEET), *rows]


def test_positions__the_sheet__stake_accounts_with_both_wallets(tmp_path: Path) -> None:
    rows = sheet(
        [
            V,
            ("n", str(EPOCH)),
            key("acc1"),
            key("s1"),
            key("w1"),
            ("n", "9722905981190890"),
            ("n", "700"),
            ("n", "18446744073709551615"),
        ],
        [V, ("n", str(EPOCH)), key("acc2"), ("inlineStr", key("s2")), key("w2"), ("n", "1E9"), ("n", str(EPOCH)), None],
        [V, ("n", str(EPOCH)), key("acc3"), ("str", key("s3")), key("w3"), ("n", "5"), ("n", "700"), ("n", str(EPOCH))],
        [V, ("n", str(EPOCH - 1)), key("acc1"), key("s1"), key("w1"), ("n", "1"), ("n", "700"), None],
    )
    (tmp_path / "stake.xlsx").write_bytes(workbook(rows, "Stake"))
    settings = own(tmp_path, "positions", "stake.xlsx", POSITIONS, sheet="Stake")
    one = only(fetch(settings, V))
    first, second, third = (position.account for position in read_positions(whole(one.answers)[0], NAME)[V])
    assert (first.stake, first.activation_epoch, first.deactivation_epoch) == (9_722_905_981_190_890, 700, None)
    assert (second.staker_key, second.withdrawer_key, second.stake) == (key("s2"), key("w2"), 10**9)
    assert third.deactivation_epoch == EPOCH
    staged = StagedFetch(1, "positions", NAME, "file", V, one.state, None, whole(one.answers))
    told = canonical_positions(reference(V), [staged])
    validator = told.frame.filter(told.frame["row_kind"] == "VALIDATOR").to_dicts()[0]
    assert (validator["active_stake"], validator["activating_stake"], validator["deactivating_stake"]) == (
        9_722_905_981_190_895,
        10**9,
        5,
    )
    assert (validator["state"], validator["reason"]) == ("final", "NO_TOTAL")


def test_stake_accounts__file_of_several_validators__those_of_the_one_asked_about(tmp_path: Path) -> None:
    number = ("n", str(EPOCH))
    rows = sheet(
        *([vote, number, key(f"acc-{vote}"), key("s"), key("w"), ("n", "1"), ("n", "1"), None] for vote in (V, W))
    )
    (tmp_path / "stake.xlsx").write_bytes(workbook(rows))
    settings = own(tmp_path, "positions", "stake.xlsx", POSITIONS)
    first, second = fetch(settings, V, W)
    adapter = adapter_for(settings)
    told = [adapter.stake_accounts(whole(one.answers), one.subject) for one in (first, second)]
    assert told == [(key(f"acc-{V}"),), (key(f"acc-{W}"),)]
    assert adapter.stake_accounts(whole(first.answers), X) == ()


def test_positions__total_that_does_not_fit__partial(tmp_path: Path) -> None:
    text = f"v,e,a,w,s,on,off,all\n{V},{EPOCH},{key('acc')},{key('w')},5,1,,7\n"
    (tmp_path / "p.csv").write_text(text)
    names = dict(zip("vea", ("validator", "epoch", "account"), strict=True)) | {"w": "withdrawer"}
    columns: dict[str, Any] = {field: {"column": column} for column, field in names.items()}
    columns |= {"activation_epoch": {"column": "on"}, "deactivation_epoch": {"column": "off"}}
    columns |= {"stake": {"column": "s", "unit": "lamports"}, "validator_stake": {"column": "all", "unit": "lamports"}}
    one = only(fetch(own(tmp_path, "positions", "p.csv", columns), V))
    told = canonical_positions(
        reference(V), [StagedFetch(1, "positions", NAME, "file", V, one.state, None, whole(one.answers))]
    )
    states = dict(zip(told.frame["row_kind"], told.frame["state"], strict=True))
    assert states == {"VALIDATOR": "partial", "ACCOUNT": "final"}


def test_others__every_data_type__read(tmp_path: Path) -> None:
    text = f"vote,id,name,stake,c,mc,tips,own,infl,dz,host\n{V},{W},N,1.5,9.95,10,88.565530355,,100,12.05359308335,\n"
    (tmp_path / "all842.csv").write_text(text)

    def column(name: str, unit: str | None = None, rounding: str = "exact") -> dict[str, str]:
        return {"column": name} | ({} if unit is None else {"unit": unit, "rounding": rounding})

    def answers(data_type: str, **columns: dict[str, str]) -> Any:
        settings = own(tmp_path, data_type, "all{epoch}.csv", {"validator": column("vote"), **columns})
        one = only(fetch(settings, V))
        assert (one.state, one.subject) == (FigureState.FINAL, V if data_type in ("mev", "rewards") else EVERYONE)
        return one.answers[0]

    rate = column("c", "percent")
    tips = answers("mev", total_tips=column("tips", "SOL"), mev_commission=column("mc", "percent"))
    assert read_tips(tips, NAME) == {V: FileTips(Amount(88_565_530_355), Bps(1_000), None)}
    rewards = answers("rewards", total_rewards=column("infl", "lamports"), commission_rate=rate)
    assert read_rewards(rewards, NAME) == {V: [FileReward(None, None, None, Amount(100), Bps(995))]}
    meta = answers("meta", identity=column("id"), name=column("name"), commission_rate=rate)
    assert read_meta(meta, NAME) == {V: FileMeta(W, "N", Bps(995), None, None)}
    costs = answers("costs", NETWORK_FEE=column("dz", "SOL", "half_up"), INFRASTRUCTURE=column("host", "SOL"))
    assert read_costs(costs, NAME) == {V: {"NETWORK_FEE": 12_053_593_083}}


def test_meta__some_validators_not_in_the_file__partial_so_that_the_next_is_asked(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(f"v,e,id\n{V},{EPOCH},{W}\n")
    columns = {"validator": {"column": "v"}, "epoch": {"column": "e"}, "identity": {"column": "id"}}
    one = only(fetch(own(tmp_path, "meta", "m.csv", columns), V, W))
    assert (one.subject, one.state, one.other_may_know) == (EVERYONE, FigureState.PARTIAL, True)


def xlsx_problem(folder: Path, body: bytes, **fields: Any) -> str:
    (folder / "stake.xlsx").write_bytes(body)
    one = only(fetch(own(folder, "positions", "stake.xlsx", POSITIONS, **fields), V))
    assert one.state is FigureState.UNAVAILABLE
    return str(one.reason)


_ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&b;</t></si></sst>"""


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"PK\x03\x04 not a zip", "no XLSX file"),
        (workbook(sheet())[:-40], "no XLSX file"),
        (workbook(sheet(), xl__sharedStrings_xml=_ENTITIES), "document type"),
        (workbook(sheet(), xl__worksheets__sheet1_xml=b"<worksheet><row>"), "broken XLSX"),
        (workbook([["a"], [("s", "99")]]), "names a text that is not there"),
        (workbook([]), "no header"),
    ],
)
def test_xlsx__broken_or_hostile__refused(tmp_path: Path, body: bytes, problem: str) -> None:
    assert problem in xlsx_problem(tmp_path, body)


def sheet_of(rows: str) -> bytes:
    """A workbook whose one sheet has these rows."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    whole = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
    return workbook([], xl__worksheets__sheet1_xml=whole.encode())


@pytest.mark.parametrize("row", ["<row/>", "<row><c/></row>", '<row><c r="XFD1"/></row>'])
def test_xlsx__rows_of_nothing__are_passed_over_and_take_no_memory(row: str) -> None:
    packed = sheet_of(row * 100_000 + '<row r="7"><c><v>1</v></c></row>')
    tracemalloc.start()
    rows = list(file_cells.xlsx_rows(packed, None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (rows, peak < 6_000_000) == ([(7, ["1"])], True)


def test_csv__letters_that_no_table_can_hold__are_written_out() -> None:
    assert list(file_cells.csv_rows(b"a\x00b,\x1bc,\xe6\x9c\x88\n")) == [(1, ["a\\x00b", "\\x1bc", "月"])]


def test_csv__rows_of_nothing__are_passed_over_and_lines_are_counted() -> None:
    assert list(file_cells.csv_rows(b"\n\n,\na,b\n\r\n1,2\n")) == [(4, ["a", "b"]), (6, ["1", "2"])]


@pytest.mark.parametrize(
    "packed",
    [
        sheet_of(f"<row><c><v>{'9' * 40_000}</v></c></row>"),
        workbook([["x" * 40_000]]),
        workbook([[("inlineStr", "x" * 40_000)]]),
    ],
    ids=["number", "shared text", "text"],
)
def test_xlsx__a_cell_longer_than_any__refused_by_name(packed: bytes) -> None:
    assert len(packed) < 2_000
    with pytest.raises(FileProblem, match="more than 32767 letters"):
        list(file_cells.xlsx_rows(packed, None))


def test_fees__a_file_of_other_rows__refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    one = only(fetch(fees_file(tmp_path, f"vote,fees\n{V},1\n" + "x\n" * 50_000), V))
    assert one.state is FigureState.UNAVAILABLE
    assert "10001 mistakes in rows 3-10003" in str(one.reason)
    assert "no more of it was read" in str(one.reason)


def test_xlsx__bomb__refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_cells, "UNPACKED_BYTES_MAX", 5_000_000)
    bomb = workbook(sheet(), xl__sharedStrings_xml=b"<sst>" + b" " * 50_000_000 + b"</sst>")
    assert len(bomb) < 100_000
    assert "unpacked it is longer" in xlsx_problem(tmp_path, bomb)


def test_xlsx__other_sheet_name__named(tmp_path: Path) -> None:
    assert "no sheet 'Stakes'; it has Sheet1" in xlsx_problem(tmp_path, workbook(sheet()), sheet="Stakes")


@given(st.binary(max_size=300), st.integers(0, 2_000))
def test_xlsx__bytes_changed_anywhere__rows_or_a_problem(noise: bytes, place: int) -> None:
    body = workbook(sheet([V, ("n", "1"), V, V, V, ("n", "1"), ("n", "1"), None]))
    garbled = body[:place] + noise + body[place + len(noise) :]
    try:
        rows = list(file_cells.xlsx_rows(garbled, None))
    except FileProblem:
        return
    assert all(isinstance(cell, str) for _, cells in rows for cell in cells)


# What a person mistypes, a spreadsheet garbles, or a column shift makes of a file.


def fees_reason(folder: Path, text: str, **column: str) -> str:
    one = only(fetch(fees_file(folder, text, **column), V))
    assert one.state is FigureState.UNAVAILABLE
    return str(one.reason)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{V},1,241.07,", "row 2 has 4 cells, the header 3"),
        ("{V},1,241.07,7", "row 2 has 4 cells, the header 3"),
        ("{V},1", "row 2 has 2 cells, the header 3: the row is cut off"),
    ],
)
def test_csv__more_or_fewer_cells_than_the_header__refused(tmp_path: Path, row: str, problem: str) -> None:
    text = f"vote,fees,blocks\n{row.format(V=V)}\n"
    assert problem in fees_reason(tmp_path, text)


def test_csv__unquoted_thousand_separator_in_the_last_column__refused(tmp_path: Path) -> None:
    assert "write 1,241.07 as 1241.07" in fees_reason(tmp_path, f"vote,fees\n{V},1,241.07\n")


@pytest.mark.parametrize(
    ("text", "is_noise"),
    [(NOISE, True), ("0.0000000001", True), ("1,000,000,000", False), ("7%", False), ("1e40", False), ("-1", False)],
)
def test_fees__no_exact_number__rounding_named_only_where_it_would_help(
    tmp_path: Path, text: str, is_noise: bool
) -> None:
    assert ("half_up" in fees_reason(tmp_path, f'vote,fees\n{V},"{text}"\n')) == is_noise


@pytest.mark.parametrize("kind", ["semicolon", "tab"])
def test_csv__another_separator__named_and_read_once_stated(tmp_path: Path, kind: str) -> None:
    text = f"vote,fees\n{V},1.5\n".replace(",", {"semicolon": ";", "tab": "\t"}[kind])
    assert f"it seems to be separated by {kind}: add separator: {kind}" in fees_reason(tmp_path, text)
    one = only(fetch(own(tmp_path, "fees", "fees{epoch}.csv", _fees_columns(), separator=kind), V))
    assert read_fees(whole(one.answers)[0], NAME)[V].fees == 1_500_000_000


@pytest.mark.parametrize(
    ("amount", "unit"), [("241071861667", "SOL"), ("10000000.000000001", "SOL"), ("10000000000000001", "lamports")]
)
def test_fees__more_than_a_validator_can_earn__refused_with_the_unit_in_doubt(
    tmp_path: Path, amount: str, unit: str
) -> None:
    reason = fees_reason(tmp_path, f"vote,fees\n{V},{amount}\n", unit=unit)
    assert "more than 10000000 SOL" in reason
    assert f"is {unit} the right unit?" in reason


def test_fees__unit_of_another_chain__refused(tmp_path: Path) -> None:
    assert "ETH is no unit of solana: write unit: lamports or SOL" in fees_reason(
        tmp_path, f"vote,fees\n{V},1\n", unit="ETH"
    )


@pytest.mark.parametrize("field", ["validator", "account", "staker", "withdrawer"])
@pytest.mark.parametrize("text", ["not an address!", "0x123", "1", V[:-2], V + "1"])
def test_positions__no_address__refused_with_row_and_column(tmp_path: Path, field: str, text: str) -> None:
    assert f"row 2, column {POSITIONS[field]['column']!r}: {text!r} is no Solana key" in position(
        tmp_path, **{field: text}
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"activation_epoch": ""}, "column 'Activation Epoch' is empty"),
        ({"activation_epoch": ("n", "900")}, "column 'Activation Epoch': in epoch 842 it was not delegated yet"),
        ({"deactivation_epoch": ("n", "699")}, "column 'Deactivation Epoch': 699 is before its activation in 700"),
        ({"deactivation_epoch": ("n", "1.8446744073709553E+19")}, "column 'Deactivation Epoch': "),
        ({"deactivation_epoch": ("n", "18446744073709551616")}, "column 'Deactivation Epoch': "),
        ({"stake": ("n", "18446744073709551616")}, "is more than 1000000000 SOL, which is more than there are"),
        ({"stake": ("b", "1")}, "column 'Stake Lamports': lamports is not a decimal number: 'TRUE'"),
        ({"deactivation_epoch": ("b", "0")}, "column 'Deactivation Epoch': the number is not a decimal"),
    ],
)
def test_positions__impossible_value__refused_with_row_and_column(
    tmp_path: Path, changed: dict[str, Cell], problem: str
) -> None:
    told = position(tmp_path, **changed)
    assert "row 2, " in told
    assert problem in told


@pytest.mark.parametrize(
    "never", ["1.8446744073709552E+19", "18446744073709552000", "18446744073709551615", "1.8446744073709551615e19"]
)
def test_positions__never_as_a_spreadsheet_saves_it__never(tmp_path: Path, never: str) -> None:
    assert position(tmp_path, deactivation_epoch=("n", never)) == ""
    one = only(fetch(own(tmp_path, "positions", "stake.xlsx", POSITIONS), V))
    assert read_positions(whole(one.answers)[0], NAME)[V][0].account.deactivation_epoch is None


def position(folder: Path, **changed: Cell) -> str:
    """Why a sheet with one stake account is refused; empty where it is not."""
    number = {"epoch": ("n", str(EPOCH)), "stake": ("n", "5"), "activation_epoch": ("n", "700")}
    row: dict[str, Cell] = {"validator": V, "account": key("a"), "staker": key("s"), "withdrawer": key("w"), **number}
    row |= {"deactivation_epoch": None, **changed}
    (folder / "stake.xlsx").write_bytes(workbook(sheet([row[name] for name in POSITIONS])))
    one = only(fetch(own(folder, "positions", "stake.xlsx", POSITIONS), V))
    assert one.state is (FigureState.UNAVAILABLE if one.reason else FigureState.FINAL)
    return one.reason or ""


def test_file__rows_of_the_epoch_but_not_of_the_validator__says_so(tmp_path: Path) -> None:
    settings = own(tmp_path, "fees", "fees.csv", {**_fees_columns(), "epoch": {"column": "epoch"}})
    (tmp_path / "fees.csv").write_text(f"vote,epoch,fees\n{U},{EPOCH},1\n{W},{EPOCH},1\n{V},7,1\n")
    one = only(fetch(settings, V))
    assert one.reason == "the file fees.csv has no row of epoch 842 of it; those it has are of 2 other validators"
    assert only(fetch(settings, V, epoch=8)).reason == "the file fees.csv has no row of epoch 8"


def test_file__longer_than_it_was_when_it_was_opened__refused_and_not_taken_for_one_with_fewer_rows(
    tmp_path: Path,
) -> None:
    """A pipe has the size 0 however much comes out of it, as a file that somebody fills while it is read."""
    provider = fees_file(tmp_path, "")
    path = tmp_path / "fees842.csv"
    path.unlink()
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("vote,fees\n",))
    writer.start()
    one = only(fetch(provider, V))
    writer.join()
    assert one.file_trouble is FileTrouble.REFUSED
    assert "was written while it was read" in str(one.reason)
