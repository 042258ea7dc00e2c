"""Every reader under struck answers: `python -m aurora_pipeline_tests.sources.storm --tries 1000000 --seed 7`.

A try takes a good answer of the simulated providers, changes it in one to three places, and has every reader read it
that reads the good one. Allowed are a value and a named refusal. A defect is anything else: a reader that stumbles
(`ReaderStumbled`), an exception without a name, or a reader that does not come back.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from pkgutil import walk_packages
from random import Random
from types import FrameType, ModuleType
from typing import Any

from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Reader, folder_of, good_of, kinds_asked

SECONDS_PER_TRY_MAX = 10
EPOCH = Epoch(851, Parameters(seed=5, validators=4, stake_accounts=40, slots_per_epoch=60))
WRONG: tuple[object, ...] = (
    None,
    "",
    "7",
    "x" * 70,
    "\0\u202e",
    {"\0": "\0"},
    [],
    {},
    [[]],
    {"a": 1},
    True,
    False,
    -1,
    0,
    0.5,
    2**64,
    10**30,
)
RAW = (
    "1e9999999",
    "-1e-9999999",
    "1e999999999999999999999",
    "0.1e-400",
    "9" * 5000,
    "9" * 4000,
    "0." + "3" * 300,
    "NaN",
    "-Infinity",
    '{"a": 1, "a": 2}',
    "[" * 100_000,
    '"\\ud800"',
    "tru",
)
"""What no JSON library would write."""
_PLACE = "@@here@@"

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Case:
    """A good answer and a reader that reads it."""

    name: str
    answer: Answer
    read: Reader


@dataclass(frozen=True)
class Defect:
    """What a reader did that it must not do, with what it takes to do it again."""

    name: str
    seed: int
    problem: str
    body: bytes

    def __str__(self) -> str:
        shown = self.body if len(self.body) <= 400 else self.body[:400] + b"..."
        return f"{self.name} (seed {self.seed}): {self.problem}\n    {shown!r}"


def cases() -> tuple[Case, ...]:
    """Every reader with every good answer that it reads."""
    return _cases_of(kinds_asked())


@cache
def _cases_of(kinds: Sequence[str]) -> tuple[Case, ...]:
    answers = [answer for kind in kinds for answer in good_of(kind).answers(EPOCH)]
    found = {(one.request_key, one.response_hash): one for one in answers}
    readers: dict[str, Reader] = {name: partial(_read, reader) for name, reader in _readers().items()}
    for kind in kinds:
        folder = folder_of(SOURCES[kind])
        readers |= {f"{folder}.{name}": read for name, read in good_of(kind).readers(EPOCH).items()}
    return tuple(
        Case(f"{name} of {answer.request_key}", answer, read)
        for answer in found.values()
        for name, read in readers.items()
        if _reads(read, answer)
    )


def _modules() -> list[ModuleType]:
    """Every module about a provider's API, wherever in its folder its readers stand."""
    folders = [
        import_module(SOURCES[kind].adapter("").__class__.__module__.rpartition(".")[0]) for kind in kinds_asked()
    ]
    return [
        import_module(one.name) for folder in folders for one in walk_packages(folder.__path__, f"{folder.__name__}.")
    ]


def reader_names() -> set[str]:
    """Every reader there is, as cases name it."""
    return set(_readers())


def _readers() -> dict[str, Callable[[Answer, str], object]]:
    return {
        f"{module.__name__.split('.')[2]}.{name}": getattr(module, name)
        for module in _modules()
        for name in sorted(vars(module))
        if name.startswith("read_") and getattr(module, name).__module__ == module.__name__
    }


def _read(reader: Callable[[Answer, str], object], answer: Answer) -> object:
    return reader(answer, PROVIDER)


def _reads(read: Reader, answer: Answer) -> bool:
    """Whether a reader is for such an answer: one of another shape, or of more arguments, is another case."""
    try:
        read(answer)
    except (UnreadableAnswer, TypeError):
        return False
    return True


def garbled(body: bytes, random: Random) -> bytes:
    """The body with what no JSON library would write in one place, or cut off: never another number that could be."""
    if random.random() < 0.3:
        at = random.randrange(len(body))
        return random.choice((body[:at], body[at:], body + body, b"", b"null"))
    value = json.loads(body)
    *above, last = random.choice(list(_places(value)))
    holder = value
    for name in above:
        holder = holder[name]
    holder[last] = _PLACE
    return json.dumps(value).replace(f'"{_PLACE}"', random.choice(RAW), 1).encode()


def struck(body: bytes, random: Random) -> bytes:
    """The body, changed in one to three places, or in its bytes."""
    if random.random() < 0.1:
        return _bytes_struck(body, random)
    value = json.loads(body)
    raw: list[str] = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        value = _changed(value, random, raw)
    text = json.dumps(value)
    for one in raw:
        text = text.replace(f'"{_PLACE}"', one, 1)
    return text.encode()


def _changed(value: Any, random: Random, raw: list[str]) -> Any:
    places = list(_places(value))
    if not places:
        return value
    depth = random.choice(sorted({len(place) for place in places}))
    *above, last = random.choice([place for place in places if len(place) == depth])
    holder = value
    for name in above:
        holder = holder[name]
    how = random.choice(("drop", "double", "cut", "swap", "wrong", "wrong", "wrong", "raw"))
    if how == "drop":
        del holder[last]
    elif how in ("double", "cut") and isinstance(last, int):
        holder[last:] = [] if how == "cut" else [deepcopy(holder[last]), *holder[last:]]
    elif how == "swap" and isinstance(holder, list):
        random.shuffle(holder)
    elif how == "raw":
        raw.append(random.choice(RAW))
        holder[last] = _PLACE
    else:
        holder[last] = deepcopy(random.choice(WRONG))
    return value


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        yield (*path, name)
        yield from _places(item, (*path, name))


def _bytes_struck(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body))
    return random.choice(
        (body[:at], body[at:], body + body, body[:at] + bytes([random.randrange(256)]) + body[at + 1 :], b"", b"null")
    )


@contextmanager
def or_refused_by_name() -> Iterator[None]:
    """Around what may refuse an answer: a reader that stumbles over it refuses nothing."""
    try:
        yield
    except ReaderStumbled:
        raise
    except UnreadableAnswer:
        pass


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Ends what does not come back, as far as Python can."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def storm(tries: int, seed: int) -> tuple[Counter[str], list[Defect]]:
    """How many tries came to what, and every defect."""
    verdicts: Counter[str] = Counter()
    defects: list[Defect] = []
    every = cases()
    for number in range(tries):
        random = Random(f"{seed}/{number}")
        case = every[number % len(every)]
        body = struck(case.answer.body, random)
        try:
            with limited(SECONDS_PER_TRY_MAX):
                case.read(replace(case.answer, body=body))
            verdicts["read"] += 1
        except ReaderStumbled as error:
            defects.append(Defect(case.name, number, error.problem, body))
        except UnreadableAnswer as error:
            verdicts["refused by name"] += 1
            if not error.problem or len(error.message) > 2_000 or not error.problem.isprintable():
                defects.append(
                    Defect(case.name, number, f"a refusal that cannot be shown: {error.message[:400]!r}", body)
                )
        except Exception as error:
            defects.append(Defect(case.name, number, f"{type(error).__name__}: {error}", body))
    return verdicts, defects


def main() -> None:
    """Run a storm and say what it found; exit code 1 where that is a defect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    verdicts, defects = storm(options.tries, options.seed)
    for defect in defects[:20]:
        sys.stdout.write(f"{defect}\n")
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(verdicts.items()))
    seconds = time.perf_counter() - started
    sys.stdout.write(
        f"{options.tries:,} tries of {len(cases())} readings in {seconds:.0f} s: {told}, {len(defects)} defects\n"
    )
    sys.exit(1 if defects else 0)


if __name__ == "__main__":
    main()
