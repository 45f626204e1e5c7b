"""Several scenario files as one: each lies over the ones before it.

Mappings are merged key by key. `workspaces` are merged by their ids, the other lists at the top (rules,
steps, expectations) go on where the ones before end, and whatever else stands twice is what the last says.
"""

from __future__ import annotations

from collections.abc import Iterable

from mockkrea.scenario.source import Node, empty

# Lists at the top of a scenario whose parts are known by a key, and those that go on.
KNOWN_BY = {"workspaces": "id"}
GO_ON = ("jobs", "faults", "steps", "expect")


def layered(trees: Iterable[Node]) -> Node:
    """The scenario that these trees are together, the last one on top."""
    below, *others = list(trees) or [empty("")]
    for above in others:
        below = _over(below, above, at_top=True)
    return below


def _over(below: Node, above: Node, *, at_top: bool = False) -> Node:
    if below.items is None or above.items is None:
        return above
    items = dict(below.items)
    for key, part in above.items.items():
        if key not in items:
            items[key] = part
        elif at_top and key in GO_ON:
            items[key] = _after(items[key], part)
        elif at_top and key in KNOWN_BY:
            items[key] = _by_key(items[key], part, KNOWN_BY[key])
        else:
            items[key] = _over(items[key], part)
    return Node(items, below.place, {**(below.key_places or {}), **(above.key_places or {})})


def _after(below: Node, above: Node) -> Node:
    if below.parts is None or above.parts is None:
        return above
    return Node([*below.parts, *above.parts], below.place)


def _by_key(below: Node, above: Node, key: str) -> Node:
    if below.parts is None or above.parts is None:
        return above
    parts = list(below.parts)
    names = [_name(part, key) for part in parts]
    for part in above.parts:
        name = _name(part, key)
        if name is not None and name in names:
            index = names.index(name)
            parts[index] = _over(parts[index], part)
        else:
            parts.append(part)
            # A name that stands twice in one file is for the reader to refuse.
            names.append(None)
    return Node(parts, below.place)


def _name(node: Node, key: str) -> object:
    named = node.items.get(key) if node.items is not None else None
    return None if named is None else named.value
