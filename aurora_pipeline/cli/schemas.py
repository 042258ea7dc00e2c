"""The JSON Schema of every shape, as docs/schemas/ has it: `python -m aurora_pipeline.cli.schemas` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from aurora_pipeline.work.json_form import titled
from aurora_pipeline.work.reads.documents import DOCUMENTS

FOLDER: Final = Path(__file__).parents[2] / "docs" / "schemas"


def schema(name: str) -> dict[str, Any]:
    """The schema of a shape's whole document."""
    told = TypeAdapter(DOCUMENTS[name]).json_schema(ref_template="#/$defs/{model}")
    defined = told.pop("$defs", {})
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": titled(name),
        "type": "object",
        "properties": {"schema": {"const": titled(name)}, "data": told},
        "required": ["schema", "data"],
        "$defs": defined,
    }
    closed: dict[str, Any] = _closed(whole)
    return closed


def _closed(value: Any) -> Any:
    """The schema with objects that have the named keys and no others."""
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    told = {name: _closed(one) for name, one in value.items()}
    return told | {"additionalProperties": False} if isinstance(told.get("properties"), dict) else told


def written(name: str) -> str:
    """The file of a shape."""
    return json.dumps(schema(name), indent=2) + "\n"


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name in DOCUMENTS:
        (FOLDER / f"{name}.json").write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    main()
