"""Tables in any width: each number whole, each line within the width, each column there."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aurora_pipeline.cli.table import PrintedColumn, layout, shortened, wrapped

ADDRESS = "PgojseugNH23nwxBCWg8SHjMTyqcV1zQCFpTK5zwR5S"
amounts = st.integers(-(10**30), 10**30).map(lambda units: f"{units // 10**9}.{abs(units) % 10**9:09d}")
names = st.text("abc Ω漢字", max_size=30).map(str.strip)
sentences = st.lists(st.one_of(names, amounts, st.just(ADDRESS)), max_size=12).map(" ".join)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[PrintedColumn], list[tuple[str, ...]]]:
    kinds = draw(st.lists(st.sampled_from(["number", "prose", "name", "address"]), min_size=1, max_size=12))
    columns = [
        PrintedColumn(f"{kind} {place}", kind == "number", kind == "prose")
        for place, kind in enumerate(["name", *kinds])
    ]
    cells = {"number": amounts, "prose": sentences, "name": names, "address": st.just(ADDRESS)}
    row = st.tuples(st.text("abc", min_size=1, max_size=40), *(cells[kind] for kind in kinds))
    return columns, draw(st.lists(row, min_size=1, max_size=4))


def words_of(lines: list[str]) -> list[str]:
    return " ".join(lines).split()


# The widest number that is drawn has 33 letters, and prose below a row is 4 letters in.
@given(tables(), st.integers(37, 200))
def test_layout__any_width__every_number_whole_and_no_line_too_long(
    table: tuple[list[PrintedColumn], list[tuple[str, ...]]], width: int
) -> None:
    columns, rows = table
    lines = [line.text for line in layout(columns, rows, width)]
    assert max(map(cell_len, lines)) <= width
    said = words_of(lines)
    for row in rows:
        for word in (word for cell in row for word in cell.split() if "." in word):
            assert word in said


@given(tables())
def test_layout__one_column_wide__numbers_are_whole_all_the_same(
    table: tuple[list[PrintedColumn], list[tuple[str, ...]]],
) -> None:
    columns, rows = table
    said = words_of([line.text for line in layout(columns, rows, 1)])
    numbers = [cell for row in rows for cell, column in zip(row, columns, strict=True) if column.is_number]
    assert all(number in said for number in numbers)


PNL = ["validator", "block fees", "MEV tips", "own stake", "commission", "revenue", "costs", "net", "state"]
ROW = ("Aurora Rigel", *["226.161040400"] * 7, "final")


def drawn(titles: list[str], rows: Sequence[tuple[str, ...]], width: int, prose: tuple[str, ...] = ()) -> list[str]:
    columns = [PrintedColumn(title, title in PNL[1:-1], title in prose) for title in titles]
    return [line.text for line in layout(columns, rows, width)]


def test_layout__ever_less_room__first_the_borders_go_then_it_is_printed_in_parts() -> None:
    assert drawn(PNL, [ROW], 160)[0].startswith("┏━")
    assert drawn(PNL, [ROW], 126) == [
        "validator        block fees       MEV tips      own stake     commission        revenue          costs"
        "            net  state",
        "Aurora Rigel  226.161040400  226.161040400  226.161040400  226.161040400  226.161040400  226.161040400"
        "  226.161040400  final",
    ]
    assert drawn(PNL, [ROW], 80) == [
        "validator        block fees       MEV tips      own stake     commission",
        "Aurora Rigel  226.161040400  226.161040400  226.161040400  226.161040400",
        "",
        "validator           revenue          costs            net  state",
        "Aurora Rigel  226.161040400  226.161040400  226.161040400  final",
    ]


def test_layout__addresses__keep_their_ends_where_they_do_not_fit() -> None:
    rows = [("V", ADDRESS, ADDRESS)]
    assert ADDRESS in drawn(["name", "validator key", "identity"], rows, 100)[3]
    assert drawn(["name", "validator key", "identity"], rows, 60)[-1] == "V     Pgoj…wR5S      Pgoj…wR5S"


def test_layout__a_column_that_says_nothing__goes_before_the_table_is_taken_apart() -> None:
    rows = [("Aurora " * 5 + "Vega", "-", "", "226.161040400")]
    assert drawn(["name", "until", "notes", "net"], rows, 54)[0].split() == ["name", "net"]
    assert drawn(["name", "until", "notes", "net"], rows, 80)[1].split("┃")[2].strip() == "until"


def test_layout__prose_without_room__below_its_row() -> None:
    rows = [("855", "226.161040400", "agreed with Northwind in a call: tips"), ("856", "0.100000000", "")]
    assert drawn(["epoch", "net", "why"], rows, 36, prose=("why",)) == [
        "epoch            net",
        "855    226.161040400",
        "    why: agreed with Northwind in a",
        "    call: tips",
        "856      0.100000000",
    ]


def test_layout__an_address_in_prose__whole_or_shortened_and_never_in_two_pieces() -> None:
    rows = [("rewards", f"({ADDRESS}, {ADDRESS}) received 1.5")]
    for width in range(40, 130):
        lines = drawn(["data type", "reason"], rows, width, prose=("reason",))
        shown = "".join(lines).count(ADDRESS) + "".join(lines).count("Pgoj…wR5S")
        assert shown == 2, (width, lines)


def test_layout__parts_with_prose__in_the_last_one_and_of_few_rows_as_cards() -> None:
    titles, why = ["epoch", "net", "costs", "why"], "agreed with Northwind: tips"
    rows = [(str(850 + number), "226.161040400", "24.078056182", why) for number in range(6)]
    lines = drawn(titles, rows, 28, prose=("why",))
    assert (lines[0], lines[8], lines[9:12]) == (
        "epoch            net",
        "epoch         costs",
        ["850    24.078056182", "    why: agreed with", "    Northwind: tips"],
    )
    assert drawn(titles, rows[:1], 28, prose=("why",)) == [
        "epoch  850",
        "net    226.161040400",
        "costs  24.078056182",
        "why    agreed with",
        "       Northwind: tips",
    ]


def test_layout__not_even_two_columns__a_card_for_each_row() -> None:
    rows = [("solana-demo:0000855", "226.161040400")] * 2
    card = ["period  solana-demo:0000855", "net     226.161040400"]
    assert drawn(["period", "net"], rows, 30) == [*card, "", *card]
    assert drawn(["period", "net"], rows[:1], 20)[-2:] == ["net", "226.161040400"]


def test_wrapped__no_number_is_broken_and_long_words_are() -> None:
    assert wrapped("pays 123456789012.123456789 x" + "y" * 12, 10) == [
        "pays",
        "123456789012.123456789",
        "xyyyyyyyyy",
        "yyy",
    ]


def test_shortened__addresses_and_hashes_and_no_amount() -> None:
    assert shortened(f"fees of {ADDRESS}: {'1' * 40}") == f"fees of Pgoj…wR5S: {'1' * 40}"
    assert shortened("0x" + "ab" * 20) == "0xab…abab"
