"""Reading what `--json` printed: every document is held against its schema in docs/schemas/."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from aurora_pipeline.cli.schemas import FOLDER


def data_of(text: str) -> Any:
    """What a document says; the text holds nothing else, and is as its schema says."""
    document = json.loads(text)
    name = document["schema"].split(".")[1]
    schema = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)
    return document["data"]
