"""Reading the operator's own files: bytes and mapping in, typed rows out; the mapping is part of the request."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.config.file_table import FIELDS, UNITS, CellKind, Rounding
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.money import BPS_WHOLE, MoneyError, shift_point, shift_point_rounded
from aurora_pipeline.providers.file_cells import Row, csv_rows, xlsx_rows
from aurora_pipeline.providers.file_problem import FileProblem
from aurora_pipeline.providers.reading import U64_MAX, UnreadableAnswer
from aurora_pipeline.providers.solana_accounts import StakeAccount
from aurora_pipeline.store.payloads import Answer

_MISTAKES_SHOWN: Final = 5
_TEXT_MAX: Final = 200
_PLAIN_DIGITS_MAX: Final = 20
_MAXIMA: Final[Mapping[CellKind, int | None]] = {
    CellKind.WHOLE: U64_MAX,
    CellKind.AMOUNT: None,
    CellKind.RATE: BPS_WHOLE,
}


@dataclass(frozen=True)
class FileFees:
    """A validator's block fees; None where the file has no value."""

    fees: int | None
    leader_slots: int | None
    blocks_produced: int | None


@dataclass(frozen=True)
class FileTips:
    """A validator's tips; None where the file has no value."""

    total: int | None
    commission_bps: int | None
    validator: int | None


@dataclass(frozen=True)
class FileReward:
    """The inflation rewards of a validator (`account_key` None) or of one stake account; None: no value."""

    account_key: str | None
    commission: int | None
    staker_rewards: int | None
    total_rewards: int | None
    commission_bps: int | None


@dataclass(frozen=True)
class FileMeta:
    """What a validator was; None where the file has no value."""

    identity_key: str | None
    name: str | None
    commission_bps: int | None
    mev_commission_bps: int | None
    active_stake: int | None


@dataclass(frozen=True)
class FilePosition:
    """A stake account, and the validator's total where the file has it."""

    account: StakeAccount
    validator_stake: int | None


def read_fees(answer: Answer, provider: str) -> dict[str, FileFees]:
    """Fees by validator."""
    return {
        key: FileFees(row.get("fees"), row.get("leader_slots"), row.get("blocks_produced"))
        for key, row in _by_validator(answer, provider, DataType.FEES).items()
    }


def read_tips(answer: Answer, provider: str) -> dict[str, FileTips]:
    """Tips by validator."""
    return {
        key: FileTips(row.get("total_tips"), row.get("mev_commission"), row.get("validator_tips"))
        for key, row in _by_validator(answer, provider, DataType.MEV).items()
    }


def read_rewards(answer: Answer, provider: str) -> dict[str, list[FileReward]]:
    """Rewards by validator: the validator's own row, where there is one, and its stake accounts'."""
    rewards: dict[str, list[FileReward]] = {}
    for row in _records(answer, provider, DataType.REWARDS, "validator", "account"):
        rewards.setdefault(row["validator"], []).append(
            FileReward(
                row.get("account"),
                row.get("commission"),
                row.get("staker_rewards"),
                row.get("total_rewards"),
                row.get("commission_rate"),
            )
        )
    return rewards


def read_meta(answer: Answer, provider: str) -> dict[str, FileMeta]:
    """Meta by validator."""
    return {
        key: FileMeta(
            row.get("identity"),
            row.get("name"),
            row.get("commission_rate"),
            row.get("mev_commission"),
            row.get("active_stake"),
        )
        for key, row in _by_validator(answer, provider, DataType.META).items()
    }


def read_positions(answer: Answer, provider: str) -> dict[str, list[FilePosition]]:
    """Stake accounts by validator."""
    positions: dict[str, list[FilePosition]] = {}
    for row in _records(answer, provider, DataType.POSITIONS, "account", needed=("account", "withdrawer", "stake")):
        leaves = row["deactivation_epoch"]
        account = StakeAccount(
            stake_key=row["account"],
            staker_key=row.get("staker") or row["withdrawer"],
            withdrawer_key=row["withdrawer"],
            voter_key=row["validator"],
            stake=row["stake"],
            activation_epoch=row["activation_epoch"],
            # The chain writes the largest number there is for an account that stays.
            deactivation_epoch=None if leaves == U64_MAX else leaves,
        )
        positions.setdefault(row["validator"], []).append(FilePosition(account, row.get("validator_stake")))
    return positions


def read_costs(answer: Answer, provider: str) -> dict[str, dict[str, int]]:
    """Costs and other income by validator and type; an empty cell is no entry."""
    return {
        key: {name: value for name, value in row.items() if name not in ("validator", "epoch") and value is not None}
        for key, row in _by_validator(answer, provider, DataType.COSTS).items()
    }


def read_validators(answer: Answer, provider: str, data_type: str) -> frozenset[str]:
    """The validators a file has a row of in the epoch; the whole file is read, so that a mistake shows at once."""
    match data_type:
        case DataType.POSITIONS:
            return frozenset(read_positions(answer, provider))
        case DataType.REWARDS:
            return frozenset(read_rewards(answer, provider))
        case _:
            return frozenset(_by_validator(answer, provider, DataType(data_type)))


def epoch_of(answer: Answer) -> object:
    """The epoch a file was read for."""
    query = answer.request.get("query")
    return query.get("epoch") if isinstance(query, Mapping) else None


def _by_validator(answer: Answer, provider: str, data_type: DataType) -> dict[str, dict[str, Any]]:
    return {row["validator"]: row for row in _records(answer, provider, data_type, "validator")}


def _records(
    answer: Answer, provider: str, data_type: DataType, *key: str, needed: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The rows of the epoch by field names, each `key` once; the first mistakes are told together."""
    try:
        return _read(answer, data_type, key, ("validator", *needed))
    except FileProblem as problem:
        raise UnreadableAnswer(provider, answer.request_key, str(problem)) from None


def _read(answer: Answer, data_type: DataType, key: Sequence[str], needed: Sequence[str]) -> list[dict[str, Any]]:
    mapping, epoch = answer.request.get("body"), epoch_of(answer)
    if not isinstance(mapping, Mapping) or mapping.get("data_type") != data_type or type(epoch) is not int:
        raise FileProblem(f"it was not read as a file of {data_type} of one epoch")
    columns: Mapping[str, Mapping[str, str]] = mapping["columns"]
    rows = _rows(answer, mapping.get("sheet"))
    places = _places(rows, columns)
    cells_of = [_Cell(name, place, FIELDS[data_type][name], columns[name]) for name, place in places.items()]
    found: list[dict[str, Any]] = []
    seen: dict[tuple[Any, ...], int] = {}
    mistakes: list[str] = []
    for number, cells in rows:
        if not any(cells):
            continue
        try:
            row = _row(number, cells, cells_of, epoch, needed)
            if row is None:
                continue
            first = seen.setdefault(tuple(row.get(name) for name in key), number)
            if first != number:
                raise FileProblem(f"row {number} is about the same {' and '.join(key)} as row {first}")
        except FileProblem as problem:
            mistakes.append(str(problem))
            if len(mistakes) == _MISTAKES_SHOWN:
                break
            continue
        found.append(row)
    if mistakes:
        raise FileProblem("; ".join(mistakes))
    return found


def _rows(answer: Answer, sheet: str | None) -> Iterator[Row]:
    is_xlsx = str(answer.request.get("path", "")).lower().endswith(".xlsx")
    return xlsx_rows(answer.body, sheet) if is_xlsx else csv_rows(answer.body)


def _places(rows: Iterator[Row], columns: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """Where each field's column stands, by the header: the first row that is not empty."""
    header = next(([cell.strip() for cell in cells] for _, cells in rows if any(cells)), [])
    places = {}
    for name, column in columns.items():
        wanted = column["column"].strip()
        if header.count(wanted) != 1:
            near = difflib.get_close_matches(wanted, header, n=1)
            hint = (
                f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(header)[:_TEXT_MAX] or 'no header'}"
            )
            problem = "stands twice in its header" if wanted in header else f"is not in its header{hint}"
            raise FileProblem(f"the column {wanted!r} ({name}) {problem}")
        places[name] = header.index(wanted)
    return places


class _Cell:
    """Where a field stands in a row, and how its text is read."""

    __slots__ = ("column", "is_plain", "kind", "name", "place")

    def __init__(self, name: str, place: int, kind: CellKind, column: Mapping[str, str]) -> None:
        self.name, self.place, self.kind, self.column = name, place, kind, column
        decimals = UNITS[kind][column["unit"]] if kind in UNITS else 0
        self.is_plain = kind is not CellKind.TEXT and decimals == 0
        """Digits alone are the number."""

    def value(self, number: int, cells: Sequence[str], needed: Sequence[str]) -> Any:
        """The value in a row, or what is wrong with it."""
        text = cells[self.place].strip() if self.place < len(cells) else ""
        try:
            found = _value(text, self)
        except ValueError as error:
            raise FileProblem(f"row {number}, column {self.column['column']!r}: {error}") from None
        if found is None and (self.name in needed or self.name == "epoch"):
            raise FileProblem(f"row {number}, column {self.column['column']!r} is empty")
        return found


def _row(
    number: int, cells: Sequence[str], cells_of: Sequence[_Cell], epoch: int, needed: Sequence[str]
) -> dict[str, Any] | None:
    """A row's values by field; None for a row of another epoch."""
    for cell in cells_of:
        if cell.name == "epoch" and cell.value(number, cells, needed) != epoch:
            return None
    return {cell.name: cell.value(number, cells, needed) for cell in cells_of}


def _value(text: str, cell: _Cell) -> str | int | None:
    if not text:
        return None
    if cell.kind is CellKind.TEXT:
        if len(text) > _TEXT_MAX:
            raise FileProblem(f"{text[:30]!r}… is too long")
        return text
    maximum = _MAXIMA[cell.kind]
    if cell.is_plain and len(text) <= _PLAIN_DIGITS_MAX and text.isascii() and text.isdigit():
        return _bounded(int(text), maximum)
    if cell.kind is CellKind.WHOLE:
        return _bounded(shift_point(text, 0, "the number"), maximum)
    unit, rounding = cell.column["unit"], Rounding(cell.column["rounding"])
    decimals = UNITS[cell.kind][unit]
    if rounding is not Rounding.EXACT:
        return _bounded(shift_point_rounded(text, decimals, unit, half_up=rounding is Rounding.HALF_UP), maximum)
    try:
        return _bounded(shift_point(text, decimals, unit), maximum)
    except MoneyError as error:
        raise FileProblem(f"{error}; where that is noise, state rounding: half_up") from None


def _bounded(number: int, maximum: int | None) -> int:
    if number < 0 or (maximum is not None and number > maximum):
        raise FileProblem(f"{number} is {'negative' if number < 0 else f'more than {maximum}'}")
    return number
