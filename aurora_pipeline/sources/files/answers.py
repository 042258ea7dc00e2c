"""Reading the operator's own files: bytes and mapping in, typed rows out; the mapping is part of the request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import U64_MAX, UnreadableFile, reader
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import Amount, Bps
from aurora_pipeline.sources.files.listed import Listed
from aurora_pipeline.sources.files.records import Records, read_records
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount
from aurora_pipeline.store.payloads.answers import Answer, request_text

Told = TypeVar("Told")
Row = dict[str, Any]
_KEPT: Final = 8
_kept: OrderedDict[tuple[str, ...], Listed[Any] | UnreadableFile] = OrderedDict()


@dataclass(frozen=True)
class FileFees:
    """A validator's block fees; None where the file has no value."""

    fees: Amount | None
    leader_slots: int | None
    blocks_produced: int | None


@dataclass(frozen=True)
class FileTips:
    """A validator's tips; None where the file has no value."""

    total: Amount | None
    commission_bps: Bps | None
    validator: Amount | None


@dataclass(frozen=True)
class FileReward:
    """The inflation rewards of a validator (`account_key` None) or of one stake account; None: no value."""

    account_key: str | None
    commission: Amount | None
    staker_rewards: Amount | None
    total_rewards: Amount | None
    commission_bps: Bps | None


@dataclass(frozen=True)
class FileMeta:
    """What a validator was; None where the file has no value."""

    identity_key: str | None
    name: str | None
    commission_bps: Bps | None
    mev_commission_bps: Bps | None
    active_stake: Amount | None


@dataclass(frozen=True)
class FilePosition:
    """A stake account, and the validator's total where the file has it."""

    account: StakeAccount
    validator_stake: Amount | None


@reader
def read_fees(answer: Answer, provider: str) -> Listed[FileFees]:
    """Fees by validator."""

    def fees(row: Row) -> FileFees:
        return FileFees(row.get("fees"), row.get("leader_slots"), row.get("blocks_produced"))

    return _read_once(answer, provider, DataType.FEES, _one_each(fees))


@reader
def read_tips(answer: Answer, provider: str) -> Listed[FileTips]:
    """Tips by validator."""

    def tips(row: Row) -> FileTips:
        return FileTips(row.get("total_tips"), row.get("mev_commission"), row.get("validator_tips"))

    return _read_once(answer, provider, DataType.MEV, _one_each(tips))


@reader
def read_rewards(answer: Answer, provider: str) -> Listed[list[FileReward]]:
    """Rewards by validator: the validator's own row, where there is one, and its stake accounts'."""

    def reward(row: Row) -> FileReward:
        amounts = (row.get("commission"), row.get("staker_rewards"), row.get("total_rewards"))
        return FileReward(row.get("account"), *amounts, row.get("commission_rate"))

    return _read_once(answer, provider, DataType.REWARDS, _all_of(reward))


@reader
def read_meta(answer: Answer, provider: str) -> Listed[FileMeta]:
    """Meta by validator."""

    def meta(row: Row) -> FileMeta:
        rates = (row.get("commission_rate"), row.get("mev_commission"))
        return FileMeta(row.get("identity"), row.get("name"), *rates, row.get("active_stake"))

    return _read_once(answer, provider, DataType.META, _one_each(meta))


@reader
def read_positions(answer: Answer, provider: str) -> Listed[list[FilePosition]]:
    """Stake accounts by validator."""

    def position(row: Row) -> FilePosition:
        leaves = row["deactivation_epoch"]
        account = StakeAccount(
            stake_key=row["account"],
            staker_key=row.get("staker") or row["withdrawer"],
            withdrawer_key=row["withdrawer"],
            voter_key=row.get("validator") or row["identity"],
            stake=row["stake"],
            activation_epoch=row["activation_epoch"],
            # The chain writes the largest number there is for an account that stays.
            deactivation_epoch=None if leaves == U64_MAX else leaves,
        )
        return FilePosition(account, row.get("validator_stake"))

    return _read_once(answer, provider, DataType.POSITIONS, _all_of(position))


@reader
def read_costs(answer: Answer, provider: str) -> Listed[dict[str, Amount]]:
    """Costs and other income by validator and type; an empty cell is no entry."""

    def costs(row: Row) -> dict[str, Amount]:
        no_cost = ("validator", "identity", "epoch")
        return {name: value for name, value in row.items() if name not in no_cost and value is not None}

    return _read_once(answer, provider, DataType.COSTS, _one_each(costs))


_READERS: Final[Mapping[DataType, Callable[[Answer, str], Listed[Any]]]] = {
    DataType.FEES: read_fees,
    DataType.MEV: read_tips,
    DataType.REWARDS: read_rewards,
    DataType.META: read_meta,
    DataType.POSITIONS: read_positions,
    DataType.COSTS: read_costs,
}


@reader
def read_listed(answer: Answer, provider: str, data_type: str) -> Listed[Any]:
    """What a file lists in the epoch, whatever that is; all of it is read, so that a mistake shows at once."""
    return _READERS[DataType(data_type)](answer, provider)


def epoch_of(answer: Answer) -> object:
    """The epoch a file was read for."""
    query = answer.request.get("query")
    return query.get("epoch") if isinstance(query, Mapping) else None


def _one_each(make: Callable[[Row], Told]) -> Callable[[Records], Listed[Told]]:
    """A validator's one row as what it says."""

    def listed(records: Records) -> Listed[Told]:
        rows = {row[records.subject]: make(row) for row in records.rows}
        return records.listed(rows, None if records.nothing is None else make(records.nothing))

    return listed


def _all_of(make: Callable[[Row], Told]) -> Callable[[Records], Listed[list[Told]]]:
    """A validator's rows as what they say."""

    def listed(records: Records) -> Listed[list[Told]]:
        rows: dict[str, list[Told]] = {}
        for row in records.rows:
            rows.setdefault(row[records.subject], []).append(make(row))
        return records.listed(rows, None if records.nothing is None else [make(records.nothing)])

    return listed


def _read_once(
    answer: Answer, provider: str, data_type: DataType, make: Callable[[Records], Listed[Told]]
) -> Listed[Told]:
    """What a file says, read once for all of its validators. Raises UnreadableFile."""
    key = (provider, data_type.value, answer.request_key, answer.response_hash, request_text(answer.request))
    if key not in _kept:
        try:
            _kept[key] = make(read_records(answer, data_type))
        except FileProblem as problem:
            path = str(answer.request.get("path"))
            _kept[key] = UnreadableFile(provider, answer.request_key, path, str(problem))
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    found = _kept[key]
    if isinstance(found, UnreadableFile):
        raise found
    return cast("Listed[Told]", found)
