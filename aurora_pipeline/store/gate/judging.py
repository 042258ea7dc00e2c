"""Judging a draft: what the rules of its gate find in it, and whether somebody released just that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.gate.checking import blocking, warning
from aurora_pipeline.store.gate.earlier import EARLIER, load_earlier
from aurora_pipeline.store.gate.other_chains import OTHER_CHAINS, load_other_chains
from aurora_pipeline.store.gate.rule import Context, Gate, Violation, noted

if TYPE_CHECKING:
    from aurora_pipeline.store.drafts import Draft


@dataclass(frozen=True)
class JudgedDraft:
    """A draft, and what the rules of its gate found."""

    draft: Draft
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]

    @property
    def warnings_json(self) -> list[object]:
        """What is odd, as it is stored."""
        return [one.as_json for one in self.warnings]


def judged(database: Database, draft: Draft, gate: Gate) -> JudgedDraft:
    """What the rules of every table and those of its own find in a draft."""
    rules = gate.of(draft.table)
    grounds = dict(draft.grounds)
    if isinstance(draft.key, PeriodKey) and any(OTHER_CHAINS in rule.needs for rule in rules):
        with database.connect() as connection:
            grounds[OTHER_CHAINS] = load_other_chains(connection, draft.table, draft.key)
    context = Context(draft.table, draft.key, grounds)
    told = tuple(map(noted, draft.warnings))
    broken = blocking(rules, draft.frame, context)
    if broken:
        return JudgedDraft(draft, broken, told)
    if isinstance(draft.key, PeriodKey) and any(EARLIER in rule.needs for rule in rules):
        with database.connect() as connection:
            earlier = load_earlier(connection, draft.table, draft.key)
        context = Context(draft.table, draft.key, {**grounds, EARLIER: earlier})
    return JudgedDraft(draft, (), (*told, *warning(rules, draft.frame, context)))


def is_released(connection: Connection, one: JudgedDraft, digest: Callable[[Connection, Draft], str]) -> bool:
    """Whether somebody released just this content from just the rules that it breaks; the database looks again."""
    draft, broken = one.draft, {found.rule for found in one.violations}
    released = connection.execute(
        """SELECT l.rules, s.content_digest FROM snapshot_releases l JOIN snapshots s USING (snapshot_id)
           WHERE s.asset = %s AND s.chain_id = %s AND s.period = %s""",
        [draft.table.name, draft.key.chain_id, draft.key.period],
    ).fetchall()
    digests = {row["content_digest"] for row in released if broken <= set(row["rules"].split(", "))}
    return bool(digests) and digest(connection, draft) in digests
