"""Every code an error can have, as docs/errors.md lists them: `python -m aurora_pipeline.cli.error_codes` writes it."""

from __future__ import annotations

from importlib import import_module
from itertools import groupby
from pathlib import Path
from pkgutil import walk_packages
from typing import Final

import aurora_pipeline
from aurora_pipeline.foundation.errors import AuroraError, coded

FILE: Final = Path(__file__).parents[2] / "docs" / "errors.md"
_HEAD: Final = """\
# Errors and their codes

Every error has a code, which does not change when its sentence is worded otherwise. In the terminal it stands in
brackets under the error; with `--json` it is `code` of the document in the last line of standard error
([json.md](json.md)); in Dagster it is metadata of the failed step.

`kind` groups the codes, for those who map them to exit codes or to the statuses of HTTP:

| kind | exit code | meaning |
|---|---|---|
| `bad_input` | 2 | something that was given has to be corrected |
| `not_found` | 2 | what was asked for is not there |
| `conflict` | 2 | as things stand it cannot be done; it may be once something else has happened |
| `not_allowed` | 2 | this person may not do it |
| `misconfigured` | 2 | the installation, its configuration or the machine has to be put right |
| `check_failed` | 1 | a check on data or a proof did not hold |
| `try_again` | 75 | something is away and may come back; the same again may work |

A code is never used for something else. Codes may be added; one that goes, or whose kind changes, is in the
[changelog](../CHANGELOG.md).
This page is generated: `python -m aurora_pipeline.cli.error_codes`.
"""


def errors() -> list[type[AuroraError]]:
    """Every class of error that the package raises, room by room."""
    for module in walk_packages(aurora_pipeline.__path__, f"{aurora_pipeline.__name__}."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            import_module(module.name)
    ours = {one for one in coded(AuroraError) if one.__module__.startswith(f"{aurora_pipeline.__name__}.")}
    return sorted(ours, key=lambda one: (room(one), one.code))


def room(error: type[AuroraError]) -> str:
    """The room that an error belongs to."""
    return error.__module__.split(".")[1]


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(name, list(classes)) for name, classes in groupby(errors(), room))


def _section(name: str, classes: list[type[AuroraError]]) -> str:
    head = f"\n## {name}/\n\n| code | kind | exit code | meaning | what to do |\n|---|---|---|---|---|\n"
    return head + "".join(_row(one) for one in classes)


def _row(one: type[AuroraError]) -> str:
    meaning = " ".join((one.__doc__ or "").split())
    return f"| `{one.code}` | `{one.kind}` | {one.exit_code} | {meaning} | {one.what_to_do} |\n"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
