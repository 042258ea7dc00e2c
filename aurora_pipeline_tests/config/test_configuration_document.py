"""docs/configuration.md lists exactly the keys, defaults and meanings that the models have."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from aurora_pipeline.config import (
    ROLES,
    Chain,
    CostType,
    DatedBps,
    FileColumn,
    FileTable,
    Letterhead,
    Provider,
    RateLimit,
    Retries,
    Timeouts,
)
from aurora_pipeline.config.file_table import FIELDS

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"


def table_of(model: type[BaseModel]) -> str:
    """The Markdown table that the document must hold for a model."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if model is Provider and name == "name":
            continue  # the key above the entry, described in the text
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{field.alias or name}` | {_default(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if isinstance(default, BaseModel):
        return "see below"
    if default is None or default == () or default == {}:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`"


MODELS = (Chain, Letterhead, DatedBps, Provider, RateLimit, Timeouts, Retries, FileTable, FileColumn)


@pytest.mark.parametrize("model", MODELS)
def test_document__table_of_a_model__says_what_the_code_does(model: type[BaseModel]) -> None:
    table = table_of(model)
    assert table in DOCUMENT.read_text(encoding="utf-8"), f"docs/configuration.md should hold:\n{table}"


def test_document__every_role_and_cost_type__named() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for word in (*ROLES, *CostType):
        assert f"`{word.value}`" in text


def test_document__every_field_of_a_file__named_with_what_it_holds() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for data_type, fields in FIELDS.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{data_type.value}` |")]
        assert all(f"`{name}`" in line for name in fields if name not in ("validator", "identity", "epoch"))
