"""Judging a draft: what the rules of its gate find in it, and whether somebody released just that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.gate.checking import blocking, warning
from aurora_pipeline.store.gate.earlier import EARLIER, load_earlier
from aurora_pipeline.store.gate.other_chains import OTHER_CHAINS, load_other_chains
from aurora_pipeline.store.gate.rule import Context, Gate, Violation, noted

if TYPE_CHECKING:
    from aurora_pipeline.store.drafts import Draft

_TURNS: Final = 4718


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


def judged_beside_others(connection: Connection, one: JudgedDraft, gate: Gate) -> JudgedDraft:
    """A draft that passed, once more held against other chains: by whoever publishes, in the transaction that does.

    Two chains that publish the same period at the same instant take turns here, so that the second sees the first.
    """
    draft = one.draft
    rules = [rule for rule in gate.of(draft.table) if OTHER_CHAINS in rule.needs]
    if one.violations or not rules or not isinstance(draft.key, PeriodKey):
        return one
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [f"{draft.table.name}@{draft.key.epoch}", _TURNS]
    )
    others = {OTHER_CHAINS: load_other_chains(connection, draft.table, draft.key)}
    context = Context(draft.table, draft.key, {**draft.grounds, **others})
    return replace(one, violations=tuple(found for rule in rules for found in rule.violations(draft.frame, context)))


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
