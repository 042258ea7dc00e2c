"""A reader with a good answer that it reads: what a try takes, changes and has read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

from aurora_pipeline_tests.sources.storm.plain import plain
from aurora_pipeline_tests.sources.storm.strikes import Ground, Promise, Strike, struck_once, struck_twice

Striker = Callable[[bytes, Random, Ground], Strike]


def struck_json(body: bytes, random: Random, ground: Ground) -> Strike:
    """Nearly always one change: of two, nobody can say which did what."""
    return (struck_twice if random.random() < 0.1 else struck_once)(body, random, ground)


@dataclass(frozen=True)
class Reading:
    """A reader and a good answer; `read` is given the answer as it was struck, and hands over what the reader does."""

    name: str
    about: str
    body: bytes
    read: Callable[[Strike], Any]
    tells_figures: bool = False
    """Whether `read` hands over final figures by row, and leaves out what is not told; else it refuses by name."""
    compared: bool = True
    """Whether what it hands over is compared: what looks at an answer in passing only has to come back."""
    ground: Ground = field(default_factory=Ground)
    strike: Striker = struck_json

    @cached_property
    def good(self) -> Any:
        """What it makes of the good answer."""
        return plain(self.read(self.unstruck))

    @property
    def unstruck(self) -> Strike:
        """The good answer."""
        return Strike("good", Promise.SAME, self.body)
