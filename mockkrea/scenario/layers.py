"""Several scenario files as one: each lies over the ones before it.

Mappings are merged key by key. `workspaces` are merged by their ids; rules, sessions, steps and expectations
go on where the ones before end, and whatever else stands twice is what the last says.
"""

from __future__ import annotations

from collections.abc import Iterable

from mockkrea.scenario.source import Node, Path, empty

# Lists whose parts are known by a key, and those that go on.
KNOWN_BY: dict[Path, str] = {("workspaces",): "id"}
GO_ON = {("jobs",), ("faults",), ("webhooks", "faults"), ("oauth", "sessions"), ("steps",), ("expect",)}


def layered(trees: Iterable[Node]) -> Node:
    """The scenario that these trees are together, the last one on top."""
    below, *others = list(trees) or [empty("")]
    for above in others:
        below = _over(below, above, ())
    return below


def _over(below: Node, above: Node, path: Path) -> Node:
    if below.items is None or above.items is None:
        return above
    items = dict(below.items)
    for key, part in above.items.items():
        inner = (*path, key)
        if key not in items:
            items[key] = part
        elif inner in GO_ON:
            items[key] = _after(items[key], part)
        elif inner in KNOWN_BY:
            items[key] = _by_key(items[key], part, inner)
        else:
            items[key] = _over(items[key], part, inner)
    return Node(items, below.place, {**(below.key_places or {}), **(above.key_places or {})})


def _after(below: Node, above: Node) -> Node:
    if below.parts is None or above.parts is None:
        return above
    return Node([*below.parts, *above.parts], below.place)


def _by_key(below: Node, above: Node, path: Path) -> Node:
    if below.parts is None or above.parts is None:
        return above
    key, parts = KNOWN_BY[path], list(below.parts)
    names = [_name(part, key) for part in parts]
    for part in above.parts:
        name = _name(part, key)
        if name is not None and name in names:
            index = names.index(name)
            parts[index] = _over(parts[index], part, (*path, index))
        else:
            parts.append(part)
            # A name that stands twice in one file is for the reader to refuse.
            names.append(None)
    return Node(parts, below.place)


def _name(node: Node, key: str) -> object:
    named = node.items.get(key) if node.items is not None else None
    return None if named is None else named.value
