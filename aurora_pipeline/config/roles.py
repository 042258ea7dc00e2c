"""The rules between the two files: every role of an enabled chain has an enabled provider that can fill it.

They work on the values as read, not on the models, so that a mistake elsewhere in an entry does not hide these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aurora_pipeline.config.environment import EnvironmentText
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.vocabulary import ROLES
from aurora_pipeline.config.yaml_file import KeyPath, Value, YamlFile, plain_value

Entry = Mapping[str, Value]
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
        for role in ROLES:
            if role not in roles:
                remedy = f"add {role}: [provider, fallback, ...], or set enabled: false for the chain"
                file.add(base, f'no provider is named for the role "{role}"', remedy)
            elif isinstance(names := roles[role], list):
                _check_role(file, (*base, str(role)), names, providers, kinds)


def _check_role(
    file: YamlFile, path: KeyPath, names: list[Value], providers: Mapping[str, Value] | None, kinds: Kinds
) -> None:
    role = str(path[-1])
    if not names:
        file.add(path, "the list of providers is empty", "name at least one provider of providers.yaml")
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


def _check_serves(file: YamlFile, path: KeyPath, role: str, name: str, entry: Value, kinds: Kinds) -> None:
    kind = entry.get("kind") if isinstance(entry, Mapping) else None
    if not isinstance(kind, str) or kind not in kinds or role in kinds[kind]:
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


def _enabled_value(entry: Entry) -> Value:
    enabled = entry.get("enabled")
    return plain_value(enabled) if isinstance(enabled, EnvironmentText) else enabled


def _mentions(chain: Value, base: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    roles = chain.get("roles") if isinstance(chain, Mapping) else None
    for role, names in roles.items() if isinstance(roles, Mapping) else ():
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                yield (*base, "roles", role, index), str(name)
