"""From two YAML files and an environment to a Configuration, or to every mistake in them at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.environment import interpolate, variables_in
from aurora_pipeline.config.explain import explain
from aurora_pipeline.config.problems import ConfigurationError, did_you_mean
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.roles import Kinds, check_kinds, check_roles, is_enabled, providers_named
from aurora_pipeline.config.yaml_file import KeyPath, Value, YamlFile, read_yaml

Model = TypeVar("Model", bound=BaseModel)
MissingKeys = list[tuple[KeyPath, str]]

# Stands in for an address whose variables are unset, until the address as written takes its place.
_STAND_IN_URL = "http://unset.invalid"


def load_configuration(
    chains_path: Path | str, providers_path: Path | str, env: Mapping[str, str], kinds: Kinds
) -> Configuration:
    """Read and check both files; raises ConfigurationError with all mistakes, or returns a usable configuration.

    `kinds` says which adapters exist and which data types each serves. A variable may be unset where only a
    provider needs it that is disabled or that no enabled chain names.
    """
    chains_file, providers_file = read_yaml(Path(chains_path)), read_yaml(Path(providers_path))
    chain_entries = _chain_entries(chains_file, env)
    provider_entries = _provider_entries(providers_file)
    chains = [_validated(Chain, chains_file, ("chains", i), entry) for i, entry in enumerate(chain_entries)]
    _check_ids(chains_file, chain_entries)

    # Whoever is named while chains.yaml cannot be read is unknown; then no variable is called missing.
    asked = providers_named(chain_entries)
    providers: dict[str, Provider | None] = {}
    unset: dict[str, tuple[str, ...]] = {}
    filled: dict[str, Value] = {}
    addresses: dict[str, tuple[str, ...]] = {}
    for name, entry in (provider_entries or {}).items():
        filled[name], missing = _filled(providers_file, ("providers", name), entry, env)
        providers[name] = _provider(providers_file, name, filled[name], missing, name in asked)
        if missing:
            unset[name] = tuple(dict.fromkeys(variable for _, variable in missing))
        addresses |= _without_address(name, entry, filled[name])
    check_kinds(providers_file, filled, kinds)
    check_roles(chains_file, chain_entries, None if provider_entries is None else filled, kinds)

    mistakes = [*chains_file.mistakes, *providers_file.mistakes]
    if mistakes:
        raise ConfigurationError(mistakes)
    return Configuration(
        chains={chain.chain_id: chain for chain in chains if chain is not None},
        providers={name: provider for name, provider in providers.items() if provider is not None},
        unset_variables=unset,
        address_variables=addresses,
    )


def _without_address(name: str, entry: Value, filled: Value) -> dict[str, tuple[str, ...]]:
    """The variables that would give a provider its address, where it has none."""
    if not isinstance(entry, dict) or not isinstance(filled, dict) or filled.get("base_url") != "":
        return {}
    return {name: variables_in(str(entry["base_url"]))}


def _section(file: YamlFile, name: str) -> Value:
    """What stands under the one top-level key of a file; whatever else stands there is a mistake."""
    if not file.readable:
        return None
    if not isinstance(file.values, dict):
        file.add((), f'expected a map with the key "{name}"', f"begin the file with {name}:")
        return None
    for key in file.values:
        if key != name:
            file.add((key,), f'unknown key "{key}"', did_you_mean(key, [name], "key"))
    if name not in file.values:
        file.add((), f'the key "{name}" is missing', f"begin the file with {name}:")
    return file.values.get(name)


def _chain_entries(file: YamlFile, env: Mapping[str, str]) -> list[Value]:
    entries = _section(file, "chains")
    if not isinstance(entries, list) or not entries:
        if isinstance(file.values, dict) and "chains" in file.values and ("chains",) not in file.unusable:
            file.add(("chains",), "expected a list of chains", "write each chain as an item: - chain_id: ...")
        return []
    filled, missing = _filled(file, ("chains",), entries, env)
    for path, variable in missing:
        _report_missing(file, path, variable)
    return filled if isinstance(filled, list) else []


def _provider_entries(file: YamlFile) -> dict[str, Value] | None:
    entries = _section(file, "providers")
    if isinstance(entries, dict) and entries:
        return entries
    if isinstance(file.values, dict) and "providers" in file.values and ("providers",) not in file.unusable:
        file.add(("providers",), "expected a map of providers", "write each provider as a key: name: {...}")
    return None


def _filled(file: YamlFile, path: KeyPath, value: Value, env: Mapping[str, str]) -> tuple[Value, MissingKeys]:
    """The value with variables filled in, and the variables that have no value, with their places."""
    if isinstance(value, str):
        outcome = interpolate(value, env)
        if outcome.malformed:
            file.unusable.add(path)
            file.add(path, "a variable reference is malformed", "write ${NAME} or ${NAME:-default}; $${ means ${")
        return outcome.text, [(path, variable) for variable in outcome.missing]
    missing: MissingKeys = []
    if isinstance(value, list):
        items: list[Value] = []
        for index, item in enumerate(value):
            filled, lacking = _filled(file, (*path, index), item, env)
            items.append(filled)
            missing += lacking
        return items, missing
    if isinstance(value, dict):
        entries: dict[str, Value] = {}
        for key, item in value.items():
            entries[key], lacking = _filled(file, (*path, key), item, env)
            missing += lacking
        return entries, missing
    return value, missing


def _report_missing(file: YamlFile, path: KeyPath, variable: str) -> None:
    file.unusable.add(path)
    remedy = f"set {variable} in the environment, or write ${{{variable}:-default}}"
    file.add(path, f"the environment variable {variable} is not set", remedy)


def _provider(file: YamlFile, name: str, entry: Value, missing: MissingKeys, is_asked: bool) -> Provider | None:
    """The provider; while nobody asks it, unset variables only leave it without the values they would give."""
    base: KeyPath = ("providers", name)
    if not isinstance(entry, dict):
        return _validated(Provider, file, base, entry)
    if "name" in entry:
        file.add((*base, "name"), 'unknown key "name"', f"the name is the key above: {name}")
    fields: dict[str, Value] = {**entry, "name": name}
    left_out: dict[str, str] = {}
    is_needed = is_asked and is_enabled(entry)
    for path, variable in missing:
        key = str(path[len(base)]) if len(path) > len(base) else ""
        if is_needed or key in ("enabled", "kind"):
            _report_missing(file, path, variable)
        elif key == "base_url":
            left_out["base_url"] = str(entry["base_url"])
            fields["base_url"] = _STAND_IN_URL
        else:
            fields.pop(key, None)
    provider = _validated(Provider, file, base, fields)
    return provider.model_copy(update=left_out) if provider and left_out else provider


def _validated(model: type[Model], file: YamlFile, base: KeyPath, entry: Value) -> Model | None:
    try:
        return model.model_validate(entry, context={"folder": Path(file.file).parent})
    except ValidationError as error:
        explain(error, file, base, model, entry)
    return None


def _check_ids(file: YamlFile, entries: list[Value]) -> None:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        chain_id = entry.get("chain_id") if isinstance(entry, dict) else None
        if not isinstance(chain_id, str):
            continue
        if chain_id in seen:
            path: KeyPath = ("chains", index, "chain_id")
            line = file.line(("chains", seen[chain_id]))
            file.add(path, "two chains have this id", f"the first stands on line {line}: rename one of the two")
        else:
            seen[chain_id] = index
