"""Checks what figures are shown and recorded through: the schema, the ledger's clock, the registry tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from aurora_pipeline.instance.chains import registry_rows
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.findings import Checked, Findings, VerifyReport
from aurora_pipeline.proof.verifying.members import verify_members
from aurora_pipeline.proof.verifying.ranges import verify_ranges
from aurora_pipeline.proof.verifying.schema import verify_schema
from aurora_pipeline.store.database import Connection
from aurora_pipeline.tables import ALL_TABLES

_AHEAD_AT_MOST: Final = timedelta(minutes=1)
"""Two machines' clocks differ by less; beyond it, what is recorded would lie in the future."""
_DECIDES = frozenset({("chains", "native_decimals"), ("chains", "native_unit")})
"""Columns that views convert by: the file and the table must not differ."""


def verify_surroundings(aurora: Aurora, connection: Connection) -> VerifyReport:
    """Compare the schema, the clock, the registry and who holds which role with what each of them should be."""
    findings = Findings()
    verify_schema(connection, aurora.database, findings)
    verify_clock(connection, findings)
    verify_registry(aurora, connection, findings)
    verify_members(connection, findings)
    verify_ranges(connection, findings)
    return findings.report("schema, clock and registry")


def verify_clock(connection: Connection, findings: Findings) -> None:
    """The clock stands at the newest instant that anything carries, or later, and not in the future."""
    carried = [(t.name, c.name) for t in ALL_TABLES for c in t.columns if c.default == "DEFAULT record_instant()"]
    newest = ", ".join(f"(SELECT max({column}) FROM {table})" for table, column in carried)
    row = connection.execute(
        f"""SELECT (SELECT max(last_instant) FROM ledger_clock) AS clock, clock_timestamp() AS now,
                   greatest({newest}) AS newest""".encode()
    ).fetchone()
    assert row is not None  # a query without FROM gives one row
    if row["clock"] is None:
        findings.fail(Checked.CLOCK, "ledger_clock", "its row is gone: nothing can be recorded any more")
    elif row["newest"] is not None and row["clock"] < row["newest"]:
        problem = "it was set back behind what it recorded, or what is recorded was moved ahead"
        findings.fail(Checked.CLOCK, "ledger_clock", problem, row["newest"], row["clock"])
    elif row["clock"] > row["now"] + _AHEAD_AT_MOST:
        problem = "it is ahead of the server's clock: whatever is recorded now lies in the future of every as-of read"
        findings.fail(Checked.CLOCK, "ledger_clock", problem, row["clock"], row["now"])
    else:
        findings.ok(Checked.CLOCK)


def verify_registry(aurora: Aurora, connection: Connection, findings: Findings) -> None:
    """Compare the registry tables with chains.yaml and providers.yaml, which win and may have changed since."""
    keys = {table.name: table.key for table in ALL_TABLES}
    for table, rows in registry_rows(aurora.configuration).items():
        present = {
            tuple(row[name] for name in keys[table]): row
            for row in connection.execute(f"SELECT * FROM {table}".encode()).fetchall()
        }
        for row in rows:
            key = tuple(row[name] for name in keys[table])
            _compare(table, "/".join(map(str, key)), row, present.pop(key, None), findings)
        for key in present:
            where = f"{table} {'/'.join(map(str, key))}"
            findings.note(
                Checked.REGISTRY, where, "the files have no such row; the next command that writes removes it"
            )


def _compare(
    table: str, name: str, wanted: dict[str, object], found: dict[str, object] | None, findings: Findings
) -> None:
    if found is None:
        findings.note(Checked.REGISTRY, f"{table} {name}", "it is missing; the next command that writes adds it")
        return
    for column, value in wanted.items():
        told = (f"{table} {name} {column}", "it is not what the files say", found[column], value)
        if found[column] == value:
            findings.ok(Checked.REGISTRY)
        elif (table, column) in _DECIDES:
            findings.fail(Checked.REGISTRY, *told)
        else:
            findings.note(Checked.REGISTRY, *told)
