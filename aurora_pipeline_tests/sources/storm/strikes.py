"""One change of a JSON answer, and what it may do to what is read: nothing, take it away, or tell another figure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random
from typing import Any, Final

from aurora_pipeline_tests.sources.storm.garbling import RAW

Path = tuple[str | int, ...]


class Promise(StrEnum):
    """What a change may do to what is read."""

    SAME = "says the same in other words"
    """Whatever is read is read again, equal; a refusal is a defect."""
    SAME_OR_NONE = "says less, or what cannot be"
    """Each figure is the one of the good answer, or is not told; another one is a defect, 0 above all."""
    ANOTHER = "says another figure that could be"
    """The figure that was changed may be another one, by as much as it was changed; the others are as they were."""


@dataclass(frozen=True)
class Strike:
    """A struck body."""

    how: str
    promise: Promise
    body: bytes
    place: Path = ()
    before: object = None
    after: object = None
    status: int = 200
    """What the server says beside it."""
    also: str = ""
    """Where the second of two changes is."""
    leaves_out: bool = False
    """Whether what is left out is told to be 0."""

    @property
    def wheres(self) -> frozenset[str]:
        """The places with numbers left out."""
        return frozenset({where(self.place), self.also})


@dataclass(frozen=True)
class Sense:
    """What order and names mean in answers to one question, by place (as `where` writes it)."""

    positional: frozenset[str] = frozenset()
    """Lists whose items are told apart by nothing but where they stand: another order is another answer."""
    ordered: frozenset[str] = frozenset()
    """Lists that are refused in another order, because theirs proves that nothing is left out."""
    tables: frozenset[str] = frozenset()
    """Objects whose names are data: one more is one row more."""


@dataclass(frozen=True)
class Ground:
    """What a strike may use beside the body."""

    sense: Sense = field(default_factory=Sense)
    others: Sequence[bytes] = ()
    """Good answers to other questions of the same kind: of other slots, validators or epochs."""


def where(place: Path) -> str:
    """A place as a text, `result.value[].data`."""
    return "".join("[]" if isinstance(name, int) else f".{name}" for name in place).lstrip(".")


def struck_once(body: bytes, random: Random, ground: Ground) -> Strike:
    """The body with one change."""
    while True:
        found = random.choice(_HOWS)(body, random, ground)
        if found is not None and (found.body, found.status) != (body, 200):
            return found


def struck_twice(body: bytes, random: Random, ground: Ground) -> Strike:
    """The body with two things taken away from it, or made what cannot be."""
    first = random.choice(_TAKING)(body, random, ground)
    if first is None:
        return struck_once(body, random, ground)
    second = random.choice(_TAKING)(first.body, random, ground)
    if second is None or second.place == first.place:
        return first
    promise = Promise.ANOTHER if Promise.ANOTHER in (first.promise, second.promise) else Promise.SAME_OR_NONE
    return replace(second, how=f"{first.how}, {second.how}", promise=promise, also=where(first.place))


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every value inside stands."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        yield (*path, name)
        yield from places(item, (*path, name))


def value_at(value: Any, place: Path) -> Any:
    """What stands in a place."""
    for name in place:
        value = value[name]
    return value


_PLACE: Final = "@@here@@"
_NUMBER: Final = re.compile(r"-?[0-9]{1,30}\Z")
_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]{0,15})\Z")
_OTHER_TYPES: Final[Sequence[object]] = (
    "",
    "x" * 70,
    "\0\u202e",
    [],
    {},
    [[]],
    {"a": 1},
    {"\0": "\0"},
    True,
    False,
    0.5,
    -0.5,
    [None],
)
_DEPTHS: Final = (20, 400, 900, 5_000, 100_000)
How = Callable[[bytes, Random, Ground], Strike | None]


def _choose(value: Any, random: Random, fits: Callable[[Path, Any], bool] = lambda place, held: True) -> Path | None:
    """A place that fits; those near the root, and those deep within, equally often."""
    fitting = [place for place in places(value) if fits(place, value_at(value, place))]
    if not fitting:
        return None
    depth = random.choice(sorted({len(place) for place in fitting}))
    return random.choice([place for place in fitting if len(place) == depth])


def _with(value: Any, place: Path, new: object) -> bytes:
    *above, last = place
    value_at(value, tuple(above))[last] = new
    return json.dumps(value).encode()


# What says the same ------------------------------------------------------------------------------------------------


def _spaces(body: bytes, random: Random, ground: Ground) -> Strike:
    text = json.dumps(json.loads(body), indent=random.choice((None, 0, 1, 7, "\t", "\r\n ")))
    return Strike("spaces", Promise.SAME, f"{random.choice(('', ' ', chr(10)))}{text}{chr(10)}".encode())


def _escapes(body: bytes, random: Random, ground: Ground) -> Strike | None:
    plain = json.dumps(json.loads(body))
    if "\\" in plain:
        return None
    letters = iter(plain)
    is_text, written = False, list[str]()
    for letter in letters:
        is_text = is_text is not (letter == '"')
        escape = is_text and letter != '"' and random.random() < 0.3
        written.append(f"\\u{ord(letter):04x}" if escape else letter)
    return Strike("escapes", Promise.SAME, "".join(written).encode())


def _names_moved(body: bytes, random: Random, ground: Ground) -> Strike:
    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            names = list(value)
            random.shuffle(names)
            return {name: moved(value[name]) for name in names}
        return [moved(item) for item in value] if isinstance(value, list) else value

    return Strike("names in another order", Promise.SAME, json.dumps(moved(json.loads(body))).encode())


def _permuted(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    root: dict[str, Any] = {"": value}

    def fits(place: Path, held: Any) -> bool:
        named = where(place[1:])
        return isinstance(held, list) and len(held) > 1 and named not in ground.sense.positional

    place = _choose(root, random, fits)
    if place is None:
        return None
    random.shuffle(value_at(root, place))
    is_ordered = where(place[1:]) in ground.sense.ordered
    promise = Promise.SAME_OR_NONE if is_ordered else Promise.SAME
    return Strike("list in another order", promise, json.dumps(root[""]).encode(), place[1:])


def _unknown_field(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    root = {"": value}

    def fits(place: Path, held: Any) -> bool:
        return isinstance(held, dict) and where(place[1:]) not in ground.sense.tables

    place = _choose(root, random, fits)
    if place is None:
        return None
    new = random.choice((None, 0, 7, "7", True, [], {}, [{"lamports": 5}], {"amount": "5"}))
    value_at(root, place)[random.choice(("zzNewTax", "новое", "amount2", "_"))] = new
    return Strike("unknown field", Promise.SAME, json.dumps(root[""]).encode(), place[1:], None, new)


# What takes something away, or cannot be ---------------------------------------------------------------------------


def _drop(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random)
    if place is None:
        return None
    *above, last = place
    before = value_at(value, place)
    del value_at(value, tuple(above))[last]
    return Strike("dropped", Promise.SAME_OR_NONE, json.dumps(value).encode(), place, before)


def _null(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random)
    if place is None:
        return None
    before = value_at(value, place)
    return Strike("null", Promise.SAME_OR_NONE, _with(value, place, None), place, before)


def _other_type(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random)
    if place is None:
        return None
    before, after = value_at(value, place), random.choice(_OTHER_TYPES)
    # In the place of nothing anything is told anew.
    told = before is None or (isinstance(after, bool) and isinstance(before, bool))
    told = told or (type(after) is float and (type(before) is float or number_of(before) is not None))
    told = told or (isinstance(after, str) and isinstance(before, str) and bool(after))
    promise = Promise.ANOTHER if told else Promise.SAME_OR_NONE
    return Strike("of another type", promise, _with(value, place, deepcopy(after)), place, before, after)


def _cut(body: bytes, random: Random, ground: Ground) -> Strike | None:
    root = {"": json.loads(body)}
    place = _choose(root, random, lambda place, held: isinstance(held, list) and bool(held))
    if place is None:
        return None
    held = value_at(root, place)
    kept = random.choice((0, random.randrange(len(held))))
    before = held[kept:]
    del held[kept:]
    return Strike("list cut off", Promise.SAME_OR_NONE, json.dumps(root[""]).encode(), place[1:], before)


def _doubled(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random, lambda place, held: isinstance(place[-1], int))
    if place is None:
        return None
    *above, last = place
    held = value_at(value, tuple(above))
    assert isinstance(last, int)
    held.insert(random.choice((last, len(held))), deepcopy(held[last]))
    return Strike("row doubled", Promise.SAME_OR_NONE, json.dumps(value).encode(), place, held[last])


def _name_twice(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random, lambda place, held: isinstance(place[-1], str))
    if place is None:
        return None
    *above, last = place
    before = value_at(value, place)
    value_at(value, tuple(above))[_PLACE] = random.choice((before, None, 0, 7, "7"))
    text = json.dumps(value).replace(json.dumps(_PLACE), json.dumps(last), 1)
    return Strike("name twice", Promise.SAME_OR_NONE, text.encode(), place, before)


def _raw(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random)
    if place is None:
        return None
    before, raw = value_at(value, place), random.choice(RAW)
    text = _with(value, place, _PLACE).replace(f'"{_PLACE}"'.encode(), raw.encode(), 1)
    return Strike("what JSON has not", Promise.SAME_OR_NONE, text, place, before, raw[:20])


def _deep(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value, depth = json.loads(body), random.choice(_DEPTHS)
    place = _choose(value, random)
    if place is None:
        return None
    before = value_at(value, place)
    opens, closes = random.choice((("[", "]"), ('{"a":', "}")))
    nested = opens * depth + random.choice(("", "1", "null") if opens == "[" else ("1", "null")) + closes * depth
    text = _with(value, place, _PLACE).replace(f'"{_PLACE}"'.encode(), nested.encode(), 1)
    return Strike(f"nested {depth} deep", Promise.SAME_OR_NONE, text, place, before)


def _bytes(body: bytes, random: Random, ground: Ground) -> Strike:
    at = random.randrange(len(body))
    found = random.choice(
        (body[:at], body[at:], body + body, b"", b"null", b"[]", b"{}", body[:at] + b"\xff" + body[at:], b"\0" + body)
    )
    return Strike("bytes cut off, doubled or garbled", Promise.SAME_OR_NONE, found)


def _wrong_id(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    if not isinstance(value, dict) or "jsonrpc" not in value:
        return None
    name = random.choice(("id", "jsonrpc"))
    wrong: Sequence[object] = (2, "1", None, -1, 2**70, [], {})
    before, after = value[name], random.choice(wrong)
    return Strike("wrong id", Promise.SAME_OR_NONE, _with(value, (name,), after), (name,), before, after)


def _error_beside(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    if not isinstance(value, dict):
        return None
    value["error"] = random.choice(({"code": -32004, "message": "no"}, {"code": 7}, {}, "no", [], {"message": "\0"}))
    return Strike("error beside the result", Promise.SAME_OR_NONE, json.dumps(value).encode(), ("error",))


def _other_status(body: bytes, random: Random, ground: Ground) -> Strike:
    """An error, with a body of its own or with the answer."""
    status = random.choice((404, 404, 404, 204, 400, 401, 403, 404, 405, 410, 422, 429, 500, 501, 503))
    said = random.choice((b"", b"<html>", b"null", b"[]", b'{"code": 404, "message": "not found"}', body))
    return Strike("another status", Promise.SAME_OR_NONE, said, after=status, status=status)


def _other_answer(body: bytes, random: Random, ground: Ground) -> Strike | None:
    if not ground.others:
        return None
    return Strike("answer to another question", Promise.SAME_OR_NONE, random.choice(ground.others))


def _other_epoch(body: bytes, random: Random, ground: Ground) -> Strike | None:
    """An answer about one epoch that says of another."""
    value, by = json.loads(body), random.choice((-1, 1))
    named = [place for place in places(value) if place[-1] == "epoch" and number_of(value_at(value, place)) is not None]
    if len({value_at(value, place) for place in named}) != 1:
        return None
    for place in named:
        held = value_at(value, place)
        other = number_of(held)
        assert other is not None
        _with(value, place, str(other + by) if isinstance(held, str) else other + by)
    return Strike("of another epoch", Promise.SAME_OR_NONE, json.dumps(value).encode())


# What tells another figure -----------------------------------------------------------------------------------------


def _number(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random, lambda place, held: number_of(held) is not None)
    if place is None:
        return None
    before = value_at(value, place)
    was = number_of(before)
    assert was is not None
    new = random.choice((was + 1, was - 1, -was, 0, was * 10, was + 10**9, 2**64, 10**30, 2**63, was // 2))
    if isinstance(before, str):
        after: object = hex(new) if _QUANTITY.match(before) and new >= 0 else str(new)
    else:
        after = new
    return Strike("another number", Promise.ANOTHER, _with(value, place, after), place, before, after)


def _spelled(body: bytes, random: Random, ground: Ground) -> Strike | None:
    """The same number as a text, as a float, with zeros before it: the same, or refused."""
    value = json.loads(body)
    place = _choose(value, random, lambda place, held: number_of(held) is not None)
    if place is None:
        return None
    before = value_at(value, place)
    was = number_of(before)
    raw = random.choice((f'"{was}"', f"{was}.0", f'"{was}.0"', f'"0{was}"', f'" {was}"', f"{was}e0", f'"+{was}"'))
    text = _with(value, place, _PLACE).replace(f'"{_PLACE}"'.encode(), raw.encode(), 1)
    return Strike("number in another spelling", Promise.SAME_OR_NONE, text, place, before, raw)


def _fraction(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random, lambda place, held: type(held) is int)
    if place is None:
        return None
    before = value_at(value, place)
    text = _with(value, place, _PLACE).replace(f'"{_PLACE}"'.encode(), f"{before}.5".encode(), 1)
    return Strike("number with a fraction", Promise.ANOTHER, text, place, before, f"{before}.5")


def _text(body: bytes, random: Random, ground: Ground) -> Strike | None:
    value = json.loads(body)
    place = _choose(value, random, lambda place, held: isinstance(held, str) and number_of(held) is None)
    if place is None:
        return None
    before = value_at(value, place)
    others = [one for one in _texts(value) if one != before] or ["another"]
    after = random.choice(others)
    return Strike("another text", Promise.ANOTHER, _with(value, place, after), place, before, after)


def _texts(value: Any) -> list[str]:
    return sorted({held for place in places(value) if isinstance(held := value_at(value, place), str)})


def number_of(held: object) -> int | None:
    """The whole number that a value is, as a number, a text of digits or a quantity; None where it is none."""
    if type(held) is int:
        return held
    if isinstance(held, str) and _NUMBER.match(held):
        return int(held)
    return int(held, 16) if isinstance(held, str) and _QUANTITY.match(held) else None


_TAKING: Final[Sequence[How]] = (_drop, _null, _other_type, _cut, _doubled)
_HOWS: Final[Sequence[How]] = (
    _spaces,
    _escapes,
    _names_moved,
    _permuted,
    _permuted,
    _unknown_field,
    _unknown_field,
    *_TAKING,
    *_TAKING,
    _raw,
    _raw,
    _name_twice,
    _deep,
    _bytes,
    _bytes,
    _wrong_id,
    _error_beside,
    _other_answer,
    _other_answer,
    _other_epoch,
    _other_status,
    _other_status,
    _number,
    _number,
    _number,
    _spelled,
    _fraction,
    _text,
)
