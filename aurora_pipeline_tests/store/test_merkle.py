"""Merkle trees against the text of RFC 6962, written out again, and the vectors of Certificate Transparency.

The functions down to `proven_old_root` are written from RFC 6962, section 2.1, and use nothing of Aurora's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.store import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
G = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
H = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
TWO = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"

hashes_of_leaves = st.lists(st.binary(max_size=4), max_size=70).map(lambda found: [*map(merkle.leaf_hash, found)])


def split(count: int) -> int:
    """The largest power of two smaller than a number."""
    found = 1
    while found * 2 < count:
        found *= 2
    return found


def joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def mth(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return joined(mth(hashes[:k]), mth(hashes[k:]))


def path(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), mth(hashes[k:])]
    return [*path(m - k, hashes[k:]), mth(hashes[:k])]


def proof(m: int, hashes: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    n = len(hashes)
    if m == n:
        return [] if is_whole else [mth(hashes)]
    k = split(n)
    if m <= k:
        return [*proof(m, hashes[:k], is_whole=is_whole), mth(hashes[k:])]
    return [*proof(m - k, hashes[k:], is_whole=False), mth(hashes[:k])]


def proven_root(leaf: bytes, m: int, n: int, hashes: Sequence[bytes]) -> bytes:
    """The root that an inclusion path leads to, by the recursion that made it."""
    if n == 1:
        return leaf
    k, last = split(n), hashes[-1]
    if m < k:
        return joined(proven_root(leaf, m, k, hashes[:-1]), last)
    return joined(last, proven_root(leaf, m - k, n - k, hashes[:-1]))


def proven_roots(m: int, n: int, old_root: bytes, hashes: Sequence[bytes], *, is_whole: bool) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency path leads to, by the recursion that made it."""
    if m == n:
        return (old_root, old_root) if is_whole else (hashes[-1], hashes[-1])
    k, last = split(n), hashes[-1]
    if m <= k:
        old, new = proven_roots(m, k, old_root, hashes[:-1], is_whole=is_whole)
        return old, joined(new, last)
    old, new = proven_roots(m - k, n - k, old_root, hashes[:-1], is_whole=False)
    return joined(last, old), joined(last, new)


def leaf_hashes(count: int) -> list[bytes]:
    return [*map(merkle.leaf_hash, LEAVES[:count])]


def hexes(found: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in found]


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, F]), (2, 3, [TWO]), (1, 5, [G, B, D])],
)
def test_inclusion_paths_are_those_of_certificate_transparency(index: int, size: int, expected: list[str]) -> None:
    found = merkle.inclusion_path(leaf_hashes(size), index)
    assert hexes(found) == expected
    assert merkle.verify_inclusion(leaf_hashes(size)[index], index, size, found, mth(leaf_hashes(size)))


@pytest.mark.parametrize(
    ("old", "size", "expected"), [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [H, E, F]), (2, 5, [B, D])]
)
def test_consistency_paths_are_those_of_certificate_transparency(old: int, size: int, expected: list[str]) -> None:
    found = merkle.consistency_path(leaf_hashes(size), old)
    assert hexes(found) == expected
    assert merkle.verify_consistency(old, mth(leaf_hashes(old)), size, mth(leaf_hashes(size)), found)


def test_every_path_of_small_trees_is_that_of_the_rfc() -> None:
    hashes = [merkle.leaf_hash(bytes([number])) for number in range(33)]
    for size in range(1, 34):
        tree, known = merkle.Tree(hashes[:size]), mth(hashes[:size])
        assert (tree.size, tree.root, merkle.root(hashes[:size])) == (size, known, known)
        for place in range(size):
            found = tree.inclusion_path(place)
            assert found == path(place, hashes[:size])
            assert merkle.verify_inclusion(hashes[place], place, size, found, known)
            old, grown = mth(hashes[: place + 1]), tree.consistency_path(place + 1)
            assert grown == proof(place + 1, hashes[:size])
            assert merkle.verify_consistency(place + 1, old, size, known, grown)
            assert tree.root_at(place + 1) == old
        assert tree.root_at(0) == merkle.EMPTY_ROOT


@given(hashes_of_leaves)
def test_a_root_is_that_of_the_rfc(hashes: list[bytes]) -> None:
    assert merkle.root(hashes) == merkle.Tree(hashes).root == mth(hashes)
    assert merkle.root_above(hashes) == mth(hashes).hex()


@given(st.data(), hashes_of_leaves.filter(bool))
def test_both_checks_of_an_inclusion_agree_on_any_path(data: st.DataObject, hashes: list[bytes]) -> None:
    """A path that was changed, shortened, made longer or asked for another place is refused, unless it is right."""
    index = data.draw(st.integers(0, len(hashes) - 1))
    asked = data.draw(st.integers(-1, len(hashes) + 1))
    size = data.draw(st.integers(0, len(hashes) + 3))
    given_path = data.draw(_mangled(merkle.inclusion_path(hashes, index)))
    root = data.draw(st.sampled_from([mth(hashes), *given_path]))
    expected = 0 <= asked < size and _agrees(lambda: proven_root(hashes[index], asked, size, given_path), root)
    expected = expected and len(given_path) == _height(asked, size)
    assert merkle.verify_inclusion(hashes[index], asked, size, given_path, root) is expected


@given(st.data(), hashes_of_leaves.filter(bool))
def test_both_checks_of_a_consistency_agree_on_any_path(data: st.DataObject, hashes: list[bytes]) -> None:
    right = data.draw(st.integers(1, len(hashes)))
    old_size = data.draw(st.sampled_from([right, max(1, right - 1), right + 1]))
    size = data.draw(st.sampled_from([len(hashes), len(hashes) + 1, len(hashes) - 1]))
    given_path = data.draw(_mangled(merkle.consistency_path(hashes, right)))
    old_root = data.draw(st.sampled_from([mth(hashes[:right]), mth(hashes)]))
    expected = 1 <= old_size <= size and len(given_path) == len(proof(old_size, [b""] * size))
    expected = expected and _agrees(
        lambda: proven_roots(old_size, size, old_root, given_path, is_whole=True), (old_root, mth(hashes))
    )
    assert merkle.verify_consistency(old_size, old_root, size, mth(hashes), given_path) is expected


def _mangled(right: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Paths that are right, or nearly."""
    other = bytes(32)
    wrong = [[*right, other], [other, *right], right[1:], right[:-1], right[::-1], [b"short", *right[1:]]]
    changed = [[*right[:place], other, *right[place + 1 :]] for place in range(len(right))]
    swapped = [[*right[:i], right[j], right[i], *right[j + 1 :]] for i, j in pairwise(range(len(right)))]
    return st.one_of(st.just(right), st.sampled_from([*wrong, *changed, *swapped]))


def _agrees(compute: Any, expected: Any) -> bool:
    try:
        return bool(compute() == expected)
    except IndexError:
        return False  # too short


def _height(index: int, size: int) -> int:
    return len(path(index, [b""] * size))


def test_the_empty_tree_is_the_beginning_of_every_tree() -> None:
    hashes = leaf_hashes(5)
    assert merkle.consistency_path(hashes, 0) == []
    assert merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, mth(hashes), [])
    assert merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, [])
    assert not merkle.verify_consistency(0, mth(hashes), 5, mth(hashes), [])
    assert not merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, mth(hashes), [hashes[0]])
    assert not merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, mth(hashes), [])


def test_a_place_or_size_that_the_tree_does_not_have_has_no_path() -> None:
    hashes = leaf_hashes(3)
    for index in (-1, 3):
        with pytest.raises(IndexError, match="3 leaves"):
            merkle.inclusion_path(hashes, index)
    for size in (-1, 4):
        with pytest.raises(IndexError, match="3 leaves"):
            merkle.consistency_path(hashes, size)
