"""A Merkle tree over a list of leaves, hashed as RFC 6962 section 2.1 says, with its proofs.

Whoever holds the root of the first n leaves can tell later whether the list still begins with the
same n leaves (a consistency proof), and whether one leaf was among them (an inclusion proof),
without seeing the others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_LEAF, _NODE = b"\x00", b"\x01"
Subtree = Callable[[int, int], bytes]  # the hash over leaves first..last (not inside)


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of one leaf."""
    return sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return sha256(_NODE + left + right).digest()


class Frontier:
    """The full subtrees at the right edge: all that must be kept to add leaves and tell the root.

    `hashes` are those of the subtrees from the largest to the smallest; their sizes are the powers
    of two that make up `size`.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Raises ValueError unless there are as many hashes as `size` has powers of two."""
        if len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} full subtrees")
        self.size = size
        self.hashes = list(hashes)

    def add(self, leaf: bytes) -> None:
        """Add a leaf that is already hashed."""
        size, hashes = self.size, self.hashes
        while size & 1:  # two full subtrees of one size become one
            leaf = sha256(_NODE + hashes.pop() + leaf).digest()
            size >>= 1
        hashes.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves that are already hashed."""
        for leaf in leaves:
            self.add(leaf)

    @property
    def root(self) -> bytes:
        """The hash of the whole tree."""
        if not self.hashes:
            return EMPTY_ROOT
        *others, root = self.hashes
        for left in reversed(others):
            root = node_hash(left, root)
        return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves that are already hashed."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """Return what hashes any range of a list of leaves that are already hashed."""
    return lambda first, last: root_of(leaves[first:last])


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return the path of the leaf `index` (from 0) in the tree of `size` leaves.

    Raises IndexError if there is no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(index)
    return _path(index, 0, size, subtree)


def _path(index: int, first: int, last: int, subtree: Subtree) -> list[bytes]:
    if last - first == 1:
        return []
    middle = first + _split(last - first)
    if index < middle:
        return [*_path(index, first, middle, subtree), subtree(middle, last)]
    return [*_path(index, middle, last, subtree), subtree(first, middle)]


def root_by_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a proof of a hashed leaf leads to; None if it is no proof of that shape.

    The leaf was included exactly if this is the root of the tree [RFC 9162, 2.1.3.2].
    """
    if not 0 <= index < size:
        return None
    node, last, root = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(each, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, each)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def consistency_proof(earlier: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return what shows that the tree of `size` leaves begins with that of `earlier` leaves.

    Raises IndexError unless 0 < earlier <= size.
    """
    if not 0 < earlier <= size:
        raise IndexError(earlier)
    return _common(earlier, 0, size, subtree, whole=True)


def _common(earlier: int, first: int, last: int, subtree: Subtree, *, whole: bool) -> list[bytes]:
    if earlier == last - first:
        return [] if whole else [subtree(first, last)]
    half = _split(last - first)
    if earlier <= half:
        known = _common(earlier, first, first + half, subtree, whole=whole)
        return [*known, subtree(first + half, last)]
    known = _common(earlier - half, first + half, last, subtree, whole=False)
    return [*known, subtree(first, first + half)]


def is_consistent(
    earlier: int, size: int, earlier_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether the proof shows that one tree begins with the other [RFC 9162, 2.1.4.2]."""
    if earlier == size:
        return earlier_root == root and not proof
    if not 0 < earlier < size:
        return False
    path = list(proof)
    if not earlier & (earlier - 1):  # a full tree: its root is the first node of the path
        path.insert(0, earlier_root)
    if not path:
        return False
    node, last = earlier - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, each)
        node, last = node >> 1, last >> 1
    return (before, after, last) == (earlier_root, root, 0)


def _split(size: int) -> int:
    """Return the largest power of two below `size` (which is above one)."""
    return 1 << (size - 1).bit_length() - 1


def shared_proof(indexes: Sequence[int], size: int, subtree: Subtree) -> list[bytes]:
    """Return what shows that all these leaves (in order, from 0) are in the tree of `size` leaves.

    One proof for all: no node stands in it twice, nor one that follows from the leaves. Raises
    IndexError if there is no such leaf.
    """
    if not indexes or indexes[0] < 0 or indexes[-1] >= size:
        raise IndexError(indexes)
    nodes: list[bytes] = []
    _share(indexes, 0, size, lambda first, last: nodes.append(subtree(first, last)))
    return nodes


def _share(
    indexes: Sequence[int], first: int, last: int, aside: Callable[[int, int], None]
) -> None:
    if not indexes:
        aside(first, last)
    elif last - first > 1:
        middle = first + _split(last - first)
        at = bisect_left(indexes, middle)
        _share(indexes[:at], first, middle, aside)
        _share(indexes[at:], middle, last, aside)


def root_by_shared(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that a shared proof of hashed leaves leads to; None if it has another shape.

    The leaves were included, at these places, exactly if this is the root of the tree.
    """
    indexes = sorted(leaves)
    if not indexes or indexes[0] < 0 or indexes[-1] >= size:
        return None
    nodes = iter(proof)
    try:
        root = _shared_root(leaves, indexes, (0, size), nodes)
    except StopIteration:
        return None
    return root if next(nodes, None) is None else None


def _shared_root(
    leaves: Mapping[int, bytes],
    indexes: Sequence[int],
    span: tuple[int, int],
    nodes: Iterator[bytes],
) -> bytes:
    first, last = span
    if not indexes:
        return next(nodes)
    if last - first == 1:
        return leaves[first]
    middle = first + _split(last - first)
    at = bisect_left(indexes, middle)
    left = _shared_root(leaves, indexes[:at], (first, middle), nodes)
    return node_hash(left, _shared_root(leaves, indexes[at:], (middle, last), nodes))
