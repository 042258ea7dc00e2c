"""What status tells of one period: reasons that differ in numbers only are one row, and oddities are counted."""

from __future__ import annotations

from aurora_pipeline.work.epoch_status import (
    DataTypeStatus,
    Oddities,
    Outdated,
    Warned,
    WarningKind,
    grouped,
    kinds,
    together,
)

ESTIMATE = "ESTIMATE: {} vote credits take at least {} votes of 5000 lamports each"


def row(key: str, data_type: str, state: str, reason: str | None) -> dict[str, str | None]:
    return {"validator_key": key, "data_type": data_type, "state": state, "reason": reason}


def test_grouped__reasons_differ_in_numbers_only__one_row_with_names() -> None:
    rows = [
        row("A", "costs", "final", ESTIMATE.format(1165, 73)),
        row("B", "costs", "final", ESTIMATE.format(1170, 74)),
        row("C", "costs", "final", None),
    ]
    assert grouped(rows, {"A": "Altair", "B": "Bellatrix"}) == [
        DataTypeStatus("costs", "final", 2, ESTIMATE.format("1165 to 1170", "73 to 74"), ("Altair", "Bellatrix")),
        DataTypeStatus("costs", "final", 1, None, ()),
    ]


def test_grouped__same_reason_and_keys_with_digits__as_told() -> None:
    reasons = ["epoch 842: C1x9 has no row", "epoch 842: D1x9 has no row"]
    rows = [row("A", "rewards", "pending", reasons[0]), row("B", "rewards", "pending", reasons[1])]
    assert [(one.reason, one.names) for one in grouped(rows, {})] == [(reasons[0], ("A",)), (reasons[1], ("B",))]


def test_oddities__nothing_odd__nothing_to_say() -> None:
    assert Oddities((), 5, 0, ()).in_words is None
    told = Oddities((Warned("mev", "odd"), Warned("fees", "odd")), 5, 3, ("rewards",)).in_words
    assert told == ("2 warning(s), 3 unexplained difference(s) to cross-checks, answers of rewards that cannot be used")


def test_kinds__keys_of_the_chain__told_by_name_and_in_full_beside_it() -> None:
    keys = {"V" * 43: "Vega", "W" * 43: "Altair", "acme": "acme"}
    texts = [f"{key} of acme: odd" for key in ("V" * 43, "W" * 43)]
    (kind,) = kinds([Warned("mev", text) for text in texts], keys)
    assert (kind.text, kind.texts) == ("Vega, Altair of acme: odd", tuple(texts))


def test_outdated__one_file_for_many_data_types__counted_and_said_once() -> None:
    odd = Oddities((), 0, 0, (), (Outdated(("fees", "mev"), "books: f.csv is no UTF-8 text"),))
    assert odd.in_words == "fees, mev of an earlier reading of a file"
    assert str(odd.outdated[0]) == "fees, mev: books: f.csv is no UTF-8 text"


def test_kinds__many_of_one_kind_in_many_periods__one_line_by_layer() -> None:
    each = [Oddities((Warned("mev", f"{number} odd"), Warned("fees", "odd")), 1, 0, ("fees",)) for number in range(61)]
    whole = together(each)
    assert (whole.differences, whole.unusable, len(whole.warnings)) == (61, ("fees",), 122)
    mev, fees = kinds(whole.warnings)
    assert mev == WarningKind("mev", 61, "0 to 60 odd", tuple(f"{number} odd" for number in range(61)))
    assert (str(mev), str(fees)) == ("mev, 61 x: 0 to 60 odd", "fees, 61 x: odd")
    assert str(WarningKind("mev", 1, "odd", ("odd",))) == "mev: odd"
