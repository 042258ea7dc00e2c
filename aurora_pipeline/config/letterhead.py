"""What stands at the head of a chain's statements on paper: the operator's address, tax id, contact and logo."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from aurora_pipeline.config.fields import FrozenModel, broken_rule

_LINES_MAX = 8


class Paper(StrEnum):
    """The sizes of paper that statements are laid out for."""

    A4 = "a4"
    LETTER = "letter"


def _printable(line: str) -> str:
    if not line.isprintable():
        raise broken_rule("a line holds a character that does not print", "write one line of printable characters")
    return line


Line: TypeAlias = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_printable)]


class Letterhead(FrozenModel):
    """The head of a statement's first page, beside the operator's name; all of it may be left out."""

    address: tuple[Line, ...] = Field(
        default=(), max_length=_LINES_MAX, description="The operator's address, line by line."
    )
    tax_id: Line | None = Field(default=None, description="The operator's tax or company number.")
    contact: tuple[Line, ...] = Field(
        default=(),
        max_length=_LINES_MAX,
        description="Whom a partner asks, line by line.",
    )
    logo: str | None = Field(
        default=None,
        min_length=1,
        description="A PNG, JPEG or SVG file of at most 2 MB, relative to chains.yaml; the letters in an SVG as paths.",
    )
    paper: Paper = Field(default=Paper.A4, description="The size of the pages: a4 or letter.")

    @field_validator("logo", mode="after")
    @classmethod
    def _beside_chains_yaml(cls, logo: str | None, info: ValidationInfo) -> str | None:
        return None if logo is None else str((info.context or {}).get("folder", Path()) / logo)
