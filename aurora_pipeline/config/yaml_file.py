"""Read one YAML file into plain values that remember their lines.

Stricter than PyYAML on purpose. A key that is given twice, an alias or a tag is a mistake, and no silent surprise.
Only `true` and `false` are booleans, not `no` and `on`. Only decimal digits are numbers, not `0o17` and `1:30`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import yaml

from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.foundation.mistakes import Mistake

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
KeyPath: TypeAlias = tuple[str | int, ...]

_FILE_BYTES_MAX: Final = 1_000_000
"""Less than other files may have: its parser takes seconds for each of these."""
_STANDARD_TAG = "tag:yaml.org,2002:"
_TEXT, _NULL, _BOOL, _INT, _FLOAT = (_STANDARD_TAG + name for name in ("str", "null", "bool", "int", "float"))
_IMPLICIT: Final = (
    (_NULL, re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    (_BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")),
    (_INT, re.compile(r"[-+]?(?:0|[1-9][0-9]{0,39})\Z"), list("-+0123456789")),
    (
        _FLOAT,
        re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{1,40}(?:[eE][-+]?[0-9]{1,3})?|[eE][-+]?[0-9]{1,3})\Z"),
        list("-+0123456789"),
    ),
)


class _AliasRefused(yaml.MarkedYAMLError):
    """An alias (`*name`) was used."""


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with the scalar rules above and without aliases."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it untyped
            raise _AliasRefused(problem="an alias is used", problem_mark=mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


for _tag, _pattern, _first in _IMPLICIT:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


class Found(NamedTuple):
    """A mistake before the whole file is known; `YamlFile.mistakes` gives its place the name for people."""

    path: KeyPath
    line: int | None
    message: str
    remedy: str


@dataclass
class YamlFile:
    """A file's values, the line of every key and list item, and the mistakes found in it so far."""

    file: str
    values: Value = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    unusable: set[KeyPath] = field(default_factory=set)
    """Places whose value could not be made out and was reported; what follows from that is not reported again."""

    @property
    def readable(self) -> bool:
        """Whether there are values at all; without them nothing else can be said about the file."""
        return bool(self.lines)

    @property
    def mistakes(self) -> list[Mistake]:
        """All mistakes, as they are shown."""
        return [Mistake(self.file, one.line, self.shown_path(one.path), one.message, one.remedy) for one in self.found]

    def line(self, path: KeyPath) -> int | None:
        """The line of the value at `path`, or of the nearest thing that holds it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return None

    def shown_path(self, path: KeyPath) -> str:
        """`chains[solana-mainnet].roles.mev[1]`: list items by their chain_id where they have one."""
        shown = ""
        value = self.values
        for step in path:
            try:
                value = value[step]  # type: ignore[index]  # a step that does not fit is caught below
            except (KeyError, IndexError, TypeError):
                value = None
            if isinstance(step, int):
                name = value.get("chain_id") if isinstance(value, dict) else None
                shown += f"[{name if isinstance(name, str) else step}]"
            else:
                shown += f".{step}" if shown else step
        return shown

    def add(self, path: KeyPath, message: str, remedy: str, line: int | None = None) -> None:
        """Record a mistake at a key path."""
        self.found.append(Found(path, self.line(path) if line is None else line, message, remedy))


def read_yaml(path: Path) -> YamlFile:
    """Read a file; whatever is wrong with it is in `mistakes`, never raised."""
    result = YamlFile(str(path))
    text = _read_text(path, result)
    if text is None:
        return result
    try:
        root = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        _explain_syntax(error, text, result)
        return result
    except RecursionError:
        result.add((), "the file is nested too deeply", "write it like the example in docs/configuration.md")
        return result
    if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == _NULL):
        result.add((), "the file is empty", "docs/configuration.md has every key, docs/files.md an example")
        return result
    result.lines[()] = root.start_mark.line + 1
    result.values = _construct(root, (), result)
    return result


def _read_text(path: Path, result: YamlFile) -> str | None:
    try:
        return read_given(path, _FILE_BYTES_MAX).decode("utf-8-sig")
    except TooMuch as problem:
        result.add((), f"the file {problem}", "name a configuration file")
    except FileNotFoundError:
        result.add(
            (),
            "the file does not exist",
            "name one that is there; `aurora init DIR` writes a folder with all that is needed",
        )
    except OSError as error:
        result.add((), f"the file cannot be read: {error.strerror}", "name a readable file")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        result.add((), "the file is not UTF-8 text", "save it as UTF-8", line)
    return None


def _explain_syntax(error: yaml.YAMLError, text: str, result: YamlFile) -> None:
    # str(error) quotes a piece of the file, which may be a key: only the parser's own words are repeated.
    if isinstance(error, _AliasRefused):
        line = error.problem_mark.line + 1 if error.problem_mark else None
        result.add((), "aliases (*name) are not supported", "write the value out, so that it has one place", line)
        return
    if not isinstance(error, yaml.MarkedYAMLError):
        result.add((), "the file holds characters that YAML does not allow", "save it as plain UTF-8 text")
        return
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else None
    words = error.problem if isinstance(error.problem, str) else "it cannot be parsed"
    source = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\t" in source[: len(source) - len(source.lstrip())] or "'\\t'" in words:
        remedy = "YAML is indented with spaces: replace the tab"
    else:
        remedy = "check indentation, colons and quotes on this line and the one above"
    result.add((), f"this is not valid YAML: {words}", remedy, line)


def _construct(node: yaml.Node, path: KeyPath, result: YamlFile) -> Value:
    if isinstance(node, yaml.MappingNode) and node.tag == _STANDARD_TAG + "map":
        return _construct_map(node, path, result)
    if isinstance(node, yaml.SequenceNode) and node.tag == _STANDARD_TAG + "seq":
        items: list[Value] = []
        for index, item in enumerate(node.value):
            result.lines[(*path, index)] = item.start_mark.line + 1
            items.append(_construct(item, (*path, index), result))
        return items
    if isinstance(node, yaml.ScalarNode) and node.tag in (_TEXT, _NULL, _BOOL, _INT, _FLOAT):
        # A tag that was written out (!!int x) may not fit its text; then it stays text and fails where it is used.
        return plain_value(node.value) if node.tag != _TEXT else str(node.value)
    result.unusable.add(path)
    result.add(path, "YAML tags (!name) are not supported", "write a plain value", node.start_mark.line + 1)
    return None


def _construct_map(node: yaml.MappingNode, path: KeyPath, result: YamlFile) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            result.add(path, "a key must be a single word", "check indentation and brackets", line)
            continue
        key = str(key_node.value)
        if key in values:
            first = result.lines[(*path, key)]
            remedy = f"it stands on line {first} already: keep one of the two"
            result.add((*path, key), "the key is given twice", remedy, line)
            continue
        result.lines[(*path, key)] = line
        values[key] = _construct(value_node, (*path, key), result)
    return values


def plain_value(text: str) -> bool | int | float | str | None:
    """What an unquoted scalar means under this file's rules."""
    for tag, pattern, _ in _IMPLICIT:
        if pattern.match(text):
            if tag == _NULL:
                return None
            if tag == _BOOL:
                return text.lower() == "true"
            return int(text) if tag == _INT else float(text)
    return text
