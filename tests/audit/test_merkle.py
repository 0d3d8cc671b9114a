from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.audit.merkle import Frontier, Tree, consistent, leaf_hash, node_hash, root_of_inclusion

# The reference tree of RFC 6962's implementations (certificate-transparency): leaves and the roots of its prefixes.
LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count):
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


def test_roots_are_those_of_the_reference_tree():
    tree, frontier = Tree(LEAVES), Frontier()
    assert frontier.root() == hashlib.sha256(b"").digest() == tree.root(0)
    for size, root in enumerate(ROOTS, start=1):
        frontier.add(LEAVES[size - 1])
        assert (frontier.root().hex(), tree.root(size).hex()) == (root, root)


def test_reference_paths():
    """The audit paths and consistency proofs that the reference implementation's tests hold."""
    tree = Tree(LEAVES)
    assert [one.hex() for one in tree.inclusion(5, 8)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [one.hex() for one in tree.consistency(6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_tree_that_grew_is_the_tree_of_all_its_leaves(first, more):
    data = leaves(first + more)
    grown = Tree(data[:first])
    for leaf in data[first:]:
        grown.add(leaf)
    assert (grown.size, grown.root()) == (len(data), Tree(data).root())
    for size in range(1, len(data) + 1):
        index = 7 * size // 11
        assert root_of_inclusion(index, size, data[index], grown.inclusion(index, size)) == Tree(data[:size]).root()


@pytest.mark.parametrize("size", [*range(1, 18), 64, 65])
def test_every_leaf_and_every_prefix_can_be_proved(size):
    data = leaves(size)
    tree = Tree(data)
    for index in range(size):
        path = tree.inclusion(index, size)
        assert root_of_inclusion(index, size, data[index], path) == tree.root(size)
        assert len(path) <= max(1, (size - 1).bit_length())
    for old in range(1, size + 1):
        assert consistent(old, tree.root(old), size, tree.root(size), tree.consistency(old, size))


@given(st.integers(2, 70), st.data())
def test_no_other_leaf_place_size_or_path_passes(size, data):
    known = leaves(size)
    tree = Tree(known)
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion(index, size)
    root = tree.root(size)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))
    assert root_of_inclusion(index, size, known[other], path) != root
    assert root_of_inclusion(other, size, known[index], path) != root
    assert root_of_inclusion(index, size, known[index], path[:-1]) != root
    assert root_of_inclusion(index, size, known[index], [*path, known[0]]) != root
    assert root_of_inclusion(size, size, known[index], path) is None
    changed = list(path)
    place = data.draw(st.integers(0, len(path) - 1))
    changed[place] = hashlib.sha256(changed[place]).digest()
    assert root_of_inclusion(index, size, known[index], changed) != root


@given(st.integers(2, 70), st.data())
def test_a_log_that_was_written_anew_is_not_consistent(size, data):
    known = leaves(size)
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    anew = [*known[:changed], b"x" * 32, *known[changed + 1 :]]
    before, after = Tree(known), Tree(anew)
    assert not consistent(old, before.root(old), size, after.root(size), after.consistency(old, size))
    assert not consistent(old, before.root(old), size, after.root(size), before.consistency(old, size))
    assert not consistent(0, before.root(0), size, before.root(size), [])
    assert not consistent(old, before.root(old), size, before.root(size), [])


def test_what_is_in_no_tree_is_refused():
    tree = Tree(leaves(5))
    for call in (lambda: tree.root(6), lambda: tree.inclusion(5, 5), lambda: tree.inclusion(0, 6),
                 lambda: tree.consistency(0, 5), lambda: tree.consistency(4, 3)):  # fmt: skip
        with pytest.raises(ValueError, match="tree"):
            call()


def test_leaves_and_nodes_cannot_be_taken_for_one_another():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert node_hash(left, right) != leaf_hash(left + right)
