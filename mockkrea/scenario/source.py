"""The text of a scenario as a tree in which everything knows where it stands.

YAML 1.2, of which JSON is a part: plain scalars are what its core schema says, so `16:9`, `on` and `no` are
text. Aliases may repeat a part, up to a bound; tags, duplicate keys and more than one document are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

import yaml

from mockkrea.core.errors import MockKreaError
from mockkrea.core.hints import shortened

SIZE_BYTES_MAX = 1_000_000
NODES_MAX = 20_000
DEPTH_MAX = 40

# libyaml's parser is about eight times faster, and not in every build of PyYAML.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The core schema of YAML 1.2 (chapter 10.3.2); everything else is text.
NULL = re.compile(r"null|Null|NULL|~|")
TRUE = re.compile(r"true|True|TRUE")
FALSE = re.compile(r"false|False|FALSE")
INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
OCTAL = re.compile(r"0o([0-7]{1,400})")
HEXADECIMAL = re.compile(r"0x([0-9a-fA-F]{1,400})")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

# The merge key of YAML 1.1.
MERGE = "<<"

# A character beyond the first 65,536 in JSON; pairs of backslashes before it are characters themselves.
HALVES = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")

Event: TypeAlias = Any
"""One of PyYAML's events; those of its two parsers are not of one type, and so it is with their marks."""

Mark: TypeAlias = Any

Path: TypeAlias = tuple[str | int, ...]


class Place(NamedTuple):
    """Where something stands; both numbers count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """One thing that is wrong with a scenario."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class InvalidScenario(MockKreaError):
    """What is wrong with a scenario, all of it, in the order of the files and their lines."""

    def __init__(self, findings: Iterable[PlacedFinding]) -> None:
        self.findings = tuple(findings)
        assert self.findings, "there is something wrong"
        super().__init__("\n".join(map(str, self.findings)))


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a scenario: a scalar, a list of nodes or a mapping of them, and where it begins.

    `key_places` tells where each key of a mapping stands.
    """

    value: object
    place: Place
    key_places: Mapping[str, Place] | None = None

    @property
    def items(self) -> Mapping[str, Node] | None:
        """What it maps; None if it is no mapping."""
        return self.value if isinstance(self.value, Mapping) else None

    @property
    def parts(self) -> Sequence[Node] | None:
        """What it lists; None if it is no list."""
        return self.value if isinstance(self.value, list) else None

    def plain(self) -> object:
        """The same without places."""
        if self.items is not None:
            return {key: part.plain() for key, part in self.items.items()}
        return [part.plain() for part in self.parts] if self.parts is not None else self.value

    def place_of(self, path: Path, *, key: bool = False) -> Place:
        """Where the part at this path stands, or its key; of a missing part where its holder does."""
        node, place = self, self.place
        for number, step in enumerate(path):
            inner = node.items.get(str(step)) if node.items is not None else None
            if node.parts is not None and isinstance(step, int) and step < len(node.parts):
                inner = node.parts[step]
            if inner is None:
                return place
            place = inner.place
            if key and number == len(path) - 1 and node.key_places is not None:
                place = node.key_places[str(step)]
            node = inner
        return place


def read_text(text: str | bytes, file: str, findings: list[PlacedFinding]) -> Node:
    """The tree of a text; what is wrong with it, though it can be read, is added to the findings.

    Raises:
        InvalidScenario: it is too large, not UTF-8, not valid YAML, or goes on and on.
    """
    start = Place(file, 1, 1)
    if len(text) > SIZE_BYTES_MAX:
        raise InvalidScenario(
            [
                PlacedFinding(
                    start, f"{len(text):,} bytes are too many; a scenario has {SIZE_BYTES_MAX:,} at most."
                )
            ]
        )
    if isinstance(text, bytes):
        text = _decoded(text, file)
    try:
        return _Tree(file, findings).build(yaml.parse(_as_yaml(text), Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = start if mark is None else _place(file, mark)
        problem = _explained(str(error.problem or error.context), _line(text, place)[place.column - 1 :])
        raise InvalidScenario([PlacedFinding(place, f"not valid YAML: {problem}.")]) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise InvalidScenario(
            [PlacedFinding(place, "not valid YAML: this character may not stand in it.")]
        ) from None


def _line(text: str, place: Place) -> str:
    lines = text.splitlines()
    return lines[place.line - 1] if place.line <= len(lines) else ""


def _explained(problem: str, rest: str) -> str:
    """What the parser says of the rest of a line, in words for whoever wrote the file."""
    if "'\\t'" in problem or rest.startswith("\t"):
        return "a tab; indent with spaces"
    if "alphabetic or numeric" in problem:
        return f'{problem}; text that begins with * needs quotes, "**"'
    return problem


def _decoded(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidScenario([PlacedFinding(Place(file, line, 1), "this line is not UTF-8.")]) from None


def empty(file: str) -> Node:
    """The tree of a scenario that says nothing."""
    return Node({}, Place(file, 1, 1), {})


class _Tree:
    """Builds the tree of one file from the parser's events."""

    def __init__(self, file: str, findings: list[PlacedFinding]) -> None:
        self._file = file
        self._findings = findings
        self._anchors: dict[str, Node | None] = {}
        self._sizes: dict[int, int] = {}
        self._count = 0

    def build(self, events: Iterator[Event]) -> Node:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._refused(event, "a second document begins here; a scenario is one.")
                root = self._node(next(events), events, 0)
        # Nothing behind "---" is no more than an empty file.
        return empty(self._file) if root is None or root.value is None else root

    def _node(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event)
        before = self._count
        self._add(event, 1)
        if depth > DEPTH_MAX:
            raise self._refused(event, f"nested deeper than {DEPTH_MAX} levels.")
        if event.tag not in (None, "!"):
            self._note(event, f"tags such as {shortened(str(event.tag))} are not used here.")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = self._read(event, events, depth)
        self._sizes[id(node)] = self._count - before
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _read(self, event: Event, events: Iterator[Event], depth: int) -> Node:
        place = _place(self._file, event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event), place)
        if isinstance(event, yaml.SequenceStartEvent):
            parts = []
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                parts.append(self._node(inner, events, depth + 1))
            return Node(parts, place)
        return self._mapping(place, events, depth)

    def _mapping(self, place: Place, events: Iterator[Event], depth: int) -> Node:
        items: dict[str, Node] = {}
        key_places: dict[str, Place] = {}
        merged: dict[str, Node] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key_node = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                self._note(event, "a key is a word, not a list or a mapping.")
                continue
            key = event.value
            if key == MERGE and event.implicit[0]:
                self._note(event, f"YAML 1.2 has no merge keys ({MERGE}); write the keys out.")
                # What it was to bring is not missed besides.
                for each in value.parts or [value]:
                    merged |= each.items or {}
                continue
            if event.implicit[0] and ":" in key and value.value is None:
                name, _, rest = key.partition(":")
                meant = f"{shortened(name)}: {shortened(rest)}"
                self._note(event, f'"{shortened(key)}" needs a space after its colon: {meant}.')
                continue
            if key in key_places:
                first = key_places[key]
                self._note(
                    event, f'duplicate key "{shortened(key)}"; it stands in line {first.line} already.'
                )
                continue
            items[key], key_places[key] = value, key_node.place
        for key, value in merged.items():
            items.setdefault(key, value)
            key_places.setdefault(key, value.place)
        return Node(items, place, key_places)

    def _repeated(self, event: Event) -> Node:
        if event.anchor not in self._anchors:
            raise self._refused(event, f"there is no anchor &{shortened(event.anchor)} above.")
        node = self._anchors[event.anchor]
        if node is None:
            raise self._refused(
                event, f"*{shortened(event.anchor)} repeats what it stands in; that would never end."
            )
        self._add(event, self._sizes[id(node)])
        return node

    def _scalar(self, event: Event) -> object:
        text: str = event.value
        return plain_value(text) if event.implicit[0] else text

    def _add(self, event: Event, count: int) -> None:
        self._count += count
        if self._count > NODES_MAX:
            raise self._refused(event, f"more than {NODES_MAX:,} parts, repeated ones counted each time.")

    def _note(self, event: Event, message: str) -> None:
        self._findings.append(PlacedFinding(_place(self._file, event.start_mark), message))

    def _refused(self, event: Event, message: str) -> InvalidScenario:
        return InvalidScenario([PlacedFinding(_place(self._file, event.start_mark), message)])


def plain_value(text: str) -> object:
    """What a plain scalar means."""
    if NULL.fullmatch(text):
        return None
    if TRUE.fullmatch(text) or FALSE.fullmatch(text):
        return text.lower() == "true"
    if INTEGER.fullmatch(text):
        return int(text)
    if octal := OCTAL.fullmatch(text):
        return int(octal[1], 8)
    if hexadecimal := HEXADECIMAL.fullmatch(text):
        return int(hexadecimal[1], 16)
    # Beyond what a double can hold it stays text: no JSON could say it again.
    return float(text) if FLOAT.fullmatch(text) and isfinite(float(text)) else text


def _place(file: str, mark: Mark) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def _as_yaml(text: str) -> str:
    """A text in which YAML reads what is JSON as JSON does.

    YAML refuses tabs, which JSON has between its parts only, and characters escaped in two halves.
    """
    if not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return HALVES.sub(_whole_character, text.replace("\t", " "))


def _whole_character(halves: re.Match[str]) -> str:
    character = json.loads(f'"{halves[2]}"')
    return f"{halves[1]}\\U{ord(character):08x}"
