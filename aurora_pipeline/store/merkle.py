"""Merkle trees of RFC 6962: roots, inclusion and consistency paths, and checks of both.

Pure functions over bytes. A path is a list of hashes, from the leaves up, as RFC 6962 and RFC 9162 define it.
docs/digests.md describes the tree with test vectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of no leaves."""

HASH_SIZE: Final = 32


def leaf_hash(leaf: bytes) -> bytes:
    """What stands for a leaf in the tree."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """What stands for two neighbours one level up."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(leaves: Iterable[bytes]) -> str:
    """The tree's root (hex) over some leaves in order; of no leaves, SHA-256 of nothing."""
    return root_above(map(leaf_hash, leaves))


def root_above(hashes: Iterable[bytes]) -> str:
    """As `merkle_root`, where of the leaves only their hashes were kept."""
    return root(list(hashes)).hex()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of leaves, or over the roots of full subtrees of one size and a last, smaller one."""
    if not hashes:
        return EMPTY_ROOT
    level = hashes
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The level above: pairing neighbours and carrying an odd last node up is a split at the largest power of two."""
    sha256 = hashlib.sha256
    pairs = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
    return pairs if len(level) % 2 == 0 else [*pairs, level[-1]]


class Tree:
    """A tree whose levels are kept: many paths cost the hashes of one root."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._levels: list[Sequence[bytes]] = [hashes]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        """The hash over all leaves."""
        return self._levels[-1][0] if self.size else EMPTY_ROOT

    def root_at(self, size: int) -> bytes:
        """The root of the tree when it had so many leaves."""
        found: bytes | None = None
        end = size
        for level, nodes in enumerate(self._levels):  # the full subtrees that end where that tree ended
            if size >> level & 1:
                end -= 1 << level
                subtree = nodes[end >> level]
                found = subtree if found is None else node_hash(subtree, found)
        return EMPTY_ROOT if found is None else found

    def inclusion_path(self, index: int) -> list[bytes]:
        """What proves that the leaf at a place (from 0) is under the root."""
        if not 0 <= index < self.size:
            raise IndexError(f"the tree has {self.size} leaves, so none at place {index}")
        return self._siblings(index, 0)

    def consistency_path(self, old_size: int) -> list[bytes]:
        """What proves that the first so many leaves were the whole tree once, and are unchanged in this one."""
        if not 0 <= old_size <= self.size:
            raise IndexError(f"the tree has {self.size} leaves: it never had {old_size}")
        if old_size in {0, self.size}:
            return []
        node, level = old_size - 1, 0
        while node % 2:  # the largest full subtree that ends where the old tree ended
            node, level = node // 2, level + 1
        first = [self._levels[level][node]] if node else []  # else it is the old root, which the reader has
        return [*first, *self._siblings(node, level)]

    def _siblings(self, node: int, level: int) -> list[bytes]:
        """The neighbour of a node and of each node above it; one that was carried up has none."""
        found: list[bytes] = []
        for nodes in self._levels[level:-1]:
            if node ^ 1 < len(nodes):
                found.append(nodes[node ^ 1])
            node //= 2
        return found


def inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The path from one leaf to the root over some hashes of leaves; of many leaves, ask one `Tree`."""
    return Tree(hashes).inclusion_path(index)


def consistency_path(hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """The proof that a tree grew out of its first `old_size` leaves."""
    return Tree(hashes).consistency_path(old_size)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from a leaf's hash, at its place in a tree of a size, to the root."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *path):
        return False
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False  # longer than the tree is high
        if node % 2 or node == last:
            found = node_hash(sibling, found)
            node, last = _where_right_child(node, last)
        else:
            found = node_hash(found, sibling)
        node, last = node // 2, last // 2
    return last == 0 and found == root


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree of the old size and root is the beginning of the newer one."""
    if not 0 <= old_size <= size or not _are_hashes(old_root, root, *path):
        return False
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT and (size > 0 or root == EMPTY_ROOT)
    if old_size == size:
        return not path and old_root == root
    hashes = list(path) if old_size & (old_size - 1) else [old_root, *path]  # a power of two is one full subtree
    if not hashes:
        return False
    node, last = old_size - 1, size - 1
    while node % 2:
        node, last = node // 2, last // 2
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            node, last = _where_right_child(node, last)
        else:
            new = node_hash(new, sibling)
        node, last = node // 2, last // 2
    return last == 0 and old == old_root and new == root


def _where_right_child(node: int, last: int) -> tuple[int, int]:
    """The node at the level to which it was carried up, where it is a right child (or the first of all)."""
    while node and not node % 2:
        node, last = node // 2, last // 2
    return node, last


def _are_hashes(*hashes: bytes) -> bool:
    return all(len(one) == HASH_SIZE for one in hashes)
