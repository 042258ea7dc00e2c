"""What looks at answers in passing: parts of a batch, errors, unknown fields, whether a provider is there, whose
accounts there are. It has to come back, or refuse by name; what it says is no figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any, Final

from aurora_pipeline.asking.adapter import Adapter, Answer, Question, SeesCollectors, WeighsStake
from aurora_pipeline.asking.rpc_batch import batch_of, taken_apart
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.contract import Source
from aurora_pipeline.sources.json_rpc import rpc_error
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.solana import questions
from aurora_pipeline.sources.solana.errors import trouble_in
from aurora_pipeline.sources.unknown_fields import unknown_fields
from aurora_pipeline_tests.sources.good import PROVIDER, folder_of, good_of, kinds_asked
from aurora_pipeline_tests.sources.storm.figures import Rows
from aurora_pipeline_tests.sources.storm.readers import EPOCH
from aurora_pipeline_tests.sources.storm.reading import Reading, struck_json
from aurora_pipeline_tests.sources.storm.strikes import Ground, Promise, Strike

BATCH: Final = "asking.taken_apart"
_BATCH_SIZE: Final = 6
_HASH_LENGTH_MIN: Final = 32


def readings() -> Iterator[Reading]:
    """Every glance at every good answer."""
    yield _batch()
    for kind in kinds_asked():
        answers = list({one.request_key: one for one in good_of(kind).answers(EPOCH)}.values())
        for answer in answers[:: max(1, len(answers) // 40)]:
            for name, look in _looks(kind, SOURCES[kind]).items():
                yield Reading(name, answer.request_key, answer.body, partial(_of, look, answer), compared=False)


def _of(look: Callable[[Answer], Any], answer: Answer, strike: Strike) -> Any:
    return look(replace(answer, body=strike.body, status=strike.status))


def _looks(kind: str, source: Source) -> dict[str, Callable[[Answer], Any]]:
    adapter, key, folder = source.adapter(PROVIDER), EPOCH.reference.keys[0], folder_of(source)
    looks: dict[str, Callable[[Answer], Any]] = {f"{folder} adapter": lambda answer: _seen(adapter, [answer], key)}
    if source.known_fields:
        looks[f"{folder} unknown_fields"] = lambda answer: unknown_fields(source.known_fields, PROVIDER, [answer])
    if source.alive is not None:
        epoch = source.alive.epoch
        looks[f"{folder} alive"] = lambda answer: epoch(answer, PROVIDER)
    if kind == "solana_rpc":
        looks["json_rpc.rpc_error"] = lambda answer: rpc_error(answer, PROVIDER)
        looks["solana trouble_in"] = lambda answer: trouble_in([answer], PROVIDER)
    return looks


def _seen(adapter: Adapter, answers: Sequence[Answer], key: str) -> list[object]:
    """What an adapter sees in answers, beside what it is asked for."""
    found: list[object] = [adapter.passing_trouble(answers[0]), adapter.identities(answers)]
    found.append(adapter.stake_accounts(answers, key))
    if isinstance(adapter, SeesCollectors):
        found.append(adapter.collectors(answers))
    if isinstance(adapter, WeighsStake):
        found.append(adapter.stake_in_doubt(answers, key, EpochNumber(EPOCH.epoch)))
    return found


def _batch() -> Reading:
    """Several questions in one: each gets the element that is its own, or none."""
    asked = [questions.block(slot) for slot in EPOCH.slots[:_BATCH_SIZE]]
    together = batch_of(asked)
    assert isinstance(together.body, list)
    elements = [
        {**json.loads(EPOCH.ask(EPOCH.after, question).body), "id": one["id"]}
        for question, one in zip(asked, together.body, strict=True)
    ]
    body = json.dumps(elements).encode()
    answer = replace(EPOCH.ask(EPOCH.after, asked[0]), request_key=together.key, body=body)
    return Reading(BATCH, together.key, body, partial(_parts, asked, answer), tells_figures=True, strike=_struck_batch)


def _struck_batch(body: bytes, random: Random, ground: Ground) -> Strike:
    """Often an element with the id of another: of two that answer one question, nobody can say which does."""
    if random.random() < 0.7:
        return struck_json(body, random, ground)
    elements = json.loads(body)
    one, other = random.sample(range(len(elements)), 2)
    elements[one]["id"] = elements[other]["id"]
    how = "id of another element"
    return Strike(how, Promise.SAME_OR_NONE, json.dumps(elements).encode(), (one, "id"))


def _said(body: bytes) -> dict[str, Any]:
    told = json.loads(body)
    result = told.get("result")
    name = result.get("blockhash") if isinstance(result, dict) else None
    # What is struck inside an element goes on to its reader.
    is_hash = isinstance(name, str) and len(name) >= _HASH_LENGTH_MIN and name.isprintable()
    return {"id": told["id"], "block": name if is_hash else None}


def _parts(asked: Sequence[Question], answer: Answer, strike: Strike) -> Rows:
    found = taken_apart(replace(answer, body=strike.body, status=strike.status), asked)
    return {key: _said(one.body) for key, one in found.items()}
