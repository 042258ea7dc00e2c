"""docs/access.md: who may do what, in words, rendered from the declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aurora_pipeline.store.access.declared import (
    COLUMNS,
    FILLED,
    LAYERS,
    PARTNER_SEES,
    TABLES,
    Narrowing,
    Role,
    TableAccess,
)
from aurora_pipeline.store.access.objects import functions_declared, views_declared, views_of

_INTRODUCTION: Final = """\
# Who may do what in the database

Every right that Aurora grants, as declared in `aurora_pipeline/store/access/declared.py`; `aurora db upgrade` grants
it, a test compares this page with the declaration and another one the database with it. What is not here is granted to
nobody but the owner of the database.

Rights are held by roles of the server that carry the database's name, like `aurora_finance` for a database `aurora`:
two Auroras can share a server. People have logins of their own that inherit from one of these roles and can't set
themselves to it. `aurora_worker` is the login of Aurora's own service; `aurora_api` has no right of its own and takes
on a person's for one transaction; `aurora_reader` is the login of `aurora sql` and reads all but secrets.

## In production
* A PostgreSQL of your own, 18.6 or newer. `aurora db upgrade` by a superuser makes the roles; by an owner who may
  make roles it makes them too, but the worker can't pass policies then, tables are not FORCEd, and advisory locks
  and statistics stay everybody's: `aurora status` says so.
* The service works as `aurora_worker`: set its password (`\\password aurora_worker` in psql) and give it a database
  for Dagster: `CREATE DATABASE aurora_dagster OWNER aurora_worker`, then `REVOKE CONNECT ON DATABASE aurora_dagster
  FROM PUBLIC`. What computes is started there: no person's login can write a layer, nor the worker decide.
* People: `aurora users add LOGIN --name --role --from --password`. An ADMIN or who upgrades can do it. A partner's
  login tells nothing (`p_7f3a`); an auditor's ends (`--until`).
* A partner works with `aurora statements list`, `show` and `export --csv` (its AURORA_DATABASE_URL is all it needs) or
  with SQL; every other command is refused before anything is read.
* Where partners have logins, let them into no other database of the server, whose statistics tell how much is
  written: `REVOKE CONNECT ON DATABASE postgres FROM PUBLIC`, and so for each other one.
* When Aurora starts it refuses to work where a partner's login or `aurora_api` is a superuser, passes row-level
  security, or holds any other role's rights.
* Backups are made by a superuser or another login that passes row-level security; with `row_security = off`, which
  `pg_dump` sets, an incomplete one fails instead of being silently partial.

## Tables and roles
In the tables below `r` is reading and `+` is inserting rows, which is all that anybody may do: nothing is ever changed.
`=` is inserting and deleting: the table mirrors a file. Of what people decide the database itself writes who it was, by
which login, and when: the columns {filled} can be filled by nobody.
"""
_MARKS: Final = {(True, False): "r", (False, True): "+", (True, True): "r +", (False, False): ""}


def page() -> str:
    """The whole page."""
    layers = _table("Layers", "`layers.{}`", LAYERS, "Rows of the immutable snapshots.")
    tables = _table(
        "Tables",
        "`{}`",
        TABLES,
        "What is recorded, decided and stored. `ledger_clock` is moved by `record_instant` alone.",
    )
    return "\n".join([_introduction(), layers, tables, _columns(), _rows(), _partners(), _views(), _functions()])


def _introduction() -> str:
    return _INTRODUCTION.format(filled=", ".join(f"`{name}`" for name in sorted(FILLED)))


def _table(heading: str, shown: str, tables: Mapping[str, TableAccess], words: str) -> str:
    rows = [[shown.format(name), *(_mark(access, role) for role in Role)] for name, access in tables.items()]
    return f"### {heading}\n{words}\n\n{_markdown(['table', *Role], rows)}"


def _mark(access: TableAccess, role: Role) -> str:
    mark = _MARKS[role in access.reads, role in access.adds]
    return mark.replace("+", "=") if access.is_mirror else mark


def _columns() -> str:
    rows = [
        [f"`{table}`", role, ", ".join(f"`{name}`" for name in sorted(names))]
        for table, by_role in COLUMNS.items()
        for role, names in by_role.items()
    ]
    return f"## Single columns\n\n{_markdown(['table', 'role', 'reads'], rows)}"


def _rows() -> str:
    told = {
        name: access.narrowing for name, access in {**LAYERS, **TABLES}.items() if access.narrowing is not Narrowing.ALL
    }
    rows = [[f"`{name}`", narrowing] for name, narrowing in told.items()]
    return (
        "## People who are narrowed\nWho is narrowed to chains or validators (`aurora users add --chain --validator`)"
        " sees and adds of each table the rows below; of every other one what the role does. Before and after the time"
        f" of a person nothing is seen.\n\n{_markdown(['table', 'what is seen of it'], rows)}"
    )


def _partners() -> str:
    rows = [
        [f"`{name}`", seen.own, ", ".join(f"`{column}`" for column in sorted(seen.hidden)) or "none"]
        for name, seen in PARTNER_SEES.items()
    ]
    return (
        "## What a partner sees\nOf these tables alone some rows, and of these not every column. Reasons in words may"
        " name others who claim of the same component. `released_statements`, `released_statement_entries` and"
        f" `released_statement_lines` show them together.\n\n{_markdown(['table', 'rows', 'hidden columns'], rows)}"
    )


def _views() -> str:
    of_layers = {view for name in LAYERS for view in views_of(name)}
    rows = [[f"`{name}`", _listed(reads)] for name, reads in views_declared().items() if name not in of_layers]
    return (
        "## Views\nA view shows what its reader may read. Those of a layer (`<layer>`, `<layer>_named`,"
        f" `<layer>_in_coins`) are read by whoever reads the layer.\n\n{_markdown(['view', 'read by'], rows)}"
    )


def _functions() -> str:
    of_layers = {f"{name}_as_of" for name in LAYERS}
    rows = [
        [f"`{name}`", _listed(callers)]
        for name, callers in functions_declared().items()
        if name not in of_layers and callers
    ]
    return (
        "## Functions\n`<layer>_as_of` is called by whoever reads the layer; functions of triggers by nobody.\n\n"
        + _markdown(["function", "called by"], rows)
    )


def _listed(roles: Iterable[Role]) -> str:
    return ", ".join(role for role in Role if role in roles)


def _markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def main() -> None:
    """Print the page."""
    print(page(), end="")  # noqa: T201


if __name__ == "__main__":
    main()
