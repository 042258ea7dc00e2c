"""Words of one chain stay where that chain is meant: every other file speaks of chains of any family.

A file that says one of these words is listed with the reason; so a new one fails here, and so does a listed one that no
longer needs to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest

import aurora_pipeline
from aurora_pipeline.config.provider import FILE_KIND

PACKAGE: Final = Path(aurora_pipeline.__file__).parent
ENDINGS: Final = frozenset({".py", ".sql", ".yaml"})

_PARTS_OF_OTHER_WORDS: Final = re.compile(r"__slots__|slots=True|solana-(?:mainnet|demo)\b|\$\{SOLANA_[A-Z_]+\}")
"""Python's own slots; and names of chains in examples, as an example has to be of some chain."""
_ONE_FAMILY: Final = re.compile(r"solana|lamport|vote[ _-]?account", re.IGNORECASE)
_SLOTS: Final = re.compile(r"slot", re.IGNORECASE)

ABOUT_ONE_FAMILY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "config/": "chains.yaml and providers.yaml name families, kinds and units; what Solana is stands in families/",
        "demo/": "it simulates one chain, and speaks its providers' APIs",
        "instance/starter/": "the configuration to begin with is of real chains",
        "sources/kinds.py": "the register of adapters imports them all",
        "sources/families.py": "the register of families' sources imports them all",
        "sources/files/answers.py": "a file of positions holds stake accounts, as Solana has them",
        "sources/files/tells.py": "as above: what such a file tells",
        "sources/files/source.py": "its amounts have the bounds of that source",
        "foundation/units.py": "each unit of a family is a type",
        "asking/http.py": "the header in which Solana Beach says what is left of its limits",
        "asking/rate_headers.py": "as above",
        "cli/demo.py": "it tells the story of the demo's chain",
        "cli/demo_shown.py": "as above: it shows that chain",
        "cli/init.py": "it names the variable that the starter's configuration reads",
    }
)
"""Folders and files that mean one family, and why."""
APIS: Final = {
    f"sources/{path.parent.name}/": "an API, which may be about chains of one family alone"
    for path in PACKAGE.glob("sources/*/source.py")
    if path.parent.name != FILE_KIND + "s"
}
"""Sources say of an API what it says; the operator's own files are none, and are of chains of any family."""

SAY_SLOT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asking/adapter.py": "what a fetch is about: the slots of its period",
        "canonical/": "which slots a validator led, and in how many there is a block",
        "decisions/gate_tables.py": "one of the rules that may be released is about led slots",
        "layers.py": "it names that rule",
        "cli/": "periods and duties as they are stored",
        "instance/tables.py": "finality_lag counts them, and SLOT_RANGE is a type of period",
        "orchestration/": "when the running period is sampled; led slots in previews",
        "periods/": "the bounds of a period",
        "foundation/period_key.py": "how many digits keys have: windows of slots have the most",
        "proof/": "the bounds of a period and led slots, verified",
        "sources/contract.py": "which slots a validator had to propose blocks in",
        "sources/family.py": "where a chain's head is",
        "sources/reference.py": "the bounds of a period",
        "sources/account_moves.py": "in which order balances moved",
        "sources/contradictions.py": "counts of led slots that cannot be",
        "asking/proposals.py": "which slots a validator proposed in",
        "sources/blocks_told.py": "of which slot a relay delivered a block",
        "sources/told.py": "which slots a validator led, as any source tells it",
        "sources/third_party.py": "led slots, as others count them",
        "sources/files/": "a file can tell the bounds of periods, and led slots",
        "staging/": "which observations lie inside a period",
        "store/payloads/tables.py": "at which slot an observation was made",
        "store/database.py": "what Postgres calls the places for its connections",
        "work/backfill.py": "what finality_lag counts, in words",
        "work/reads/": "the bounds of periods, as people and machines read them",
        "work/health.py": "at which slot a chain was seen last",
    }
)
"""Who counts time in slots besides the above. Both families do (Ethereum: 32 slots of 12 seconds to an epoch, with or
without a block), so the word is shared; terms, money and decisions have no use for it.
"""


def _said(word: re.Pattern[str]) -> dict[str, list[str]]:
    """The lines that hold a word, by file."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in ENDINGS and "/migrations/" not in path.as_posix():
            lines = path.read_text(encoding="utf-8").splitlines()
            said = [line.strip() for line in lines if word.search(_PARTS_OF_OTHER_WORDS.sub("", line))]
            if said:
                found[path.relative_to(PACKAGE).as_posix()] = said
    return found


def _is_listed(file: str, listed: Mapping[str, str]) -> bool:
    return any(file == place or (place.endswith("/") and file.startswith(place)) for place in listed)


@pytest.mark.parametrize(
    ("word", "listed"),
    [(_ONE_FAMILY, {**ABOUT_ONE_FAMILY, **APIS}), (_SLOTS, {**ABOUT_ONE_FAMILY, **APIS, **SAY_SLOT})],
)
def test_words_of_one_family__in_the_package__only_where_it_is_meant(
    word: re.Pattern[str], listed: Mapping[str, str]
) -> None:
    assert {file: lines for file, lines in _said(word).items() if not _is_listed(file, listed)} == {}


@pytest.mark.parametrize(("word", "listed"), [(_ONE_FAMILY, ABOUT_ONE_FAMILY), (_SLOTS, SAY_SLOT)])
def test_places_that_are_listed__all_of_them__still_say_the_word(
    word: re.Pattern[str], listed: Mapping[str, str]
) -> None:
    said = _said(word)
    assert [place for place in listed if not any(_is_listed(file, {place: ""}) for file in said)] == []


def test_families__in_the_package__are_told_apart_nowhere_but_where_they_are_described() -> None:
    """A branch on a family anywhere else is a trait that is missing."""
    branch = re.compile(r"Family\.[A-Z]")
    assert set(_said(branch)) == {"config/families/__init__.py", "sources/families.py"}
