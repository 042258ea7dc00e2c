"""Two states of a statement, or two statements, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.statements.compare import Compared
from aurora_pipeline.statements.documents import StatementDocument as FoundDocument
from aurora_pipeline.work.json_form import Amount, known_amount
from aurora_pipeline.work.reads.statements import PayableStatement, statement


@dataclass(frozen=True)
class ChangedStep:
    """A step from the opening to the closing balance that differs."""

    step: str
    was: Amount
    now: Amount
    difference: Amount


@dataclass(frozen=True)
class DifferentInput:
    """Something that a line is computed from now and was not before."""

    kind: str
    name: str
    digest: str


@dataclass(frozen=True)
class ChangedStatementLine:
    """A line or an entry that differs; held and missing amounts count 0."""

    line_id: str
    line: str
    was: Amount
    now: Amount
    difference: Amount
    reason: str
    inputs: Sequence[DifferentInput]


@dataclass(frozen=True)
class StatementDifference:
    """Two states of a statement, or two statements, line by line."""

    before: PayableStatement
    after: PayableStatement
    steps: Sequence[ChangedStep]
    lines: Sequence[ChangedStatementLine]


def statement_difference(
    chain: Chain, first: FoundDocument, second: FoundDocument, found: Compared
) -> StatementDifference:
    """What differs between two states of a statement, or two statements."""
    unit = chain.base_unit
    steps = [
        ChangedStep(name, known_amount(was, unit), known_amount(now, unit), known_amount(now - was, unit))
        for name, (was, now) in found.steps.items()
    ]
    lines = [
        ChangedStatementLine(
            one.line_id,
            one.words,
            known_amount(one.before, unit),
            known_amount(one.after, unit),
            known_amount(one.difference, unit),
            one.why,
            [DifferentInput(item.kind, item.name, item.digest) for item in one.inputs],
        )
        for one in found.lines
    ]
    return StatementDifference(statement(chain, first.statement), statement(chain, second.statement), steps, lines)
