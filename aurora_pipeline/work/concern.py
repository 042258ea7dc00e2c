"""One thing that needs a person: what, where, since when, and what to do; known by its cause as long as it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Concern:
    """What no sensor and no waiting will put right."""

    cause: str
    """What it is known by: it stays the same while the same thing is wrong, however its words change."""
    what: str
    """In words for people, with numbers and ages as they are now."""
    todo: str | None = None
    """What a person can do; None where `what` says so itself."""
    since: datetime | None = None
    """Since when it is so, where that is recorded."""
    chain_id: str | None = None
    page: str = "/overview"
    """Where in the Dagster UI it is seen."""

    @property
    def where_and_what(self) -> str:
        """What is wrong, with the chain it is about."""
        return self.what if self.chain_id is None else f"{self.chain_id}: {self.what}"

    def __str__(self) -> str:
        return self.where_and_what if self.todo is None else f"{self.where_and_what}: {self.todo}"
