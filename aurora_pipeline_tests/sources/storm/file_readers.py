"""Every reader of the operator's own files, with good tables as CSV and as XLSX, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from aurora_pipeline.asking.file_line import request_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import UnreadableFile
from aurora_pipeline.canonical.heard import staged_by_kind
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import FileTable
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.demo.solana.truth import ValidatorTruth
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files import answers as files
from aurora_pipeline.sources.files.ask import question_about
from aurora_pipeline.sources.files.epochs import epochs_in
from aurora_pipeline.sources.files.periods import read_bounds
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.solana.answers.accounts import read_stake_accounts
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.sources.good import PROVIDER
from aurora_pipeline_tests.sources.storm.figures import Rows, rows_of
from aurora_pipeline_tests.sources.storm.file_strikes import Sheet
from aurora_pipeline_tests.sources.storm.readers import EPOCH
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Strike

_READERS: Final[Mapping[DataType, Callable[[Answer, str], Any]]] = {
    DataType.FEES: files.read_fees,
    DataType.MEV: files.read_tips,
    DataType.REWARDS: files.read_rewards,
    DataType.META: files.read_meta,
    DataType.POSITIONS: files.read_positions,
    DataType.COSTS: files.read_costs,
}
_WHEN: Final = datetime(2026, 9, 9, tzinfo=UTC)
_UNITS: Final[Mapping[str, Mapping[str, str]]] = {
    "fees": {"unit": "SOL"},
    "total_tips": {"unit": "lamports"},
    "validator_tips": {"unit": "lamports"},
    "mev_commission": {"unit": "percent"},
    "commission": {"unit": "lamports"},
    "staker_rewards": {"unit": "SOL", "rounding": "half_up"},
    "total_rewards": {"unit": "lamports"},
    "commission_rate": {"unit": "bps"},
    "active_stake": {"unit": "lamports"},
    "stake": {"unit": "lamports"},
    "validator_stake": {"unit": "lamports"},
    "VOTE_FEES": {"unit": "lamports"},
    "OTHER_INCOME": {"unit": "SOL"},
}
_SEPARATORS: Final = {"semicolon": ";", "comma": ","}


@dataclass(frozen=True)
class Book:
    """A table of one data type with good rows, and how it is mapped."""

    name: str
    table: FileTable
    sheet: Sheet

    def answer(self, body: bytes) -> Answer:
        """The file as it is read for the epoch."""
        question = question_about(self.table, EpochNumber(EPOCH.epoch), Family.SOLANA)
        return Answer(question.key, request_of(question), 200, {}, body, _WHEN, question=question.kind)

    def read(self, strike: Strike) -> Any:
        """What its reader makes of the bytes."""
        if self.table.data_type is DataType.PERIOD:
            return replace(read_bounds(self.answer(strike.body), PROVIDER), answers=())
        return _READERS[self.table.data_type](self.answer(strike.body), PROVIDER)

    def epochs(self, strike: Strike) -> list[EpochNumber]:
        """Which epochs the bytes tell."""
        name = self.table.name_for(EpochNumber(EPOCH.epoch))
        try:
            return epochs_in(self.table, name, strike.body, Family.SOLANA)
        except FileProblem as problem:
            # As whoever asks for them names it.
            raise UnreadableFile(PROVIDER, f"file {name}", name, str(problem)) from None

    def told(self, strike: Strike) -> Rows:
        """The rows that the source tells."""
        role = self.table.data_type
        fetch = StagedFetch(1, role, PROVIDER, FILE_KIND, "*", FigureState.FINAL, None, (self.answer(strike.body),))
        tell = getattr(SOURCES[FILE_KIND].tells, role.value)
        return rows_of(tell(staged_by_kind(EPOCH.reference, [fetch])[FILE_KIND]))

    def readings(self) -> Iterator[Reading]:
        """Its reader, what finds its epochs, and what is told of it."""
        role = self.table.data_type
        reader = "read_bounds" if role is DataType.PERIOD else _READERS[role].__name__
        made = partial(Reading, about=self.name, body=self.sheet.body, strike=self.sheet.strike)
        yield made(f"files.{reader}", read=self.read)
        yield made("files.epochs_in", read=self.epochs)
        if role is not DataType.PERIOD:
            yield made(f"{FILE_KIND} tells {role}", read=self.told, tells_figures=True)


@cache
def books() -> tuple[Book, ...]:
    """Each data type as CSV and as XLSX; fees also with a column per epoch, and as a list of those who earned any."""
    found = []
    for ending in ("csv", "xlsx"):
        for role in _READERS:
            found.append(_book(f"{role} {ending}", role, ending, _rows(role), "epoch"))
        found.append(_book(f"periods {ending}", DataType.PERIOD, ending, [_period()], "epoch"))
        found.append(
            _book(f"fees listed {ending}", DataType.FEES, ending, _rows(DataType.FEES), "epoch", absent="zero")
        )
        wide = [{name: row[name] for name in ("validator", "fees")} for row in _rows(DataType.FEES)]
        found.append(_book(f"fees by epoch {ending}", DataType.FEES, ending, wide, None))
    return tuple(found)


def readings() -> Iterator[Reading]:
    """Every reader of files with every good table."""
    for book in books():
        yield from book.readings()


def _book(
    name: str, role: DataType, ending: str, rows: Sequence[Mapping[str, str]], epoch: str | None, **options: str
) -> Book:
    amounts = set(_UNITS) if epoch is None else set[str]()
    columns = {
        field: {"column": f"{field} {{epoch}}" if field in amounts else f"The {field}", **_UNITS.get(field, {})}
        for field in rows[0]
    }
    is_csv = ending == "csv"
    separator = {"separator": "semicolon"} if is_csv and role in (DataType.COSTS, DataType.META) else {}
    table = FileTable.model_validate(
        {"data_type": role, "path": f"{role.value}.{ending}", "columns": columns, **separator, **options}
    )
    header = [str(one["column"]).replace("{epoch}", str(EPOCH.epoch)) for one in columns.values()]
    between = _SEPARATORS[separator.get("separator", "comma")] if is_csv else None
    told_epoch = None if epoch is None else "The epoch"
    sheet = Sheet([header, *(list(row.values()) for row in rows)], between, told_epoch, "absent" in options)
    return Book(name, table, sheet)


def _rows(role: DataType) -> list[dict[str, str]]:
    return [
        {"validator": one.vote, "epoch": str(EPOCH.epoch), **row}
        for place, one in enumerate(EPOCH.truth.validators)
        for row in _of_one(role, one, place)
    ]


def _of_one(role: DataType, one: ValidatorTruth, place: int) -> list[dict[str, str]]:
    match role:
        case DataType.FEES:
            counts = {"leader_slots": str(one.leader_slots), "blocks_produced": str(one.blocks)}
            return [{"fees": _sol(one.fees_lamports), **counts}]
        case DataType.MEV:
            own, commission = str(one.mev_validator_lamports), str((one.mev_commission_bps or 0) // 100)
            return [{"total_tips": str(one.mev_total_lamports), "mev_commission": commission, "validator_tips": own}]
        case DataType.REWARDS:
            own_row = {"account": "", "commission": str(one.commission_lamports)}
            own_row["staker_rewards"] = _sol(one.staker_rewards_lamports)
            keys, whole = _accounts(place), one.staker_rewards_lamports
            parts = [whole - 7 * (len(keys) - 1), *([7] * (len(keys) - 1))]
            accounts = [
                {"account": key, "commission": "", "staker_rewards": _sol(part)}
                for key, part in zip(keys, parts, strict=True)
            ]
            return [own_row, *accounts]
        case DataType.META:
            row = {"identity": one.identity, "name": one.name, "commission_rate": str(one.commission_bps)}
            return [{**row, "active_stake": str(one.active_stake_lamports)}]
        case DataType.POSITIONS:
            return _stakes(place)
        case DataType.COSTS:
            return [{"VOTE_FEES": str(one.vote_fees_lamports), "OTHER_INCOME": _sol(1_500_000_000 + place)}]
    raise ValueError(f"no file of {role}")


def _stakes(place: int) -> list[dict[str, str]]:
    keys = _accounts(place)
    amounts = [10**12 * (place + 2) + number for number in range(len(keys))]
    return [
        {
            "account": key,
            "withdrawer": key,
            "stake": str(amount),
            "activation_epoch": "700",
            "deactivation_epoch": str(2**64 - 1),
            "validator_stake": str(sum(amounts)),
        }
        for key, amount in zip(keys, amounts, strict=True)
    ]


def _accounts(place: int) -> list[str]:
    """Three addresses of the epoch's own stake accounts."""
    fetch = EPOCH.observed()[place]
    found = [account.stake_key for account in read_stake_accounts(fetch.answers[-1], PROVIDER)]
    return found[:3]


def _period() -> dict[str, str]:
    reference = EPOCH.reference
    return {
        "epoch": str(EPOCH.epoch),
        "first_slot": str(reference.first_slot),
        "last_slot": str(reference.last_slot),
        "started_at": reference.started_at.isoformat(),
        "ended_at": reference.ended_at.isoformat(),
    }


def _sol(lamports: int) -> str:
    return f"{lamports // 10**9}.{lamports % 10**9:09d}"
