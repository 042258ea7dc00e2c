"""The option `--json`, and printing what it asks for: one document on every command, errors too."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Final

import typer

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.work.json_form import ERROR, Error, document

OPTION: Final = "--json"

Json = Annotated[bool, typer.Option(OPTION, help="Machine-readable output; docs/json.md says its form.")]


def print_json(name: str, data: object) -> None:
    """Print a document that `work/documents.py` names; nothing else goes to standard output."""
    sys.stdout.write(json.dumps(document(name, data), indent=2, ensure_ascii=False) + "\n")


def error_json(error: AuroraError) -> str:
    """An error as one line, the last one on standard error."""
    return json.dumps(document(ERROR, Error.of(error)), ensure_ascii=False)
