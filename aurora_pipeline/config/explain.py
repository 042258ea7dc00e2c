"""Pydantic's errors retold as problems: file, line, key path, what was found, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from aurora_pipeline.config.environment import EnvironmentText
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.vocabulary import ROLES
from aurora_pipeline.config.yaml_file import KeyPath, Value, YamlFile

_EXPECTED: Final = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "date_type": "a day like 2025-01-31",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map of keys",
    "mapping_type": "a map of keys",
    "model_type": "a map of keys",
    "model_attributes_type": "a map of keys",
}
_BOUNDS: Final = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
    "string_too_long": ("at most this many characters:", "max_length"),
    "string_too_short": ("at least this many characters:", "min_length"),
}
_SECRET_KEYS: Final = frozenset({"api_key", "base_url"})
# Pydantic marks an error about a mapping's key, not its value, with this last step.
_KEY_STEP: Final = "[key]"
_QUOTED_LENGTH_MAX: Final = 40


def explain(error: ValidationError, file: YamlFile, base: KeyPath, model: type[BaseModel], raw: Value) -> None:
    """Add one problem to the file for each mistake that pydantic found in the entry at `base`."""
    for details in error.errors(include_url=False, include_context=True, include_input=False):
        location = details["loc"]
        path = (*base, *location)
        if any(path[:length] in file.unusable for length in range(len(base), len(path) + 1)):
            continue
        _explain_one(details, file, base, model, raw)


def _explain_one(details: ErrorDetails, file: YamlFile, base: KeyPath, model: type[BaseModel], raw: Value) -> None:
    kind, location = details["type"], details["loc"]
    context: Mapping[str, Any] = details.get("ctx", {})
    field = _field_at(model, location)
    description = (field.description if field else None) or "see docs/configuration.md"
    about_key = bool(location) and location[-1] == _KEY_STEP
    path = (*base, *(location[:-1] if about_key else location))
    if location == ("name",) and kind != "missing" and path not in file.lines:
        path = base  # a provider's name is the key above its entry
    found = _found(_value_at(raw, location), quoted=not _SECRET_KEYS.intersection(location))

    if kind == "missing":
        file.add(path[:-1], f'the key "{path[-1]}" is missing', f"add {path[-1]}: {description}")
    elif kind == "extra_forbidden":
        known = _keys_of(_model_at(model, location[:-1]))
        file.add(path, f'unknown key "{path[-1]}"', did_you_mean(str(path[-1]), known, "key"))
    elif kind == "broken_rule":
        file.add(path, str(context["message"]), str(context["remedy"]))
    elif kind == "enum" and about_key:
        file.add(path, f'unknown role "{path[-1]}"', did_you_mean(str(path[-1]), ROLES, "role"))
    elif kind == "enum":
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        word = _value_at(raw, location)
        remedy = did_you_mean(word if isinstance(word, str) else "", choices, "value")
        file.add(path, f"expected one of {', '.join(choices)}, found {found}", remedy)
    elif kind in _EXPECTED:
        file.add(path, f"expected {_EXPECTED[kind]}, found {found}", description)
    elif kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        file.add(path, f"must be {words} {context[bound]}, found {found}", description)
    elif kind == "string_pattern_mismatch":
        file.add(path, f"not spelled as it must be, found {found}", description)
    else:
        file.add(path, f"not usable: {kind.replace('_', ' ')}", description)


def _found(value: Value, quoted: bool) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a map of keys"
    if isinstance(value, EnvironmentText):
        return "a value from the environment that is something else"
    if not quoted:
        return "something else"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        shown = value if len(value) <= _QUOTED_LENGTH_MAX else value[: _QUOTED_LENGTH_MAX - 1] + "…"
        return f'the text "{shown}"'
    return f"the number {value}"


def _value_at(value: Any, location: tuple[int | str, ...]) -> Any:
    for step in location:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The innermost model on the way along a location."""
    for step in location:
        field = _fields_by_key(model).get(str(step))
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    return model


def _field_at(model: type[BaseModel], location: tuple[int | str, ...]) -> FieldInfo | None:
    """The innermost field that a location names."""
    found: FieldInfo | None = None
    for step in location:
        field = _fields_by_key(model).get(str(step))
        if field is None:
            continue
        found = field
        model = _model_in(field.annotation) or model
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        inner = _model_in(argument)
        if inner is not None:
            return inner
    return None


def _fields_by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _keys_of(model: type[BaseModel]) -> list[str]:
    return list(_fields_by_key(model))
