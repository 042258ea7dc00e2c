"""The rules between the two files: every role of an enabled chain has an enabled provider that can fill it.

They work on the values as read, not on the models, so that a mistake elsewhere in an entry does not hide these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aurora_pipeline.config.environment import EnvironmentText
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.config.yaml_file import KeyPath, Value, YamlFile, plain_value

RoleEntry = Mapping[str, Value]
Kinds = Mapping[str, frozenset[str]]


def is_enabled(entry: Value) -> bool:
    """Whether an entry as read says `enabled: true`."""
    if not isinstance(entry, Mapping):
        return False
    return _enabled_value(entry) is True


def providers_named(chains: list[Value]) -> frozenset[str]:
    """The names of all providers that the roles of enabled chains mention."""
    return frozenset(name for chain in chains if is_enabled(chain) for _, name in _mentions(chain, ()))


def check_kinds(file: YamlFile, providers: Mapping[str, Value], kinds: Kinds) -> None:
    """Report enabled providers whose kind no adapter has. A disabled one may wait for its adapter."""
    for name, entry in providers.items():
        kind = entry.get("kind") if isinstance(entry, Mapping) and is_enabled(entry) else None
        if isinstance(kind, str) and kind not in kinds and ("providers", name) not in file.unusable:
            remedy = did_you_mean(kind, kinds, "kind")
            file.add(("providers", name, "kind"), f"no adapter is of kind {_quoted(kind)}", remedy)


def check_roles(file: YamlFile, chains: list[Value], providers: Mapping[str, Value] | None, kinds: Kinds) -> None:
    """Report what the roles of enabled chains lack. Without readable providers only missing roles can be told."""
    for index, chain in enumerate(chains):
        if not (isinstance(chain, Mapping) and is_enabled(chain)):
            continue
        roles = chain.get("roles")
        if not isinstance(roles, Mapping):
            continue
        base = ("chains", index, "roles")
        if roles and not any(roles.values()):
            file.add(base, "no role has a provider", "name a provider of providers.yaml for one of them at least")
        for role in ROLES:
            if role not in roles:
                remedy = f"add {role}: [provider, fallback, ...], or {role}: [] where nobody is to tell it"
                file.add(base, f'no provider is named for the role "{role}"', remedy)
            elif isinstance(names := roles[role], list):
                _check_role(file, (*base, str(role)), names, providers, kinds)
        _check_cross_checks(file, ("chains", index, "cross_checks"), chain, providers, kinds)
        _check_periods(file, ("chains", index, "periods"), chain.get("periods"), providers)


def _check_role(
    file: YamlFile, path: KeyPath, names: list[Value], providers: Mapping[str, Value] | None, kinds: Kinds
) -> None:
    role = str(path[-1])
    if not names:
        # Said so, nobody tells it: its figures are unavailable. Left out, it would be a slip.
        return
    texts = [(index, name) for index, name in enumerate(names) if isinstance(name, str)]
    if providers is None or any((*path, index) in file.unusable for index, _ in texts):
        return
    for index, name in texts:
        if name not in providers:
            remedy = did_you_mean(name, providers, "provider")
            file.add((*path, index), f"there is no provider {_quoted(name)} in providers.yaml", remedy)
        elif is_enabled(providers[name]):
            _check_serves(file, (*path, index), role, name, providers[name], kinds)
    known = [name for _, name in texts if name in providers]
    if len(known) == len(names) and all(_is_disabled(providers[name]) for name in known):
        remedy = f"enable {' or '.join(known)} in providers.yaml, name another one, or disable the chain"
        file.add(path, "none of its providers is enabled", remedy)


def _check_cross_checks(
    file: YamlFile, base: KeyPath, chain: RoleEntry, providers: Mapping[str, Value] | None, kinds: Kinds
) -> None:
    """Report cross-checkers that do not exist, cannot tell, or would be compared with themselves."""
    checks, roles = chain.get("cross_checks"), chain.get("roles")
    for role, names in checks.items() if isinstance(checks, Mapping) and providers is not None else ():
        for index, name in enumerate(names if isinstance(names, list) else ()):
            path = (*base, role, index)
            if role not in ROLES or not isinstance(name, str) or path in file.unusable or providers is None:
                continue
            asked = roles.get(role) if isinstance(roles, Mapping) else None
            if name not in providers:
                remedy = did_you_mean(name, providers, "provider")
                file.add(path, f"there is no provider {_quoted(name)} in providers.yaml", remedy)
            elif isinstance(asked, list) and asked[:1] == [name]:
                file.add(path, f"{_quoted(name)} would be compared with itself", "name another provider, or none")
            elif is_enabled(providers[name]):
                _check_serves(file, path, str(role), name, providers[name], kinds)


def _check_periods(file: YamlFile, base: KeyPath, names: Value, providers: Mapping[str, Value] | None) -> None:
    """Report tellers of periods that do not exist, or have no file of them."""
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str) or (*base, index) in file.unusable or providers is None:
            continue
        entry = providers.get(name)
        if name not in providers:
            remedy = did_you_mean(name, providers, "provider")
            file.add((*base, index), f"there is no provider {_quoted(name)} in providers.yaml", remedy)
        elif is_enabled(entry) and isinstance(entry, Mapping):
            _check_tells_periods(file, (*base, index), name, entry)


def _check_tells_periods(file: YamlFile, path: KeyPath, name: str, entry: RoleEntry) -> None:
    if entry.get("kind") != FILE_KIND:
        remedy = f"name a provider of kind {FILE_KIND}; nodes are asked without being named here"
        file.add(path, f"provider {_quoted(name)} has no files", remedy)
        return
    tables = entry.get("files")
    tells = isinstance(tables, list) and any(
        isinstance(table, Mapping) and table.get("data_type") == DataType.PERIOD for table in tables
    )
    if not tells:
        remedy = f"add one with data_type: {DataType.PERIOD} to its files"
        file.add(path, f"provider {_quoted(name)} has no file of {DataType.PERIOD}", remedy)


def _check_serves(file: YamlFile, path: KeyPath, role: str, name: str, entry: Value, kinds: Kinds) -> None:
    kind = entry.get("kind") if isinstance(entry, Mapping) else None
    if not isinstance(kind, str) or kind not in kinds:
        return
    if role in kinds[kind]:
        tables = entry.get("files") if isinstance(entry, Mapping) and kind == FILE_KIND else None
        if isinstance(tables, list) and not any(isinstance(t, Mapping) and t.get("data_type") == role for t in tables):
            file.add(path, f'provider "{name}" has no file for {role}', f"add one with data_type: {role} to its files")
        return
    serving = sorted(other for other, served in kinds.items() if role in served)
    remedy = f"name a provider of kind {' or '.join(serving)}" if serving else "no adapter serves this role yet"
    served = ", ".join(sorted(kinds[kind])) or "nothing"
    file.add(path, f'provider "{name}" (kind {kind}) serves {served}, not {role}', remedy)


def _quoted(text: str) -> str:
    return "(from the environment)" if isinstance(text, EnvironmentText) else f'"{text}"'


def _is_disabled(entry: Value) -> bool:
    # An entry that is itself a mistake is reported where it stands, not once more for each role that names it.
    return isinstance(entry, Mapping) and _enabled_value(entry) is False


def _enabled_value(entry: RoleEntry) -> Value:
    enabled = entry.get("enabled")
    return plain_value(enabled) if isinstance(enabled, EnvironmentText) else enabled


def _mentions(chain: Value, base: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    for key in ("roles", "cross_checks"):
        roles = chain.get(key) if isinstance(chain, Mapping) else None
        for role, names in roles.items() if isinstance(roles, Mapping) else ():
            for index, name in enumerate(names if isinstance(names, list) else ()):
                if isinstance(name, str):
                    yield (*base, key, role, index), str(name)
    tellers = chain.get("periods") if isinstance(chain, Mapping) else None
    for index, name in enumerate(tellers if isinstance(tellers, list) else ()):
        if isinstance(name, str):
            yield (*base, "periods", index), str(name)
