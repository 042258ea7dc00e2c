"""The bill of materials: everything that runs, in the versions that are tested, the same each time."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline_tests.bill_of_materials import OWN, document, needed, normalised

ROOT = Path(__file__).parents[1]


def test_document__of_what_is_installed__names_all_in_tested_versions_and_is_the_same_again() -> None:
    told = document()
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    lines = (line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    tested = {normalised(line.partition("==")[0]): line.partition("==")[2].split(";")[0].strip() for line in lines}
    components = {one["name"]: one for one in told["components"]}
    assert components.keys() == needed().keys() - {OWN} | {"postgresql"}
    assert {"dagster", "psycopg", "polars", "pydantic", "cryptography"} <= components.keys()
    assert "pytest" not in components
    assert {
        name: one["version"] for name, one in components.items() if tested.get(name, "") != one["version"]
    }.keys() == {"postgresql"}
    assert all(one["licenses"] and one["purl"].startswith("pkg:") for one in components.values())
    refs = {one["bom-ref"] for one in [*components.values(), told["metadata"]["component"]]}
    assert {one["ref"] for one in told["dependencies"]} == refs
    assert all(set(one["dependsOn"]) <= refs for one in told["dependencies"])
    assert document() == told
