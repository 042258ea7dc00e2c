"""`aurora statements`: every command about statements, reading, deciding and comparing, under one name."""

from __future__ import annotations

from aurora_pipeline.cli.statement_diff import statements_diff
from aurora_pipeline.cli.statement_export import statements_export
from aurora_pipeline.cli.statement_steps import add_steps
from aurora_pipeline.cli.statements import statements

add_steps(statements)
statements.command("diff")(statements_diff)
statements.command("export")(statements_export)

__all__ = ["statements"]
