"""Merkle trees over entry hashes, as RFC 6962 section 2.1 (and RFC 9162 section 2.1) define them.

A leaf is SHA-256(0x00 || entry hash), a node SHA-256(0x01 || left || right); hashes are raw 32 bytes here. A tree of n
leaves has its largest power of two below n on the left. Proofs are lists of hashes, from the leaf upwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows leaf by leaf in O(log n) memory: the roots of its perfect subtrees, left to right."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[tuple[int, bytes]] = []

    def copy(self) -> Frontier:
        """Another one of the same leaves."""
        other = Frontier()
        other.size, other._roots = self.size, list(self._roots)
        return other

    def add(self, leaf: bytes) -> None:
        """Append one leaf."""
        level, digest = 0, leaf_hash(leaf)
        while self._roots and self._roots[-1][0] == level:
            digest = node_hash(self._roots.pop()[1], digest)
            level += 1
        self._roots.append((level, digest))
        self.size += 1

    def root(self) -> bytes:
        """The tree's hash; of an empty tree that of no bytes (RFC 6962, 2.1)."""
        if not self._roots:
            return hashlib.sha256(b"").digest()
        digest = self._roots[-1][1]
        for _, left in reversed(self._roots[:-1]):
            digest = node_hash(left, digest)
        return digest


class Tree:
    """All levels of a tree of known leaves, for proofs: O(n) memory, O(log n) per proof, O(1) per leaf to grow.

    Args:
        leaves: The first leaves' data in order.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._levels: list[list[bytes]] = [[]]
        for data in leaves:
            self.add(data)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0])

    def add(self, leaf: bytes) -> None:
        """Append one leaf; proofs for the sizes before stay what they were."""
        # Only perfect subtrees are kept; what is left over at the right is folded when it is asked for.
        level, digest = 0, leaf_hash(leaf)
        while True:
            self._levels[level].append(digest)
            if len(self._levels[level]) % 2:
                return
            digest = node_hash(*self._levels[level][-2:])
            level += 1
            if level == len(self._levels):
                self._levels.append([])

    def root(self, size: int | None = None) -> bytes:
        """The hash of the tree of the first ``size`` leaves.

        Raises:
            ValueError: There are not so many leaves.
        """
        size = self.size if size is None else size
        if not 0 <= size <= self.size:
            raise ValueError(f"the tree has {self.size} leaves, not {size}")
        return self._hash(0, size) if size else hashlib.sha256(b"").digest()

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1).

        Raises:
            ValueError: There is no such leaf or tree.
        """
        if not 0 <= index < size <= self.size:
            raise ValueError(f"leaf {index} is in no tree of {size} leaves; {self.size} are known")
        path: list[bytes] = []
        low, high = 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._hash(middle, high))
                high = middle
            else:
                path.append(self._hash(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The proof that the tree of ``old`` leaves is a prefix of that of ``size`` leaves (RFC 6962, 2.1.2).

        Raises:
            ValueError: The sizes are not 0 < old <= size <= known leaves.
        """
        if not 0 < old <= size <= self.size:
            raise ValueError(f"no tree of {old} leaves comes before one of {size}; {self.size} are known")
        return self._subproof(old, 0, size, whole=True)

    def _subproof(self, old: int, low: int, high: int, *, whole: bool) -> list[bytes]:
        if old == high - low:
            return [] if whole else [self._hash(low, high)]
        split = _split(high - low)
        if old <= split:
            return [*self._subproof(old, low, low + split, whole=whole), self._hash(low + split, high)]
        return [*self._subproof(old - split, low + split, high, whole=False), self._hash(low, low + split)]

    def _hash(self, low: int, high: int) -> bytes:
        width = high - low
        level = width.bit_length() - 1
        if width == 1 << level and low % width == 0:
            return self._levels[level][low >> level]
        split = _split(width)
        return node_hash(self._hash(low, low + split), self._hash(low + split, high))


def _split(width: int) -> int:
    """The largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def root_of_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that an audit path leads to (RFC 9162, 2.1.3.2); None where it has another length than it must."""
    if not 0 <= index < size:
        return None
    node, last, digest = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            digest = node_hash(sibling, digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        node, last = node >> 1, last >> 1
    return digest if last == 0 else None


def consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a consistency proof holds between two tree hashes (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return old_root == root and not path
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == root
