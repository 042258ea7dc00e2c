"""docs/gates.md: every rule of the gate in words, rendered from its declaration."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.store.gate.checking import EVERY_TABLE
from aurora_pipeline.store.gate.rule import Effect, Gate, GateRule

_INTRO: Final = """# Gates

Rendered from the declarations: `python -m aurora_pipeline.layers > docs/gates.md`.

A layer's result is written as a snapshot, looked at by the rules below, and only then published.
What breaks a rule that BLOCKS is rejected: nothing of it counts, its rows are kept, and what was in force stays so.
What breaks a rule that WARNS is published, and told. Rules are asked wherever rows come from: a job, a backfill, a
single asset, a command. A rule that was not given what it looks at does not pass.

`aurora snapshots list --rejected` names what was rejected, `aurora snapshots show NUMBER` says what was wrong with
it, `aurora snapshots diff NUMBER` how it differs from what is in force. Where the rule allows it, somebody of FINANCE
may release it: `aurora snapshots release NUMBER --reason WHY`. Schema, keys and conservation are never released; the
database refuses that too.
"""
_EVERY: Final = "every table"


def page(gate: Gate) -> str:
    """The document, whole."""
    rules = _with_tables(gate)
    return "\n".join([_INTRO, _overview(rules), *(_section(rule, tables) for rule, tables in rules)])


def _with_tables(gate: Gate) -> list[tuple[GateRule, tuple[str, ...]]]:
    """The rules in the order in which layers are computed, blocking ones first, each with its tables."""
    tables: dict[str, list[str]] = {}
    rules: dict[str, GateRule] = {}
    for rule in EVERY_TABLE:
        rules[rule.name], tables[rule.name] = rule, [_EVERY]
    for table, own in gate.rules.items():
        for rule in own:
            rules[rule.name] = rule
            tables.setdefault(rule.name, []).append(table)
    ordered = sorted(rules.values(), key=lambda rule: rule.effect is Effect.WARNS)
    return [(rule, tuple(tables[rule.name])) for rule in ordered]


def _overview(rules: list[tuple[GateRule, tuple[str, ...]]]) -> str:
    rows = [
        f"| [{rule.name}](#{rule.name}) | {rule.effect} | {_released(rule)} | {_shown(tables)} |"
        for rule, tables in rules
    ]
    return "\n".join(["| rule | effect | may be released | looks at rows of |", "|---|---|---|---|", *rows, ""])


def _released(rule: GateRule) -> str:
    if rule.effect is Effect.WARNS:
        return "holds nothing back"
    return "yes" if rule.releasable else "never"


def _shown(tables: tuple[str, ...]) -> str:
    return ", ".join(name if name == _EVERY else f"`{name}`" for name in tables)


def _section(rule: GateRule, tables: tuple[str, ...]) -> str:
    may = "" if rule.effect is Effect.WARNS else "; may be released" if rule.releasable else "; never released"
    said = [("looks at", rule.looks_at), ("why", rule.why), ("when it fires", rule.when_it_fires)]
    if rule.needs:
        said.insert(1, ("beside the rows", "; ".join(ground.what for ground in rule.needs)))
    points = "\n".join(f"* **{name}:** {words}" for name, words in said)
    return f"## {rule.name}\n{rule.effect}{may}. Rows of {_shown(tables)}.\n\n{points}\n"
