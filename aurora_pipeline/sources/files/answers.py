"""Reading the operator's own files: bytes and mapping in, typed rows out; the mapping is part of the request."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import U64_MAX, UnreadableFile
from aurora_pipeline.config.file_table import COINS, FIELDS, SEPARATORS, UNITS, CellKind, Rounding
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.addresses import check_address
from aurora_pipeline.foundation.chain_family import Family
from aurora_pipeline.foundation.money import BPS_WHOLE, MoneyError, shift_point, shift_point_rounded
from aurora_pipeline.sources.files.cells import Row, csv_rows, xlsx_rows
from aurora_pipeline.sources.solana.accounts import StakeAccount
from aurora_pipeline.store.payloads import Answer

_MISTAKES_SHOWN: Final = 5
_TEXT_MAX: Final = 200
_PLAIN_DIGITS_MAX: Final = 20
_PLAIN_NUMBER: Final = re.compile(r"[0-9.eE+-]*\Z")
# Far beyond what there is, and yet less than what a wrong unit makes of an ordinary amount.
_COINS_MAX: Final[Mapping[CellKind, tuple[int, str]]] = {
    CellKind.AMOUNT: (10_000_000, "which no validator earns or pays in one period"),
    CellKind.STAKE: (1_000_000_000, "which is more than there are"),
}
# The largest u64, which a stake account has where it has no epoch, as it is and as the float a spreadsheet makes of it.
_NO_EPOCH: Final = frozenset((U64_MAX, 18_446_744_073_709_552_000))


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
    for row in _records(
        answer, provider, DataType.POSITIONS, "account", needed=("account", "withdrawer", "stake", "activation_epoch")
    ):
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
        path = str(answer.request.get("path"))
        raise UnreadableFile(provider, answer.request_key, path, str(problem)) from None


def _read(answer: Answer, data_type: DataType, key: Sequence[str], needed: Sequence[str]) -> list[dict[str, Any]]:
    mapping, epoch = answer.request.get("body"), epoch_of(answer)
    if not isinstance(mapping, Mapping) or mapping.get("data_type") != data_type or type(epoch) is not int:
        raise FileProblem(f"it was not read as a file of {data_type} of one epoch")
    columns: Mapping[str, Mapping[str, str]] = mapping["columns"]
    family = Family(mapping["family"])
    name = str(answer.request.get("path", ""))
    rows = table_rows(name, answer.body, mapping)
    width, places = found_columns(rows, name, columns)
    cells_of = [
        _Cell(field, place, FIELDS[data_type][field], columns[field], family) for field, place in places.items()
    ]
    found: list[dict[str, Any]] = []
    seen: dict[tuple[Any, ...], int] = {}
    mistakes: list[str] = []
    for number, cells in rows:
        if not any(cells):
            continue
        try:
            if width is not None and len(cells) != width:
                raise FileProblem(_cells_too_many_or_few(number, len(cells), width))
            row = _row(number, cells, cells_of, epoch, needed)
            if row is None:
                continue
            _check_epochs(number, row, epoch, columns)
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


def table_rows(name: str, body: bytes, mapping: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a file, the header among them, as its name and its mapping say."""
    if is_xlsx(name):
        return xlsx_rows(body, mapping.get("sheet"))
    return csv_rows(body, SEPARATORS[mapping.get("separator", "comma")])


def is_xlsx(name: str) -> bool:
    """Whether a file is a workbook, by its name."""
    return name.lower().endswith(".xlsx")


def found_columns(
    rows: Iterator[Row], name: str, columns: Mapping[str, Mapping[str, str]]
) -> tuple[int | None, dict[str, int]]:
    """How many cells each row has (None: XLSX, whose cells say where they stand), and where each field's column is.

    The header is the first row that is not empty.
    """
    header = next(([cell.strip() for cell in cells] for _, cells in rows if any(cells)), [])
    places = {}
    for field, column in columns.items():
        wanted = column["column"].strip()
        if header.count(wanted) != 1:
            problem = (
                "stands twice in its header" if wanted in header else f"is not in its header{_hint(wanted, header)}"
            )
            raise FileProblem(f"the column {wanted!r} ({field}) {problem}")
        places[field] = header.index(wanted)
    return None if is_xlsx(name) else len(header), places


def _hint(wanted: str, header: Sequence[str]) -> str:
    for separator, sign in SEPARATORS.items():
        if len(header) == 1 and sign in header[0]:
            return (
                f", which is one cell; it seems to be separated by {separator}: add separator: {separator} to the file"
            )
    near = difflib.get_close_matches(wanted, header, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(header)[:_TEXT_MAX] or 'no header'}"


def _cells_too_many_or_few(number: int, found: int, width: int) -> str:
    if found > width:
        why = "a separator within a number or a text: put the cell into quotes, write 1,241.07 as 1241.07"
    else:
        why = "the row is cut off, or separators are missing"
    return f"row {number} has {found} cells, the header {width}: {why}"


class _Cell:
    """Where a field stands in a row, and how its text is read."""

    __slots__ = ("column", "is_plain", "kind", "maximum", "name", "place", "reads", "too_much")

    def __init__(self, name: str, place: int, kind: CellKind, column: Mapping[str, str], family: Family) -> None:
        self.name, self.place, self.kind, self.column = name, place, kind, column
        self.reads: Callable[[str], str] | None = _reader(kind, family)
        """For what is no number."""
        decimals = UNITS[kind][column["unit"]] if kind in UNITS else 0
        self.is_plain = self.reads is None and decimals == 0
        """Digits alone are the number."""
        self.maximum, self.too_much = _bound(kind, column, family)

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


def _bound(kind: CellKind, column: Mapping[str, str], family: Family) -> tuple[int, str]:
    """The largest number that can stand in a column, and what to say of a larger one."""
    if kind in _COINS_MAX:
        units = COINS[family]
        if column["unit"] not in units:
            raise FileProblem(f"{column['unit']} is no unit of {family}: write unit: {' or '.join(units)}")
        coin = max(units, key=lambda unit: units[unit])
        coins, why = _COINS_MAX[kind]
        return coins * 10 ** units[coin], f"is more than {coins} {coin}, {why}; is {column['unit']} the right unit?"
    maximum = BPS_WHOLE if kind is CellKind.RATE else U64_MAX
    return maximum, f"is more than {maximum}"


def _row(
    number: int, cells: Sequence[str], cells_of: Sequence[_Cell], epoch: int, needed: Sequence[str]
) -> dict[str, Any] | None:
    """A row's values by field; None for a row of another epoch."""
    for cell in cells_of:
        if cell.name == "epoch" and cell.value(number, cells, needed) != epoch:
            return None
    return {cell.name: cell.value(number, cells, needed) for cell in cells_of}


def _check_epochs(number: int, row: Mapping[str, Any], epoch: int, columns: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse a stake account whose epochs cannot be those of the period."""
    on, off = row.get("activation_epoch"), row.get("deactivation_epoch")
    if on is None or on == U64_MAX:
        return
    if on > epoch:
        place = f"row {number}, column {columns['activation_epoch']['column']!r}"
        raise FileProblem(f"{place}: in epoch {epoch} it was not delegated yet, if it was in {on}; leave the row out")
    if off is not None and off < on:
        place = f"row {number}, column {columns['deactivation_epoch']['column']!r}"
        raise FileProblem(f"{place}: {off} is before its activation in {on}")


def _reader(kind: CellKind, family: Family) -> Callable[[str], str] | None:
    """How a text is read that is no number; None for numbers."""
    match kind:
        case CellKind.TEXT:
            return _short_text
        case CellKind.ADDRESS:
            return partial(check_address, family)
        case _:
            return None


def _short_text(text: str) -> str:
    if len(text) > _TEXT_MAX:
        raise FileProblem(f"{text[:30]!r}… is too long")
    return text


def _value(text: str, cell: _Cell) -> str | int | None:
    if not text:
        return None
    if cell.reads is not None:
        return cell.reads(text)
    number = _number(text, cell)
    if 0 <= number <= cell.maximum:
        return number
    if cell.kind is CellKind.STAKE_EPOCH and number in _NO_EPOCH:
        return U64_MAX
    raise FileProblem(f"{text} is negative" if number < 0 else f"{text} {cell.too_much}")


def _number(text: str, cell: _Cell) -> int:
    if cell.is_plain and len(text) <= _PLAIN_DIGITS_MAX and text.isascii() and text.isdigit():
        return int(text)
    if cell.kind not in UNITS:
        return shift_point(text, 0, "the number")
    unit, rounding = cell.column["unit"], Rounding(cell.column["rounding"])
    decimals = UNITS[cell.kind][unit]
    if rounding is not Rounding.EXACT:
        return shift_point_rounded(text, decimals, unit, half_up=rounding is Rounding.HALF_UP)
    try:
        return shift_point(text, decimals, unit)
    except MoneyError as error:
        raise FileProblem(f"{error}{_way_out(text, decimals)}") from None


def _way_out(text: str, decimals: int) -> str:
    """What to do about a text that is no exact number; nothing where there is nothing to say."""
    try:
        shift_point_rounded(text, decimals, half_up=True)
    except MoneyError:
        is_dressed = any(map(str.isdigit, text)) and not _PLAIN_NUMBER.match(text)
        return "; write it with digits and a decimal point alone" if is_dressed else ""
    return "; where that is noise, state rounding: half_up"
