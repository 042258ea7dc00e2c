"""The field types that the models of chains.yaml and providers.yaml share, and how a broken rule is reported."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from aurora_pipeline.config.environment import EnvironmentText
from aurora_pipeline.config.yaml_file import plain_value
from aurora_pipeline.foundation.units import Bps, EpochNumber


class FrozenModel(BaseModel):
    """Immutable, knows all its keys, and never repeats its input in an error (it may hold a secret)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=False)


def broken_rule(message: str, remedy: str) -> PydanticCustomError:
    """What a validator raises when a value breaks a rule of ours: the words a person will read, without secrets."""
    context = {"message": message, "remedy": remedy}
    return PydanticCustomError("broken_rule", "{message}", context)


def _typed_by_environment(value: Any) -> Any:
    # `concurrency: ${N:-8}` is text by nature; it becomes a number or flag only where one is expected, so that
    # an api_key made of digits stays text.
    return plain_value(value) if isinstance(value, EnvironmentText) else value


def _date_from_text(value: Any) -> Any:
    # Pydantic alone would also take numbers for seconds since 1970.
    if isinstance(value, str):
        try:
            return date.fromisoformat(value) if len(value) == len("2025-01-31") else None
        except ValueError:
            return None
    return None


Flag: TypeAlias = Annotated[bool, BeforeValidator(_typed_by_environment), Field(strict=True)]
Whole: TypeAlias = Annotated[int, BeforeValidator(_typed_by_environment), Field(strict=True)]
Epoch: TypeAlias = Annotated[EpochNumber, BeforeValidator(_typed_by_environment), Field(strict=True)]
Rate: TypeAlias = Annotated[Bps, BeforeValidator(_typed_by_environment), Field(strict=True)]
Seconds: TypeAlias = Annotated[float, BeforeValidator(_typed_by_environment), Field(strict=True, allow_inf_nan=False)]
Day: TypeAlias = Annotated[date, BeforeValidator(_date_from_text), Field(strict=True)]
