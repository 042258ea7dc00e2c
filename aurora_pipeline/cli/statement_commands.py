"""`aurora statements`: every command about statements, of reading, deciding and comparing, under one name."""

from __future__ import annotations

from aurora_pipeline.cli.statement_diff import statements_diff
from aurora_pipeline.cli.statement_steps import add_steps
from aurora_pipeline.cli.statements import statements

add_steps(statements)
statements.command("diff")(statements_diff)

__all__ = ["statements"]
