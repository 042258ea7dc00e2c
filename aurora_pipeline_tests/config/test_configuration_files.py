"""Files as providers, and cross-checks: what is read from the YAML, and every mistake with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aurora_pipeline.config import Configuration, DataType
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.mistakes import Mistake
from aurora_pipeline.foundation.units import EpochNumber

Load = Callable[..., Configuration]
Problems = Callable[..., tuple[Mistake, ...]]
With = Callable[..., str]

OWN = """\
  own:
    enabled: true
    kind: file
    base_url: file:books
    files:
      - data_type: fees
        path: fees{epoch}.csv
        columns:
          validator: {column: vote}
          fees: {column: fees, unit: SOL, rounding: half_up}
"""


def with_own(providers_with: With, *changes: tuple[str, str]) -> str:
    text = OWN
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return providers_with() + text


def test_files__relative_folder__beside_providers_yaml(load: Load, providers_with: With, tmp_path: Path) -> None:
    own = load(providers=with_own(providers_with)).providers["own"]
    assert own.folder == tmp_path / "books"
    assert own.files[0].name_for(EpochNumber(842)) == "fees842.csv"
    assert own.files[0].as_request(Family.SOLANA) == {
        "data_type": "fees",
        "family": "solana",
        "columns": {
            "fees": {"column": "fees", "unit": "SOL", "rounding": "half_up"},
            "validator": {"column": "vote", "rounding": "exact"},
        },
    }


@pytest.mark.parametrize(
    ("change", "path", "message", "remedy"),
    [
        (("base_url: file:books", "base_url: https://h/"), "base_url", "no such address", "file:FOLDER"),
        (("base_url: file:books", "base_url: file://books"), "base_url", "no such address", "file:FOLDER"),
        (("data_type: fees", "data_type: fee"), "files[0].data_type", "expected one of", 'did you mean "fees"'),
        (
            ("        columns:", "        separator: ;\n        columns:"),
            "files[0].separator",
            "no known separator",
            "comma, semicolon, tab",
        ),
        (
            ("fees{epoch}.csv", "fees{epoch}.xlsx\n        separator: tab"),
            "files[0].separator",
            "no separator",
            "leave it out",
        ),
        (("fees{epoch}.csv", "fees{epoch}.ods"), "files[0].path", "neither CSV nor XLSX", ".csv or .xlsx"),
        (("fees{epoch}.csv", "../fees{epoch}.csv"), "files[0].path", "not inside the folder", "base_url"),
        (("fees{epoch}.csv", "fees.csv"), "files[0].columns", "tells the epoch", "{epoch}"),
        (("validator: {column: vote}", "validatr: {column: vote}"), "files[0].columns", 'no "validatr"', "validator"),
        (("          validator: {column: vote}\n", ""), "files[0].columns", 'for "validator"', "vote account"),
        (("unit: SOL, ", ""), "files[0].columns", 'unit of "fees"', "lamports or SOL"),
        (("unit: SOL", "unit: percent"), "files[0].columns", 'unit of "fees"', "lamports or SOL"),
        (("{column: vote}", "{column: vote, unit: SOL}"), "files[0].columns", "no amount", "leave out"),
        (("rounding: half_up", "rounding: up"), "files[0].columns.fees.rounding", "exact, half_up, floor", "exact"),
        (("column: fees,", "colum: fees,"), "files[0].columns.fees.colum", "unknown key", "column"),
        (("kind: file", "kind: jito"), "base_url", "no http or https", "https://"),
    ],
)
def test_files__one_mistake__named_with_place_and_remedy(
    change: tuple[str, str],
    path: str,
    message: str,
    remedy: str,
    problems_of: Problems,
    providers_with: With,
) -> None:
    problems = {problem.place: problem for problem in problems_of(providers=with_own(providers_with, change))}
    problem = problems[f"providers.own.{path}"]
    assert message in problem.message
    assert remedy in str(problem.remedy)


def test_files__none_or_of_another_kind__refused(problems_of: Problems, providers_with: With) -> None:
    bare = with_own(providers_with, (OWN[OWN.index("    files:") :], ""))
    (problem,) = problems_of(providers=bare)
    assert (problem.place, "needs its files" in problem.message) == ("providers.own.files", True)


def test_files__same_data_type_twice__refused(problems_of: Problems, providers_with: With) -> None:
    item = OWN[OWN.index("      - data_type") :]
    (problem,) = problems_of(providers=with_own(providers_with) + item)
    assert "same data type" in problem.message


def test_roles__file_provider_without_such_a_file__refused(
    problems_of: Problems, chains_with: With, providers_with: With
) -> None:
    chains = chains_with(("mev: [kobe]", "mev: [kobe, own]"), ("fees: [rpc, beach]", "fees: [rpc, own]"))
    (problem,) = problems_of(chains=chains, providers=with_own(providers_with))
    assert (problem.place, "has no file for mev" in problem.message) == ("chains[solana-test].roles.mev[1]", True)


def test_cross_checks__enabled_ones__by_role(load: Load, chains_with: With, providers_with: With) -> None:
    checks = "    cross_checks: {fees: [own, beach]}\n    roles:\n"
    found = load(chains_with(("    roles:\n", checks)), with_own(providers_with))
    assert [one.name for one in found.cross_checkers_for("solana-test", DataType.FEES)] == ["own"]
    assert found.cross_checkers_for("solana-test", DataType.MEV) == ()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("[nobody]", "there is no provider"),
        ("[rpc]", "has no files"),
        ("[own]", "has no file of period"),
        ("[own, own]", "more than once"),
    ],
)
def test_periods__who_cannot_tell_them__refused(
    names: str, message: str, problems_of: Problems, chains_with: With, providers_with: With
) -> None:
    chains = chains_with(("    roles:\n", f"    periods: {names}\n    roles:\n"))
    assert message in problems_of(chains, with_own(providers_with))[0].message


@pytest.mark.parametrize(
    ("checks", "path", "message"),
    [
        ("{fees: [nobody]}", "cross_checks.fees[0]", "no provider"),
        ("{fees: [rpc]}", "cross_checks.fees[0]", "compared with itself"),
        ("{mev: [wiz]}", "cross_checks.mev[0]", "serves meta, not mev"),
        ("{fee: [rpc]}", "cross_checks.fee", "unknown role"),
        ("{meta: [rpc, rpc]}", "cross_checks", "more than once"),
    ],
)
def test_cross_checks__mistakes__named(
    checks: str, path: str, message: str, problems_of: Problems, chains_with: With
) -> None:
    problems = problems_of(chains_with(("    roles:\n", f"    cross_checks: {checks}\n    roles:\n")))
    assert [(problem.place, message in problem.message) for problem in problems] == [
        (f"chains[solana-test].{path}", True)
    ]
