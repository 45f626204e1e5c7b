from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from mockkrea.core import codec


class Colour(StrEnum):
    RED = "red"


class Pair(NamedTuple):
    name: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Leaf:
    colour: Colour
    at: int | None = None
    tags: frozenset[str] = frozenset()


PAIR = Pair("a", Colour.RED)


@dataclass(slots=True)
class Tree:
    leaves: dict[str, Leaf] = field(default_factory=dict)
    by_number: dict[int, list[str]] = field(default_factory=dict)
    due: list[tuple[int, str]] = field(default_factory=list)
    life: tuple[Leaf, ...] = ()
    pair: Pair = PAIR
    anything: Mapping[str, object] = field(default_factory=dict)
    wilted: bool = False


def a_tree() -> Tree:
    return Tree(
        leaves={"a": Leaf(Colour.RED, 3, frozenset({"x", "b"})), "b": Leaf(Colour.RED)},
        by_number={2: ["b"], 10: []},
        due=[(1, "a"), (2, "b")],
        life=(Leaf(Colour.RED),),
        anything={"deep": [{"1": None, "x": 1.5}], "text": "é → 🦊"},
    )


def test_what_was_written_reads_back_as_the_same_thing() -> None:
    tree = a_tree()

    assert codec.from_bytes(Tree, codec.to_bytes(tree)) == tree


def test_equal_things_give_equal_bytes_and_sets_one_order() -> None:
    assert codec.to_bytes(a_tree()) == codec.to_bytes(a_tree())
    assert b'"tags":["b","x"]' in codec.to_bytes(a_tree())


def test_a_copy_can_be_changed_without_the_original_noticing() -> None:
    tree = a_tree()
    copy = codec.copy(tree)

    copy.leaves["c"] = Leaf(Colour.RED)
    copy.by_number[2].append("c")
    copy.due.clear()
    copy.wilted = True

    assert tree == a_tree()


def test_a_copy_shares_the_frozen_facts() -> None:
    tree = a_tree()

    assert codec.copy(tree).leaves["a"] is tree.leaves["a"]
