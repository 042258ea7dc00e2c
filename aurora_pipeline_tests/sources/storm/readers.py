"""Every function that reads an answer of a provider, with every good answer that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Final

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.relays.answers import DELIVERED
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Reader, folder_of, good_of, kinds_asked
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Ground, Sense, Strike

EPOCH: Final = Epoch(851, Parameters(seed=5, validators=4, stake_accounts=40, slots_per_epoch=60))
_SENSES: Final[Mapping[str, Sense]] = {
    "getInflationReward": Sense(positional=frozenset({"result"})),
    "getMultipleAccounts": Sense(
        positional=frozenset({"result.value"}),
        ordered=frozenset({"result.value[].data.parsed.info.epochCredits"}),
    ),
    "getBlock": Sense(
        positional=frozenset(
            f"result.transactions[].{name}"
            for name in (
                "transaction.accountKeys",
                "transaction.signatures",
                "meta.preBalances",
                "meta.postBalances",
            )
        )
    ),
    "getLeaderSchedule": Sense(tables=frozenset({"result"})),
    "getBlocks": Sense(ordered=frozenset({"result"})),
    "getBlocksWithLimit": Sense(ordered=frozenset({"result"})),
    "eth_getBlockByNumber": Sense(ordered=frozenset({"result.transactions"})),
    "eth_getBlockReceipts": Sense(ordered=frozenset({"result"})),
    DELIVERED: Sense(ordered=frozenset({""})),
    questions.LOOKAHEAD: Sense(positional=frozenset({"data"})),
    questions.SPEC: Sense(tables=frozenset({"data"})),
}
"""By question (method, kind or path)."""

_TOLD_TOGETHER: Final = frozenset({"solana.read_moves"})
"""What says where rows stand in an answer is compared where those of all answers are told."""


def question_of(answer: Answer) -> str:
    """What kind of question an answer is to: where order and names mean the same."""
    return asked_method(answer) or answer.question or str(answer.request.get("path") or answer.request_key)


def sense_of(answer: Answer) -> Sense:
    """What order and names mean in an answer."""
    return _SENSES.get(question_of(answer), Sense())


def readings() -> tuple[Reading, ...]:
    """Every reader with every good answer that it reads."""
    return _readings_of(kinds_asked())


@cache
def _readings_of(kinds: tuple[str, ...]) -> tuple[Reading, ...]:
    answers = [answer for kind in kinds for answer in good_of(kind).answers(EPOCH)]
    found = {(one.request_key, one.response_hash): one for one in answers}
    readers: dict[str, Reader] = {name: partial(_read, read) for name, read in module_readers().items()}
    for kind in kinds:
        folder = folder_of(SOURCES[kind])
        readers |= {f"{folder}.{name}": read for name, read in good_of(kind).readers(EPOCH).items()}
    return tuple(
        Reading(
            name,
            answer.request_key,
            answer.body,
            partial(_struck_read, read, answer),
            compared=name not in _TOLD_TOGETHER,
            ground=_ground(answer, found),
        )
        for answer in found.values()
        for name, read in readers.items()
        if _reads(read, answer)
    )


def _ground(answer: Answer, found: Mapping[tuple[str, str], Answer]) -> Ground:
    others = [
        one.body
        for one in found.values()
        if one.request_key != answer.request_key and question_of(one) == question_of(answer)
    ]
    return Ground(sense_of(answer), others)


def module_readers() -> dict[str, Callable[[Answer, str], object]]:
    """Every reader there is in the folders of providers, by its folder and name."""
    return {
        f"{module.__name__.split('.')[2]}.{name}": getattr(module, name)
        for module in _modules()
        for name in sorted(vars(module))
        if name.startswith("read_") and getattr(module, name).__module__ == module.__name__
    }


def _modules() -> Iterator[ModuleType]:
    """Every module about a provider's API, wherever in its folder its readers stand."""
    for kind in kinds_asked():
        folder = import_module(SOURCES[kind].adapter("").__class__.__module__.rpartition(".")[0])
        for one in walk_packages(folder.__path__, f"{folder.__name__}."):
            yield import_module(one.name)


def _read(reader: Callable[[Answer, str], object], answer: Answer) -> object:
    return reader(answer, PROVIDER)


def _struck_read(read: Reader, answer: Answer, strike: Strike) -> object:
    return read(replace(answer, body=strike.body, status=strike.status))


def _reads(read: Reader, answer: Answer) -> bool:
    """Whether a reader is for such an answer: one of another shape, or of more arguments, is another case."""
    try:
        read(answer)
    except (UnreadableAnswer, TypeError):
        return False
    return True
