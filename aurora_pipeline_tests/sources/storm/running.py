"""The storm itself: so many tries, reader by reader, each with its limits, and what became of them."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Final

from aurora_pipeline.sources.files import answers, table
from aurora_pipeline_tests.sources.good import kinds_asked
from aurora_pipeline_tests.sources.storm import asks, chains, file_readers, glances, readers, tellers
from aurora_pipeline_tests.sources.storm.garbling import limited
from aurora_pipeline_tests.sources.storm.judging import judged
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Strike

SECONDS_MAX: Final = 10
MEMORY_MAX: Final = 10
"""So many times the memory of a good answer, in proportion to its length, a struck one may take."""
_FLOOR_BYTES: Final = 2**16
"""Below this, what is kept for messages and the like counts more than the answer."""
MEASURED_EVERY: Final = 32
"""Measuring memory takes as long as several tries."""
_SLOW: Final = frozenset(
    {
        "beacon_api asks rewards",
        "beacon_api tells balances",
        "beacon_api tells positions",
        "beacon_api tells proposals",
        "beaconcha asks fees",
        "evm_rpc asks fees",
        "mev_relay asks mev",
        "evm_rpc tells blocks",
        "solana_rpc asks costs",
        "solana_rpc asks fees",
        "solana_rpc tells costs",
        "solana_rpc tells moves",
    }
)
_SLOW_EVERY: Final = 8
_ASKED_EVERY: Final = 3
"""What reads a whole period in each try gets a try in every eighth round, what asks in every third."""


@dataclass(frozen=True)
class Defect:
    """What a reader did that it must not do, with what it takes to do it again."""

    name: str
    about: str
    number: int
    strike: Strike
    problem: str

    def __str__(self) -> str:
        places = ", ".join(sorted(self.strike.wheres - {""}))
        where = f" at {places}" if places else ""
        body = self.strike.body if len(self.strike.body) <= 400 else self.strike.body[:400] + b"..."
        return f"try {self.number}: {self.name} of {self.about}, {self.strike.how}{where}: {self.problem}\n    {body!r}"


@dataclass
class Record:
    """What became of the tries of one reader."""

    tries: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: float = 0.0
    memory: float = 0.0
    """The most that a try took, in times of its good answer."""

    def __str__(self) -> str:
        told = ", ".join(f"{count:,} {name}" for name, count in sorted(self.verdicts.items()))
        times = f"{self.seconds:.1f} s, the slowest {self.slowest * 1000:.0f} ms"
        return f"{self.tries:,} tries: {told}; {times}; memory {self.memory:.1f} times"


@dataclass
class Result:
    """What a storm found."""

    records: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))
    hows: Counter[str] = field(default_factory=Counter)
    defects: list[Defect] = field(default_factory=list)

    @property
    def whole(self) -> Record:
        """All readers together."""
        found = Record(slowest=max((one.slowest for one in self.records.values()), default=0.0))
        for one in self.records.values():
            found.tries += one.tries
            found.verdicts += one.verdicts
            found.seconds += one.seconds
            found.memory = max(found.memory, one.memory)
        return found


def all_readings() -> Mapping[str, Sequence[Sequence[Reading]]]:
    """Every reading by its reader's name, those of one kind of question together."""
    return _all_readings(kinds_asked())


@cache
def _all_readings(kinds: tuple[str, ...]) -> Mapping[str, Sequence[Sequence[Reading]]]:
    found: dict[str, dict[str, list[Reading]]] = {}
    for reading in _each():
        # Of hundreds of blocks one is struck as often as the one list of them.
        kind = reading.about.rstrip("0123456789 ").partition(" ")[0]
        found.setdefault(reading.name, {}).setdefault(kind, []).append(reading)
    return {name: tuple(map(tuple, by_kind.values())) for name, by_kind in sorted(found.items())}


def _each() -> Iterator[Reading]:
    yield from readers.readings()
    yield from file_readers.readings()
    yield from glances.readings()
    yield from chains.readings()
    for telling in tellers.tellings():
        yield from telling.readings()
    for asking in asks.askings():
        yield from asking.readings()


def _rounds(names: Sequence[str]) -> Iterator[str]:
    """Reader after reader, without end."""
    number = 0
    while True:
        yield from (name for name in names if number % _every(name) == 0)
        number += 1


def _every(name: str) -> int:
    if name in _SLOW:
        return _SLOW_EVERY
    return _ASKED_EVERY if " asks " in name else 1


def storm(tries: int, seed: int) -> Result:
    """How the tries ended, and every defect; of one that is broken off, as far as it came."""
    result = Result()
    with suppress(KeyboardInterrupt):
        _strike(result, tries, seed)
    return result


def _strike(result: Result, tries: int, seed: int) -> None:
    every = all_readings()
    for number, name in zip(range(tries), _rounds(list(every)), strict=False):
        random = Random(f"{seed}/{number}")
        reading = random.choice(random.choice(every[name]))
        strike = reading.strike(reading.body, random, reading.ground)
        result.hows[strike.how.partition(",")[0]] += 1
        record = result.records[name]
        problem = _tried(reading, strike, record, measured=number % MEASURED_EVERY == 0 or "without end" in strike.how)
        if problem is not None:
            result.defects.append(Defect(name, reading.about, number, strike, problem))


def _tried(reading: Reading, strike: Strike, record: Record, measured: bool) -> str | None:
    """What was wrong with a try, if anything."""
    if reading.compared:
        # Read before the clock runs.
        _ = reading.good
    started = time.perf_counter()
    try:
        with limited(SECONDS_MAX):
            verdict, problem = judged(reading, strike)
    except TimeoutError as error:
        verdict, problem = "no end", str(error)
    seconds = time.perf_counter() - started
    record.tries += 1
    record.verdicts[verdict] += 1
    record.seconds += seconds
    record.slowest = max(record.slowest, seconds)
    if problem is None and seconds > SECONDS_MAX:
        # What does not listen to a signal is waited for.
        problem = f"it took {seconds:.0f} s"
    if problem is None and measured:
        record.memory = max(record.memory, times := _times_the_memory(reading, strike))
        problem = f"it took {times:.1f} times the memory of a good answer" if times > MEMORY_MAX else None
    return problem


def _times_the_memory(reading: Reading, strike: Strike) -> float:
    """How much more memory a body takes than a good one of its length would."""
    good = _peak(reading, reading.unstruck) * max(1.0, _unpacked(strike.body) / _unpacked(reading.body))
    return _peak(reading, strike) / max(good, _FLOOR_BYTES)


def _unpacked(body: bytes) -> int:
    """How long a body is; of a workbook, what is packed in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return max(1, sum(one.file_size for one in archive.infolist()))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return max(1, len(body))


def _peak(reading: Reading, strike: Strike) -> int:
    # What was kept of a file that was read before takes no memory any more.
    table._kept.clear()
    answers._kept.clear()
    tracemalloc.start()
    try:
        reading.read(strike)
    except Exception:
        # That is judged elsewhere.
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak
