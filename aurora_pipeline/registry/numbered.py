"""Validators that a file names by their numbers on their chain: a node is asked for their keys first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import ProviderDown
from aurora_pipeline.asking.event_loop import ask_now
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import ROLES
from aurora_pipeline.foundation.csv_file import CsvLine, CsvMistakes
from aurora_pipeline.sources.families import source_of
from aurora_pipeline.sources.kinds import adapter_for

_COLUMN: Final = "validator_key"
_DIGITS_MAX: Final = 18
_NOBODY: Final = "no enabled provider of the chain can be asked: name one in its roles, or write public keys"


def with_keys(lines: Sequence[CsvLine], mistakes: CsvMistakes, configuration: Configuration) -> list[CsvLine]:
    """The lines with keys in the place of numbers; a number that no node knows is a mistake of its line."""
    numbers: dict[str, set[int]] = {}
    for line in lines:
        if (number := _number(line, configuration)) is not None:
            numbers.setdefault(line.cells["chain_id"], set()).add(number)
    found: dict[str, Mapping[int, str]] = {}
    troubles: dict[str, str] = {}
    for chain_id, wanted in numbers.items():
        found[chain_id], troubles[chain_id] = ask_now(
            _asked(configuration, configuration.chain(chain_id), sorted(wanted))
        )
    named = [_with_key(line, _number(line, configuration), found, troubles, mistakes) for line in lines]
    return [line for line in named if line is not None]


def _number(line: CsvLine, configuration: Configuration) -> int | None:
    """The number by which a line names its validator; None where it names a key, or numbers are none of its chain's."""
    chain, text = configuration.chains.get(line.cells["chain_id"]), line.cells[_COLUMN]
    if chain is None or not chain.family.traits.numbers_validators:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else None


def _with_key(
    line: CsvLine,
    number: int | None,
    found: Mapping[str, Mapping[int, str]],
    troubles: Mapping[str, str],
    mistakes: CsvMistakes,
) -> CsvLine | None:
    if number is None:
        return line
    chain_id = line.cells["chain_id"]
    key = found[chain_id].get(number)
    if key is None:
        trouble = troubles[chain_id]
        problem = f"no node told its public key: {trouble}" if trouble else f"{chain_id} has no such validator"
        mistakes.add(line.number, f"validator number {number}: {problem}", _COLUMN)
        return None
    return CsvLine(line.number, {**line.cells, _COLUMN: key})


async def _asked(configuration: Configuration, chain: Chain, numbers: Sequence[int]) -> tuple[Mapping[int, str], str]:
    """The keys as the first node tells them that can be had; else why none told them."""
    # Imported here: who only reads what is registered asks nobody, and need not load the client for that.
    from aurora_pipeline.asking.recording import asking_unrecorded

    source = source_of(chain)
    named = [provider for role in ROLES for provider in configuration.providers_for(chain.chain_id, role)]
    troubles = []
    for provider in {one.name: one for one in named if one.kind == source.kind}.values():
        try:
            async with asking_unrecorded(provider, adapter_for(provider)) as ask:
                return await source.keys_of(numbers, ask, provider.name), ""
        except (ProviderDown, UnreadableAnswer) as error:
            troubles.append(error.message if isinstance(error, UnreadableAnswer) else str(error))
    return {}, "; ".join(troubles) or _NOBODY
