"""The tree is that of RFC 6962, its proofs prove, and nothing altered passes."""

from __future__ import annotations

from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_by_inclusion,
    root_by_shared,
    root_of,
    shared_proof,
    subtree_of,
)

# The leaves and roots of the test vectors that Certificate Transparency's own code is tested with.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
HASHED = [leaf_hash(leaf) for leaf in LEAVES]


def hashed(count: int) -> list[bytes]:
    return [leaf_hash(str(each).encode()) for each in range(count)]


@pytest.mark.parametrize("size", range(1, len(ROOTS) + 1))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of(HASHED[:size]).hex() == ROOTS[size - 1]


def test_nothing_has_a_root_too() -> None:
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest()


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_tree_goes_on_from_what_was_kept_of_it(before: int, more: int) -> None:
    leaves = hashed(before + more)
    kept = Frontier()
    kept.extend(leaves[:before])
    again = Frontier(kept.size, kept.hashes)
    again.extend(leaves[before:])
    assert again.root == root_of(leaves)
    assert again.size == before + more


def test_what_was_kept_must_fit_its_size() -> None:
    with pytest.raises(ValueError, match="2 full subtrees"):
        Frontier(3, [b"x"])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 70])
def test_every_leaf_is_proved_and_no_other_is(size: int) -> None:
    leaves = hashed(size)
    root = root_of(leaves)
    for index in range(size):
        proof = inclusion_proof(index, size, subtree_of(leaves))
        assert len(proof) <= size.bit_length()
        assert root_by_inclusion(leaves[index], index, size, proof) == root
        assert root_by_inclusion(leaf_hash(b"another"), index, size, proof) != root
        for at in range(len(proof)):
            bent = [*proof[:at], sha256(proof[at]).digest(), *proof[at + 1 :]]
            assert root_by_inclusion(leaves[index], index, size, bent) != root
        assert root_by_inclusion(leaves[index], index, size, [*proof, root]) is None


def test_a_proof_of_a_leaf_that_is_not_there_cannot_be_made() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(3, 3, subtree_of(hashed(3)))
    assert root_by_inclusion(hashed(1)[0], 3, 3, []) is None


def test_each_tree_begins_with_every_smaller_one() -> None:
    leaves = hashed(34)
    for size, earlier in product(range(1, 35), range(1, 35)):
        if earlier > size:
            continue
        proof = consistency_proof(earlier, size, subtree_of(leaves[:size]))
        before, after = root_of(leaves[:earlier]), root_of(leaves[:size])
        assert is_consistent(earlier, size, before, after, proof)
        if earlier < size:
            other = root_of([*leaves[: earlier - 1], leaf_hash(b"altered")])
            assert not is_consistent(earlier, size, other, after, proof)
            assert not is_consistent(earlier, size, before, sha256(after).digest(), proof)
            assert not is_consistent(earlier, size, before, after, [*proof, after])
            assert not is_consistent(earlier, size, before, after, proof[:-1])


def test_no_tree_begins_with_a_larger_one() -> None:
    with pytest.raises(IndexError):
        consistency_proof(5, 4, subtree_of(hashed(4)))
    assert not is_consistent(5, 4, b"", b"", [])
    assert not is_consistent(1, 4, b"", b"", [])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_a_shared_proof_leads_any_leaves_to_the_root(size: int) -> None:
    leaves = [leaf_hash(bytes([each])) for each in range(size)]
    subtree = subtree_of(leaves)
    for chosen in range(1, 2**size):
        indexes = [each for each in range(size) if chosen >> each & 1]
        proof = shared_proof(indexes, size, subtree)
        known = {each: leaves[each] for each in indexes}
        assert root_by_shared(known, size, proof) == root_of(leaves)
        alone = sum(len(inclusion_proof(each, size, subtree)) for each in indexes)
        assert len(proof) <= alone
    with pytest.raises(IndexError):
        shared_proof([size], size, subtree)
    with pytest.raises(IndexError):
        shared_proof([], size, subtree)
    assert root_by_shared({}, size, ()) is None
    assert root_by_shared({size: leaves[0]}, size, ()) is None
